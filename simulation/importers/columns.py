"""Reading recordings that come as Parquet: rows of plain values, with errors that name the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from simulation.importers.recording import MarketSink, Watch
from simulation.importers.symbols import symbol_in_name
from simulation.importers.text import Place, number, told
from simulation.parquet_file import MAGIC, batches, count_rows, load_pyarrow, open_parquet
from simulation.remembered import Remembered
from simulation.tape_builder import Level

_BATCH_ROWS: Final = 4096

TakeRows = Callable[[Iterable[tuple[Any, ...]], MarketSink], None]
"""Gives all rows to a sink; times are ns where the file has timestamps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParquetFormat:
    """A Parquet file that is known by its columns."""

    name: str
    source: str
    quote: str
    has_quotes: bool
    marks: tuple[str, ...]
    """Columns that tell this format from others."""
    columns: tuple[str, ...]
    """What `take` is given, in this order."""
    take: TakeRows
    symbol_column: str | None = None
    """Where the symbol stands; None leaves it to the file name."""

    def sniff(self, first_bytes: bytes, path: Path) -> bool:
        """Compare the columns."""
        if not first_bytes.startswith(MAGIC):
            return False
        with open_parquet(path) as file:
            return set(self.marks) <= set(file.schema_arrow.names)

    def symbol(self, path: Path) -> str | None:
        """Look in the first row, or in the file name."""
        if self.symbol_column is None:
            return symbol_in_name(path)
        first = next(batches(path, (self.symbol_column,), 1), None)
        return None if first is None else first.column(0)[0].as_py()

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give all rows to the sink."""
        place = Place(path, unit="row")
        with told(place):
            self.take(self._rows(place, watch), sink)

    def _rows(self, place: Place, watch: Watch) -> Iterator[tuple[Any, ...]]:
        total = max(1, count_rows(place.path))
        for batch in batches(place.path, self.columns, _BATCH_ROWS):
            watch(place.number / total)
            for row in zip(*(_values(batch.column(name)) for name in self.columns), strict=True):
                place.number += 1
                yield row


def _decimal(value: float) -> Decimal:
    return number(f"{value:.12g}")


decimal: Final = Remembered(_decimal).__getitem__
"""Give the decimal a float was meant to be; twelve digits are more than any venue prints."""


def decimal_levels(pairs: Iterable[tuple[float, float]]) -> list[Level]:
    """Give book levels as Decimals."""
    return [(decimal(price), decimal(quantity)) for price, quantity in pairs]


def _values(column: Any) -> list[Any]:
    pa, _ = load_pyarrow()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values
