"""The file of prepared columns beside a tape: what lies where in it, and whether it still fits the tape.

    a line of text for people, a line of JSON (Header), zeros
    parts of `part_rows` rows each, the last one shorter; in a part one column after the other, then its figures

A part starts at a multiple of 64 KiB, so that it can be mapped on its own, a column at a multiple of 64 bytes.
All of it follows from the header: a file of another length is none.
"""

from __future__ import annotations

import contextlib
import os
import sys
from array import array
from collections.abc import Iterator, Mapping
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from simulation.kernel import BLOCK, FIGURES
from simulation.tape import Instrument, TapeChunk

VERSION: Final = 1
"""To be raised with every change of the layout, and of what the figures of a block are."""
PART_ROWS: Final = 262_144
TYPES: Final[dict[str, Literal["b", "i", "q"]]] = {
    "time_ns": "q",
    "kind": "b",
    "bid": "i",
    "bid_lots": "q",
    "ask": "i",
    "ask_lots": "q",
    "price": "i",
    "lots": "q",
}
"""Columns and their types, as in TapeChunk."""

_TITLE: Final = b"runbot: columns of the tape beside this file, ready to be searched; may be deleted, is made again\n"
_FIGURES: Final = "figures"
_PART_BYTES: Final = 65_536
"""What systems map files in multiples of: 4, 16 or 64 KiB."""
_COLUMN_BYTES: Final = 64
_TAIL_BYTES: Final = 65_536


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Which file it was made from, and in which state of it."""

    size: int
    mtime_ns: int
    tail: str
    """Digest of its end: of a Parquet file, where everything in it lies and its least and greatest values."""


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds and how."""

    version: int = VERSION
    byte_order: str = sys.byteorder
    block: int = BLOCK
    figures: int = FIGURES
    part_rows: int
    source: Source
    instrument: Instrument
    rows: int
    start_ns: int
    end_ns: int

    def encoded(self) -> bytes:
        """Give the bytes that the file begins with."""
        lines = _TITLE + msgspec.json.encode(self) + b"\n"
        return lines.ljust(_up(len(lines), _PART_BYTES), b"\0")

    def file_bytes(self) -> int:
        """Say how long the file is."""
        return len(self.encoded()) + columns_bytes(self.rows, self.part_rows)

    def parts(self) -> Iterator[int]:
        """Yield the rows of each part."""
        for start in range(0, self.rows, self.part_rows):
            yield min(self.part_rows, self.rows - start)

    def fits(self, source: Source) -> bool:
        """Whether it was made from that state of the tape, in the way it is made here."""
        way = (self.version, self.byte_order, self.block, self.figures)
        is_sound = self.rows > 0 and self.part_rows > 0 and self.part_rows % BLOCK == 0
        return way == (VERSION, sys.byteorder, BLOCK, FIGURES) and is_sound and self.source == source


def source_of(path: Path) -> Source:
    """Tell this state of a file from any other.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        file.seek(max(0, state.st_size - _TAIL_BYTES))
        return Source(size=state.st_size, mtime_ns=state.st_mtime_ns, tail=sha256(file.read()).hexdigest())


def columns_path(tape: Path) -> Path:
    """Say where the prepared columns of a tape lie."""
    return tape.with_name(f"{tape.name}.columns")


def read_header(file: IO[bytes]) -> Header:
    """Read the header of a file that is whole.

    Raises:
        ValueError: it is none of these files, or its length is not what it should be.
    """
    if file.readline(len(_TITLE)) != _TITLE:
        raise ValueError("these are no prepared columns")
    try:
        header = msgspec.json.decode(file.readline(), type=Header)
    except msgspec.DecodeError as error:
        raise ValueError("prepared columns with a header of another kind") from error
    if header.part_rows <= 0 or os.fstat(file.fileno()).st_size != header.file_bytes():
        raise ValueError("prepared columns of another length")
    return header


def mapped_parts(file: IO[bytes], header: Header) -> Iterator[TapeChunk]:
    """Yield each part as a view of the file; a part is unmapped when nobody holds its chunk any more.

    Raises:
        OSError: the file cannot be mapped.
    """
    offset = len(header.encoded())
    for rows in header.parts():
        size = _part_bytes(rows)
        mapped = memoryview(mmap(file.fileno(), size, access=ACCESS_READ, offset=offset))
        views = {name: mapped[at : at + length] for name, (at, length) in _places(rows).items()}
        columns = {name: views[name].cast(kind) for name, kind in TYPES.items()}
        yield TapeChunk.view(columns, views[_FIGURES].cast("i"))
        offset += size


def write_part(file: IO[bytes], chunk: TapeChunk) -> None:
    """Append the columns of a part and their figures."""
    buffers: Mapping[str, array[int]] = {name: getattr(chunk, name) for name in TYPES} | {_FIGURES: chunk.figures()}
    written = 0
    for name, (at, length) in _places(len(chunk)).items():
        file.write(bytes(at - written))
        file.write(buffers[name])
        written = at + length
    file.write(bytes(_part_bytes(len(chunk)) - written))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file under another name, and rename it when it is whole and on the disk.

    Only one process at a time writes it: the others are refused. What a process left behind that was killed is used up.

    Raises:
        OSError: the file cannot be written, or somebody else is writing it.
        ImportError: the system has no locks that end with the process.
    """
    import fcntl  # noqa: PLC0415 - not made for Windows

    part = path.with_name(f"{path.name}.part")
    with part.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.fstat(file.fileno()), part.stat()):
            raise BlockingIOError("somebody else has just finished it")
        try:
            file.truncate(0)
            yield file
            file.flush()
            # Without this, a power cut could leave a whole file of zeros under the final name.
            os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


def columns_bytes(rows: int, part_rows: int = PART_ROWS) -> int:
    """Say how much room so many rows take."""
    full, rest = divmod(rows, part_rows)
    return full * _part_bytes(part_rows) + _part_bytes(rest)


def _part_bytes(rows: int) -> int:
    at, length = _places(rows)[_FIGURES]
    return _up(at + length, _PART_BYTES)


def _places(rows: int) -> dict[str, tuple[int, int]]:
    """Say where in a part each column begins and how many bytes it has."""
    lengths = {name: rows * array(kind).itemsize for name, kind in TYPES.items()}
    lengths[_FIGURES] = (rows + BLOCK - 1) // BLOCK * FIGURES * array("i").itemsize
    places, at = {}, 0
    for name, length in lengths.items():
        places[name] = (at, length)
        at = _up(at + length, _COLUMN_BYTES)
    return places


def _up(number: int, step: int) -> int:
    return -(-number // step) * step
