"""Lighter's public data: markets, one connection with books, trades and statistics, funding. No keys."""

from __future__ import annotations

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from exchanges.base import ExchangeContext
from exchanges.lighter.book import BookReader
from exchanges.lighter.dialect import LighterDialect, connection_quota, stream_terms
from exchanges.lighter.keys import LighterPlace
from exchanges.lighter.mapping import from_eight_hours, funding_rate, hourly_rate, number
from exchanges.lighter.market_stream import MarketStream
from exchanges.lighter.markets import LighterMarket, LighterMarkets
from exchanges.lighter.rest import LighterRest
from exchanges.lighter.wire import BookReply, RestingOrder
from exchanges.public_feed import PublicFeed, PublicListener
from exchanges.reads import read
from exchanges.stream import ReconnectingStream
from helpers.clock import NS_PER_S
from helpers.errors import BadPayload, ConnectivityError, RateLimited, VenueRejected
from helpers.models import Bbo, BookLevel, FundingRate, Market, OrderBook
from helpers.transport import Transport

_SILENCE_S: Final = 60.0
_STATS_GOOD_NS: Final = 300 * NS_PER_S
"""How old streamed statistics may be to tell the funding rate."""
_OURS: Final = "lighter"
_LOG = logging.getLogger("runbot.lighter")


class LighterPublicFeed(PublicFeed):
    """Public data of one Lighter."""

    def __init__(self, context: ExchangeContext) -> None:
        """Open nothing."""
        self._context = context
        self._transport: Transport | None = context.transport
        self._owns_transport = False
        self._rest: LighterRest | None = None
        self._markets: LighterMarkets | None = None
        self._streams: dict[int, MarketStream] = {}
        self._readers: dict[str, BookReader] = {}
        """Books by ticker as it was asked for."""
        self._dialect: LighterDialect | None = None

    # -- what the client of the same venue shares -----------------------------------------------

    @property
    def transport(self) -> Transport:
        """Carries requests and streams; made when first asked for."""
        if self._transport is None:
            # aiohttp is heavy, and a run in memory never needs it
            from exchanges.socket_transport import SocketTransport  # noqa: PLC0415

            self._transport = SocketTransport(self._context.clock)
            self._owns_transport = True
        return self._transport

    @property
    def rest(self) -> LighterRest:
        """The venue's HTTP, with one budget for all."""
        if self._rest is None:
            place = LighterPlace.read(self._context.environment)
            self._rest = LighterRest(self.transport, place.base_url, self._context.clock)
        return self._rest

    @property
    def markets(self) -> LighterMarkets:
        """The venue's markets. Known after connect."""
        if self._markets is None:
            raise ConnectivityError("not connected to Lighter")
        return self._markets

    # -- life -----------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Load the list of markets."""
        details = await read(self.rest.markets)
        self._markets = LighterMarkets(self._context.label, details)

    async def refresh(self) -> None:
        """Read the markets' terms anew: the venue may change a scale, and old units would be other amounts."""
        changed = self.markets.take(await self.rest.markets())
        if changed:
            _LOG.warning("%s has changed the terms of %s", self._context.label, ", ".join(changed))

    async def disconnect(self) -> None:
        """Close everything; may be called twice."""
        dialect, self._dialect = self._dialect, None
        if dialect is not None:
            await dialect.stream.close()
        self._streams.clear()
        self._readers.clear()
        if self._owns_transport:
            await self.transport.close()

    async def subscribe(self, ticker: str, listener: PublicListener) -> None:
        """Start book, statistics and trades of one market; returns when the first book is there."""
        stream = await self.follow(ticker, listener.on_book)
        stream.on_trade.append(listener.on_trade)
        dialect = await self._connected()
        await dialect.stream.add(stream.trade_channel(dialect))

    async def follow(self, ticker: str, on_book: Callable[[], None]) -> MarketStream:
        """Start book and statistics of one market, without trades; returns when the first book is there."""
        market = self.markets.find(ticker)
        dialect = await self._connected()
        stream = self._streams.get(market.index)
        if stream is None:
            stream = self._streams[market.index] = MarketStream(market, self._context.clock, dialect)
        self._readers[ticker] = stream.reader
        stream.on_book.append(on_book)
        try:
            await dialect.stream.add(stream.book_channel(dialect))
            await dialect.stream.add(stream.stats_channel(dialect))
        except ConnectivityError:
            stream.on_book.remove(on_book)
            raise
        return stream

    # -- what can be asked ------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give a market's terms, with the fees of a new account."""
        return self.markets.tradable(ticker).market

    def tickers(self) -> tuple[str, ...]:
        """List all perpetual markets."""
        return self.markets.tickers

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream; None before the first, and while there is a gap."""
        reader = self._readers.get(ticker)  # asked several times a step: no detour
        if reader is None:
            self.markets.find(ticker)
            return None
        return reader.bbo

    async def touch(self, ticker: str) -> Bbo | None:
        """Give the streamed best bid and offer, or read them while the stream is down: who must get out must not wait.

        Raises:
            VenueRejected: they cannot be read, so nothing can be sent.
        """
        streamed = self.top_of_book(ticker)
        if streamed is not None:
            return streamed
        try:
            book = await self.fetch_order_book(ticker, 1)
        except (ConnectivityError, RateLimited, BadPayload) as error:
            raise VenueRejected("no book", f"there is no book to take a price from: {error}") from None
        bid, ask = (side[0] if side else None for side in (book.bids, book.asks))
        return Bbo(
            bid=None if bid is None else bid.price,
            bid_quantity=None if bid is None else bid.quantity,
            ask=None if ask is None else ask.price,
            ask_quantity=None if ask is None else ask.quantity,
            venue_time_ns=book.venue_time_ns,
            received_ns=self._context.clock.now_ns(),
        )

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Give the streamed levels, or read the orders nearest to the touch where there is no stream."""
        market = self.markets.find(ticker)
        stream = self._streams.get(market.index)
        if stream is not None and stream.reader.book.is_ready:
            return stream.reader.book.levels(depth)
        return _levels(await self.rest.book(market.index), depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Give the rate of the coming full hour, from the stream where it is fresh."""
        market, now = self.markets.find(ticker), self._context.clock.now_ns()
        stream = self._streams.get(market.index)
        if stream is not None and stream.stats is not None and now - stream.stats_ns <= _STATS_GOOD_NS:
            return funding_rate(market.market.ticker, hourly_rate(stream.stats), now)
        return funding_rate(market.market.ticker, await self._read_hourly(market), now)

    async def server_time_ns(self) -> int:
        """Read the venue's clock, in whole seconds."""
        return await self.rest.server_time_ns()

    # -- inside ---------------------------------------------------------------------------------

    async def _connected(self) -> LighterDialect:
        if self._dialect is None:
            place = LighterPlace.read(self._context.environment)
            context = self._context
            dialect = self._dialect = LighterDialect(place.stream_url)
            dialect.stream = ReconnectingStream(
                self.transport,
                context.clock,
                context.random,
                dialect,
                stream_terms(_SILENCE_S),
                quota=connection_quota(),
                name=f"{context.label} market data",
            )
        await self._dialect.stream.open()
        return self._dialect

    async def _read_hourly(self, market: LighterMarket) -> Decimal:
        for each in await self.rest.funding_rates():
            if each.market_id == market.index and each.exchange == _OURS:
                return from_eight_hours(each.rate)
        raise BadPayload(f"Lighter tells no funding rate of {market.market.ticker}")


def _levels(reply: BookReply, depth: int) -> OrderBook:
    """Add up orders of one price; the venue does not say when that was."""
    return OrderBook(bids=_side(reply.bids, depth), asks=_side(reply.asks, depth), venue_time_ns=0)


def _side(orders: list[RestingOrder] | None, depth: int) -> tuple[BookLevel, ...]:
    levels: dict[Decimal, Decimal] = {}
    for order in orders or ():
        price = number(order.price)
        levels[price] = levels.get(price, Decimal(0)) + number(order.remaining_base_amount)
    return tuple(BookLevel(price, quantity) for price, quantity in list(levels.items())[:depth])


__all__ = ["LighterPublicFeed"]
