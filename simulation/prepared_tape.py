"""A tape whose columns lie ready in a file beside it, mapped into memory as they are used.

A Parquet file must be decoded, checked and summarised each time it is traded. That is done once:
the columns go to NAME.columns beside NAME (simulation/columns_file.py), and from then on a tape
opens in milliseconds and rows that nobody looks at cost nothing. The file is a convenience: where
it cannot be, or does not fit the tape any more, the tape is read from the Parquet file, or the
columns are made again, and the rows are the same.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

from helpers.errors import UserError
from simulation.columns_file import (
    PART_ROWS,
    Header,
    Source,
    columns_bytes,
    columns_path,
    mapped_parts,
    read_header,
    replacing,
    source_of,
    write_part,
)
from simulation.parquet_tape import ParquetTape, regrouped
from simulation.tape import Instrument, TapeChunk
from simulation.tape_place import demand_place

WORTH_ROWS: Final = 200_000
"""A shorter tape is read from its Parquet file in a tenth of a second, so its columns are not prepared."""
_SPARE: Final = 2
"""So many times the room that is needed must be free: a convenience does not take the last of a disk."""


class PreparedTape:
    """A tape in mapped memory."""

    def __init__(self, path: Path, header: Header) -> None:
        """Stand for a tape file whose prepared columns have this header."""
        self._path = path
        self._header = header

    @property
    def instrument(self) -> Instrument:
        """What the integers mean."""
        return self._header.instrument

    @property
    def start_ns(self) -> int:
        """Time of the first row."""
        return self._header.start_ns

    @property
    def end_ns(self) -> int:
        """Time of the last row."""
        return self._header.end_ns

    @property
    def most_rows(self) -> int:
        """Rows there are."""
        return self._header.rows

    def chunks(self) -> Iterator[TapeChunk]:
        """Yield the rows from the start, a part of the file at a time.

        Raises:
            UserError: the prepared columns have gone meanwhile, and the tape file is damaged.
        """
        file = _opened(columns_path(self._path), self._header)
        if file is None:
            yield from ParquetTape(self._path).chunks()
            return
        with file:
            yield from mapped_parts(file, self._header)


def find_prepared(path: Path) -> PreparedTape | None:
    """Find the prepared columns of a tape file as it is now; None if there are none that fit."""
    try:
        source = source_of(path)
        with columns_path(path).open("rb") as file:
            header = read_header(file)
            if not header.fits(source):
                return None
            next(mapped_parts(file, header))  # there are places that cannot be mapped
    except (OSError, ValueError):
        return None
    return PreparedTape(path, header)


def prepare(
    path: Path, tape: ParquetTape, tell: Callable[[str, float], None], *, part_rows: int = PART_ROWS
) -> PreparedTape | None:
    """Make the prepared columns of a tape file; None, and nothing is left behind, where that cannot be.

    Args:
        path: the tape file.
        tape: the same, opened.
        tell: hears how far it has come.
        part_rows: rows that are mapped at a time.

    Raises:
        UserError: the tape file is damaged.
    """
    try:
        source = source_of(path)
        header = _header(tape, source, part_rows)
        if not _has_room(path.parent, header.file_bytes()):
            return None
        with replacing(columns_path(path)) as file:
            _write(file, header, tape, tell)
            if source_of(path) != source:
                raise OSError("the tape changed while it was read")  # noqa: TRY301 - so that nothing is left behind
    except (OSError, ImportError):
        pass  # somebody else may have made them
    return find_prepared(path)


def preparation(path: Path, rows: int) -> str | None:
    """Say whether a tape file has prepared columns, and if not, why; None if it needs none."""
    columns = columns_path(path)
    if find_prepared(path) is not None:
        return f"{columns.stat().st_size / 1e6:,.1f} MB in {columns.name}"
    if rows < WORTH_ROWS:
        return None
    try:
        demand_place(columns)
    except UserError:
        return f"none: nothing can be written to {path.parent}"
    if not _has_room(path.parent, columns_bytes(rows)):
        return "none: too little room on the disk"
    return "none yet: the next run or backtest makes them"


def _header(tape: ParquetTape, source: Source, part_rows: int) -> Header:
    return Header(
        part_rows=part_rows,
        source=source,
        instrument=tape.instrument,
        rows=tape.most_rows,
        start_ns=tape.start_ns,
        end_ns=tape.end_ns,
    )


def _write(file: IO[bytes], header: Header, tape: ParquetTape, tell: Callable[[str, float], None]) -> None:
    file.write(header.encoded())
    rows = 0
    for part in regrouped(tape, header.part_rows):
        write_part(file, part)
        rows += len(part)
        tell("preparing", rows / header.rows)


def _opened(columns: Path, header: Header) -> IO[bytes] | None:
    """Open prepared columns that still have this header."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(columns.open("rb"))
            if read_header(file) == header:
                stack.pop_all()
                return file
        except (OSError, ValueError):
            pass
    return None


def _has_room(folder: Path, size: int) -> bool:
    return shutil.disk_usage(folder).free >= _SPARE * size
