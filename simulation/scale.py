"""Between the engine's integers and Decimals at its edge: ticks to prices, lots to quantities.

What was converted once is remembered, which is several times faster than Decimal arithmetic.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Final, TypeVar

from simulation.tape import Instrument

K = TypeVar("K")
V = TypeVar("V")

_MOST_REMEMBERED: Final = 200_000
"""A bound on memory for runs that see very many prices."""


class Scale:
    """Converts exactly, both ways."""

    def __init__(self, instrument: Instrument) -> None:
        """Take the tick size and quantity step of an instrument."""
        self.tick_size = instrument.tick_size
        self.quantity_step = instrument.quantity_step
        self._prices: dict[int, Decimal] = {}
        self._quantities: dict[int, Decimal] = {}
        self._ticks: dict[Decimal, int | None] = {}
        self._lots: dict[Decimal, int | None] = {}

    def price(self, ticks: int) -> Decimal:
        """Give the price of so many ticks."""
        value = self._prices.get(ticks)
        if value is None:
            value = _room(self._prices)[ticks] = ticks * self.tick_size
        return value

    def quantity(self, lots: int) -> Decimal:
        """Give the quantity of so many lots."""
        value = self._quantities.get(lots)
        if value is None:
            value = _room(self._quantities)[lots] = lots * self.quantity_step
        return value

    def ticks(self, price: Decimal) -> int | None:
        """Give the ticks of a price; None if it is off the grid."""
        try:
            return self._ticks[price]
        except KeyError:
            ticks = _room(self._ticks)[price] = _whole(price, self.tick_size)
            return ticks
        except TypeError:  # a signalling NaN
            return None

    def ticks_below(self, price: Decimal) -> int:
        """Give the ticks of a price, rounded down."""
        ticks = self.ticks(price)
        return int((price / self.tick_size).to_integral_value(ROUND_FLOOR)) if ticks is None else ticks

    def ticks_above(self, price: Decimal) -> int:
        """Give the ticks of a price, rounded up."""
        ticks = self.ticks(price)
        return int((price / self.tick_size).to_integral_value(ROUND_CEILING)) if ticks is None else ticks

    def lots(self, quantity: Decimal) -> int | None:
        """Give the lots of a quantity; None if it is off the grid."""
        try:
            return self._lots[quantity]
        except KeyError:
            lots = _room(self._lots)[quantity] = _whole(quantity, self.quantity_step)
            return lots
        except TypeError:  # a signalling NaN
            return None


def _room(known: dict[K, V]) -> dict[K, V]:
    """Give a memory with room for one more."""
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    return known


def _whole(value: Decimal, unit: Decimal) -> int | None:
    try:
        count, rest = divmod(value, unit)
    except InvalidOperation:  # infinite, or more digits than a quotient can have
        return None
    return None if rest else int(count)
