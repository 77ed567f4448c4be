"""What a geometric grid refuses before it begins, and what it says when it does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk import Desk
from geometric_grid_scenes import GridScene
from worlds import with_market

from helpers.enums import MarketKind
from helpers.errors import UserError
from strategies.geometric_grid.strategy import GeometricGridStrategy

D = Decimal


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lower_price": "64000", "upper_price": "60000"}, "is empty: --lower-price must be below"),
        ({"lower_price": "100", "upper_price": "200"}, r"100 to 200 does not hold the market at 61800\.05: move it"),
        ({"lower_price": "100", "upper_price": None}, "more than half away"),
        ({"upper_price": "95000"}, "more than half away"),
        ({"lower_price": "61799", "upper_price": "61801", "levels": 22}, "too narrow for 22 levels on a tick of 0.1"),
        ({"orders_per_side": 9}, "more than the 8 levels of 9"),
        ({"levels": 300, "orders_per_side": 5}, "could need 309 orders, paper allows 200: use fewer --levels"),
        ({"quote_allocation": "50"}, r"leaves 8\.33 USD for an order"),
        (
            {"quote_allocation": "100", "mode": "long"},
            r"leaves 33\.33 USD for an order, and 0\.001 BTC at 60000 are 60",
        ),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], words: str) -> None:
    """One line that says what is wrong and how to mend it."""
    with pytest.raises(UserError, match=words):
        GridScene(**options).begin()


def test_a_quantity_too_small_for_the_lowest_level() -> None:
    """The least notional is looked at where the price is lowest, not where the market stands."""
    market = with_market(min_notional=D(61))
    GridScene(quantity="0.001", market=market, lower_price="61500").begin()
    with pytest.raises(UserError, match=r"level 60000 has to be 0\.002 BTC at least: use --quantity 0\.002 or more"):
        GridScene(quantity="0.001", market=market).begin()


@pytest.mark.parametrize("mode", ["neutral", "short"])
def test_nothing_is_sold_short_on_spot(mode: str) -> None:
    """Spot has no short positions: only a long grid begins there."""
    market = with_market(kind=MarketKind.SPOT)
    with pytest.raises(UserError, match=f"--mode {mode} sells short.*use --mode long"):
        GridScene(market=market, mode=mode).begin()
    assert GridScene(market=market, mode="long").begin()


def test_the_range_is_around_the_market_by_default() -> None:
    """Without prices the range reaches range_pct to each side of the mid, whatever the market costs."""
    desk = Desk(GeometricGridStrategy).quote("61999.9", "62000.1")
    assert desk.begin() == (
        "20 levels from 60760 to 63240, 0.211 % apart, neutral: buy 0.001 BTC at 61922.4 leaves at 62052.9, 0.1305 USD "
        "a round trip, 0.0025 of it for fees; at most 0.01 BTC long and 0.01 BTC short"
    )


def test_the_most_that_can_be_held() -> None:
    """A neutral grid enters on its own half of the levels; one that may move can come to hold them all on one side."""
    assert GridScene().begin().endswith("; at most 0.024 BTC long and 0.03 BTC short")
    assert GridScene(recenter_on_move=True).begin().endswith("; at most 0.048 BTC long and 0.048 BTC short")


def test_fees_that_a_step_does_not_cover_are_named() -> None:
    """Levels too near each other lose money on every round trip, and the first line says so."""
    text = GridScene(lower_price="61795", upper_price="61805", mode="long").begin()
    assert text.endswith("long; the fees are not covered: every round trip loses")


def test_a_position_that_is_there_is_left_alone() -> None:
    """What was held before a fresh start is named, belongs to nobody's level, and is still there at the end."""
    scene = GridScene()
    scene.position = D("-0.5")
    assert scene.begin().endswith("; the position of -0.5 BTC that is there is left alone")
    scene.rest()
    assert scene.state.outside == D("-0.5")
    assert (scene.buys(), scene.sells()) == ([1, 2, 3], [4, 5, 6])
    scene.fill("entry-3").rest()
    ((_, _, price),) = scene.exits().values()
    assert price == scene.level(4)
    # there is nothing a sale could reduce: as reduce-only it would be refused
    assert not scene.orders["exit-3"].reduce_only
    scene.fill("exit-3").rest()
    assert (scene.position, scene.lots) == (D("-0.5"), {})


def test_money_is_spread_over_the_entries() -> None:
    """Both sides share the allocation in a neutral grid, one side has all of it in the others; rounded down."""
    for mode, quantities in (("neutral", {"0.003"}), ("long", {"0.006"}), ("short", {"0.006"})):
        scene = GridScene(mode=mode, quote_allocation="1200").started()
        assert {str(order.quantity) for order in scene.orders.values()} == quantities


def test_a_range_elsewhere_begins_if_it_may_move() -> None:
    """With recenter_on_move a range that does not hold the market is moved there, its ratio kept."""
    scene = GridScene(lower_price="100", upper_price="200", levels=30, recenter_on_move=True)
    assert scene.begin().startswith("30 levels from ")
    ladder = scene.state.ladder
    assert ladder is not None
    assert ladder.holds(D(61_800))
    assert abs(ladder.ratio**29 - 2) < D("1e-20")
