"""Matching of our orders against a tape: the fill rules, in ticks and lots.

The rules (docs/simulation.md states each with its test):

1. A resting order fills only when the tape trades at its price or through it, or when the
   opposite best quote reaches its price. It fills at its own price.
2. At its own price it first waits for the lots that were displayed there when it came
   (`ahead`). Trades consume them; a smaller displayed quantity shrinks them; nothing else does.
3. One trade fills at most its own lots, one quote at most its displayed lots, whatever orders
   we have there: volume is never invented.
4. A taking order walks the displayed best level and then the assumed levels behind it, at
   their prices. What it took is gone until that quote changes.
5. A taking order that would meet a resting order of its own account stops there (self-trade
   prevention). Orders of different accounts do not see each other, but share rule 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helpers.enums import TimeInForce
from simulation.cursor import Row, TapeCursor
from simulation.kernel_orders import Peg
from simulation.resting import RestingSide, SimOrder
from simulation.tape import RowKind, Tape
from simulation.watches import Watch

_QUOTE = int(RowKind.QUOTE)  # a plain int: looking it up on the enum costs more than the comparison

Execute = Callable[[SimOrder, int, int, bool], int]
"""Called with (order, price, lots, is_maker) for each execution; gives the lots that may really execute."""


class MatchingEngine:
    """One market: a tape and our orders on it."""

    def __init__(self, tape: Tape, execute: Execute) -> None:
        """Stand at the tape's first row.

        Args:
            tape: the market.
            execute: books an execution and may allow fewer lots (reduce-only); adds them to the order.
        """
        self.instrument = tape.instrument
        self.cursor = TapeCursor(tape)
        self.buys = RestingSide(is_buy=True)
        self.sells = RestingSide(is_buy=False)
        self._every_quote = False
        self._execute = execute
        self._taken: dict[bool, dict[int, int]] = {True: {}, False: {}}
        """Lots we took, by price: from the asks under True (we bought), from the bids under False."""

    # -- time -----------------------------------------------------------------------------

    def arm(self, watch: Watch) -> None:
        """Report, from now on, the quotes that somebody wants to know of."""
        touch = self.cursor.touch
        touch.low, touch.high, self._every_quote = watch.low, watch.high, watch.every_quote
        touch.moves, touch.bid, touch.ask = watch.moves, watch.bid, watch.ask
        touch.quotes = watch.every_quote or self._has_taken()
        self.cursor.rescan()

    def next_touch_ns(self, limit_ns: int | None) -> int | None:
        """Give the time of the next row that matters, at or before `limit_ns`."""
        return self.cursor.next_touch_ns(limit_ns)

    def take_touch(self) -> Row:
        """Let the row that was found happen, and give it."""
        # Only where we took something does it matter what was displayed before.
        before = self.cursor.current() if self._has_taken() else None
        row = self.cursor.take_touch()
        self.read_queues()
        if row.kind == _QUOTE:
            self._forget_taken(before, row)
            self._on_quote(row)
        else:
            self._on_trade(row)
        self._orders_changed()
        if row.kind == _QUOTE and self.cursor.touch.pegs:
            for peg in self.cursor.touch.pegs:
                peg.look(row.time_ns, row.bid, row.ask)
            self.cursor.rescan()
        return row

    def skip_to(self, now_ns: int) -> None:
        """Pass rows that cannot matter."""
        self.cursor.skip_to(now_ns)
        touch, row = self.cursor.touch, self.cursor.current() if self.cursor.touch.pegs else None
        if row is not None:
            touch.settle(now_ns + 1, row.bid, row.bid_lots, row.ask, row.ask_lots)

    def read_queues(self) -> None:
        """Take over how far the search has counted queues down and moved pegged orders."""
        touch = self.cursor.touch
        self.buys.advance_to(touch.buy_ahead)
        self.sells.advance_to(touch.sell_ahead)
        if touch.pegs:
            for side in (self.buys, self.sells):
                side.follow()
                side.refresh()

    def _orders_changed(self) -> None:
        """Search the tape anew: our orders are not what they were."""
        touch, buys, sells = self.cursor.touch, self.buys, self.sells
        buys.refresh()
        sells.refresh()
        touch.buy, touch.buy_ahead, touch.buy_counted = buys.fixed_best, buys.fixed_ahead, buys.is_alone
        touch.sell, touch.sell_ahead, touch.sell_counted = sells.fixed_best, sells.fixed_ahead, sells.is_alone
        touch.buy_behind, touch.sell_behind = buys.fixed_behind, sells.fixed_behind
        touch.quotes = self._every_quote or self._has_taken()
        if touch.pegs or buys.pegged or sells.pegged:
            touch.pegs = [_placed(order) for order in (*buys.pegged, *sells.pegged)]
        self.cursor.rescan()

    def _has_taken(self) -> bool:
        return bool(self._taken[True] or self._taken[False])

    # -- the tape moves -------------------------------------------------------------------

    def _forget_taken(self, before: Row | None, row: Row) -> None:
        if before is None or (before.ask, before.ask_lots) != (row.ask, row.ask_lots):
            self._taken[True].clear()
        if before is None or (before.bid, before.bid_lots) != (row.bid, row.bid_lots):
            self._taken[False].clear()

    def _on_quote(self, row: Row) -> None:
        self._shrink_queue(self.buys, row.bid, row.bid_lots)
        self._shrink_queue(self.sells, row.ask, row.ask_lots)
        if row.ask and row.ask <= self.buys.best:
            self._cross(self.buys, row.ask, row.ask_lots)
        if row.bid and row.bid >= self.sells.best:
            self._cross(self.sells, row.bid, row.bid_lots)

    @staticmethod
    def _shrink_queue(side: RestingSide, price: int, lots: int) -> None:
        """Let others leave: at the best price all but those displayed, at a better one of ours all of them."""
        if side.orders:
            side.queues_changed()
        for order in side.orders:
            if order.price == price:
                order.ahead = min(order.ahead, lots)
            elif not price or (order.limit > price) is side.is_buy:
                order.ahead = 0

    def _cross(self, side: RestingSide, price: int, lots: int) -> None:
        taken = self._taken[side.is_buy]
        available = lots - taken.get(price, 0)
        side.queues_changed()
        for order in side.reached_by(price):
            if available <= 0:
                break
            order.ahead = 0
            done = self._fill(order, order.limit, min(available, order.remaining), is_maker=True)
            available -= done
            taken[price] = taken.get(price, 0) + done

    def _on_trade(self, row: Row) -> None:
        left = row.lots
        if row.kind != RowKind.BUY:
            left = self._trade_into(self.buys, row.price, left)
        if row.kind != RowKind.SELL:
            self._trade_into(self.sells, row.price, left)

    def _trade_into(self, side: RestingSide, price: int, lots: int) -> int:
        """Fill what the trade reaches; give the lots it has left."""
        left, passed = lots, 0
        at_price = []
        side.queues_changed()
        for order in side.reached_by(price):
            if order.price == price:
                # Others ahead of us, counted once for all our orders at this price.
                waiting = min(left, max(0, order.ahead - passed))
                passed += waiting
                left -= waiting
                at_price.append(order)
            if left > 0:
                left -= self._fill(order, order.limit, min(left, order.remaining), is_maker=True)
        for order in at_price:
            order.ahead = max(0, order.ahead - passed)
        return left

    def _fill(self, order: SimOrder, price: int, lots: int, *, is_maker: bool) -> int:
        """Execute and take finished resting orders out; give the lots done."""
        done = self._execute(order, price, lots, is_maker)
        if is_maker and (order.remaining == 0 or order.is_over):
            self._side(order).remove(order)
        return done

    # -- our orders come ------------------------------------------------------------------

    def would_take(self, order: SimOrder) -> bool:
        """Whether the order reaches the opposite best quote."""
        row = self.cursor.current()
        if row is None:
            return False
        return bool(row.ask and order.limit >= row.ask) if order.is_buy else bool(row.bid and order.limit <= row.bid)

    def take(self, order: SimOrder) -> bool:
        """Let the order take what it may; False when it met our own order and must not rest."""
        self.read_queues()
        may_rest = self._take(order)
        self._orders_changed()
        return may_rest

    def _take(self, order: SimOrder) -> bool:
        if order.time_in_force is TimeInForce.FOK and self._takeable(order) < order.remaining:
            return True
        own = self._own_opposite(order)
        taken = self._taken[order.is_buy]
        for price, lots in self._levels(order):
            if order.remaining == 0:
                break
            if price >= own if order.is_buy else price <= own:
                return False
            wanted = min(lots, order.remaining)
            done = self._fill(order, price, wanted, is_maker=False)
            taken[price] = taken.get(price, 0) + done
            if order.is_over:
                break
        return not self._meets_own(order, own)

    def rest(self, order: SimOrder) -> None:
        """Queue the order behind what is displayed at its price."""
        self.read_queues()
        order.ahead = self._displayed_at(order)
        self._side(order).add(order)
        self._orders_changed()

    def remove(self, order: SimOrder) -> None:
        """Take a resting order out of the book."""
        self.read_queues()
        self._side(order).remove(order)
        self._orders_changed()

    def levels(self, is_ask: bool) -> Iterator[tuple[int, int]]:
        """Yield (price, lots) of one side, best first, less what we took."""
        row = self.cursor.current()
        best = 0 if row is None else row.ask if is_ask else row.bid
        if row is None or not best:
            return
        taken = self._taken[is_ask]
        step = 1 if is_ask else -1
        displayed = row.ask_lots if is_ask else row.bid_lots
        for depth, assumed in enumerate(self.instrument.depth_lots):
            price = best + step * depth
            if price <= 0:
                return
            lots = (assumed if depth else displayed) - taken.get(price, 0)
            if lots > 0:
                yield price, lots

    def _levels(self, order: SimOrder) -> Iterator[tuple[int, int]]:
        for price, lots in self.levels(is_ask=order.is_buy):
            if price > order.limit if order.is_buy else price < order.limit:
                return
            yield price, lots

    def _takeable(self, order: SimOrder) -> int:
        own = self._own_opposite(order)
        return sum(lots for price, lots in self._levels(order) if (price < own if order.is_buy else price > own))

    def _own_opposite(self, order: SimOrder) -> int:
        """Give the best price at which the account itself stands on the other side."""
        return (self.sells if order.is_buy else self.buys).best_of(order.account_id)

    @staticmethod
    def _meets_own(order: SimOrder, own: int) -> bool:
        if order.price is None or order.remaining == 0:
            return False
        return order.price >= own if order.is_buy else order.price <= own

    def _displayed_at(self, order: SimOrder) -> int:
        row = self.cursor.current()
        if row is None:
            return 0
        best, lots = (row.bid, row.bid_lots) if order.is_buy else (row.ask, row.ask_lots)
        behind = best - order.limit if order.is_buy else order.limit - best
        if not best or behind < 0:
            return 0
        if behind == 0:
            return lots
        depth = self.instrument.depth_lots
        return depth[min(behind, len(depth) - 1)]

    def _side(self, order: SimOrder) -> RestingSide:
        return self.buys if order.is_buy else self.sells


def _placed(order: SimOrder) -> Peg:
    """Give an order's peg with the place where the order stands."""
    peg = order.peg
    assert peg is not None  # noqa: S101 - only pegged orders are asked
    peg.price, peg.ahead = order.limit, order.ahead
    return peg
