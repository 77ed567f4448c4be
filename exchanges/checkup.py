"""What `runbot doctor` looks at: steps, each of which succeeds with a line or says what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckupStep:
    """One thing to look at."""

    name: str
    """What is looked at: "keys", "clock", "account"."""
    look: Callable[[], Awaitable[str]]
    """Gives the line to show; raises UserError or VenueError, whose text says what is wrong and how to mend it."""
    needed_for_rest: bool = False
    """Whether the steps after it make no sense when it fails."""


__all__ = ["CheckupStep"]
