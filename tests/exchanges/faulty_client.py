"""The paper client behind a bad line: replies lost, late or doubled, streams with gaps, reads that fail or lie."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from exchanges.base import (
    Balance,
    EventListener,
    Fill,
    FundingPayment,
    OrderInfo,
    OrderParams,
    OrderResult,
    Position,
)
from exchanges.paper import PaperClient
from helpers.errors import BadPayload, ConnectivityError, RateLimited

T = TypeVar("T")

LATEST_ARRIVAL_S = 5.0
"""A request that timed out arrives within this, or never."""
LATEST_NEWS_S = 4.0


@dataclass
class Sent:
    """One order as it left."""

    key: str
    intent: str
    reduce_only: bool
    at_ns: int


@dataclass
class Line:
    """What is wrong with the line, drawn from one seed."""

    rng: random.Random
    rate: float = 0.15
    """How often something goes wrong, per call or message."""
    is_healthy: bool = False
    happened: dict[str, int] = field(default_factory=dict)
    """How often each fault struck."""

    def strikes(self, fault: str, weight: float = 1.0) -> bool:
        """Say whether this fault strikes now."""
        if self.is_healthy or self.rng.random() >= self.rate * weight:
            return False
        self.happened[fault] = self.happened.get(fault, 0) + 1
        return True


class FaultyListener:
    """Stands between the streams and the session: drops, doubles and delays what the streams tell."""

    def __init__(self, line: Line, listener: EventListener) -> None:
        self._line = line
        self._listener = listener

    def on_book(self) -> None:
        self._listener.on_book()

    def on_order(self, info: OrderInfo) -> None:
        self._pass(lambda: self._listener.on_order(info))

    def on_fill(self, fill: Fill) -> None:
        self._pass(lambda: self._listener.on_fill(fill))

    def on_position(self, position: Position) -> None:
        self._pass(lambda: self._listener.on_position(position))

    def on_balance(self, balance: Balance) -> None:
        self._pass(lambda: self._listener.on_balance(balance))

    def on_funding(self, payment: FundingPayment) -> None:
        self._listener.on_funding(payment)

    def on_gap(self) -> None:
        self._listener.on_gap()

    def on_end(self, reason: str) -> None:
        self._listener.on_end(reason)

    def _pass(self, news: Callable[[], None]) -> None:
        if self._line.strikes("news lost"):
            return
        if self._line.strikes("news twice"):
            self._later(news)
        if self._line.strikes("news late"):
            self._later(news)
        else:
            news()

    def _later(self, news: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self._line.rng.uniform(0.0, LATEST_NEWS_S), news)


class FaultyClient(PaperClient):
    """A paper client behind a bad line; make the line before connecting."""

    is_complete = False

    line: Line
    sent: list[Sent]
    doubles: list[str]
    """Intents that had two live orders at the venue at once."""
    _late: set[asyncio.Task[Any]]

    def use(self, line: Line) -> FaultyClient:
        """Take a line."""
        self.line, self.sent, self.doubles, self._late = line, [], [], set()
        return self

    async def subscribe(self, ticker: str, listener: EventListener) -> None:
        await super().subscribe(ticker, FaultyListener(self.line, listener))

    # -- orders -----------------------------------------------------------------------------

    async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
        now = self.context.clock.now_ns()
        self.sent.append(Sent(client_order_id, params.intent, params.reduce_only, now))

        async def place() -> OrderResult:
            result = await super(FaultyClient, self).place_order(ticker, client_order_id, params)
            self._look_for_doubles()
            return result

        return await self._send(place)

    def _look_for_doubles(self) -> None:
        intents = {sent.key: sent.intent for sent in self.sent}
        live = [intents[key] for key in self.venue.core.accounts[self.account_id].live]
        self.doubles += {intent for intent in live if live.count(intent) > 1}

    async def amend_order(self, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal) -> OrderResult:
        return await self._send(lambda: super(FaultyClient, self).amend_order(ticker, client_order_id, price, quantity))

    async def cancel_order(self, ticker: str, client_order_id: str) -> OrderResult:
        return await self._send(lambda: super(FaultyClient, self).cancel_order(ticker, client_order_id))

    async def _send(self, request: Callable[[], Awaitable[OrderResult]]) -> OrderResult:
        line, clock = self.line, self.context.clock
        if line.strikes("request lost"):
            await clock.sleep(line.rng.uniform(0.0, 2.0))
            raise ConnectivityError("the connection was reset")
        if line.strikes("request late"):
            self._arrive_later(request, line.rng.uniform(0.0, LATEST_ARRIVAL_S))
            raise ConnectivityError("timed out")
        if line.strikes("slow line"):
            await clock.sleep(line.rng.uniform(0.0, 3.0))
        result = await request()
        if line.strikes("reply lost"):
            raise line.rng.choice([ConnectivityError("502"), RateLimited("429", 1.0), BadPayload("<html>"), OSError()])
        if line.strikes("reply late"):
            await clock.sleep(line.rng.uniform(0.0, 3.0))
        return result

    def _arrive_later(self, request: Callable[[], Awaitable[OrderResult]], seconds: float) -> None:
        async def arrive() -> None:
            await self.context.clock.sleep(seconds)
            await request()

        task = asyncio.get_running_loop().create_task(arrive())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    # -- truth ------------------------------------------------------------------------------

    async def get_active_orders(self, ticker: str) -> tuple[OrderInfo, ...]:
        await self._fail()
        if self.line.strikes("empty list", 0.2):
            return ()
        return await super().get_active_orders(ticker)

    async def get_order_info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        await self._fail()
        return await super().get_order_info(ticker, client_order_id)

    async def fetch_fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        await self._fail()
        return await super().fetch_fills(ticker, since_ns)

    async def get_account_positions(self) -> tuple[Position, ...]:
        await self._fail()
        if self.line.strikes("falsely flat", 0.5):
            return ()
        return await super().get_account_positions()

    async def get_balance(self) -> Balance:
        await self._fail()
        return await super().get_balance()

    async def _fail(self) -> None:
        if self.line.strikes("read slow"):
            await self.context.clock.sleep(self.line.rng.uniform(0.0, 2.0))
        if self.line.strikes("read failed"):
            raise self.line.rng.choice([ConnectivityError("503"), RateLimited("429", 2.0)])
