"""The clock seam: the only place that reads wall time.

A Clock gives the time and drives event sources (simulated venues). WallClock is real time.
The virtual clock is simulation/virtual_loop.py: an event loop that jumps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
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


class Bell:
    """Something that rings for one who waits on a Clock. Ringing twice is ringing once."""

    __slots__ = ("on_ring", "rung")

    def __init__(self) -> None:
        """Start silent."""
        self.rung = False
        self.on_ring: Callable[[], None] | None = None
        """Called at each ring: how a clock wakes who waits."""

    def ring(self) -> None:
        """Ring, until somebody silences it."""
        self.rung = True
        if self.on_ring is not None:
            self.on_ring()

    def silence(self) -> None:
        """Be ready to ring again."""
        self.rung = False


class Clock(Protocol):
    """Now, and later."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task for this long on this clock."""
        ...

    async def wait(self, bell: Bell, deadline_ns: int | None) -> None:
        """Pause the calling task until a bell has rung or a time has come; None is no such time."""
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


def resolve(future: asyncio.Future[None]) -> None:
    """Wake who awaits a future, once."""
    if not future.done():
        future.set_result(None)


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

    async def wait(self, bell: Bell, deadline_ns: int | None) -> None:
        """Pause until the bell has rung or the time has come."""
        if bell.rung:
            return
        loop = asyncio.get_running_loop()
        woken = loop.create_future()
        bell.on_ring = partial(resolve, woken)
        delay_s = None if deadline_ns is None else max(0.0, (deadline_ns - self.now_ns()) / NS_PER_S)
        timer = None if delay_s is None else loop.call_later(delay_s, bell.on_ring)
        try:
            await woken
        finally:
            bell.on_ring = None
            if timer is not None:
                timer.cancel()

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
