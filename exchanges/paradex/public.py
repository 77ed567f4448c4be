"""Paradex's public side: the list of markets, books, trades and funding. Needs no key.

One connection carries the books, trades and summaries of all markets that somebody listens to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from exchanges.paradex import mapping
from exchanges.paradex.book_channel import MAX_SILENCE_S, BookChannel, book_channel
from exchanges.paradex.keys import ParadexPlace
from exchanges.paradex.link import Link
from exchanges.paradex.markets import MarketList
from exchanges.paradex.rest import parse
from exchanges.paradex.rpc import RpcStream
from exchanges.paradex.summaries import Summaries
from exchanges.paradex.wire import PublicTrade
from exchanges.public_feed import PublicFeed, PublicListener
from helpers.errors import ConnectivityError
from helpers.models import Bbo, FundingRate, Market, OrderBook

if TYPE_CHECKING:
    from exchanges.base import ExchangeContext

_KEPT_TRADES: Final = 2_000


@dataclass(slots=True)
class _Watched:
    """One market somebody listens to."""

    listener: PublicListener
    book: BookChannel
    trades: OrderedDict[str, None] = field(default_factory=OrderedDict)
    """Ids that were told, so that none is told twice."""


class ParadexPublicFeed(PublicFeed):
    """The public data of Paradex."""

    def __init__(self, context: ExchangeContext, link: Link | None = None) -> None:
        """Open nothing.

        Args:
            context: the seams.
            link: the way to the venue, where a client shares its own.
        """
        self._context = context
        self._owns_link = link is None
        self._link = link or Link(context, ParadexPlace.read(context.environment))
        self._markets: MarketList | None = None
        self._stream: RpcStream | None = None
        self._watched: dict[str, _Watched] = {}
        self.summaries = Summaries(context.clock)
        """What the streams tell of marks and funding."""

    # -- life -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Load the list of markets."""
        self._markets = MarketList(self._context.label, await self._link.rest.markets())

    async def disconnect(self) -> None:
        """Close the stream; may be called twice."""
        stream, self._stream = self._stream, None
        self._watched.clear()
        if stream is not None:
            await stream.close()
        if self._owns_link:
            await self._link.close()

    async def subscribe(self, ticker: str, listener: PublicListener) -> None:
        """Start the streams of one market; returns when the first book is there."""
        await self.watch(ticker, listener, trades=True)

    async def watch(self, ticker: str, listener: PublicListener, *, trades: bool) -> None:
        """Start the book of one market, and its trades where they are wanted."""
        known = self._watched.get(ticker)
        if known is not None:
            known.listener = listener
            return
        market = await self.get_market(ticker)
        symbol = market.contract_id

        def changed() -> None:
            watched.listener.on_book()

        watched = _Watched(listener, BookChannel(market, self._context.clock, changed))
        stream = await self._opened()
        self._watched[ticker] = watched
        try:
            await self._add(stream, symbol, watched, trades=trades)
        except ConnectivityError:
            self._watched.pop(ticker, None)
            raise

    # -- reads ----------------------------------------------------------------------------

    @property
    def markets(self) -> MarketList:
        """The list of markets; there is none before connect."""
        if self._markets is None:
            raise ConnectivityError(f"{self._context.label} is not connected")
        return self._markets

    async def get_market(self, ticker: str) -> Market:
        """Give tick, step, minimums, and the fees of a new account."""
        return self.markets.market(ticker, self._context.clock.now_ns())

    def tickers(self) -> tuple[str, ...]:
        """List the tickers of all perpetual markets."""
        return self.markets.tickers()

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream."""
        watched = self._watched.get(ticker)
        return None if watched is None else watched.book.book.bbo

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read up to `depth` levels a side."""
        symbol = self.markets.find(ticker).symbol
        return mapping.order_book(await self._link.rest.book(symbol, depth), depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Give the rate per funding period, from the stream if it told it just now."""
        info, now = self.markets.find(ticker), self._context.clock.now_ns()
        rate = self.summaries.funding_rate(info.symbol)
        if rate is None:
            told = await self._link.rest.summary(info.symbol)
            rate = mapping.required(told.funding_rate, f"{info.symbol}: funding_rate")
        return mapping.funding_rate(ticker, rate, mapping.funding_interval_ns(info.funding_period_hours), now)

    async def server_time_ns(self) -> int:
        """Read the venue's clock, exact to a millisecond."""
        return await self._link.rest.time_ns()

    # -- inside -----------------------------------------------------------------------------

    async def _opened(self) -> RpcStream:
        if self._stream is None:
            self._stream = RpcStream(self._link, f"{self._context.label} public")
        await self._stream.open()
        return self._stream

    async def _add(self, stream: RpcStream, symbol: str, watched: _Watched, *, trades: bool) -> None:
        await stream.add(self.summaries.channel(symbol), self.summaries.take, max_silence_s=MAX_SILENCE_S)
        if trades:
            await stream.add(f"trades.{symbol}", _trade_taker(watched), proven_by_ack=True)
        book = watched.book
        await stream.add(book_channel(symbol), book.take, max_silence_s=MAX_SILENCE_S, on_reset=book.reset)


def _trade_taker(watched: _Watched) -> Callable[[msgspec.Raw], bool]:
    def take(raw: msgspec.Raw) -> bool:
        told = parse(raw, PublicTrade)
        if told.id not in watched.trades:
            watched.trades[told.id] = None
            if len(watched.trades) > _KEPT_TRADES:
                watched.trades.popitem(last=False)
            watched.listener.on_trade(mapping.trade(told))
        return True

    return take


__all__ = ["ParadexPublicFeed"]
