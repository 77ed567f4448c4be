"""Between the engine's integers and Decimals at its edge: ticks to prices, lots to quantities.

A price is made once per tick and remembered, which is several times faster than multiplying.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from simulation.tape import Instrument

_MOST_REMEMBERED = 200_000
"""A bound on memory for runs that see very many prices."""


class Scale:
    """Converts exactly, both ways."""

    def __init__(self, instrument: Instrument) -> None:
        """Take the tick size and quantity step of an instrument."""
        self.tick_size = instrument.tick_size
        self.quantity_step = instrument.quantity_step
        self._prices: dict[int, Decimal] = {}
        self._quantities: dict[int, Decimal] = {}

    def price(self, ticks: int) -> Decimal:
        """Give the price of so many ticks."""
        return self._remembered(self._prices, ticks, self.tick_size)

    def quantity(self, lots: int) -> Decimal:
        """Give the quantity of so many lots."""
        return self._remembered(self._quantities, lots, self.quantity_step)

    def ticks(self, price: Decimal) -> int | None:
        """Give the ticks of a price; None if it is off the grid."""
        return _whole(price, self.tick_size)

    def lots(self, quantity: Decimal) -> int | None:
        """Give the lots of a quantity; None if it is off the grid."""
        return _whole(quantity, self.quantity_step)

    @staticmethod
    def _remembered(known: dict[int, Decimal], count: int, unit: Decimal) -> Decimal:
        value = known.get(count)
        if value is None:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            value = known[count] = count * unit
        return value


def _whole(value: Decimal, unit: Decimal) -> int | None:
    try:
        count, rest = divmod(value, unit)
    except InvalidOperation:  # infinite, or more digits than a quotient can have
        return None
    return None if rest else int(count)
