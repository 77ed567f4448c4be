"""One writer of a key's nonces: counts up, one request at a time, and asks the venue after every doubt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass


@dataclass(slots=True)
class NonceUse:
    """One nonce in use. Say what became of it; leaving without a word is doubt."""

    nonce: int
    fate: bool | None = None

    def consumed(self) -> None:
        """The venue took it."""
        self.fate = True

    def unused(self) -> None:
        """The venue refused before it looked at the nonce: it is still the next one."""
        self.fate = False


class NonceWriter:
    """Gives nonces in order. After doubt the next one is read from the venue before anything is sent."""

    def __init__(self, fetch: Callable[[], Awaitable[int]]) -> None:
        """Know nothing yet.

        Args:
            fetch: reads the next nonce from the venue.
        """
        raise NotImplementedError

    def use(self) -> AbstractAsyncContextManager[NonceUse]:
        """Hold the line and give the next nonce; the line is free again when the block is left.

        Raises:
            VenueError: the next nonce is unknown and cannot be read; nothing may be sent.
        """
        raise NotImplementedError

    def doubt(self) -> None:
        """Forget what we know: somebody else may have used this key."""
        raise NotImplementedError


__all__ = ["NonceUse", "NonceWriter"]
