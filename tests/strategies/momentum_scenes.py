"""The momentum example driven by hand (desk.py)."""

from __future__ import annotations

from typing import Any

from desk import Desk
from worlds import MARKET

from helpers.enums import OrderType
from helpers.models import Market
from strategies.examples.momentum import MomentumStrategy


def desk(*, market: Market = MARKET, **options: Any) -> Desk:
    """Give a momentum of three bars of 10 s that trades 0.004 BTC, which has looked at the market once."""
    given = {"lookback_period": 3, "threshold": "0.1", **options}
    scene = Desk(MomentumStrategy, quantity="0.004", market=market, **given)
    scene.begin()
    return scene


def bar(scene: Desk, price: str, seconds: float | str = 10) -> list[tuple[str, str, bool]]:
    """Let a bar pass at a price; give what is asked for: side, quantity, whether it may only reduce."""
    return look(scene.quote(price).wait(seconds))


def look(scene: Desk, *, refuse: bool = False) -> list[tuple[str, str, bool]]:
    """Ask now."""
    result = scene.step(refuse=refuse)
    orders = () if result is None else result.orders
    assert all(order.order_type is OrderType.MARKET and order.intent == "trade" for order in orders)
    return [(order.side.value, str(order.quantity), order.reduce_only) for order in orders]


def warm(scene: Desk, price: str = "62000") -> Desk:
    """Let it see its three bars, all at one price."""
    assert look(scene.quote(price)) == bar(scene, price) == bar(scene, price) == []
    return scene


def long(**options: Any) -> Desk:
    """Give one that has bought 0.004 BTC at 62,400."""
    scene = warm(desk(**options))
    assert bar(scene, "62400") == [("buy", "0.004", False)]
    return scene.fill("trade", price="62400")
