"""Paradex: the venue's client, a thin facade over its public feed and one account.

* Capabilities are what the venue does. It has no fill-or-kill and no order that ends at a time.
  Its "cancel on disconnect" belongs to a stream's session and acts when the connection drops, not
  when a bot falls silent for so long, so it is no dead-man switch and is left off.
* Funding accrues each second; a rate is per `funding_period_hours`.
* Reading `PARADEX_L2_ADDRESS` from the environment spares loading the venue's SDK, which takes
  seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from exchanges.base import (
    Balance,
    BaseExchangeClient,
    Bbo,
    Capability,
    EventListener,
    ExchangeContext,
    Fill,
    FundingRate,
    Market,
    OrderBook,
    OrderInfo,
    OrderParams,
    OrderResult,
    Position,
)
from exchanges.checkup import CheckupStep
from exchanges.clock_check import refuse_wrong_clock
from exchanges.frames import FrameEvent
from exchanges.paradex.account import Account, open_account
from exchanges.paradex.checkup import checkup_steps
from exchanges.paradex.frames import read_frame
from exchanges.paradex.keys import ParadexKeys
from exchanges.paradex.link import Link
from exchanges.paradex.public import ParadexPublicFeed
from exchanges.paradex.states import refuse_closed
from exchanges.public_feed import PublicFeed
from exchanges.results import outcome
from helpers.errors import ConnectivityError
from helpers.models import Trade

_LARGEST_SKEW_S: Final = 5.0
"""Half of what an order may be old when it arrives (exchanges/paradex/drafts.py)."""
_CAPABILITIES: Final = frozenset(
    {
        Capability.AMEND,
        Capability.CANCEL_ALL,
        Capability.BATCH,
        Capability.POST_ONLY,
        Capability.REDUCE_ONLY,
        Capability.IOC,
        Capability.LEVERAGE,
        Capability.ACCOUNT_FIGURES,
    }
)


class _BookOnly:
    """Passes a public feed's book news on to a client's listener."""

    def __init__(self, listener: EventListener) -> None:
        self.on_book = listener.on_book

    def on_trade(self, trade: Trade) -> None:
        """Trades of others are not told to a client's listener."""


class ParadexClient(BaseExchangeClient):
    """One Paradex account."""

    def __init__(self, context: ExchangeContext) -> None:
        """Keep the seams; opens nothing and reads no key."""
        super().__init__(context)
        self._link: Link | None = None
        self._feed: ParadexPublicFeed | None = None
        self._account: Account | None = None
        self._address = ""

    @property
    def account_id(self) -> str:
        """The account's address on the venue's chain."""
        return self._address or self._here.address

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What Paradex can do."""
        return _CAPABILITIES

    @classmethod
    def public_feed(cls, context: ExchangeContext) -> PublicFeed:
        """Give the venue's public data."""
        return ParadexPublicFeed(context)

    @classmethod
    def read_frame(cls, frame: bytes) -> Sequence[FrameEvent]:
        """Say what one recorded frame or response body tells."""
        return read_frame(frame)

    def checkup(self, ticker: str) -> Sequence[CheckupStep]:
        """List what `runbot doctor` looks at."""
        return checkup_steps(self.context, ticker)

    # -- life -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Read the keys, log in, load the markets and what this account pays."""
        keys = ParadexKeys.read(self.context.environment)
        self._link = Link(self.context, keys)
        self._feed = ParadexPublicFeed(self.context, self._link)
        try:
            await self._feed.connect()
            refuse_closed(await self._link.rest.state())
            await refuse_wrong_clock("Paradex", self.context.clock, self._feed.server_time_ns, _LARGEST_SKEW_S)
            account = await open_account(self._link, keys, self._feed)
            await account.log_in()
        except BaseException:
            await self.disconnect()
            raise
        self._account, self._address = account, account.address

    async def disconnect(self) -> None:
        """Close everything; may be called twice."""
        account, self._account = self._account, None
        if account is not None:
            await account.close()
        if self._feed is not None:
            await self._feed.disconnect()
        if self._link is not None:
            await self._link.close()

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Start the account's stream and the market's book."""
        market = await self._market_feed.get_market(ticker)
        await self._here.stream.subscribe(market.contract_id, ticker, listener)
        await self._market_feed.watch(ticker, _BookOnly(listener), trades=False)

    def only_reduce(self) -> None:
        """Keep back what increases risk and still waits for its turn."""
        if self._account is not None:
            self._account.orders.only_reduce = True

    # -- market ---------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give a market's terms and the fees of this account."""
        return self._here.with_fees(await self._market_feed.get_market(ticker))

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream."""
        return None if self._feed is None else self._feed.top_of_book(ticker)

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read up to `depth` levels a side."""
        return await self._market_feed.fetch_order_book(ticker, depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate per funding period."""
        return await self._market_feed.get_funding_rate(ticker)

    # -- orders ---------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send one order; a refusal that comes after the answer comes by the stream."""
        return await outcome(self._here.orders.place(ticker, client_order_id, params))

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change price and total quantity; the order keeps both its ids."""
        return await outcome(self._here.orders.amend(ticker, client_order_id, price, quantity))

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Ask for a cancel; the venue queues it."""
        return await outcome(self._here.orders.cancel(ticker, client_order_id))

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Ask for the cancel of everything on one market; the venue queues it."""
        return await outcome(self._here.orders.cancel_all(ticker))

    async def place_orders(self, ticker: str, orders: Sequence[tuple[str, OrderParams]]) -> list[OrderResult]:
        """Send several orders, ten to a request; each has its own outcome, in the order given."""
        return await self._here.orders.place_many(ticker, orders)

    async def cancel_orders(self, client_order_ids: Sequence[str]) -> list[OrderResult]:
        """Ask for several cancels as one request; each has its own outcome, in the order given."""
        return await self._here.orders.cancel_many(client_order_ids)

    # -- leverage -------------------------------------------------------------------------

    async def get_leverage(self, ticker: str) -> Decimal:
        """Read the leverage chosen on a market."""
        return Decimal((await self._here.margin(ticker)).leverage)

    async def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Choose the leverage of a market, a whole number; the kind of margin stays as it is."""
        await self._here.set_leverage(ticker, leverage)

    # -- truth ----------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read our resting orders on one market."""
        return await self._here.active_orders(ticker)

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None only if the venue never had it."""
        return await self._here.order(ticker, client_order_id)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read our executions on one market, oldest first."""
        return await self._here.fills(ticker, since_ns)

    async def get_account_positions(self) -> tuple[Position, ...]:
        """Read all open positions."""
        return await self._here.positions()

    async def get_balance(self) -> Balance:
        """Read the account's money."""
        return await self._here.balance()

    # -- inside ---------------------------------------------------------------------------

    @property
    def _here(self) -> Account:
        if self._account is None:
            raise ConnectivityError(f"{self.exchange} is not connected")
        return self._account

    @property
    def _market_feed(self) -> ParadexPublicFeed:
        if self._feed is None:
            raise ConnectivityError(f"{self.exchange} is not connected")
        return self._feed


__all__ = ["ParadexClient"]
