"""Budgets: never more than the venue allows, cancels first, nobody forgotten."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

import pytest

from exchanges.rate_limiter import Budget, Priority, RateLimiter
from simulation.virtual_loop import VirtualClock

CANCEL, ORDER, READ = Priority.CANCEL, Priority.ORDER, Priority.READ


def limiter_of(clock: VirtualClock, *, weight: float = 10, window_s: float = 10, kept: float = 0.2) -> RateLimiter:
    """One budget called `all`: 10 in 10 s, 2 of them kept for cancels."""
    return RateLimiter(clock, [Budget(name="all", weight=weight, window_s=window_s, kept_for_cancels=kept)])


class Calls:
    """Calls in line, and when each was let go."""

    def __init__(self, clock: VirtualClock, limiter: RateLimiter) -> None:
        self.clock = clock
        self.limiter = limiter
        self.went: list[tuple[str, float]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, name: str, cost: float, priority: Priority, budget: str = "all") -> None:
        """Put a call in line."""
        self.tasks[name] = asyncio.create_task(self.call(name, {budget: cost}, priority))

    async def call(self, name: str, costs: Mapping[str, float], priority: Priority) -> None:
        await self.limiter.acquire(costs, priority)
        self.went.append((name, round(self.clock.now_ns() / 1e9, 6)))

    async def all(self) -> list[tuple[str, float]]:
        """Wait for everybody."""
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        return self.went


async def test_what_fits_goes_at_once(clock: VirtualClock) -> None:
    """A full budget lets calls go without a wait, down to what is kept."""
    limiter = limiter_of(clock)
    await limiter.acquire({"all": 5}, ORDER)
    await limiter.acquire({"all": 3}, READ)
    await limiter.acquire({}, READ)
    assert (clock.now_ns(), limiter.left("all")) == (0, 2)


async def test_what_does_not_fit_waits_for_the_refill(clock: VirtualClock) -> None:
    """One unit comes back each second; it may be spent at once."""
    calls = Calls(clock, limiter_of(clock))
    for name in "abcd":
        calls.ask(name, 4, ORDER)
    assert await calls.all() == [("a", 0), ("b", 0), ("c", 4), ("d", 8)]


async def test_part_is_kept_for_cancels(clock: VirtualClock) -> None:
    """After a burst of orders cancels still go at once; orders and reads leave that part alone."""
    calls = Calls(clock, limiter_of(clock))
    calls.ask("orders", 8, ORDER)
    calls.ask("read", 1, READ)
    calls.ask("cancel", 2, CANCEL)
    assert await calls.all() == [("orders", 0), ("cancel", 0), ("read", 3)]


async def test_cancels_before_orders_before_reads(clock: VirtualClock) -> None:
    """Whoever came first, this is the order they go in when the budget is short."""
    calls = Calls(clock, limiter_of(clock, kept=0))
    calls.ask("first", 10, READ)
    for name, priority in (("r1", READ), ("o1", ORDER), ("r2", READ), ("c1", CANCEL), ("o2", ORDER), ("c2", CANCEL)):
        calls.ask(name, 1, priority)
    went = await calls.all()
    assert [name for name, _ in went] == ["first", "c1", "c2", "o1", "o2", "r1", "r2"]
    assert [at for _, at in went] == [0, 1, 2, 3, 4, 5, 6]


async def test_a_dear_call_is_not_overtaken_for_ever(clock: VirtualClock) -> None:
    """Cheap calls behind it, of its own or a lower rank, wait until it went."""
    calls = Calls(clock, limiter_of(clock, kept=0))
    calls.ask("first", 10, ORDER)
    calls.ask("dear", 9, ORDER)
    calls.ask("cheap order", 1, ORDER)
    calls.ask("cheap read", 1, READ)
    assert await calls.all() == [("first", 0), ("dear", 9), ("cheap order", 10), ("cheap read", 11)]


async def test_budgets_do_not_block_each_other(clock: VirtualClock) -> None:
    """A read of one budget goes while an order waits for another; a call on both needs both."""
    limiter = RateLimiter(
        clock, [Budget(name=name, weight=10, window_s=10, kept_for_cancels=0) for name in ("orders", "reads")]
    )
    calls = Calls(clock, limiter)
    calls.ask("first", 10, ORDER, "orders")
    calls.ask("order", 5, ORDER, "orders")
    calls.ask("read", 5, READ, "reads")
    assert await calls.all() == [("first", 0), ("read", 0), ("order", 5)]
    await calls.call("both", {"orders": 5, "reads": 5}, READ)
    assert calls.went[-1] == ("both", 10)


async def test_a_hold_stops_everybody(clock: VirtualClock) -> None:
    """Retry-After holds cancels too, and calls that cost nothing; a shorter hold does not end a longer one."""
    limiter = limiter_of(clock)
    limiter.hold(20)
    limiter.hold(5)
    calls = Calls(clock, limiter)
    calls.ask("order", 1, ORDER)
    calls.tasks["free"] = asyncio.create_task(calls.call("free", {}, READ))
    calls.ask("cancel", 1, CANCEL)
    await clock.sleep(10)
    assert calls.went == []
    assert await calls.all() == [("free", 20), ("cancel", 20), ("order", 20)]


async def test_a_hold_reaches_who_is_in_line(clock: VirtualClock) -> None:
    """Who would have gone in a second waits for the end of the hold."""
    calls = Calls(clock, limiter_of(clock, kept=0))
    calls.ask("a", 10, ORDER)
    calls.ask("b", 1, ORDER)
    await clock.sleep(0.5)
    calls.limiter.hold(30)
    assert await calls.all() == [("a", 0), ("b", 30.5)]


async def test_who_gives_up_leaves_the_line_in_order(clock: VirtualClock) -> None:
    """The others go as if it had never been there, and earlier where it was in their way."""
    calls = Calls(clock, limiter_of(clock, kept=0))
    calls.ask("first", 10, ORDER)
    for name, cost in (("dear", 9), ("b", 2), ("c", 2)):
        calls.ask(name, cost, ORDER)
    await clock.sleep(1)
    calls.tasks["dear"].cancel()
    assert await calls.all() == [("first", 0), ("b", 2), ("c", 4)]


@pytest.mark.parametrize("is_rolling", [False, True])
async def test_who_gives_up_at_the_last_moment_gives_back(clock: VirtualClock, is_rolling: bool) -> None:
    """A call that was let go and cancelled before it ran has spent nothing, and the next may go."""
    budget = Budget(name="all", weight=10, window_s=10, kept_for_cancels=0, is_rolling=is_rolling)
    limiter = RateLimiter(clock, [budget])
    limiter.hold(5)
    calls = Calls(clock, limiter)
    calls.ask("a", 10, ORDER)
    calls.ask("b", 10, ORDER)
    await clock.sleep(4)
    limiter._held_ns = 0
    limiter._let_go()
    calls.tasks["a"].cancel()
    assert await calls.all() == [("b", 4)]
    assert limiter.left("all") == 0


@pytest.mark.parametrize(
    ("costs", "priority"),
    [
        ({"other": 1}, READ),
        ({"all": 9}, ORDER),
        ({"all": 11}, CANCEL),
        ({"all": -1}, CANCEL),
        ({"all": math.nan}, CANCEL),
    ],
)
async def test_what_can_never_go_is_refused(
    clock: VirtualClock, costs: Mapping[str, float], priority: Priority
) -> None:
    """An unknown budget, or a cost that never fits, is a mistake that is told at once."""
    limiter = limiter_of(clock)
    with pytest.raises(ValueError, match=r"budget"):
        await limiter.acquire(costs, priority)
    assert limiter.left("all") == 10


@pytest.mark.parametrize(
    "budget",
    [
        Budget(name="all", weight=0, window_s=1),
        Budget(name="all", weight=math.inf, window_s=1),
        Budget(name="all", weight=1, window_s=0),
        Budget(name="all", weight=1, window_s=1, kept_for_cancels=1),
    ],
)
async def test_a_budget_makes_sense(clock: VirtualClock, budget: Budget) -> None:
    """A budget of nothing, or all of it kept, is refused."""
    with pytest.raises(ValueError, match="makes no sense"):
        RateLimiter(clock, [budget])


@pytest.mark.parametrize("is_rolling", [False, True])
async def test_a_tier_is_taken_over(clock: VirtualClock, is_rolling: bool) -> None:
    """A larger budget lets who waits go; what was spent stays spent; a smaller one refuses who never fits."""
    budget = Budget(name="all", weight=10, window_s=10, kept_for_cancels=0, is_rolling=is_rolling)
    calls = Calls(clock, RateLimiter(clock, [budget]))
    calls.ask("a", 10, ORDER)
    calls.ask("b", 10, ORDER)
    await clock.sleep(0)
    calls.limiter.resize("all", 100)
    await clock.sleep(0)
    await clock.sleep(0)
    assert calls.went == [("a", 0), ("b", 0)]
    assert calls.limiter.left("all") == 80
    calls.ask("c", 90, ORDER)
    await clock.sleep(0)
    calls.limiter.resize("all", 50)
    with pytest.raises(ValueError, match="never fits"):
        await calls.tasks["c"]
    for weight in (0, math.nan, math.inf):
        with pytest.raises(ValueError, match="cannot have the weight"):
            calls.limiter.resize("all", weight)
    with pytest.raises(ValueError, match="no budget"):
        calls.limiter.resize("other", 5)


async def test_a_rolling_budget_comes_back_as_it_went(clock: VirtualClock) -> None:
    """Nothing of a burst comes back until its window is over, then all of it."""
    limiter = RateLimiter(clock, [Budget(name="all", weight=10, window_s=10, kept_for_cancels=0, is_rolling=True)])
    calls = Calls(clock, limiter)
    for name in "abcd":
        calls.ask(name, 5, ORDER)
    await clock.sleep(9.9)
    assert limiter.left("all") == 0
    assert await calls.all() == [("a", 0), ("b", 0), ("c", 10), ("d", 10)]


class BackwardsClock:
    """A wall clock that somebody sets back."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.offset_ns = 10**18

    def now_ns(self) -> int:
        return self.clock.now_ns() + self.offset_ns


async def test_a_clock_set_back_stops_nobody(clock: VirtualClock) -> None:
    """An hour back while somebody waits: he goes on time, but for the moment nobody measured."""
    wall = BackwardsClock(clock)
    limiter = RateLimiter(wall, [Budget(name="all", weight=10, window_s=10, kept_for_cancels=0)])  # type: ignore[arg-type]  # only its time is asked
    await limiter.acquire({"all": 10}, ORDER)
    waiting = asyncio.create_task(limiter.acquire({"all": 5}, ORDER))
    await clock.sleep(1)
    wall.offset_ns -= 3600 * 10**9
    await waiting
    assert 5 <= clock.now_ns() / 1e9 <= 11
