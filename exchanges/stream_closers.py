"""Streams on their way out: closed beside everything else, for a dead one takes its time, and never left behind."""

from __future__ import annotations

import asyncio
import logging

from helpers.transport import Stream

_LOG = logging.getLogger("runbot.stream")


class StreamClosers:
    """The streams that are being closed."""

    def __init__(self, name: str) -> None:
        """Close nothing yet; the name is for log lines."""
        self._name = name
        self._tasks: set[asyncio.Task[None]] = set()

    def release(self, stream: Stream) -> None:
        """Begin to close a stream."""
        task = asyncio.get_running_loop().create_task(self._close(stream), name=f"close {self._name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until all are closed."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _close(self, stream: Stream) -> None:
        try:
            await stream.close()
        except Exception:  # noqa: BLE001 - a transport's bug; the stream is given up in any case
            _LOG.exception("%s: a stream could not be closed", self._name)


__all__ = ["StreamClosers"]
