"""The venue's order desk: takes orders, cancels and amends as they arrive."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from helpers.decisions import OrderParams
from helpers.enums import MarketKind, OrderStatus, OrderType, Side, TimeInForce
from helpers.models import OrderInfo
from simulation.account import SimAccount
from simulation.account_news import AccountNews
from simulation.core import VenueCore
from simulation.kernel_orders import Peg
from simulation.order_records import DeskReply, OrderRecords, Reply
from simulation.pegging import make_peg
from simulation.resting import SimOrder
from simulation.rules import Refusal, refuse_form, refuse_means, refuse_peg, refuse_state

_NO_ID = Refusal("BAD_ID", "an order needs a client order id")
_NOT_OPEN = Refusal("NOT_FOUND", "no such open order")
_FOLLOWS = Refusal("BAD_AMEND", "a pegged order follows the book: cancel it instead")


class OrderDesk:
    """Order entry of the whole venue."""

    def __init__(self, core: VenueCore, records: OrderRecords, news: AccountNews) -> None:
        """Work on the core's markets and accounts."""
        self._core = core
        self._records = records
        self._news = news

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
        refusal = refuse_form(params, vm) if client_order_id else _NO_ID
        if refusal is not None:
            self._refuse(account_id, reply, refusal)
            return
        peg = make_peg(params, vm, self._core.profile)
        order = self._order(account_id, ticker, client_order_id, params, peg)
        refusal = (
            refuse_peg(peg, params, vm) or self._refuse_time(order, params) or refuse_state(order, params, account, vm)
        )
        refusal = refusal or refuse_means(order, account, self._core)
        if refusal is not None:
            if client_order_id not in account.known:
                self._records.note(account, order, OrderStatus.REJECTED, refusal.text)
            self._refuse(account_id, reply, refusal)
            return
        opened = self._records.note(account, order, OrderStatus.OPEN)
        account.kind = vm.market.kind
        account.live[client_order_id] = order
        self._tell_cash(account, order)
        self._records.answer(account_id, reply, DeskReply(accepted=True, info=opened))
        self._match(account, order)
        if order.time_in_force is TimeInForce.GTT and params.expires_ns is not None:
            self._core.agenda.at(params.expires_ns, partial(self._expire, account, order))

    def _refuse(self, account_id: str, reply: Reply, refusal: Refusal, known: OrderInfo | None = None) -> None:
        answer = DeskReply(accepted=False, info=known, code=refusal.code, text=refusal.text)
        self._records.answer(account_id, reply, answer)

    def _refuse_time(self, order: SimOrder, params: OrderParams) -> Refusal | None:
        if order.time_in_force is not TimeInForce.GTT:
            return None
        if params.expires_ns is None:
            return Refusal("BAD_EXPIRY", "a good-till-time order needs its time")
        return Refusal("BAD_EXPIRY", "its time is over already") if params.expires_ns <= self._core.now_ns else None

    def _order(
        self, account_id: str, ticker: str, client_order_id: str, params: OrderParams, peg: Peg | None
    ) -> SimOrder:
        scale = self._core.market(ticker).scale
        is_market = params.order_type is OrderType.MARKET
        price = None if is_market or params.price is None else scale.ticks(params.price)
        lots = scale.lots(params.quantity)
        assert lots is not None  # noqa: S101 - refuse_form looked
        return SimOrder(
            account_id=account_id,
            ticker=ticker,
            client_order_id=client_order_id,
            order_id=self._core.next_id(),
            is_buy=params.side is Side.BUY,
            price=price if peg is None else peg.price,
            lots=lots,
            time_in_force=TimeInForce.IOC if is_market else params.time_in_force,
            post_only=params.post_only,
            reduce_only=params.reduce_only,
            peg=peg,
        )

    def _match(self, account: SimAccount, order: SimOrder) -> None:
        """Let a live order take what it may, and rest or end."""
        engine = self._core.market(order.ticker).engine
        may_rest = engine.take(order)
        if order.client_order_id not in account.live:
            return
        if not may_rest:
            self._end(account, order, OrderStatus.CANCELLED, "it met our own order")
        elif order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
            self._end(account, order, OrderStatus.CANCELLED, "not filled at once")
        else:
            engine.rest(order)

    # -- cancel, amend, expire --------------------------------------------------------------------

    def _cancel(self, account_id: str, ticker: str, client_order_id: str, reply: Reply) -> None:
        account = self._core.accounts[account_id]
        order = _open_order(account, ticker, client_order_id)
        if order is None:
            self._refuse(account_id, reply, _NOT_OPEN, account.known.get(client_order_id))
            return
        self.take_out(account, order, OrderStatus.CANCELLED, "cancelled by the owner")
        self._records.answer(account_id, reply, DeskReply(accepted=True, info=account.known[client_order_id]))

    def _cancel_all(self, account_id: str, ticker: str, reply: Reply) -> None:
        account = self._core.accounts[account_id]
        for order in account.resting(ticker):
            self.take_out(account, order, OrderStatus.CANCELLED, "cancelled by the owner")
        self._records.answer(account_id, reply, DeskReply(accepted=True))

    def take_out(self, account: SimAccount, order: SimOrder, status: OrderStatus, reason: str) -> None:
        """End a resting order now."""
        self._core.market(order.ticker).engine.remove(order)
        self._end(account, order, status, reason)

    def _end(self, account: SimAccount, order: SimOrder, status: OrderStatus, reason: str) -> None:
        self._records.finish(account, order, status, reason)
        self._tell_cash(account, order)

    def _tell_cash(self, account: SimAccount, order: SimOrder) -> None:
        """Tell what is free on spot, where buys that rest bind cash; before the answer, so that nobody counts on it."""
        if order.is_buy and account.kind is MarketKind.SPOT:
            self._news.tell(account, order.ticker)

    def _expire(self, account: SimAccount, order: SimOrder) -> None:
        if order.client_order_id in account.live:
            self.take_out(account, order, OrderStatus.EXPIRED, "its time was over")

    def _amend(
        self, account_id: str, ticker: str, client_order_id: str, price: Decimal, quantity: Decimal, reply: Reply
    ) -> None:
        account, vm = self._core.accounts[account_id], self._core.market(ticker)
        order = _open_order(account, ticker, client_order_id)
        if order is None:
            self._refuse(account_id, reply, _NOT_OPEN)
            return
        if order.peg is not None:
            self._refuse(account_id, reply, _FOLLOWS)
            return
        refusal = refuse_form(_as_params(order, price, quantity), vm)
        ticks, lots = vm.scale.ticks(price), vm.scale.lots(quantity)
        if refusal is None and ticks is not None and lots is not None:
            refusal = self._change(account, order, ticks, lots, reply)
        if refusal is not None:
            self._refuse(account_id, reply, refusal)

    def _change(self, account: SimAccount, order: SimOrder, ticks: int, lots: int, reply: Reply) -> Refusal | None:
        """Amend an order in place, or say why not. Only a smaller quantity keeps the place in the queue."""
        engine = self._core.market(order.ticker).engine
        keeps_queue = ticks == order.price and lots <= order.lots
        refusal = self._refuse_change(account, order.amended(ticks, lots), keeps_queue=keeps_queue)
        if refusal is not None:
            return refusal
        if not keeps_queue:
            engine.remove(order)
        order.price, order.lots = ticks, lots
        status = OrderStatus.PARTIALLY_FILLED if order.filled else OrderStatus.OPEN
        info = self._records.note(account, order, status)
        self._tell_cash(account, order)
        self._records.answer(account.account_id, reply, DeskReply(accepted=True, info=info))
        if not keeps_queue:
            self._match(account, order)
        return None

    def _refuse_change(self, account: SimAccount, changed: SimOrder, *, keeps_queue: bool) -> Refusal | None:
        if changed.remaining <= 0:
            return Refusal("BAD_AMEND", "that much is filled already")
        if keeps_queue:
            return None
        if changed.post_only and self._core.market(changed.ticker).engine.would_take(changed):
            return Refusal("POST_ONLY", "the amended order would have taken liquidity")
        return refuse_means(changed, account, self._core)


def _open_order(account: SimAccount, ticker: str, client_order_id: str) -> SimOrder | None:
    order = account.live.get(client_order_id)
    return order if order is not None and order.ticker == ticker else None


def _as_params(order: SimOrder, price: Decimal, quantity: Decimal) -> OrderParams:
    side = Side.BUY if order.is_buy else Side.SELL
    return OrderParams(intent="", side=side, price=price, quantity=quantity, reduce_only=order.reduce_only)
