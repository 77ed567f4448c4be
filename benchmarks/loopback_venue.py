"""The client of the loopback venue: as thin as a real one, its orders on the same stream as its book.

What the loopback venue does not keep (positions, fills, money) is answered from here.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import ClassVar, Final

import msgspec

from benchmarks.loopback_wire import TICK, TICKER, Ack, Snapshot, Update
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
    Side,
)
from exchanges.level_book import LevelBook
from helpers.clock import NS_PER_S
from helpers.errors import ConnectivityError
from helpers.transport import Stream

_HOUR_NS: Final = 3_600 * NS_PER_S
_MARKET: Final = Market(
    exchange="loopback",
    ticker=TICKER,
    contract_id="BTC-USD-PERP",
    quote="USD",
    tick_size=TICK,
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(10),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    max_leverage=Decimal(50),
    maintenance_margin=Decimal("0.01"),
    max_open_orders=200,
    funding_interval_ns=_HOUR_NS,
)
_CAPABILITIES: Final = frozenset({Capability.AMEND, Capability.POST_ONLY, Capability.ACCOUNT_FIGURES})


class LoopbackClient(BaseExchangeClient):
    """One account on the loopback venue."""

    starts_at_once: ClassVar[bool] = True

    def __init__(self, context: ExchangeContext, url: str) -> None:
        """Open nothing yet."""
        super().__init__(context)
        self.ended = asyncio.Event()
        """Set when the venue closed."""
        self._url = url
        self._book = LevelBook(TICK)
        self._decoder = msgspec.json.Decoder(Update | Snapshot | Ack)
        self._stream: Stream | None = None
        self._listener: EventListener | None = None
        self._first = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Ack]] = {}
        self._open: dict[str, OrderInfo] = {}

    @property
    def account_id(self) -> str:
        """The only account."""
        return "loopback"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Amends, so that a quote that moves is one message."""
        return _CAPABILITIES

    # -- life -----------------------------------------------------------------------------

    async def connect(self) -> None:
        """Open the stream."""
        assert self.context.transport is not None  # noqa: S101 - the benchmark gives one
        self._stream = await self.context.transport.open_stream(self._url, self)

    async def disconnect(self) -> None:
        """Close the stream."""
        if self._stream is not None:
            await self._stream.close()

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        """Wait for the first book."""
        del ticker
        self._listener = listener
        await self._first.wait()

    # -- the stream -------------------------------------------------------------------------

    def on_message(self, message: bytes) -> None:
        """Take in a book or an answer."""
        said = self._decoder.decode(message)
        if isinstance(said, Ack):
            answer = self._answers.pop(said.id)
            if not answer.done():
                answer.set_result(said)
            return
        now = self.context.clock.now_ns()
        take = self._book.apply if isinstance(said, Update) else self._book.snapshot
        if take(said.bids, said.asks, said.ts * 1_000_000, now) and self._listener is not None:
            self._listener.on_book()
        if isinstance(said, Snapshot):
            self._first.set()

    def on_end(self, reason: str) -> None:
        """Leave nobody waiting."""
        for answer in self._answers.values():
            answer.set_exception(ConnectivityError(reason))
        self._answers.clear()
        self.ended.set()
        if self._listener is not None:
            self._listener.on_end(reason)

    # -- market -----------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        """Give the only market."""
        del ticker
        return _MARKET

    def top_of_book(self, ticker: str) -> Bbo | None:
        """Read the touch."""
        del ticker
        return self._book.bbo

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        """Read the levels."""
        del ticker
        return self._book.levels(depth)

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        """There is no funding here."""
        due = self.context.clock.now_ns() + _HOUR_NS
        return FundingRate(ticker=ticker, rate=Decimal(0), interval_ns=_HOUR_NS, next_funding_ns=due)

    # -- orders -----------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        """Send an order and wait for its ack."""
        del ticker
        side = "buy" if params.side is Side.BUY else "sell"
        answer = await self._ask(
            client_order_id,
            f'{{"op":"place","id":"{client_order_id}","side":"{side}","price":"{params.price}",'
            f'"quantity":"{params.quantity}"}}',
        )
        self._open[client_order_id] = OrderInfo(
            order_id=answer.order_id,
            client_order_id=client_order_id,
            side=params.side,
            size=params.quantity,
            price=params.price,
            status=OrderStatus.OPEN,
        )
        return OrderResult(success=True, status=OrderStatus.OPEN, order_id=answer.order_id)

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        """Move an order and wait for the ack."""
        del ticker
        before = self._open[client_order_id]
        side = "buy" if before.side is Side.BUY else "sell"
        answer = await self._ask(
            client_order_id,
            f'{{"op":"amend","id":"{client_order_id}","side":"{side}","price":"{price}","quantity":"{quantity}"}}',
        )
        self._open[client_order_id] = msgspec.structs.replace(before, price=price, size=quantity)
        return OrderResult(success=True, status=OrderStatus.OPEN, order_id=answer.order_id)

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        """Cancel an order; after the venue left, nothing rests there."""
        del ticker
        info = self._open.get(client_order_id)
        if info is not None and not self.ended.is_set():
            await self._ask(client_order_id, f'{{"op":"cancel","id":"{client_order_id}"}}')
        if info is not None and self._listener is not None:
            over = msgspec.structs.replace(info, status=OrderStatus.CANCELLED)
            self._open[client_order_id] = over
            self._listener.on_order(over)
        return OrderResult(success=True, status=OrderStatus.CANCELLED)

    async def cancel_all(self, ticker: str) -> OrderResult:
        """Cancel everything."""
        for client_order_id in [key for key, info in self._open.items() if not info.status.is_terminal]:
            await self.cancel_order(ticker, client_order_id)
        return OrderResult(success=True, status=OrderStatus.CANCELLED)

    # -- truth ------------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        """List what rests."""
        del ticker
        return tuple(info for info in self._open.values() if not info.status.is_terminal)

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Look an order up."""
        del ticker
        return self._open.get(client_order_id)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Nothing ever fills here."""
        del ticker, since_ns
        return ()

    async def get_account_positions(self) -> tuple[Position, ...]:
        """Nothing is ever held here."""
        return ()

    async def get_balance(self) -> Balance:
        """Read the account's money."""
        return Balance(currency="USD", wallet=Decimal(10_000), equity=Decimal(10_000), available=Decimal(10_000))

    async def _ask(self, key: str, text: str) -> Ack:
        assert self._stream is not None  # noqa: S101 - orders come after connect
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        self._stream.send(text.encode())
        return await answer


__all__ = ["LoopbackClient"]
