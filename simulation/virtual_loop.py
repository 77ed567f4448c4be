"""Virtual time: an asyncio event loop whose clock jumps to the next timer or simulated event.

When every task is waiting, a normal loop sleeps in `select`. This one asks its event sources
and its timers what comes first and moves its clock there, at once or at a chosen pace. All of
asyncio's sleeps, timeouts, queues and tenacity's waits work on it unchanged, so a day of
trading runs in seconds and a test never really sleeps.

At equal times a source's event comes before a timer, always: runs repeat.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import partial
from itertools import count
from typing import Any, TypeVar, TypeVarTuple

from helpers.clock import NS_PER_S, Bell, EventSource, monotonic_ns, resolve

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_INLINE_WAITS = 256
"""Waits in a row that may pass time without the event loop, which must look for signals now and then."""


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
        self._deadlines: dict[int, tuple[int, Callable[[], None]]] = {}
        """Exact times of those who wait, beside asyncio's timers, which are floats."""
        self._numbers = count()
        self._clock_resolution = 1e-9
        self._polite = 0
        """Tasks in `wait` that are letting others go first: each has one turn coming in which it may do nothing."""
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
        limit = self._first_deadline_ns(None if timeout is None else self._first_timer_ns())
        target = self._first_event_ns(limit)
        if target is None:
            if limit is None:
                return self._nothing_to_come()
            target = limit
        wait_s = self._real_wait_s(target)
        if wait_s > 0:
            self._now_ns = max(self._now_ns, min(target, self._paced_now_ns()))
            return wait_s
        self._move_to(target)
        self._wake_due()
        # Beyond 97 days a float of seconds is coarser than a nanosecond: a timer that is due must be seen to be due.
        self._clock_resolution = max(1e-9, 2 * math.ulp(self.time()))
        return 0.0

    def _move_to(self, time_ns: int) -> None:
        self._now_ns = max(self._now_ns, time_ns)
        for source in self._sources:
            source.advance_to(self._now_ns)

    # -- one who waits ----------------------------------------------------------------------

    async def wait(self, bell: Bell, deadline_ns: int | None) -> None:
        """Pause the calling task until a bell has rung or a time has come, and everybody else waits too.

        Where nobody else has anything to do, time passes right here: no task is switched.
        """
        while True:
            if self._others_are_ready():
                await self._let_others_go_first()
            elif bell.rung or (deadline_ns is not None and self._now_ns >= deadline_ns):
                return
            elif self._polite or not self._pass_here(bell, deadline_ns):
                await self._suspend(bell, deadline_ns)

    async def _let_others_go_first(self) -> None:
        self._polite += 1
        try:
            await asyncio.sleep(0)  # noqa: TID251 - comes back in the loop's next round
        finally:
            self._polite -= 1

    def _others_are_ready(self) -> bool:
        """Whether somebody else has something to do at this moment, and does not only let others go first."""
        self._wake_due()
        ready: int = len(self._ready)  # type: ignore[attr-defined]
        return ready > self._polite or bool(self._scheduled and self._first_timer_ns() <= self._now_ns)  # type: ignore[attr-defined]

    def _wake_due(self) -> None:
        for due_ns, wake in list(self._deadlines.values()):
            if due_ns <= self._now_ns:
                wake()

    def _pass_here(self, bell: Bell, deadline_ns: int | None) -> bool:
        """Let time pass to the next event that wakes somebody, or to the deadline; False if the loop has to do it."""
        if self._speed is not None or self.threads_at_work or next(self._numbers) % _INLINE_WAITS == 0:
            return False
        timer_ns = self._first_timer_ns() if self._scheduled else None  # type: ignore[attr-defined]
        limit = self._first_deadline_ns(timer_ns)
        is_first = deadline_ns is not None and (limit is None or deadline_ns < limit)
        if is_first:
            limit = deadline_ns
        while not (bell.rung or self._others_are_ready()):
            target = self._first_event_ns(limit)
            if target is None:
                if deadline_ns is None or not is_first:
                    return False  # somebody else's time comes first, or at the same moment
                target = deadline_ns
            self._move_to(target)
            if target == deadline_ns:
                break
        return True

    async def _suspend(self, bell: Bell, deadline_ns: int | None) -> None:
        woken = self.create_future()
        bell.on_ring = partial(resolve, woken)
        number = next(self._numbers)
        if deadline_ns is not None:
            self._deadlines[number] = (deadline_ns, bell.on_ring)
        try:
            await woken
        finally:
            bell.on_ring = None
            self._deadlines.pop(number, None)

    def _first_deadline_ns(self, limit: int | None) -> int | None:
        """Give the first of the exact times and `limit`."""
        for due_ns, _ in self._deadlines.values():
            if limit is None or due_ns < limit:
                limit = due_ns
        return limit

    # -- what comes next --------------------------------------------------------------------

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
        self.now_ns: Callable[[], int] = loop.now_ns
        """Virtual nanoseconds since the Unix epoch; the loop's own method, for it is asked all the time."""

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task in virtual time."""
        await asyncio.sleep(seconds)  # noqa: TID251 - on this loop it is virtual

    async def wait(self, bell: Bell, deadline_ns: int | None) -> None:
        """Pause until the bell has rung or the time has come."""
        await self._loop.wait(bell, deadline_ns)

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
