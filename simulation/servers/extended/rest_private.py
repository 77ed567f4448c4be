"""The private REST answers: the account's reads, orders, cancels, leverage, dead-man switch."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.account_view import AccountView
from simulation.servers.extended.answers import Code, Page, Refused
from simulation.servers.extended.markets import MARKETS
from simulation.servers.extended.order_files import OrderFile
from simulation.servers.extended.order_form import read_form
from simulation.servers.extended.order_rules import find_market
from simulation.servers.extended.routes import Call, Route, table, whole_number
from simulation.servers.extended.trading import Trading

T = TypeVar("T")


class MassCancel(msgspec.Struct, frozen=True, rename="camel"):
    """Which orders to cancel: those that any of these names."""

    order_ids: list[int] = []
    external_order_ids: list[str] = []
    markets: list[str] = []
    cancel_all: bool = False

    def wants(self, file: OrderFile) -> bool:
        """Whether this order is meant."""
        form = file.form
        by_id = file.order_id in self.order_ids or form.id in self.external_order_ids
        return self.cancel_all or by_id or form.market in self.markets


class LeverageChange(msgspec.Struct, frozen=True):
    """The leverage wanted for a market."""

    market: str
    leverage: Decimal


class PrivateAnswers:
    """Answers for the account whose key was shown."""

    def __init__(self, state: AccountState, view: AccountView, trading: Trading) -> None:
        """Answer from this account."""
        self._state = state
        self._view = view
        self._trading = trading

    def routes(self) -> list[Route]:
        """List what is answered here."""
        view = self._view
        return table(
            True,
            {
                "GET user/account/info": lambda _: view.account(),
                "GET user/accounts": lambda _: [view.account()],
                "GET user/client/info": lambda _: view.client(),
                "GET user/balance": self._balance,
                "GET user/spot/balances": lambda _: [],
                "GET user/positions": lambda call: list(call.select(view.positions(), "side")),
                "GET user/positions/history": lambda call: call.page(call.select(view.positions_history(), "side")),
                "GET user/orders": self._open_orders,
                "GET user/orders/history": self._closed_orders,
                "GET user/orders/*": self._order,
                "GET user/orders/external/*": self._orders_external,
                "GET user/trades": self._trades,
                "GET user/funding/history": self._funding,
                "GET user/fees": lambda call: view.fees(call.markets() or [market.name for market in MARKETS]),
                "GET user/leverage": self._leverages,
                "PATCH user/leverage": self._set_leverage,
                "POST user/order": self._place,
                "DELETE user/order/*": self._cancel,
                "DELETE user/order": self._cancel_external,
                "POST user/order/massCancel": self._mass_cancel,
                "POST user/deadmanswitch": self._dead_man_switch,
            },
        )

    # -- reads ------------------------------------------------------------------------------

    def _balance(self, _: Call) -> dict[str, Any]:
        if not self._state.sim.wallet:
            raise Refused(Code.NOT_FOUND, "the balance is zero")
        return self._view.balance()

    def _open_orders(self, call: Call) -> list[Any]:
        rows = (self._view.order(file) for file in reversed(self._state.orders.open()))
        return list(call.select(rows, "type", "side"))

    def _closed_orders(self, call: Call) -> Page:
        files = self._state.orders.closed(self._state.now_ns)
        return call.page(call.select((self._view.order(file) for file in files), "type", "side"))

    def _order(self, call: Call) -> dict[str, Any]:
        file = self._find(call.words[0])
        if file is None or not file.is_kept(self._state.now_ns):
            raise Refused(Code.NOT_FOUND, "Order not found")
        return self._view.order(file)

    def _orders_external(self, call: Call) -> list[dict[str, Any]]:
        file = self._state.orders.find_external(call.words[0])
        return [] if file is None or not file.is_kept(self._state.now_ns) else [self._view.order(file)]

    def _find(self, order_id: str) -> OrderFile | None:
        return self._state.orders.find(whole_number(order_id, "the order id"))

    def _trades(self, call: Call) -> Page:
        kind = call.text("type")
        rows = (row for row in self._view.trades() if kind is None or row["tradeType"] == kind.upper())
        return call.page(call.select(rows, "side"))

    def _funding(self, call: Call) -> Page:
        since = call.whole("startTime")
        rows = (row for row in self._view.payments() if row["paidTime"] >= since)
        return call.page(call.select(rows, "side"))

    def _leverages(self, call: Call) -> list[dict[str, str]]:
        wanted = call.markets()
        return self._view.leverages(market.ticker for market in MARKETS if wanted is None or market.name in wanted)

    # -- what changes something -------------------------------------------------------------

    def _set_leverage(self, call: Call) -> dict[str, str]:
        change = _read(call, LeverageChange)
        ticker = find_market(change.market).ticker
        self._state.set_leverage(ticker, change.leverage)
        return self._view.leverages([ticker])[0]

    def _place(self, call: Call) -> dict[str, Any]:
        file = self._trading.place(read_form(call.request.body))
        return {"id": file.order_id, "externalId": file.form.id}

    def _cancel(self, call: Call) -> None:
        self._trading.cancel(self._find(call.words[0]))

    def _cancel_external(self, call: Call) -> None:
        external_id = call.text("externalId")
        if external_id is None:
            raise Refused(Code.BAD_REQUEST, "externalId is needed")
        self._trading.cancel(self._state.orders.find_external(external_id))

    def _mass_cancel(self, call: Call) -> None:
        wanted = _read(call, MassCancel)
        for name in wanted.markets:
            find_market(name)
        if not (wanted.cancel_all or wanted.order_ids or wanted.external_order_ids or wanted.markets):
            raise Refused(Code.BAD_REQUEST, "at least one parameter is needed")
        self._trading.cancel_many(wanted.wants)

    def _dead_man_switch(self, call: Call) -> None:
        self._trading.set_dead_man_switch(call.whole("countdownTime"))


def _read(call: Call, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(call.request.body, type=kind)
    except msgspec.DecodeError as error:
        raise Refused(Code.BAD_REQUEST, str(error)) from None


__all__ = ["PrivateAnswers"]
