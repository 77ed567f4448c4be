"""A journal in memory: the records themselves, kept as they came. For runs that nobody resumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from helpers.journal_schema import RUNNING, SessionInfo
from helpers.models import Fill, FundingPayment, Order
from helpers.status import PnL


class KeptOrder(NamedTuple):
    """An order as it stood at last."""

    exchange: str
    reason: str
    """Why it was sent."""
    order: Order


class KeptDecision(NamedTuple):
    """A decision."""

    time_ns: int
    action: str
    message: str
    order_intents: Sequence[str]


class KeptEvent(NamedTuple):
    """Something that is no decision."""

    time_ns: int
    kind: str
    text: str


class KeptEquity(NamedTuple):
    """One account at one moment; money in quote, position signed in base units, None is unknown."""

    time_ns: int
    exchange: str
    equity: Decimal | None
    position: Decimal
    mid: Decimal | None
    pnl: PnL


class MemoryJournal:
    """Keeps everything a session writes; writing never fails."""

    path = None

    def __init__(self, session: SessionInfo) -> None:
        """Start empty."""
        self.session = session
        self.status = RUNNING
        self.ended_ns: int | None = None
        self.summary: Mapping[str, Any] | None = None
        self.orders: dict[str, KeptOrder] = {}
        """By client order id, in the order they were sent."""
        self.fills: dict[tuple[str, str], Fill] = {}
        """By exchange and trade id."""
        self.payments: dict[tuple[str, str], FundingPayment] = {}
        """By exchange and payment id."""
        self.decisions: list[KeptDecision] = []
        self.events: list[KeptEvent] = []
        self.points: list[KeptEquity] = []
        self.state: Mapping[str, Any] = {}

    def intent(self, order: Order, exchange: str, reason: str) -> None:
        """Keep an order that is about to be sent."""
        self.orders[order.client_order_id] = KeptOrder(exchange, reason, order)

    def order_update(self, order: Order, exchange: str | None = None) -> None:
        """Keep where an order stands in place of where it stood."""
        before = self.orders.get(order.client_order_id)
        if before is None:
            self.orders[order.client_order_id] = KeptOrder(exchange or self.session.exchange, "", order)
        else:
            self.orders[order.client_order_id] = KeptOrder(before.exchange, before.reason, order)

    def fill(self, fill: Fill, exchange: str) -> bool:
        """Keep an execution; False if this trade is kept already."""
        return self.fills.setdefault((exchange, fill.trade_id), fill) is fill

    def funding(self, payment: FundingPayment, exchange: str) -> bool:
        """Keep a funding payment; False if it is kept already."""
        return self.payments.setdefault((exchange, payment.payment_id), payment) is payment

    def decision(self, time_ns: int, action: str, message: str, order_intents: Sequence[str]) -> None:
        """Keep a decision."""
        self.decisions.append(KeptDecision(time_ns, action, message, order_intents))

    def event(self, time_ns: int, kind: str, text: str) -> None:
        """Keep an event."""
        self.events.append(KeptEvent(time_ns, kind, text))

    def equity(
        self, time_ns: int, exchange: str, equity: Decimal | None, position: Decimal, mid: Decimal | None, pnl: PnL
    ) -> None:
        """Keep the account on one venue."""
        self.points.append(KeptEquity(time_ns, exchange, equity, position, mid, pnl))

    def strategy_state(self, time_ns: int, state: Mapping[str, Any]) -> None:
        """Keep the newest state."""
        del time_ns
        self.state = state

    def catch_up(self) -> None:
        """Do nothing: nothing is put off."""

    def flush(self) -> None:
        """Do nothing: what is kept is as safe as it can be."""

    def close(self, time_ns: int, status: str, summary: Mapping[str, Any] | None = None) -> None:
        """End the session; the first word counts."""
        if self.ended_ns is None:
            self.status, self.ended_ns, self.summary = status, time_ns, summary

    def abandon(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def discard(self) -> None:
        """Do nothing: it leaves with its last reader."""
