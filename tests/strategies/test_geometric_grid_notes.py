"""What a geometric grid knows after a restart: from its notes, from older ones, from none but its live orders."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from desk import View
from geometric_grid_scenes import GridScene
from worlds import with_market

from helpers.enums import OrderStatus
from helpers.errors import UserError

D = Decimal


def forget(scene: GridScene, saved: Any = None) -> GridScene:
    """Put a new strategy in its place that knows this state, or nothing."""
    scene.strategy = scene.kind(scene.config, View(scene.market))
    if saved is not None:
        scene.strategy.restore_state(saved)
    return scene


def test_the_same_levels_after_a_restart() -> None:
    """Levels that were made around the mid at the start do not follow it to where it is now."""
    scene = GridScene(lower_price=None, upper_price=None).started()
    before = scene.state.ladder
    scene.quote("62900.0").restart().begin()
    assert scene.state.ladder == before
    assert scene.restart().strategy.save_state() == scene.strategy.save_state()


def test_other_options_make_other_levels() -> None:
    """A restart with another range takes the new one; lots keep the exits they have."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.config = GridScene(upper_price="65000").config
    scene.restart().begin()
    scene.rest()
    assert scene.level(8) == D(65_000)
    assert scene.exits()["exit-3"][1:] == (D("0.006"), D("61967.7"))


def test_another_quantity_is_taken_over() -> None:
    """After a restart with another --quantity the entries that rest are of the old one: they are placed anew."""
    scene = GridScene().started()
    scene.fill("entry-3").fill("entry-2", "0.002").rest()
    scene.config = GridScene(quantity="0.001").config
    assert scene.restart().begin().endswith("; 0.008 BTC is held from the earlier session")
    said = " ".join(scene.rest())
    assert "cancel entry-1 at 60486: an order is of 0.001 BTC now" in said
    quantities = {order.intent: order.quantity for order in scene.orders.values() if order.intent.startswith("entry")}
    assert quantities.pop("entry-2") == D("0.006")  # it has begun to fill
    assert set(quantities.values()) == {D("0.001")}
    assert scene.lots == {"exit-3": D("0.006"), "exit-2": D("0.002")}


def test_another_tick_makes_other_levels() -> None:
    """A venue that made its tick coarser between two sessions would refuse the levels of before, and exits at them."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.end("exit-3")
    scene.market = with_market(tick_size=D(5))
    scene.quote("61800", "61805").restart().begin()
    scene.wait(1).rest()
    assert scene.orders
    assert all((order.price or D(1)) % 5 == 0 for order in scene.orders.values() if order.created_ns == scene.now_ns)
    assert scene.exits()["exit-3"][2] == D(61_970)


def test_news_of_the_time_it_was_down() -> None:
    """An entry that filled and an exit that was cancelled meanwhile are heard before the first step, and acted upon."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.restart().begin()
    scene.fill("entry-2").end("exit-3")
    scene.wait(1).rest()
    assert set(scene.exits()) == {"exit-2", "exit-3"}
    assert scene.explained == scene.position == D("0.012")


def test_a_state_older_than_the_orders() -> None:
    """A crash before the state was saved: the live exit tells of its lot, which is not placed twice."""
    scene = GridScene().started()
    old = json.loads(json.dumps(scene.strategy.save_state()))
    scene.fill("entry-3").rest()
    forget(scene, old).begin()
    scene.rest()
    assert scene.lots == {"exit-3": D("0.006")}
    assert list(scene.exits()) == ["exit-3"]
    assert scene.explained == scene.position


def test_a_fill_that_no_note_and_no_order_tells_of() -> None:
    """The entry is over and the exit was not placed yet: the position says that a lot is missing, and gets an exit."""
    scene = GridScene().started()
    old = json.loads(json.dumps(scene.strategy.save_state()))
    scene.fill("entry-3")
    forget(scene, old).begin()
    scene.rest()
    said = " ".join(scene.wait(1).rest())
    assert "+0.006 BTC of it is taken over on free levels" in said
    assert scene.lots == {"exit-3": D("0.006")}
    assert scene.exits()["exit-3"][2] == scene.level(4)


def test_a_fill_without_any_order_left() -> None:
    """The same where the older notes are all there is: every order is over, and what is missing is taken over."""
    scene = GridScene().started()
    old = json.loads(json.dumps(scene.strategy.save_state()))
    scene.fill("entry-3")
    scene.orders.clear()
    forget(scene, old).begin()
    scene.rest()
    scene.wait(1).rest()
    assert (scene.lots, scene.state.outside) == ({"exit-3": D("0.006")}, 0)


def test_an_exit_that_filled_before_the_state_was_saved() -> None:
    """A lot that the position has no room for is dropped, and said."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    old = json.loads(json.dumps(scene.strategy.save_state()))
    scene.fill("exit-3")
    forget(scene, old).begin()
    scene.rest()
    said = " ".join(scene.wait(1).rest())
    assert "lots of 0.006 BTC are closed" in said
    assert (scene.lots, scene.exits()) == ({}, {})


def test_no_notes_at_all() -> None:
    """With nothing but live orders their lots are inferred: exits stand, parts of entries get theirs."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.fill("entry-2", "0.002").rest()
    forget(scene).begin()
    scene.rest()
    assert scene.lots == {"exit-3": D("0.006"), "exit-2": D("0.002")}
    assert scene.state.outside == 0
    assert len(scene.exits()) == 2
    assert scene.wait(5).rest() == []


def test_exits_without_notes_beyond_the_position_are_withdrawn() -> None:
    """Inferred lots never exceed the position: somebody closed it meanwhile."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.position = D(0)
    forget(scene).begin()
    scene.rest()
    scene.wait(1).rest()
    assert (scene.lots, scene.exits(), scene.state.outside) == ({}, {}, 0)


@pytest.mark.parametrize("cancelled", [True, False], ids=["cancel pending", "not answered"])
def test_an_exit_that_outlived_its_lot_is_no_new_lot(cancelled: bool) -> None:
    """A lot that cancelled out with a sale stays gone over a restart, even while its exit may still live."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    if not cancelled:
        scene.change("exit-3", status=OrderStatus.UNKNOWN)
    scene.fill("entry-5")
    if cancelled:
        assert "exit-3" in scene.decided().cancels
        scene.change("exit-3", pending_cancel=False)  # as after recovery, before the cancel goes out again
    scene.restart().begin()
    scene.step()
    assert scene.lots == {}
    assert scene.state.odd_since_ns == 0


def test_everything_was_closed_meanwhile() -> None:
    """Stopped and closed at market, the next start finds no position: the lots are dropped, and it begins anew."""
    scene = GridScene().started()
    for index in (3, 2):
        scene.fill(f"entry-{index}").rest()
    for intent in list(scene.orders):
        scene.end(intent)
    scene.position = D(0)
    scene.restart().begin()
    scene.rest()
    scene.wait(2).rest()
    assert (scene.lots, scene.exits(), scene.state.outside) == ({}, {}, 0)
    assert scene.buys() == [1, 2, 3]


def test_a_position_too_large_for_the_levels() -> None:
    """What is more than the free levels hold is not the grid's."""
    scene = GridScene().started()
    scene.fill("entry-3").rest()
    scene.position = D(1)
    forget(scene).begin()
    scene.rest()
    scene.wait(1).rest()
    assert scene.explained == 1
    assert scene.state.outside > D("0.9")  # type: ignore[operator]  # the position is known
    assert set(scene.lots) == {"exit-3"}  # the other levels that buy lie below, and wait to


def test_a_state_of_something_else_is_refused() -> None:
    """A saved state that cannot be read is one clear line."""
    with pytest.raises(UserError, match=r"cannot be read .*: close what it left and choose a fresh --runs-dir"):
        GridScene().strategy.restore_state({"lots": 5})
