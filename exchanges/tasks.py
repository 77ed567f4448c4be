"""Requests on their way: waited for, called off, and never failing unseen.

A request may run at once, in its caller, until it has to wait for something; only then does it
become a task of the event loop. So a message leaves without a detour, and a request that never
has to wait costs no more than a call. Where something on the way to the first pause sets a timeout,
requests are tasks from the start: a timeout belongs to a task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any


class Tasks:
    """The requests of one venue that have not come to an end."""

    def __init__(self, broken: Callable[[Exception], None], *, at_once: bool = False) -> None:
        """Start with none.

        Args:
            broken: hears of each error that must not happen.
            at_once: requests run in their caller until their first pause.
        """
        self._at_once = at_once
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken = broken
        self.failure: Exception | None = None
        """The first error that must not happen: a bug, or a journal that cannot be written."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Set something going."""
        if self._at_once:
            try:
                awaited = work.send(None)
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - as in a task: whatever it was, it is told
                self.fail(error)
                return
            work = _go_on(work, awaited)
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


@coroutine
def _rest(work: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Go on with work that pauses: hand on what it waits for, and what comes of that."""
    while True:
        resume: Callable[[Any], Any] = work.send
        try:
            answer = yield awaited
        except BaseException as error:  # noqa: BLE001 - whatever is thrown in is the work's own
            resume, answer = work.throw, error
        try:
            awaited = resume(answer)
        except StopIteration:
            return


async def _go_on(work: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _rest(work, awaited)
