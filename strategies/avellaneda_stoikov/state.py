"""What the strategy remembers between steps and over a restart. Its orders and its position it never notes."""

from __future__ import annotations

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


class QuotingState(msgspec.Struct):
    """Everything that the market does not tell."""

    volatility: Volatility
    mode: Mode = Mode.BOTH
    refresh_due_ns: int = 0
    """Do not look at the quotes before this."""
    bid: Refusals = msgspec.field(default_factory=Refusals)
    ask: Refusals = msgspec.field(default_factory=Refusals)

    def refusals(self, side: Side) -> Refusals:
        """Give those of one side."""
        return self.bid if side is Side.BUY else self.ask
