"""The transport seam: how bytes reach a venue. Venue clients know nothing else of the network.

A Transport makes HTTP requests and opens streams. Real sockets, an in-memory simulator of a
venue's protocol and a recording all stand behind the same two methods, injected once.

Streams speak by calling: a message is handed to its listener from within the event loop's read
of the socket, with no queue and no task between, because each of them costs more than decoding
a book. Who would rather wait for messages, for a login say, listens with an Inbox.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from helpers.errors import ConnectivityError

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, signed and complete."""

    method: str
    url: str
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: NO_HEADERS)
    body: bytes = b""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        """Show what holds no secret: headers, query and body may."""
        return f"HttpRequest({self.method} {urlsplit(self.url).hostname})"


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_ns: int


class StreamListener(Protocol):
    """Who hears what a stream brings. Called in the event loop; must not block and must not raise."""

    def on_message(self, message: bytes) -> None:
        """Hear one whole message, in the order sent; may come before `open_stream` has returned."""
        ...

    def on_end(self, reason: str) -> None:
        """Hear, once and last, that nothing more will come, and why."""
        ...


class Stream(Protocol):
    """One open, message-oriented connection (a WebSocket)."""

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        ...

    def send(self, message: bytes) -> None:
        """Send one message on its way, without waiting.

        Raises:
            ConnectivityError: the connection is gone, or the other side does not read.
        """
        ...

    async def close(self) -> None:
        """End the connection and wait for its end; may be called twice. No message is told after the call."""
        ...


class Transport(Protocol):
    """Carries requests and opens streams. It never repeats anything by itself."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        """Send a request and wait for its response.

        Raises:
            ConnectivityError: no response within the request's timeout; what it did is unknown.
        """
        ...

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        """Open a stream that tells this listener.

        Raises:
            ConnectivityError: the venue cannot be reached; the listener hears nothing.
        """
        ...

    async def close(self) -> None:
        """Release all connections."""
        ...


class Inbox:
    """A listener to wait on: `async for message in inbox`, until the stream ends."""

    def __init__(self) -> None:
        """Start empty."""
        self.reason: str | None = None
        """Why the stream ended; None while it has not."""
        self._messages: deque[bytes] = deque()
        self._news = asyncio.Event()

    def on_message(self, message: bytes) -> None:
        """Keep a message until it is asked for."""
        self._messages.append(message)
        self._news.set()

    def on_end(self, reason: str) -> None:
        """Let who waits come to an end, after the last message."""
        self.reason = reason
        self._news.set()

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self.next()
        except ConnectivityError:
            raise StopAsyncIteration from None

    async def next(self) -> bytes:
        """Wait for the next message.

        Raises:
            ConnectivityError: the stream ended and every message was given.
        """
        while not self._messages:
            if self.reason is not None:
                raise ConnectivityError(self.reason)
            self._news.clear()
            await self._news.wait()
        return self._messages.popleft()


__all__ = [
    "NO_HEADERS",
    "HttpRequest",
    "HttpResponse",
    "Inbox",
    "Stream",
    "StreamListener",
    "Transport",
]
