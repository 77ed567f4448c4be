"""One connection of a stream, from the attempt to its end: what it hears, what it sends, and why it was over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from exchanges.steady_time import SteadyTime
from exchanges.stream_closers import StreamClosers
from helpers.errors import BadPayload, ConnectivityError, VenueError
from helpers.transport import Stream

_T = TypeVar("_T")
_LOG = logging.getLogger("runbot.stream")
_OPEN_WITHIN_S = 20.0
"""For a transport that has no limit of its own."""


class StreamLink:
    """A StreamListener for one connection; deaf once it is over, whatever still arrives."""

    __slots__ = (
        "_name",
        "_now_ns",
        "_on_over",
        "_on_unreadable",
        "_outbox",
        "_read",
        "greeted_ns",
        "has_ended",
        "heard_ns",
        "is_planned",
        "leftovers",
        "limit",
        "opened_ns",
        "pinged_ns",
        "proofs",
        "reason",
        "renewal_ns",
        "stream",
    )

    def __init__(
        self,
        name: str,
        time: SteadyTime,
        read: Callable[[bytes], None],
        on_unreadable: Callable[[BadPayload], None],
        on_over: Callable[[StreamLink], None],
    ) -> None:
        """Be ready to hear.

        Args:
            name: for log lines.
            time: stamps what comes.
            read: the dialect's `on_message`.
            on_unreadable: hears of each message that could not be read.
            on_over: hears once that it is over.
        """
        self._name = name
        self._now_ns = time.now_ns
        self._read = read
        self._on_unreadable = on_unreadable
        self._on_over = on_over
        self._outbox: list[bytes] = []
        self.opened_ns = self.heard_ns = self.pinged_ns = time.now_ns()
        self.greeted_ns: int | None = None
        self.renewal_ns: int | None = None
        """When to open another in its place; None is never."""
        self.proofs = 0
        """How many subscriptions were proven on it."""
        self.leftovers: set[str] = set()
        """Channels nobody wants any more, and for which the venue has no way to say so."""
        self.stream: Stream | None = None
        self.limit: asyncio.Timeout | None = None
        """Ends what waits for this connection, as soon as it is over."""
        self.reason: str | None = None
        """Why it is over; None while it is not."""
        self.is_planned = False
        """Whether we ended it because we wanted another."""
        self.has_ended = False
        """Whether the transport said so."""

    @property
    def is_greeted(self) -> bool:
        """Whether subscriptions can be sent."""
        return self.greeted_ns is not None and self.reason is None

    def on_message(self, message: bytes) -> None:
        """Hand a message to the dialect; its bugs end this connection, never the event loop."""
        if self.reason is not None:
            return
        self.heard_ns = self._now_ns()
        try:
            self._read(message)
        except BadPayload as error:
            self._on_unreadable(error)
        except VenueError as error:
            self.give_up(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it was ends this connection, not the event loop
            _LOG.exception("%s: a message could not be handled", self._name)
            self.give_up(f"a message could not be handled: {type(error).__name__}")

    def on_end(self, reason: str) -> None:
        """Take note that the transport lost it."""
        self.has_ended = True
        self.give_up(reason)

    async def open(self, connect: Callable[[], Awaitable[Stream]], closers: StreamClosers) -> None:
        """Open the stream, and send what was said meanwhile.

        Raises:
            ConnectivityError: it cannot be opened, takes too long, or was over before it was ours.
        """
        async with self._within(_OPEN_WITHIN_S, "could not be opened"):
            stream = await connect()
            if self.reason is not None:
                closers.release(stream)
            else:
                self.stream = stream
        self.opened_ns = self.pinged_ns = self._now_ns()
        outbox, self._outbox = self._outbox, []
        for message in outbox:
            self.send(message)

    async def greet(self, say_hello: Callable[[], Awaitable[None]], within_s: float) -> None:
        """Let the dialect greet; from then on subscriptions can be sent.

        Raises:
            VenueError: it did not work, or took too long.
        """
        async with self._within(within_s, "was not greeted"):
            await say_hello()
        self.greeted_ns = self._now_ns()

    @asynccontextmanager
    async def _within(self, seconds: float, trouble: str) -> AsyncIterator[None]:
        """Do something only for so long, and only until the connection is over."""
        try:
            async with asyncio.timeout(seconds) as self.limit:
                yield
        except TimeoutError:
            raise ConnectivityError(f"{self._name}: {self.reason or f'{trouble} in {seconds:g} s'}") from None
        finally:
            self.limit = None
        if self.reason is not None:
            raise ConnectivityError(f"{self._name}: {self.reason}")

    def send(self, message: bytes) -> None:
        """Send a message.

        Raises:
            ConnectivityError: it is over, or the other side does not read; then it is over.
        """
        if self.reason is not None:
            raise ConnectivityError(f"{self._name}: there is no connection ({self.reason})")
        if self.stream is None:  # a message may come, and be answered, before the transport gives us the stream
            self._outbox.append(message)
            return
        try:
            self.stream.send(message)
        except ConnectivityError as error:
            self.give_up(str(error))
            raise

    def guarded(self, work: Callable[[], _T], what: str) -> _T | None:
        """Let the venue's code do something; if it fails, that ends this connection, loudly, and nothing else."""
        try:
            return work()
        except VenueError as error:
            self.give_up(f"{what}: {error}")
        except Exception as error:  # noqa: BLE001 - whatever it was ends this connection, not the event loop
            _LOG.exception("%s: %s", self._name, what)
            self.give_up(f"{what}: {type(error).__name__}")
        return None

    def give_up(self, reason: str, *, is_planned: bool = False) -> None:
        """Be over, the first time this is called."""
        if self.reason is not None:
            return
        self.reason = reason
        self.is_planned = is_planned
        if self.limit is not None and not self.limit.expired():
            self.limit.reschedule(asyncio.get_running_loop().time())
        self._on_over(self)


__all__ = ["StreamLink"]
