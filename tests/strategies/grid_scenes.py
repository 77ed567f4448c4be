"""A grid driven by hand (desk.py), in both directions.

Scenes are written as a buying grid sees them. A selling grid gets the same scene mirrored at CENTRE:
every price p becomes 2 x CENTRE - p, bid and ask change places, and what it asks for is mirrored back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from desk import Desk, View, at_once
from worlds import MARKET, S

from helpers.enums import Side
from helpers.models import Market
from strategies.grid.strategy import GridStrategy

__all__ = ["BOTH_WAYS", "CENTRE", "Scene", "View", "Waits", "at_once"]

D = Decimal
CENTRE = D(62_000)
BOTH_WAYS = pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["buy", "sell"])


class Waits(NamedTuple):
    """What a grid waits for, mirrored back; prices in its own direction and against it."""

    at_s: float | None
    ahead: Decimal | None
    behind: Decimal | None


class Scene(Desk):
    """One grid, one market, one account."""

    def __init__(
        self, side: Side = Side.BUY, *, quantity: str = "0.001", market: Market = MARKET, **params: Any
    ) -> None:
        """Begin at 62,000.0 / 62,000.1 (buying) with nothing there."""
        super().__init__(GridStrategy, quantity=quantity, market=market, direction=side, **params)
        self.side = side
        self.quote("62000.0")

    @property
    def grid(self) -> Any:
        """The strategy."""
        return self.strategy

    @property
    def params(self) -> Any:
        """Its options."""
        return self.config.params

    @property
    def held(self) -> Decimal | None:
        """The position, positive in the grid's direction; None while it is unknown."""
        return None if self.position is None else self.position * self.side.sign

    @held.setter
    def held(self, held: Decimal | None) -> None:
        self.position = None if held is None else held * self.side.sign

    def p(self, price: str | Decimal) -> Decimal:
        """Mirror a price for a selling grid; the mirror of a mirrored price is the price."""
        return D(price) if self.side is Side.BUY else 2 * CENTRE - D(price)

    def quote(self, bid: str | Decimal, ask: str | Decimal | None = None) -> Scene:
        """Move the market, one tick wide unless an ask is given."""
        low, high = self.p(bid), self.p(D(bid) + self.market.tick_size if ask is None else ask)
        self.bid, self.ask = min(low, high), max(low, high)
        return self

    def asked(self, *, refuse: bool = False) -> list[tuple[str, Decimal | None]]:
        """Step and give the orders it asks for: intent and price, mirrored back."""
        result = self.step(refuse=refuse)
        orders = () if result is None else result.orders
        return [(order.intent, None if order.price is None else self.p(order.price)) for order in orders]

    def waits(self) -> Waits:
        """Ask what it waits for; the bot delivers orders' news always and every quote never."""
        wake = self.grid.next_wake(self.data())
        assert wake.orders
        assert not wake.book
        up, down = wake.price_at_or_above, wake.price_at_or_below
        ahead, behind = (up, down) if self.side is Side.BUY else (down, up)
        at_s = None if wake.at is None else (wake.at - self.now_ns) / S
        return Waits(at_s, None if ahead is None else self.p(ahead), None if behind is None else self.p(behind))

    def price(self, intent: str) -> Decimal | None:
        """Give the price of a live order, mirrored back."""
        price = self.orders[intent].price
        return None if price is None else self.p(price)

    def fill(self, intent: str, quantity: str | Decimal | None = None, price: str | Decimal | None = None) -> Any:
        """Fill a live order, all that is left of it and at its own price unless told otherwise."""
        return super().fill(intent, quantity, None if price is None else self.p(price))

    def lot(self, price: str | None = None) -> str:
        """Enter and fill, wait for the close to rest, and give its intent; the pause does not matter."""
        self.grid.state.last_open_ns = None
        self.grid.state.closes_seen = 1_000
        ((intent, _),) = self.asked()
        self.fill(intent, price=price)
        self.step()
        return intent.replace("entry", "close")
