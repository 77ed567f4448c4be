"""An Avellaneda-Stoikov maker driven by hand (desk.py), with round figures.

The half-spread is 10 USD (by its floor) and each order held shifts both quotes by 3 USD: gamma 0.02, beta 1,
a variance of 25 USD^2 a second over 6 s. The market stands at 62,000.0 / 62,000.1, so without a position the
bid belongs at 61,990.0 and the ask at 62,010.1. The variance stays what it is for an hour.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk import Desk
from worlds import MARKET, S

from helpers.models import Market
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy
from strategies.base_strategy import StrategyResult

D = Decimal
ROUND: dict[str, Any] = {
    "gamma": "0.02", "gamma_max": "0.02", "kappa": 1000, "beta": 1, "beta_max": 1, "min_spread_abs": 20,
    "requote_ticks": 0, "sample_interval": 3600, "window": 7200,
}  # fmt: skip


class Scene(Desk):
    """One maker, one market, one account."""

    def __init__(self, *, quantity: str = "0.001", market: Market = MARKET, **params: Any) -> None:
        """Begin with a known variance and nothing else."""
        super().__init__(AvellanedaStoikovStrategy, quantity=quantity, market=market, **{**ROUND, **params})
        self.begin()
        self.know(25)

    @property
    def maker(self) -> Any:
        """The strategy."""
        return self.strategy

    def know(self, variance: int) -> Scene:
        """Let it have measured this variance just now."""
        volatility = self.maker.state.volatility
        average = volatility.average
        average.value, average.count = D(variance), 2
        average.last_price, average.last_ns = (self.bid + self.ask) / 2, self.now_ns
        volatility.sampler.due_ns = self.now_ns + 3600 * S
        return self

    def held(self, position: str | None) -> Scene:
        """Hold so much, however it came."""
        self.position = None if position is None else D(position)
        return self

    def next(self, *, refuse: bool = False) -> StrategyResult | None:
        """Let a second pass, so that the quotes are looked at, and step."""
        self.wait(1)
        return self.step(refuse=refuse)

    def rest(self) -> Scene:
        """Let the quotes come to rest, each cancel done at once: an order may have to wait for another to go."""
        for _ in range(4):
            self.next()
            self.settle().step()
            self.settle()
        return self

    def prices(self) -> dict[str, str]:
        """Give the price of each live order by its intent."""
        return {intent: str(order.price) for intent, order in self.orders.items()}

    def sides(self) -> dict[str, str]:
        """Give the resting price of each side, which has one order at rest."""
        sides = {intent[:3]: str(order.price) for intent, order in self.orders.items() if not order.pending_cancel}
        assert len(sides) == len([order for order in self.orders.values() if not order.pending_cancel])
        return sides
