"""What a venue session says, and to whom: the bot hears that something moved, the strategy hears the news itself."""

from __future__ import annotations

from typing import Protocol

from helpers.models import Fill, Order


class BotEvents(Protocol):
    """What a session tells its bot."""

    def on_orders(self) -> None:
        """An order of ours moved."""
        ...

    def on_book(self) -> None:
        """The book moved in a way that was armed."""
        ...

    def on_account(self) -> None:
        """Position, balance or funding changed."""
        ...

    def on_gap(self) -> None:
        """A stream was interrupted: what happened meanwhile was not told."""
        ...

    def on_end(self, reason: str) -> None:
        """No more data will come."""
        ...

    def on_order_outcome(self, order: Order) -> None:
        """The venue accepted or refused an order."""
        ...

    def on_broken(self, error: Exception) -> None:
        """Something that must not happen did; the bot has to stop."""
        ...


class NewsReader(Protocol):
    """Who hears of fills and ends: the strategy."""

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """Hear of a fill."""
        ...

    def notify_order_closed(self, order: Order) -> None:
        """Hear of an order's end."""
        ...


class Nobody:
    """The bot before there is one: during recovery."""

    def on_orders(self) -> None:
        """Hear nothing."""

    def on_book(self) -> None:
        """Hear nothing."""

    def on_account(self) -> None:
        """Hear nothing."""

    def on_gap(self) -> None:
        """Hear nothing."""

    def on_end(self, reason: str) -> None:
        """Hear nothing."""

    def on_order_outcome(self, order: Order) -> None:
        """Hear nothing."""

    def on_broken(self, error: Exception) -> None:
        """Hear nothing."""
