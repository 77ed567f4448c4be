"""One market of the simulated venue, told again in the slowest way: every row, every order, plain lists.

Written from docs/simulation.md alone, so that the venue can be held against the page. It shares
nothing with simulation/: rows come in as tuples of integers, orders lie in one list.

Where the page leaves something open, the double does as the venue does:

* Nobody stands any more before an order that an opposite quote gave lots to; a trade through its
  price leaves its queue as it was.
* A trade of unknown side serves the buys first, with those before them, and the sells with the rest.
* A quote that reaches both sides fills the buys first.
* A trade while both sides are missing is the mark.
* An amend to the same price and the same quantity keeps the place in the queue.
* A market order is not FOK or GTT, whatever is written on it.
* The limit of open orders holds for every limit order that comes in, also for IOC and FOK.
* What is put on the agenda first happens first at one time, funding before what arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from helpers.enums import Liquidity, OrderStatus, Side, TimeInForce

QUOTE, BOUGHT, SOLD, UNKNOWN = range(4)
"""Kinds of rows, as docs/tapes.md numbers them."""
MAKER, TAKER = Liquidity.MAKER, Liquidity.TAKER

SlowRow = tuple[int, int, int, int, int, int, int, int]
"""Time in ns, kind, bid, bid lots, ask, ask lots, price, lots."""


@dataclass(eq=False)
class SlowOrder:
    """One order, as it was sent and as it stands."""

    account: str
    ticker: str
    key: str
    side: Side
    price: int | None
    """Ticks; None for a market order."""
    lots: int
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    expires_ns: int | None = None
    filled: int = 0
    status: OrderStatus = OrderStatus.OPEN
    noted_ns: int = 0
    """When the venue last wrote something down about it."""
    ahead: int = 0
    """Lots of others that stand before it."""

    @property
    def left(self) -> int:
        """Lots that have not filled."""
        return self.lots - self.filled


class Owner(Protocol):
    """Who keeps the accounts."""

    def room(self, order: SlowOrder) -> int:
        """Count the lots that the order may still fill."""
        ...

    def fill(self, order: SlowOrder, price: int, lots: int, liquidity: Liquidity) -> None:
        """Book an execution."""
        ...

    def end(self, order: SlowOrder, status: OrderStatus) -> None:
        """Close an order."""
        ...


class SlowBook:
    """Best bid and offer, what was taken of them, and the orders that rest."""

    def __init__(self, depth_lots: tuple[int, ...], owner: Owner) -> None:
        self.depth_lots = depth_lots
        self.owner = owner
        self.best: dict[Side, tuple[int, int]] = {Side.BUY: (0, 0), Side.SELL: (0, 0)}
        """Price and displayed lots: of bids under BUY, of asks under SELL."""
        self.taken: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self.mark: Fraction | None = None
        """In ticks."""
        self.resting: list[SlowOrder] = []
        """In the order of arrival."""

    # -- the tape -----------------------------------------------------------------------------

    def on_row(self, row: SlowRow) -> None:
        """Let the tape go on by one row."""
        _, kind, bid, bid_lots, ask, ask_lots, price, lots = row
        if kind == QUOTE:
            self._on_quote({Side.BUY: (bid, bid_lots), Side.SELL: (ask, ask_lots)})
            return
        if not (bid or ask):
            self.mark = Fraction(price)  # nothing else says what a position is worth
        if kind in {SOLD, UNKNOWN}:
            lots = self._serve(Side.BUY, price, lots)
        if kind in {BOUGHT, UNKNOWN}:
            self._serve(Side.SELL, price, lots)

    def _on_quote(self, best: dict[Side, tuple[int, int]]) -> None:
        for side in Side:
            if best[side] != self.best[side]:
                self.taken[side] = {}
        self.best = best
        prices = [price for price, _ in best.values() if price]
        if prices:
            self.mark = Fraction(sum(prices), len(prices))
        for order in self.resting:
            order.ahead = self._still_ahead(order)
        for side in Side:
            self._meet(side)

    def _still_ahead(self, order: SlowOrder) -> int:
        best, displayed = self.best[order.side]
        if not best or order.side.sign * (order.price - best) > 0:
            return 0
        return min(order.ahead, displayed) if order.price == best else order.ahead

    def _meet(self, side: Side) -> None:
        """Let the resting orders of a side trade with the opposite best price, if it has come to them."""
        best, displayed = self.best[side.opposite]
        for order in self._queue(side):
            if best and side.sign * (order.price - best) >= 0:
                available = displayed - self.taken[side.opposite].get(best, 0)
                if available > 0:
                    order.ahead = 0  # who stood before it has traded as well
                lots = self._execute(order, order.price, available, MAKER)
                self._take(side.opposite, best, lots)

    def _serve(self, side: Side, price: int, lots: int) -> int:
        """Let a trade serve the orders of a side and those before them; give what is left of it."""
        others = 0  # lots of the trade that went to others at its price
        for order in self._queue(side):
            gap = side.sign * (order.price - price)
            if gap < 0:
                break
            if gap == 0:
                waits = min(max(0, order.ahead - others), lots)
                others += waits
                lots -= waits
                order.ahead = max(0, order.ahead - others)
            lots -= self._execute(order, order.price, lots, MAKER)
        return lots

    def _queue(self, side: Side) -> list[SlowOrder]:
        """List the resting orders of a side by price, then by time."""
        own = [order for order in self.resting if order.side is side]
        return sorted(own, key=lambda order: -side.sign * order.price)

    # -- what comes in ------------------------------------------------------------------------

    def reaches(self, side: Side, price: int) -> bool:
        """Say whether a price is at or beyond the opposite best price."""
        best, _ = self.best[side.opposite]
        return bool(best) and side.sign * (price - best) >= 0

    def enter(self, order: SlowOrder) -> None:
        """Let an order take what it may and, if it is of that kind, rest."""
        levels, all_or_none = self._levels_for(order), order.time_in_force is TimeInForce.FOK
        if order.price is not None and all_or_none and sum(lots for _, lots in levels) < order.left:
            self.owner.end(order, OrderStatus.CANCELLED)
            return
        for price, lots in levels:
            self._take(order.side.opposite, price, self._execute(order, price, lots, TAKER))
        if order.status in {OrderStatus.FILLED, OrderStatus.CANCELLED}:
            return
        if order.price is None or order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK} or self._crosses(order):
            self.owner.end(order, OrderStatus.CANCELLED)
        else:
            order.ahead = self._queue_at(order.side, order.price)
            self.resting.append(order)

    def levels(self, side: Side) -> list[tuple[int, int]]:
        """List what could be taken of the bids (BUY) or the asks (SELL), best price first."""
        best, displayed = self.best[side]
        if not best:
            return []
        assumed = [(best - side.sign * n, lots) for n, lots in enumerate(self.depth_lots)]
        all_levels = [(best, displayed), *assumed[1:]]
        rest = [(price, lots - self.taken[side].get(price, 0)) for price, lots in all_levels if price > 0]
        return [(price, lots) for price, lots in rest if lots > 0]

    def _levels_for(self, order: SlowOrder) -> list[tuple[int, int]]:
        sign, own = order.side.sign, self._own_opposite(order)
        return [
            (price, lots)
            for price, lots in self.levels(order.side.opposite)
            if (order.price is None or sign * (order.price - price) >= 0) and all(sign * (p - price) > 0 for p in own)
        ]

    def _own_opposite(self, order: SlowOrder) -> list[int]:
        others = (other for other in self.resting if other.account == order.account)
        return [other.price for other in others if other.side is not order.side]

    def _crosses(self, order: SlowOrder) -> bool:
        return any(order.side.sign * (order.price - price) >= 0 for price in self._own_opposite(order))

    def _queue_at(self, side: Side, price: int) -> int:
        best, displayed = self.best[side]
        behind = side.sign * (best - price)
        if not best or behind < 0:
            return 0
        return self.depth_lots[min(behind, len(self.depth_lots) - 1)] if behind else displayed

    # -- executions ---------------------------------------------------------------------------

    def _take(self, side: Side, price: int, lots: int) -> None:
        self.taken[side][price] = self.taken[side].get(price, 0) + lots

    def _execute(self, order: SlowOrder, price: int, available: int, liquidity: Liquidity) -> int:
        """Fill what is there and allowed, and end what can fill no more; give the lots."""
        if order.status in {OrderStatus.FILLED, OrderStatus.CANCELLED} or available <= 0:
            return 0
        lots = min(available, order.left, self.owner.room(order))
        if lots:
            self.owner.fill(order, price, lots, liquidity)
        if order.left and not self.owner.room(order):
            self.owner.end(order, OrderStatus.CANCELLED)
        return lots
