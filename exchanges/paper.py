"""`paper`: a venue inside the process. No keys, no network; the market is a tape, synthetic or recorded.

The client is as thin as a real one: it turns our calls into the simulated venue's requests and
waits for the replies, which take as long as the venue's delays say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import ClassVar

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
    Wake,
)
from helpers.clock import monotonic_ns, resolve
from simulation.account import SimAccount
from simulation.order_desk import OrderDesk
from simulation.order_records import DeskReply, Reply
from simulation.paper_world import open_paper_venue
from simulation.venue import SimulatedVenue

_CAPABILITIES = frozenset(Capability) - {Capability.BATCH, Capability.DEAD_MAN_SWITCH, Capability.LEVERAGE}


class PaperClient(BaseExchangeClient):
    """Trades on a SimulatedVenue of its own, or on one that is given."""

    is_simulated: ClassVar[bool] = True
    is_complete: ClassVar[bool] = True
    starts_at_once: ClassVar[bool] = True

    def __init__(self, context: ExchangeContext, venue: SimulatedVenue | None = None, account_id: str = "") -> None:
        """Open nothing yet.

        Args:
            context: the seams; `seed` and `tapes` choose the market.
            venue: an existing venue, for several bots or a restart on one.
            account_id: the account on it; a fresh one if empty.
        """
        super().__init__(context)
        self._venue = venue
        self._is_guest = venue is not None
        # Real time, not simulated: an account that dies with the process must never be recovered.
        self._account_id = account_id or f"{context.label}-{monotonic_ns()}"

    @property
    def account_id(self) -> str:
        """A name that no other run shares, unless an account was given."""
        return self._account_id

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Everything but batches, the dead-man switch and a choice of leverage."""
        return _CAPABILITIES

    @property
    def venue(self) -> SimulatedVenue:
        """The venue; there is none before connect."""
        if self._venue is None:
            raise RuntimeError("the paper client is not connected")
        return self._venue

    # -- life -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Build the venue from the tapes or the seed and let the clock drive it."""
        context = self.context
        if self._venue is None:
            self._venue = open_paper_venue(
                label=context.label,
                seed=context.seed,
                tapes=context.tapes,
                start_ns=context.clock.now_ns(),
                options=context.paper,
            )
        if not self._is_guest:
            context.clock.attach(self._venue)
        self._venue.open_account(self._account_id)

    async def disconnect(self) -> None:
        """Leave the venue to itself."""
        if self._venue is None:
            return
        self._venue.deliveries.unsubscribe(self._account_id)
        if not self._is_guest:
            self.context.clock.detach(self._venue)

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Hear of the account's news on one market."""
        self._now().core.market(ticker)
        self.venue.deliveries.subscribe(self._account_id, ticker, listener)
        self.venue.changed()

    def arm(self, ticker: str, wake: Wake) -> None:
        """Let the venue skip what the bot would not look at."""
        self._now().deliveries.arm(self._account_id, ticker, wake)
        self.venue.changed()

    # -- market ---------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give the venue's terms for a market."""
        return self._now().find_market(ticker).market

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Read the book as it is now."""
        venue, now = self._venue, self.context.clock.now_ns()
        if venue is None or venue.is_behind(now):
            venue = self._now()
        listed = venue.core.markets.get(ticker)  # asked several times a step: no detour
        return venue.core.market(ticker).bbo() if listed is None else listed.bbo()

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read the book's levels as they are now."""
        return self._now().core.market(ticker).book(depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """Read the rate of the next settlement."""
        core = self._now().core
        funding = core.market(ticker).funding
        due = funding.next_ns(core.now_ns)
        return FundingRate(ticker=ticker, rate=funding.rate(due), interval_ns=funding.interval_ns, next_funding_ns=due)

    # -- orders ---------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send an order and wait for the reply."""
        desk = self._desk(ticker)
        reply = await self._ask(lambda answer: desk.place(self._account_id, ticker, client_order_id, params, answer))
        return _result(reply, client_order_id, OrderStatus.REJECTED)

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Change a resting order and wait for the reply."""
        desk = self._desk(ticker)
        reply = await self._ask(
            lambda answer: desk.amend(self._account_id, ticker, client_order_id, price, quantity, answer)
        )
        return _result(reply, client_order_id, OrderStatus.REJECTED)

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Cancel an order and wait for the reply."""
        desk = self._desk(ticker)
        reply = await self._ask(lambda answer: desk.cancel(self._account_id, ticker, client_order_id, answer))
        return _result(reply, client_order_id, OrderStatus.REJECTED)

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel everything of ours on one market."""
        desk = self._desk(ticker)
        reply = await self._ask(lambda answer: desk.cancel_all(self._account_id, ticker, answer))
        return _result(reply, None, OrderStatus.CANCELLED)

    # -- truth ----------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """List what rests."""
        account = self._account(ticker)
        return tuple(account.known[order.client_order_id] for order in account.resting(ticker))

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Look an order up by our id."""
        # Ids are unique over the whole account here.
        return self._account(ticker).known.get(client_order_id)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """List executions."""
        return tuple(fill for fill in self._account(ticker).fills if fill.ticker == ticker and fill.time_ns >= since_ns)

    async def get_account_positions(self) -> tuple[Position, ...]:
        """List open positions."""
        core = self._now().core
        account, marks, terms = core.accounts[self._account_id], core.marks(), core.terms()
        return tuple(
            account.position(ticker, marks.get(ticker), account.liquidation_price(ticker, marks, terms))
            for ticker, ledger in account.ledgers.items()
            if ledger.position
        )

    async def get_balance(self) -> Balance:
        """Read the account's money."""
        core = self._now().core
        return core.accounts[self._account_id].balance(core.marks(), core.terms())

    # -- inside ---------------------------------------------------------------------------

    def _now(self) -> SimulatedVenue:
        """Give the venue with everything up to this moment having happened."""
        venue, now = self._venue, self.context.clock.now_ns()
        if venue is None:
            raise RuntimeError("the paper client is not connected")
        if venue.is_behind(now):
            venue.advance_to(now)
        return venue

    def _account(self, ticker: str) -> SimAccount:
        """Give our account as it is now; a market that is not there is refused, not found empty."""
        venue = self._now()
        venue.core.market(ticker)
        account = venue.core.accounts[self._account_id]
        venue.records.note_pegged(account, ticker)
        return account

    def _desk(self, ticker: str) -> OrderDesk:
        """Give the order desk; a market that is not there is refused here, not when the request arrives."""
        self._now().core.market(ticker)
        return self.venue.desk

    async def _ask(self, send: Callable[[Reply], None]) -> DeskReply:
        answer = _Answer()
        send(answer.take)
        self.venue.changed()
        self._now()  # a venue without delays answers at once
        return await answer.wait()


class _Answer:
    """The reply to one request, whenever it comes."""

    __slots__ = ("_awaited", "_reply")

    def __init__(self) -> None:
        self._reply: DeskReply | None = None
        self._awaited: asyncio.Future[None] | None = None

    def take(self, reply: DeskReply) -> None:
        """Be given the reply."""
        self._reply = self._reply or reply
        if self._awaited is not None:
            resolve(self._awaited)

    async def wait(self) -> DeskReply:
        """Give the reply; pauses only while it is not there."""
        while self._reply is None:
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
        return self._reply


def _result(reply: DeskReply, client_order_id: str | None, without_info: OrderStatus) -> OrderResult:
    info = reply.info
    return OrderResult(
        success=reply.accepted,
        status=info.status if info is not None else without_info,
        order_id=info.order_id if info is not None else None,
        client_order_id=client_order_id,
        price=info.price if info is not None else None,
        error_message=f"{reply.text} [{reply.code}]" if reply.code else "",
    )


__all__ = ["PaperClient"]
