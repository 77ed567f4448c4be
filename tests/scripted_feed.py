"""A real venue for tests of `--paper`: its public data are what the test says, its client must never be made."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec
from worlds import MARKET

from exchanges.base import ExchangeContext
from exchanges.paper import PaperClient
from exchanges.public_feed import PublicFeed, PublicListener
from helpers.clock import Clock
from helpers.enums import Side
from helpers.errors import ConnectivityError, UserError
from helpers.models import Bbo, BookLevel, FundingRate, Market, OrderBook, Trade

D = Decimal
HOUR_NS = 3_600_000_000_000
REAL_MARKET = msgspec.structs.replace(
    MARKET,
    exchange="lighthouse",
    contract_id="1",
    quote="USDC",
    min_notional=D("0.5"),
    maker_fee=D("0.0001"),
    taker_fee=D("0.0004"),
)


class ScriptedFeed(PublicFeed):
    """Public data of one market, BTC, as a test writes them."""

    def __init__(self, clock: Clock, market: Market = REAL_MARKET) -> None:
        """Show 100.0/100.1 with two levels a side, at a funding rate of 0.01 % an hour."""
        self.clock = clock
        self.market = market
        self.calls: list[str] = []
        self.rate = D("0.0001")
        self.is_silent = False
        """Whether the stream brings no book when somebody subscribes."""
        self.bbo: Bbo | None = None
        self._listener: PublicListener | None = None
        self._trades = 0
        self.quote("100.0", "100.1")

    # -- what the test says -------------------------------------------------------------------

    def quote(self, bid: str | None, ask: str | None, bid_quantity: str = "0.05", ask_quantity: str = "0.05") -> None:
        """Change the best prices."""
        now = self.clock.now_ns()
        self.bbo = Bbo(
            None if bid is None else D(bid),
            None if bid is None else D(bid_quantity),
            None if ask is None else D(ask),
            None if ask is None else D(ask_quantity),
            now,
            now,
        )
        self.tell_book()

    def lose(self) -> None:
        """Interrupt the stream."""
        self.bbo = None
        self.tell_book()

    def tell_book(self) -> None:
        """Tell that the book changed."""
        if self._listener is not None:
            self._listener.on_book()

    def trade(self, side: Side | None, price: str, quantity: str, *, age_s: float = 0) -> None:
        """Print a public trade, which happened some time ago."""
        self._trades += 1
        trade = Trade(
            trade_id=str(self._trades),
            price=D(price),
            quantity=D(quantity),
            taker_side=side,
            time_ns=self.clock.now_ns() - round(age_s * 1e9),
        )
        if self._listener is not None:
            self._listener.on_trade(trade)

    # -- the feed -----------------------------------------------------------------------------

    async def connect(self) -> None:
        self.calls.append("connect")

    async def disconnect(self) -> None:
        self.calls.append("disconnect")
        self._listener = None

    async def subscribe(self, ticker: str, listener: PublicListener) -> None:
        self.calls.append(f"subscribe {ticker}")
        if self.is_silent:
            raise ConnectivityError("no book came in time")
        self._listener = listener
        listener.on_book()

    async def get_market(self, ticker: str) -> Market:
        if ticker.upper() != self.market.ticker:
            raise UserError(f"lighthouse has no market {ticker!r}", f"did you mean {self.market.ticker}?")
        return self.market

    def tickers(self) -> tuple[str, ...]:
        return (self.market.ticker,)

    def top_of_book(self, ticker: str) -> Bbo | None:
        assert ticker == self.market.ticker
        return self.bbo

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        del depth
        bids = (BookLevel(D("100.0"), D("0.05")), BookLevel(D("99.9"), D("0.03")), BookLevel(D("99.6"), D("0.05")))
        asks = (BookLevel(D("100.1"), D("0.05")), BookLevel(D("100.2"), D("0.04")), BookLevel(D("100.5"), D("0.04")))
        return OrderBook(bids, asks, self.clock.now_ns())

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        due = (self.clock.now_ns() // HOUR_NS + 1) * HOUR_NS
        return FundingRate(ticker=ticker, rate=self.rate, interval_ns=HOUR_NS, next_funding_ns=due)

    async def server_time_ns(self) -> int:
        return self.clock.now_ns()


class Lighthouse(PaperClient):
    """The client of the real venue: it has public data, and nobody may make it."""

    is_simulated: ClassVar[bool] = False
    feeds: ClassVar[list[ScriptedFeed]] = []
    """Every feed that was asked for."""
    contexts: ClassVar[list[ExchangeContext]] = []
    """What they were built with."""

    def __init__(self, context: ExchangeContext) -> None:
        raise AssertionError(f"a client with keys was made for {context.label}")

    @classmethod
    def public_feed(cls, context: ExchangeContext) -> PublicFeed:
        cls.contexts.append(context)
        cls.feeds.append(ScriptedFeed(context.clock))
        return cls.feeds[-1]


def real_venue() -> type[Lighthouse]:
    """Give a fresh class, with no feeds asked for yet."""

    class Fresh(Lighthouse):
        feeds: ClassVar[list[ScriptedFeed]] = []
        contexts: ClassVar[list[ExchangeContext]] = []

    return Fresh
