"""A venue's public side: markets, books, trades and funding, none of which needs a key.

A venue client owns one and passes its market questions on to it; `--paper` uses it alone, with
simulated fills.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from helpers.models import Bbo, FundingRate, Market, OrderBook, Trade


class PublicListener(Protocol):
    """Who hears what a market's public streams bring. Called in the event loop; must not block."""

    def on_book(self) -> None:
        """Hear that the best bid or ask changed, in price or quantity, or that the book cannot be trusted any more."""
        ...

    def on_trade(self, trade: Trade) -> None:
        """Hear of a public trade; none is told twice."""
        ...


class PublicFeed(ABC):
    """The public data of one venue."""

    @abstractmethod
    async def connect(self) -> None:
        """Load the list of markets.

        Raises:
            ConnectivityError: the venue cannot be reached.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close everything; may be called twice."""

    @abstractmethod
    async def subscribe(self, ticker: str, listener: PublicListener) -> None:
        """Start the streams of one market; returns when the first book is there.

        Raises:
            UserError: the venue has no such market; names the nearest ones.
            ConnectivityError: no book came in time.
        """

    @abstractmethod
    async def get_market(self, ticker: str) -> Market:
        """Give tick, step, minimums, and the fees of a new account.

        Raises:
            UserError: the venue has no such market, or it cannot be traded now; names the nearest ones.
        """

    @abstractmethod
    def tickers(self) -> tuple[str, ...]:
        """List the tickers of all perpetual markets. Known after connect."""

    @abstractmethod
    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream; None before the first, and while there is a gap."""

    @abstractmethod
    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read up to `depth` levels a side."""

    @abstractmethod
    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement, per interval, positive = longs pay."""

    @abstractmethod
    async def server_time_ns(self) -> int:
        """Read the venue's clock, ns; as exact as the venue tells it."""


__all__ = ["PublicFeed", "PublicListener"]
