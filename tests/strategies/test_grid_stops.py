"""Stops and the guard: what ends the grid, and what it leaves. Every scene in both directions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene
from worlds import with_market

from helpers.enums import OrderStatus, Side
from strategies.base_strategy import OnStop, StrategyAction

D = Decimal


# -- stops ------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_stop_price_keeps_what_is_there(side: Side) -> None:
    """At stop_price the entry is cancelled first; then the bot stops and leaves position and closes alone."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.lot()
    scene.wait(60).asked()
    assert scene.quote("62009.8").step() is None
    assert scene.waits().ahead == D("62010")
    result = scene.quote("62009.9").step()
    assert result is not None
    assert (result.action, result.cancels, result.orders) == (StrategyAction.PLACE_ORDER, ("entry-2",), ())
    assert result.message == f"cancel entry-2 at 62000: the market reached stop_price {scene.p('62010')}"
    assert scene.step() is None
    assert scene.waits().ahead is None
    result = scene.end("entry-2").step()
    assert result is not None
    assert (result.action, result.on_stop, result.cancels) == (StrategyAction.STOP, OnStop.KEEP, ())
    assert result.message == f"the market reached stop_price {scene.p('62010')}: position and closes are kept"


@BOTH_WAYS
def test_stop_price_is_not_taken_back(side: Side) -> None:
    """Once reached, the stop holds although the market turns, and what filled meanwhile gets its close first."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.step()
    scene.quote("62009.9").step()
    scene.quote("62000.0").fill("entry-1")
    assert scene.asked() == [("close-1", D("62012.4"))]
    scene.change("close-1", status=OrderStatus.SUBMITTED)
    assert scene.step() is None
    scene.change("close-1", status=OrderStatus.OPEN)
    result = scene.step()
    assert result is not None
    assert result.action is StrategyAction.STOP


@BOTH_WAYS
def test_stop_price_waits_for_a_refused_close(side: Side) -> None:
    """A close that the venue refused is placed again before the grid leaves, and the wait for that is known."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.step()
    scene.fill("entry-1").quote("62009.9")
    assert scene.asked(refuse=True) == [("close-1", D("62012.4"))]
    assert scene.step() is None
    assert scene.waits().at_s == 0.5
    assert scene.wait("0.5").asked() == [("close-1", D("62012.4"))]
    result = scene.step()
    assert result is not None
    assert result.action is StrategyAction.STOP


@BOTH_WAYS
def test_stop_loss_price_closes(side: Side) -> None:
    """When the mid passes stop_loss_price the bot stops and closes the position; the wait is for that price."""
    scene = Scene(side, stop_loss_price=Scene(side).p("61990"))
    scene.begin()
    scene.lot()
    assert scene.waits().behind == D(61_990)
    assert scene.quote("61989.9", "61990.1").step() is None
    result = scene.quote("61989.9", "61990.0").step()
    assert result is not None
    assert (result.action, result.on_stop) == (StrategyAction.STOP, OnStop.CLOSE)
    assert result.message == f"the mid passed stop_loss_price {scene.p('61990')}: the position is closed"


# -- the guard ----------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_guard_stops_beyond_two_orders(side: Side) -> None:
    """Every minute position and closes are compared: a difference of two orders passes, one step more stops."""
    scene = Scene(side, wait_time=3600)
    scene.begin()
    scene.lot()
    scene.held = D("0.003")
    assert scene.wait("59.999").step() is None
    assert scene.waits().at_s == pytest.approx(0.001)
    assert scene.wait("0.001").step() is None
    scene.held = D("0.004")
    assert scene.wait("59.999").step() is None
    result = scene.wait("0.001").step()
    assert result is not None
    assert (result.action, result.on_stop) == (StrategyAction.STOP, None)
    assert result.message == (
        "position and closes differ by 0.003 BTC: look at the account; --no-position-guard goes on regardless"
    )


def test_the_guard_counts_everything_that_is_known() -> None:
    """Resting closes, missing closes, dust and a partly filled entry all account for position."""
    scene = Scene(market=with_market(min_quantity=D("0.003")), quantity="0.003", wait_time=0)
    scene.begin()
    scene.lot()
    scene.wait(1).asked()
    scene.fill("entry-2", "0.001").end("entry-2")
    assert scene.wait(1).asked() == [("entry-3", CENTRE)]
    scene.fill("entry-3", "0.002")
    scene.end("close-1")
    assert scene.held == D("0.006")
    scene.wait(60)
    assert scene.asked() == [("close-1", D("62012.4"))]
    scene.held += D("0.007")
    result = scene.wait(60).step()
    assert result is not None
    assert "differ by 0.007 BTC" in result.message


def test_an_unknown_position_is_compared_with_nothing() -> None:
    """While the position is unknown the guard stays silent: unknown is not zero."""
    scene = Scene(wait_time=3600)
    scene.begin()
    for _ in range(3):
        scene.lot()
    scene.held = None
    assert scene.wait(60).step() is None


def test_orders_of_others_are_not_counted() -> None:
    """The bot's own closing order and orders of unknown names are neither entries nor closes nor numbers."""
    scene = Scene()
    scene.begin()
    scene.lot()
    stranger = scene.change("close-1")
    for intent in ("close-position", "close", "entry-x", "hedge-7"):
        scene.orders[intent] = stranger.__class__(
            intent=intent, client_order_id=intent, side=Side.SELL, quantity=D("0.5"), price=D(1)
        )
    assert scene.wait(30).asked() == [("entry-2", CENTRE)]
    scene.end("close-position")
    assert list(scene.grid.state.lots) == ["close-1"]
