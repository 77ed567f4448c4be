"""A tape whose rows arrive while it is followed: a real market, one row for each piece of news.

Rows that came are sealed into a chunk when somebody reads on, and let go by who has read them,
so that a tape of days takes no more memory than the rows nobody has read yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simulation.tape import NOTHING_YET, Instrument, RowKind, TapeChunk


class Quote(NamedTuple):
    """Best bid and offer in ticks and lots; a missing side has price 0 and 0 lots."""

    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


NO_QUOTE = Quote(0, 0, 0, 0)


class LiveTape:
    """A tape for one reader, which never ends."""

    def __init__(self, instrument: Instrument, start_ns: int, first: Quote) -> None:
        """Begin with the book of this moment."""
        self.instrument = instrument
        self.start_ns = start_ns
        self.last_ns = start_ns
        """Time of the newest row."""
        self.book = first
        """The book that the newest row left."""
        self._open = TapeChunk()
        self.quote(start_ns, first)

    def quote(self, now_ns: int, book: Quote) -> int:
        """Add a change of the book and give the row's time: now, but never before the row before."""
        self.book = book
        self.last_ns = max(self.last_ns, now_ns)
        self._open.append(self.last_ns, RowKind.QUOTE, *book)
        return self.last_ns

    def trade(self, now_ns: int, kind: RowKind, price: int, lots: int) -> int:
        """Add a public trade and give the row's time, as `quote` does."""
        self.last_ns = max(self.last_ns, now_ns)
        self._open.append(self.last_ns, kind, *self.book, price, lots)
        return self.last_ns

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows that nobody has read, and NOTHING_YET while there are none."""
        while True:
            if len(self._open):
                sealed, self._open = self._open, TapeChunk()
                yield sealed
            else:
                yield NOTHING_YET
