"""The ladder as a whole, driven by hand: its cycle, its entries, its mirror image."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from desk import at_once
from trend_ladder_scenes import BOTH_WAYS, CENTRE, Scene, begun

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
from strategies.base_strategy import StrategyAction

D = Decimal


# -- the cycle -----------------------------------------------------------------------------------------


@BOTH_WAYS
def test_one_cycle(side: Side) -> None:
    """Entry one tick off the opposite touch, filled, take-profit 5 USD on, filled, the next entry at once."""
    scene = begun(side)
    result = scene.step()
    assert result is not None
    (entry,) = result.orders
    assert (entry.intent, entry.side, entry.quantity, scene.p(str(entry.price))) == (
        "entry-1", side, D("0.001"), CENTRE,
    )  # fmt: skip
    assert (entry.post_only, entry.reduce_only) == (True, False)
    assert result.message == f"{side.value} 0.001 BTC at 62000: 0 of 40 take-profits rest"
    assert scene.step() is None

    result = scene.wait(1).fill("entry-1").step()
    assert result is not None
    (close,) = result.orders
    assert (close.intent, close.side, close.quantity, scene.p(str(close.price))) == (
        "tp-1", side.opposite, D("0.001"), D(62_005),
    )  # fmt: skip
    assert (close.post_only, close.reduce_only) == (True, True)
    assert result.message == f"{side.opposite.value} 0.001 BTC at {scene.p('62005')}: take profit"
    assert scene.step() is None

    scene.quote("62004.9").wait(1).fill("tp-1")
    assert scene.held == 0
    assert scene.asked() == [("entry-2", D("62004.9"))]


@BOTH_WAYS
def test_the_wide_spread_is_narrowed(side: Side) -> None:
    """One tick off the opposite touch, however far the own one is."""
    assert begun(side).quote("61990", "62000").asked() == [("entry-1", D("61999.9"))]


@BOTH_WAYS
def test_rungs_are_a_pause_apart(side: Side) -> None:
    """The next entry waits from the last fill; a take-profit that fills meanwhile ends the wait."""
    scene = begun(side)
    scene.asked()
    scene.wait(100).fill("entry-1").asked()
    assert scene.wakes_in() == 60
    assert scene.wait("59.999999999").asked() == []
    assert scene.wait("0.000000001").asked() == [("entry-2", CENTRE)]
    scene.fill("entry-2").asked()
    assert scene.wait(10).asked() == []
    scene.fill("tp-1")
    assert scene.asked() == [("entry-3", CENTRE)]


def test_a_take_profit_that_fills_while_an_entry_rests_frees_only_that_one() -> None:
    """After the entry that rested has filled the ladder waits again."""
    scene = begun(rungs=1)
    scene.wait(60).asked()
    scene.fill("tp-1").asked()
    scene.fill("entry-2")
    assert scene.asked() == [("tp-2", D(62_005))]
    assert scene.wakes_in() == 60


def test_no_more_than_so_many_take_profits() -> None:
    """At max_orders entries stop and the ladder waits for a fill; then one more goes out at once."""
    scene = begun(rungs=3, max_orders=3)
    assert scene.wait(5_000).asked() == []
    assert scene.wakes_in() is None
    scene.fill("tp-2")
    assert scene.asked() == [("entry-4", CENTRE)]


def test_executing_without_asking_first_decides_anew() -> None:
    """execute_strategy alone decides on what it is shown; with nothing to do it says so."""
    scene = begun()
    assert [order.intent for order in at_once(scene.ladder.execute_strategy(scene.data())).orders] == ["entry-1"]
    scene.step()
    assert at_once(scene.ladder.execute_strategy(scene.data())).action is StrategyAction.NONE


# -- an entry that does not fill ---------------------------------------------------------------------------


@BOTH_WAYS
def test_an_entry_left_behind_is_given_up(side: Side) -> None:
    """After 10 s, as soon as a fresh one would rest flush_ticks ahead; the next goes out without a pause."""
    scene = begun(side, rungs=1, flush_ticks=3)
    scene.wait(60).asked()
    assert scene.quote("62000.5").wait(9).step() is None
    assert scene.wakes_in() == 1
    assert scene.quote("62000.2").wait(1).step() is None
    wake = scene.ladder.next_wake(scene.data())
    price = wake.price_at_or_above if side is Side.BUY else wake.price_at_or_below
    assert price is not None
    assert scene.p(price) == D("62000.4")
    result = scene.quote("62000.3").step()
    assert result is not None
    assert result.cancels == ("entry-2",)
    assert result.message == f"cancel entry-2 at {scene.p('62000')}: the market moved away".replace(".0:", ":")
    assert scene.step() is None
    assert scene.settle().asked() == [("entry-3", D("62000.3"))]


def test_what_an_entry_filled_before_it_was_given_up_begins_the_pause() -> None:
    """The rest is not entered at once: a part is a rung too."""
    scene = begun(quantity="0.003")
    scene.asked()
    scene.wait(5).fill("entry-1", "0.001").asked()
    scene.quote("62010").wait(5).step()
    assert scene.settle().asked() == []
    assert scene.wakes_in() == 55


@BOTH_WAYS
def test_an_entry_never_meets_the_own_take_profit(side: Side) -> None:
    """Where the book shows nothing between, the entry still stays a tick behind the nearest take-profit."""
    scene = begun(side, rungs=1)
    scene.quote("62000", "62020")
    assert scene.wait(60).asked() == [("entry-2", D("62004.9"))]
    assert scene.wait(20).asked() == []
    assert scene.wakes_in() is None


@BOTH_WAYS
@pytest.mark.parametrize("status", [OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED])
def test_an_entry_nobody_wanted_is_tried_later(side: Side, status: OrderStatus) -> None:
    """Half a second, then twice as long each time; never at once. A fill forgets it."""
    scene = begun(side)
    scene.asked()
    for number, pause in ((2, "0.5"), (3, "1"), (4, "2")):
        scene.end(f"entry-{number - 1}", status)
        assert scene.asked() == []
        assert scene.wakes_in() == float(pause)
        assert scene.wait(pause).asked() == [(f"entry-{number}", CENTRE)]
    scene.fill("entry-4").asked()
    scene.wait(60).asked()
    scene.end("entry-5", status)
    assert scene.wakes_in() == 0.5


def test_an_entry_that_filled_in_part_was_no_refusal() -> None:
    """Its venue ended it unasked, but took it before: the pause counts, no back-off."""
    scene = begun(quantity="0.003", min_wait=0)
    scene.asked()
    scene.fill("entry-1", "0.001").end("entry-1")
    assert [intent for intent, _ in scene.asked()] == ["tp-1", "entry-2"]


def test_an_entry_the_risk_manager_refuses_is_tried_later() -> None:
    """It has no client order id and nobody can tell of it twice."""
    scene = begun()
    assert scene.asked(refuse=True) == [("entry-1", CENTRE)]
    assert scene.wakes_in() == 0.5
    assert scene.asked() == []
    assert scene.wait("0.5").asked() == [("entry-2", CENTRE)]


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN])
def test_an_entry_without_an_answer_is_left_alone(status: OrderStatus) -> None:
    """Nobody knows whether it lives: no second one, no cancel."""
    scene = begun()
    scene.asked()
    scene.change("entry-1", status=status)
    assert scene.quote("62100").wait(3_600).step() is None


@pytest.mark.parametrize("unknown", ["position", "cash"])
def test_nothing_is_opened_while_the_account_is_unknown(unknown: str) -> None:
    """Unknown is not zero; news of the account wakes it."""
    scene = begun()
    before = getattr(scene, unknown)
    setattr(scene, unknown, None)
    assert scene.asked() == []
    assert scene.wakes_in() is None
    setattr(scene, unknown, before)
    assert scene.asked() == [("entry-1", CENTRE)]


def test_too_little_for_the_market_waits() -> None:
    """An order below the market's least notional is not asked for; it looks again each minute."""
    scene = begun().quote("9990")
    assert scene.asked() == []
    assert scene.wakes_in() == 60
    assert scene.wait(60).asked() == []
    assert scene.quote("10000").wait(60).asked() == [("entry-1", D(10_000))]


def test_another_direction_after_a_restart() -> None:
    """The entry of the other direction is taken back; entries wait until the old position is closed."""
    scene = begun(rungs=1)
    scene.wait(60).asked()
    scene.config = Scene(direction="short").config
    scene.restart().begin()
    result = scene.step()
    assert result is not None
    assert result.message == "cancel entry-2 at 62000: the direction is short"
    assert scene.settle().wait(3_600).asked() == []
    scene.fill("tp-1")
    assert scene.asked() == [("entry-3", D("62000.1"))]
    assert scene.orders["entry-3"].side is Side.SELL


# -- what it says first ------------------------------------------------------------------------------------


def test_the_first_line_says_what_an_entry_comes_to() -> None:
    """Prices, gain and fees of one round trip."""
    assert Scene().begin() == (
        "take profit 5 USD, 0.0081 %: buy 0.001 BTC at 62000 closes at 62005, 0.0050 USD a round trip, "
        "0.0025 of it for fees"
    )
    assert "sell 0.001 BTC at 62000 closes at 61995" in Scene(Side.SELL).begin()
    assert Scene(take_profit_usd="2").begin().endswith("the fees are not covered: every round trip loses")
    assert Scene(direction="auto").begin().endswith("no entry before it has watched the trend for 50 min")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_wait": 901}, "--min-wait 901 is above --max-wait 900"),
        ({"requote_backoff": 121}, "--requote-backoff 121 is above --requote-backoff-max 120"),
        ({"take_profit_usd": 31_001}, "--take-profit-usd 31001 is a distance in price, and BTC costs 62000.05"),
        ({"max_orders": 200}, "--max-orders 200: paper allows 200 open orders"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], words: str) -> None:
    """Each with one line that names the option."""
    with pytest.raises(UserError, match=words):
        Scene(**options).begin()
