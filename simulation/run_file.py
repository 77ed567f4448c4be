"""Runs of sorted events in a temporary file.

The file has no name (tempfile.TemporaryFile): however the program ends, the system takes its
room back.
"""

from __future__ import annotations

import contextlib
import operator
import os
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

from helpers.errors import UserError
from simulation.tape_place import reason_of

Event = tuple[int, int, int, int, int, int]
"""Time in ns, kind, and four integers that the sorting does not look at."""
_TYPES: Final = ("q", "b", "i", "q", "i", "q")
EVENT_BYTES: Final = sum(array(kind).itemsize for kind in _TYPES)


class Events:
    """A run of events, as equally long columns."""

    __slots__ = ("columns",)

    def __init__(self) -> None:
        """Start empty."""
        self.columns = tuple(array(kind) for kind in _TYPES)

    def __len__(self) -> int:
        """Count the events."""
        return len(self.columns[0])

    def __iter__(self) -> Iterator[Event]:
        """Yield event after event."""
        return zip(*self.columns, strict=True)

    @property
    def times(self) -> array[int]:
        """The times, ns."""
        return self.columns[0]

    def extend(self, events: Events, start: int, stop: int) -> None:
        """Add a part of other events."""
        for column, more in zip(self.columns, events.columns, strict=True):
            column.extend(more[start:stop])

    def sort(self) -> None:
        """Sort by time; events of one time keep their order."""
        times = self.times
        if all(map(operator.le, times, islice(times, 1, None))):
            return
        order = sorted(range(len(times)), key=times.__getitem__)
        self.columns = tuple(array(column.typecode, map(column.__getitem__, order)) for column in self.columns)


class Run(NamedTuple):
    """Where sorted events stand in the file, column after column."""

    offset: int
    length: int


class RunFile:
    """The temporary file; made when the first run is written."""

    def __init__(self, folder: Path | None) -> None:
        """Make no file yet; None is the system's folder for temporary files."""
        self._folder = Path(tempfile.gettempdir()) if folder is None else folder
        self._file: IO[bytes] | None = None

    def demand_room(self, events: int) -> None:
        """Refuse at once what cannot end well.

        Raises:
            UserError: so many events need more room than there is.
        """
        with self._told():
            free = shutil.disk_usage(self._folder).free
        if events * EVENT_BYTES > free:
            wanted, there = _mb(events * EVENT_BYTES), _mb(free)
            problem = f"sorting the recording takes {wanted} in {self._folder}, which has {there}"
            raise UserError(problem, "make room there, or give another place")

    def write(self, events: Events) -> Run:
        """Put sorted events at the end of the file.

        Raises:
            UserError: they do not fit, or there can be no file.
        """
        with self._told():
            file = self._opened()
            offset = file.seek(0, os.SEEK_END)
            for column in events.columns:
                column.tofile(file)
            file.flush()
        return Run(offset, len(events))

    def blocks(self, run: Run, room: int) -> Iterator[Events]:
        """Read a run in parts of at most `room` events."""
        file = self._opened()
        for start in range(0, run.length, room):
            block = Events()
            offset = run.offset
            for column in block.columns:
                file.seek(offset + start * column.itemsize)
                column.fromfile(file, min(room, run.length - start))
                offset += run.length * column.itemsize
            yield block

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = f"the recording cannot be sorted in {self._folder} ({reason_of(error)})"
            raise UserError(problem, "make room there, or give another place") from error

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - it lives as long as the tape
            weakref.finalize(self, _close, self._file)
        return self._file


def _close(file: IO[bytes]) -> None:
    # Closing tries once more to write what did not fit.
    with contextlib.suppress(OSError):
        file.close()


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
