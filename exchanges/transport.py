"""The transport seam: how bytes reach a venue. Venue clients know nothing else of the network.

A Transport makes HTTP requests and opens streams. Real sockets, an in-memory simulator of a
venue's protocol and a recording all stand behind the same two methods, injected once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

_EMPTY: Mapping[str, str] = MappingProxyType({})


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, signed and complete."""

    method: str
    url: str
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: _EMPTY)
    body: bytes = b""
    timeout_s: float = 10.0


class HttpResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_ns: int


class Stream(Protocol):
    """One open, message-oriented connection (a WebSocket)."""

    async def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            ConnectivityError: the connection is gone.
        """
        ...

    def messages(self) -> AsyncIterator[bytes]:
        """Yield what arrives until the connection ends."""
        ...

    async def close(self) -> None:
        """End the connection; may be called twice."""
        ...


class Transport(Protocol):
    """Carries requests and opens streams. It never repeats anything by itself."""

    async def request(self, request: HttpRequest) -> HttpResponse:
        """Send a request and wait for its response.

        Raises:
            ConnectivityError: no response within the request's timeout; what it did is unknown.
        """
        ...

    async def open_stream(self, url: str, headers: Mapping[str, str] = _EMPTY) -> Stream:
        """Open a stream.

        Raises:
            ConnectivityError: the venue cannot be reached.
        """
        ...

    async def close(self) -> None:
        """Release all connections."""
        ...
