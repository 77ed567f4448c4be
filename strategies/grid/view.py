"""One moment as a grid of one direction sees it: its entry, its closes, and what they leave open."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from strategies.base_strategy import MarketData, Order, OrderStatus, Side
from strategies.grid.state import GridState, Lot, is_close, is_entry
from strategies.prices import first_met

_ZERO: Final = Decimal(0)
_ON_THEIR_WAY: Final = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED})


class GridView:
    """What the market and the account tell, beside what the grid remembers."""

    __slots__ = ("closes", "data", "entry", "side", "state")

    def __init__(self, data: MarketData, side: Side, state: GridState) -> None:
        """Sort the live orders."""
        self.data: Final = data
        self.side: Final = side
        self.state: Final = state
        self.closes: Final = {order.intent: order for order in data.orders if is_close(order.intent)}
        self.entry: Final[Order | None] = next((order for order in data.orders if is_entry(order.intent)), None)

    @property
    def now_ns(self) -> int:
        """This moment."""
        return self.data.now_ns

    @property
    def held(self) -> Decimal | None:
        """The position, positive in the grid's direction; None while unknown."""
        position = self.data.position
        return None if position is None else position.quantity * self.side.sign

    @property
    def resting(self) -> Decimal:
        """What the live closes would take away."""
        return sum((order.remaining_quantity for order in self.closes.values()), _ZERO)

    @property
    def close_count(self) -> int:
        """Closes that rest or have to be placed."""
        return len(self.closes.keys() | self.state.lots.keys())

    def uncovered_lots(self) -> Iterator[tuple[str, Lot]]:
        """Give the lots without a live close, oldest first."""
        return ((intent, lot) for intent, lot in self.state.lots.items() if intent not in self.closes)

    def nearest(self) -> Decimal | None:
        """Give the price of the close that fills first."""
        resting = (order.price for order in self.closes.values())
        to_come = (lot.target for _, lot in self.uncovered_lots())
        return first_met([price for price in (*resting, *to_come) if price is not None], self.side)

    def difference(self) -> Decimal:
        """By how much the position differs from what closes and entry account for; 0 while it is unknown."""
        if self.held is None:
            return _ZERO  # nothing can be compared; the risk manager refuses entries meanwhile
        accounted = self.resting + sum((lot.quantity for _, lot in self.uncovered_lots()), self.state.dust.quantity)
        if self.entry is not None:
            accounted += self.entry.filled_quantity
        return abs(self.held - accounted)

    def is_settled(self) -> bool:
        """Whether every fill has its close and no order is on its way."""
        moving = any(order.status in _ON_THEIR_WAY for order in self.data.orders)
        return self.entry is None and not moving and next(self.uncovered_lots(), None) is None
