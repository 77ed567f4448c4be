"""From what a strategy wants to an order of ours, and back."""

from __future__ import annotations

from helpers.decisions import OrderParams
from helpers.models import Order


def new_order(params: OrderParams, client_order_id: str, now_ns: int) -> Order:
    """Make the order that is written down and sent."""
    return Order(
        intent=params.intent,
        client_order_id=client_order_id,
        side=params.side,
        quantity=params.quantity,
        price=params.price,
        order_type=params.order_type,
        time_in_force=params.time_in_force,
        post_only=params.post_only,
        reduce_only=params.reduce_only,
        peg=params.peg,
        created_ns=now_ns,
        updated_ns=now_ns,
    )


def params_of(order: Order) -> OrderParams:
    """Describe an order of an earlier session as it was asked for."""
    return OrderParams(
        side=order.side,
        quantity=order.quantity,
        intent=order.intent,
        price=order.price,
        order_type=order.order_type,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        peg=order.peg,
    )
