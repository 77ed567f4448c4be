"""Long where funding costs least, short where it pays most: the plainest strategy on several venues.

It looks at the rates once an hour, a little after the settlement, and moves its position when the
cheapest or the dearest venue is another one. It loses the spread and the fees of every move.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from strategies.base_strategy import (
    BaseStrategy,
    MarketData,
    MarketView,
    OrderParams,
    OrderType,
    Side,
    StrategyAction,
    StrategyResult,
    Wake,
)

HOUR_NS: Final = 3_600_000_000_000
AFTER_NS: Final = 120_000_000_000
"""How long after the settlement it looks: by then the rates of the next one have been read."""
_ZERO: Final = Decimal(0)


class FundingSpread(BaseStrategy[Any]):
    """Holds one long and one short of equal size."""

    def __init__(self, *arguments: Any) -> None:
        """Want nothing yet."""
        super().__init__(*arguments)
        self._wanted: dict[str, Decimal] = {}
        self._next_ns = 0
        self._is_moving = False
        """A position was not yet what it should be when last looked."""

    @classmethod
    def get_strategy_name(cls) -> str:
        """Give the name used with --strategy."""
        return "funding_spread"

    async def should_execute(self, market_data: MarketData) -> bool:
        """Choose the venues once an hour; say whether a position is not yet what it should be."""
        if market_data.now_ns >= self._next_ns:
            self._next_ns = (market_data.now_ns // HOUR_NS + 1) * HOUR_NS + AFTER_NS
            self._choose()
        if self._is_moving:
            self._is_moving = any(_held(view) != self._wanted[label] for label, view in self.views.items())
        return self._is_moving

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Move every position one step nearer to what is wanted."""
        del market_data
        orders = tuple(self._orders())
        return StrategyResult(
            action=StrategyAction.REBALANCE if orders else StrategyAction.NONE,
            message="to the cheapest and the dearest funding",
            orders=orders,
        )

    def next_wake(self, market_data: MarketData) -> Wake:
        """Sleep until an order moves or the next hour comes."""
        del market_data
        return Wake(book=False, balances=False, at=self._next_ns)

    def _choose(self) -> None:
        rates = {label: rate for label, view in self.views.items() if (rate := _hourly_rate(view)) is not None}
        if len(rates) < len(self.views):
            return
        cheapest, dearest = min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__)
        wanted = dict.fromkeys(self.views, _ZERO)
        if rates[cheapest] < rates[dearest]:
            wanted |= {cheapest: self.config.quantity, dearest: -self.config.quantity}
        self._is_moving = wanted != self._wanted
        self._wanted = wanted

    def _orders(self) -> Iterator[OrderParams]:
        for label, view in self.views.items():
            held, data = _held(view), view.market_data()
            if held is None or data is None or data.orders:
                continue  # what is on its way comes first
            order = _towards(self._wanted[label], held, label)
            if order is not None:
                yield order


def _held(view: MarketView) -> Decimal | None:
    data = view.market_data()
    return None if data is None or data.position is None else data.position.quantity


def _hourly_rate(view: MarketView) -> Decimal | None:
    data = view.market_data()
    return None if data is None or data.funding is None else data.funding.hourly_rate


def _towards(wanted: Decimal, held: Decimal, label: str) -> OrderParams | None:
    """Give the next order; a position is reduced to nothing before it turns round."""
    missing = wanted - held
    if not missing:
        return None
    reduces = held * missing < 0
    return OrderParams(
        intent=f"{'reduce' if reduces else 'open'}-{label}",
        side=Side.BUY if missing > 0 else Side.SELL,
        quantity=min(abs(missing), abs(held)) if reduces else abs(missing),
        order_type=OrderType.MARKET,
        reduce_only=reduces,
        exchange=label,
    )
