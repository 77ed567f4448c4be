"""What every protocol front is: pure functions of requests, messages and the venue's time. No sockets, no tasks.

A front is mounted in memory (simulation/servers/memory_transport.py) or on real sockets
(simulation/servers/sockets.py). Its timers stand in the venue's agenda, its time is the venue's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Protocol

import msgspec

from simulation.servers.world import ServerOptions
from simulation.venue import SimulatedVenue


class ServerRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request, or the handshake of a stream."""

    method: str
    path: str
    """Without query, percent-decoded."""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}
    """Names in lower case."""
    body: bytes = b""
    address: str = "127.0.0.1"
    """Where it comes from: what limits per IP count by."""

    def parameter(self, name: str) -> str | None:
        """Give the first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)


class ServerResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP response."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}


Respond = Callable[[ServerResponse], None]
"""Called exactly once for each request, at once or when the venue's agenda says."""


class StreamRefused(Exception):  # noqa: N818 - reads as what happened
    """The handshake of a stream was refused."""

    def __init__(self, response: ServerResponse) -> None:
        """Keep the HTTP answer to give instead."""
        super().__init__(f"refused with {response.status}")
        self.response = response


class Connection(Protocol):
    """A client's stream as the front sees it."""

    def send(self, message: bytes) -> None:
        """Send one text message; silently nothing once it is closed."""
        ...

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End it."""
        ...


class StreamPeer(Protocol):
    """The front's side of one stream."""

    def on_message(self, message: bytes) -> None:
        """Hear a message of the client."""
        ...

    def on_end(self) -> None:
        """Hear that the client has gone; also after our own close."""
        ...


class VenueFront(ABC):
    """One venue's protocol. Subclasses are listed in simulation/servers/factory.py."""

    name: ClassVar[str]
    ping_interval_s: ClassVar[float | None] = None
    """How often the venue sends a WebSocket ping on each stream, on real sockets; None is never."""

    def __init__(self, options: ServerOptions) -> None:
        """Open the venue with its markets and one funded account, whose keys grow from the seed."""
        self.options = options

    @property
    @abstractmethod
    def venue(self) -> SimulatedVenue:
        """The venue behind the protocol; whoever mounts the front attaches it to a clock."""

    @property
    @abstractmethod
    def account_id(self) -> str:
        """The funded account, as the simulated venue knows it."""

    @abstractmethod
    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        """Give the lines of an .env file with which the venue's client trades here.

        Args:
            http_url: scheme, host and port: "http://127.0.0.1:8001".
            stream_url: the same for streams: "ws://127.0.0.1:8001".
        """

    @abstractmethod
    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Answer a request. After a call that may have brought an earlier event, the mount calls `venue.changed()`."""

    @abstractmethod
    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        """Take a stream. May send at once.

        Raises:
            StreamRefused: with the answer to give instead.
        """


__all__ = [
    "Connection",
    "Respond",
    "ServerRequest",
    "ServerResponse",
    "StreamPeer",
    "StreamRefused",
    "VenueFront",
]
