"""Names of strategies. Adding one is one subclass and one line here (or an entry point elsewhere)."""

from __future__ import annotations

from typing import Any, Final

from helpers.registry import Registry
from strategies.base_strategy import BaseStrategy

_TABLE: Final = {
    "grid": "strategies.grid.strategy:GridStrategy",
    "geometric_grid": "strategies.geometric_grid.strategy:GeometricGridStrategy",
    "top_of_book_maker": "strategies.top_of_book_maker.strategy:TopOfBookMakerStrategy",
    "avellaneda_stoikov": "strategies.avellaneda_stoikov.strategy:AvellanedaStoikovStrategy",
    "perp_market_maker": "strategies.perp_market_maker.strategy:PerpMarketMakerStrategy",
    "trend_ladder": "strategies.trend_ladder.strategy:TrendLadderStrategy",
    "scalping": "strategies.examples.scalping:ScalpingStrategy",
    "momentum": "strategies.examples.momentum:MomentumStrategy",
}

strategies: Final[Registry[BaseStrategy[Any]]] = Registry(
    kind="strategy",
    table=_TABLE,
    group="runbot.strategies",
    base=BaseStrategy,  # type: ignore[type-abstract]  # only compared with, never built
)
