"""The Lighter client: a facade over its public data, its account's stream and its orders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.checkup import CheckupStep
from exchanges.frames import FrameEvent
from exchanges.lighter import mapping
from exchanges.lighter.account_session import AccountSession
from exchanges.lighter.checkup import checkup_steps
from exchanges.lighter.frames import read_frame
from exchanges.lighter.keys import LighterKeys, LighterPlace
from exchanges.lighter.login import LighterLogin, log_in
from exchanges.lighter.markets import ticker_of, with_fees
from exchanges.lighter.public import LighterPublicFeed
from exchanges.lighter.trading import Wanted
from exchanges.public_feed import PublicFeed
from exchanges.results import OrderResult, outcome
from helpers.decisions import OrderParams
from helpers.enums import Capability
from helpers.errors import UserError
from helpers.listener import EventListener
from helpers.models import Balance, Bbo, Fill, FundingRate, Market, OrderBook, OrderInfo, Position
from helpers.transport import Transport

_CAPABILITIES: Final = frozenset(Capability) - {Capability.PEG, Capability.FOK}


class LighterClient(BaseExchangeClient):
    """One account on Lighter."""

    def __init__(self, context: ExchangeContext, transport: Transport | None = None) -> None:
        """Open nothing.

        Args:
            context: the seams.
            transport: instead of the context's.
        """
        super().__init__(context)
        self._feed = LighterPublicFeed(dataclasses.replace(context, transport=transport or context.transport))
        self._login: LighterLogin | None = None
        self._account: AccountSession | None = None

    @property
    def account_id(self) -> str:
        """The venue's number of the account, with the network."""
        return f"{self._network.environment}:{self._me.account_index}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Everything but pegs and fill-or-kill."""
        return _CAPABILITIES

    @classmethod
    def public_feed(cls, context: ExchangeContext) -> PublicFeed:
        """Give the venue's public data."""
        return LighterPublicFeed(context)

    @classmethod
    def read_frame(cls, frame: bytes) -> Sequence[FrameEvent]:
        """Say what a recorded frame or body tells."""
        return read_frame(frame)

    def checkup(self, ticker: str) -> Sequence[CheckupStep]:
        """List what `runbot doctor` looks at."""
        return checkup_steps(self.context, self._feed, ticker)

    # -- life -----------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Load the markets, find the account and prove the key."""
        keys = LighterKeys.read(self.context.environment)
        await self._feed.connect()
        if self._login is not None:
            self._login.signer.close()
        self._login = await log_in(self._feed.rest, self._network, keys, self.context.clock)

    async def disconnect(self) -> None:
        """Close streams and connections and give the key's numbers back."""
        account, self._account = self._account, None
        if account is not None:
            await account.close()
        await self._feed.disconnect()
        if self._login is not None:
            self._login.signer.close()

    def only_reduce(self) -> None:
        """Refuse what increases risk and still waits for budget or nonce."""
        if self._login is not None:
            self._login.trading.only_reduce = True

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Follow one market and our account on it."""
        market = self._feed.markets.tradable(ticker)
        if self._account is None:
            transport, url = self._feed.transport, self._network.stream_url
            self._account = AccountSession(self.context, transport, url, self._me, self._feed)
        await self._account.follow(market.index, listener)
        await self._feed.follow(ticker, listener.on_book)

    # -- market -----------------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give a market's terms and the fees of this account."""
        fees = None if self._login is None else self._login.fees
        return with_fees(await self._feed.get_market(ticker), fees)

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream."""
        return self._feed.top_of_book(ticker)

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Give the streamed levels, or read them."""
        return await self._feed.fetch_order_book(ticker, depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Give the rate of the coming full hour."""
        return await self._feed.get_funding_rate(ticker)

    # -- orders -----------------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send one order; OPEN says that the sequencer will look at it."""
        return _of(await outcome(self._place(ticker, client_order_id, params)), client_order_id)

    async def place_orders(self, ticker: str, wanted: Wanted) -> list[OrderResult]:
        """Send orders as batches of up to fifteen."""
        market = self._feed.markets.find(ticker)
        return await self._me.trading.place_many(market, wanted, self.top_of_book(ticker))

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change price and total quantity of a resting order."""
        market = self._feed.markets.find(ticker)
        return _of(await outcome(self._me.trading.amend(market, client_order_id, price, quantity)), client_order_id)

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Ask for a cancel by our id."""
        market = self._feed.markets.find(ticker)
        return _of(await outcome(self._me.trading.cancel(market, client_order_id)), client_order_id)

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel all our orders on one market."""
        return await outcome(self._me.trading.cancel_all(self._feed.markets.find(ticker)))

    async def set_dead_man_switch(self, seconds: float | None) -> None:
        """Have the venue cancel everything of the account, on every market, unless called again in time; None ends it.

        Raises:
            VenueError: it is not certain that it is set.
        """
        await self._me.trading.set_dead_man_switch(seconds)

    # -- leverage -----------------------------------------------------------------------------------

    async def get_leverage(self, ticker: str) -> Decimal:
        """Read the leverage of a market."""
        return await self._me.leverage.read(self._feed.markets.find(ticker))

    async def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Choose the leverage of a market, and wait until the account shows it."""
        await self._me.leverage.choose(self._feed.markets.find(ticker), leverage)

    # -- truth --------------------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read our resting orders on one market."""
        me, market = self._me, self._feed.markets.find(ticker)
        infos = [mapping.order_info(order) for order in await me.rest.active_orders(market.index)]
        for info in infos:
            me.notes.saw(info)
        return tuple(info for info in infos if not info.status.is_terminal)

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None if the venue says that it has none."""
        me, market = self._me, self._feed.markets.find(ticker)
        if not client_order_id.isdecimal():
            return None
        found = await me.rest.find_order(market.index, int(client_order_id))
        if found is None:
            return None
        info = mapping.order_info(found)
        me.notes.saw(info)
        return info

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read our executions on one market at or after a time."""
        me, market = self._me, self._feed.markets.find(ticker)
        trades = await me.rest.trades(market.index, since_ns)
        return tuple(fill for trade in trades for fill in mapping.fills(trade, me.account_index, market.market.ticker))

    async def get_account_positions(self) -> tuple[Position, ...]:
        """Read all open positions."""
        account, markets = await self._me.rest.account(), self._feed.markets
        told = [(ticker_of(markets.at(each.market_id), each.market_id), each) for each in account.positions or ()]
        return tuple(held for ticker, each in told if (held := mapping.position(each, ticker)).quantity)

    async def get_balance(self) -> Balance:
        """Read the account's money."""
        return mapping.account_balance(await self._me.rest.account())

    # -- inside -------------------------------------------------------------------------------------

    async def _place(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        market = self._feed.markets.find(ticker)
        bbo = self.top_of_book(ticker) if params.price is not None else await self._feed.touch(ticker)
        return await self._me.trading.place(market, client_order_id, params, bbo)

    @property
    def _network(self) -> LighterPlace:
        return LighterPlace.read(self.context.environment)

    @property
    def _me(self) -> LighterLogin:
        if self._login is None:
            raise UserError("the Lighter client is not connected", "connect first")
        return self._login


def _of(result: OrderResult, client_order_id: str) -> OrderResult:
    """Give a result with the id it is about."""
    if result.client_order_id is not None:
        return result
    return msgspec.structs.replace(result, client_order_id=client_order_id)


__all__ = ["LighterClient"]
