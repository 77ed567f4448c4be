"""A scripted venue: it does what each test says, no more, and keeps a list of all that was asked of it."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from worlds import INSTRUMENT, MARKET, Lines

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
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import Clock
from helpers.enums import Liquidity
from helpers.errors import ConnectivityError
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.models import FundingPayment, Order
from helpers.recorder import Recorder

D = Decimal
ALL = frozenset(Capability)
NO_AMEND = ALL - {Capability.AMEND}
MID = D(62_000)
_UNSET: Any = object()


@dataclass(frozen=True)
class Reply:
    """How the venue treats one call: by default it does what is asked and says so at once."""

    acts: bool = True
    """Whether it does what is asked."""
    error: Exception | None = None
    """What the caller gets instead of an answer."""
    delay_s: float = 0.0
    """Before it acts."""
    answer_s: float = 0.0
    """Between acting and answering."""
    late_s: float | None = None
    """Acts only this long after the caller got its answer or error."""
    value: Any = _UNSET
    """What a read gives instead of the truth."""


def lost(*, acts: bool, **more: Any) -> Reply:
    """Give a call whose answer never comes, with or without effect."""
    return Reply(acts=acts, error=ConnectivityError("no reply within 10 s"), **more)


@dataclass
class FakeOrder:
    """One order at the venue."""

    order_id: str
    side: Side
    size: Decimal
    price: Decimal | None
    status: OrderStatus = OrderStatus.OPEN
    filled: Decimal = Decimal(0)
    reason: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it rests."""
        return not self.status.is_terminal


class FakeClient(BaseExchangeClient):
    """One account on the scripted venue."""

    def __init__(self, context: ExchangeContext, capabilities: frozenset[Capability] = ALL) -> None:
        super().__init__(context)
        self._capabilities = capabilities
        self.book = Bbo(MID - D("0.5"), D(1), MID + D("0.5"), D(1), 0, 0)
        self.orders: dict[str, FakeOrder] = {}
        self.fills: list[Fill] = []
        self.held = D(0)
        self.wallet = D(10_000)
        self.calls: list[tuple[str, str]] = []
        self.listener: EventListener | None = None
        self.tells = True
        """Whether its streams work."""
        self.connected = False
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._always: dict[str, Reply] = {}
        self._ids = 0

    # -- what a test says -------------------------------------------------------------------

    def script(self, call: str, *replies: Reply) -> None:
        """Treat the next calls of one kind like this."""
        self._scripts[call].extend(replies)

    def always(self, call: str, reply: Reply | None) -> None:
        """Treat all calls of one kind like this, or normally again."""
        if reply is None:
            self._always.pop(call, None)
        else:
            self._always[call] = reply

    def down(self, *, is_down: bool = True) -> None:
        """Let nothing through, or everything again."""
        for call in ("place", "cancel", "amend", "cancel_all", "info", "active", "fills", "positions", "balance"):
            self.always(call, lost(acts=False) if is_down else None)

    def heal(self) -> None:
        """Forget every script: all works from now on."""
        self._scripts.clear()
        self._always.clear()
        self.tells = True

    def count(self, call: str, key: str | None = None) -> int:
        """Count the calls of one kind."""
        return sum(1 for name, about in self.calls if name == call and key in {None, about})

    def execute(self, key: str, quantity: str | Decimal, price: str | Decimal = "62000", **more: Any) -> Fill:
        """Let an order of ours fill."""
        order = self.orders[key]
        order.filled += D(quantity)
        order.status = OrderStatus.FILLED if order.filled == order.size else OrderStatus.PARTIALLY_FILLED
        return self._trade(order.side, D(quantity), D(price), key, order.order_id, **more)

    def trade_by_hand(self, side: Side, quantity: str, price: str = "62000", **more: Any) -> Fill:
        """Let somebody trade on the account outside the bot."""
        return self._trade(side, D(quantity), D(price), None, self._next("h"), **more)

    def end(self, key: str, status: OrderStatus = OrderStatus.CANCELLED, *, tell: bool | None = None) -> None:
        """Let the venue end an order."""
        self.orders[key].status = status
        self.tell_order(key, tell=tell)

    def tell_order(self, key: str, *, tell: bool | None = None) -> None:
        """Send where an order stands."""
        if self.tells if tell is None else tell:
            self._send(lambda listener: listener.on_order(self.info(key)))

    def info(self, key: str, **changes: Any) -> OrderInfo:
        """Describe an order as the venue has it."""
        order = self.orders[key]
        info = OrderInfo(
            order_id=order.order_id,
            client_order_id=key,
            side=order.side,
            size=order.size,
            price=order.price,
            status=order.status,
            filled_size=order.filled,
            reason=order.reason,
        )
        return msgspec.structs.replace(info, **changes)

    def put(self, key: str, side: Side, size: str, price: str = "61000", **more: Any) -> FakeOrder:
        """Let an order rest that did not come through `place_order`."""
        self.orders[key] = FakeOrder(self._next("v"), side, D(size), D(price), **more)
        return self.orders[key]

    # -- life -------------------------------------------------------------------------------

    @property
    def account_id(self) -> str:
        return "fake"

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self._capabilities

    async def connect(self) -> None:
        self.connected = True

    async def disconnect(self) -> None:
        self.connected = False

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        self.listener = listener

    # -- market -----------------------------------------------------------------------------

    async def get_market(self, ticker: str) -> Market:
        return msgspec.structs.replace(MARKET, exchange=self.exchange)

    def top_of_book(self, ticker: str) -> Bbo | None:
        return self.book

    async def fetch_order_book(self, ticker: str, depth: int = 10) -> OrderBook:
        raise NotImplementedError

    async def get_funding_rate(self, ticker: str) -> FundingRate:
        truth = FundingRate(ticker=ticker, rate=D("0.0001"), interval_ns=3_600_000_000_000, next_funding_ns=1)
        return await self._read("funding", "", lambda: truth)

    # -- orders -----------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        def act() -> OrderResult:
            assert client_order_id not in self.orders, "an order was sent twice"
            order = FakeOrder(self._next("v"), params.side, params.quantity, params.price)
            self.orders[client_order_id] = order
            self.tell_order(client_order_id)
            return OrderResult(success=True, status=OrderStatus.OPEN, order_id=order.order_id)

        return await self._do("place", client_order_id, act)

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        def act() -> OrderResult:
            order = self.orders.get(client_order_id)
            if order is None or not order.is_live or quantity <= order.filled:
                return _refused("nothing to amend")
            order.price, order.size = price, quantity
            return OrderResult(success=True, status=order.status, order_id=order.order_id)

        return await self._do("amend", client_order_id, act)

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        def act() -> OrderResult:
            order = self.orders.get(client_order_id)
            if order is None or not order.is_live:
                return _refused("no such open order")
            self.end(client_order_id)
            return OrderResult(success=True, status=OrderStatus.CANCELLED, order_id=order.order_id)

        return await self._do("cancel", client_order_id, act)

    async def cancel_all(self, ticker: str) -> OrderResult:
        def act() -> OrderResult:
            for key, order in self.orders.items():
                if order.is_live:
                    self.end(key)
            return OrderResult(success=True, status=OrderStatus.CANCELLED)

        return await self._do("cancel_all", "", act)

    # -- truth ------------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        return await self._read(
            "active", "", lambda: tuple(self.info(key) for key, order in self.orders.items() if order.is_live)
        )

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        key = client_order_id
        return await self._read("info", key, lambda: self.info(key) if key in self.orders else None)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        return await self._read("fills", "", lambda: tuple(fill for fill in self.fills if fill.time_ns >= since_ns))

    async def get_account_positions(self) -> tuple[Position, ...]:
        def truth() -> tuple[Position, ...]:
            return (Position(ticker="BTC", quantity=self.held, mark_price=MID),) if self.held else ()

        return await self._read("positions", "", truth)

    async def get_balance(self) -> Balance:
        return await self._read("balance", "", lambda: Balance(currency="USD", wallet=self.wallet, equity=self.wallet))

    # -- inside -----------------------------------------------------------------------------

    def _reply(self, call: str, key: str) -> Reply:
        self.calls.append((call, key))
        scripted = self._scripts[call]
        return scripted.popleft() if scripted else self._always.get(call, Reply())

    async def _do(self, call: str, key: str, act: Callable[[], OrderResult]) -> OrderResult:
        reply = self._reply(call, key)
        await self.context.clock.sleep(reply.delay_s)
        result = act() if reply.acts and reply.late_s is None else _refused("not now")
        await self.context.clock.sleep(reply.answer_s)
        if reply.late_s is not None:
            asyncio.get_running_loop().call_later(reply.late_s, act)
        if reply.error is not None:
            raise reply.error
        return result

    async def _read(self, call: str, key: str, truth: Callable[[], Any]) -> Any:
        reply = self._reply(call, key)
        await self.context.clock.sleep(reply.delay_s)
        if reply.error is not None:
            raise reply.error
        value = truth() if reply.value is _UNSET else reply.value
        await self.context.clock.sleep(reply.answer_s)
        return value

    def _trade(
        self, side: Side, quantity: Decimal, price: Decimal, key: str | None, order_id: str, *, tell: bool | None = None
    ) -> Fill:
        self.held += side.sign * quantity
        fill = Fill(
            trade_id=self._next("t"),
            order_id=order_id,
            client_order_id=key,
            ticker="BTC",
            side=side,
            price=price,
            quantity=quantity,
            fee=D(0),
            liquidity=Liquidity.MAKER,
            time_ns=self.context.clock.now_ns(),
        )
        self.fills.append(fill)
        if self.tells if tell is None else tell:
            self._send(lambda listener: listener.on_fill(fill))
        return fill

    def _send(self, news: Callable[[EventListener], None]) -> None:
        if self.listener is not None:
            news(self.listener)

    def _next(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids}"


def _refused(text: str) -> OrderResult:
    return OrderResult(success=False, status=OrderStatus.REJECTED, error_message=text)


@dataclass
class Bot:
    """Hears what a session tells its bot, and reads its news."""

    outcomes: list[Order] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)
    rings: list[str] = field(default_factory=list)
    filled: list[tuple[Order, Fill]] = field(default_factory=list)
    closed: list[Order] = field(default_factory=list)

    def on_orders(self) -> None:
        self.rings.append("orders")

    def on_book(self) -> None:
        self.rings.append("book")

    def on_account(self) -> None:
        self.rings.append("account")

    def on_gap(self) -> None:
        self.rings.append("gap")

    def on_end(self, reason: str) -> None:
        self.rings.append(f"end: {reason}")

    def on_order_outcome(self, order: Order) -> None:
        self.outcomes.append(order)

    def on_broken(self, error: Exception) -> None:
        self.broken.append(error)

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        self.filled.append((order, fill))

    def notify_order_closed(self, order: Order) -> None:
        self.closed.append(order)


@dataclass
class Desk:
    """A session on the scripted venue, recovered and bound."""

    clock: Clock
    client: FakeClient
    session: VenueSession
    recorder: Recorder
    lines: Lines
    bot: Bot

    def submit(self, intent: str, quantity: str = "1", price: str | None = "61000", **more: Any) -> str:
        """Send an order and give its client order id."""
        side = more.pop("side", Side.BUY)
        params = OrderParams(
            intent=intent, side=side, quantity=D(quantity), price=None if price is None else D(price), **more
        )
        return self.session.executor.submit(params, "test").client_order_id

    def order(self, key: str) -> Order:
        """Give an order as the bot knows it."""
        return self.session.tracker.known(key)

    def news(self) -> Bot:
        """Deliver the news and give the bot that heard it."""
        while self.session.news:
            self.session.news.popleft()(self.bot)
        return self.bot

    async def settle(self, seconds: float = 120.0) -> None:
        """Wait until nothing is on its way."""
        assert await self.session.executor.settle(seconds)


def make_journal(runs_dir: Path, name: str = "test") -> Journal:
    """Give an empty journal."""
    info = SessionInfo(
        session=name,
        strategy="scripted",
        exchange="fake",
        account_id="fake",
        ticker=INSTRUMENT.ticker,
        seed=0,
        started_ns=0,
    )
    return Journal.create(runs_dir, info)


def make_client(clock: Clock, capabilities: frozenset[Capability] = ALL, label: str = "fake") -> FakeClient:
    """Give a client of a scripted venue."""
    context = ExchangeContext(label, clock, random.Random(1), ClientOrderIds(clock.now_ns()))
    return FakeClient(context, capabilities)


async def open_desk(
    clock: Clock,
    runs_dir: Path,
    *,
    client: FakeClient | None = None,
    name: str = "test",
    left: tuple[Order, ...] = (),
    known: tuple[Fill, ...] = (),
) -> Desk:
    """Open a session on a scripted venue, as a start does."""
    client = client or make_client(clock)
    lines = Lines()
    recorder = Recorder(make_journal(runs_dir, name), clock, lines)
    market = msgspec.structs.replace(MARKET, exchange=client.exchange)
    session = VenueSession(client, market, recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    await recover(session, left, known, recorder)
    bot = Bot()
    session.bind(bot)
    return Desk(clock, client, session, recorder, lines, bot)


__all__ = [
    "ALL",
    "MID",
    "NO_AMEND",
    "Bot",
    "D",
    "Desk",
    "FakeClient",
    "FakeOrder",
    "FundingPayment",
    "Reply",
    "lost",
    "make_client",
    "make_journal",
    "open_desk",
]
