"""Lots that are given up: after too great a loss, or for their age."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene, Waits

from helpers.enums import OrderStatus, OrderType, Side

D = Decimal
MINUTE = 60
STOP = D("61938.0")  # 1 % of margin at ten times leverage: 62,000 x (1 - 0.001)


def losing(side: Side = Side.BUY, **params: Any) -> Scene:
    """Give a grid with one lot entered at 62,000 that may lose 1 % of its margin at ten times leverage."""
    options = {"stop_loss_percentage": "1", "leverage": 10, "wait_time": 86_400, **params}
    scene = Scene(side, position_guard=False, **options)
    scene.begin()
    scene.lot()
    return scene


def waiting(side: Side = Side.BUY, *, lots: int = 1, **params: Any) -> Scene:
    """Give a grid with lots that may wait ten minutes."""
    options = {"position_timeout": 10, "wait_time": 86_400, **params}
    scene = Scene(side, position_guard=False, **options)
    scene.begin()
    for _ in range(lots):
        scene.lot()
    return scene


# -- loss ----------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_loss_that_holds_closes_the_lot(side: Side) -> None:
    """Beyond the loss for three seconds: the close is cancelled, then the lot is closed at market, reduce-only."""
    scene = losing(side)
    assert scene.waits().behind == STOP
    assert scene.quote("61937.9", "61938.1").step() is None  # the mid stands on it
    assert scene.quote("61937.9", "61938.0").step() is None
    assert scene.waits()[:2] == (3, STOP)
    assert scene.wait("2.999999999").step() is None
    result = scene.wait("0.000000001").step()
    assert result is not None
    assert (result.cancels, result.orders) == (("close-1",), ())
    assert result.message == "cancel close-1: it lost 1 % of its margin"
    assert scene.step() is None
    result = scene.end("close-1").step()
    assert result is not None
    (order,) = result.orders
    assert (order.intent, order.side, order.order_type, order.reduce_only) == (
        "close-1", side.opposite, OrderType.MARKET, True,
    )  # fmt: skip
    assert result.message == f"{side.opposite.value} 0.001 BTC at market: it lost 1 % of its margin"
    scene.fill("close-1", price="61937.9")
    assert scene.held == 0
    assert scene.grid.state.lots == {}


@BOTH_WAYS
def test_a_stray_quote_closes_nothing(side: Side) -> None:
    """If the market comes back within three seconds the count begins anew; both moments are waited for."""
    scene = losing(side)
    scene.quote("61937.0").step()
    assert scene.wait(2).quote("61938.0").step() is None
    assert scene.waits()[:2] == (pytest.approx(21_598), None)
    assert scene.quote("61937.0").step() is None
    assert scene.wait("2.9").step() is None
    assert scene.wait("0.1").step() is not None


def test_each_lot_has_its_own_stop() -> None:
    """The lot that was entered dearest is given up first, and the nearest stop is waited for."""
    scene = losing()
    scene.quote("61980.0")
    scene.lot()
    assert scene.waits().behind == STOP
    scene.quote("61930.0").step()
    assert scene.waits()[:2] == (3, STOP)
    assert scene.waits().behind == D("61918.02")
    result = scene.wait(3).step()
    assert result is not None
    assert result.cancels == ("close-1",)


def test_a_loss_is_followed_by_the_whole_pause() -> None:
    """A lot closed at a loss lets no entry out at once, as a profit would; the pause begins with it."""
    scene = losing(wait_time=40)
    scene.quote("61900.0").step()
    scene.wait(3).step()
    scene.end("close-1").step()
    scene.wait(100).fill("close-1", price="61900")
    assert scene.step() is None
    assert scene.waits().at_s == pytest.approx(10)


@BOTH_WAYS
def test_the_entry_gets_out_of_the_way(side: Side) -> None:
    """An entry that a market close could meet is cancelled too, and none goes out before the lot is closed."""
    scene = losing(side, wait_time=0)
    assert scene.wait(1).asked() == [("entry-2", CENTRE)]
    scene.quote("61900.0").step()
    result = scene.wait(3).step()
    assert result is not None
    assert result.cancels == ("close-1", "entry-2")
    assert result.message.endswith("cancel entry-2 at 62000: out of the way of a close at market")
    scene.end("entry-2")
    assert scene.wait(1).asked() == []
    scene.end("close-1")
    assert scene.asked() == [("close-1", None)]
    assert scene.wait(1).asked() == []
    scene.fill("close-1", price="61900")
    assert scene.wait(1).asked() == [("entry-3", D("61900.0"))]


def test_a_lost_lot_without_a_live_close_goes_at_once() -> None:
    """If its close was just refused, the lot is closed at market without waiting for the next try."""
    scene = losing()
    scene.quote("61900.0").step()
    scene.wait("2.9").end("close-1", OrderStatus.REJECTED)
    assert scene.step() is None
    result = scene.wait("0.1").step()
    assert result is not None
    assert result.cancels == ()
    assert result.orders[0].order_type is OrderType.MARKET


def test_a_market_close_that_fails_is_tried_again() -> None:
    """What a market close could not close, or a venue refused, goes out again after the usual pause."""
    scene = losing()
    scene.quote("61900.0").step()
    scene.wait(3).step()
    scene.end("close-1").step()
    scene.end("close-1")
    assert scene.step() is None
    assert scene.wait("0.5").asked() == [("close-1", None)]


def test_a_close_that_fills_before_its_cancel_arrives() -> None:
    """Then the lot is closed with its profit and nothing goes to the market."""
    scene = losing()
    scene.quote("61900.0").step()
    scene.wait(3).step()
    assert scene.waits().at_s is None
    scene.fill("close-1")
    assert scene.step() is None
    assert scene.grid.state.lots == {}


def test_a_refused_cancel_of_a_close_is_asked_again() -> None:
    """A lot that is given up stays given up until its close is out."""
    scene = losing()
    scene.quote("61900.0").step()
    scene.wait(3).step()
    scene.change("close-1", pending_cancel=False)
    result = scene.quote("62000.0").step()
    assert result is not None
    assert result.cancels == ("close-1",)


# -- age ------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_lot_that_waits_too_long_is_closed(side: Side) -> None:
    """After position_timeout the close is cancelled and the lot closed at market, reduce-only."""
    scene = waiting(side)
    assert scene.waits() == Waits(10 * MINUTE, None, None)
    assert scene.wait("599.999999999").step() is None
    result = scene.wait("0.000000001").step()
    assert result is not None
    assert (result.cancels, result.message) == (("close-1",), "cancel close-1: it has waited 10 min")
    result = scene.end("close-1").step()
    assert result is not None
    assert (result.orders[0].order_type, result.orders[0].reduce_only) == (OrderType.MARKET, True)


def test_old_lots_are_given_up_five_seconds_apart() -> None:
    """Of several old lots the oldest goes first and the next one five seconds later."""
    scene = waiting(lots=3)
    times = []
    for _ in range(3):
        waits = scene.waits().at_s
        assert waits is not None
        result = scene.wait(waits).step()
        assert result is not None
        times.append((waits, *result.cancels))
        scene.end(result.cancels[0]).step()
        scene.fill(result.cancels[0], price="62000")
        scene.step()
    assert times == [(600, "close-1"), (5, "close-2"), (5, "close-3")]


def test_recovery_none_only_says_so() -> None:
    """With recovery_mode none the close goes on resting; it is said once and not waited for again."""
    scene = waiting(recovery_mode="none", lots=2)
    result = scene.wait(600).step()
    assert result is not None
    assert (result.cancels, result.orders) == ((), ())
    assert result.message == (
        "close-1 goes on waiting: it has waited 10 min; close-2 goes on waiting: it has waited 10 min"
    )
    assert scene.wait(3600).step() is None
    assert scene.waits().at_s == pytest.approx(86_400 / 4 - 4200, abs=1)
    assert scene.price("close-1") == CENTRE * D("1.0002")


def test_a_profit_in_time_is_no_matter() -> None:
    """A lot whose close fills in time leaves nothing to wait for."""
    scene = waiting()
    scene.wait(599).fill("close-1").step()
    assert scene.grid.state.lots == {}


def test_giving_up_survives_a_restart() -> None:
    """A lot that was given up and whose close was cancelled while the bot was down is closed at market."""
    scene = waiting()
    scene.wait(600).step()
    scene.restart().begin()
    scene.end("close-1")
    assert scene.asked()[0] == ("close-1", None)


def test_by_default_no_lot_is_given_up() -> None:
    """Without the options a lot waits for its profit for ever."""
    scene = Scene(position_guard=False, wait_time=86_400)
    scene.begin()
    scene.lot()
    assert scene.quote("30000.0").wait(7 * 86_400).step() is not None  # the next entry
    assert scene.price("close-1") == CENTRE * D("1.0002")
