"""What a perp market maker remembers between steps and over a restart."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from typing import Final

import msgspec

from strategies.base_strategy import Order, OrderStatus, Side
from strategies.pauses import BackOff

REDUCE: Final = "reduce"
"""Intent of the close at market; every other order is a quote."""


class Refusal(BackOff):
    """When an order that was refused may be asked for again."""

    last: str = ""
    """The client order id of the last one, which may be told of twice; "" if it was never sent."""


class MakerState(msgspec.Struct):
    """Everything the maker knows that the market does not tell."""

    refresh_due_ns: int = 0
    todo: list[str] = msgspec.field(default_factory=list)
    """Quotes still to be placed in this round."""
    is_clearing: bool = False
    """They wait until no quote lives."""
    is_reducing: bool = False
    """Quotes leave, then a part of the position goes to the market."""
    checked: Decimal | None = None
    """The position that was last judged."""
    dust: Decimal | None = None
    """The position whose excess was last said to be too small for an order."""
    leaving: dict[str, BackOff] = msgspec.field(default_factory=dict)
    """Quotes that have to go, by client order id, and when the next cancel may be asked for."""
    refusals: dict[str, Refusal] = msgspec.field(default_factory=dict)
    """By intent."""

    def is_round_due(self, now_ns: int, interval_ns: int) -> bool:
        """Whether a new round begins now; then the next one is set. A time too far off was set by other options."""
        if now_ns < self.refresh_due_ns <= now_ns + interval_ns:
            return False
        self.refresh_due_ns = now_ns + interval_ns
        return True

    def forget(self, live: Container[str]) -> None:
        """Forget the orders that left, given the client order ids of those that live."""
        for key in [key for key in self.leaving if key not in live]:
            del self.leaving[key]

    def may_ask(self, intent: str, now_ns: int) -> bool:
        """Whether nothing keeps an order of this intent back."""
        refusal = self.refusals.get(intent)
        return refusal is None or now_ns >= refusal.due_ns

    def hear(self, order: Order) -> None:
        """Back off after a refusal, or after a close at market that did not fill all; else forget refusals."""
        is_unfilled_close = order.intent == REDUCE and order.status is not OrderStatus.FILLED
        if order.status is not OrderStatus.REJECTED and not is_unfilled_close:
            self.refusals.pop(order.intent, None)
            return
        refusal = self.refusals.setdefault(order.intent, Refusal())
        if order.client_order_id and order.client_order_id == refusal.last:
            return
        if order.filled_quantity:
            refusal.accepted()
        refusal.refused(order.updated_ns)
        refusal.last = order.client_order_id


def intent_of(side: Side, level: int) -> str:
    """Name the quote of a level, counted from 1: "buy-1" is the nearest buy."""
    return f"{side.value}-{level}"
