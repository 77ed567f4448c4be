"""Who hears what a venue tells: real streams and simulated venues speak to the same listener."""

from __future__ import annotations

from typing import Protocol

from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position


class EventListener(Protocol):
    """Who wants to know what a venue's streams bring. Called in the event loop; must not block."""

    def on_book(self) -> None:
        """Hear that the best bid or ask changed in a way that was asked for with `arm`."""
        ...

    def on_order(self, info: OrderInfo) -> None:
        """Hear the venue's new account of one of our orders."""
        ...

    def on_fill(self, fill: Fill) -> None:
        """Hear of an execution; the same one may be reported twice."""
        ...

    def on_position(self, position: Position) -> None:
        """Hear the venue's account of our position."""
        ...

    def on_balance(self, balance: Balance) -> None:
        """Hear the venue's account of our money."""
        ...

    def on_funding(self, payment: FundingPayment) -> None:
        """Hear of a funding settlement on our position."""
        ...

    def on_gap(self) -> None:
        """Hear that the account's stream was interrupted and is back: what happened meanwhile was not told."""
        ...

    def on_end(self, reason: str) -> None:
        """Hear that no more data will come: a recording is over."""
        ...
