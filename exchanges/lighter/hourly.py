"""What is looked at after each full hour, because no stream is sure to tell it: settlements, and terms that changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from exchanges.lighter.markets import HOUR_NS
from helpers.clock import NS_PER_S, Clock

_LOOKS_NS: Final = (20 * NS_PER_S, 300 * NS_PER_S)
"""After the hour: soon, and once more for what was late."""
_LOG = logging.getLogger("runbot.lighter")


class HourlyLooks:
    """Looks, hour after hour."""

    def __init__(self, clock: Clock, *looks: Callable[[], Awaitable[None]]) -> None:
        """Begin at once; `clock` says when the hour is full."""
        self._clock = clock
        self._looks = looks
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="lighter hourly")

    async def stop(self) -> None:
        """End it; may be called twice."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        while True:
            await self._clock.sleep(self._next_look_s())
            for look in self._looks:
                try:
                    await look()
                except Exception as error:  # noqa: BLE001 - whatever it was, the next hour is looked at all the same
                    _LOG.warning("Lighter's hourly news could not be read: %s", error)

    def _next_look_s(self) -> float:
        now = self._clock.now_ns()
        into_hour = now % HOUR_NS
        ahead = [look - into_hour for look in (*_LOOKS_NS, HOUR_NS + _LOOKS_NS[0]) if look > into_hour]
        return min(ahead) / NS_PER_S


__all__ = ["HourlyLooks"]
