"""A strategy that decides once a step: what should_execute found is what execute_strategy gives."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

from strategies.base_strategy import BaseStrategy, MarketData, Params, StrategyAction, StrategyResult

P = TypeVar("P", bound=Params)


class DecidingStrategy(BaseStrategy[P]):
    """Writes `decide` instead of the two questions that the bot asks."""

    _decided: StrategyResult | None = None

    @abstractmethod
    def decide(self, market_data: MarketData) -> StrategyResult | None:
        """Say what to do now and why; None for nothing. May take notes: it is asked once a step."""

    async def should_execute(self, market_data: MarketData) -> bool:
        """Decide; say whether there is something to do."""
        self._decided = self.decide(market_data)
        return self._decided is not None

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        """Give what was decided; decide on what is shown if nobody asked before."""
        decided, self._decided = self._decided, None
        return decided or self.decide(market_data) or StrategyResult(action=StrategyAction.NONE)
