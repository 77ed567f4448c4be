"""A recording as a tape: its sorted events, with the quote in force carried forward.

It decides which events become rows: a quote that repeats the one in force is dropped unless a
second has passed, so that a still market and a silent recorder look different; trades before the
first quote are dropped. Trade rows repeat the quote before them: best bid and offer change on
QUOTE rows only. Rows are made as they are read, so a tape may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from simulation.run_file import Event
from simulation.sorted_events import SortedEvents
from simulation.tape import CHUNK_ROWS, Instrument, RowKind, TapeChunk

STILL_ALIVE_NS: Final = 1_000_000_000
"""A repeated quote is kept when the last quote row is so old."""
UNKNOWN_LOTS: Final = -1
"""Lots that the recording does not tell."""
_QUOTE: Final = int(RowKind.QUOTE)

_PART_ROWS: Final = 4096
_COLUMNS: Final = ("time_ns", "kind", "bid", "bid_lots", "ask", "ask_lots", "price", "lots")

_Row = tuple[int, int, int, int, int, int, int, int]
"""The columns of a tape, in the order of TapeChunk.append."""


class RecordedTape:
    """A tape of a recording's events.

    Of a quote, the four integers of an event are bid and its lots, ask and its lots; of a trade,
    the first two are price and lots.
    """

    def __init__(self, instrument: Instrument, events: SortedEvents, start_ns: int) -> None:
        """Hold events of which at least one is a quote.

        Args:
            instrument: what the integers mean.
            events: all of the recording.
            start_ns: time of the first quote.
        """
        self._instrument = instrument
        self._events = events
        self._start_ns = start_ns

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        return self._instrument

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        return self._start_ns

    @property
    def most_rows(self) -> int:
        """Rows there are at most."""
        return len(self._events)

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start."""
        events = (event for batch in self._events.batches() for event in batch)
        rows = _rows(events, self._instrument.depth_lots[0])
        while len(chunk := _chunk(rows)):
            yield chunk


def _rows(events: Iterable[Event], assumed_lots: int) -> Iterator[_Row]:
    quoted_ns = None
    bid = bid_lots = ask = ask_lots = 0
    for time_ns, kind, first, first_lots, second, second_lots in events:
        if kind != _QUOTE:
            if quoted_ns is not None:
                yield time_ns, kind, bid, bid_lots, ask, ask_lots, first, first_lots
            continue
        # Without sizes, a level that stays keeps the size it had.
        if first_lots == UNKNOWN_LOTS:
            first_lots = bid_lots if first == bid else assumed_lots  # noqa: PLW2901 - what is unknown is filled in
        if second_lots == UNKNOWN_LOTS:
            second_lots = ask_lots if second == ask else assumed_lots  # noqa: PLW2901 - the same
        same = first == bid and second == ask and first_lots == bid_lots and second_lots == ask_lots
        if quoted_ns is None or not same or time_ns - quoted_ns >= STILL_ALIVE_NS:
            quoted_ns, bid, bid_lots, ask, ask_lots = time_ns, first, first_lots, second, second_lots
            yield time_ns, kind, bid, bid_lots, ask, ask_lots, 0, 0


def _chunk(rows: Iterator[_Row]) -> TapeChunk:
    chunk = TapeChunk()
    # In parts, because a row outside a column takes ten times the room.
    for _ in range(CHUNK_ROWS // _PART_ROWS):
        columns = zip(*islice(rows, _PART_ROWS), strict=True)
        for name, values in zip(_COLUMNS, columns, strict=False):
            getattr(chunk, name).extend(values)
    return chunk
