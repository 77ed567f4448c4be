"""How an order moves: one table of states, for every venue and every strategy.

`apply` is pure: an order and an event give the order after it, or an error where the table has
no row. Two rules stand above the table: what filled never exceeds what was ordered, and an
order that is over never lives again, though late fills still belong to it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Final

import msgspec

from helpers.enums import OrderStatus
from helpers.errors import OrderStateError
from helpers.models import Order


class OrderEvent(Enum):
    """What can happen to an order besides fills."""

    SENT = "sent"
    """It left for the venue."""
    REPLY_LOST = "reply_lost"
    """No answer that can be trusted."""
    ACCEPTED = "accepted"
    """The venue has it."""
    REJECTED = "rejected"
    """The venue refused it, at once or later."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    """The venue says, for sure, that it has no such order."""


_S = OrderStatus
_E = OrderEvent

_TABLE: Final[dict[tuple[OrderStatus, OrderEvent], OrderStatus]] = {
    (_S.INTENT, _E.SENT): _S.SUBMITTED,
    # After a crash the journal knows the intent but not whether it left.
    (_S.INTENT, _E.REPLY_LOST): _S.UNKNOWN,
    (_S.INTENT, _E.REJECTED): _S.REJECTED,
    (_S.SUBMITTED, _E.REPLY_LOST): _S.UNKNOWN,
    (_S.SUBMITTED, _E.ACCEPTED): _S.OPEN,
    (_S.SUBMITTED, _E.REJECTED): _S.REJECTED,
    (_S.SUBMITTED, _E.CANCELLED): _S.CANCELLED,
    (_S.SUBMITTED, _E.EXPIRED): _S.EXPIRED,
    (_S.UNKNOWN, _E.REPLY_LOST): _S.UNKNOWN,
    (_S.UNKNOWN, _E.ACCEPTED): _S.OPEN,
    (_S.UNKNOWN, _E.REJECTED): _S.REJECTED,
    (_S.UNKNOWN, _E.CANCELLED): _S.CANCELLED,
    (_S.UNKNOWN, _E.EXPIRED): _S.EXPIRED,
    # It never reached the venue.
    (_S.UNKNOWN, _E.NOT_FOUND): _S.REJECTED,
    (_S.OPEN, _E.ACCEPTED): _S.OPEN,
    # The stream told us before the reply got lost.
    (_S.OPEN, _E.REPLY_LOST): _S.OPEN,
    # Some venues accept first and refuse later.
    (_S.OPEN, _E.REJECTED): _S.REJECTED,
    (_S.OPEN, _E.CANCELLED): _S.CANCELLED,
    (_S.OPEN, _E.EXPIRED): _S.EXPIRED,
    # It was there and is gone; whoever asks reads the fills first.
    (_S.OPEN, _E.NOT_FOUND): _S.CANCELLED,
    (_S.PARTIALLY_FILLED, _E.ACCEPTED): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _E.REPLY_LOST): _S.PARTIALLY_FILLED,
    (_S.PARTIALLY_FILLED, _E.REJECTED): _S.CANCELLED,
    (_S.PARTIALLY_FILLED, _E.CANCELLED): _S.CANCELLED,
    (_S.PARTIALLY_FILLED, _E.EXPIRED): _S.EXPIRED,
    (_S.PARTIALLY_FILLED, _E.NOT_FOUND): _S.CANCELLED,
}
# News about an order that is over changes nothing: late acknowledgements, second cancels.
_OVER = (_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.REJECTED)
_TABLE.update({(over, event): over for over in _OVER for event in _E if event is not _E.SENT})

# A fill that does not complete the order.
_AFTER_FILL: Final[dict[OrderStatus, OrderStatus]] = {
    _S.SUBMITTED: _S.PARTIALLY_FILLED,
    _S.UNKNOWN: _S.PARTIALLY_FILLED,
    _S.OPEN: _S.PARTIALLY_FILLED,
    _S.PARTIALLY_FILLED: _S.PARTIALLY_FILLED,
    # It filled before the cancel took effect, and we hear of it afterwards.
    _S.CANCELLED: _S.CANCELLED,
    _S.EXPIRED: _S.EXPIRED,
    # Refused or not found, yet it filled: it did live for a while.
    _S.REJECTED: _S.CANCELLED,
}


def apply(order: Order, event: OrderEvent, now_ns: int, *, order_id: str | None = None, reason: str = "") -> Order:
    """Give the order after an event; the very same object where the event is no news.

    Raises:
        OrderStateError: the table has no such move.
    """
    status = _TABLE.get((order.status, event))
    if status is None:
        raise OrderStateError(f"order {order.client_order_id} is {order.status.value}: it cannot be {event.value}")
    order_id = order_id or order.order_id
    if status is order.status and order_id == order.order_id:
        return order
    return msgspec.structs.replace(
        order,
        status=status,
        order_id=order_id,
        pending_cancel=order.pending_cancel and not status.is_terminal,
        updated_ns=now_ns,
        reason=reason or order.reason,
    )


def apply_fill(order: Order, price: Decimal, quantity: Decimal, now_ns: int) -> Order:
    """Give the order after a fill that was not counted before.

    Raises:
        OrderStateError: more would have filled than was ordered, or the order was never sent.
    """
    filled = order.filled_quantity + quantity
    if quantity <= 0 or filled > order.quantity:
        raise OrderStateError(
            f"order {order.client_order_id} cannot fill {quantity} more: "
            f"{order.filled_quantity} of {order.quantity} are filled"
        )
    status = _AFTER_FILL.get(order.status)
    if status is None:
        raise OrderStateError(f"order {order.client_order_id} is {order.status.value}: it cannot fill")
    if filled == order.quantity:
        status = OrderStatus.FILLED
    average = price
    if order.average_price is not None and order.filled_quantity:
        average = (order.average_price * order.filled_quantity + price * quantity) / filled
    return msgspec.structs.replace(
        order,
        status=status,
        filled_quantity=filled,
        average_price=average,
        pending_cancel=order.pending_cancel and not status.is_terminal,
        updated_ns=now_ns,
    )


def apply_amend(order: Order, price: Decimal | None, quantity: Decimal, now_ns: int) -> Order:
    """Give the order after the venue changed its price and total quantity.

    Raises:
        OrderStateError: the order is over, or has filled more than the new quantity, or that is nothing.
    """
    if not order.is_live or quantity < order.filled_quantity or quantity <= 0:
        raise OrderStateError(f"order {order.client_order_id} is {order.status.value}: it cannot become {quantity}")
    if (order.price, order.quantity) == (price, quantity):
        return order
    status = OrderStatus.FILLED if quantity == order.filled_quantity else order.status
    return msgspec.structs.replace(
        order,
        price=price,
        quantity=quantity,
        status=status,
        pending_cancel=order.pending_cancel and not status.is_terminal,
        updated_ns=now_ns,
    )


def with_pending_cancel(order: Order, pending: bool, now_ns: int) -> Order:
    """Give the order with the note that a cancel is on its way (or was refused)."""
    pending = pending and order.is_live
    if order.pending_cancel is pending:
        return order
    return msgspec.structs.replace(order, pending_cancel=pending, updated_ns=now_ns)
