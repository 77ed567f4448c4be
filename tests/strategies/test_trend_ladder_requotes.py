"""Take-profits at a wrong price are replaced; in a still market there are none."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trend_ladder_scenes import BOTH_WAYS, CENTRE, Scene, begun
from worlds import with_market

from helpers.enums import OrderStatus, Side

D = Decimal


def passed(side: Side = Side.BUY, *, rungs: int = 1, **params: Any) -> Scene:
    """Give a ladder whose take-profits were placed beyond their targets, because the market had passed them."""
    scene = begun(side, imbalance_multiplier=1000, **params)
    for _ in range(rungs):
        scene.quote(CENTRE)
        scene.ladder.state.is_free = True
        ((entry, _),) = scene.asked()
        scene.fill(entry).quote("62010").step()
        for intent in [order.intent for order in scene.orders.values() if not order.reduce_only]:
            scene.end(intent)  # an entry that went out with it
    scene.cash = None
    return scene


def moves(scene: Scene, seconds: int) -> list[int]:
    """Let time pass and give the seconds at which something was cancelled; the venue confirms at once."""
    moments = []
    for second in range(1, seconds + 1):
        result = scene.wait(1).step()
        if result is not None and result.cancels:
            moments.append(second)
        scene.settle().step()
    return moments


# -- the trap: a placed price that differs from the desired one, for ever -------------------------------------


@BOTH_WAYS
@settings(max_examples=60, deadline=None)
@given(
    rungs=st.integers(1, 3),
    price=st.integers(-80, 120),
    spread=st.integers(1, 40),
    profit=st.sampled_from(["0.01", "0.33", "2", "5"]),
    mode=st.sampled_from(["cancel_first", "place_first"]),
)
def test_a_still_market_causes_no_requote(
    side: Side, rungs: int, price: int, spread: int, profit: str, mode: str
) -> None:
    """Wherever the market stood when a take-profit was placed: as long as it stays there, it is left alone."""
    scene = begun(side, take_profit_usd=profit, requote_ticks=1, requote_mode=mode)
    for rung in range(rungs):
        scene.ladder.state.is_free = True
        entry = next(intent for intent, _ in scene.quote(CENTRE).asked() if intent.startswith("entry"))
        scene.fill(entry, price=str(CENTRE + D(rung) / 100)).quote(
            CENTRE + D(price) / 10, CENTRE + D(price + spread) / 10
        )
        if rung < rungs - 1:
            scene.wait(1)
    scene.cash = None
    scene.step()
    placed = {intent: order.price for intent, order in scene.orders.items() if order.reduce_only}
    for _ in range(60):
        assert scene.wait(5).step() is None
    assert {intent: order.price for intent, order in scene.orders.items() if order.reduce_only} == placed
    assert len(placed) == rungs


# -- what is replaced ------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_market_that_comes_back_is_followed_to_the_target(side: Side) -> None:
    """Placed beyond a target the market had passed; when it comes back, replaced after 5 s, at the target."""
    scene = passed(side)
    assert scene.price("tp-1") == D("62010.1")
    assert moves(scene, 60) == []
    scene.quote("62000")
    assert 0 < (scene.wakes_in() or 0) <= 5
    assert moves(scene, 11) in ([6], [10])
    assert {intent: scene.price(intent) for intent in scene.orders} == {"tp-1.2": D(62_005)}
    assert scene.said[-2] == (
        f"tp-1 rests at {scene.p('62010.1')} and belongs at {scene.p('62005')}; "
        f"cancel tp-1 at {scene.p('62010.1')}: it is replaced"
    )
    assert moves(scene, 600) == []
    assert scene.wakes_in() is None


@BOTH_WAYS
def test_less_than_requote_ticks_is_left_alone(side: Side) -> None:
    """Four ticks off are not worth a place in the queue, five are."""
    scene = passed(side)
    scene.quote("62009.6")
    assert moves(scene, 30) == []
    scene.quote("62009.5")
    assert moves(scene, 12) != []
    assert scene.price("tp-1.2") == D("62009.6")


def test_a_wrong_price_has_to_last() -> None:
    """A market that dips between two looks moves nothing."""
    scene = passed()
    scene.step()
    for _ in range(10):
        scene.quote("62000").wait(5).step()
        assert scene.quote("62010").wait(5).step() is None


def test_one_that_was_moved_by_hand_is_brought_back() -> None:
    """Its price at the venue is not the one it belongs at."""
    scene = begun(rungs=1)
    scene.cash = None
    scene.change("tp-1", price=D(62_050))
    assert moves(scene, 12) == [6]
    assert scene.price("tp-1.2") == D(62_005)


def test_two_at_a_time() -> None:
    """Of three that are wrong two go first; the third follows when one of them is placed again."""
    scene = passed(rungs=3)
    scene.quote("62000")
    cancelled = []
    for _ in range(11):
        result = scene.wait(1).step()
        cancelled += list(result.cancels) if result else []
    assert cancelled == ["tp-1", "tp-2"]
    scene.settle().step()
    assert [result.cancels for result in [scene.wait(1).step() for _ in range(6)] if result] == [("tp-3",)]


def test_tries_are_further_and_further_apart() -> None:
    """Somebody moves it again and again: after 15 and 30 s, then ten minutes of peace, and so on."""
    scene = begun(rungs=1)
    scene.cash = None
    times = []
    for second in range(1_500):
        (intent,) = scene.orders
        scene.change(intent, price=D(62_050))
        result = scene.wait(1).step()
        if result is not None and result.cancels:
            times.append(second)
            scene.settle().step()
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert [15 <= gaps[0] <= 20, 30 <= gaps[1] <= 35, 600 <= gaps[2] <= 605] == [True] * 3
    assert len(times) == 9


def test_what_is_left_of_one_may_be_too_little_to_move() -> None:
    """A take-profit of which less than the market's minimum is left stays where it is."""
    scene = passed(quantity="0.003", market=with_market(min_quantity=D("0.002")))
    scene.fill("tp-1", "0.002").quote("62000")
    assert moves(scene, 60) == []
    assert list(scene.orders) == ["tp-1"]


# -- place first ----------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_place_first_never_leaves_a_lot_without(side: Side) -> None:
    """The new one rests before the old one is cancelled."""
    scene = passed(side, requote_mode="place_first")
    scene.quote("62000").step()
    assert scene.wait(4).asked() == []
    assert scene.wait(1).asked() == [("tp-1.2", D(62_005))]
    result = scene.step()
    assert result is not None
    assert result.cancels == ("tp-1",)
    assert scene.settle().wait(60).step() is None
    assert list(scene.orders) == ["tp-1.2"]


def test_place_first_counts_those_that_have_two() -> None:
    """While two wait for the answer to their replacements, the third one does not begin."""
    scene = passed(rungs=3, requote_mode="place_first")
    scene.quote("62000").step()
    assert [intent for intent, _ in scene.wait(5).asked()] == ["tp-1.2", "tp-2.2"]
    for intent in ("tp-1.2", "tp-2.2"):
        scene.change(intent, status=OrderStatus.SUBMITTED)
    for _ in range(4):
        assert scene.wait(5).asked() == []
    scene.change("tp-1.2", status=OrderStatus.OPEN)
    scene.step()
    scene.settle()
    assert [intent for intent, _ in scene.wait(5).asked()] == ["tp-3.2"]


def test_place_first_where_the_venue_takes_no_second_one() -> None:
    """Then the old one stays, and it is tried again as late as any requote."""
    scene = passed(requote_mode="place_first")
    scene.quote("62000").step()
    assert scene.wait(5).asked(refuse=True) == [("tp-1.2", D(62_005))]
    asked = [second for second in range(1, 60) if scene.wait(1).asked(refuse=True)]
    assert 15 <= asked[0] <= 20
    assert 45 <= asked[1] <= 55
    assert list(scene.orders) == ["tp-1"]


def test_an_old_refusal_does_not_hinder_a_replacement() -> None:
    """A take-profit that was refused once when it was first placed is replaced like any other."""
    scene = begun(requote_mode="place_first")
    scene.asked()
    scene.fill("entry-1").quote("62010").asked(refuse=True)
    scene.cash = None
    scene.wait(1).step()
    scene.wait(1).step()
    assert list(scene.orders) == ["tp-1"]
    scene.quote("62000")
    scene.wait(5).step()
    assert scene.wait(5).asked() == [("tp-1.2", D(62_005))]


@pytest.mark.parametrize("which", ["tp-1", "tp-1.2"])
def test_place_first_and_one_of_the_two_fills(which: str) -> None:
    """The other one is for nothing any more and is cancelled."""
    scene = passed(requote_mode="place_first")
    scene.quote("62000").step()
    scene.wait(5).step()
    result = scene.fill(which).step()
    assert result is not None
    assert result.cancels == (({"tp-1", "tp-1.2"} - {which}).pop(),)
    scene.settle()
    assert scene.orders == {}
    assert scene.held == 0
