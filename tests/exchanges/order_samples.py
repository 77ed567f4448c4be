"""Orders, fills and venue accounts of orders, with the fields a test does not care about filled in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from helpers.enums import Liquidity, OrderStatus, Side
from helpers.models import Fill, Order, OrderInfo

D = Decimal


def order(key: str = "1", intent: str = "entry", quantity: str = "10", **more: Any) -> Order:
    """Give an order."""
    fields: dict[str, Any] = {"side": Side.BUY, "price": D(100), **more}
    return Order(intent=intent, client_order_id=key, quantity=D(quantity), **fields)


def fill(trade_id: str, key: str | None = "1", quantity: str = "1", price: str = "100", **more: Any) -> Fill:
    """Give an execution."""
    fields: dict[str, Any] = {
        "order_id": f"v{key}",
        "ticker": "BTC",
        "side": Side.BUY,
        "fee": D(0),
        "liquidity": Liquidity.MAKER,
        "time_ns": 0,
        **more,
    }
    return Fill(trade_id=trade_id, client_order_id=key, quantity=D(quantity), price=D(price), **fields)


def info(status: OrderStatus, key: str | None = "1", filled: str = "0", size: str = "10", **more: Any) -> OrderInfo:
    """Give the venue's account of an order."""
    fields: dict[str, Any] = {"order_id": f"v{key}", "side": Side.BUY, "price": D(100), **more}
    return OrderInfo(client_order_id=key, size=D(size), status=status, filled_size=D(filled), **fields)
