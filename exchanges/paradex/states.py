"""What the venue takes for now: its trading system is closed, or takes part of what it usually does, at maintenance."""

from __future__ import annotations

from typing import Final

from helpers.errors import VenueError

OPEN: Final = "ok"
_WORDS: Final = {
    "post_only": "only post-only orders are taken for now (weekly maintenance takes about a quarter of an hour)",
    "cancel_only": "only cancels are taken for now (maintenance takes about a quarter of an hour)",
    "maintenance": "under maintenance for now (it takes about a quarter of an hour)",
}
_CLOSED: Final = frozenset({"cancel_only", "maintenance"})


def told(state: str) -> str:
    """Say what a state means, or name one that is not known."""
    return _WORDS.get(state, state)


def refuse_closed(state: str) -> None:
    """Refuse to start where no order of any kind would be taken; a state that is not known does not hinder.

    Raises:
        VenueError: none would be.
    """
    if state in _CLOSED:
        raise VenueError(f"Paradex is up: {told(state)}: start again later")


__all__ = ["OPEN", "refuse_closed", "told"]
