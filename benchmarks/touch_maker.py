"""One bid and one ask at the touch, moved whenever it moves: the busiest plain strategy there is.

It makes no money; it is what the bot's own work for an order is measured with, live and simulated.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from strategies.base_strategy import (
    AmendParams,
    BaseStrategy,
    MarketData,
    OrderParams,
    Side,
    StrategyAction,
    StrategyResult,
    Wake,
)

_WAKE = Wake(book=False, prices=True, balances=False)


class TouchMaker(BaseStrategy[Any]):
    """Follows the touch with two orders."""

    def __init__(self, *arguments: Any) -> None:
        """Quote nothing yet."""
        super().__init__(*arguments)
        self._orders: list[OrderParams] = []
        self._amends: list[AmendParams] = []

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "touch_maker"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Say whether a quote is missing or away from the touch."""
        self._orders.clear()
        self._amends.clear()
        self._quote(market_data, "bid", Side.BUY, market_data.best_bid)
        self._quote(market_data, "ask", Side.SELL, market_data.best_ask)
        return bool(self._orders or self._amends)

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Move both quotes to the touch."""
        del market_data
        return StrategyResult(
            action=StrategyAction.PLACE_ORDER,
            message="the touch moved",
            orders=tuple(self._orders),
            amends=tuple(self._amends),
        )

    def next_wake(self, market_data: MarketData) -> Wake:
        """Look at the touch's prices and at our orders, at nothing else."""
        del market_data
        return _WAKE

    def _quote(self, data: MarketData, intent: str, side: Side, price: Decimal) -> None:
        order = data.order(intent)
        if order is None:
            self._orders.append(
                OrderParams(intent=intent, side=side, quantity=self.config.quantity, price=price, post_only=True)
            )
        elif order.price != price and not order.pending_cancel:
            self._amends.append(AmendParams(intent=intent, price=price, quantity=order.quantity))
