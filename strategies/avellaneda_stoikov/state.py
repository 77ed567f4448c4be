"""What the strategy remembers between steps and over a restart. Its orders and its position it never notes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from helpers.enums import Side
from strategies.avellaneda_stoikov.inventory import Mode
from strategies.avellaneda_stoikov.volatility import Volatility
from strategies.base_strategy import Order, OrderStatus
from strategies.pauses import BackOff


class Refusals(msgspec.Struct):
    """How one side fares with risk manager and venue."""

    back_off: BackOff = msgspec.field(default_factory=BackOff)
    last: str = ""
    """Client order id of the last order that was rejected: its end may be told twice."""

    def heard(self, order: Order) -> None:
        """Take note of an order that is over."""
        if order.status is not OrderStatus.REJECTED:
            self.back_off.accepted()
        elif not order.client_order_id or order.client_order_id != self.last:
            self.last = order.client_order_id
            self.back_off.refused(order.updated_ns)


class Cancels(msgspec.Struct):
    """The cancels asked for: one that the venue refuses, although the order rests, is not repeated at once."""

    asked: dict[str, BackOff] = msgspec.field(default_factory=dict)
    """By client order id."""

    def forget(self, live: Iterable[Order]) -> None:
        """Keep those of live orders only."""
        ids = {order.client_order_id for order in live}
        self.asked = {key: pause for key, pause in self.asked.items() if key in ids}

    def may_ask(self, order: Order, now_ns: int) -> bool:
        """Say whether to ask for the cancel of an order now, and note it."""
        pause = self.asked.setdefault(order.client_order_id, BackOff())
        if now_ns < pause.due_ns:
            return False
        pause.refused(now_ns)
        return True

    def due_ns(self, live: Iterable[Order], now_ns: int) -> int | None:
        """Give the time at which a refused cancel may be asked for again; None if there is none."""
        pauses = (self.asked.get(order.client_order_id) for order in live if not order.pending_cancel)
        return min((pause.due_ns for pause in pauses if pause is not None and pause.due_ns > now_ns), default=None)


class QuotingState(msgspec.Struct):
    """Everything that the market does not tell."""

    volatility: Volatility
    mode: Mode = Mode.BOTH
    refresh_due_ns: int = 0
    """Do not look at the quotes before this."""
    bid: Refusals = msgspec.field(default_factory=Refusals)
    ask: Refusals = msgspec.field(default_factory=Refusals)
    cancels: Cancels = msgspec.field(default_factory=Cancels)

    def refusals(self, side: Side) -> Refusals:
        """Give those of one side."""
        return self.bid if side is Side.BUY else self.ask
