"""Sorts the events of a recording by time, however many there are.

Events are gathered until a run is full; the run is sorted and goes to a temporary file. At the
end all runs are merged, one block of each at a time, so memory holds a run or two whatever the
length of the recording. What fits into one run never leaves memory.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from simulation.run_file import Events, Run, RunFile

RUN_EVENTS: Final = 262_144
"""Events in memory before they go to the file."""


class SortedEvents:
    """Takes events in any order of time and gives them sorted, any number of times.

    Events of one time come out in the order in which they were added.
    """

    def __init__(self, folder: Path | None, run_events: int = RUN_EVENTS) -> None:
        """Start empty.

        Args:
            folder: where the temporary file goes if there are many; None is the system's place for such files.
            run_events: how many events memory holds.
        """
        self._file = RunFile(folder)
        self._run_events = run_events
        self._runs: list[Run] = []
        self._gathered = Events()
        self._adders = self._appends()

    def expect(self, events: int) -> None:
        """Be told how many are to come.

        Raises:
            UserError: there is no room for so many.
        """
        if events > self._run_events:
            self._file.demand_room(events)

    def __len__(self) -> int:
        """Count the events."""
        return sum(run.length for run in self._runs) + len(self._gathered)

    def add(self, time_ns: int, kind: int, first: int, first_lots: int, second: int, second_lots: int) -> None:
        """Add one event.

        Raises:
            OverflowError: a number does not fit.
            UserError: there is no room for the temporary file.
        """
        add_time, add_kind, add_first, add_first_lots, add_second, add_second_lots = self._adders
        add_time(time_ns)
        add_kind(kind)
        add_first(first)
        add_first_lots(first_lots)
        add_second(second)
        add_second_lots(second_lots)
        if len(self._gathered.columns[0]) >= self._run_events:
            self._put_aside()

    def batches(self) -> Iterator[Events]:
        """Yield all events in order, a batch at a time; nothing may be added afterwards."""
        self._gathered.sort()
        room = max(1, self._run_events // (len(self._runs) + 1))
        cursors = [_Cursor(self._file.blocks(run, room)) for run in self._runs]
        cursors.append(_Cursor(iter((self._gathered,))))
        while cursors := [cursor for cursor in cursors if cursor.refilled()]:
            yield _merged(cursors)

    def _put_aside(self) -> None:
        self._gathered.sort()
        self._runs.append(self._file.write(self._gathered))
        self._gathered = Events()
        self._adders = self._appends()

    def _appends(self) -> tuple[Callable[[int], None], ...]:
        return tuple(column.append for column in self._gathered.columns)


class _Cursor:
    """Where the merge stands in one run."""

    def __init__(self, blocks: Iterator[Events]) -> None:
        self._blocks = blocks
        self._block = Events()
        self._at = 0

    def refilled(self) -> bool:
        """Have at least one event at hand, or tell that none is left."""
        while self._at == len(self._block):
            block = next(self._blocks, None)
            if block is None:
                return False
            self._block, self._at = block, 0
        return True

    @property
    def first_ns(self) -> int:
        return self._block.times[self._at]

    @property
    def last_ns(self) -> int:
        return self._block.times[-1]

    def move(self, target: Events, limit_ns: int, *, inclusive: bool) -> None:
        """Hand over what lies before a time, or before and at it."""
        find = bisect_right if inclusive else bisect_left
        stop = find(self._block.times, limit_ns, self._at)
        target.extend(self._block, self._at, stop)
        self._at = stop


def _merged(cursors: list[_Cursor]) -> Events:
    """Take all events that no block still unread can come before."""
    limit_ns, shortest = min((cursor.last_ns, index) for index, cursor in enumerate(cursors))
    batch = Events()
    for index, cursor in enumerate(cursors):
        if cursor.first_ns <= limit_ns:
            # The block after the shortest one may begin at this very time, and goes before the later runs' events.
            cursor.move(batch, limit_ns, inclusive=index <= shortest)
    batch.sort()
    return batch
