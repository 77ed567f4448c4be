"""When the next entry goes out, at what price, and when one is given up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene, Waits

from helpers.enums import Side
from strategies.grid.state import CycleState

D = Decimal


def begun(side: Side = Side.BUY, *, lots: int = 0, **params: Any) -> Scene:
    """Give a grid that has begun, with so many closes resting far away, all of the same moment."""
    scene = Scene(side, position_guard=False, **{"take_profit": "1", **params})
    scene.begin()
    for _ in range(lots):
        scene.lot()
    return scene


# -- the pause ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lots", "seconds"), [(0, 0), (1, 10), (2, 20), (4, 40), (8, 80)])
def test_the_pause_between_entries(lots: int, seconds: int) -> None:
    """The next entry goes out one nanosecond after the pause for so many closes, and no wake comes earlier."""
    scene = begun(lots=lots, max_orders=12, wait_time=40)
    if lots:
        assert scene.wait(seconds).step() is None
        assert scene.waits() == Waits(1e-9, None, None)
        scene.wait("0.000000001")
    assert scene.asked() == [(f"entry-{lots + 1}", CENTRE)]


@BOTH_WAYS
def test_at_most_max_orders(side: Side) -> None:
    """With max_orders closes nothing is entered, and nothing but news of orders is waited for."""
    scene = begun(side, lots=3, max_orders=3, wait_time=0)
    assert scene.wait(3600).step() is None
    assert scene.waits() == Waits(None, None, None)
    assert scene.fill("close-2").asked() == [("entry-4", CENTRE)]


def test_the_last_entry_counts_its_own_close() -> None:
    """The close placed in the same step counts: without any pause the grid still never holds one too many."""
    scene = begun(max_orders=2, wait_time=0)
    scene.asked()
    assert [intent for intent, _ in scene.wait(1).fill("entry-1").asked()] == ["close-1"]
    assert [intent for intent, _ in scene.wait(1).asked()] == ["entry-2"]
    assert [intent for intent, _ in scene.wait(1).fill("entry-2").asked()] == ["close-2"]
    assert scene.wait(3600).asked() == []


@BOTH_WAYS
def test_a_filled_close_lets_the_next_entry_out_at_once(side: Side) -> None:
    """When a close fills, the grid enters without waiting for the end of the pause, once."""
    scene = begun(side, lots=3, wait_time=1000)
    assert scene.wait(1).step() is None
    assert scene.fill("close-1").asked() == [("entry-4", CENTRE)]
    scene.end("entry-4")
    assert scene.asked() == []


def test_a_filled_close_is_no_reason_later() -> None:
    """If something else holds the entry back at that moment, the pause counts again afterwards."""
    scene = begun(lots=2, wait_time=1000, pause_price=D("62005"))
    scene.quote("62005.0").fill("close-1")
    assert scene.asked() == []
    assert scene.quote("61990.0").asked() == []
    assert scene.waits() == Waits(pytest.approx(250), None, None)


def test_closes_of_an_unknown_past_begin_a_pause() -> None:
    """If closes rest and no entry is remembered, the pause begins at the first look."""
    scene = begun(lots=1, wait_time=40)
    scene.grid.state.last_open_ns = None
    assert scene.wait(3600).step() is None
    assert scene.waits().at_s == pytest.approx(10)


def test_random_timing_varies_the_pause() -> None:
    """With random_timing each pause is drawn anew, between half and one and a half times as long."""
    scene, pauses = begun(random_timing=True, wait_time=400, max_orders=1000), []
    for _ in range(20):
        scene.lot()
        scene.step()
        pauses.append(scene.waits().at_s)
    assert all(pause is not None and 50 <= pause <= 150.1 for pause in pauses)
    assert len(set(pauses)) == 20


# -- the price ----------------------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("offset", [1, 2, 10])
def test_an_entry_rests_inside_the_touch(side: Side, offset: int) -> None:
    """An entry lies post_only_offset ticks inside the opposite best price."""
    scene = begun(side, post_only_offset=offset).quote("61999.0", "62001.0")
    assert scene.asked() == [("entry-1", D(62_001) - offset * D("0.1"))]


@BOTH_WAYS
def test_an_entry_never_meets_an_own_close(side: Side) -> None:
    """Where an own close is the nearest offer, the entry rests one tick behind that."""
    scene = begun(side, wait_time=0, take_profit="0.02")
    scene.lot()
    assert scene.quote("62012.0", "62020.0").wait(1).asked() == [("entry-2", D("62012.3"))]


# -- refusals --------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_refused_entry_backs_off(side: Side) -> None:
    """After a refusal the grid waits half a second, then one, then two, and prices afresh; a fill ends the row."""
    scene = begun(side)
    for number, pause in enumerate((0.5, 1, 2, 4, 8, 16, 30, 30), 1):
        scene.quote(D(62_000) + number)
        assert scene.asked(refuse=True) == [(f"entry-{number}", D(62_000) + number)]
        assert scene.waits() == Waits(pause, None, None)
        assert scene.grid.state.cycle_state is CycleState.READY
        scene.wait(pause)
    scene.asked()
    scene.fill("entry-9")
    assert scene.grid.state.entry_refusals == 0


def test_a_refused_entry_begins_no_pause() -> None:
    """What never rested was no entry: the next one need not wait for wait_time."""
    scene = begun(wait_time=1000, lots=1)
    scene.fill("close-1")
    assert scene.asked(refuse=True) == [("entry-2", CENTRE)]
    assert scene.wait("0.5").asked() == [("entry-3", CENTRE)]


def test_a_refusal_not_heard_yet_is_waited_for() -> None:
    """An entry that is not live right after it was asked for was refused: the grid wants to hear of it at once."""
    scene = begun()
    scene.asked()
    scene.orders.clear()
    assert scene.waits() == Waits(0, None, None)


# -- giving up -------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_an_entry_is_given_up_when_the_market_moved_away(side: Side) -> None:
    """After ten seconds, and only where a fresh entry would rest ahead, the entry is cancelled, once."""
    scene = begun(side, wait_time=40)
    scene.asked()
    scene.quote("62000.1")
    assert scene.wait("9.999999999").step() is None
    assert scene.waits() == Waits(1e-9, None, None)
    scene.quote("62000.0").wait("0.000000001")
    assert scene.step() is None
    assert scene.waits() == Waits(None, D("62000.2"), None)
    assert scene.quote("61990.0").step() is None
    result = scene.quote("62000.1").step()
    assert result is not None
    assert (result.cancels, result.orders) == (("entry-1",), ())
    assert result.message == "cancel entry-1 at 62000: the market moved away"
    assert scene.wait(1).step() is None
    assert scene.waits() == Waits(None, None, None)
    scene.end("entry-1")
    assert scene.step() is None
    assert scene.waits() == Waits(pytest.approx(10), None, None)


@BOTH_WAYS
def test_a_refused_cancel_is_asked_again(side: Side) -> None:
    """If the venue would not cancel the entry and the market is still away, the grid asks again."""
    scene = begun(side)
    scene.asked()
    scene.wait(10).quote("62000.1").step()
    scene.change("entry-1", pending_cancel=False)
    result = scene.step()
    assert result is not None
    assert result.cancels == ("entry-1",)


@BOTH_WAYS
def test_an_entry_held_back_by_an_own_close_is_not_given_up(side: Side) -> None:
    """Where a fresh entry would lie at the same price, because of our own close, nothing is cancelled."""
    scene = begun(side, wait_time=0, take_profit="0.02")
    scene.lot()
    scene.quote("62012.0", "62020.0").wait(1).asked()
    assert scene.wait(60).step() is None
    assert scene.waits() == Waits(None, None, None)
    scene.fill("close-1")
    result = scene.step()
    assert result is not None
    assert result.cancels == ("entry-2",)
