"""Virtual time: it jumps, it repeats, and asyncio works on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
import tenacity
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.clock import NS_PER_S, Bell, monotonic_ns
from simulation.virtual_loop import VirtualClock, VirtualDeadlockError, VirtualLoop, run_virtual

START_NS = 1_800_000_000 * NS_PER_S


class Ticker:
    """A source that has an event at each of the given times."""

    def __init__(self, times: list[int], log: list[tuple[str, int]]) -> None:
        self.times = times
        self.log = log

    def next_event_ns(self, limit_ns: int | None) -> int | None:
        if not self.times or (limit_ns is not None and self.times[0] > limit_ns):
            return None
        return self.times[0]

    def advance_to(self, now_ns: int) -> None:
        while self.times and self.times[0] <= now_ns:
            self.log.append(("source", self.times.pop(0)))

    def on_change(self, notify: Callable[[], None]) -> None:
        raise NotImplementedError


async def test_sleep_takes_virtual_time_only(clock: VirtualClock) -> None:
    """A day of sleep is exact to the nanosecond and takes no real time."""
    real = monotonic_ns()
    before = clock.now_ns()
    await clock.sleep(86_400.25)
    assert clock.now_ns() - before == 86_400_250_000_000
    assert monotonic_ns() - real < NS_PER_S


async def test_timeouts_and_queues_work(clock: VirtualClock) -> None:
    """asyncio.timeout and Queue.get behave as on a real loop."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await queue.get()
    assert clock.now_ns() == 5 * NS_PER_S


async def test_tenacity_waits_in_virtual_time(clock: VirtualClock) -> None:
    """A tenacity retry with exponential waiting passes virtual time."""
    calls = []

    @tenacity.retry(wait=tenacity.wait_fixed(60), stop=tenacity.stop_after_attempt(3), reraise=True)
    async def read() -> None:
        calls.append(clock.now_ns())
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await read()
    assert calls == [0, 60 * NS_PER_S, 120 * NS_PER_S]


def test_source_comes_before_timer_at_the_same_time() -> None:
    """At equal times the simulated event happens first, every run."""

    async def main(clock: VirtualClock) -> list[tuple[str, int]]:
        log: list[tuple[str, int]] = []
        clock.attach(Ticker([START_NS + NS_PER_S, START_NS + 2 * NS_PER_S], log))
        for _ in range(3):
            await clock.sleep(1)
            log.append(("timer", clock.now_ns()))
        return log

    log = run_virtual(main, start_ns=START_NS)
    assert [(who, (at - START_NS) // NS_PER_S) for who, at in log] == [
        ("source", 1),
        ("timer", 1),
        ("source", 2),
        ("timer", 2),
        ("timer", 3),
    ]


def test_detached_source_is_silent() -> None:
    """After detach a source's events no longer happen."""

    async def main(clock: VirtualClock) -> list[tuple[str, int]]:
        log: list[tuple[str, int]] = []
        source = Ticker([1, 2, 3], log)
        clock.attach(source)
        clock.detach(source)
        await clock.sleep(1)
        return log

    assert run_virtual(main) == []


def test_earliest_of_several_sources_comes_first() -> None:
    """Two venues on one timeline keep their order."""

    async def main(clock: VirtualClock) -> list[tuple[str, int]]:
        log: list[tuple[str, int]] = []
        clock.attach(Ticker([20, 40], log))
        clock.attach(Ticker([10, 30], log))
        await clock.sleep(1)
        return log

    assert [at for _, at in run_virtual(main)] == [10, 20, 30, 40]


def test_waiting_for_nothing_is_an_error() -> None:
    """A task that nothing can wake ends the run with a clear error instead of hanging."""

    async def main(clock: VirtualClock) -> None:
        await asyncio.Event().wait()

    with pytest.raises(VirtualDeadlockError):
        run_virtual(main)


def test_a_thread_takes_no_virtual_time() -> None:
    """Work in a thread is waited for while the virtual clock stands still."""

    async def main(clock: VirtualClock) -> int:
        alarm = asyncio.create_task(clock.sleep(60))
        await asyncio.to_thread(time.gmtime)
        now = clock.now_ns()
        alarm.cancel()
        return now

    assert run_virtual(main) == 0


def test_pace_slows_virtual_time_down() -> None:
    """At speed 100, five virtual seconds take a twentieth of a real one."""
    real = monotonic_ns()

    async def main(clock: VirtualClock) -> int:
        await clock.sleep(5)
        return clock.now_ns()

    assert run_virtual(main, speed=100) == 5 * NS_PER_S
    assert monotonic_ns() - real >= 45_000_000


def test_loop_is_the_tests_own() -> None:
    """run_virtual starts each loop at the given time."""

    async def main(clock: VirtualClock) -> int:
        assert isinstance(asyncio.get_running_loop(), VirtualLoop)
        return clock.now_ns()

    assert run_virtual(main, start_ns=START_NS) == START_NS


# -- one who waits ------------------------------------------------------------------------------


class Ringing:
    """A source that rings a bell at given times."""

    def __init__(self, bell: Bell, *due_ns: int) -> None:
        self.bell = bell
        self.due = list(due_ns)

    def next_event_ns(self, limit_ns: int | None) -> int | None:
        return self.due[0] if self.due and (limit_ns is None or self.due[0] <= limit_ns) else None

    def advance_to(self, now_ns: int) -> None:
        while self.due and self.due[0] <= now_ns:
            self.due.pop(0)
            self.bell.ring()

    def on_change(self, notify: Callable[[], None]) -> None:
        del notify


def waits(bell_due: list[int], deadlines: list[int | None], other_s: list[float], speed: float | None) -> list[Any]:
    """Wait for a bell again and again beside another task; tell who did what when."""
    done: list[Any] = []

    async def main(clock: VirtualClock) -> None:
        bell = Bell()
        clock.attach(Ringing(bell, *bell_due))

        async def other() -> None:
            for seconds in other_s:
                await clock.sleep(seconds)
                done.append(("other", clock.now_ns()))

        task = asyncio.create_task(other())
        for deadline in deadlines:
            await clock.wait(bell, deadline)
            done.append(("bell" if bell.rung else "time", clock.now_ns()))
            bell.silence()
        await task

    run_virtual(main, speed=speed)
    return done


def test_a_bell_or_the_deadline_ends_a_wait() -> None:
    """Whichever comes first; at one instant the bell is heard; what is past or rung already costs no time."""
    done = waits([5, 20, 30], [10, 10, 20, 25, 1, 30], [], None)
    assert done == [("bell", 5), ("time", 10), ("bell", 20), ("time", 25), ("time", 25), ("bell", 30)]


def test_everybody_else_goes_first() -> None:
    """At one instant the one who waits on a bell comes after all others that have something to do."""
    assert waits([1_000], [None, 2_000], [1e-6, 1e-6], None) == [
        ("other", 1_000),
        ("bell", 1_000),
        ("other", 2_000),
        ("time", 2_000),
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(0, 40), max_size=30).map(sorted),
    st.lists(st.integers(0, 60), min_size=1, max_size=30),
    st.lists(st.integers(0, 5), max_size=10),
)
def test_waiting_is_the_same_with_and_without_the_event_loop(
    bells: list[int], deadlines: list[int], pauses: list[int]
) -> None:
    """Time passes inside the wait at full speed, and in the event loop at any pace: same order, same times."""
    us = 1_000
    arguments = ([due * us for due in bells], [due * us for due in deadlines], [pause * 1e-6 for pause in pauses])
    assert waits(*arguments, speed=None) == waits(*arguments, speed=1e6)


def test_the_event_loop_is_never_shut_out() -> None:
    """However long only one waits, now and then the loop has its turn, so that a signal is noticed."""
    turns = 0

    async def main(clock: VirtualClock) -> None:
        nonlocal turns
        loop, bell = asyncio.get_running_loop(), Bell()
        selector = loop._selector  # type: ignore[attr-defined]
        real = selector.select

        def counted(timeout: float | None = None) -> Any:
            nonlocal turns
            turns += 1
            return real(timeout)

        selector.select = counted
        for deadline in range(1, 2_001):
            await clock.wait(bell, deadline)

    run_virtual(main)
    assert 5 <= turns <= 50


def test_a_wait_that_nothing_can_end_is_an_error() -> None:
    """A bell that nobody will ring is a deadlock, not a hang."""

    async def main(clock: VirtualClock) -> None:
        await clock.wait(Bell(), None)

    with pytest.raises(VirtualDeadlockError):
        run_virtual(main)


def test_timers_come_after_years_too() -> None:
    """A float of seconds is coarser than a nanosecond then; timers still end, at their time to a few nanoseconds."""

    async def main(clock: VirtualClock) -> int:
        await clock.sleep(3e8 + 0.1)
        await clock.sleep(1e-6)
        return clock.now_ns()

    assert abs(run_virtual(main) - (300_000_000 * NS_PER_S + 100_001_000)) < 200


@settings(max_examples=100, deadline=None)
@given(
    waits=st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=4), min_size=2, max_size=5),
    sources=st.lists(st.integers(0, 60), max_size=5),
)
def test_several_may_wait_at_once(waits: list[list[int]], sources: list[int]) -> None:
    """However many tasks wait on one clock, each goes on exactly at its own times, and none keeps another busy."""
    went_on: dict[int, list[int]] = {}

    async def one(clock: VirtualClock, number: int, pauses: list[int]) -> None:
        for pause in pauses:
            await clock.wait(Bell(), clock.now_ns() + pause)
            went_on.setdefault(number, []).append(clock.now_ns())

    async def main(clock: VirtualClock) -> None:
        clock.attach(Ticker(sorted(sources), []))
        await asyncio.gather(*(one(clock, number, pauses) for number, pauses in enumerate(waits)))

    run_virtual(main)
    for number, pauses in enumerate(waits):
        assert went_on[number] == [sum(pauses[: at + 1]) for at in range(len(pauses))]
