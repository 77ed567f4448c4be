"""A perp market maker driven by hand (desk.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk import D, Desk, View
from worlds import MARKET, S

from helpers.enums import Capability, OrderStatus, Side
from helpers.models import Market
from strategies.base_strategy import StrategyResult
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy

NO_AMEND = frozenset(Capability) - {Capability.AMEND}
BUYS = ("buy-1", "buy-2", "buy-3")
SELLS = ("sell-1", "sell-2", "sell-3")
ROUND_S = 15
FIRST = {
    "buy-1": "61938.0", "buy-2": "61937.8", "buy-3": "61937.6",
    "sell-1": "62062.1", "sell-2": "62062.3", "sell-3": "62062.5",
}  # fmt: skip
LATER = {
    "buy-1": "61948.0", "buy-2": "61947.8", "buy-3": "61947.6",
    "sell-1": "62072.1", "sell-2": "62072.3", "sell-3": "62072.5",
}  # fmt: skip
"""Ten dollars higher."""


class Maker(Desk):
    """One maker, one market, one account; orders of 0.001 BTC unless told otherwise."""

    def __init__(self, *, quantity: str = "0.001", market: Market = MARKET, amends: bool = True, **params: Any) -> None:
        """Begin at 62,000.0 / 62,000.1 with nothing there, at a venue that can amend or cannot."""
        super().__init__(PerpMarketMakerStrategy, quantity=quantity, market=market, **params)
        self.capabilities = frozenset(Capability) if amends else NO_AMEND
        self.strategy = self.fresh()

    def fresh(self) -> PerpMarketMakerStrategy:
        """Give a strategy that knows nothing yet."""
        return PerpMarketMakerStrategy(self.config, View(self.market, capabilities=self.capabilities))

    @property
    def state(self) -> Any:
        """What the strategy remembers."""
        return self.strategy.state  # type: ignore[attr-defined]

    def asked(self, **how: Any) -> StrategyResult:
        """Step; it must want something."""
        result = self.step(**how)
        assert result is not None
        return result

    def prices(self) -> dict[str, str]:
        """Give what rests and is not about to go, by intent."""
        return {o.intent: str(o.price) for o in self.orders.values() if o.price is not None and not o.pending_cancel}

    def held(self, quantity: str) -> Maker:
        """Let somebody trade by hand until the position is this."""
        self.position = D(quantity)
        return self

    def next_round(self) -> Maker:
        """Wait until the next round is due."""
        self.now_ns = self.state.refresh_due_ns
        return self

    def renewed(self) -> StrategyResult:
        """Let a whole round pass with cancel_before_place, and give the placing."""
        self.next_round().asked()
        self.settle()
        return self.asked()

    def wakes_in(self) -> float:
        """Give the seconds until it wants to be asked again; news of orders and account always wake it."""
        wake = self.strategy.next_wake(self.data())
        assert wake.orders
        assert wake.balances
        assert (wake.book, wake.prices) == (False, False)
        assert wake.at is not None
        return (wake.at - self.now_ns) / S

    def could_reach(self, side: Side) -> Decimal:
        """Give the position in the direction of `side` if everything resting there filled."""
        assert self.position is not None
        resting = (o for o in self.orders.values() if o.side is side and not o.reduce_only)
        return self.position * side.sign + sum((o.remaining_quantity for o in resting), D(0))

    def lose_answer(self, intent: str) -> Maker:
        """Let the fate of an order become unknown."""
        self.change(intent, status=OrderStatus.UNKNOWN)
        return self


def quoting(**options: Any) -> Maker:
    """Give a maker that has placed its first quotes."""
    maker = Maker(**{"requote_ticks": 10, **options})
    maker.begin()
    maker.asked()
    return maker


def reducing(**options: Any) -> Maker:
    """Give a maker that is long 0.004 and has its close at market out, with quotes gone."""
    maker = quoting(**options).held("0.004")
    maker.asked()
    maker.settle()
    maker.asked()
    assert list(maker.orders) == ["reduce"]
    return maker
