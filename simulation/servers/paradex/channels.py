"""Public channels: each has its subscribers, and pushes to all of them while it has any."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from simulation.servers.market_feed import Ticker
from simulation.servers.paradex.market_board import MarketBoard
from simulation.venue import SimulatedVenue


class Subscriber(Protocol):
    """A session that listens to channels."""

    def push(self, message: bytes) -> None:
        """Send a message to the client."""
        ...


def encode_push(channel: str, data: Any) -> bytes:
    """Write a push."""
    message = {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
    return msgspec.json.encode(message)


class Channel(ABC):  # noqa: B024 - a channel that says nothing overrides nothing
    """One channel. As it stands it accepts subscribers and says nothing."""

    def __init__(self, name: str) -> None:
        """Have no subscribers."""
        self.name = name
        self.subscribers: dict[Subscriber, None] = {}

    def add(self, subscriber: Subscriber) -> None:
        """Take a subscriber, who gets what there is at once."""
        if not self.subscribers:
            self.begin()
        self.subscribers[subscriber] = None
        for data in self.greeting():
            subscriber.push(encode_push(self.name, data))

    def remove(self, subscriber: Subscriber) -> None:
        """Let a subscriber go."""
        del self.subscribers[subscriber]
        if not self.subscribers:
            self.end()

    def push(self, data: Any) -> None:
        """Send to every subscriber."""
        message = encode_push(self.name, data)
        for subscriber in list(self.subscribers):
            subscriber.push(message)

    def begin(self) -> None:  # noqa: B027 - nothing to do is a good answer
        """Hear that somebody listens."""

    def end(self) -> None:  # noqa: B027 - nothing to do is a good answer
        """Hear that nobody listens any more."""

    def greeting(self) -> Sequence[Any]:
        """Give what a new subscriber gets at once."""
        return ()


class SilentChannel(Channel):
    """A channel on which nothing ever happens here."""


class TickedChannel(Channel):
    """A channel that looks again and again."""

    def __init__(self, name: str, venue: SimulatedVenue, interval_ns: int) -> None:
        """Look every so often, ns, in the venue's time."""
        super().__init__(name)
        self._ticker = Ticker(venue, interval_ns, self.look)

    def begin(self) -> None:
        """Begin to look."""
        self._ticker.start()

    def end(self) -> None:
        """Stop looking."""
        self._ticker.stop()

    def look(self) -> None:
        """Push what is new."""


class TradesChannel(TickedChannel):
    """Trades of some markets, one by one."""

    def __init__(self, name: str, venue: SimulatedVenue, interval_ns: int, boards: Sequence[MarketBoard]) -> None:
        """Follow these markets."""
        super().__init__(name, venue, interval_ns)
        self._boards = boards
        self._told: dict[str, int] = {}

    def begin(self) -> None:
        """Tell of what comes from here on."""
        self._told = {board.market.ticker: board.last_number() for board in self._boards}
        super().begin()

    def look(self) -> None:
        """Push what has traded since."""
        for board in self._boards:
            for trade in board.trades_after(self._told[board.market.ticker]):
                self._told[board.market.ticker] = trade.number
                self.push(board.trade_view(trade))


class ViewChannel(TickedChannel):
    """A view of each of some markets, at regular times."""

    def __init__(
        self, name: str, venue: SimulatedVenue, interval_ns: int, views: Sequence[Callable[[], dict[str, Any]]]
    ) -> None:
        """Show these."""
        super().__init__(name, venue, interval_ns)
        self._views = views

    def look(self) -> None:
        """Push all of them."""
        for view in self._views:
            self.push(view())


__all__ = ["Channel", "SilentChannel", "Subscriber", "TickedChannel", "TradesChannel", "ViewChannel", "encode_push"]
