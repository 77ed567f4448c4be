"""Finding out what became of an order: asked by client order id until the venue answers.

A timeout, a 5xx, a 429 or a lost reply says nothing about the order. It is never sent again and
never assumed to be dead; the venue is asked, its fills first, as often as it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from exchanges.base import BaseExchangeClient, OrderResult
from exchanges.order_tracker import OrderTracker
from exchanges.orders import OrderEvent
from helpers.errors import AuthError, UserError, VenueError, VenueRejected
from helpers.models import Fill, Order, OrderInfo, OrderStatus

_DEFINITE = (VenueRejected, AuthError, UserError)
_FIRST_LOOK_S = 1.0
_LONGEST_WAIT_S = 10.0
_TIMES_NOT_FOUND = 3
"""An order may still be on its way when the venue first says that it has none."""


async def outcome(request: Coroutine[Any, Any, OrderResult]) -> OrderResult:
    """Await a request: a definite refusal is REJECTED, every other failure leaves the outcome UNKNOWN."""
    try:
        return await request
    except _DEFINITE as error:
        return OrderResult(success=False, status=OrderStatus.REJECTED, error_message=str(error))
    except (VenueError, OSError) as error:  # TimeoutError is an OSError
        text = str(error) or type(error).__name__
        return OrderResult(success=False, status=OrderStatus.UNKNOWN, error_message=text)


class Backoff:
    """Waits on the venue's clock: 1 s, 2 s, 4 s, ... at most 10 s."""

    def __init__(self, client: BaseExchangeClient) -> None:
        """Start with the shortest wait."""
        self._clock = client.context.clock
        self._next_s = _FIRST_LOOK_S

    async def wait(self) -> None:
        """Wait, longer each time."""
        await self._clock.sleep(self._next_s)
        self._next_s = min(2 * self._next_s, _LONGEST_WAIT_S)


class Inquiry:
    """Asks one venue about our orders on one market."""

    def __init__(
        self,
        client: BaseExchangeClient,
        ticker: str,
        tracker: OrderTracker,
        changed: Callable[[Order], None],
        filled: Callable[[Fill], None],
    ) -> None:
        """Ask through a client; tell `changed` and `filled` what was learnt."""
        self._client = client
        self._ticker = ticker
        self._tracker = tracker
        self._changed = changed
        self._filled = filled

    async def resolve(self, key: str) -> None:
        """Ask about an order whose outcome is unknown until it is known."""
        backoff, missed = Backoff(self._client), 0
        while self.status(key) is OrderStatus.UNKNOWN:
            await backoff.wait()
            try:
                info = await self._ask(key)
            except (VenueError, OSError):
                continue
            missed += info is None
            if missed >= _TIMES_NOT_FOUND and self.status(key) is OrderStatus.UNKNOWN:
                self.move(key, OrderEvent.NOT_FOUND, reason="the venue never had it")

    async def look_at(self, key: str) -> None:
        """Ask once; a venue that does not answer changes nothing."""
        try:
            info = await self._ask(key)
        except (VenueError, OSError):
            return
        if info is None and self.is_live(key) and self.status(key) is not OrderStatus.SUBMITTED:
            self.move(key, OrderEvent.NOT_FOUND, reason="the venue no longer knows it")

    async def resolve_amend(self, key: str) -> None:
        """Ask about an order whose amend got no answer until its price and quantity are known."""
        backoff = Backoff(self._client)
        while self.is_live(key):
            await backoff.wait()
            try:
                info = await self._ask(key)
            except (VenueError, OSError):
                continue
            if info is not None and info.price is not None and not info.status.is_terminal:
                self.take_amend(key, info)
            return

    def take_amend(self, key: str, info: OrderInfo) -> None:
        """Take over the price and total quantity the venue confirmed."""
        order = self._tracker.get(key)
        if order is None or info.price is None or not order.is_live or info.size < order.filled_quantity:
            return
        if (order.price, order.quantity) != (info.price, info.size):
            self._changed(self._tracker.on_amended(key, info.price, info.size, self._now()))

    async def read_fills(self, since_ns: int) -> None:
        """Read the executions that the streams did not tell."""
        for fill in await self._client.fetch_fills(self._ticker, since_ns):
            self._filled(fill)

    def move(self, key: str, event: OrderEvent, *, order_id: str | None = None, reason: str = "") -> None:
        """Move an order and tell of it."""
        self._changed(self._tracker.on_event(key, event, self._now(), order_id=order_id, reason=reason))

    def is_live(self, key: str) -> bool:
        """Whether the order rests, or may rest, at the venue."""
        order = self._tracker.get(key)
        return order is not None and order.is_live

    def status(self, key: str) -> OrderStatus | None:
        """Where the order stands; None if it is not ours."""
        order = self._tracker.get(key)
        return None if order is None else order.status

    async def _ask(self, key: str) -> OrderInfo | None:
        order = self._tracker.get(key)
        if order is None:
            return None
        info = await self._client.get_order_info(self._ticker, key)
        await self.read_fills(order.created_ns)
        if info is not None:
            after = self._tracker.on_info(info, self._now())
            if after is not None and after is not order:
                self._changed(after)
        return info

    def _now(self) -> int:
        return self._client.context.clock.now_ns()
