"""One writer of a key's nonces: counts up, one request at a time, and asks the venue after every doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class NonceUse:
    """One nonce in use. Say what became of it; leaving without a word is doubt."""

    nonce: int
    fate: bool | None = None
    count: int = 1
    """Numbers taken, where the venue took it."""

    def consumed(self, count: int = 1) -> None:
        """The venue took it, and so many in all for a batch."""
        self.fate = True
        self.count = count

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
        self._fetch = fetch
        self._line = asyncio.Lock()
        self._next: int | None = None
        self._floor = 0
        """Everything below was taken for certain: what the venue reads may lag behind what it took."""
        self._doubts = 0

    @asynccontextmanager
    async def use(self) -> AsyncIterator[NonceUse]:
        """Hold the line and give the next nonce; the line is free again when the block is left.

        Raises:
            VenueError: the next nonce is unknown and cannot be read; nothing may be sent.
        """
        async with self._line:
            doubts = self._doubts
            nonce = await self._known()
            self._next = None  # until we are told: whoever leaves in any other way leaves doubt
            use = NonceUse(nonce)
            try:
                yield use
            finally:
                self._settle(use, is_trusted=doubts == self._doubts)

    def doubt(self) -> None:
        """Forget what we know: somebody else may have used this key."""
        self._next = None
        self._doubts += 1

    async def _known(self) -> int:
        """Give the next nonce: ours, or the venue's after doubt."""
        if self._next is not None:
            return self._next
        told = await self._fetch()
        # We know better once. If the venue insists, it is right: an account may have been reset.
        floor, self._floor = self._floor, 0
        return max(told, floor)

    def _settle(self, use: NonceUse, *, is_trusted: bool) -> None:
        if use.fate:
            self._floor = use.nonce + use.count
        if use.fate is not None and is_trusted:
            self._next = use.nonce + use.count if use.fate else use.nonce


__all__ = ["NonceUse", "NonceWriter"]
