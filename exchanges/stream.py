"""One venue connection that comes back by itself: backoff, heartbeat, subscriptions that are proven by data.

A venue says what a connection speaks (`StreamDialect`) and which channels it wants (`Channel`);
this file keeps them alive. A subscription counts when data came, not when it was acknowledged.
A channel that is silent for longer than it may be is subscribed anew; a connection that is
silent, or whose channels stay silent, is opened anew.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from exchanges.connection_quota import ConnectionQuota
from exchanges.stream_keeper import StreamKeeper
from exchanges.stream_terms import Channel, StreamTerms
from helpers.clock import Clock
from helpers.errors import ConnectivityError
from helpers.transport import NO_HEADERS, Transport


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

        It is cancelled when the connection ends or the time is up (`StreamTerms.data_within_s`).

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
        greet = partial(dialect.greet, self)
        self._name = name
        self._keeper = StreamKeeper(transport, clock, rng, dialect, greet, terms, quota, name)
        self._channels = self._keeper.channels
        self._table = self._channels.table
        self._time = self._keeper.time

    @property
    def is_up(self) -> bool:
        """Whether it is connected and greeted, and every channel is proven."""
        link = self._keeper.link
        return link is not None and link.is_greeted and self._channels.are_proven

    @property
    def unreadable(self) -> int:
        """Messages that could not be read so far."""
        return self._keeper.unreadable

    async def open(self) -> None:
        """Connect for the first time, and keep connected from then on. Once is enough: again does nothing.

        Raises:
            ConnectivityError: the venue cannot be reached, or does not greet.
            AuthError: it refuses us.
        """
        await self._keeper.open()

    async def add(self, channel: Channel) -> None:
        """Subscribe, and wait until it is proven. A channel that is there already is waited for, not sent again.

        Raises:
            ConnectivityError: it was not proven in time; the channel is not kept.
        """
        await self._channels.add(channel)

    def remove(self, name: str) -> None:
        """Unsubscribe; a channel that is not there is no error."""
        self._channels.remove(name)

    def heard(self, name: str) -> None:
        """Take note that data of a channel came: it is proven and alive. To be called while a message is read."""
        subscription = self._table.get(name)
        if subscription is not None and subscription.is_proven:
            subscription.heard_ns = self._time.seen_ns  # the time of the message that is being read
        else:
            self._channels.first_heard(name)

    def acked(self, name: str) -> None:
        """Take note that the venue acknowledged a subscription; proves it only if `proven_by_ack`."""
        self._channels.acked(name)

    def refused(self, name: str, reason: str) -> None:
        """Take note that the venue refused a subscription: who waits in `add` hears it, a kept one is tried again."""
        self._channels.refused(name, reason)

    def reset(self, name: str, reason: str) -> None:
        """Subscribe anew: a gap in the channel's data."""
        self._channels.reset(name, reason)

    def send(self, message: bytes) -> None:
        """Send a message on the connection as it is now.

        Raises:
            ConnectivityError: there is none.
        """
        link = self._keeper.link
        if link is None:
            raise ConnectivityError(f"{self._name}: there is no connection")
        link.send(message)

    def reconnect(self, reason: str) -> None:
        """Give the connection up and open another: the venue says it will close, or a token expired."""
        self._keeper.give_up(reason)

    async def close(self) -> None:
        """End it for good; may be called twice. Channels are told nothing of it: who closes knows."""
        await self._keeper.close()


__all__ = [
    "NO_HEADERS",
    "Channel",
    "ConnectionQuota",
    "ReconnectingStream",
    "StreamDialect",
    "StreamTerms",
]
