"""What the grid says and refuses before its first decision."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene

from helpers.enums import Side
from helpers.errors import UserError

D = Decimal


# -- the start ---------------------------------------------------------------------------------------


def test_the_start_says_what_an_entry_comes_to() -> None:
    """The first line names the resulting close, the gain of a round trip and the fees in it."""
    assert Scene(take_profit="0.08").begin() == (
        "take profit 0.08 %: buy 0.001 BTC at 62000 closes at 62049.6, 0.0496 USD a round trip, 0.0025 of it for fees"
    )
    assert "sell 0.001 BTC at 62000 closes at 61950.4" in Scene(Side.SELL, take_profit="0.08").begin()


def test_the_start_warns_of_fees() -> None:
    """A take profit that fees eat up is allowed, and said."""
    assert Scene(take_profit="0.003").begin().endswith("; the fees are not covered: every round trip loses")
    assert "fees are not covered" not in Scene(take_profit="0.004").begin()


def test_the_start_says_what_boost_costs() -> None:
    """With boost there is no close to price: the fees of maker and taker are named instead."""
    assert Scene(boost=True).begin() == (
        "boost: buy 0.001 BTC at 62000 closes at market at once, 0.0167 USD fees a round trip"
    )


@BOTH_WAYS
@pytest.mark.parametrize(
    ("options", "bid"),
    [({"stop_price": CENTRE}, "62000.0"), ({"stop_loss_price": CENTRE}, "61999.9")],
)
def test_a_stop_that_would_act_at_once_is_refused(side: Side, options: dict[str, Any], bid: str) -> None:
    """A stop on the wrong side of the market is a mistake, named with the option and the market."""
    scene = Scene(side, **options).quote(bid, "62000.0")
    with pytest.raises(UserError, match=r"--stop.*price 62000: the market is at .*, the grid would stop at once"):
        scene.begin()
    scene.quote("62000.0" if "stop_loss_price" in options else "61999.8").begin()


def test_leverage_above_the_market_is_refused() -> None:
    """What margin is reckoned with cannot be more than the venue gives."""
    with pytest.raises(UserError, match="--leverage 60: BTC on paper allows 50 at most"):
        Scene(leverage=60).begin()
    Scene(leverage=50).begin()


def test_margin_for_no_entry_is_refused() -> None:
    """A cap below one entry's margin would never let one out."""
    with pytest.raises(UserError, match=r"--max-margin 61.9: one entry needs 62.00 USD: raise it"):
        Scene(max_margin="61.9").begin()
    Scene(max_margin=62).begin()
    Scene(max_margin="6.2", leverage=10).begin()


@BOTH_WAYS
def test_a_position_of_somebody_else_is_refused(side: Side) -> None:
    """More than two orders of position that no close covers: the grid does not begin; two it does, and says so."""
    scene = Scene(side)
    scene.held = D("0.003")
    shown = "0.003" if side is Side.BUY else "-0.003"
    with pytest.raises(UserError, match=rf"there is a position of {shown} BTC that no close of this grid covers"):
        scene.begin()
    scene.held = D("-0.003")
    with pytest.raises(UserError, match="--no-position-guard"):
        scene.begin()
    scene.held = D("0.002")
    assert scene.begin().endswith("; 0.002 BTC of the position has no close")


def test_without_the_guard_any_position_will_do() -> None:
    """--no-position-guard trades beside a position of somebody else, for hours."""
    scene = Scene(position_guard=False)
    scene.held = D(1)
    scene.begin()
    scene.step()
    assert scene.waits().at_s == 10
    assert scene.wait(3600).step() is None
