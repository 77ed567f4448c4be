"""What a tape is: the market's past (or an invented one) as columns of integers.

One row is one event: a change of the best bid or offer, or a public trade. Prices are ticks,
quantities are lots (multiples of the quantity step), times are ns. Every row carries the best
bid and offer in force after it, so any row can be read alone. A missing side has price 0 and
0 lots. The same columns stand in the Parquet file (docs/tapes.md).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import IntEnum
from typing import Final, Protocol, Self

import msgspec

from simulation.kernel import BLOCK, FIGURES, Rows, summarise

CHUNK_ROWS: Final = 65_536


class RowKind(IntEnum):
    """What a row is."""

    QUOTE = 0
    BUY = 1
    """A trade whose aggressor bought."""
    SELL = 2
    """A trade whose aggressor sold."""
    TRADE = 3
    """A trade whose aggressor the recording does not tell."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """What the integers of a tape mean."""

    ticker: str
    quote: str
    source: str
    """Where the tape comes from: "synthetic" or the venue it was recorded on."""
    tick_size: Decimal
    quantity_step: Decimal
    depth_lots: tuple[int, ...]
    """Assumed lots at the best price (where a recording has no sizes) and at each price level behind it."""


class TapeChunk:
    """A run of rows, as equally long columns.

    The columns are arrays, to which rows can be added, or views of columns that lie elsewhere, to
    which none can: both can be indexed, sliced, walked and searched.
    """

    __slots__ = ("_rows", "ask", "ask_lots", "bid", "bid_lots", "kind", "lots", "price", "time_ns")

    def __init__(self) -> None:
        """Start empty."""
        self.time_ns = array("q")
        self.kind = array("b")
        self.bid = array("i")
        self.bid_lots = array("q")
        self.ask = array("i")
        self.ask_lots = array("q")
        self.price = array("i")
        """Trade price; 0 on a QUOTE row."""
        self.lots = array("q")
        """Traded lots; 0 on a QUOTE row."""
        self._rows: Rows | None = None

    @classmethod
    def view(cls, columns: Mapping[str, memoryview[int]], figures: memoryview[int]) -> Self:
        """Look at columns that lie elsewhere, without copying them.

        Args:
            columns: all of them by name, of the types above and of one length.
            figures: what `figures` gave for these rows.
        """
        chunk = cls.__new__(cls)
        for name, column in columns.items():
            setattr(chunk, name, column)
        chunk._rows = chunk._searchable(figures)  # noqa: SLF001 - our own: this is a second __init__
        return chunk

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.time_ns)

    def append(
        self, time_ns: int, kind: int, bid: int, bid_lots: int, ask: int, ask_lots: int, price: int = 0, lots: int = 0
    ) -> None:
        """Add one row."""
        self.time_ns.append(time_ns)
        self.kind.append(kind)
        self.bid.append(bid)
        self.bid_lots.append(bid_lots)
        self.ask.append(ask)
        self.ask_lots.append(ask_lots)
        self.price.append(price)
        self.lots.append(lots)

    def figures(self) -> array[int]:
        """Summarise the rows, block by block (simulation/kernel.py)."""
        blocks = array("i", bytes(4 * FIGURES * ((len(self) + BLOCK - 1) // BLOCK)))
        summarise(self.kind, self.bid, self.ask, self.price, blocks)
        return blocks

    def rows(self) -> Rows:
        """Give the rows ready to be searched; none may be added afterwards."""
        if self._rows is None:
            self._rows = self._searchable(self.figures())
        return self._rows

    def _searchable(self, figures: Sequence[int]) -> Rows:
        return Rows(
            self.time_ns, self.kind, self.bid, self.bid_lots, self.ask, self.ask_lots, self.price, self.lots, figures
        )


NOTHING_YET: Final = TapeChunk()
"""What a tape that still grows gives where no further row has come: this very chunk, not any empty one."""


class Tape(Protocol):
    """A market to trade against."""

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        ...

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        ...

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start, in time order; may never end. Each call starts anew.

        A tape that still grows yields NOTHING_YET in between (simulation/live_tape.py).
        """
        ...


class MemoryTape:
    """A tape that fits in memory."""

    def __init__(self, instrument: Instrument, chunks: Iterable[TapeChunk]) -> None:
        """Hold chunks that are in time order.

        Raises:
            ValueError: there is no row.
        """
        self._instrument = instrument
        self._chunks = tuple(chunk for chunk in chunks if len(chunk))
        if not self._chunks:
            raise ValueError("a tape needs at least one row")

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        return self._instrument

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        return self._chunks[0].time_ns[0]

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start."""
        return iter(self._chunks)
