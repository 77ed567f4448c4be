"""A geometric grid driven by hand (desk.py): the market moves level by level."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk import Desk, View, at_once
from worlds import MARKET, with_market

from helpers.enums import Side
from helpers.models import Market, Order
from strategies.base_strategy import StrategyResult
from strategies.geometric_grid.state import GeometricState
from strategies.geometric_grid.strategy import GeometricGridStrategy

__all__ = ["DUSTY", "GridScene", "View", "at_once"]

D = Decimal
DUSTY = with_market(min_quantity=D("0.003"))
"""A market whose step is finer than its minimum: fills can be too small for an order."""


class GridScene(Desk):
    """Nine levels from 60,000 to 64,000 unless told otherwise; the market stands between levels 3 and 4."""

    def __init__(self, *, quantity: str = "0.006", market: Market = MARKET, **params: Any) -> None:
        """Begin at 61,800.0 / 61,800.1 with nothing there."""
        given = {"lower_price": "60000", "upper_price": "64000", "levels": 9, "orders_per_side": 3, **params}
        super().__init__(GeometricGridStrategy, quantity=quantity, market=market, **given)
        self.quote("61800.0")

    @property
    def state(self) -> GeometricState:
        """What the grid remembers."""
        state: GeometricState = self.strategy.state  # type: ignore[attr-defined]  # it is a geometric grid
        return state

    @property
    def lots(self) -> dict[str, Decimal]:
        """The lots, signed, by exit."""
        return {intent: lot.quantity for intent, lot in self.state.lots.items()}

    @property
    def explained(self) -> Decimal:
        """What the grid thinks the position is."""
        total = sum(self.lots.values(), self.state.dust)
        return total + (self.state.outside or D(0))

    def level(self, index: int) -> Decimal:
        """Give the price of a level."""
        ladder = self.state.ladder
        assert ladder is not None
        return ladder.prices[index - ladder.first]

    def between(self, index: int, part: str = "0.5") -> GridScene:
        """Move the market between a level and the next, so far up from the lower one."""
        low, high = self.level(index), self.level(index + 1)
        self.quote((low + (high - low) * D(part)).quantize(D("0.1")))
        return self

    def rest(self) -> list[str]:
        """Let it decide until it is content, confirming cancels; give what it said."""
        said: list[str] = []
        for _ in range(12):
            result = self.step()
            if result is None:
                return said
            said.append(result.message)
            self.settle()
        raise AssertionError(f"it does not come to rest: {said}")

    def started(self) -> GridScene:
        """Begin and let the first orders rest."""
        self.begin()
        self.rest()
        return self

    def entries(self, side: Side) -> list[int]:
        """Number the levels with an entry of a side, sorted."""
        return sorted(
            int(order.intent[6:])
            for order in self.orders.values()
            if order.intent.startswith("entry-") and order.side is side
        )

    def exits(self) -> dict[str, tuple[Side, Decimal, Decimal | None]]:
        """Give side, what is left and price of each exit."""
        return {
            order.intent: (order.side, order.remaining_quantity, order.price)
            for order in self.orders.values()
            if order.intent.startswith("exit-")
        }

    def buys(self) -> list[int]:
        """Number the levels that wait to buy."""
        return self.entries(Side.BUY)

    def sells(self) -> list[int]:
        """Number the levels that wait to sell."""
        return self.entries(Side.SELL)

    def decided(self) -> StrategyResult:
        """Step and give the decision there has to be."""
        result = self.step()
        assert result is not None
        return result

    def refill(self, order: Order) -> None:
        """Tell the end of an order once more."""
        self.strategy.notify_order_closed(order)
