"""Carrying orders out on one venue: written down first, sent once, asked about until the venue answers.

Nothing here waits for a fill. Each request runs as a task of its own, so one slow reply never
holds up another order; what comes of it is told to the listener.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from exchanges.base import BaseExchangeClient
from exchanges.inquiry import Backoff, Inquiry, Look, OrderListener
from exchanges.order_requests import OrderRequests
from exchanges.order_terms import new_order, params_of
from exchanges.order_tracker import OrderTracker
from exchanges.tasks import Tasks
from helpers.decisions import AmendParams, OrderParams
from helpers.enums import Capability, OrderStatus, TimeInForce
from helpers.errors import OrderStateError, VenueError
from helpers.ids import ClientOrderIds
from helpers.models import Order, OrderInfo
from helpers.recorder import Recorder

_FILLS_ARE_LATE = 5
"""Looks for missing fills after which somebody is told."""


class OrderExecutor:
    """Sends, cancels and amends."""

    def __init__(
        self,
        client: BaseExchangeClient,
        ticker: str,
        tracker: OrderTracker,
        recorder: Recorder,
        ids: ClientOrderIds,
        listener: OrderListener,
    ) -> None:
        """Send through a client.

        Args:
            client: the venue.
            ticker: the market.
            tracker: holds the orders.
            recorder: writes intents before they leave.
            ids: client order ids, shared by all venues of a bot.
            listener: told of each order that moves, and given executions the streams had not told.
        """
        self._client = client
        self._tracker = tracker
        self._recorder = recorder
        self._ids = ids
        self._listener = listener
        self._tasks = Tasks(listener.on_failure, at_once=client.starts_at_once)
        self._inquiry = Inquiry(client, ticker, tracker, listener)
        self._requests = OrderRequests(client, ticker, recorder, self._inquiry, self._tasks)
        self._sent: dict[str, OrderParams] = {}
        """What live orders were asked for."""
        self._amending: set[str] = set()
        self._unwanted: set[str] = set()
        """Orders being replaced whose replacement is no longer wanted."""
        self._reads_fills = False
        self.is_over = False
        """Nothing is sent or asked any more."""

    @property
    def failure(self) -> Exception | None:
        """A bug that ended one of the requests, or a journal that cannot be written; the bot stops on it."""
        return self._tasks.failure

    # -- what the bot asks for --------------------------------------------------------------

    def only_reduce(self) -> None:
        """From now on send nothing that increases risk, not even what was already asked for."""
        self._requests.only_reduce = True
        self._client.only_reduce()

    def submit(self, params: OrderParams, reason: str) -> Order:
        """Write an order down and send it on its way.

        Raises:
            OrderStateError: the intent already has a live order.
            JournalError: it could not be written down; it was not sent.
        """
        if self._tracker.by_intent(params.intent) is not None:
            raise OrderStateError(f"intent {params.intent!r} already has a live order")
        order = new_order(params, self._ids.next(), self._client.context.clock.now_ns())
        self._recorder.intent(order, self._client.exchange, reason)
        self._tracker.register(order)
        key = order.client_order_id
        self._sent[key] = params
        self._requests.expect(key)
        self._tasks.spawn(self._requests.place(key, self._as_sent(params)))
        return order

    def cancel(self, intent: str) -> bool:
        """Cancel the live order of an intent; False if there is none or a cancel is already on its way."""
        order = self._tracker.by_intent(intent)
        if order is not None and order.client_order_id in self._amending:
            self._unwanted.add(order.client_order_id)
        if order is None or order.pending_cancel:
            return False
        self._inquiry.set_pending_cancel(order.client_order_id, pending=True)
        self._tasks.spawn(self._requests.cancel(order.client_order_id))
        return True

    def amend(self, wanted: AmendParams, *, quietly: bool = False) -> bool:
        """Change a live order; False if there is none, or if it is being changed or cancelled already.

        Args:
            wanted: what it should become.
            quietly: do not tell people of a refusal.
        """
        order = self._tracker.by_intent(wanted.intent)
        if order is None or order.pending_cancel or order.client_order_id in self._amending:
            return False
        if not self._can_change(order):
            if not quietly:
                self._recorder.event("rejected", f"amend of {wanted.intent}: nobody knows any more when it should end")
            return False
        self._amending.add(order.client_order_id)
        self._tasks.spawn(self._amend(order, wanted, quietly=quietly))
        return True

    def may_follow(self, order: Order) -> bool:
        """Whether the price of a resting order may be changed now without the strategy asking."""
        if order.pending_cancel or order.client_order_id in self._amending:
            return False
        return order.reduce_only or not self._requests.only_reduce

    def fetch_fills(self) -> None:
        """Read the executions that the streams did not tell, until none is missing."""
        if not self._reads_fills and self._tracker.missing_fills():
            self._reads_fills = True
            self._tasks.spawn(self._fetch_fills())

    async def settle(self, timeout_s: float) -> bool:
        """Wait until nothing is on its way; False if the time runs out first."""
        return await self._tasks.settle(timeout_s)

    async def abandon(self) -> None:
        """Stop asking. What is on its way stays in the journal as it stands."""
        self.is_over = True
        await self._tasks.abandon()

    def fail(self, error: Exception) -> None:
        """Take note of an error that must not happen."""
        self._tasks.fail(error)

    # -- what is learnt of orders ---------------------------------------------------------------

    def follow(self, info: OrderInfo) -> None:
        """Follow the venue's account of an order; one that is not ours is nobody's business here."""
        order = self._tracker.get(info.client_order_id)
        if order is None:
            return
        if order.status is OrderStatus.REJECTED and not info.status.is_terminal:
            self.cancel_stray(order.client_order_id)
        self._inquiry.follow(info)
        if order.peg is not None and Capability.PEG in self._client.capabilities and not info.status.is_terminal:
            self.take_terms(info)
        self.fetch_fills()

    def take_terms(self, info: OrderInfo) -> None:
        """Take over price and quantity of a resting order as the venue has them."""
        key = info.client_order_id
        if key is not None and key not in self._amending and self._inquiry.is_live(key):
            self._inquiry.set_terms(key, info.price, info.size)

    def await_terms(self, order: Order, info: OrderInfo) -> None:
        """Find out the terms of an order that an earlier session may have been making larger when it ended."""
        wanted = AmendParams(intent=order.intent, price=order.price or Decimal(0), quantity=order.quantity)
        self._amending.add(order.client_order_id)
        self._tasks.spawn(self._await_terms(order.client_order_id, wanted, info))

    def resolve(self, client_order_id: str) -> None:
        """Find out what became of an order whose outcome is unknown."""
        self._tasks.spawn(self._inquiry.resolve(client_order_id))

    async def look_at(self, client_order_id: str) -> None:
        """Ask about an order that should rest and is not listed; it is over if the venue has no such order."""
        if await self._inquiry.look_at(client_order_id) is Look.NOT_THERE:
            self._requests.gone(client_order_id)

    def gone(self, client_order_id: str) -> None:
        """End an order that the venue had and has no more."""
        self._requests.gone(client_order_id)

    def cancel_stray(self, client_order_id: str) -> None:
        """Cancel an order that rests at the venue although it was taken for over."""
        self._tasks.spawn(self._requests.cancel_stray(client_order_id))

    def on_over(self, client_order_id: str) -> None:
        """Hear that an order is over."""
        self._sent.pop(client_order_id, None)
        self._requests.on_over(client_order_id)

    # -- inside ---------------------------------------------------------------------------------

    def _can_change(self, order: Order) -> bool:
        """Whether it can be amended, or replaced without losing its end of life."""
        if Capability.AMEND in self._client.capabilities:
            return True
        return order.time_in_force is not TimeInForce.GTT or order.client_order_id in self._sent

    def _as_sent(self, params: OrderParams) -> OrderParams:
        """Keep the peg from a venue that cannot follow: there the bot does (exchanges/pegs.py)."""
        if params.peg is None or Capability.PEG in self._client.capabilities:
            return params
        return msgspec.structs.replace(params, peg=None)

    async def _amend(self, order: Order, wanted: AmendParams, *, quietly: bool) -> None:
        try:
            if Capability.AMEND in self._client.capabilities:
                await self._requests.amend(order, wanted, quietly=quietly)
            else:
                await self._replace(order, wanted)
        finally:
            self._amending.discard(order.client_order_id)
            self._unwanted.discard(order.client_order_id)

    async def _await_terms(self, key: str, wanted: AmendParams, info: OrderInfo) -> None:
        try:
            await self._inquiry.resolve_amend(key, wanted, (info.price, info.size))
        finally:
            self._amending.discard(key)
            self._unwanted.discard(key)

    async def _replace(self, order: Order, wanted: AmendParams) -> None:
        """Amend where the venue cannot: cancel, wait for the certain end, place what is still wanted."""
        key = order.client_order_id
        params = self._sent.get(key) or params_of(order)
        self._inquiry.set_pending_cancel(key, pending=True)
        await self._requests.cancel(key)
        after = self._tracker.known(key)
        rest = wanted.quantity - after.filled_quantity
        if after.status is not OrderStatus.CANCELLED or rest <= 0 or key in self._unwanted:
            return
        if self._tracker.by_intent(order.intent) is None:
            replacement = msgspec.structs.replace(params, price=wanted.price, quantity=rest)
            self.submit(replacement, "replaces an order that this venue cannot amend")

    async def _fetch_fills(self) -> None:
        backoff, looks = Backoff(self._client), 0
        try:
            while missing := self._tracker.missing_fills():
                await backoff.wait()
                try:
                    await self._inquiry.read_fills(min(order.created_ns for order in missing))
                except (VenueError, OSError):
                    continue
                looks += 1
                if looks == _FILLS_ARE_LATE and self._tracker.missing_fills():
                    self._tell_late_fills()
        finally:
            self._reads_fills = False

    def _tell_late_fills(self) -> None:
        names = ", ".join(order.intent for order in self._tracker.missing_fills())
        text = f"{self._client.exchange} counts more filled of {names} than it lists executions: it is asked on"
        self._recorder.event("health", text)
