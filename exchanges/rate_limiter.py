"""A venue's budgets, kept before it has to remind us: weighted token buckets, cancels before orders before reads.

A call that does not fit waits in line; nothing is dropped. Part of each budget is kept for
cancels, so that a burst of orders can always be taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum

import msgspec

from helpers.clock import Clock


class Priority(IntEnum):
    """Who goes first when the budget is short."""

    CANCEL = 0
    ORDER = 1
    READ = 2


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of a venue: so much weight in so long, refilled evenly."""

    name: str
    weight: float
    """Most weight in a window, and the most that can be saved up."""
    window_s: float
    kept_for_cancels: float = 0.1
    """Fraction that orders and reads may not use."""


class RateLimiter:
    """Lets calls go when every budget they draw on has room."""

    def __init__(self, clock: Clock, budgets: Sequence[Budget]) -> None:
        """Start with full budgets."""
        raise NotImplementedError

    async def acquire(self, costs: Mapping[str, float], priority: Priority) -> None:
        """Wait for room, then spend it. First come, first served within a priority.

        Args:
            costs: weight by name of budget.
            priority: who goes first.

        Raises:
            ValueError: a budget is unknown, or a cost can never fit.
        """
        raise NotImplementedError

    def hold(self, seconds: float) -> None:
        """Let nothing go for so long: the venue said Retry-After."""
        raise NotImplementedError

    def left(self, name: str) -> float:
        """Give the weight a budget has now."""
        raise NotImplementedError

    def resize(self, name: str, weight: float) -> None:
        """Take over the size of a budget that the venue told (a tier)."""
        raise NotImplementedError


__all__ = ["Budget", "Priority", "RateLimiter"]
