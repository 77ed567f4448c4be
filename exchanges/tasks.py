"""Requests on their way, each a task of its own: waited for, called off, and never failing unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """The requests of one venue that have not come to an end."""

    def __init__(self, broken: Callable[[Exception], None]) -> None:
        """Start with none; `broken` hears of each error that must not happen."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken = broken
        self.failure: Exception | None = None
        """The first error that must not happen: a bug, or a journal that cannot be written."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Set something going."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is on its way; False if the time runs out first."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            return False
        return True

    async def abandon(self) -> None:
        """Call everything off."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def fail(self, error: Exception) -> None:
        """Take note of an error that must not happen."""
        self.failure = self.failure or error
        self._broken(error)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):  # anything else ends the program by itself
            self.fail(error)
