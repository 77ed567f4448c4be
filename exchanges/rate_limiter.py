"""A venue's budgets, kept before it has to remind us: weighted token buckets, cancels before orders before reads.

A call that does not fit waits in line; nothing is dropped. Part of each budget is kept for
cancels, so that a burst of orders can always be taken back.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from enum import IntEnum

import msgspec

from exchanges.budget_laws import BudgetLaw, EvenRefill, RollingWindow
from exchanges.steady_time import SteadyTime
from helpers.clock import NS_PER_S, Bell, Clock


class Priority(IntEnum):
    """Who goes first when the budget is short."""

    CANCEL = 0
    ORDER = 1
    READ = 2


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a venue: so much weight in so long, refilled evenly unless it is rolling."""

    name: str
    weight: float
    """Most weight in a window, and the most that can be saved up."""
    window_s: float
    kept_for_cancels: float = 0.1
    """Fraction that orders and reads may not use."""
    is_rolling: bool = False
    """Whether the venue counts the last window, whenever it looks: what was spent comes back a window later. A
    bucket that refills evenly would be over such a limit after a burst. The venue counts when requests arrive, we
    when they leave: ask for a little less than it allows."""


class _Waiter:
    """One call in line."""

    __slots__ = ("bell", "costs", "due_ns", "error", "freed_ns", "priority")

    def __init__(self, costs: Mapping[str, float], priority: Priority) -> None:
        self.costs = costs
        self.priority = priority
        self.bell = Bell()
        self.due_ns: int | None = None
        """When to look again; None while others come first."""
        self.freed_ns: int | None = None
        """When it was let go."""
        self.error: ValueError | None = None

    def look_at(self, due_ns: int | None) -> None:
        """Look again at another time than was planned."""
        if due_ns != self.due_ns:
            self.due_ns = due_ns
            self.bell.ring()


class RateLimiter:
    """Lets calls go when every budget they draw on has room."""

    def __init__(self, clock: Clock, budgets: Sequence[Budget]) -> None:
        """Start with full budgets."""
        self._kept = {budget.name: budget.kept_for_cancels for budget in budgets}
        self._laws: dict[str, BudgetLaw] = {budget.name: _law(budget) for budget in budgets}
        self._lines: tuple[deque[_Waiter], ...] = tuple(deque() for _ in Priority)
        self._held_ns = 0
        self._time = SteadyTime(clock)

    async def acquire(self, costs: Mapping[str, float], priority: Priority) -> None:
        """Wait for room, then spend it. First come, first served within a priority.

        Args:
            costs: weight by name of budget.
            priority: who goes first.

        Raises:
            ValueError: a budget is unknown, or a cost can never fit.
        """
        if not costs:  # it draws on nothing, so nobody is before it in line
            await self._hold_out()
            return
        waiter = _Waiter(costs, priority)
        self._check(waiter)
        self._lines[priority].append(waiter)
        self._let_go()
        try:
            while waiter.freed_ns is None:
                await self._look_again(waiter)
        except BaseException:
            self._leave(waiter)
            raise

    def hold(self, seconds: float) -> None:
        """Let nothing go for so long: the venue said Retry-After."""
        self._held_ns = max(self._held_ns, self._time.now_ns() + round(seconds * NS_PER_S))
        self._let_go()

    def left(self, name: str) -> float:
        """Give the weight a budget has now."""
        return self._law(name).left(self._time.now_ns())

    def resize(self, name: str, weight: float) -> None:
        """Take over the size of a budget that the venue told (a tier)."""
        if not 0 < weight < math.inf:
            raise ValueError(f"budget {name!r} cannot have the weight {weight}")
        self._law(name).resize(self._time.now_ns(), weight)
        for waiter in [waiter for line in self._lines for waiter in line]:
            try:
                self._check(waiter)
            except ValueError as error:
                waiter.error = error
                waiter.bell.ring()
        self._let_go()

    # -- the lines --------------------------------------------------------------------------

    async def _hold_out(self) -> None:
        """Wait until the venue lets anything go."""
        while self._time.now_ns() < self._held_ns:
            await self._time.wait(Bell(), self._held_ns)

    async def _look_again(self, waiter: _Waiter) -> None:
        """Pause until something changed or it is time, and let go whoever can."""
        waiter.bell.silence()
        await self._time.wait(waiter.bell, waiter.due_ns)
        if waiter.error is not None:
            raise waiter.error
        if waiter.freed_ns is None:
            self._let_go()

    def _leave(self, waiter: _Waiter) -> None:
        """Step out of the line, or give back what was spent for nothing."""
        if waiter.freed_ns is None:
            self._lines[waiter.priority].remove(waiter)
        else:
            for name, cost in waiter.costs.items():
                self._laws[name].give_back(self._time.now_ns(), waiter.freed_ns, cost)
        self._let_go()

    def _let_go(self) -> None:
        """Free everybody whose turn it is; whoever is first of a line and cannot go keeps others off its budgets."""
        now_ns = self._time.now_ns()
        taken: set[str] = set()
        blocked: dict[_Waiter, int] = {}
        for line in self._lines:
            while line:
                waiter = line[0]
                ready_ns = self._ready_ns(waiter, now_ns)
                if ready_ns > now_ns or not taken.isdisjoint(waiter.costs):
                    blocked[waiter] = ready_ns
                    taken.update(waiter.costs)
                    break
                line.popleft()
                self._free(waiter, now_ns)
        self._plan(blocked, now_ns)

    def _plan(self, blocked: dict[_Waiter, int], now_ns: int) -> None:
        """Let the one who is ready first look again then, for all: so they go in order."""
        ready = [waiter for waiter, ready_ns in blocked.items() if ready_ns > now_ns]
        first = min(ready, key=blocked.__getitem__, default=None)
        for waiter, ready_ns in blocked.items():
            waiter.look_at(ready_ns if waiter is first else None)

    def _free(self, waiter: _Waiter, now_ns: int) -> None:
        for name, cost in waiter.costs.items():
            self._laws[name].spend(now_ns, cost)
        waiter.freed_ns = now_ns
        waiter.bell.ring()

    def _ready_ns(self, waiter: _Waiter, now_ns: int) -> int:
        """Give when this call could go if it were alone."""
        ready_ns = max(now_ns, self._held_ns)
        for name, cost in waiter.costs.items():
            law = self._laws[name]
            kept = 0.0 if waiter.priority is Priority.CANCEL else law.weight * self._kept[name]
            if cost:
                ready_ns = max(ready_ns, law.ready_ns(now_ns, cost + kept))
        return ready_ns

    # -- inside -----------------------------------------------------------------------------

    def _check(self, waiter: _Waiter) -> None:
        """Refuse what would wait for ever."""
        for name, cost in waiter.costs.items():
            law = self._law(name)
            most = law.weight * (1 if waiter.priority is Priority.CANCEL else 1 - self._kept[name])
            if not 0 <= cost <= most:
                raise ValueError(f"a cost of {cost:g} never fits the {most:g} that budget {name!r} has for it")

    def _law(self, name: str) -> BudgetLaw:
        try:
            return self._laws[name]
        except KeyError:
            raise ValueError(f"there is no budget {name!r}") from None


def _law(budget: Budget) -> BudgetLaw:
    if not (0 < budget.weight < math.inf and 0 < budget.window_s < math.inf and 0 <= budget.kept_for_cancels < 1):
        raise ValueError(f"budget {budget.name!r} makes no sense: {budget}")
    return (RollingWindow if budget.is_rolling else EvenRefill)(budget.weight, budget.window_s)


__all__ = ["Budget", "Priority", "RateLimiter"]
