"""Funding settlements on our positions, read after each full hour: no stream is sure to tell them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Final

from exchanges.lighter.account_wire import PositionFunding
from exchanges.lighter.markets import HOUR_NS
from helpers.clock import NS_PER_S, Clock
from helpers.errors import VenueError

_LOOKS_NS: Final = (20 * NS_PER_S, 300 * NS_PER_S)
"""After the hour: soon, and once more for what was late."""


class FundingWatch:
    """Looks for settlements, hour after hour."""

    def __init__(
        self,
        clock: Clock,
        read: Callable[[], Awaitable[Iterable[PositionFunding]]],
        tell: Callable[[Iterable[PositionFunding]], None],
    ) -> None:
        """Begin at once.

        Args:
            clock: says when the hour is full.
            read: gives the newest settlements.
            tell: hears of them, again and again.
        """
        self._clock = clock
        self._read = read
        self._tell = tell
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="lighter funding")

    async def stop(self) -> None:
        """End it; may be called twice."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(self._next_look_s())
            with suppress(VenueError, OSError):  # the next look tells it all the same
                self._tell(await self._read())

    def _next_look_s(self) -> float:
        now = self._clock.now_ns()
        into_hour = now % HOUR_NS
        ahead = [look - into_hour for look in (*_LOOKS_NS, HOUR_NS + _LOOKS_NS[0]) if look > into_hour]
        return min(ahead) / NS_PER_S


__all__ = ["FundingWatch"]
