"""Where a tape stands, and the search for the next row that needs attention.

The search looks ahead from the current row for the first one that touches one of our orders or
a condition somebody armed. What lies between can only move best bid and offer, and our place
in a queue, so it is skipped, and time can jump. The search itself changes nothing: it counts
queues down on a copy, which is taken over when the time comes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from simulation.kernel_orders import Touch
from simulation.tape import NOTHING_YET, Tape, TapeChunk


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
        self.touch = Touch()
        """What needs attention, its queues as they are at the current row. Call `rescan` after a change."""
        self._source: Iterator[TapeChunk] = tape.chunks()
        self._loaded: deque[TapeChunk] = deque()
        self._row = -1
        """Current row in the first loaded chunk; -1 before the first."""
        self._let_go_rows = 0
        self._ahead = Touch()
        """The touch as it will be where the search stands."""
        self._scan_chunk = 0
        self._scan_row = 0
        self._found = False
        self._behind: Row | None = None
        """The newest row with a price in the chunks that were let go."""
        self._current: Row | None = None
        self._has_ended = False
        """Whether the tape was seen to hold nothing more; one that still grows may only be waiting."""
        self._load()

    @property
    def is_over(self) -> bool:
        """Whether the last row is behind us, and no other will come."""
        is_last = self._row + 1 >= len(self._loaded[0]) and len(self._loaded) == 1
        return is_last and not self._load() and self._has_ended

    @property
    def rows_passed(self) -> int:
        """Rows at or before the current one."""
        return self._let_go_rows + self._row + 1

    def current(self) -> Row | None:
        """Read the row in force; None before the first."""
        if self._current is None and self._row >= 0:
            self._current = _read(self._loaded[0], self._row)
        return self._current

    def last_priced(self) -> Row | None:
        """Read the newest row so far that shows a bid, an ask or a trade; None if there was none."""
        current = self.current()
        if current is not None and (current.bid or current.ask):
            return current
        return _last_priced(self._loaded[0], self._row) or self._behind

    def rescan(self) -> None:
        """Forget what was found: the touch is not what it was."""
        self._ahead.take_over(self.touch)
        self._scan_chunk, self._scan_row, self._found = 0, self._row + 1, False

    def next_touch_ns(self, limit_ns: int | None) -> int | None:
        """Give the time of the first row at or before `limit_ns` that needs attention."""
        if not self._found:
            times, row = self._loaded[self._scan_chunk].time_ns, self._scan_row
            if limit_ns is not None and row < len(times) and times[row] > limit_ns:
                return None  # asked often between two rows: no search needed to see that there is none
            self._search(limit_ns)
        if not self._found:
            return None
        at = self._loaded[self._scan_chunk].time_ns[self._scan_row]
        return at if limit_ns is None or at <= limit_ns else None

    def take_touch(self) -> Row:
        """Move onto the row that was found and give it."""
        for _ in range(self._scan_chunk):
            self._let_go()
        chunk, at = self._loaded[0], self._scan_row
        self._row = at
        self.touch.take_over(self._ahead)
        if self.touch.pegs and at:
            # The search ends with the first order that fills: the others come to the same moment.
            self.touch.settle(
                chunk.time_ns[at], chunk.bid[at - 1], chunk.bid_lots[at - 1], chunk.ask[at - 1], chunk.ask_lots[at - 1]
            )
        self.rescan()
        row = self._current = _read(chunk, at)
        return row

    def skip_to(self, now_ns: int) -> None:
        """Move onto the last row at or before `now_ns`, none of which may need attention; never back."""
        times, following = self._loaded[0].time_ns, self._row + 1
        if following < len(times) and times[following] > now_ns:
            return
        while True:
            row = max(self._row, bisect_right(self._loaded[0].time_ns, now_ns, max(self._row, 0)) - 1)
            if row > self._row:
                self._pass_over(row)
            if row + 1 < len(self._loaded[0]) or not self._next_chunk_started(now_ns):
                return
            if self.touch.pegs:
                self._settle_at_end(self.touch, 0)
            self._let_go()

    def _pass_over(self, row: int) -> None:
        """Move onto a row of the first chunk and count queues down on the way."""
        if self._scan_chunk == 0 and self._scan_row == row + 1:
            self.touch.take_over(self._ahead)  # the search stands there too
        elif self.touch.counts():
            self._loaded[0].rows().first_touch(self._row + 1, row + 1, self.touch)
        self._row, self._current = row, None

    def _let_go(self) -> None:
        """Leave the first chunk for the second; the search goes on where it stands."""
        chunk = self._loaded.popleft()
        self._behind = _last_priced(chunk, len(chunk) - 1) or self._behind
        self._let_go_rows += len(chunk)
        self._row, self._current = -1, None
        if self._scan_chunk:
            self._scan_chunk -= 1
        else:
            self._scan_row = 0

    def _next_chunk_started(self, now_ns: int) -> bool:
        if len(self._loaded) == 1 and not self._load():
            return False
        return self._loaded[1].time_ns[0] <= now_ns

    def _load(self) -> bool:
        for chunk in self._source:
            if len(chunk):
                self._loaded.append(chunk)
                return True
            if chunk is NOTHING_YET:
                return False
        self._has_ended = True
        return False

    def _search(self, limit_ns: int | None) -> None:
        while True:
            chunk = self._loaded[self._scan_chunk]
            stop = len(chunk)
            if limit_ns is not None and chunk.time_ns[-1] > limit_ns:
                stop = bisect_right(chunk.time_ns, limit_ns, self._scan_row)
            if self._found_before(chunk, min(stop, len(chunk) - 1)) or stop < len(chunk):
                return
            if self._scan_chunk + 1 >= len(self._loaded) and not self._load():
                if self._has_ended:
                    # The last row of all matters, so that the end is noticed when it comes.
                    self._found = bool(self._scan_row < stop)
                else:
                    self._found_before(chunk, stop)
                return
            if self._found_before(chunk, stop):
                return
            if self._ahead.pegs:
                self._settle_at_end(self._ahead, self._scan_chunk)
            self._scan_chunk += 1
            self._scan_row = 0

    def _settle_at_end(self, touch: Touch, at: int) -> None:
        """Let pegged orders come from a chunk to the next: inside one the search itself sees the quote before a row."""
        chunk, following = self._loaded[at], self._loaded[at + 1]
        touch.settle(following.time_ns[0], chunk.bid[-1], chunk.bid_lots[-1], chunk.ask[-1], chunk.ask_lots[-1])

    def _found_before(self, chunk: TapeChunk, stop: int) -> bool:
        """Search on in the chunk where the search stands."""
        if self._scan_row < stop:
            self._scan_row = chunk.rows().first_touch(self._scan_row, stop, self._ahead)
            self._found = self._scan_row < stop
        return self._found


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
