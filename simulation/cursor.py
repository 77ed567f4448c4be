"""Where a tape stands, and the search for the next row that can matter.

The search changes nothing: it looks ahead from the current row for the first one that touches
one of our orders or a condition somebody armed. What lies between cannot change anything but
the best bid and offer, so it is skipped, and time can jump.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from simulation.resting import NO_BUY, NO_SELL
from simulation.tape import RowKind, Tape, TapeChunk

# Plain ints: looking them up on the enum costs more than the comparison.
_QUOTE, _BUY, _SELL = int(RowKind.QUOTE), int(RowKind.BUY), int(RowKind.SELL)


@dataclass(slots=True)
class Touch:
    """What makes a row matter. Prices in ticks, queues in lots."""

    best_buy: int = NO_BUY
    buy_ahead: int = 0
    best_sell: int = NO_SELL
    sell_ahead: int = 0
    low: int = NO_BUY
    """A best bid at or below this matters."""
    high: int = NO_SELL
    """A best ask at or above this matters."""
    quotes: bool = False
    """Every quote matters."""


@dataclass(slots=True)
class Row:
    """One row of a tape, read out."""

    time_ns: int
    kind: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int
    price: int
    lots: int


class TapeCursor:
    """Reads a tape forward, with a look ahead."""

    def __init__(self, tape: Tape) -> None:
        """Stand before the first row."""
        self._source: Iterator[TapeChunk] = tape.chunks()
        self._loaded: deque[TapeChunk] = deque()
        self._row = -1
        """Current row in the first loaded chunk; -1 before the first."""
        self._scan_chunk = 0
        self._scan_row = 0
        self._found = False
        self._behind: Row | None = None
        """The newest row with a price in the chunks that were let go."""
        self._load()

    @property
    def is_over(self) -> bool:
        """Whether the last row is behind us."""
        return self._row + 1 >= len(self._loaded[0]) and len(self._loaded) == 1 and not self._load()

    def current(self) -> Row | None:
        """Read the row in force; None before the first."""
        return None if self._row < 0 else _read(self._loaded[0], self._row)

    def last_priced(self) -> Row | None:
        """Read the newest row so far that shows a bid, an ask or a trade; None if there was none."""
        return _last_priced(self._loaded[0], self._row) or self._behind

    def rescan(self) -> None:
        """Forget what was found: conditions changed."""
        self._scan_chunk, self._scan_row, self._found = 0, self._row + 1, False

    def next_touch_ns(self, touch: Touch, limit_ns: int | None) -> int | None:
        """Give the time of the first row at or before `limit_ns` that matters; the same `touch` as since rescan."""
        if not self._found:
            self._search(touch, limit_ns)
        if not self._found:
            return None
        at = self._loaded[self._scan_chunk].time_ns[self._scan_row]
        return at if limit_ns is None or at <= limit_ns else None

    def take_touch(self) -> Row:
        """Move onto the row that was found and give it."""
        for _ in range(self._scan_chunk):
            self._let_go()
        self._row = self._scan_row
        self.rescan()
        return _read(self._loaded[0], self._row)

    def skip_to(self, now_ns: int) -> None:
        """Move onto the last row at or before `now_ns`, none of which may matter; never back."""
        while True:
            self._row = max(self._row, bisect_right(self._loaded[0].time_ns, now_ns, max(self._row, 0)) - 1)
            if self._row + 1 < len(self._loaded[0]) or not self._next_chunk_started(now_ns):
                return
            self._let_go()
            if self._scan_chunk:
                self._scan_chunk -= 1
            else:
                self._scan_row = 0
            self._row = -1

    def _let_go(self) -> None:
        chunk = self._loaded.popleft()
        self._behind = _last_priced(chunk, len(chunk) - 1) or self._behind

    def _next_chunk_started(self, now_ns: int) -> bool:
        if len(self._loaded) == 1 and not self._load():
            return False
        return self._loaded[1].time_ns[0] <= now_ns

    def _load(self) -> bool:
        chunk = next((chunk for chunk in self._source if len(chunk)), None)
        if chunk is None:
            return False
        self._loaded.append(chunk)
        return True

    def _search(self, touch: Touch, limit_ns: int | None) -> None:
        while True:
            chunk = self._loaded[self._scan_chunk]
            stop = len(chunk) if limit_ns is None else bisect_right(chunk.time_ns, limit_ns, self._scan_row)
            row = first_touch(chunk, self._scan_row, stop, touch)
            self._scan_row = row
            if row < stop:
                self._found = True
                return
            if stop < len(chunk):
                return
            if not self._scan_next_chunk():
                self._find_end(len(chunk) - 1)
                return

    def _find_end(self, last: int) -> None:
        """Let the last row of all matter, so that the end is noticed when it comes."""
        if self._scan_chunk or last > self._row:
            self._scan_row, self._found = last, True

    def _scan_next_chunk(self) -> bool:
        if self._scan_chunk + 1 >= len(self._loaded) and not self._load():
            return False
        self._scan_chunk += 1
        self._scan_row = 0
        return True


def first_touch(chunk: TapeChunk, start: int, stop: int, touch: Touch) -> int:
    """Give the first row in [start, stop) that matters, or `stop`. The innermost loop of every simulation."""
    kinds, bids, asks = chunk.kind, chunk.bid, chunk.ask
    bid_lots, ask_lots, prices = chunk.bid_lots, chunk.ask_lots, chunk.price
    buy, sell, low, high = touch.best_buy, touch.best_sell, touch.low, touch.high
    buy_ahead, sell_ahead, quotes = touch.buy_ahead, touch.sell_ahead, touch.quotes
    for row in range(start, stop):
        kind = kinds[row]
        if kind == _QUOTE:
            bid, ask = bids[row], asks[row]
            if quotes or ask <= buy or bid >= sell or bid <= low or ask >= high:
                return row
            # Others left the queue ahead of us, or the market moved away from our price.
            if buy_ahead and (bid < buy or (bid == buy and bid_lots[row] < buy_ahead)):
                return row
            if sell_ahead and (ask > sell or (ask == sell and ask_lots[row] < sell_ahead)):
                return row
        elif (prices[row] <= buy and kind != _BUY) or (prices[row] >= sell and kind != _SELL):
            return row
    return stop


def _last_priced(chunk: TapeChunk, row: int) -> Row | None:
    while row >= 0:
        if chunk.bid[row] or chunk.ask[row] or chunk.price[row]:
            return _read(chunk, row)
        row -= 1
    return None


def _read(chunk: TapeChunk, row: int) -> Row:
    return Row(
        chunk.time_ns[row],
        chunk.kind[row],
        chunk.bid[row],
        chunk.bid_lots[row],
        chunk.ask[row],
        chunk.ask_lots[row],
        chunk.price[row],
        chunk.lots[row],
    )
