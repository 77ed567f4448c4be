"""Hearing of each fill once: the end of an order can be told twice, and a fill can come after it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from strategies.base_strategy import Order

_ORDERS_REMEMBERED: Final = 30


class Heard(msgspec.Struct):
    """What was already told of the latest orders that are over. Part of a strategy's saved state."""

    told: dict[str, tuple[Decimal, Decimal]] = msgspec.field(default_factory=dict)
    """Quantity and cost filled, by client order id, oldest first."""

    def newly_filled(self, order: Order) -> tuple[Decimal, Decimal] | None:
        """Give quantity and cost of an order that is over, as far as they were not told before.

        None where nothing about its end is new. Zero quantity is news: it ended without a fill.
        """
        quantity = order.filled_quantity
        cost = quantity * (order.average_price or Decimal(0))
        key = order.client_order_id
        if not key:
            return quantity, cost  # it was never sent, so nobody can tell of it again
        before = self.told.pop(key, None)
        self.told[key] = (quantity, cost)
        if len(self.told) > _ORDERS_REMEMBERED:
            del self.told[next(iter(self.told))]
        if before is None:
            return quantity, cost
        return (quantity - before[0], cost - before[1]) if quantity > before[0] else None
