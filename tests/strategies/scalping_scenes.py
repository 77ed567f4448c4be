"""The scalping example driven by hand (desk.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from desk import Desk
from worlds import MARKET, S

from helpers.enums import OrderType, Side
from helpers.models import Market, MarketData
from strategies.examples.scalping import ScalpingStrategy

D = Decimal


class Scene(Desk):
    """A scalping of 0.004 BTC; quantities at the touch are 1 and 1 until `touch` says otherwise."""

    def __init__(self, *, market: Market = MARKET, **options: Any) -> None:
        """Begin at 62,000.0 / 62,000.1 with nothing there."""
        super().__init__(ScalpingStrategy, quantity="0.004", market=market, **options)
        self.quantities = (D(1), D(1))
        self.begin()

    def touch(self, bid: int, ask: int) -> Scene:
        """Change the quantities at the touch."""
        self.quantities = (D(bid), D(ask))
        return self

    def data(self) -> MarketData:
        """Freeze this moment."""
        bid, ask = getattr(self, "quantities", (D(1), D(1)))
        return msgspec.structs.replace(super().data(), bid_quantity=bid, ask_quantity=ask)

    def asked(self, *, refuse: bool = False) -> list[tuple[str, str, str, str | None]]:
        """Step and give what it asks for: intent, side, quantity, price."""
        result = self.step(refuse=refuse)
        if result is None:
            return []
        assert all(order.reduce_only == (order.intent == "exit") for order in result.orders)
        assert all(order.post_only == (order.order_type is OrderType.LIMIT) for order in result.orders)
        orders = [(o.intent, o.side.value, str(o.quantity), o.price and f"{o.price:f}") for o in result.orders]
        return [("cancel", intent, "", None) for intent in result.cancels] + orders

    def at_s(self) -> float | None:
        """Give the time it wants to be woken at, in seconds from now."""
        at = self.strategy.next_wake(self.data()).at
        return None if at is None else (at - self.now_ns) / S


def entered(side: Side = Side.BUY, **options: Any) -> Scene:
    """Give one whose entry at the touch has filled; its exit does not rest yet."""
    scene = Scene(**options).touch(*((9, 1) if side is Side.BUY else (1, 9)))
    scene.step()
    return scene.fill("entry")
