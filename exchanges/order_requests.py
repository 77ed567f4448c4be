"""One order's requests, each carried to a certain answer: placed once, cancelled until it is over, amended.

Nothing is sent twice that could act twice. Whatever got no answer is asked about.
"""

from __future__ import annotations

import asyncio

from exchanges.base import BaseExchangeClient, OrderResult
from exchanges.inquiry import TIMES_NOT_FOUND, Backoff, Inquiry, Look
from exchanges.orders import OrderEvent
from exchanges.results import outcome
from exchanges.tasks import Tasks
from helpers.clock import resolve
from helpers.decisions import AmendParams, OrderParams
from helpers.enums import OrderStatus, OrderType, TimeInForce
from helpers.errors import AuthError
from helpers.models import Order
from helpers.recorder import Recorder

_KEYS_ARE_WRONG = 3
_UNSENT = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED})
_RESTING = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
_SHORT_LIVED = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class OrderRequests:
    """Sends, cancels and amends on one venue."""

    def __init__(
        self, client: BaseExchangeClient, ticker: str, recorder: Recorder, inquiry: Inquiry, tasks: Tasks
    ) -> None:
        """Send through a client; ask through the inquiry; errors that must not happen go to `tasks`."""
        self._client = client
        self._ticker = ticker
        self._recorder = recorder
        self._inquiry = inquiry
        self._tasks = tasks
        self._unanswered: dict[str, asyncio.Event] = {}
        """Orders whose first answer is still awaited."""
        self._ends: dict[str, list[asyncio.Future[None]]] = {}
        """Those who wait for an order's end."""
        self.only_reduce = False
        """Send nothing that increases risk, not even what was already asked for."""
        self._keys_refused = 0
        """Orders in a row that the venue refused for our keys."""

    # -- placing --------------------------------------------------------------------------

    def expect(self, key: str) -> None:
        """Take note that an order is about to be placed: cancels and amends wait for its answer."""
        self._unanswered[key] = asyncio.Event()

    async def place(self, key: str, params: OrderParams) -> None:
        """Send an order and see to it that its outcome becomes known."""
        try:
            result = await self._send(key, params)
        finally:
            self._unanswered.pop(key).set()
        await self._inquiry.resolve(key)
        if result is not None and (_is_short_lived(params) or result.status.is_terminal):
            await self._see_end(key)

    async def _send(self, key: str, params: OrderParams) -> OrderResult | None:
        if self.only_reduce and not params.reduce_only:
            self._inquiry.move(key, OrderEvent.REJECTED, reason="not sent: the bot is stopping")
            return None
        self._inquiry.move(key, OrderEvent.SENT)
        try:
            result = await outcome(self._client.place_order(self._ticker, key, params))
        except Exception as error:  # noqa: BLE001 - a bug stops the bot, and the order may live all the same
            self._tasks.fail(error)
            result = OrderResult(success=False, status=OrderStatus.UNKNOWN, error_message=repr(error))
        if result.success:
            self._inquiry.move(key, OrderEvent.ACCEPTED, order_id=result.order_id)
        else:
            event = OrderEvent.REJECTED if result.is_refused else OrderEvent.REPLY_LOST
            self._inquiry.move(key, event, reason=result.error_message)
        self._count_refused_keys(result)
        return result

    def _count_refused_keys(self, result: OrderResult) -> None:
        """Stop the bot when the venue keeps refusing our keys: going on would be trading without knowing it."""
        self._keys_refused = self._keys_refused + 1 if result.keys_refused else 0
        if self._keys_refused == _KEYS_ARE_WRONG:
            text = f"{self._client.exchange} refused {_KEYS_ARE_WRONG} orders in a row for our keys"
            self._tasks.fail(AuthError(f"{text}: {result.error_message}"))

    async def _answered(self, key: str) -> None:
        """Wait until the venue answered the order, or is being asked about it."""
        unanswered = self._unanswered.get(key)
        if unanswered is not None:
            await unanswered.wait()

    async def _see_end(self, key: str) -> None:
        """Look after an order that cannot rest: its end must not depend on a stream."""
        backoff = Backoff(self._client)
        while not await self._over_within(key, backoff.next_s()):
            await self._inquiry.look_at(key)

    # -- cancelling -----------------------------------------------------------------------

    async def cancel(self, key: str) -> None:
        """Cancel until the order is over; repeating a cancel is harmless."""
        await self._answered(key)
        backoff, missed = Backoff(self._client), 0
        while self._inquiry.is_live(key):
            rested = self._inquiry.status(key) in _RESTING
            result = await outcome(self._client.cancel_order(self._ticker, key))
            if await self._over_within(key, backoff.next_s()):
                return
            look = await self._inquiry.look_at(key)
            missed = missed + 1 if look is Look.NOT_THERE else 0
            if self._inquiry.status(key) not in _RESTING:
                continue
            if missed >= TIMES_NOT_FOUND:
                self.gone(key)
            elif rested and result.is_refused and look is Look.FOUND:
                # It is open and the venue will not cancel it: tell, and let the strategy decide.
                self._recorder.event("rejected", f"cancel of order {key} was refused: {result.error_message}")
                self._inquiry.set_pending_cancel(key, pending=False)
                return

    async def cancel_stray(self, key: str) -> None:
        """Cancel an order that rests at the venue although it was taken for over."""
        result = await outcome(self._client.cancel_order(self._ticker, key))
        if result.success:
            self._recorder.event("health", f"order {key} was taken for over and rested at the venue: cancelled")

    def gone(self, key: str) -> None:
        """End an order that the venue had and has no more."""
        if self._inquiry.is_live(key):
            self._inquiry.move(key, OrderEvent.NOT_FOUND, reason="the venue no longer knows it")

    def on_over(self, key: str) -> None:
        """Hear that an order is over."""
        for waiting in self._ends.pop(key, ()):
            resolve(waiting)

    async def _over_within(self, key: str, seconds: float) -> bool:
        """Wait for an order's end, for so long at most; whether it came."""
        if not self._inquiry.is_live(key):
            return True
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        self._ends.setdefault(key, []).append(ended)
        timer = loop.call_later(seconds, resolve, ended)
        try:
            await ended
        finally:
            timer.cancel()
            self._forget_wait(key, ended)
        return not self._inquiry.is_live(key)

    def _forget_wait(self, key: str, ended: asyncio.Future[None]) -> None:
        waiting = self._ends.get(key)
        if waiting is not None:
            waiting.remove(ended)

    # -- amending -------------------------------------------------------------------------

    async def amend(self, order: Order, wanted: AmendParams, *, quietly: bool = False) -> None:
        """Change an order's price and total quantity on a venue that can; a refusal is told, unless `quietly`."""
        key = order.client_order_id
        await self._answered(key)
        before = self._inquiry.live(key)
        if before is None or (self.only_reduce and not before.reduce_only):
            return
        if wanted.quantity > before.quantity:
            # Until the answer is here, the larger quantity may fill; a crash must not make us forget that.
            self._inquiry.set_terms(key, before.price, wanted.quantity)
            self._recorder.flush()
        result = await outcome(self._client.amend_order(self._ticker, key, wanted.price, wanted.quantity))
        if result.success:
            self._inquiry.set_terms(key, wanted.price, wanted.quantity)
        elif result.is_refused:
            self._inquiry.set_terms(key, before.price, before.quantity)
            if not quietly:
                self._recorder.event("rejected", f"amend of {order.intent} was refused: {result.error_message}")
        else:
            await self._inquiry.resolve_amend(key, wanted, (before.price, before.quantity))


def _is_short_lived(params: OrderParams) -> bool:
    return params.order_type is OrderType.MARKET or params.time_in_force in _SHORT_LIVED
