"""What every venue client is: primitives each venue implements, and the rest written once on them.

Outcomes follow one rule. A definite refusal is REJECTED. A timeout, a 5xx, a 429, a lost reply
or a closed socket is UNKNOWN, and the caller asks by client_order_id until the venue answers.
A failed read raises; it never answers zero or empty.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from exchanges.checkup import CheckupStep
from exchanges.frames import FrameEvent
from exchanges.public_feed import PublicFeed
from exchanges.results import OrderResult
from exchanges.waiting_orders import close_order, market_order, open_order
from helpers.clock import Clock
from helpers.decisions import AmendParams, OrderParams, Wake
from helpers.enums import Capability, OrderStatus, Side
from helpers.errors import UserError, VenueError, VenueRejected
from helpers.ids import ClientOrderIds
from helpers.listener import EventListener
from helpers.models import Balance, Bbo, Fill, FundingPayment, FundingRate, Market, OrderBook, OrderInfo, Position
from helpers.paper_options import PaperOptions
from helpers.transport import Transport

__all__ = [
    "AmendParams",
    "Balance",
    "BaseExchangeClient",
    "Bbo",
    "Capability",
    "EventListener",
    "ExchangeContext",
    "Fill",
    "FundingPayment",
    "FundingRate",
    "Market",
    "OrderBook",
    "OrderInfo",
    "OrderParams",
    "OrderResult",
    "OrderStatus",
    "Position",
    "Side",
    "Wake",
]


@dataclass(frozen=True, slots=True)
class ExchangeContext:
    """Everything a client is built with: the seams and the person's settings."""

    label: str
    """The venue's name in this run: "paper", or "a" for "paper:a"."""
    clock: Clock
    random: random.Random
    ids: ClientOrderIds
    """Client order ids, shared by everything that sends in this run."""
    transport: Transport | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables of the process and the .env file: where keys come from. Never printed."""
    seed: int = 0
    tapes: tuple[Path, ...] = ()
    """Recorded markets for a simulated venue; none means a synthetic one."""
    paper: PaperOptions = field(default_factory=PaperOptions)
    """Terms of a simulated venue."""


class BaseExchangeClient(ABC):
    """One account on one venue."""

    is_simulated: ClassVar[bool] = False
    """Whether time and market live inside the process: its run gets the virtual clock, any speed and tapes."""

    starts_at_once: ClassVar[bool] = False
    """Whether a request may run in its caller until its first pause: then nothing on that way may set a timeout."""
    is_complete: ClassVar[bool] = False
    """Whether its streams can lose nothing: then there is no truth to compare between events."""

    def __init__(self, context: ExchangeContext) -> None:
        """Keep the seams; opens nothing."""
        self.context = context

    # -- who and what ---------------------------------------------------------------------

    @property
    def exchange(self) -> str:
        """The venue's label in this run."""
        return self.context.label

    @property
    @abstractmethod
    def account_id(self) -> str:
        """What tells this account from all others, with no secret in it. Known after connect."""

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[Capability]:
        """What the venue can do."""

    def supports_risk_management(self) -> bool:
        """Whether account figures can be read. The risk manager runs either way; without them it knows less."""
        return Capability.ACCOUNT_FIGURES in self.capabilities

    # -- what the command line asks a venue's class -----------------------------------------

    @classmethod
    def public_feed(cls, context: ExchangeContext) -> PublicFeed:
        """Give the venue's public data, for which no key is needed; opens nothing.

        Raises:
            UserError: there is none.
        """
        raise UserError(f"{context.label} has no public data of its own", "name a real venue")

    @classmethod
    def read_frame(cls, frame: bytes) -> Sequence[FrameEvent]:
        """Say what one recorded stream frame or response body of this venue tells.

        Raises:
            BadPayload: it cannot be read; says why.
            UserError: this venue speaks no protocol.
        """
        del frame
        raise UserError(f"{cls.__name__} speaks no protocol", "name a real venue")

    def checkup(self, ticker: str) -> Sequence[CheckupStep]:
        """List what `runbot doctor` looks at, in order. The client is not connected yet.

        Raises:
            UserError: there is nothing to look at.
        """
        del ticker
        raise UserError(f"{self.exchange} needs no keys and no network", "name a real venue")

    # -- life -----------------------------------------------------------------------------

    @abstractmethod
    async def connect(self) -> None:
        """Log in and load metadata.

        Raises:
            UserError: keys are missing or malformed.
            AuthError: the venue refuses the keys.
            ConnectivityError: the venue cannot be reached.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close everything; may be called twice."""

    @abstractmethod
    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Start the streams of one market and of our account on it; returns when the first book is there."""

    def arm(self, ticker: str, wake: Wake) -> None:
        """Say what the listener will look at from here on. A hint: a client may call on_book more often, never less."""
        del ticker, wake

    def only_reduce(self) -> None:  # noqa: B027 - where nothing waits inside the client there is nothing to do
        """Hear that the bot stops: what increases risk and still waits for its turn inside the client is refused."""

    # -- market ---------------------------------------------------------------------------

    @abstractmethod
    async def get_market(self, ticker: str) -> Market:
        """Give tick, step, minimums and the fees of this account.

        Raises:
            UserError: the venue has no such market; names the nearest ones.
        """

    @abstractmethod
    def top_of_book(self, ticker: str) -> Bbo | None:
        """Give the newest best bid and offer of the stream; None before the first."""

    @abstractmethod
    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read up to `depth` levels a side."""

    @abstractmethod
    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement, per interval, positive = longs pay."""

    # -- orders ---------------------------------------------------------------------------

    @abstractmethod
    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send one order and wait for the venue's answer, not for a fill. Never sends twice.

        `params.peg` is set only where the client has Capability.PEG: then the venue follows the book from
        `params.price` on. Anywhere else the bot does, with `amend_order`.
        """

    @abstractmethod
    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change price and total quantity of a resting order; success says that it is done. Needs Capability.AMEND."""

    @abstractmethod
    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Ask for a cancel. Success says that it was accepted, not that nothing filled meanwhile."""

    @abstractmethod
    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel all our orders on one market and on no other."""

    # -- leverage -------------------------------------------------------------------------

    async def get_leverage(self, ticker: str) -> Decimal:
        """Read the leverage that this account trades a market at. Needs Capability.LEVERAGE."""
        raise VenueRejected("leverage", f"{self.exchange} does not tell the leverage on {ticker}")

    async def set_leverage(self, ticker: str, leverage: Decimal) -> None:
        """Choose the leverage of a market, and return when the venue has it. Needs Capability.LEVERAGE.

        Raises:
            VenueRejected: the venue does not allow it, for sure.
            VenueError: nobody knows; `get_leverage` tells.
        """
        raise VenueRejected("leverage", f"{self.exchange} takes no leverage of {leverage} on {ticker}")

    # -- truth ----------------------------------------------------------------------------

    @abstractmethod
    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read our resting orders on one market."""

    @abstractmethod
    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None only if the venue says that it never had it."""

    @abstractmethod
    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read our executions on one market at or after a time, oldest first."""

    @abstractmethod
    async def get_account_positions(self) -> tuple[Position, ...]:
        """Read all open positions of the account."""

    @abstractmethod
    async def get_balance(self) -> Balance:
        """Read the account's money."""

    # -- the founding names, written once on the primitives ---------------------------------

    async def fetch_bbo_prices(self, ticker: str) -> tuple[Decimal, Decimal]:
        """Read best bid and best ask.

        Raises:
            VenueError: a side is missing.
        """
        bbo = self.top_of_book(ticker)
        if bbo is None or bbo.bid is None or bbo.ask is None:
            raise VenueError(f"{self.exchange} has no two-sided book for {ticker}")
        return bbo.bid, bbo.ask

    async def place_open_order(self, ticker: str, quantity: Decimal, direction: Side) -> OrderResult:
        """Enter post-only near the touch and wait up to ten seconds for the fill."""
        return await open_order(self, ticker, quantity, direction)

    async def place_close_order(self, ticker: str, quantity: Decimal, price: Decimal, side: Side) -> OrderResult:
        """Rest a reduce-only close at a price."""
        return await close_order(self, ticker, quantity, price, side)

    async def place_market_order(self, ticker: str, quantity: Decimal, side: Side) -> OrderResult:
        """Take liquidity at once and wait up to ten seconds for the fill."""
        return await market_order(self, ticker, quantity, side)

    async def get_contract_attributes(self, ticker: str) -> tuple[str, Decimal]:
        """Read the venue's name of the market and its tick size."""
        market = await self.get_market(ticker)
        return market.contract_id, market.tick_size

    async def position(self, ticker: str) -> Position:
        """Read the position in one market; flat if the venue lists none."""
        held = await self.get_account_positions()
        return next((p for p in held if p.ticker == ticker), Position(ticker=ticker, quantity=Decimal(0)))
