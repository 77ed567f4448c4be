"""A trend ladder driven by hand (desk.py), in both directions.

Scenes are written as a long ladder sees them. A short one gets the same scene mirrored at CENTRE: every price p
becomes 2 x CENTRE - p, bid and ask change places, and what it asks for is mirrored back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk import Desk
from worlds import MARKET, S

from helpers.enums import OrderStatus, Side
from helpers.models import Market
from helpers.money import minimum_quantity
from strategies.base_strategy import StrategyResult
from strategies.trend_ladder.strategy import TrendLadderStrategy

D = Decimal
CENTRE = D(62_000)
BOTH_WAYS = pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["long", "short"])
DIRECTIONS = {Side.BUY: "long", Side.SELL: "short"}


class Scene(Desk):
    """One ladder, one market, one account, and a venue that refuses nothing because nothing has to be refused."""

    def __init__(
        self, side: Side = Side.BUY, *, quantity: str = "0.001", market: Market = MARKET, **params: Any
    ) -> None:
        """Begin at 62,000.0 / 62,000.1 (long) with nothing there."""
        params.setdefault("direction", DIRECTIONS[side])
        super().__init__(TrendLadderStrategy, quantity=quantity, market=market, **params)
        self.side = side
        self.overlaps = params.get("requote_mode") == "place_first"
        self.quote("62000.0")

    @property
    def ladder(self) -> Any:
        """The strategy."""
        return self.strategy

    @property
    def held(self) -> Decimal | None:
        """The position, positive in the ladder's direction; None while it is unknown."""
        return None if self.position is None else self.position * self.side.sign

    @held.setter
    def held(self, held: str | Decimal | None) -> None:
        self.position = None if held is None else D(held) * self.side.sign

    def p(self, price: str | Decimal) -> Decimal:
        """Mirror a price for a short ladder; the mirror of a mirrored price is the price."""
        return D(price) if self.side is Side.BUY else 2 * CENTRE - D(price)

    def quote(self, bid: str | Decimal, ask: str | Decimal | None = None) -> Scene:
        """Move the market, one tick wide unless an ask is given."""
        low, high = self.p(bid), self.p(D(bid) + self.market.tick_size if ask is None else ask)
        self.bid, self.ask = min(low, high), max(low, high)
        return self

    def step(self, *, refuse: bool = False) -> StrategyResult | None:
        """Let it decide; nothing it asks for may be something that a venue has to refuse."""
        result = super().step(refuse=refuse)
        for order in () if result is None else result.orders:
            assert order.post_only
            assert order.price is not None
            assert order.price < self.ask if order.side is Side.BUY else order.price > self.bid
            assert order.quantity >= minimum_quantity(self.market, order.price)
            assert order.reduce_only or self.position is not None
        for exit_ in () if result is None or self.overlaps else [each for each in result.orders if each.reduce_only]:
            assert self.position is not None
            closing = [each for each in self.orders.values() if each.reduce_only and each.side is exit_.side]
            assert sum(order.remaining_quantity for order in closing) <= -self.position * exit_.side.sign
        return result

    def asked(self, *, refuse: bool = False) -> list[tuple[str, Decimal]]:
        """Step and give the orders it asks for: intent and price, mirrored back."""
        result = self.step(refuse=refuse)
        orders = () if result is None else result.orders
        return [(order.intent, self.p(order.price or D(0))) for order in orders]

    def wakes_in(self) -> float | None:
        """Give the seconds until it wakes by time; the bot delivers orders' news always and every quote never."""
        wake = self.ladder.next_wake(self.data())
        assert wake.orders
        assert wake.balances
        assert not wake.book
        return None if wake.at is None else (wake.at - self.now_ns) / S

    def price(self, intent: str) -> Decimal:
        """Give the price of a live order, mirrored back."""
        return self.p(self.orders[intent].price or D(0))

    def fill(self, intent: str, quantity: str | Decimal | None = None, price: str | Decimal | None = None) -> Any:
        """Fill a live order, all that is left of it and at its own price unless told otherwise."""
        return super().fill(intent, quantity, None if price is None else self.p(price))

    def rung(self, price: str | None = None) -> str:
        """Enter and fill, wait for the take-profit to rest, and give its intent; the pause does not matter."""
        self.wait(1)  # only so many take-profits go out in a second
        self.ladder.state.is_free = True
        ((entry, _),) = self.asked()
        ((take_profit, _),) = self.fill(entry, price=price).asked()
        return str(take_profit)

    def refused(self, intent: str) -> Any:
        """Let the venue reject a live order."""
        return self.end(intent, OrderStatus.REJECTED)


def begun(side: Side = Side.BUY, *, rungs: int = 0, **params: Any) -> Scene:
    """Give a ladder that has begun, with so many take-profits resting; the pause is over, the market is still."""
    scene = Scene(side, **params)
    scene.begin()
    for _ in range(rungs):
        scene.rung()
    return scene
