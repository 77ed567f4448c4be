"""Carrying orders out on one venue: written down first, sent once, asked about until the venue answers.

Nothing here waits for a fill. Each request runs as a task of its own, so one slow reply never
holds up another order; what comes of it is told through `changed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from exchanges.base import BaseExchangeClient
from exchanges.inquiry import Backoff, Inquiry, outcome
from exchanges.order_tracker import OrderTracker
from exchanges.orders import OrderEvent
from helpers.decisions import AmendParams, OrderParams
from helpers.errors import OrderStateError, VenueError
from helpers.ids import ClientOrderIds
from helpers.models import Capability, Fill, Order, OrderInfo, OrderStatus
from helpers.recorder import Recorder


class OrderExecutor:
    """Sends, cancels and amends."""

    def __init__(
        self,
        client: BaseExchangeClient,
        ticker: str,
        tracker: OrderTracker,
        recorder: Recorder,
        ids: ClientOrderIds,
        changed: Callable[[Order], None],
        filled: Callable[[Fill], None],
    ) -> None:
        """Send through a client.

        Args:
            client: the venue.
            ticker: the market.
            tracker: holds the orders.
            recorder: writes intents before they leave.
            ids: client order ids, shared by all venues of a bot.
            changed: told an order after each change that did not come from the venue's streams.
            filled: given executions that were read because the streams had not told them.
        """
        self._client = client
        self._ticker = ticker
        self._tracker = tracker
        self._recorder = recorder
        self._ids = ids
        self._changed = changed
        self._inquiry = Inquiry(client, ticker, tracker, changed, filled)
        self._clock = client.context.clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._placing: dict[str, asyncio.Task[None]] = {}
        self._amending: set[str] = set()
        self._only_reduce = False
        self.failure: BaseException | None = None
        """A bug that ended one of the tasks; the bot stops on it."""

    # -- what the bot asks for --------------------------------------------------------------

    def only_reduce(self) -> None:
        """From now on send nothing that increases risk, not even what was already asked for."""
        self._only_reduce = True

    def submit(self, params: OrderParams, reason: str) -> Order:
        """Write an order down and send it on its way.

        Raises:
            OrderStateError: the intent already has a live order.
            JournalError: it could not be written down; it was not sent.
        """
        if self._tracker.by_intent(params.intent) is not None:
            raise OrderStateError(f"intent {params.intent!r} already has a live order")
        order = _intent(params, self._ids.next(), self._clock.now_ns())
        self._recorder.intent(order, self._client.exchange, reason)
        self._tracker.register(order)
        self._placing[order.client_order_id] = self._spawn(self._place(order.client_order_id, params))
        return order

    def cancel(self, intent: str) -> bool:
        """Cancel the live order of an intent; False if there is none or a cancel is already on its way."""
        order = self._tracker.by_intent(intent)
        if order is None or order.pending_cancel:
            return False
        self._set_pending_cancel(order.client_order_id, pending=True)
        self._spawn(self._cancel(order.client_order_id))
        return True

    def amend(self, amend: AmendParams) -> bool:
        """Change a live order; False if there is none, or if it is being changed or cancelled already."""
        order = self._tracker.by_intent(amend.intent)
        if order is None or order.pending_cancel or order.client_order_id in self._amending:
            return False
        self._amending.add(order.client_order_id)
        can_amend = Capability.AMEND in self._client.capabilities
        self._spawn(self._amend(order, amend) if can_amend else self._replace(order, amend))
        return True

    def resolve(self, client_order_id: str) -> None:
        """Find out what became of an order whose outcome is unknown."""
        self._spawn(self._inquiry.resolve(client_order_id))

    def fetch_fills(self, since_ns: int) -> None:
        """Read the executions that the streams did not tell."""
        self._spawn(self._fetch_fills(since_ns))

    async def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is on its way; False if the time runs out first."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._tasks:
                    await asyncio.wait(set(self._tasks))
        except TimeoutError:
            return False
        return True

    async def abandon(self) -> None:
        """Stop asking. What is on its way stays in the journal as it stands."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- placing ------------------------------------------------------------------------------

    async def _place(self, key: str, params: OrderParams) -> None:
        try:
            if self._only_reduce and not params.reduce_only:
                self._inquiry.move(key, OrderEvent.REJECTED, reason="not sent: the bot is stopping")
                return
            self._inquiry.move(key, OrderEvent.SENT)
            result = await outcome(self._client.place_order(self._ticker, key, params))
            if result.success:
                self._inquiry.move(key, OrderEvent.ACCEPTED, order_id=result.order_id)
            elif result.status is OrderStatus.UNKNOWN:
                self._inquiry.move(key, OrderEvent.REPLY_LOST, reason=result.error_message)
            else:
                self._inquiry.move(key, OrderEvent.REJECTED, reason=result.error_message)
        finally:
            self._placing.pop(key, None)
        await self._inquiry.resolve(key)

    async def _placed(self, key: str) -> None:
        """Wait until the venue answered the order, or is being asked about it."""
        while key in self._placing and not self._placing[key].done():
            status = self._inquiry.status(key)
            if status not in {OrderStatus.INTENT, OrderStatus.SUBMITTED}:
                return
            await asyncio.wait({self._placing[key]})

    # -- cancelling ---------------------------------------------------------------------------

    async def _cancel(self, key: str) -> None:
        """Cancel until the order is over; repeating a cancel is harmless."""
        await self._placed(key)
        backoff = Backoff(self._client)
        while self._inquiry.is_live(key):
            result = await outcome(self._client.cancel_order(self._ticker, key))
            if not self._inquiry.is_live(key):
                return
            await backoff.wait()
            await self._inquiry.look_at(key)
            refused = result.status is OrderStatus.REJECTED and not result.success
            if refused and self._inquiry.status(key) in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
                # It is open and the venue will not cancel it: tell, and let the strategy decide.
                self._recorder.event("rejected", f"cancel of order {key} was refused: {result.error_message}")
                self._set_pending_cancel(key, pending=False)
                return

    def _set_pending_cancel(self, key: str, *, pending: bool) -> None:
        self._changed(self._tracker.set_pending_cancel(key, pending, self._clock.now_ns()))

    # -- amending -----------------------------------------------------------------------------

    async def _amend(self, order: Order, amend: AmendParams) -> None:
        key = order.client_order_id
        try:
            await self._placed(key)
            if not self._inquiry.is_live(key):
                return
            result = await outcome(self._client.amend_order(self._ticker, key, amend.price, amend.quantity))
            if result.success:
                self._inquiry.take_amend(key, _as_amended(order, amend))
            elif result.status is OrderStatus.UNKNOWN:
                await self._inquiry.resolve_amend(key)
            else:
                self._recorder.event("rejected", f"amend of {amend.intent} was refused: {result.error_message}")
        finally:
            self._amending.discard(key)

    async def _replace(self, order: Order, amend: AmendParams) -> None:
        """Amend where the venue cannot: cancel, wait for the certain end, place what is still wanted."""
        key = order.client_order_id
        try:
            self._set_pending_cancel(key, pending=True)
            await self._cancel(key)
        finally:
            self._amending.discard(key)
        after = self._tracker.get(key)
        if after is None or after.status is not OrderStatus.CANCELLED or amend.quantity <= after.filled_quantity:
            return
        if self._tracker.by_intent(order.intent) is None and (order.reduce_only or not self._only_reduce):
            rest = _rest_of(after, amend)
            self._changed(self.submit(rest, "replaces an order that this venue cannot amend"))

    # -- inside ---------------------------------------------------------------------------------

    async def _fetch_fills(self, since_ns: int) -> None:
        backoff = Backoff(self._client)
        while self._tracker.missing_fills():
            await backoff.wait()
            try:
                await self._inquiry.read_fills(since_ns)
            except (VenueError, OSError):
                continue

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failure = task.exception()


def _intent(params: OrderParams, client_order_id: str, now_ns: int) -> Order:
    return Order(
        intent=params.intent,
        client_order_id=client_order_id,
        side=params.side,
        quantity=params.quantity,
        price=params.price,
        order_type=params.order_type,
        time_in_force=params.time_in_force,
        post_only=params.post_only,
        reduce_only=params.reduce_only,
        created_ns=now_ns,
        updated_ns=now_ns,
    )


def _rest_of(order: Order, amend: AmendParams) -> OrderParams:
    return OrderParams(
        side=order.side,
        quantity=amend.quantity - order.filled_quantity,
        intent=order.intent,
        price=amend.price,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
    )


def _as_amended(order: Order, amend: AmendParams) -> OrderInfo:
    return OrderInfo(
        order_id=order.order_id or "",
        client_order_id=order.client_order_id,
        side=order.side,
        size=amend.quantity,
        price=amend.price,
        status=order.status,
    )
