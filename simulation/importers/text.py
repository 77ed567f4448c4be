"""Reading text recordings: plain or gzip, line by line, with errors that name the line.

Numbers become Decimal straight from their text. A cell that is no number, a row that is too
short and a file that is cut off are all the person's to know, each in one line.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec

from helpers.enums import Side
from helpers.errors import UserError
from simulation.importers.recording import MarketSink, Watch, unwatched
from simulation.importers.symbols import symbol_in_name
from simulation.remembered import Remembered
from simulation.tape_builder import Level

_GZIP_MAGIC: Final = b"\x1f\x8b"
_HEAD_BYTES: Final = 65_536
_TELL_LINES: Final = 8192
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL, "b": Side.BUY, "a": Side.SELL}


@dataclass(slots=True)
class Place:
    """Where a reader stands in a file."""

    path: Path
    unit: str = "line"
    number: int = 0


@contextlib.contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn what goes wrong at a place into one line that names it."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"there is no file {place.path}", "check the name") from None
    except IsADirectoryError:
        raise UserError(f"{place.path} is a folder", "name the files in it") from None
    except UnicodeDecodeError:
        raise UserError(f"{place.path} is no text", "see docs/tapes.md for the formats that can be read") from None
    except (EOFError, zlib.error, OSError) as error:
        raise UserError(f"{place.path} is damaged or unreadable ({error})", "get it again") from error
    except KeyError as error:
        raise _bad_place(place, f"there is no {error}") from error
    except ArithmeticError as error:
        raise _bad_place(place, "a number is out of range") from error
    except (ValueError, TypeError, LookupError, csv.Error, msgspec.DecodeError) as error:
        raise _bad_place(place, str(error)) from error


def _bad_place(place: Place, problem: str) -> UserError:
    return UserError(f"{place.path}, {place.unit} {place.number}: {problem}", "mend or remove it")


@contextlib.contextmanager
def text_lines(path: Path, watch: Watch = unwatched) -> Iterator[Iterator[str]]:
    """Open a text file, gzip or plain, as lines; errors inside the block name the line."""
    place = Place(path)
    with told(place), path.open("rb") as file:
        size = max(1, path.stat().st_size)
        with _unzipped(file) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
            yield _counted(text, place, lambda: watch(file.tell() / size))


def first_bytes(path: Path) -> bytes:
    """Read the beginning of a file, decompressed."""
    with told(Place(path)), path.open("rb") as file, _unzipped(file) as raw:
        return raw.read(_HEAD_BYTES)


def _unzipped(file: io.BufferedReader) -> io.BufferedReader | gzip.GzipFile:
    is_gzip = file.peek(2)[:2] == _GZIP_MAGIC
    return gzip.GzipFile(fileobj=file) if is_gzip else file


def _counted(lines: Iterable[str], place: Place, tell: Callable[[], None]) -> Iterator[str]:
    for place.number, line in enumerate(lines, 1):
        yield line
        if not place.number % _TELL_LINES:
            tell()


Take = Callable[[Iterable[list[str]], MarketSink], None]
"""Gives all rows below the header to a sink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """A CSV file that is known by how its header begins; the file name tells the symbol."""

    name: str
    source: str
    quote: str
    has_quotes: bool
    header: tuple[str, ...]
    """What the header begins with."""
    take: Take
    least: int | None = None
    """Columns that every row has, where the recorder left some of the last ones out."""

    def sniff(self, first_bytes: bytes, path: Path) -> bool:
        """Compare the header."""
        del path
        first_line = first_bytes.decode("utf-8-sig", "replace").partition("\n")[0]
        return tuple(first_line.strip().split(","))[: len(self.header)] == self.header

    def symbol(self, path: Path) -> str | None:
        """Look in the file name."""
        return symbol_in_name(path)

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give all rows to the sink."""
        with text_lines(path, watch) as lines:
            self.take(self.rows(lines), sink)

    def rows(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Yield the rows below the header.

        Raises:
            ValueError: a row is wider or narrower than the header.
        """
        reader = csv.reader(lines)
        width = len(next(reader, ()))
        least = width if self.least is None else self.least
        for row in reader:
            if least <= len(row) <= width:
                yield row
            elif row:
                raise ValueError(f"{len(row)} columns where the header has {width}")


def number(text: str) -> Decimal:
    """Read a finite number."""
    try:
        value = Decimal(text)
    except (InvalidOperation, TypeError):
        raise ValueError(f"{text!r} is no number") from None
    if not value.is_finite():
        raise ValueError(f"{text!r} is no number")
    return value


price: Final = Remembered(number).__getitem__
"""Read a number that comes again and again, as prices do."""


def number_or_none(text: str) -> Decimal | None:
    """Read a number, or nothing from an empty cell."""
    return number(text) if text else None


def side(text: str) -> Side:
    """Read an aggressor's side."""
    try:
        return _SIDES[text.lower()]
    except KeyError:
        raise ValueError(f"{text!r} is no side") from None


def from_seconds(text: str) -> int:
    """Read Unix seconds with any number of decimals as ns."""
    return int(number(text) * 1_000_000_000)


def from_millis(text: str) -> int:
    """Read Unix milliseconds as ns."""
    if text.isdecimal():
        return int(text) * 1_000_000
    return int(number(text) * 1_000_000)


def levels(prices: Iterable[str], quantities: Iterable[str]) -> list[Level]:
    """Read book levels; an empty cell ends the book."""
    read: list[Level] = []
    for at, quantity in zip(prices, quantities, strict=True):
        if not at or not quantity:
            break
        read.append((price(at), number(quantity)))
    return read
