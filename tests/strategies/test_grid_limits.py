"""What holds an entry back besides the pause: the step, pause_price, margin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene, Waits

from helpers.enums import OrderStatus, Side

D = Decimal


def begun(side: Side = Side.BUY, *, lots: int = 0, **params: Any) -> Scene:
    """Give a grid that has begun, with so many closes resting far away, all of the same moment."""
    scene = Scene(side, position_guard=False, **{"take_profit": "1", **params})
    scene.begin()
    for _ in range(lots):
        scene.lot()
    return scene


# -- the step -------------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_step_keeps_entries_apart(side: Side) -> None:
    """An entry waits until its close would lie further than the step from the nearest one, and for that price only."""
    scene = begun(side, lots=1, wait_time=0, take_profit="0.02", grid_step="0.06")
    assert scene.wait(1).step() is None
    behind = scene.waits().behind
    assert behind is not None
    assert behind == pytest.approx(D("61962.8"), abs=D("0.05"))
    assert scene.waits() == Waits(None, None, behind)
    assert scene.quote("61962.8", "61962.9").step() is None
    assert scene.quote("61962.6", "61962.7").asked() == [("entry-2", D("61962.6"))]


def test_without_closes_there_is_no_step() -> None:
    """The first entry keeps its distance from nothing."""
    assert begun(grid_step="50").asked() == [("entry-1", CENTRE)]


def test_a_close_still_to_be_placed_counts_for_the_step() -> None:
    """A close that was refused and rests nowhere yet keeps the next entry away as well."""
    scene = begun(lots=1, wait_time=0, take_profit="0.02", grid_step="0.06")
    scene.end("close-1", OrderStatus.REJECTED)
    assert scene.wait("0.1").asked() == []


# -- pause_price ----------------------------------------------------------------------------------


@BOTH_WAYS
def test_pause_and_resume(side: Side) -> None:
    """At or beyond pause_price nothing is entered and closes go on; back behind it the grid enters again."""
    scene = begun(side, wait_time=0, pause_price=Scene(side).p("62005"))
    scene.asked()
    scene.quote("62004.9", "62005.0").fill("entry-1")
    assert [intent for intent, _ in scene.wait(1).asked()] == ["close-1"]
    assert scene.waits() == Waits(None, None, D(62_005))
    assert scene.quote("62004.8", "62004.9").asked() == [("entry-2", D("62004.8"))]


def test_while_it_pauses_for_time_no_price_wakes_it() -> None:
    """Only what stands in the way is waited for: during the pause not the step, not pause_price."""
    scene = begun(lots=1, wait_time=40, grid_step="0.06", pause_price=D(62_005))
    assert scene.waits() == Waits(pytest.approx(10), None, None)


# -- margin ------------------------------------------------------------------------------------------


def test_margin_holds_entries_back() -> None:
    """Position and entry together may need max_margin and no more, reckoned at the entry's price."""
    scene = begun(wait_time=0, max_margin="18.6", leverage=10)
    scene.lot()
    scene.lot()
    assert scene.wait(1).asked() == [("entry-3", CENTRE)]
    scene.end("entry-3")
    scene.quote("62000.1")
    assert scene.wait(1).asked() == []
    assert scene.waits().behind == D("62000.1")
    wake = scene.grid.next_wake(scene.data())
    assert wake.balances
    assert scene.quote("62000.0").asked() == [("entry-4", CENTRE)]


def test_margin_falls_with_the_price_for_a_selling_grid_too() -> None:
    """The cap is a price below which an entry fits, whatever the direction."""
    scene = begun(Side.SELL, wait_time=0, max_margin="12.4", leverage=10, quantity="0.001")
    scene.lot()
    assert scene.wait(1).asked() == [("entry-2", CENTRE)]
    scene.end("entry-2")
    scene.bid, scene.ask = D("62000.0"), D("62000.1")
    assert scene.wait(1).asked() == []
    assert scene.grid.next_wake(scene.data()).price_at_or_below == D("61999.9")
    scene.bid, scene.ask = D("61999.9"), D("62000.0")
    assert scene.asked() == [("entry-3", CENTRE)]


def test_an_unknown_position_needs_unknown_margin() -> None:
    """While the position is unknown nothing is entered under a cap; news of the account is waited for."""
    scene = begun(max_margin=1000)
    scene.held = None
    assert scene.step() is None
    assert scene.waits() == Waits(None, None, None)
    assert scene.grid.next_wake(scene.data()).balances
    scene.held = D(0)
    assert scene.asked() == [("entry-1", CENTRE)]


def test_nothing_is_opened_on_an_unknown_position() -> None:
    """While nobody knows the position no entry goes out; news of the account brings it."""
    scene = begun()
    scene.held = None
    assert scene.asked() == []
    assert scene.grid.next_wake(scene.data()).balances
    scene.held = D(0)
    assert scene.asked() == [("entry-1", CENTRE)]
