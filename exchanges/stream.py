"""One venue connection that comes back by itself: backoff, heartbeat, subscriptions that are proven by data.

A venue says what a connection speaks (`StreamDialect`) and which channels it wants (`Channel`);
this file keeps them alive. A subscription counts when data came, not when it was acknowledged.
A channel that is silent for longer than it may be is subscribed anew; a connection that is
silent, or whose channels stay silent, is opened anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from helpers.clock import Clock
from helpers.transport import NO_HEADERS, Transport


class StreamTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue wants its connections kept. Times in seconds."""

    first_backoff_s: float = 0.5
    longest_backoff_s: float = 30.0
    """Waits between attempts double from the first to the longest; each is drawn from its upper half (jitter)."""
    silence_s: float = 30.0
    """A connection that brings no frame at all for so long is given up."""
    ping: bytes = b""
    """What the venue's own protocol wants to hear from us regularly; empty where protocol pings do."""
    ping_interval_s: float = 15.0
    data_within_s: float = 10.0
    """How long a subscription may take to bring its first data."""
    lifetime_s: float | None = None
    """The connection is opened anew after so long, before the venue ends it; None is never."""


class ConnectionQuota(msgspec.Struct, kw_only=True):
    """How many connections the venue lets one address open in a time; shared by all streams of a process."""

    most: int
    window_s: float
    opened_ns: list[int] = []


@dataclass(frozen=True, slots=True)
class Channel:
    """One subscription."""

    name: str
    """Ours; unique on the connection."""
    subscribe: Callable[[], bytes]
    """Makes the message, anew each time: it may carry a token that expires. Empty bytes: the URL subscribes."""
    unsubscribe: Callable[[], bytes] | None = None
    """None where the venue has none: then the whole connection is opened anew."""
    max_silence_s: float | None = None
    """Data must come at least so often; None where silence is normal, as on an account."""
    proven_by_ack: bool = False
    """Whether the acknowledgement is all that comes until something happens, as on a quiet account."""
    on_reset: Callable[[], None] | None = None
    """Called when what was heard is worthless from now on: a gap, or a lost connection. Books are emptied here."""
    on_proven: Callable[[], None] | None = None
    """Called each time the subscription was proven."""


class StreamDialect(Protocol):
    """What a venue's connection speaks."""

    def url(self) -> str:
        """Give where to connect to, anew each time."""
        ...

    def headers(self) -> Mapping[str, str]:
        """Give the headers of the handshake."""
        ...

    async def greet(self, stream: ReconnectingStream) -> None:
        """Do what comes before subscriptions: log in, wait for a welcome. Messages arrive in `on_message` meanwhile.

        Raises:
            VenueError: it did not work; the connection is opened anew.
        """
        ...

    def on_message(self, message: bytes) -> None:
        """Read one message. Call `heard(channel)` on the stream for data of a channel, `reset` for a gap.

        Raises:
            BadPayload: it cannot be read: counted and told, and the connection goes on.
        """
        ...


class ReconnectingStream:
    """Keeps one connection and its channels alive until it is closed."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        rng: random.Random,
        dialect: StreamDialect,
        terms: StreamTerms,
        *,
        quota: ConnectionQuota | None = None,
        name: str = "stream",
    ) -> None:
        """Open nothing yet.

        Args:
            transport: opens connections.
            clock: for waits and deadlines.
            rng: draws the jitter.
            dialect: what the venue's connection speaks.
            terms: how it is kept.
            quota: of connections, shared with other streams; None is unlimited.
            name: for log lines and error texts; holds no secret.
        """
        raise NotImplementedError

    @property
    def is_up(self) -> bool:
        """Whether it is connected and greeted, and every channel is proven."""
        raise NotImplementedError

    @property
    def unreadable(self) -> int:
        """Messages that could not be read so far."""
        raise NotImplementedError

    async def open(self) -> None:
        """Connect for the first time, and keep connected from then on.

        Raises:
            ConnectivityError: the venue cannot be reached, or does not greet.
            AuthError: it refuses us.
        """
        raise NotImplementedError

    async def add(self, channel: Channel) -> None:
        """Subscribe, and wait until it is proven.

        Raises:
            ConnectivityError: it was not proven in time; the channel is not kept.
        """
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Unsubscribe; a channel that is not there is no error."""
        raise NotImplementedError

    def heard(self, name: str) -> None:
        """Take note that data of a channel came: it is proven and alive."""
        raise NotImplementedError

    def acked(self, name: str) -> None:
        """Take note that the venue acknowledged a subscription; proves it only if `proven_by_ack`."""
        raise NotImplementedError

    def refused(self, name: str, reason: str) -> None:
        """Take note that the venue refused a subscription: who waits in `add` hears it, a kept one is tried again."""
        raise NotImplementedError

    def reset(self, name: str, reason: str) -> None:
        """Subscribe anew: a gap in the channel's data."""
        raise NotImplementedError

    def send(self, message: bytes) -> None:
        """Send a message on the connection as it is now.

        Raises:
            ConnectivityError: there is none.
        """
        raise NotImplementedError

    def reconnect(self, reason: str) -> None:
        """Give the connection up and open another: the venue says it will close, or a token expired."""
        raise NotImplementedError

    async def close(self) -> None:
        """End it for good; may be called twice."""
        raise NotImplementedError


__all__ = [
    "NO_HEADERS",
    "Channel",
    "ConnectionQuota",
    "ReconnectingStream",
    "StreamDialect",
    "StreamTerms",
]
