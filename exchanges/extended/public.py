"""Extended's public side: markets, books, trades and funding, for which no key is needed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from exchanges.extended.keys import ExtendedPlace
from exchanges.extended.listings import Listing, Listings
from exchanges.extended.mapping import NS_PER_MS, book_of, funding_of
from exchanges.extended.market_streams import BookStream, MarkStream, TradeStream
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.topic import Topic
from exchanges.public_feed import PublicFeed, PublicListener
from helpers.clock import NS_PER_S
from helpers.errors import BadPayload, VenueError
from helpers.models import Bbo, FundingRate, Market, OrderBook

if TYPE_CHECKING:
    from exchanges.base import ExchangeContext

_BOOK_LASTS_NS: Final = 5 * NS_PER_S
"""A book that the stream confirmed so lately is not read again."""


class ExtendedPublicFeed(PublicFeed):
    """Public data of Extended; a client shares its network and listings."""

    def __init__(self, context: ExchangeContext, network: ExtendedNetwork | None = None) -> None:
        """Open nothing.

        Raises:
            UserError: an address is malformed.
        """
        self._exchange = context.label
        self._network = network or ExtendedNetwork(context, ExtendedPlace.read(context.environment))
        self._is_guest = network is not None
        self.listings = Listings()
        self._books: dict[str, BookStream] = {}
        self._marks: dict[str, MarkStream] = {}
        self._trades: dict[str, TradeStream] = {}

    # -- life -----------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Load the list of markets."""
        await self.reload()

    async def disconnect(self) -> None:
        """Close the streams, and the network if it is ours."""
        topics: list[Topic[Any]] = [stream.topic for stream in self._books.values()]
        topics += [stream.topic for stream in self._marks.values()]
        topics += [stream.topic for stream in self._trades.values()]
        self._books, self._marks, self._trades = {}, {}, {}
        for topic in topics:
            await topic.close()
        if not self._is_guest:
            await self._network.close()

    async def subscribe(self, ticker: str, listener: PublicListener) -> None:
        """Start book and trades of one market; returns when the first book is there."""
        listing = await self.listing(ticker)
        await self.follow_book(ticker, listener.on_book)
        if listing.name not in self._trades:
            trades = self._trades[listing.name] = TradeStream(self._network, listing, listener.on_trade)
            await trades.topic.open()

    async def follow_book(self, ticker: str, tell: Callable[[], None]) -> None:
        """Start the book of one market, and nothing else; a later call for it replaces who hears."""
        listing = await self.listing(ticker)
        before = self._books.pop(listing.name, None)
        if before is not None:
            await before.topic.close()
        stream = BookStream(self._network, listing, tell)
        await stream.topic.open()
        self._books[listing.name] = stream

    async def follow_mark(self, ticker: str) -> None:
        """Start the mark price of one market."""
        listing = await self.listing(ticker)
        if listing.name not in self._marks:
            stream = MarkStream(self._network, listing)
            await stream.topic.open()
            self._marks[listing.name] = stream

    # -- markets --------------------------------------------------------------------------------

    async def reload(self) -> None:
        """Load the list of markets anew."""
        self.listings.replace(await self._network.rest.markets(), self._exchange)

    async def listing(self, ticker: str) -> Listing:
        """Find a market, loading the list if there is none yet.

        Raises:
            UserError: there is none; names the nearest one.
        """
        if not self.listings.tickers():
            await self.reload()
        return self.listings.find(ticker)

    async def get_market(self, ticker: str) -> Market:
        """Give tick, step, minimums, and the fees of a new account."""
        await self.listing(ticker)
        return self.listings.tradable(ticker).market

    def tickers(self) -> tuple[str, ...]:
        """List the tickers of all perpetual markets."""
        return self.listings.tickers()

    # -- prices ---------------------------------------------------------------------------------

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream; None before the first, and while there is a gap."""
        stream = self._books.get(self._name(ticker))
        return None if stream is None else stream.book.bbo

    async def fresh_top(self, ticker: str) -> Bbo | None:
        """Give the best prices as they are now: the stream's where it spoke lately, else the venue's answer."""
        bbo, now_ns = self.top_of_book(ticker), self._network.clock.now_ns()
        if bbo is not None and now_ns - bbo.received_ns <= _BOOK_LASTS_NS:
            return bbo
        book = await self.fetch_order_book(ticker, 1)
        bid = next((level.price for level in book.bids), None)
        ask = next((level.price for level in book.asks), None)
        return Bbo(bid, None, ask, None, book.venue_time_ns, now_ns)

    def mark_price(self, ticker: str) -> Decimal | None:
        """Give the mark price, if it is followed and fresh."""
        stream = self._marks.get(self._name(ticker))
        return None if stream is None else stream.fresh()

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Give the best levels: the stream's where it is fresh, else the venue's answer, which is always whole."""
        listing, now_ns = await self.listing(ticker), self._network.clock.now_ns()
        stream = self._books.get(listing.name)
        if stream is not None and stream.book.is_ready and now_ns - stream.book.received_ns <= _BOOK_LASTS_NS:
            return stream.book.levels(depth)
        return book_of(await self._network.rest.book(listing.name), depth, now_ns)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement: per hour, positive = longs pay."""
        listing = await self.listing(ticker)
        stats = await self._network.rest.stats(listing.name)
        return funding_of(stats, listing.market.ticker, self._network.clock.now_ns())

    async def server_time_ns(self) -> int:
        """Read the venue's clock: a response's Date, whole seconds; else the newest time a stream told.

        Raises:
            VenueError: neither is there.
        """
        ticker = next(iter(self.listings.tickers()), "")
        listing = await self.listing(ticker or "BTC")
        try:
            return await self._network.rest.server_time_ns(listing.name)
        except BadPayload:
            told = [stream.topic.venue_time_ms for stream in self._books.values()]
            if not any(told):
                raise VenueError("Extended did not tell its time") from None
            return max(told) * NS_PER_MS

    def _name(self, ticker: str) -> str:
        """Give the venue's name of a market, or what was asked for while there is no list yet."""
        names = self.listings.names
        name = names.get(ticker)  # asked several times a step: no detour
        if name is None and self.listings.tickers():
            name = names[ticker] = self.listings.find(ticker).name
        return name or ticker


__all__ = ["ExtendedPublicFeed"]
