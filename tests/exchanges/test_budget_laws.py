"""What holds of every budget: never more than the venue allows, everybody in turn, cancels never starved."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.rate_limiter import Budget, Priority, RateLimiter
from simulation.virtual_loop import VirtualClock, run_virtual

CANCEL = Priority.CANCEL
CALLS = st.lists(
    st.tuples(
        st.floats(0, 3),  # seconds after the one before
        st.integers(0, 7),  # cost
        st.sampled_from(list(Priority)),
        st.one_of(st.none(), st.none(), st.floats(0, 5)),  # seconds of patience
    ),
    max_size=40,
)
Went = list[tuple[int, float, int, Priority]]
"""Number, time, cost and priority of each call, as they went."""


def play(budget: Budget, calls: list[tuple[float, int, Priority, float | None]]) -> Went:
    """Ask for all of it on a fresh clock; give what went."""

    async def scene(clock: VirtualClock) -> Went:
        limiter, went = RateLimiter(clock, [budget]), []

        async def call(number: int, cost: int, priority: Priority, patience_s: float | None) -> None:
            async with asyncio.timeout(patience_s):
                await limiter.acquire({"all": cost}, priority)
                went.append((number, clock.now_ns() / 1e9, cost, priority))

        tasks = []
        for number, (after_s, cost, priority, patience_s) in enumerate(calls):
            await clock.sleep(after_s)
            tasks.append(asyncio.create_task(call(number, cost, priority, patience_s)))
        await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(limiter._lines)
        return went

    return run_virtual(scene)


@settings(max_examples=150, deadline=None)
@given(calls=CALLS, is_rolling=st.booleans())
def test_never_more_than_the_budget(calls: list[tuple[float, int, Priority, float | None]], is_rolling: bool) -> None:
    """Between any two moments: the weight, and what came back meanwhile; of it the kept part to cancels only."""
    budget = Budget(name="all", weight=10, window_s=20, kept_for_cancels=0.3, is_rolling=is_rolling)
    went = play(budget, calls)
    for first in range(len(went)):
        spent, spent_others = 0, 0
        for _, at, cost, priority in went[first:]:
            passed_s = at - went[first][1]
            if is_rolling and passed_s >= 20 - 1e-6:
                break
            spent += cost
            spent_others += 0 if priority is CANCEL else cost
            back = 0 if is_rolling else passed_s * 10 / 20
            assert spent <= 10 + back + 1e-6
            assert spent_others <= 7 + back + 1e-6


@settings(max_examples=150, deadline=None)
@given(calls=CALLS, is_rolling=st.booleans())
def test_everybody_goes_in_turn(calls: list[tuple[float, int, Priority, float | None]], is_rolling: bool) -> None:
    """Within a priority first come is first served, and everybody goes who does not give up."""
    went = play(Budget(name="all", weight=10, window_s=20, kept_for_cancels=0.3, is_rolling=is_rolling), calls)
    for rank in Priority:
        numbers = [number for number, _, _, priority in went if priority is rank]
        assert numbers == sorted(numbers)
    patient = {number for number, call in enumerate(calls) if call[3] is None}
    assert patient <= {number for number, *_ in went}


@settings(max_examples=100, deadline=None)
@given(calls=CALLS)
def test_cancels_never_starve(calls: list[tuple[float, int, Priority, float | None]]) -> None:
    """However many orders and reads wait, a cancel waits only for its own kind and for what one refill needs."""
    budget = Budget(name="all", weight=10, window_s=20, kept_for_cancels=0.3)
    asked_s, owed = 0.0, 0.0
    went = {number: at for number, at, _, _ in play(budget, calls)}
    for number, (after_s, cost, priority, _) in enumerate(calls):
        asked_s += after_s
        if priority is CANCEL:
            owed += cost
            if number in went:
                assert went[number] <= asked_s + owed * 20 / 10 + 1e-6
