"""A geometric grid beside other hands on the same account, and when its range moves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from geometric_grid_scenes import GridScene
from worlds import S

D = Decimal


# -- other hands ------------------------------------------------------------------------------------------


def test_a_position_closed_by_hand_takes_the_farthest_lots_along() -> None:
    """What somebody sold is gone from the lots, the farthest exits first; the exits follow, and it is said."""
    scene = GridScene().started()
    for index in (3, 2, 1):
        scene.fill(f"entry-{index}").rest()
    scene.position = D("0.008")
    assert scene.step() is None  # it may be a fill that is still to be heard of
    assert scene.strategy.next_wake(scene.data()).at == scene.now_ns + S
    said = " ".join(scene.wait(1).rest())
    assert "the position changed by -0.01 BTC without an order of this grid" in said
    assert "lots of 0.01 BTC are closed" in said
    assert scene.lots == {"exit-1": D("0.006"), "exit-2": D("0.002")}
    assert {intent: left for intent, (_, left, _) in scene.exits().items()} == {
        "exit-1": D("0.006"), "exit-2": D("0.002"),
    }  # fmt: skip


def test_a_position_opened_by_hand_is_left_alone() -> None:
    """What somebody bought beside the grid is not sold by it."""
    scene = GridScene().started()
    scene.position = D("0.1")
    scene.step()
    said = " ".join(scene.wait(1).rest())
    assert said.endswith("the position changed by +0.1 BTC without an order of this grid; +0.1 BTC is left alone")
    scene.fill("entry-3").rest()
    scene.fill("exit-3").rest()
    assert (scene.position, scene.state.outside) == (D("0.1"), D("0.1"))
    scene.position = D(0)
    scene.step()
    scene.wait(1).rest()
    assert (scene.state.outside, scene.lots) == (0, {})


def test_a_hand_that_turns_the_position_round() -> None:
    """What was sold beyond the lots is left alone; a lot that comes later leaves by an order that does not reduce."""
    scene = GridScene(mode="long").started()
    scene.fill("entry-3").rest()
    scene.position = D("-0.5")
    scene.step()
    scene.wait(1).rest()
    assert (scene.lots, scene.state.outside, scene.exits()) == ({}, D("-0.5"), {})
    scene.fill("entry-2").rest()
    assert not scene.orders["exit-2"].reduce_only
    scene.fill("exit-2").rest()
    assert scene.position == D("-0.5")


# -- a moving range ---------------------------------------------------------------------------------------


def test_outside_its_range_it_waits() -> None:
    """Without recenter_on_move nothing changes beyond the last level; it says so once each time the market leaves."""
    scene = GridScene().started()
    before = set(scene.orders)
    words = "left the range 60000 to 64000: it waits for it to come back; held: 0 BTC"
    assert scene.quote("64500.0").rest() == [f"the market at 64500.05 {words}"]
    for bid in ("70000.0", "63990.0", "64000.0", "64010.0"):  # hardly back is no news
        assert scene.quote(bid).rest() == []
    assert scene.restart().begin().endswith("; the market at 64010.05 is outside the range")
    scene.rest()
    assert set(scene.orders) == before
    scene.between(6).rest()
    assert scene.quote("64500.0").rest() == [f"the market at 64500.05 {words}"]


@pytest.mark.parametrize(
    ("mode", "bid", "ask", "nearest"), [("long", "61800.0", "70000.0", 4), ("short", "54000.0", "61800.0", 3)]
)
def test_a_wide_book_is_no_price(mode: str, bid: str, ask: str, nearest: int) -> None:
    """Where the book is wider than the levels its mid moves no range, and entries stay a level off their own side."""
    scene = GridScene(mode=mode, recenter_on_move=True)
    scene.begin()
    ladder = scene.state.ladder
    scene.quote(bid, ask).rest()
    assert scene.state.ladder == ladder
    assert nearest == max(scene.buys(), default=nearest) == min(scene.sells(), default=nearest)
    assert scene.strategy.next_wake(scene.data()).prices
    scene.quote("65000.0", "65000.1").rest()
    assert scene.state.ladder != ladder
    assert not scene.strategy.next_wake(scene.data()).prices


def test_the_range_moves_along_its_own_levels() -> None:
    """The mid leaves the range: the levels move with their ratio, far entries go, lots keep their exits."""
    scene = GridScene(mode="long", recenter_on_move=True).started()
    for index in (3, 2, 1):
        scene.quote(scene.level(index) - 1).fill(f"entry-{index}").rest()
    scene.fill("entry-0").rest()
    exits = scene.exits()
    ratio = scene.state.ladder.ratio  # type: ignore[union-attr]  # it has begun
    said = " ".join(scene.quote("59500.0").rest())
    assert "the market at 59500.05 left the range; held: 0.024 BTC" in said
    assert scene.state.ladder.ratio == ratio  # type: ignore[union-attr]
    assert scene.level(0) == D(60_000)
    assert scene.exits() == exits
    assert scene.buys() == [-4, -3, -2]
    assert scene.lots == dict.fromkeys(["exit-3", "exit-2", "exit-1", "exit-0"], D("0.006"))


def test_moving_does_not_hold_more_than_the_levels() -> None:
    """However often the range moves, there are never more lots than levels less one."""
    scene = GridScene(mode="long", recenter_on_move=True).started()
    for _ in range(60):
        scene.quote((scene.bid * D("0.995")).quantize(D("0.1")))
        for index in scene.buys():
            order = scene.orders[f"entry-{index}"]
            if order.price is not None and order.price >= scene.ask:
                scene.fill(order.intent)
        scene.rest()
        assert len(scene.lots) + len(scene.buys()) <= 8
    assert len(scene.lots) == 8


def test_entries_that_are_off_their_level_are_placed_anew() -> None:
    """After other options moved the levels, an entry that does not stand on one is cancelled and placed again."""
    scene = GridScene(mode="long").started()
    old = scene.orders["entry-2"].price
    other = GridScene(mode="long", upper_price="65000")
    scene.config = other.config
    scene.restart().begin()
    said = " ".join(scene.rest())
    assert f"cancel entry-2 at {old}: its level is at {scene.level(2)} now" in said
    assert {order.price for order in scene.orders.values()} == {scene.level(k) for k in (0, 1, 2)}


@pytest.mark.parametrize("post_only", [True, False])
def test_post_only_is_passed_on(post_only: bool) -> None:
    """Entries and exits are post-only or not, as asked."""
    scene = GridScene(post_only=post_only).started()
    scene.fill("entry-3").rest()
    assert {order.post_only for order in scene.orders.values()} == {post_only}


def test_an_exit_off_the_levels_is_brought_back_in_time() -> None:
    """A lot keeps its exit's price where no level is any more, and it wakes when that can be reached again."""
    scene = GridScene(mode="long").started()
    scene.fill("entry-3").rest()
    scene.config = GridScene(mode="long", upper_price="65000").config
    scene.restart().begin()
    scene.quote("62100.0").end("exit-3")
    scene.wait(1).rest()
    assert scene.exits()["exit-3"][2] == D("62100.1")
    assert scene.strategy.next_wake(scene.data()).price_at_or_below == D("61967.6")
    scene.quote("61967.6").rest()
    assert scene.exits()["exit-3"][2] == D("61967.7")


def test_a_neutral_range_that_moved_has_a_new_centre() -> None:
    """Below the mid that left the range it buys now, above it it sells."""
    scene = GridScene(recenter_on_move=True).started()
    scene.quote("64100.0")
    for index in (4, 5, 6):
        scene.fill(f"entry-{index}")
    scene.rest()
    assert max(scene.buys()) < min(scene.sells())
    ladder = scene.state.ladder
    assert ladder is not None
    assert ladder.centre is not None
    assert scene.level(ladder.centre) < D("64100.05") < scene.level(ladder.centre + 1)
    assert scene.sells() == [9, 10, 11]
