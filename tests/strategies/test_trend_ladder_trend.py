"""The trend: bars of sampled mids, their slope, and what a ladder does with it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trend_ladder_scenes import Scene
from worlds import START_NS, S, with_market

from helpers.enums import MarketKind, Side
from helpers.errors import UserError
from strategies.trend_ladder.trend import Trend

D = Decimal
FAST: dict[str, Any] = {"direction": "auto", "ema_period": 1, "atr_period": 1, "warm_up": 2, "slope_threshold": "0.5"}


def watched(prices: list[int], *, every_s: int = 60, ema: int = 1, atr: int = 1) -> Trend:
    """Show a trend one price in so many seconds."""
    trend = Trend()
    for number, price in enumerate(prices):
        trend.take(D(price), START_NS + number * every_s * S, ema, atr)
    return trend


# -- bars -------------------------------------------------------------------------------------------------------


def test_a_bar_is_twelve_samples() -> None:
    """High, low and close of the mids at every fifth second; a bar is complete with the first sample after it."""
    trend = Trend()
    completed = []
    for second in range(131):
        price = D(100 + second % 60)
        if trend.take(price, START_NS + second * S, 5, 5):
            completed.append(second)
            assert trend.atr is not None
            assert (trend.atr.last_close, trend.atr.value) == (155, 55)
    assert completed == [60, 120]
    assert trend.bars == 2


def test_the_slope_is_in_ranges_of_a_minute() -> None:
    """Change of the average over the last bar, divided by the average range."""
    trend = watched([100, 110, 140, 140])
    # closes 100, 110, 140: the average of period 1 is the close, the range of the last bar is 30
    assert trend.slope == 1
    trend = watched([100, 110, 140, 140], ema=3, atr=2)
    # averages 100, 105, 122.5; ranges 0, 10, 30 smoothed to 0, 5, 17.5
    assert trend.slope == D("17.5") / D("17.5")


def test_a_market_that_does_not_move_has_no_slope() -> None:
    """And divides by no zero."""
    assert watched([100] * 5).slope == 0
    assert watched([100] * 5).side(D(0), 1) is None


def test_a_single_bar_has_no_slope() -> None:
    """There is nothing to compare the first average with."""
    assert watched([100, 200]).slope is None


@pytest.mark.parametrize(("missing", "bars"), [(1, 2), (5, 2), (6, 0)])
def test_a_hole_of_more_than_five_minutes_begins_anew(missing: int, bars: int) -> None:
    """An average over prices with a great hole says nothing; a reconnect is bridged."""
    trend = watched([100, 110])
    trend.take(D(120), START_NS + (2 + missing) * 60 * S, 1, 1)
    assert trend.bars == bars


def test_the_threshold_is_reached_at_the_threshold() -> None:
    """From +threshold up, from -threshold down, nothing between, and nothing before the warm-up is over."""
    trend = watched([100, 110, 140, 140])
    assert trend.bars == 3
    assert trend.side(D(1), 3) is Side.BUY
    assert trend.side(D("1.01"), 3) is None
    assert trend.side(D(1), 4) is None
    assert watched([140, 130, 100, 100]).side(D(1), 3) is Side.SELL


def test_the_samples_do_not_depend_on_how_often_it_looks() -> None:
    """Shown every second or every fifth: the same bars."""
    often, seldom = Trend(), Trend()
    for second in range(1_000):
        price = D(100 + second * second % 37)
        often.take(price, START_NS + second * S, 4, 3)
        if second % 5 == 0:
            seldom.take(price, START_NS + second * S, 4, 3)
    assert often == seldom


# -- what the ladder does with it -----------------------------------------------------------------------------


def minutes(scene: Scene, *prices: int) -> list[Any]:
    """Let the market stand at each price for a minute, sampled as the bot would; give the decisions."""
    decisions = []
    for price in prices:
        scene.quote(price)
        for _ in range(12):
            decisions.append(scene.step())
            scene.wait(5)
    return [decision for decision in decisions if decision is not None]


def test_it_watches_before_it_trades() -> None:
    """During the warm-up nothing goes out, whatever the market does; it wakes for each sample."""
    scene = Scene(**{**FAST, "warm_up": 5})
    assert scene.begin().endswith("no entry before it has watched the trend for 5 min")
    assert minutes(scene, 62_000, 62_050, 62_100, 62_150) == []
    assert scene.wakes_in() == 0
    decisions = minutes(scene, 62_200, 62_250)
    assert decisions[0].message.startswith("the trend is up: slope 1.000 ATR a minute, threshold 0.5; buy 0.001 BTC")


def test_fixed_directions_trade_at_once() -> None:
    """They need no trend and take no samples."""
    scene = Scene()
    scene.begin()
    assert [intent for intent, _ in scene.asked()] == ["entry-1"]
    assert scene.ladder.state.trend == Trend()


def trending(*prices: int, **params: Any) -> Scene:
    """Give a ladder in a market that rises by a range a minute, with its first entry out."""
    scene = Scene(**{**FAST, **params})
    scene.begin()
    minutes(scene, *(prices or (62_000, 62_050, 62_100)))
    scene.quote(62_150).step()
    return scene


def test_entries_follow_the_trend() -> None:
    """Up buys, down sells."""
    scene = trending()
    assert {order.side for order in scene.orders.values()} == {Side.BUY}
    down = trending(62_000, 61_950, 61_900)
    assert down.quote(61_850).orders
    assert {order.side for order in down.orders.values()} == {Side.SELL}


def test_between_the_thresholds_nothing_is_entered() -> None:
    """The entry that rests is taken back, with the slope as the reason; no other follows."""
    scene = trending()
    scene.settle()
    (decision,) = minutes(scene, 62_150, 62_150, 62_150)[-1:]
    assert decision.message == (
        f"no trend: slope 0.000 ATR a minute, threshold 0.5; cancel {decision.cancels[0]} at 62150: the trend is over"
    )
    scene.settle()
    assert minutes(scene, 62_150, 62_150) == []
    assert scene.orders == {}


def test_a_turn_leaves_the_take_profits() -> None:
    """They wait for their price; entries the other way wait until the position is closed."""
    scene = trending()
    (entry,) = scene.orders
    scene.fill(entry).step()
    (take_profit,) = scene.orders
    minutes(scene, 62_100, 62_050, 62_000)
    assert scene.ladder.state.trend.side(D("0.5"), 2) is Side.SELL
    assert list(scene.orders) == [take_profit]
    scene.fill(take_profit)
    decisions = minutes(scene, 61_950)
    assert [order.side for decision in decisions for order in decision.orders][:1] == [Side.SELL]


def test_other_periods_after_a_restart_begin_anew() -> None:
    """Averages of other periods cannot be continued; the same ones go on."""
    scene = trending()
    scene.restart().begin()
    assert scene.ladder.state.trend.bars == 3
    scene.config = Scene(**{**FAST, "ema_period": 2}).config
    scene.restart().begin()
    assert scene.ladder.state.trend.bars == 0


def test_a_spot_market_is_long_only() -> None:
    """What is not held cannot be sold short: auto and short are refused, long is not."""
    spot = with_market(kind=MarketKind.SPOT)
    for direction in ("short", "auto"):
        with pytest.raises(UserError, match=f"--direction {direction}: nothing can be sold short"):
            Scene(market=spot, direction=direction).begin()
    Scene(market=spot).begin()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-60, 60), min_size=4, max_size=25), st.integers(0, 200))
def test_a_restart_in_the_middle_of_a_bar_changes_nothing(steps: list[int], moment: int) -> None:
    """Read back from JSON text at any sample, the trend goes on to the last digit."""

    def run(*, restart: bool) -> list[Any]:
        scene, price, seen = Scene(**FAST), 62_000, []
        scene.begin()
        for number, change in enumerate(steps * 12):
            if restart and number == moment:
                scene.restart().begin()
            price += change
            scene.quote(price).step()
            seen.append((json.dumps(scene.ladder.save_state()["trend"], default=str), tuple(scene.orders)))
            scene.wait(5)
        return seen

    assert run(restart=False) == run(restart=True)
