"""One moment as the ladder sees it: its entry, its take-profits, and what they leave open."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategies.base_strategy import MarketData, Order, Side
from strategies.prices import first_met
from strategies.trend_ladder.rules import resting_price
from strategies.trend_ladder.state import LadderState, Lot, generation_of, is_entry, is_take_profit, lot_of

_ZERO: Final = Decimal(0)


class LadderView:
    """What the market and the account tell, beside what the ladder remembers."""

    __slots__ = ("by_lot", "data", "entry", "side", "state", "take_profits")

    def __init__(self, data: MarketData, state: LadderState, wanted: Side | None) -> None:
        """Sort the live orders: what only reduces takes a profit, everything else is an entry."""
        self.data: Final = data
        self.state: Final = state
        self.entry: Final[Order | None] = next(
            (order for order in data.orders if not order.reduce_only and is_entry(order.intent)), None
        )
        self.take_profits: Final = [
            order for order in data.orders if order.reduce_only and is_take_profit(order.intent)
        ]
        self.by_lot: Final[dict[str, list[Order]]] = {}
        for order in self.take_profits:
            self.by_lot.setdefault(lot_of(order.intent), []).append(order)
        self.side: Final = self._side(wanted)
        """How position and lots were opened, or the next entry will be."""

    def _side(self, wanted: Side | None) -> Side:
        if self.state.lots:
            return self.state.side
        position = self.data.position
        if position is not None and position.quantity:
            return Side.BUY if position.quantity > 0 else Side.SELL
        if self.entry is not None:
            return self.entry.side
        return wanted or Side.BUY

    @property
    def now_ns(self) -> int:
        """This moment."""
        return self.data.now_ns

    @property
    def held(self) -> Decimal | None:
        """The position, positive in the ladder's direction; None while unknown."""
        position = self.data.position
        return None if position is None else position.quantity * self.side.sign

    @property
    def resting(self) -> Decimal:
        """What live orders would take from the position."""
        closing = self.side.opposite
        return sum(
            (order.remaining_quantity for order in self.data.orders if order.reduce_only and order.side is closing),
            _ZERO,
        )

    @property
    def count(self) -> int:
        """Take-profits that rest or have to be placed."""
        return len(self.state.lots.keys() | self.by_lot.keys())

    @property
    def untaken(self) -> Decimal:
        """What the live entry filled that is in no lot yet."""
        entry = self.entry
        if entry is None:
            return _ZERO
        told = self.state.heard.told.get(entry.client_order_id)
        filled = entry.filled_quantity - (_ZERO if told is None else told[0])
        return filled * entry.side.sign * self.side.sign

    @property
    def difference(self) -> Decimal | None:
        """Position less what the fills have made it; None while the position is unknown."""
        if self.held is None:
            return None
        lots = sum((self.open_quantity(name, lot) for name, lot in self.state.lots.items()), _ZERO)
        return self.held - lots - self.state.dust.quantity - self.untaken

    def open_quantity(self, name: str, lot: Lot) -> Decimal:
        """Give what is still to be closed of a lot."""
        return lot.quantity - sum((order.filled_quantity for order in self.by_lot.get(name, ())), _ZERO)

    def take_profit(self, name: str, lot: Lot) -> Order | None:
        """Give the live take-profit of a lot, the newest of its generation."""
        orders = self.by_lot.get(name, ())
        return next((order for order in orders if generation_of(order.intent) == lot.generation), None)

    def opposing(self, side: Side) -> Decimal | None:
        """Give the price of our own order, or lot to be closed, that an order of `side` would meet first."""
        prices = [each.price for each in self.data.orders if each.price is not None and each.side is side.opposite]
        if side is self.side:
            prices += [lot.target for name, lot in self.state.lots.items() if name not in self.by_lot]
        return first_met(prices, side)

    def resting_price(self, lot: Lot) -> Decimal:
        """Give where the take-profit of a lot belongs now."""
        return resting_price(lot.target, self.side, self.data, self.opposing(self.side.opposite))
