"""`--paper` on a real venue: its live public data, fills simulated on our side. No keys, nothing is sent.

The account, the orders and the money are those of the simulated venue, on the real market's
terms. Prices are the real stream's; funding is settled at the rates the venue publishes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final

import msgspec

from exchanges.base import (
    BaseExchangeClient,
    Bbo,
    EventListener,
    ExchangeContext,
    FundingRate,
    Market,
    OrderBook,
)
from exchanges.paper import PaperClient
from exchanges.public_feed import PublicFeed
from helpers.enums import MarketKind
from helpers.errors import ConnectivityError
from helpers.models import Trade
from helpers.secret_names import is_secret_name
from simulation.live_funding import PublishedFunding
from simulation.live_market import LiveMarket, LiveSource
from simulation.order_desk import OrderDesk
from simulation.paper_world import profile_of
from simulation.venue import SimulatedVenue

_LOG: Final = logging.getLogger("runbot.paper")
_LEVELS: Final = 50
"""Levels a side from which the depth behind the best prices is assumed."""


class LivePaperClient(PaperClient):
    """An account on a simulated venue whose markets are a real venue's."""

    is_simulated: ClassVar[bool] = False

    def __init__(self, context: ExchangeContext, feed: PublicFeed) -> None:
        """Open nothing yet.

        Args:
            context: the seams; its label must tell this account from a real one.
            feed: the real venue's public data.
        """
        super().__init__(context)
        self._feed = feed
        self._live: dict[str, LiveMarket] = {}
        self._relays: dict[str, _Relay] = {}
        """By ticker, the markets whose streams run; one may not be listed yet."""
        self._listing = asyncio.Lock()

    @classmethod
    def on(cls, real: type[BaseExchangeClient], context: ExchangeContext) -> LivePaperClient:
        """Trade on the market of a real venue's client, which is never made and whose keys are left out.

        Raises:
            UserError: the venue has no public data.
        """
        harmless = {name: value for name, value in context.environment.items() if not is_secret_name(name)}
        context = replace(context, environment=harmless)
        return cls(context, real.public_feed(context))

    # -- life -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Load the list of markets and open an account."""
        await self._feed.connect()
        if self._venue is None:
            context = self.context
            rng = random.Random(f"delays:{context.label}:{context.seed}")  # noqa: S311 - seeded on purpose
            self._venue = SimulatedVenue(profile_of(context.paper), rng, context.clock.now_ns(), context.seed)
        await super().connect()

    async def disconnect(self) -> None:
        """Close the streams and leave the venue to itself."""
        await self._feed.disconnect()
        await super().disconnect()

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Hear of the account's news on one market."""
        await self.get_market(ticker)
        await super().subscribe(ticker, listener)

    # -- market ---------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give the real venue's terms for a market, starting its streams when first asked for it.

        Fees are those of a new account there, unless the person set others.
        """
        async with self._listing:
            listed = self.venue.core.markets
            if ticker not in listed:
                real = await self._feed.get_market(ticker)
                ticker = real.ticker
                if ticker not in listed:
                    await self._list(real)
            return listed[ticker].market

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Read the stream's book, which the simulated venue follows at once; None while it is interrupted."""
        self.venue.core.market(ticker)
        bbo = self._feed.top_of_book(ticker)
        if bbo is None:
            self._live[ticker].on_book()  # whoever looks first finds out, even before the stream has told
        return bbo

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read the best prices, and behind them the levels that are assumed."""
        if self.top_of_book(ticker) is None:
            raise ConnectivityError(f"{self.exchange}: the public stream of {ticker} is interrupted")
        return await super().fetch_order_book(ticker, depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement from the real venue; it is what will be settled."""
        if self.venue.core.market(ticker).market.kind is MarketKind.SPOT:
            return await super().get_funding_rate(ticker)
        told = await self._feed.get_funding_rate(ticker)
        self._live[ticker].funding.take(told)
        return told

    # -- inside ---------------------------------------------------------------------------

    async def _list(self, real: Market) -> None:
        ticker = real.ticker
        funding = PublishedFunding(await self._told_funding(real))
        if ticker not in self._relays:
            relay = _Relay()
            await self._feed.subscribe(ticker, relay)
            self._relays[ticker] = relay
        book = await self._feed.fetch_order_book(ticker, _LEVELS)
        source = LiveSource(
            look=partial(self._feed.top_of_book, ticker), now_ns=self.context.clock.now_ns, say=self._say
        )
        market = LiveMarket(self.venue, self._terms(real), book, funding, source)
        self._relays[ticker].market = self._live[ticker] = market
        # Nothing has been booked before there is a market, so the account is in whatever that one is in.
        self.venue.core.accounts[self.account_id].currency = real.quote
        self.venue.changed()

    async def _told_funding(self, real: Market) -> FundingRate:
        """Ask the real venue; nobody is asked about spot, which has none."""
        if real.kind is MarketKind.PERP:
            return await self._feed.get_funding_rate(real.ticker)
        due = self.context.clock.now_ns() + real.funding_interval_ns
        return FundingRate(
            ticker=real.ticker, rate=Decimal(0), interval_ns=real.funding_interval_ns, next_funding_ns=due
        )

    def _terms(self, real: Market) -> Market:
        options = self.context.paper
        given = options.model_fields_set
        return msgspec.structs.replace(
            real,
            exchange=self.exchange,
            maker_fee=options.maker_fee / 100 if "maker_fee" in given else real.maker_fee,
            taker_fee=options.taker_fee / 100 if "taker_fee" in given else real.taker_fee,
        )

    def _desk(self, ticker: str) -> OrderDesk:
        """Give the order desk; an order never meets a book that nobody vouches for."""
        self.top_of_book(ticker)
        return super()._desk(ticker)

    def _say(self, text: str) -> None:
        _LOG.warning("%s: %s", self.exchange, text)


class _Relay:
    """Passes the streams' news on, once there is a market to take them."""

    def __init__(self) -> None:
        self.market: LiveMarket | None = None

    def on_book(self) -> None:
        if self.market is not None:
            self.market.on_book()

    def on_trade(self, trade: Trade) -> None:
        if self.market is not None:
            self.market.on_trade(trade)


__all__ = ["LivePaperClient"]
