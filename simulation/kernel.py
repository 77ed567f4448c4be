# cython: language_level=3, annotation_typing=False
# cython: boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The innermost loop of every simulation: which row of a tape is the first that needs attention.

Plain Python that also compiles: kernel.pxd gives the C types, and where there is a C compiler
the build makes an extension module of this very file. Without one the same lines run as they
are, slower and with the same results (tests/simulation/test_kernel.py compares them).

The search walks a chunk's rows for the first one that could fill one of our orders or meets a
condition somebody armed. What merely moves our place in a queue is counted on the way. Blocks
of rows are summarised, so that a quiet stretch costs one comparison.
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
    for block in range((rows + BLOCK - 1) // BLOCK):
        least_bid = least_ask = lowest_hit = _NO_LOW
        greatest_bid = greatest_ask = highest_lift = _NO_HIGH
        for row in range(block * BLOCK, min(rows, (block + 1) * BLOCK)):
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
        at = block * FIGURES
        blocks[at] = least_bid
        blocks[at + 1] = greatest_bid
        blocks[at + 2] = least_ask
        blocks[at + 3] = greatest_ask
        blocks[at + 4] = lowest_hit
        blocks[at + 5] = highest_lift


class Touch:
    """What makes a row need attention. Prices in ticks, queues in lots."""

    def __init__(self) -> None:
        """Want nothing: sentinels that no price reaches."""
        self.buy = -1
        """Best price of our resting buys."""
        self.buy_ahead = 0
        """Lots that fill before us there."""
        self.buy_counted = True
        """Whether the queue is one number, so that the search itself can count it down."""
        self.sell = 1 << 62
        self.sell_ahead = 0
        self.sell_counted = True
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

    def take_over(self, other: Touch) -> None:
        """Become equal to another one."""
        self.buy = other.buy
        self.buy_ahead = other.buy_ahead
        self.buy_counted = other.buy_counted
        self.sell = other.sell
        self.sell_ahead = other.sell_ahead
        self.sell_counted = other.sell_counted
        self.low = other.low
        self.high = other.high
        self.quotes = other.quotes
        self.moves = other.moves
        self.bid = other.bid
        self.ask = other.ask

    def counts(self) -> bool:
        """Whether there is a queue to count down."""
        return bool((self.buy_ahead and self.buy_counted) or (self.sell_ahead and self.sell_counted))


class Rows:
    """The columns of a chunk, ready to be searched."""

    def __init__(
        self,
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

        Queues of `touch` are counted down over the rows before it.
        """
        kind = self.kind
        bid = self.bid
        ask = self.ask
        price = self.price
        buy = touch.buy
        sell = touch.sell
        low = touch.low
        high = touch.high
        quotes = touch.quotes
        moves = touch.moves
        buy_ahead = touch.buy_ahead
        sell_ahead = touch.sell_ahead
        row = start
        while row < stop:
            if not (row & 255 or quotes) and self._is_quiet(row >> 8, touch, buy_ahead, sell_ahead):
                row += BLOCK
                continue
            what = kind[row]
            if what == _QUOTE:
                best_bid = bid[row]
                best_ask = ask[row]
                if quotes or best_ask <= buy or best_bid >= sell or best_bid <= low or best_ask >= high:
                    break
                if moves and (best_bid != touch.bid or best_ask != touch.ask):
                    break
                # Others left the queue ahead of us, or the market moved away from our price.
                left_buy = buy_ahead
                left_sell = sell_ahead
                if buy_ahead and best_bid <= buy:
                    left_buy = min(buy_ahead, self.bid_lots[row]) if best_bid == buy else 0
                    if left_buy < buy_ahead and not touch.buy_counted:
                        break
                if sell_ahead and (best_ask >= sell or not best_ask):
                    left_sell = min(sell_ahead, self.ask_lots[row]) if best_ask == sell else 0
                    if left_sell < sell_ahead and not touch.sell_counted:
                        break
                buy_ahead = left_buy
                sell_ahead = left_sell
            else:
                hits = what != _BUY and price[row] <= buy
                lifts = what != _SELL and price[row] >= sell
                traded = self.lots[row]
                if hits and (price[row] < buy or traded > buy_ahead or not touch.buy_counted):
                    break
                if lifts and (price[row] > sell or traded > sell_ahead or not touch.sell_counted):
                    break
                # The whole trade went to those before us.
                if hits:
                    buy_ahead -= traded
                if lifts:
                    sell_ahead -= traded
            row += 1
        touch.buy_ahead = buy_ahead
        touch.sell_ahead = sell_ahead
        return min(row, stop)

    def _is_quiet(self, block: int, touch: Touch, buy_ahead: int, sell_ahead: int) -> bool:
        """Whether nothing in a whole block can matter."""
        blocks = self.blocks
        at = block * FIGURES
        least_bid = blocks[at]
        greatest_bid = blocks[at + 1]
        least_ask = blocks[at + 2]
        greatest_ask = blocks[at + 3]
        if least_ask <= touch.buy or greatest_bid >= touch.sell or least_bid <= touch.low or greatest_ask >= touch.high:
            return False
        if blocks[at + 4] <= touch.buy or blocks[at + 5] >= touch.sell:
            return False
        if buy_ahead and least_bid <= touch.buy:
            return False
        if sell_ahead and (greatest_ask >= touch.sell or least_ask <= 0):
            return False
        return not touch.moves or (least_bid == touch.bid == greatest_bid and least_ask == touch.ask == greatest_ask)
