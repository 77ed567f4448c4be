"""The small parts of streams and budgets: waits, quotas, steady time."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.backoff import Backoff
from exchanges.connection_quota import ConnectionQuota
from exchanges.steady_time import SteadyTime
from exchanges.subscription import after_ns, earliest_ns
from helpers.clock import Bell
from simulation.virtual_loop import VirtualClock


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1000), first_s=st.floats(0.01, 10), times=st.floats(1, 1000), waits=st.integers(1, 40))
def test_waits_double_up_to_the_longest(seed: int, first_s: float, times: float, waits: int) -> None:
    """Each wait lies in the upper half of its usual one, which doubles until the longest."""
    backoff, usual_s = Backoff(random.Random(seed), first_s, first_s * times), first_s
    for _ in range(waits):
        assert usual_s / 2 <= backoff.next_s() <= usual_s
        usual_s = min(usual_s * 2, first_s * times)
    assert backoff.longest_s() >= first_s * times / 2
    assert backoff.next_s() >= first_s * times / 2
    backoff.start_over()
    assert backoff.next_s() <= first_s


def test_waits_after_so_many_troubles() -> None:
    """None after none, then doubling, and any number is no matter."""
    backoff = Backoff(random.Random(1), 1, 8)
    assert backoff.after(0) == 0
    for troubles, usual_s in ((1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (10_000, 8)):
        assert usual_s / 2 <= backoff.after(troubles) <= usual_s


def test_a_quota_counts_the_last_window() -> None:
    """The third of two waits until the first is forgotten; a clock set back makes nobody wait longer than a window."""
    quota = ConnectionQuota(most=2, window_s=10)
    second = 10**9
    assert quota.take(100 * second) is None
    assert quota.take(104 * second) is None
    assert quota.take(105 * second) == 5 * second
    assert quota.take(110 * second) is None
    assert quota.take(110 * second) == 4 * second
    assert quota.take(50 * second) == 10 * second
    assert quota.take(60 * second) is None


class Jumping:
    """A clock in somebody's hands."""

    def __init__(self) -> None:
        self.now = 10**18

    def now_ns(self) -> int:
        return self.now


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.integers(-(10**12), 10**12), max_size=30))
def test_steady_time_follows_forwards_only(steps: list[int]) -> None:
    """It passes as the clock's does, and stands still for every step back."""
    clock = Jumping()
    time = SteadyTime(clock)  # type: ignore[arg-type]  # only its time is asked
    expected = time.seen_ns
    for step in steps:
        clock.now += step
        expected += max(0, step)
        assert time.now_ns() == time.seen_ns == expected


async def test_any_number_may_wait(clock: VirtualClock) -> None:
    """Bells and deadlines of several tasks, some at the same moment, each on time; a rung bell is no wait."""
    time = SteadyTime(clock)
    ended: dict[str, float] = {}

    async def wait(name: str, bell: Bell, due_s: float | None) -> None:
        await time.wait(bell, None if due_s is None else time.now_ns() + round(due_s * 1e9))
        ended[name] = clock.now_ns() / 1e9

    early, late = Bell(), Bell()
    late.ring()
    tasks = [
        asyncio.create_task(wait(name, bell, due_s))
        for name, bell, due_s in (("a", Bell(), 2), ("b", Bell(), 2), ("rung", early, None), ("at once", late, 9))
    ]
    forever = asyncio.create_task(wait("never", Bell(), None))
    await clock.sleep(1)
    early.ring()
    await asyncio.gather(*tasks)
    assert ended == {"at once": 0, "rung": 1, "a": pytest.approx(2), "b": pytest.approx(2)}
    forever.cancel()


def test_never_is_no_time() -> None:
    """What never comes is not the earliest."""
    assert (after_ns(5, None), after_ns(5, float("inf")), after_ns(5, 2)) == (None, None, 2_000_000_005)
    assert (earliest_ns(None, 7, 3), earliest_ns(None), earliest_ns()) == (3, None, None)
