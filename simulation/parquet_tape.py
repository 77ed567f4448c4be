"""The tape file: the columns of a tape as Parquet, with the instrument in its metadata.

docs/tapes.md states the schema for those who write such files themselves. Files are written
under another name and renamed when whole, and read one run of rows at a time.
"""

from __future__ import annotations

import contextlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from helpers.errors import UserError
from simulation.parquet_file import batches, load_compute, load_pyarrow, open_parquet
from simulation.tape import CHUNK_ROWS, Instrument, RowKind, Tape, TapeChunk
from simulation.tape_end import last_row_ns
from simulation.tape_place import demand_place, reason_of, unwritable

FORMAT: Final = "runbot-tape"
VERSION: Final = "1"
COLUMNS: Final = {
    "time_ns": "int64",
    "kind": "int8",
    "bid": "int32",
    "bid_lots": "int64",
    "ask": "int32",
    "ask_lots": "int64",
    "price": "int32",
    "lots": "int64",
}
"""Column names and Arrow types; none may hold nulls."""


def is_tape_file(path: Path) -> bool:
    """Whether a Parquet file says that it is a tape of ours, of any version."""
    return _metadata(open_parquet(path)).get("format") == FORMAT


class ParquetTape:
    """A tape in a file, read as it is used."""

    def __init__(self, path: Path) -> None:
        """Check the file and read its first rows.

        Raises:
            UserError: the file is missing, damaged, empty or no tape.
        """
        self._path = path
        with open_parquet(path) as file:
            self._instrument = _instrument(path, file)
            self._rows: int = file.metadata.num_rows
        first = next(self.chunks(), None)
        if first is None:
            raise UserError(f"{path} is a tape without rows", "make it again")
        self._start_ns = first.time_ns[0]

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        return self._instrument

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        return self._start_ns

    @property
    def end_ns(self) -> int:
        """Time of the last row.

        Raises:
            UserError: the file is damaged.
        """
        return last_row_ns(self._path)

    @property
    def most_rows(self) -> int:
        """Rows there are."""
        return self._rows

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start, a few at a time.

        Raises:
            UserError: the file is damaged.
        """
        before = 0
        for batch in batches(self._path, tuple(COLUMNS), CHUNK_ROWS):
            if batch.num_rows:
                _check(self._path, batch, before)
                chunk = _chunk(batch)
                before = chunk.time_ns[-1]
                yield chunk


def write_parquet(tape: Tape, path: Path, *, until_ns: int | None = None) -> None:
    """Write a tape to a file, or the part of it before `until_ns` (an endless tape needs that).

    Raises:
        UserError: the file cannot be written, or no row lies before `until_ns`.
    """
    pa, parquet = load_pyarrow()
    demand_place(path)
    part = path.with_name(f"{path.name}.part")
    schema = _schema(pa, tape.instrument)
    try:
        with parquet.ParquetWriter(part, schema, compression="zstd", write_page_checksum=True) as writer:
            rows = 0
            for chunk in regrouped(tape, CHUNK_ROWS, until_ns):
                writer.write_table(_table(pa, schema, chunk), row_group_size=CHUNK_ROWS)
                rows += len(chunk)
        if not rows:
            raise UserError("no row of the tape lies within the duration", "give a longer one")
        part.replace(path)
    except OSError as error:
        raise unwritable(path, reason_of(error)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


# -- writing ----------------------------------------------------------------------------------


def _schema(pa: Any, instrument: Instrument) -> Any:
    metadata = {"format": FORMAT, "version": VERSION, "instrument": msgspec.json.encode(instrument)}
    fields = [pa.field(name, pa.type_for_alias(kind), nullable=False) for name, kind in COLUMNS.items()]
    return pa.schema(fields, metadata=metadata)


def _table(pa: Any, schema: Any, chunk: TapeChunk) -> Any:
    columns = [
        pa.Array.from_buffers(field.type, len(chunk), [None, pa.py_buffer(getattr(chunk, field.name))])
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def regrouped(tape: Tape, rows: int, until_ns: int | None = None) -> Iterator[TapeChunk]:
    """Yield a tape, or the part of it before `until_ns`, in runs of so many rows, whatever runs it has."""
    gathered = TapeChunk()
    for chunk in tape.chunks():
        stop = len(chunk) if until_ns is None else bisect_left(chunk.time_ns, until_ns)
        _extend(gathered, chunk, stop)
        while len(gathered) >= rows:
            taken, gathered = _cut(gathered, rows)
            yield taken
        if stop < len(chunk):
            break
    if len(gathered):
        yield gathered


def _extend(chunk: TapeChunk, more: TapeChunk, stop: int) -> None:
    for name in COLUMNS:
        getattr(chunk, name).frombytes(memoryview(getattr(more, name))[:stop].cast("B"))


def _cut(chunk: TapeChunk, rows: int) -> tuple[TapeChunk, TapeChunk]:
    """Cut the first rows off; the columns of the chunk are given away where there is no rest."""
    if len(chunk) == rows:
        return chunk, TapeChunk()
    first, rest = TapeChunk(), TapeChunk()
    for name in COLUMNS:
        column = getattr(chunk, name)
        setattr(first, name, column[:rows])
        setattr(rest, name, column[rows:])
    return first, rest


# -- reading ----------------------------------------------------------------------------------


def _metadata(file: Any) -> dict[str, str]:
    raw: dict[bytes, bytes] = file.schema_arrow.metadata or {}
    return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in raw.items()}


def _instrument(path: Path, file: Any) -> Instrument:
    metadata = _metadata(file)
    if metadata.get("format") != FORMAT:
        raise UserError(f"{path} is Parquet, but no tape", "make one with: runbot tape import SRC... -o FILE")
    version = metadata.get("version")
    if version != VERSION:
        raise UserError(f"{path} is a tape of version {version!r}, known is {VERSION!r}", "make it again")
    types = {field.name: str(field.type) for field in file.schema_arrow}
    for name, kind in COLUMNS.items():
        if types.get(name) != kind:
            raise UserError(f"{path}: column {name} is {types.get(name, 'missing')}, not {kind}", "make it again")
    try:
        instrument = msgspec.json.decode(metadata.get("instrument", ""), type=Instrument)
    except msgspec.DecodeError as error:
        raise UserError(f"{path} does not tell its instrument ({error})", "make it again") from error
    if instrument.tick_size <= 0 or instrument.quantity_step <= 0 or not instrument.depth_lots:
        raise UserError(f"{path}: tick size, quantity step and depth must be positive", "make it again")
    return instrument


def _chunk(batch: Any) -> TapeChunk:
    chunk = TapeChunk()
    for name in COLUMNS:
        _fill(getattr(chunk, name), batch.column(name))
    return chunk


def _fill(target: array[int], column: Any) -> None:
    """Copy a column's bytes; it may be a window into a larger buffer."""
    width = target.itemsize
    data = memoryview(column.buffers()[1]).cast("B")
    target.frombytes(data[column.offset * width : (column.offset + len(column)) * width])


def _check(path: Path, batch: Any, before_ns: int) -> None:
    compute = load_compute()
    for name in COLUMNS:
        if batch.column(name).null_count:
            raise UserError(f"{path}: column {name} has nulls", "make it again")
    times = batch.column("time_ns")
    never_falls = compute.all(compute.less_equal(times[:-1], times[1:]), min_count=0)
    if times[0].as_py() < before_ns or not never_falls.as_py():
        raise UserError(f"{path}: time goes back", "sort the rows by time_ns")
    kinds = compute.min_max(batch.column("kind")).as_py()
    if kinds["min"] < min(RowKind) or kinds["max"] > max(RowKind):
        raise UserError(f"{path}: a row's kind is none of {[int(kind) for kind in RowKind]}", "make it again")
    for name in ("bid", "bid_lots", "ask", "ask_lots", "price", "lots"):
        if compute.min_max(batch.column(name)).as_py()["min"] < 0:
            raise UserError(f"{path}: column {name} has a negative value", "make it again")
