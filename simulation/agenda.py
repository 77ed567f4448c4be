"""What the venue will do by itself, in time order; equal times keep the order they were noted in."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count


class Agenda:
    """A queue of (time, action)."""

    def __init__(self) -> None:
        """Start empty."""
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    def at(self, time_ns: int, action: Callable[[], None]) -> None:
        """Do this at that time."""
        heappush(self._heap, (time_ns, next(self._order), action))

    def next_ns(self) -> int | None:
        """Give the time of the first entry."""
        return self._heap[0][0] if self._heap else None

    def is_due(self, now_ns: int) -> bool:
        """Whether an entry is at or before this time."""
        return bool(self._heap) and self._heap[0][0] <= now_ns

    def pop(self) -> Callable[[], None]:
        """Take the first entry out."""
        return heappop(self._heap)[2]
