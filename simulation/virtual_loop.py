"""Virtual time: an asyncio event loop whose clock jumps to the next timer or simulated event.

When every task is waiting, a normal loop sleeps in `select`. This one asks its event sources
and its timers what comes first and moves its clock there, at once or at a chosen pace. All of
asyncio's sleeps, timeouts, queues and tenacity's waits work on it unchanged, so a day of
trading runs in seconds and a test never really sleeps.

At equal times a source's event comes before a timer, always: runs repeat.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from helpers.clock import NS_PER_S, EventSource, monotonic_ns

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class VirtualDeadlockError(RuntimeError):
    """Every task waits for something that no timer and no source will bring."""


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves the loop's clock instead of sleeping."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Report real events (signals, threads) if there are any; else let time pass."""
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.threads_at_work:
            return super().select(None)
        wait_s = self.loop.pass_time(timeout)
        return super().select(wait_s) if wait_s > 0 else ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with its own time.

    Args:
        start_ns: what the clock shows first, ns since the Unix epoch.
        speed: virtual seconds per real second; None jumps without waiting.
    """

    def __init__(self, start_ns: int = 0, speed: float | None = None) -> None:
        """Start the clock; time passes only while every task waits."""
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        self._start_ns = start_ns
        self._now_ns = start_ns
        self._speed = speed
        self._real_start_ns = monotonic_ns()
        self._sources: list[EventSource] = []
        self._clock_resolution = 1e-9
        self.threads_at_work = 0
        """Calls given to threads and not back yet. Time stands still meanwhile: a thread takes no virtual time."""

    def time(self) -> float:
        """Seconds since the loop's start, for asyncio's own timers."""
        return (self._now_ns - self._start_ns) / NS_PER_S

    def now_ns(self) -> int:
        """Virtual nanoseconds since the Unix epoch."""
        return self._now_ns

    def add_source(self, source: EventSource) -> None:
        """Let a source's events happen at their time."""
        self._sources.append(source)

    def remove_source(self, source: EventSource) -> None:
        """Stop driving a source."""
        self._sources = [other for other in self._sources if other is not source]

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run a function in a thread while virtual time stands still."""
        future = super().run_in_executor(executor, func, *args)
        self.threads_at_work += 1
        future.add_done_callback(self._thread_is_back)
        return future

    def _thread_is_back(self, _future: asyncio.Future[Any]) -> None:
        self.threads_at_work -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109 - as the base
        """Join the threads directly: a virtual clock must not run out while they end."""
        self.threads_at_work += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.threads_at_work -= 1

    def pass_time(self, timeout: float | None) -> float:
        """Move the clock to what comes next, or say how many real seconds are still to wait for it.

        Raises:
            VirtualDeadlockError: nothing can ever come.
        """
        limit = None if timeout is None else self._first_timer_ns()
        target = self._first_event_ns(limit)
        if target is None:
            if limit is None:
                return self._nothing_to_come()
            target = limit
        wait_s = self._real_wait_s(target)
        if wait_s > 0:
            self._now_ns = max(self._now_ns, min(target, self._paced_now_ns()))
            return wait_s
        self._now_ns = max(self._now_ns, target)
        for source in self._sources:
            source.advance_to(self._now_ns)
        return 0.0

    def _first_timer_ns(self) -> int:
        """Give the time of the first timer: from the timer itself, for a difference of floats depends on the pace."""
        timers: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]  # BaseEventLoop's heap
        return self._start_ns + round(timers[0].when() * NS_PER_S)

    def _first_event_ns(self, limit: int | None) -> int | None:
        first = None
        for source in self._sources:
            due = source.next_event_ns(limit)
            if due is not None:
                first = limit = due
        return first

    def _nothing_to_come(self) -> float:
        raise VirtualDeadlockError("every task is waiting and no timer or market event is left")

    def _paced_now_ns(self) -> int:
        assert self._speed is not None  # noqa: S101 - called only when paced
        return self._start_ns + int((monotonic_ns() - self._real_start_ns) * self._speed)

    def _real_wait_s(self, target_ns: int) -> float:
        if self._speed is None:
            return 0.0
        return max(0.0, (target_ns - self._paced_now_ns()) / self._speed / NS_PER_S)


class VirtualClock:
    """The Clock of a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        """Read this loop's time."""
        self._loop = loop

    def now_ns(self) -> int:
        """Virtual nanoseconds since the Unix epoch."""
        return self._loop.now_ns()

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task in virtual time."""
        await asyncio.sleep(seconds)  # noqa: TID251 - on this loop it is virtual

    def attach(self, source: EventSource) -> None:
        """Make a source's events happen at their time."""
        self._loop.add_source(source)

    def detach(self, source: EventSource) -> None:
        """Stop driving the source."""
        self._loop.remove_source(source)


def run_virtual(
    main: Callable[[VirtualClock], Coroutine[Any, Any, T]], *, start_ns: int = 0, speed: float | None = None
) -> T:
    """Run a coroutine function on a fresh virtual loop and give what it returns."""
    loop = VirtualLoop(start_ns, speed)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(VirtualClock(loop)))
