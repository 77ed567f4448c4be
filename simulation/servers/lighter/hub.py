"""Who listens to which channel, and when what was said reaches them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from simulation.servers.lighter.channels import Channel
from simulation.servers.lighter.errors import encode
from simulation.servers.lighter.trading import Trading


class Subscriber(Protocol):
    """A stream that listens."""

    def deliver(self, message: bytes) -> None:
        """Send a message to the client."""
        ...


class Hub:
    """Subscriptions of all streams."""

    def __init__(self, trading: Trading) -> None:
        """Start with nobody listening."""
        self._trading = trading
        self._subscribers: dict[Channel, list[Subscriber]] = {}
        self._last_ns = 0
        self.on_first: Callable[[Channel], None] = _nothing
        """Called when a channel gets its first subscriber."""

    def join(self, channel: Channel, subscriber: Subscriber) -> None:
        """Add a listener."""
        listeners = self._subscribers.setdefault(channel, [])
        listeners.append(subscriber)
        if len(listeners) == 1:
            self.on_first(channel)

    def leave(self, channel: Channel, subscriber: Subscriber) -> None:
        """Remove a listener."""
        listeners = self._subscribers.get(channel, [])
        listeners.remove(subscriber)
        if not listeners:
            del self._subscribers[channel]

    def has(self, channel: Channel) -> bool:
        """Whether anybody listens."""
        return channel in self._subscribers

    def channels(self, family: str) -> list[Channel]:
        """List the channels of a family somebody listens to."""
        return [channel for channel in self._subscribers if channel.family == family]

    def say(self, channel: Channel, body: dict[str, Any]) -> None:
        """Tell all listeners of a channel at once."""
        self._tell(channel, encode(self._framed(channel, body)))

    def say_later(self, channel: Channel, body: dict[str, Any]) -> None:
        """Tell what happened to the account after the stream's delay, in the order it happened.

        What was true when it happened is told, whatever has come since.
        """
        if channel in self._subscribers:
            trading = self._trading
            due = trading.now_ns + trading.options.streams.draw(trading.rng)
            self._last_ns = max(self._last_ns, due)
            message = encode(self._framed(channel, body))
            trading.venue.core.agenda.at(self._last_ns, partial(self._tell, channel, message))

    def _framed(self, channel: Channel, body: dict[str, Any]) -> dict[str, Any]:
        return frame("update", channel, body, self._trading.now_ns)

    def _tell(self, channel: Channel, message: bytes) -> None:
        for subscriber in list(self._subscribers.get(channel, ())):
            subscriber.deliver(message)


def frame(kind: str, channel: Channel, body: dict[str, Any], now_ns: int) -> dict[str, Any]:
    """Give a message of a channel: "subscribed" with all there is, or "update"."""
    return {
        "channel": channel.name,
        **body,
        "timestamp": now_ns // 1_000_000,
        "type": f"{kind}/{channel.family}",
    }


def _nothing(channel: Channel) -> None:
    del channel


__all__ = ["Hub", "Subscriber", "frame"]
