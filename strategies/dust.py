"""Dust: filled quantity that is too little for an order, carried with its cost into the next lot."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

_ZERO: Final = Decimal(0)


class Dust(msgspec.Struct):
    """What has filled and is in no lot yet. Part of a strategy's saved state."""

    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO
    """Quantity times price, added up."""

    @property
    def price(self) -> Decimal:
        """Its average price; there must be some."""
        return self.cost / self.quantity

    def add(self, quantity: Decimal, cost: Decimal) -> None:
        """Carry more."""
        self.quantity += quantity
        self.cost += cost

    def take(self, most: Decimal) -> Decimal:
        """Give away so much at most, at its average price; give how much it was."""
        taken = min(self.quantity, most)
        if taken == self.quantity:
            self.clear()
        else:
            self.cost -= taken * self.price
            self.quantity -= taken
        return taken

    def clear(self) -> None:
        """Carry nothing any more."""
        self.quantity = self.cost = _ZERO
