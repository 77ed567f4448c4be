"""The venue's order desk: takes orders, cancels and amends as they arrive."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from helpers.decisions import OrderParams
from helpers.models import OrderStatus, OrderType, Side, TimeInForce
from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.order_records import DeskReply, OrderRecords, Reply
from simulation.resting import SimOrder
from simulation.rules import Refusal, needed_margin, refuse_form, refuse_state

_NOT_OPEN = Refusal("NOT_FOUND", "no such open order")


class OrderDesk:
    """Order entry of the whole venue."""

    def __init__(self, core: VenueCore, records: OrderRecords) -> None:
        """Work on the core's markets and accounts."""
        self._core = core
        self._records = records

    # -- requests, which arrive after the order-entry delay ---------------------------------

    def place(self, account_id: str, ticker: str, client_order_id: str, params: OrderParams, reply: Reply) -> None:
        """Send an order on its way."""
        self._after_entry(partial(self._arrive, account_id, ticker, client_order_id, params, reply))

    def cancel(self, account_id: str, ticker: str, client_order_id: str, reply: Reply) -> None:
        """Send a cancel on its way."""
        self._after_entry(partial(self._cancel, account_id, ticker, client_order_id, reply))

    def cancel_all(self, account_id: str, ticker: str, reply: Reply) -> None:
        """Send a cancel of everything on one market on its way."""
        self._after_entry(partial(self._cancel_all, account_id, ticker, reply))

    def amend(
        self, account_id: str, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal, reply: Reply
    ) -> None:
        """Send a change of price and total quantity on its way."""
        self._after_entry(partial(self._amend, account_id, ticker, client_order_id, price, quantity, reply))

    def _after_entry(self, action: Callable[[], None]) -> None:
        delay = self._core.profile.order_entry.draw(self._core.rng)
        self._core.agenda.at(self._core.now_ns + delay, action)

    # -- arrival ----------------------------------------------------------------------------

    def _arrive(self, account_id: str, ticker: str, client_order_id: str, params: OrderParams, reply: Reply) -> None:
        account, vm = self._core.accounts[account_id], self._core.market(ticker)
        refusal = refuse_form(params, vm)
        if refusal is not None:
            self._records.answer(account_id, reply, DeskReply(accepted=False, code=refusal.code, text=refusal.text))
            return
        order = self._order(account_id, ticker, client_order_id, params)
        refusal = refuse_state(order, params, account, vm) or self._refuse_margin(order, params, account, ticker)
        if refusal is not None:
            if refusal.code != "DUPLICATE_ID":
                self._records.note(account, ticker, order, OrderStatus.REJECTED, refusal.text)
            self._records.answer(account_id, reply, DeskReply(accepted=False, code=refusal.code, text=refusal.text))
            return
        opened = self._records.note(account, ticker, order, OrderStatus.OPEN)
        self._records.answer(account_id, reply, DeskReply(accepted=True, info=opened))
        self._match(account, ticker, order, params)

    def _order(self, account_id: str, ticker: str, client_order_id: str, params: OrderParams) -> SimOrder:
        scale = self._core.market(ticker).scale
        is_market = params.order_type is OrderType.MARKET
        lots = scale.lots(params.quantity)
        assert lots is not None  # noqa: S101 - refuse_form looked
        return SimOrder(
            account_id=account_id,
            client_order_id=client_order_id,
            order_id=self._core.next_id(),
            is_buy=params.side is Side.BUY,
            price=None if is_market or params.price is None else scale.ticks(params.price),
            lots=lots,
            time_in_force=TimeInForce.IOC if is_market else params.time_in_force,
            post_only=params.post_only,
            reduce_only=params.reduce_only,
        )

    def _refuse_margin(self, order: SimOrder, params: OrderParams, account: SimAccount, ticker: str) -> Refusal | None:
        vm = self._core.market(ticker)
        marks, terms = self._core.marks(), self._core.terms()
        resting = [other for other in account.live.values() if vm.engine.is_resting(other)]
        needed = needed_margin(params, order.lots, resting, account, vm)
        free = account.equity(marks) - account.initial_margin(marks, terms)
        if needed > 0 and needed > free:
            return Refusal("INSUFFICIENT_MARGIN", f"the order needs {needed:.2f} of margin, {free:.2f} is free")
        return None

    def _match(self, account: SimAccount, ticker: str, order: SimOrder, params: OrderParams) -> None:
        engine = self._core.market(ticker).engine
        account.live[order.client_order_id] = order
        may_rest = engine.take(order)
        engine.conditions_changed()
        if order.client_order_id not in account.live:
            return
        if not may_rest:
            self._records.finish(account, ticker, order, OrderStatus.CANCELLED, "it met our own order")
        elif order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
            self._records.finish(account, ticker, order, OrderStatus.CANCELLED, "not filled at once")
        else:
            engine.rest(order)
            if params.time_in_force is TimeInForce.GTT and params.expires_ns is not None:
                self._core.agenda.at(params.expires_ns, partial(self._expire, account, ticker, order))

    # -- cancel, amend, expire --------------------------------------------------------------------

    def _cancel(self, account_id: str, ticker: str, client_order_id: str, reply: Reply) -> None:
        account = self._core.accounts[account_id]
        order = account.live.get(client_order_id)
        if order is None:
            known = account.known.get(client_order_id)
            self._records.answer(
                account_id, reply, DeskReply(accepted=False, info=known, code=_NOT_OPEN.code, text=_NOT_OPEN.text)
            )
            return
        self.take_out(account, ticker, order, "cancelled by the owner")
        self._records.answer(account_id, reply, DeskReply(accepted=True, info=account.known[client_order_id]))

    def _cancel_all(self, account_id: str, ticker: str, reply: Reply) -> None:
        account, engine = self._core.accounts[account_id], self._core.market(ticker).engine
        for order in list(account.live.values()):
            if engine.is_resting(order):
                self.take_out(account, ticker, order, "cancelled by the owner")
        self._records.answer(account_id, reply, DeskReply(accepted=True))

    def take_out(self, account: SimAccount, ticker: str, order: SimOrder, reason: str) -> None:
        """Cancel a resting order now."""
        self._core.market(ticker).engine.remove(order)
        self._records.finish(account, ticker, order, OrderStatus.CANCELLED, reason)

    def _expire(self, account: SimAccount, ticker: str, order: SimOrder) -> None:
        if order.client_order_id in account.live:
            self._core.market(ticker).engine.remove(order)
            self._records.finish(account, ticker, order, OrderStatus.EXPIRED, "its time was over")

    def _amend(
        self, account_id: str, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal, reply: Reply
    ) -> None:
        account, vm = self._core.accounts[account_id], self._core.market(ticker)
        order = account.live.get(client_order_id)
        ticks, lots = vm.scale.ticks(price), vm.scale.lots(quantity)
        refusal = self._refuse_amend(order, ticks, lots, ticker)
        if order is None or ticks is None or lots is None or refusal is not None:
            code, text = refusal or _NOT_OPEN
            self._records.answer(account_id, reply, DeskReply(accepted=False, code=code, text=text))
            return
        keeps_queue = ticks == order.price and lots <= order.lots
        if not keeps_queue:
            vm.engine.remove(order)
        order.price, order.lots = ticks, lots
        self._records.answer(
            account_id, reply, DeskReply(accepted=True, info=self._records.note(account, ticker, order, _status(order)))
        )
        if not keeps_queue:
            self._rematch(account, ticker, order)

    def _rematch(self, account: SimAccount, ticker: str, order: SimOrder) -> None:
        engine = self._core.market(ticker).engine
        may_rest = engine.take(order)
        engine.conditions_changed()
        if order.client_order_id not in account.live:
            return
        if may_rest:
            engine.rest(order)
        else:
            self._records.finish(account, ticker, order, OrderStatus.CANCELLED, "it met our own order")

    def _refuse_amend(self, order: SimOrder | None, ticks: int | None, lots: int | None, ticker: str) -> Refusal | None:
        if order is None:
            return _NOT_OPEN
        if not ticks or ticks < 0 or not lots or lots <= order.filled:
            return Refusal("BAD_AMEND", "the new price or quantity is off the grid or already filled")
        changed = _with_price(order, ticks)
        if order.post_only and self._core.market(ticker).engine.would_take(changed):
            return Refusal("POST_ONLY", "the amended order would have taken liquidity")
        return None


def _status(order: SimOrder) -> OrderStatus:
    return OrderStatus.PARTIALLY_FILLED if order.filled else OrderStatus.OPEN


def _with_price(order: SimOrder, ticks: int) -> SimOrder:
    return SimOrder(
        account_id=order.account_id,
        client_order_id=order.client_order_id,
        order_id=order.order_id,
        is_buy=order.is_buy,
        price=ticks,
        lots=order.lots,
    )
