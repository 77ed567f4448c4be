# cython: language_level=3, annotation_typing=False
# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What of ours the compiled search looks out for: resting orders, pegged ones, armed prices.

Plain Python that also compiles: kernel_orders.pxd gives the C types (see simulation/kernel.py).
"""

from __future__ import annotations

from collections.abc import Sequence

BEST, OPPOSITE, MID = 0, 1, 2
"""What a pegged order follows."""
_IDLE, _ON_ITS_WAY, _ANSWERED = 0, 1, 2
_BUY, _SELL = 1, 2  # RowKind, as plain numbers
_BEST, _MID = BEST, MID  # compiled, these are C constants


class Peg:
    """A resting order whose price follows the book, as the engine carries it. Prices in ticks.

    Its owner's amends take as long as any: one is under way at a time, and the next one leaves
    when the venue has answered. One that would take liquidity is refused; then the order stays
    where it is until the best prices change again.
    """

    def __init__(
        self,
        is_buy: bool,
        reference: int,
        offset: int,
        limit: int,
        entry_ns: int,
        response_ns: int,
        depth: Sequence[int],
    ) -> None:
        """Describe what it follows.

        Args:
            is_buy: its side.
            reference: BEST, OPPOSITE or MID.
            offset: distance behind the reference in half ticks, rounded up.
            limit: never above this for a buy, never below it for a sell.
            entry_ns: how long an amend takes to arrive.
            response_ns: how long its answer takes.
            depth: lots assumed at each tick behind the best price, as an int64 buffer.
        """
        self.is_buy = is_buy
        self.reference = reference
        self.offset = offset
        self.limit = limit
        self.entry_ns = entry_ns
        self.response_ns = response_ns
        self.depth = depth
        self.price = 0
        self.ahead = 0
        self.state = _IDLE
        self.refused = False
        self.wanted = 0
        self.due_ns = 0
        self.bid = 0
        """Best prices it was last compared with."""
        self.ask = 0

    def copied(self) -> Peg:
        """Give another one in the same state."""
        twin = Peg(self.is_buy, self.reference, self.offset, self.limit, self.entry_ns, self.response_ns, self.depth)
        twin.take_over(self)
        return twin

    def take_over(self, other: Peg) -> None:
        """Take the state of one that follows the same."""
        self.price = other.price
        self.ahead = other.ahead
        self.state = other.state
        self.refused = other.refused
        self.wanted = other.wanted
        self.due_ns = other.due_ns
        self.bid = other.bid
        self.ask = other.ask

    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self.state == _IDLE

    def target(self, bid: int, ask: int) -> int:
        """Give the price it should have; 0 where the side it follows is missing, or the book is locked or crossed."""
        if bid > 0 and 0 < ask <= bid:
            return 0
        double = bid + ask
        if self.reference != _MID:
            double = 2 * bid if (self.reference == _BEST) == self.is_buy else 2 * ask
            if double == 0:
                return 0
        elif bid <= 0 or ask <= 0:
            return 0
        if self.is_buy:
            # Half ticks to ticks, away from the market: down for a buy, up for a sell.
            return max(0, min(self.limit, (double - self.offset) >> 1))
        return max(self.limit, (double + self.offset + 1) >> 1)

    def look(self, now_ns: int, bid: int, ask: int) -> None:
        """Send an amend if the best prices changed, and with them the target."""
        if bid != self.bid or ask != self.ask:
            self.bid = bid
            self.ask = ask
            self._decide(now_ns, bid, ask)

    def _decide(self, now_ns: int, bid: int, ask: int) -> None:
        if self.state == _IDLE:
            wanted = self.target(bid, ask)
            if wanted > 0 and wanted != self.price:
                self.wanted = wanted
                self.state = _ON_ITS_WAY
                self.due_ns = now_ns + self.entry_ns

    def settle(self, before_ns: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        """Let what is under way and due before a time happen, on the book that is in force until then."""
        while self.state != _IDLE and self.due_ns < before_ns:
            if self.state == _ON_ITS_WAY:
                self.refused = (ask > 0 and self.wanted >= ask) if self.is_buy else (bid > 0 and self.wanted <= bid)
                if not self.refused:
                    self.price = self.wanted
                    self.ahead = self.displayed(bid, bid_lots, ask, ask_lots)
                self.state = _ANSWERED
                self.due_ns += self.response_ns
            else:
                self.state = _IDLE
                if not self.refused:
                    self._decide(self.due_ns, bid, ask)

    def displayed(self, bid: int, bid_lots: int, ask: int, ask_lots: int) -> int:
        """Give the lots displayed, or assumed, at its price."""
        best = bid if self.is_buy else ask
        behind = best - self.price if self.is_buy else self.price - best
        if best <= 0 or behind < 0:
            return 0
        if behind == 0:
            return bid_lots if self.is_buy else ask_lots
        return self.depth[min(behind, len(self.depth) - 1)]

    def is_reached(self, bid: int, ask: int) -> bool:
        """Whether a quote's opposite side comes to its price."""
        if self.is_buy:
            return 0 < ask <= self.price
        return bid >= self.price

    def is_filled_by(self, kind: int, price: int, lots: int) -> bool:
        """Whether a trade does more than shorten the queue before it."""
        if self.is_buy:
            return kind != _BUY and (price < self.price or (price == self.price and lots > self.ahead))
        return kind != _SELL and (price > self.price or (price == self.price and lots > self.ahead))

    def count_trade(self, kind: int, price: int, lots: int) -> None:
        """Count down the queue by a trade that does not fill it."""
        if price == self.price and kind != (_BUY if self.is_buy else _SELL):
            self.ahead -= lots

    def count_quote(self, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        """Count down the queue by what is still displayed."""
        if self.is_buy:
            if bid <= self.price:
                self.ahead = min(self.ahead, bid_lots) if bid == self.price else 0
        elif ask >= self.price or ask <= 0:
            self.ahead = min(self.ahead, ask_lots) if ask == self.price else 0


class Touch:
    """What makes a row need attention. Prices in ticks, queues in lots."""

    def __init__(self) -> None:
        """Want nothing: sentinels that no price reaches."""
        self.buy = -1
        """Best price of our resting buys, pegged ones aside."""
        self.buy_ahead = 0
        """Lots that fill before us there."""
        self.buy_counted = True
        """Whether the queue is one number, so that the search itself can count it down."""
        self.buy_behind = -1
        """Best price of our buys behind that one which others stand before: a best bid at or below it frees a queue."""
        self.sell = 1 << 62
        self.sell_ahead = 0
        self.sell_counted = True
        self.sell_behind = 1 << 62
        self.low = -1
        """A best bid at or below this needs attention."""
        self.high = 1 << 62
        """A best ask at or above this needs attention."""
        self.quotes = False
        """Every quote needs attention."""
        self.moves = False
        """A quote with another best bid or ask than these needs attention."""
        self.bid = 0
        self.ask = 0
        self.pegs: list[Peg] = []
        """Our pegged orders."""

    def take_over(self, other: Touch) -> None:
        """Become equal to another one; pegged orders that both have keep their identity."""
        self.buy = other.buy
        self.buy_ahead = other.buy_ahead
        self.buy_counted = other.buy_counted
        self.buy_behind = other.buy_behind
        self.sell_behind = other.sell_behind
        self.sell = other.sell
        self.sell_ahead = other.sell_ahead
        self.sell_counted = other.sell_counted
        self.low = other.low
        self.high = other.high
        self.quotes = other.quotes
        self.moves = other.moves
        self.bid = other.bid
        self.ask = other.ask
        if len(self.pegs) != len(other.pegs):
            self.pegs = [peg.copied() for peg in other.pegs]
        elif other.pegs:
            for mine, theirs in zip(self.pegs, other.pegs, strict=True):
                mine.take_over(theirs)

    def counts(self) -> bool:
        """Whether there is a queue to count down."""
        return bool(
            (self.buy_ahead and self.buy_counted) or (self.sell_ahead and self.sell_counted) or len(self.pegs) > 0
        )

    def settle(self, before_ns: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        """Let what pegged orders have under way before a time happen, on the book in force."""
        for peg in self.pegs:
            peg.settle(before_ns, bid, bid_lots, ask, ask_lots)
