"""The tape file: the columns of a tape as Parquet, with the instrument in its metadata.

docs/tapes.md states the schema for those who write such files themselves. Files are written
under another name and renamed when whole, and read one run of rows at a time.
"""

from __future__ import annotations

import contextlib
import operator
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from helpers.errors import UserError
from simulation.parquet_file import batches, load_pyarrow, open_parquet
from simulation.tape import CHUNK_ROWS, Instrument, RowKind, Tape, TapeChunk
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
            chunk = _chunk(self._path, batch)
            if len(chunk):
                _check(self._path, chunk, before)
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
            for chunk in _regrouped(tape, until_ns):
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


def _regrouped(tape: Tape, until_ns: int | None) -> Iterator[TapeChunk]:
    """Yield the rows in runs of CHUNK_ROWS, whatever runs the tape has."""
    gathered = TapeChunk()
    for chunk in tape.chunks():
        stop = len(chunk) if until_ns is None else bisect_left(chunk.time_ns, until_ns)
        _extend(gathered, chunk, stop)
        while len(gathered) >= CHUNK_ROWS:
            yield _taken(gathered)
        if stop < len(chunk):
            break
    if len(gathered):
        yield _taken(gathered)


def _extend(chunk: TapeChunk, more: TapeChunk, stop: int) -> None:
    for name in COLUMNS:
        getattr(chunk, name).extend(getattr(more, name)[:stop])


def _taken(chunk: TapeChunk) -> TapeChunk:
    """Cut the first CHUNK_ROWS rows off."""
    taken = TapeChunk()
    for name in COLUMNS:
        column = getattr(chunk, name)
        setattr(taken, name, column[:CHUNK_ROWS])
        setattr(chunk, name, column[CHUNK_ROWS:])
    return taken


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


def _chunk(path: Path, batch: Any) -> TapeChunk:
    chunk = TapeChunk()
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if column.null_count:
            raise UserError(f"{path}: column {name} has nulls", "make it again")
        _fill(getattr(chunk, name), column)
    return chunk


def _fill(target: array[int], column: Any) -> None:
    """Copy a column's bytes; it may be a window into a larger buffer."""
    width = target.itemsize
    data = memoryview(column.buffers()[1]).cast("B")
    target.frombytes(data[column.offset * width : (column.offset + len(column)) * width])


def _check(path: Path, chunk: TapeChunk, before_ns: int) -> None:
    times = chunk.time_ns
    if times[0] < before_ns or not all(map(operator.le, times, times[1:])):
        raise UserError(f"{path}: time goes back", "sort the rows by time_ns")
    if min(chunk.kind) < min(RowKind) or max(chunk.kind) > max(RowKind):
        raise UserError(f"{path}: a row's kind is none of {[int(kind) for kind in RowKind]}", "make it again")
    for name in ("bid", "bid_lots", "ask", "ask_lots", "price", "lots"):
        if min(getattr(chunk, name)) < 0:
            raise UserError(f"{path}: column {name} has a negative value", "make it again")
