"""Every filled quantity has its take-profit: parts, dust, refusals, late news."""

from __future__ import annotations

from decimal import Decimal

import pytest
from trend_ladder_scenes import BOTH_WAYS, begun
from worlds import with_market

from helpers.enums import OrderStatus, Side

D = Decimal
PARTS = with_market(min_quantity=D("0.002"), min_notional=D(0))


# -- parts -----------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_each_part_gets_its_own_take_profit(side: Side) -> None:
    """A part that fills is covered while the rest of the entry still rests; together they are the entry."""
    scene = begun(side, quantity="0.003")
    scene.asked()
    scene.fill("entry-1", "0.001")
    assert scene.asked() == [("tp-1", D(62_005))]
    assert scene.orders["tp-1"].quantity == D("0.001")
    assert scene.asked() == []
    scene.fill("entry-1", "0.002", price="61999.95")
    assert scene.asked() == [("tp-1-2", D(62_005))]
    assert scene.orders["tp-1-2"].quantity == D("0.002")


def test_whole_entries_are_waited_for_if_wanted() -> None:
    """Without partial_tp one take-profit follows when the entry has ended, at the average price."""
    scene = begun(quantity="0.003", partial_tp=False)
    scene.asked()
    scene.fill("entry-1", "0.001", price="62000")
    for _ in range(5):
        assert scene.wait(5).asked() == []
    scene.fill("entry-1", "0.002", price="61999.4")
    assert scene.asked() == [("tp-1", D("62004.6"))]
    assert scene.orders["tp-1"].quantity == D("0.003")


def test_a_part_below_the_least_order_waits_for_more() -> None:
    """It is carried, with its price, into the next part, also over the end of the entry and a restart."""
    scene = begun(quantity="0.003", market=PARTS)
    scene.asked()
    scene.fill("entry-1", "0.001", price="61998")
    assert scene.asked() == []
    scene.end("entry-1").wait(60).restart().begin()
    assert scene.ladder.state.dust.quantity == D("0.001")
    scene.asked()
    scene.fill("entry-2", "0.002", price="62001")
    assert scene.asked() == [("tp-2", D(62_005))]
    assert scene.orders["tp-2"].quantity == D("0.003")


def test_what_is_left_of_a_take_profit_may_be_dust() -> None:
    """A take-profit that was cancelled after most of it had filled leaves too little for another one."""
    scene = begun(quantity="0.003", market=PARTS, rungs=1)
    scene.fill("tp-1", "0.002").end("tp-1")
    assert scene.wait(5).asked() == []
    assert (scene.ladder.state.dust.quantity, scene.ladder.state.dust.cost) == (D("0.001"), D(62))
    assert scene.ladder.state.lots == {}


# -- refusals ------------------------------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("status", [OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED])
def test_a_take_profit_that_ended_unasked_is_placed_again(side: Side, status: OrderStatus) -> None:
    """After a pause that doubles, at the same target, under the same name."""
    scene = begun(side, rungs=1)
    for pause in ("0.5", "1", "2", "4", "8", "16", "30", "30"):
        scene.end("tp-1", status)
        assert "tp-1" not in dict(scene.asked())
        assert (scene.wakes_in() or 0) <= float(pause)
        assert "tp-1" not in dict(scene.wait(D(pause) - D("0.001")).asked())
        assert dict(scene.wait("0.001").asked())["tp-1"] == D(62_005)


def test_a_fill_forgets_the_refusals() -> None:
    """A take-profit that filled in part was welcome: its rest is placed again after the shortest pause."""
    scene = begun(quantity="0.003", rungs=1)
    scene.cash = None
    for pause in ("0.5", "1", "2"):
        scene.refused("tp-1").step()
        scene.wait(pause).step()
    scene.fill("tp-1", "0.001").end("tp-1").step()
    assert scene.wakes_in() == 0.5
    scene.wait("0.5").step()
    assert scene.orders["tp-1"].quantity == D("0.002")


def test_a_take_profit_the_risk_manager_refuses_is_placed_again() -> None:
    """Refused before it was sent, heard at the next step, asked for half a second later."""
    scene = begun()
    scene.asked()
    scene.fill("entry-1")
    assert scene.asked(refuse=True) == [("tp-1", D(62_005))]
    assert scene.wakes_in() == 0.5
    assert scene.wait("0.5").asked() == [("tp-1", D(62_005))]


def test_a_target_that_the_market_has_passed_rests_one_tick_off_the_touch() -> None:
    """It would take otherwise; the reason says so."""
    scene = begun()
    scene.asked()
    result = scene.fill("entry-1").quote("62010").step()
    assert result is not None
    assert result.message == "sell 0.001 BTC at 62010.1: take profit, the market passed 62005"


@BOTH_WAYS
def test_a_take_profit_never_meets_the_own_entry(side: Side) -> None:
    """The market fell through an entry whose fill is not told yet: a take-profit below it stays a tick above it."""
    scene = begun(side)
    scene.asked()
    scene.change("entry-1", status=OrderStatus.UNKNOWN)
    scene.quote("61000").held = "0.001"
    scene.step()
    assert scene.wait(5).asked() == [("tp-2", D("62000.1"))]
    scene.cash = None
    scene.end("entry-1")
    for _ in range(3):
        scene.wait(5).step()
        scene.settle().step()
    assert {intent: scene.price(intent) for intent in scene.orders} == {"tp-2.2": D("61005.1")}


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN])
def test_a_take_profit_without_an_answer_is_left_alone(status: OrderStatus) -> None:
    """Nobody knows whether it lives, so it counts: no second one, no cancel, no requote."""
    scene = begun(rungs=1, max_orders=1)
    scene.change("tp-1", status=status, price=D(62_300))
    for _ in range(20):
        assert scene.wait(60).step() is None


def test_after_an_outage_a_few_a_second() -> None:
    """Seven take-profits that are gone come back three at a time."""
    scene = begun(rungs=7, imbalance_multiplier=1000).wait(5)
    for intent in list(scene.orders):
        scene.end(intent)
    scene.ladder.state.last_entry_ns = scene.now_ns + 10**15
    counts = [len(scene.wait("0.5").asked()) for _ in range(8)]
    assert counts == [3, 0, 3, 0, 1, 0, 0, 0]


def test_nothing_is_placed_beyond_the_position() -> None:
    """Closed by hand: a take-profit that is missing stays away at once, before the lot is given up."""
    scene = begun(rungs=2)
    scene.held = "0.001"
    scene.end("tp-1")
    assert scene.wait(1).asked() == []


def test_nothing_is_placed_while_the_position_is_unknown() -> None:
    """A take-profit waits until the venue has said what is held."""
    scene = begun()
    scene.asked()
    scene.fill("entry-1").held = None
    assert scene.wait(1).asked() == []
    scene.held = "0.001"
    assert scene.asked() == [("tp-1", D(62_005))]


# -- late and double news --------------------------------------------------------------------------------------


def test_an_end_told_twice_counts_once() -> None:
    """Of an entry and of a take-profit."""
    scene = begun()
    scene.asked()
    entry = scene.change("entry-1", status=OrderStatus.FILLED, filled_quantity=D("0.001"), average_price=D(62_000))
    scene.fill("entry-1", "0")
    scene.held = "0.001"
    scene.ladder.notify_order_closed(entry)
    assert [intent for intent, _ in scene.asked()] == ["tp-1"]
    close = scene.orders["tp-1"]
    scene.end("tp-1")
    scene.ladder.notify_order_closed(close)
    scene.ladder.notify_order_closed(close)
    assert scene.ladder.state.lots["tp-1"].quantity == D("0.001")
    assert scene.ladder.state.lots["tp-1"].back_off.refusals <= 2


def test_a_fill_after_the_end_makes_the_next_take_profit_smaller() -> None:
    """A take-profit that was cancelled filled in part all the same: its successor is for too much, and is replaced."""
    scene = begun(rungs=1, quantity="0.003", max_orders=1)
    before = scene.orders["tp-1"]
    scene.end("tp-1").wait(1).asked()
    late = scene.change(
        "tp-1", client_order_id=before.client_order_id, filled_quantity=D("0.001"), average_price=D(62_005)
    )
    scene.change("tp-1", client_order_id="new", filled_quantity=D(0), average_price=None)
    scene.held = "0.002"
    scene.ladder.notify_order_closed(late)
    result = scene.step()
    assert result is not None
    assert result.cancels == ("tp-1",)
    assert scene.settle().wait(1).asked() == [("tp-1.2", D(62_005))]
    assert scene.orders["tp-1.2"].quantity == D("0.002")


def test_an_entry_that_filled_after_its_cancel_gets_its_take_profit() -> None:
    """The fill was faster than the cancel."""
    scene = begun()
    scene.asked()
    scene.wait(10).quote("62000.5").step()
    scene.fill("entry-1")
    assert scene.asked() == [("tp-1", D(62_005))]
