"""One transaction under way at a time, and the most urgent of those that wait goes next.

Nonces must arrive in order, so a transaction waits for the answer to the one before it. Behind
a burst of orders, or behind answers that do not come, a cancel must not be the last.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exchanges.rate_limiter import Priority


class Turns:
    """Lets one go at a time."""

    def __init__(self) -> None:
        """Nobody is there."""
        self._is_taken = False
        self._waiting: dict[Priority, deque[asyncio.Future[None]]] = {priority: deque() for priority in Priority}

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block is left."""
        await self._take(priority)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, priority: Priority) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[priority].append(called)
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # called and called off in one moment: the turn goes on to the next
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        for line in self._waiting.values():
            while line:
                called = line.popleft()
                if not called.done():  # who was called off stands in line until it is passed
                    called.set_result(None)
                    return
        self._is_taken = False


__all__ = ["Turns"]
