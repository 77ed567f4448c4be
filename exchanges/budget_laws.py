"""How a venue's budget comes back after it was spent: evenly, or each cost a window after it was paid.

A bucket that refills evenly may pass twice its weight in one window: what was saved up, and what
came back meanwhile. Venues that count a rolling window allow it once.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

from helpers.clock import NS_PER_S

_CRUMB = 1e-9
"""Part of a budget that counts as nothing: sums of fractions are never exact."""


class BudgetLaw(Protocol):
    """What is left of one budget as time goes by. Times in ns, never going back."""

    @property
    def weight(self) -> float:
        """The whole budget."""
        ...

    def left(self, now_ns: int) -> float:
        """Give what can be spent now."""
        ...

    def spend(self, now_ns: int, cost: float) -> None:
        """Spend it, whether there is room or not."""
        ...

    def give_back(self, now_ns: int, spent_ns: int, cost: float) -> None:
        """Undo a spending at `spent_ns` that came to nothing."""
        ...

    def ready_ns(self, now_ns: int, need: float) -> int:
        """Give when at least `need` will be left if nobody spends: `now_ns` if it is there."""
        ...

    def resize(self, now_ns: int, weight: float) -> None:
        """Change the whole budget; what was spent stays spent."""
        ...


class EvenRefill:
    """A token bucket: full at first, refilled evenly, never above its weight."""

    def __init__(self, weight: float, window_s: float) -> None:
        """Start full."""
        self.weight = weight
        self._window_ns = window_s * NS_PER_S
        self._left = weight
        self._seen_ns = 0

    def left(self, now_ns: int) -> float:
        """Give what can be spent now."""
        self._left = min(self.weight, self._left + (now_ns - self._seen_ns) * self.weight / self._window_ns)
        self._seen_ns = now_ns
        return self._left

    def spend(self, now_ns: int, cost: float) -> None:
        """Spend it, whether there is room or not."""
        self._left = self.left(now_ns) - cost

    def give_back(self, now_ns: int, spent_ns: int, cost: float) -> None:  # noqa: ARG002 - the other law needs when
        """Undo a spending that came to nothing."""
        self._left = min(self.weight, self.left(now_ns) + cost)

    def ready_ns(self, now_ns: int, need: float) -> int:
        """Give when at least `need` will be left if nobody spends."""
        missing = need - self.left(now_ns)
        if missing <= self.weight * _CRUMB:
            return now_ns
        return now_ns + max(1, math.ceil(missing / self.weight * self._window_ns))

    def resize(self, now_ns: int, weight: float) -> None:
        """Change the whole budget; what was spent stays spent."""
        self._left = self.left(now_ns) + weight - self.weight
        self.weight = weight


class RollingWindow:
    """Never more than the weight in any stretch of a window's length."""

    def __init__(self, weight: float, window_s: float) -> None:
        """Start unspent."""
        self.weight = weight
        self._window_ns = round(window_s * NS_PER_S)
        self._spent: deque[tuple[int, float]] = deque()
        self._sum = 0.0

    def left(self, now_ns: int) -> float:
        """Give what can be spent now."""
        while self._spent and self._spent[0][0] + self._window_ns <= now_ns:
            self._sum -= self._spent.popleft()[1]
        if not self._spent:
            self._sum = 0.0  # crumbs of fractions do not pile up
        return self.weight - self._sum

    def spend(self, now_ns: int, cost: float) -> None:
        """Spend it, whether there is room or not."""
        self._spent.append((now_ns, cost))
        self._sum += cost

    def give_back(self, now_ns: int, spent_ns: int, cost: float) -> None:  # noqa: ARG002 - the other law needs now
        """Undo a spending that came to nothing."""
        if (spent_ns, cost) in self._spent:
            self._spent.remove((spent_ns, cost))
            self._sum -= cost

    def ready_ns(self, now_ns: int, need: float) -> int:
        """Give when at least `need` will be left if nobody spends."""
        missing = need - self.left(now_ns)
        for spent_ns, cost in self._spent:
            if missing <= self.weight * _CRUMB:
                break
            missing -= cost
            now_ns = max(now_ns, spent_ns + self._window_ns)
        return now_ns

    def resize(self, now_ns: int, weight: float) -> None:  # noqa: ARG002 - the other law needs now
        """Change the whole budget; what was spent stays spent."""
        self.weight = weight


__all__ = ["BudgetLaw", "EvenRefill", "RollingWindow"]
