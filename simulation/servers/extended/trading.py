"""Placing, replacing and cancelling. REST answers before the book is asked; what the book says comes on the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, TimeInForce
from simulation.order_records import DeskReply
from simulation.servers.extended import order_rules as rules
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.answers import Code, Refused
from simulation.servers.extended.ids import snowflake
from simulation.servers.extended.markets import ENTRY, ExtendedMarket
from simulation.servers.extended.order_files import OrderFile
from simulation.servers.extended.order_form import OrderForm, WireTimeInForce

_MS: Final = 1_000_000
_REASONS: Final = {
    "POST_ONLY": "POST_ONLY_FAILED",
    "REDUCE_ONLY": "REDUCE_ONLY_FAILED",
    "INSUFFICIENT_MARGIN": "NOT_ENOUGH_FUNDS",
    "BAD_EXPIRY": "INVALID_EXPIRE_TIME",
    "BAD_PRICE": "INVALID_PRICE",
    "BAD_QUANTITY": "INVALID_QTY",
    "BELOW_MINIMUM": "INVALID_QTY",
    "TOO_MANY_ORDERS": "INVALID_VALUE",
}
"""The book's refusals in the venue's words."""

Told = Callable[[OrderFile, DeskReply | None], None]
"""Hears of an order that the book took, or refused (without a reply: it never got there)."""


class Trading:
    """Order entry of the account."""

    def __init__(self, state: AccountState, told: Told) -> None:
        """Tell `told` what the book answers."""
        self._state = state
        self._told = told
        self._nonces: set[int] = set()
        self._last_entry_ns = 0
        self._switch = 0
        """Counts the settings of the dead-man switch: an older one does nothing."""
        self.mode = rules.TradingMode.NORMAL

    # -- placing ----------------------------------------------------------------------------

    def place(self, form: OrderForm) -> OrderFile:
        """Take an order and send it to the book; gives its file before the book has seen it.

        Raises:
            Refused: with the venue's code.
        """
        state = self._state
        state.refresh()
        market = rules.find_market(form.market)
        original = self._original(form)
        self._check(form, market, original)
        self._nonces.add(int(form.nonce))
        number = snowflake(state.now_ns, state.venue.core.next_id())
        file = OrderFile(number, form, market.ticker, state.now_ns, original)
        state.orders.add(file)
        self._enter(partial(self._to_book, file))
        return file

    def _original(self, form: OrderForm) -> OrderFile | None:
        if form.cancel_id is None:
            return None
        original = self._state.orders.find_external(form.cancel_id)
        if original is None or not original.is_open or original.form.market != form.market:
            raise Refused(Code.EDIT_NOT_FOUND)
        return original

    def _check(self, form: OrderForm, market: ExtendedMarket, original: OrderFile | None) -> None:
        state, ticker = self._state, market.ticker
        rules.check_mode(form, self.mode)
        rules.check_kind(form)
        rules.check_expiry(form, state)
        rules.check_quantity(form, market)
        rules.check_price(form, market, state.mark(ticker))
        rules.check_fee(form)
        rules.check_signature(form, market, state, self._nonces)
        rules.check_orders(form, ticker, state, original)
        rules.check_reduce_only(form, ticker, state)
        rules.check_margin(form, market, state, original)

    def _enter(self, action: Callable[[], None]) -> None:
        """Do something when a message sent now reaches the book; never before an earlier one."""
        core = self._state.venue.core
        self._last_entry_ns = max(self._last_entry_ns + 1, core.now_ns + ENTRY.draw(core.rng))
        core.agenda.at(self._last_entry_ns, action)

    def _to_book(self, file: OrderFile) -> None:
        desk, name, original = self._state.venue.desk, self._state.name, file.replaces
        if original is not None:
            self._state.refresh()
            if not original.is_open:
                self._refuse(file, "PREV_ORDER_NOT_FOUND", None)
                return
            original.is_replaced = True
            desk.cancel(name, file.ticker, original.key, _nobody)
        desk.place(name, file.ticker, file.key, _params(file.form), partial(self._answered, file))

    def _answered(self, file: OrderFile, reply: DeskReply) -> None:
        if reply.accepted:
            self._told(file, reply)
        else:
            self._refuse(file, _REASONS.get(reply.code, "UNKNOWN"), reply)

    def _refuse(self, file: OrderFile, reason: str, reply: DeskReply | None) -> None:
        file.updated_ns = self._state.now_ns
        file.end(OrderStatus.REJECTED, reason)
        self._told(file, reply)

    # -- cancelling -------------------------------------------------------------------------

    def cancel(self, file: OrderFile | None) -> None:
        """Send a cancel on its way.

        Raises:
            Refused: there is no such open order.
        """
        self._not_in_maintenance()
        self._state.refresh()
        if file is None or not file.is_open:
            raise Refused(Code.NOT_FOUND, "Order not found")
        self._send_cancels([file])

    def cancel_many(self, wanted: Callable[[OrderFile], bool]) -> None:
        """Send a cancel of every open order that is wanted gone."""
        self._not_in_maintenance()
        self._state.refresh()
        self._send_cancels(file for file in self._state.orders.open() if wanted(file))

    def set_dead_man_switch(self, countdown_s: int) -> None:
        """Cancel everything after so many seconds, unless it is set again before; 0 turns it off."""
        self._switch += 1
        if countdown_s:
            state = self._state
            state.venue.core.agenda.at(state.now_ns + countdown_s * NS_PER_S, partial(self._switch_due, self._switch))

    def _switch_due(self, number: int) -> None:
        if number == self._switch:
            self._state.refresh()
            self._send_cancels(self._state.orders.open())

    def _send_cancels(self, files: Iterable[OrderFile]) -> None:
        desk, name = self._state.venue.desk, self._state.name
        for file in files:
            self._enter(partial(desk.cancel, name, file.ticker, file.key, _nobody))

    def _not_in_maintenance(self) -> None:
        if self.mode is rules.TradingMode.MAINTENANCE:
            raise Refused(Code.MAINTENANCE)


def _params(form: OrderForm) -> OrderParams:
    """Say it in the book's words: a market order is a limit order that does not stay."""
    is_ioc = form.time_in_force is WireTimeInForce.IOC
    return OrderParams(
        intent="",
        side=form.side.side,
        quantity=form.qty,
        price=form.limit,
        time_in_force=TimeInForce.IOC if is_ioc else TimeInForce.GTT,
        post_only=form.post_only,
        reduce_only=form.reduce_only,
        expires_ns=None if is_ioc else form.expiry_epoch_millis * _MS,
    )


def _nobody(reply: DeskReply) -> None:
    """Hear nothing: what a cancel did comes on the stream."""


__all__ = ["Told", "Trading"]
