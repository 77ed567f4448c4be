"""`extended`: perpetuals settled on Starknet. The facade; what it does stands in the files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cached_property
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
    OrderStatus,
    Position,
)
from exchanges.checkup import CheckupStep
from exchanges.clock_check import refuse_wrong_clock
from exchanges.extended import frames
from exchanges.extended.account_mapping import balance_of, position_of
from exchanges.extended.checkup import ExtendedCheckup
from exchanges.extended.client_parts import ClientParts
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.frames import FrameEvent
from helpers.errors import VenueError

_ZERO: Final = Decimal(0)
_CURRENCY: Final = "USD"
_LARGEST_SKEW_S: Final = 30.0
"""The venue bears more; but who looks for missed executions asks from a minute before they can have happened, by
our clock. Behind one that is minutes ahead they would stay missed."""
_CAPABILITIES: Final = frozenset(
    {
        Capability.CANCEL_ALL,
        Capability.POST_ONLY,
        Capability.REDUCE_ONLY,
        Capability.IOC,
        Capability.GTT,
        Capability.DEAD_MAN_SWITCH,
        Capability.LEVERAGE,
        Capability.ACCOUNT_FIGURES,
    }
)


class ExtendedClient(BaseExchangeClient):
    """One account on Extended."""

    @cached_property
    def _parts(self) -> ClientParts:
        return ClientParts(self.context)

    @property
    def account_id(self) -> str:
        """Network and vault: what orders are signed for."""
        return f"{self._parts.keys.environment}-{self._parts.keys.vault}"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """No amend (exchanges/extended/orders.py says why), no batches, no fill-or-kill, no pegs."""
        return _CAPABILITIES

    @classmethod
    def public_feed(cls, context: ExchangeContext) -> ExtendedPublicFeed:
        """Give the venue's public data, for which no key is needed."""
        return ExtendedPublicFeed(context)

    @classmethod
    def read_frame(cls, frame: bytes) -> Sequence[FrameEvent]:
        """Say what one recorded frame or body tells."""
        return frames.read_frame(frame)

    def checkup(self, ticker: str) -> Sequence[CheckupStep]:
        """List what `runbot doctor` looks at."""
        return ExtendedCheckup(self._parts, ticker).steps()

    # -- life -----------------------------------------------------------------------------------

    async def connect(self) -> None:
        """Check that the keys belong together and to an account, and load the markets."""
        self._parts.signer.check()
        await self._parts.feed.connect()
        await self._parts.check_account()
        with suppress(VenueError):  # a venue that does not tell its time is no reason not to trade there
            told = self._parts.feed.server_time_ns
            await refuse_wrong_clock("Extended", self.context.clock, told, _LARGEST_SKEW_S)

    async def disconnect(self) -> None:
        """Close everything; nobody is told anything any more."""
        if "_parts" in self.__dict__:
            await self._parts.close()

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Start book and mark price of one market and the account's stream; returns when the book is there."""
        parts = self._parts
        ticker = (await parts.feed.listing(ticker)).market.ticker
        await parts.market(ticker)  # the fees, so that the first order need not ask for them
        await parts.feed.follow_book(ticker, listener.on_book)
        await parts.feed.follow_mark(ticker)
        await parts.account.listen(ticker, listener)
        parts.funding.follow(ticker)

    def only_reduce(self) -> None:
        """Keep back what increases risk and still waits for its turn."""
        self._parts.orders.only_reduce = True

    # -- market ---------------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give tick, step, minimums and the fees of this account."""
        return await self._parts.market(ticker)

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream; None before the first, and while there is a gap."""
        return self._parts.feed.top_of_book(ticker)

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Give up to `depth` levels a side."""
        return await self._parts.feed.fetch_order_book(ticker, depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement: per hour, positive = longs pay."""
        return await self._parts.feed.get_funding_rate(ticker)

    # -- orders ---------------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send one order and wait for its number; the book's refusal may follow on the stream."""
        return await self._parts.orders.place(ticker, client_order_id, params)

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Refuse: this client has no amend."""
        del ticker, price, quantity
        return OrderResult(
            success=False,
            status=OrderStatus.REJECTED,
            client_order_id=client_order_id,
            error_message="Extended has no amend that keeps an order's id: cancel it and place another",
        )

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Ask for a cancel."""
        del ticker  # an id is good for the whole account
        return await self._parts.orders.cancel(client_order_id)

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel all our orders on one market and on no other."""
        return await self._parts.orders.cancel_all(ticker)

    async def set_dead_man_switch(self, seconds: int | None) -> None:
        """Let the venue cancel all orders of the account unless this is called again in time; None switches it off."""
        await self._parts.orders.set_dead_man_switch(seconds)

    # -- leverage -------------------------------------------------------------------------------

    async def get_leverage(self, ticker: str) -> Decimal:
        """Read the leverage of a market."""
        listing = await self._parts.feed.listing(ticker)
        return await self._parts.network.rest.leverage(listing.name)

    async def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Choose the leverage of a market."""
        listing = await self._parts.feed.listing(ticker)
        await self._parts.network.rest.set_leverage(listing.name, leverage)

    # -- truth ----------------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read our open orders on one market."""
        return await self._parts.lookup.active(ticker)

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None only if the venue never had it (exchanges/extended/lookup.py)."""
        return await self._parts.lookup.info(ticker, client_order_id)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read our executions on one market at or after a time, oldest first."""
        fills = await self._parts.executions.fills(ticker, since_ns)
        self._parts.account.compare(fills)
        return fills

    async def get_account_positions(self) -> tuple[Position, ...]:
        """Read all open positions; one on a market that is not listed keeps the venue's name of it."""
        parts = self._parts
        found = await parts.network.rest.positions()
        named = [(wire, parts.feed.listings.ticker_of(wire.market) or wire.market) for wire in found]
        held = [position_of(wire, ticker) for wire, ticker in named]
        return tuple(position for position in held if position.quantity)

    async def get_balance(self) -> Balance:
        """Read the account's money. The venue's documented way to say that there is none is a 404: zero.

        Raises:
            VenueError: it says so of an account that holds a position, which cannot be.
        """
        wire = await self._parts.network.rest.balance()
        if wire is None and await self.get_account_positions():
            raise VenueError("Extended says that an account with a position has no money")
        if wire is None:
            return Balance(currency=_CURRENCY, wallet=_ZERO, equity=_ZERO, available=_ZERO, margin_used=_ZERO)
        return balance_of(wire)


__all__ = ["ExtendedClient"]
