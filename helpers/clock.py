"""The clock seam: the only place that reads wall time.

A Clock gives the time and drives event sources (simulated venues). WallClock is real time.
The virtual clock is simulation/virtual_loop.py: an event loop that jumps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

NS_PER_S = 1_000_000_000


class EventSource(Protocol):
    """Something that happens by itself in time: a simulated venue."""

    def next_event_ns(self, limit_ns: int | None) -> int | None:
        """Give the time of the first event at or before `limit_ns`, or None. Changes nothing."""
        ...

    def advance_to(self, now_ns: int) -> None:
        """Let everything up to and including `now_ns` happen."""
        ...

    def on_change(self, notify: Callable[[], None]) -> None:
        """Call `notify` whenever an earlier event may have appeared."""
        ...


class Clock(Protocol):
    """Now, and later."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task for this long on this clock."""
        ...

    def attach(self, source: EventSource) -> None:
        """Make a source's events happen at their time."""
        ...

    def detach(self, source: EventSource) -> None:
        """Stop driving the source."""
        ...


def monotonic_ns() -> int:
    """Real nanoseconds that never go back: for pacing and for measuring work, never for decisions."""
    return time.monotonic_ns()


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        """Start with no sources."""
        self._pumps: dict[int, asyncio.Task[None]] = {}

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task."""
        await asyncio.sleep(seconds)

    def attach(self, source: EventSource) -> None:
        """Run the source's events in a background task of the running loop."""
        self._pumps[id(source)] = asyncio.get_running_loop().create_task(self._pump(source))

    def detach(self, source: EventSource) -> None:
        """Cancel the source's background task."""
        pump = self._pumps.pop(id(source), None)
        if pump is not None:
            pump.cancel()

    async def _pump(self, source: EventSource) -> None:
        changed = asyncio.Event()
        source.on_change(changed.set)
        while True:
            now = self.now_ns()
            source.advance_to(now)
            changed.clear()
            due = source.next_event_ns(now + NS_PER_S)
            wait_s = 1.0 if due is None else max(0.0, (due - now) / NS_PER_S)
            try:
                async with asyncio.timeout(wait_s):
                    await changed.wait()
            except TimeoutError:
                continue
