"""Finding out what became of an order: asked by client order id until the venue answers.

A timeout, a 5xx, a 429 or a lost reply says nothing about the order. It is never sent again and
never assumed to be dead; the venue is asked, its fills with it, as often as it takes.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final, Protocol

from exchanges.base import BaseExchangeClient
from exchanges.order_tracker import OrderTracker
from exchanges.orders import OrderEvent
from helpers.decisions import AmendParams
from helpers.enums import OrderStatus
from helpers.errors import VenueError
from helpers.models import Fill, Order, OrderInfo

_FIRST_LOOK_S: Final = 1.0
_LONGEST_WAIT_S: Final = 10.0
Terms = tuple[Decimal | None, Decimal]
"""Price and total quantity."""
TIMES_NOT_FOUND: Final = 3
"""An order may still be on its way when the venue first says that it has none, and an amend likewise."""
SKEW_NS: Final = 60_000_000_000
"""By how much a venue's clock may be behind ours: fills are asked for from this much earlier."""


class OrderListener(Protocol):
    """Who is told what becomes of our orders."""

    def order_changed(self, before: Order, after: Order) -> None:
        """Hear that an order moved; not a move if both are the same object."""
        ...

    def on_fill(self, fill: Fill) -> None:
        """Hear of an execution; the same one may be told twice."""
        ...

    def on_failure(self, error: Exception) -> None:
        """Hear of an error that must not happen."""
        ...


class Look(Enum):
    """What one question came to."""

    FOUND = "found"
    NOT_THERE = "not there"
    """The venue says that it has no such order."""
    SILENT = "silent"
    """The venue did not answer."""


class Backoff:
    """Gives waiting times: 1 s, 2 s, 4 s, ... at most 10 s."""

    def __init__(self, client: BaseExchangeClient) -> None:
        """Start with the shortest wait, on the client's clock."""
        self._clock = client.context.clock
        self._next_s = _FIRST_LOOK_S

    def next_s(self) -> float:
        """Give the next waiting time, longer each time."""
        now_s, self._next_s = self._next_s, min(2 * self._next_s, _LONGEST_WAIT_S)
        return now_s

    async def wait(self) -> None:
        """Wait, longer each time."""
        await self._clock.sleep(self.next_s())


class Inquiry:
    """Asks one venue about our orders on one market, and moves them as it answers."""

    def __init__(self, client: BaseExchangeClient, ticker: str, tracker: OrderTracker, listener: OrderListener) -> None:
        """Ask through a client; tell the listener what was learnt."""
        self._client = client
        self._ticker = ticker
        self._tracker = tracker
        self._listener = listener

    # -- asking ---------------------------------------------------------------------------

    async def resolve(self, key: str) -> None:
        """Ask about an order whose outcome is unknown until it is known."""
        backoff, missed = Backoff(self._client), 0
        while self.status(key) is OrderStatus.UNKNOWN:
            await backoff.wait()
            missed += await self.look_at(key) is Look.NOT_THERE
            if missed >= TIMES_NOT_FOUND and self.status(key) is OrderStatus.UNKNOWN:
                self.move(key, OrderEvent.NOT_FOUND, reason="the venue never had it")

    async def look_at(self, key: str) -> Look:
        """Ask once; a venue that does not answer changes nothing, nor does one that has no such order."""
        try:
            info = await self._ask(key)
        except (VenueError, OSError):
            return Look.SILENT
        return Look.NOT_THERE if info is None else Look.FOUND

    async def resolve_amend(self, key: str, wanted: AmendParams, terms: Terms) -> None:
        """Ask about an order whose amend got no answer until its price and quantity are known.

        Args:
            key: the order's client order id.
            wanted: what was asked for.
            terms: what holds without it.
        """
        backoff, looks = Backoff(self._client), 0
        while self.is_live(key) and looks < TIMES_NOT_FOUND:
            await backoff.wait()
            try:
                info = await self._ask(key)
            except (VenueError, OSError):
                continue
            looks += 1
            if info is not None:
                terms = (info.price, info.size)
            if terms == (wanted.price, wanted.quantity):
                break
        self.set_terms(key, *terms)

    async def read_fills(self, since_ns: int) -> None:
        """Read the executions that the streams did not tell."""
        for fill in await self._client.fetch_fills(self._ticker, since_ns - SKEW_NS):
            self._listener.on_fill(fill)

    async def _ask(self, key: str) -> OrderInfo | None:
        order = self._tracker.known(key)
        info = await self._client.get_order_info(self._ticker, key)
        await self.read_fills(order.created_ns)
        if info is not None:
            self.follow(info)
        return info

    # -- moving ---------------------------------------------------------------------------

    def follow(self, info: OrderInfo) -> None:
        """Follow the venue's account of an order of ours."""
        before = self._tracker.get(info.client_order_id)
        after = self._tracker.on_info(info, self._now())
        if before is not None and after is not None:
            self._listener.order_changed(before, after)

    def move(self, key: str, event: OrderEvent, *, order_id: str | None = None, reason: str = "") -> None:
        """Move an order and tell of it."""
        before = self._tracker.known(key)
        after = self._tracker.on_event(key, event, self._now(), order_id=order_id, reason=reason)
        self._listener.order_changed(before, after)

    def set_terms(self, key: str, price: Decimal | None, quantity: Decimal) -> None:
        """Take over price and total quantity as the venue has them; less than what filled cannot be true."""
        before = self._tracker.known(key)
        if before.is_live and quantity >= before.filled_quantity and quantity > 0:
            self._listener.order_changed(before, self._tracker.on_amended(key, price, quantity, self._now()))

    def set_pending_cancel(self, key: str, *, pending: bool) -> None:
        """Note that a cancel is on its way, or that it was refused."""
        before = self._tracker.known(key)
        self._listener.order_changed(before, self._tracker.set_pending_cancel(key, pending, self._now()))

    # -- reading --------------------------------------------------------------------------

    def live(self, key: str) -> Order | None:
        """Give the order if it rests, or may rest, at the venue."""
        order = self._tracker.get(key)
        return order if order is not None and order.is_live else None

    def is_live(self, key: str) -> bool:
        """Whether the order rests, or may rest, at the venue."""
        return self.live(key) is not None

    def status(self, key: str) -> OrderStatus | None:
        """Where the order stands; None if it is not ours."""
        order = self._tracker.get(key)
        return None if order is None else order.status

    def _now(self) -> int:
        return self._client.context.clock.now_ns()
