"""What a strategy is before it does anything of its own."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from grid_scenes import Scene, View, at_once
from worlds import MARKET

from helpers.decisions import WAKE_ON_EVERYTHING
from helpers.enums import Side
from helpers.models import MarketData
from strategies import base_strategy
from strategies.base_strategy import BaseStrategy, Params, StrategyConfig, StrategyResult, param
from strategies.grid.strategy import GridStrategy


class NeedyParams(Params):
    """One value has to be given."""

    target: Decimal = param(unit="USD", help="What to reach.")
    patience: int = param(5, unit="s", help="How long to wait.")


class Idle(BaseStrategy[NeedyParams]):
    """Implements no more than it must."""

    params_model = NeedyParams

    @classmethod
    def get_strategy_name(cls) -> str:
        return "idle"

    async def should_execute(self, market_data: MarketData) -> bool:
        return False

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        raise NotImplementedError


def idle() -> Idle:
    """Give an idle strategy on two venues."""
    config = StrategyConfig("BTC", Decimal(1), NeedyParams(target=Decimal(7)), random.Random(1))
    return Idle(config, View(MARKET, "first"), View(MARKET, "second"))


def test_it_knows_its_parameters_and_venues() -> None:
    """The first view is the strategy's own; all of them are found by label, the first one first."""
    strategy = idle()
    assert strategy.params.target == 7
    assert strategy.config.quantity == 1
    assert strategy.exchange_client.exchange == "first"
    assert list(strategy.views) == ["first", "second"]
    assert strategy.views["second"].market is MARKET


def test_required_parameters_are_those_without_a_default() -> None:
    """What has to be given is read from the declarations."""
    assert Idle.get_required_parameters() == ["target"]
    assert GridStrategy.get_required_parameters() == []


def test_by_default_it_wakes_for_everything_and_keeps_nothing() -> None:
    """A strategy that says nothing about sleeping, news and state gets every wake, no news, no state."""
    strategy, scene = idle(), Scene()
    scene.begin()
    scene.step()
    data, order = scene.data(), scene.orders["entry-1"]
    assert at_once(strategy.initialize(data)) == ""
    assert strategy.next_wake(data) is WAKE_ON_EVERYTHING
    assert dict(strategy.save_state()) == {}
    strategy.restore_state({"anything": 1})
    strategy.notify_order_closed(order)
    strategy.notify_order_filled(order, scene._fill(order, Decimal(1), Decimal(1)))
    assert dict(strategy.save_state()) == {}


def test_a_strategy_that_decides_nothing_is_none() -> None:
    """Name and decisions have to be written; the base cannot be built."""
    with pytest.raises(TypeError, match="abstract"):
        BaseStrategy(idle().config, View(MARKET))  # type: ignore[abstract]


def test_one_import_is_enough() -> None:
    """Everything a strategy's author needs can be imported from here, and what is promised is there."""
    assert all(hasattr(base_strategy, name) for name in base_strategy.__all__)
    needed = {
        "BaseStrategy",
        "MarketData",
        "OrderParams",
        "StrategyAction",
        "StrategyResult",
        "Wake",
        "Params",
        "param",
    }
    assert needed <= {*base_strategy.__all__}
    assert base_strategy.Side is Side
