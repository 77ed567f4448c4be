"""GRID and TOP of benchmarks/race.py as anybody would write them for the bot: Decimals and wake conditions.

TOP is the strategy that follows the touch (benchmarks/touch_maker.py), as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from benchmarks.race import MAX_SELLS, PAUSE_NS, PROFIT_PARTS, Race
from benchmarks.touch_maker import TouchMaker
from helpers.money import ceil_to
from strategies.base_strategy import (
    AmendParams,
    BaseStrategy,
    Fill,
    MarketData,
    Order,
    OrderParams,
    Side,
    StrategyAction,
    StrategyResult,
    Wake,
)

_ENTRY: Final = "entry"
_PROFIT: Final = 1 + 1 / Decimal(PROFIT_PARTS)


class RaceGrid(BaseStrategy[Any]):
    """One buy just below the ask, a sell for every fill."""

    def __init__(self, *arguments: Any) -> None:
        """Start without orders."""
        super().__init__(*arguments)
        self._next_ns = 0
        self._bought: list[Fill] = []

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "race_grid"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Say whether something was bought, or the pause is over and there is room."""
        is_over = market_data.now_ns >= self._next_ns
        return bool(self._bought) or (is_over and len(_asks(market_data.orders)) < MAX_SELLS)

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Sell what was bought; enter when the pause is over."""
        orders = [self._sell(fill, market_data) for fill in self._bought]
        amends: list[AmendParams] = []
        self._bought.clear()
        asks = _asks(market_data.orders) + _asks(orders)
        if market_data.now_ns >= self._next_ns and len(asks) < MAX_SELLS:
            self._next_ns = market_data.now_ns + PAUSE_NS
            self._enter(min([market_data.best_ask, *asks]), market_data, orders, amends)
        return StrategyResult(
            action=StrategyAction.PLACE_ORDER, message="the grid moves on", orders=tuple(orders), amends=tuple(amends)
        )

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves or the pause ends; a full grid has only orders to wait for."""
        is_full = len(_asks(market_data.orders)) >= MAX_SELLS
        return Wake(book=False, balances=False, at=None if is_full else self._next_ns)

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        """Remember what was bought."""
        if order.side is Side.BUY:
            self._bought.append(fill)

    def _sell(self, bought: Fill, data: MarketData) -> OrderParams:
        tick = data.market.tick_size
        return OrderParams(
            intent=f"sell-{bought.trade_id}",
            side=Side.SELL,
            quantity=bought.quantity,
            price=max(ceil_to(bought.price * _PROFIT, tick), data.best_bid + tick),
            post_only=True,
        )

    def _enter(self, best_ask: Decimal, data: MarketData, orders: list[OrderParams], amends: list[AmendParams]) -> None:
        """Place the buy, or move it if it rests elsewhere."""
        entry, price, quantity = data.order(_ENTRY), best_ask - data.market.tick_size, self.config.quantity
        if entry is None:
            orders.append(OrderParams(intent=_ENTRY, side=Side.BUY, quantity=quantity, price=price, post_only=True))
        elif entry.price != price:
            amends.append(AmendParams(intent=_ENTRY, price=price, quantity=quantity))


def _asks(orders: Sequence[Order | OrderParams]) -> list[Decimal]:
    """Give the prices of our sells."""
    return [order.price for order in orders if order.side is Side.SELL and order.price is not None]


STRATEGIES: Final[dict[Race, type[BaseStrategy[Any]]]] = {Race.GRID: RaceGrid, Race.TOP: TouchMaker}
