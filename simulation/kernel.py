# cython: language_level=3, annotation_typing=False
# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The innermost loop of every simulation: which row of a tape is the first that needs attention.

Plain Python that also compiles: kernel.pxd gives the C types, and where there is a C compiler
the build makes an extension module of this very file. Without one the same lines run as they
are, slower and with the same results (tests/simulation/test_kernel.py compares them).

The search walks a chunk's rows for the first one that could fill one of our orders or meets a
condition somebody armed. What merely moves our place in a queue, or a pegged order, happens on
the way. Blocks of rows are summarised, so that a quiet stretch costs one comparison.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence

BLOCK = 256
"""Rows that one summary stands for."""
FIGURES = 6
"""Figures of a summary: least and greatest bid, least and greatest ask, lowest hit, highest lift."""

_QUOTE, _BUY, _SELL = 0, 1, 2  # RowKind, as plain numbers
_NO_LOW = 2147483647
_NO_HIGH = -1
_FAR = 1 << 62
BEST, OPPOSITE, MID = 0, 1, 2
"""What a pegged order follows."""
_IDLE, _ON_ITS_WAY, _ANSWERED = 0, 1, 2
_BLOCK, _FIGURES, _BEST, _MID = BLOCK, FIGURES, BEST, MID  # compiled, these are C constants


def is_compiled() -> bool:
    """Whether this module runs as machine code."""
    return not __file__.endswith(".py")


def summarise(
    kind: Sequence[int], bid: Sequence[int], ask: Sequence[int], price: Sequence[int], blocks: MutableSequence[int]
) -> None:
    """Write the figures of each block of rows into `blocks`, which has room for them.

    A hit is a trade that could fill a resting buy, a lift one that could fill a resting sell.
    """
    rows = len(kind)
    for block in range((rows + _BLOCK - 1) // _BLOCK):
        least_bid = least_ask = lowest_hit = _NO_LOW
        greatest_bid = greatest_ask = highest_lift = _NO_HIGH
        for row in range(block * _BLOCK, min(rows, (block + 1) * _BLOCK)):
            if kind[row] == _QUOTE:
                least_bid = min(least_bid, bid[row])
                greatest_bid = max(greatest_bid, bid[row])
                least_ask = min(least_ask, ask[row])
                greatest_ask = max(greatest_ask, ask[row])
            else:
                if kind[row] != _BUY:
                    lowest_hit = min(lowest_hit, price[row])
                if kind[row] != _SELL:
                    highest_lift = max(highest_lift, price[row])
        at = block * _FIGURES
        blocks[at] = least_bid
        blocks[at + 1] = greatest_bid
        blocks[at + 2] = least_ask
        blocks[at + 3] = greatest_ask
        blocks[at + 4] = lowest_hit
        blocks[at + 5] = highest_lift


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


class Rows:
    """The columns of a chunk, ready to be searched."""

    def __init__(
        self,
        time_ns: Sequence[int],
        kind: Sequence[int],
        bid: Sequence[int],
        bid_lots: Sequence[int],
        ask: Sequence[int],
        ask_lots: Sequence[int],
        price: Sequence[int],
        lots: Sequence[int],
        blocks: Sequence[int],
    ) -> None:
        """Take buffers of the types in simulation/tape.py; `blocks` is what summarise wrote."""
        self.time_ns = time_ns
        self.kind = kind
        self.bid = bid
        self.bid_lots = bid_lots
        self.ask = ask
        self.ask_lots = ask_lots
        self.price = price
        self.lots = lots
        self.blocks = blocks

    def first_touch(self, start: int, stop: int, touch: Touch) -> int:
        """Give the first row in [start, stop) that needs attention, or `stop`.

        Queues of `touch` are counted down, and its pegged orders follow, over the rows before it.
        """
        has_pegs = len(touch.pegs) > 0
        row = start
        while row < stop:
            if has_pegs:
                row = self._skip_still(row, stop, touch)
                if row >= stop or self._fills_peg(row, touch):
                    break
            elif not row & 255 and self._is_quiet(row >> 8, touch):
                row += _BLOCK
                continue
            if self._is_quote(row):
                if self._quote_matters(row, touch):
                    break
            elif self._trade_matters(row, touch):
                break
            if has_pegs:
                self._move_pegs(row, touch)
            row += 1
        return min(row, stop)

    def _is_quote(self, row: int) -> bool:
        return self.kind[row] == _QUOTE

    def _quote_matters(self, row: int, touch: Touch) -> bool:
        """Whether a quote needs attention; one that does not may shorten queues."""
        bid = self.bid[row]
        ask = self.ask[row]
        buy_ahead = touch.buy_ahead
        sell_ahead = touch.sell_ahead
        if ask <= touch.buy or bid >= touch.sell or bid <= touch.low or ask >= touch.high or touch.quotes:
            return True
        if touch.moves and (bid != touch.bid or ask != touch.ask):
            return True
        if bid <= touch.buy_behind or ask >= touch.sell_behind or (ask <= 0 and touch.sell_behind < _FAR):
            return True
        # Others left the queue ahead of us, or the market moved away from our price.
        if buy_ahead and bid <= touch.buy:
            buy_ahead = min(buy_ahead, self.bid_lots[row]) if bid == touch.buy else 0
            if buy_ahead < touch.buy_ahead and not touch.buy_counted:
                return True
        if sell_ahead and (ask >= touch.sell or ask <= 0):
            sell_ahead = min(sell_ahead, self.ask_lots[row]) if ask == touch.sell else 0
            if sell_ahead < touch.sell_ahead and not touch.sell_counted:
                return True
        touch.buy_ahead = buy_ahead
        touch.sell_ahead = sell_ahead
        return False

    def _trade_matters(self, row: int, touch: Touch) -> bool:
        """Whether a trade needs attention; one that does not may shorten queues."""
        kind = self.kind[row]
        price = self.price[row]
        lots = self.lots[row]
        hits = kind != _BUY and price <= touch.buy
        lifts = kind != _SELL and price >= touch.sell
        if hits and (price < touch.buy or lots > touch.buy_ahead or not touch.buy_counted):
            return True
        if lifts and (price > touch.sell or lots > touch.sell_ahead or not touch.sell_counted):
            return True
        # The whole trade went to those before us.
        if hits:
            touch.buy_ahead -= lots
        if lifts:
            touch.sell_ahead -= lots
        return False

    def _skip_still(self, row: int, stop: int, touch: Touch) -> int:
        """Give the first row from here on that may do anything while pegged orders stand still."""
        bid = touch.pegs[0].bid
        ask = touch.pegs[0].ask
        top = touch.buy
        bottom = touch.sell
        least_bid_lots = touch.buy_ahead
        least_ask_lots = touch.sell_ahead
        if touch.quotes or bid <= touch.low or ask >= touch.high or bid <= touch.buy_behind or ask >= touch.sell_behind:
            return row
        if (touch.moves and (bid != touch.bid or ask != touch.ask)) or bid <= 0 or ask <= bid:
            return row
        if (least_bid_lots and top > bid) or (least_ask_lots and bottom < ask):
            return row
        for peg in touch.pegs:
            if peg.state != _IDLE or peg.bid != bid or peg.ask != ask:
                return row
            if peg.is_buy:
                top = max(top, peg.price)
                if peg.price >= bid:
                    least_bid_lots = max(least_bid_lots, peg.ahead)
            else:
                bottom = min(bottom, peg.price)
                if peg.price <= ask:
                    least_ask_lots = max(least_ask_lots, peg.ahead)
        if top >= ask or bottom <= bid:
            return row
        while row < stop:
            if self.kind[row] == _QUOTE:
                if self.bid[row] != bid or self.ask[row] != ask:
                    break
                if self.bid_lots[row] < least_bid_lots or self.ask_lots[row] < least_ask_lots:
                    break
            elif self.price[row] <= top or self.price[row] >= bottom:
                break
            row += 1
        return row

    def _fills_peg(self, row: int, touch: Touch) -> bool:
        """Whether a row fills a pegged order, as it stands when the row comes."""
        is_quote = self._is_quote(row)
        for peg in touch.pegs:
            if row and peg.state != _IDLE:
                before = row - 1
                peg.settle(
                    self.time_ns[row], self.bid[before], self.bid_lots[before], self.ask[before], self.ask_lots[before]
                )
            if is_quote:
                if peg.is_reached(self.bid[row], self.ask[row]):
                    return True
            elif peg.is_filled_by(self.kind[row], self.price[row], self.lots[row]):
                return True
        return False

    def _move_pegs(self, row: int, touch: Touch) -> int:
        """Let pegged orders see a row that does not fill them; 0, always."""
        is_quote = self._is_quote(row)
        for peg in touch.pegs:
            if is_quote:
                peg.count_quote(self.bid[row], self.bid_lots[row], self.ask[row], self.ask_lots[row])
                peg.look(self.time_ns[row], self.bid[row], self.ask[row])
            else:
                peg.count_trade(self.kind[row], self.price[row], self.lots[row])
        return 0

    def _is_quiet(self, block: int, touch: Touch) -> bool:
        """Whether nothing in a whole block can matter."""
        at = block * _FIGURES
        least_bid = self.blocks[at]
        greatest_bid = self.blocks[at + 1]
        least_ask = self.blocks[at + 2]
        greatest_ask = self.blocks[at + 3]
        if least_ask <= touch.buy or greatest_bid >= touch.sell or least_bid <= touch.low or greatest_ask >= touch.high:
            return False
        if least_bid <= touch.buy_behind or greatest_ask >= touch.sell_behind:
            return False
        if least_ask <= 0 and (touch.sell_ahead or touch.sell_behind < _FAR):
            return False
        if touch.quotes or self.blocks[at + 4] <= touch.buy or self.blocks[at + 5] >= touch.sell:
            return False
        if touch.buy_ahead and least_bid <= touch.buy:
            return False
        if touch.sell_ahead and greatest_ask >= touch.sell:
            return False
        return not touch.moves or (least_bid == touch.bid == greatest_bid and least_ask == touch.ask == greatest_ask)
