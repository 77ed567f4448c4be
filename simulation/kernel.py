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

from simulation.kernel_orders import Touch

BLOCK = 256
"""Rows that one summary stands for."""
FIGURES = 6
"""Figures of a summary: least and greatest bid, least and greatest ask, lowest hit, highest lift."""

_QUOTE, _BUY, _SELL = 0, 1, 2  # RowKind, as plain numbers
_NO_LOW = 2147483647
_NO_HIGH = -1
_FAR = 1 << 62
_BLOCK, _FIGURES = BLOCK, FIGURES  # compiled, these are C constants


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
            elif row % _BLOCK == 0 and self._is_quiet(row // _BLOCK, touch):
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
            if not peg.is_idle() or peg.bid != bid or peg.ask != ask:
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
            if row and not peg.is_idle():
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
