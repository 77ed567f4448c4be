"""The venue's file on every order, and the news and answers that go out about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from helpers.enums import OrderStatus, Side
from helpers.models import OrderInfo
from simulation.account import SimAccount
from simulation.core import VenueCore
from simulation.deliveries import Deliveries
from simulation.resting import SimOrder

KEPT: Final = 20_000
"""Orders of one account that are remembered, like venues that forget old orders; a run may take weeks."""


class DeskReply(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's answer to a request."""

    accepted: bool
    info: OrderInfo | None = None
    """The order as the request left it; None where there is none."""
    code: str = ""
    text: str = ""


Reply = Callable[[DeskReply], None]


class OrderRecords:
    """Writes down where an order stands and tells its owner."""

    def __init__(self, core: VenueCore, deliveries: Deliveries) -> None:
        """Send news through the deliveries."""
        self._core = core
        self._deliveries = deliveries

    def answer(self, account_id: str, reply: Reply, answer: DeskReply) -> None:
        """Answer a request, after the response delay."""
        self._deliveries.later(account_id, partial(reply, answer))

    def finish(self, account: SimAccount, order: SimOrder, status: OrderStatus, reason: str = "") -> None:
        """Close an order's file and tell its owner."""
        account.live.pop(order.client_order_id, None)
        self.tell(account, order, status, reason)

    def tell(self, account: SimAccount, order: SimOrder, status: OrderStatus, reason: str = "") -> None:
        """Note where an order stands and tell its owner."""
        info = self.note(account, order, status, reason)
        self._deliveries.tell(account.account_id, order.ticker, lambda customer: customer.on_order(info))

    def note_pegged(self, account: SimAccount, ticker: str) -> None:
        """Note where the pegged orders of one market stand by now: their moves are told to nobody."""
        for order in account.resting(ticker):
            if order.peg is not None:
                self._core.market(ticker).engine.read_queues()
                self.note(account, order, OrderStatus.PARTIALLY_FILLED if order.filled else OrderStatus.OPEN)

    def note(self, account: SimAccount, order: SimOrder, status: OrderStatus, reason: str = "") -> OrderInfo:
        """Note where an order stands; the venue's own orders have no file."""
        scale = self._core.market(order.ticker).scale
        info = OrderInfo(
            order_id=str(order.order_id),
            client_order_id=order.client_order_id or None,
            side=Side.BUY if order.is_buy else Side.SELL,
            size=scale.quantity(order.lots),
            price=None if order.price is None else scale.price(order.price),
            status=status,
            filled_size=scale.quantity(order.filled),
            reduce_only=order.reduce_only,
            post_only=order.post_only,
            time_ns=self._core.now_ns,
            reason=reason,
        )
        if order.client_order_id:
            if status.is_terminal:  # the last to end are the last to be forgotten
                account.known.pop(order.client_order_id, None)
            account.known[order.client_order_id] = info
            if len(account.known) > KEPT:
                _forget(account)
        return info


def _forget(account: SimAccount) -> None:
    """Throw away the older half of the files of orders that are over."""
    over = [key for key, info in account.known.items() if info.status.is_terminal]
    for key in over[: len(over) // 2]:
        del account.known[key]
