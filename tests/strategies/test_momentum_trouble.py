"""The momentum example, driven by hand: what goes wrong."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from momentum_scenes import bar, desk, long, look, warm
from worlds import S, with_market

from helpers.enums import MarketKind, OrderStatus
from helpers.errors import UserError

D = Decimal


def test_it_asks_for_nothing_while_its_order_is_out() -> None:
    """Until the venue says what became of an order, nothing else goes out."""
    scene = warm(desk())
    assert bar(scene, "62400")
    for status in (OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.PARTIALLY_FILLED):
        scene.change("trade", status=status)
        assert bar(scene, "63000") == []


def test_what_filled_of_an_entry_is_what_it_holds() -> None:
    """A market order that filled in part leaves a smaller position; nothing is added; all of it is sold."""
    scene = warm(desk())
    bar(scene, "62400")
    scene.fill("trade", "0.001", price="62400").end("trade")
    assert bar(scene, "63000") == bar(scene, "64000") == []
    assert bar(scene, "62000") == [("sell", "0.001", True)]


def test_what_is_left_of_a_close_is_closed_at_once() -> None:
    """A close that filled in part goes on with the rest without waiting for a bar."""
    scene = long()
    bar(scene, "61000")
    scene.fill("trade", "0.003", price="61000").end("trade")
    assert look(scene) == [("sell", "0.001", True)]


def test_a_refused_entry_waits_for_the_next_bar() -> None:
    """A refusal is not answered by the same order: the next chance is the next bar, if it still calls for it."""
    scene = warm(desk())
    scene.quote("62400").wait(10)
    assert look(scene, refuse=True) == [("buy", "0.004", False)]
    assert look(scene.wait("9.9")) == []
    assert look(scene.wait("0.1")) == [("buy", "0.004", False)]


def test_a_refused_close_is_tried_again_after_longer_and_longer_pauses() -> None:
    """0.5 s, 1, 2, ... 30 s between the tries of a close, whatever the bars; a fill ends it."""
    scene, times = long(), []
    scene.quote("61000").wait(10)
    while len(times) < 10:
        if look(scene, refuse=True):
            times.append(scene.now_ns)
        wake = scene.strategy.next_wake(scene.data())
        assert wake.at is not None
        scene.now_ns = wake.at
    assert [(after - before) / S for before, after in pairwise(times)] == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    while not look(scene):
        scene.now_ns = scene.strategy.next_wake(scene.data()).at or 0
    scene.fill("trade", price="61000")
    assert scene.strategy.save_state()["back_off"] == {"refusals": 0, "due_ns": 0}


def test_a_refusal_that_is_not_heard_yet_wakes_it() -> None:
    """Where the risk manager refused a close, no order is there and nothing was heard: it wants a step at once."""
    scene = long()
    assert bar(scene, "61000")
    del scene.orders["trade"]
    assert scene.strategy.next_wake(scene.data()).at == scene.now_ns


@pytest.mark.parametrize("seconds", [9.999, 10, 25])
def test_a_bar_that_came_while_it_was_written_down_wakes_it(seconds: float) -> None:
    """Where sending and writing took so long that the next bar is due already, it wants a step for it at once."""
    scene = warm(desk())
    assert bar(scene, "62400")
    due_ns = scene.now_ns + 10 * S
    scene.wait(seconds)
    assert scene.strategy.next_wake(scene.data()).at == due_ns


def test_an_unknown_position_is_left_alone() -> None:
    """While nobody knows the position it neither opens nor closes, and takes its bars all the same."""
    scene = long()
    scene.position = None
    assert bar(scene, "61000") == []
    scene.position = D("0.004")
    assert look(scene) == [("sell", "0.004", True)]


def test_without_a_balance_it_opens_nothing_but_closes() -> None:
    """While the balance is unknown, nothing increases risk."""
    scene = warm(desk())
    scene.cash = None
    assert bar(scene, "63000") == []
    scene.position = D("-0.004")
    assert look(scene) == [("buy", "0.004", True)]


@pytest.mark.parametrize(("held", "asked"), [("-0.009", [("buy", "0.009", True)]), ("0.009", [])])
def test_a_position_by_hand_is_its_own(held: str, asked: list[Any]) -> None:
    """Somebody's position is closed at once where it stands against the price, and kept where it goes with it."""
    scene = warm(desk())
    scene.position = D(held)
    assert bar(scene, "63000") == asked


def test_it_is_woken_by_its_orders_and_by_the_account_but_by_no_quote() -> None:
    """News of an order, or of a position that somebody changed, is a reason to look; a quote is none."""
    wake = long().strategy.next_wake(long().data())
    assert (wake.orders, wake.balances, wake.book, wake.prices) == (True, True, False, False)


def test_a_position_closed_by_hand_is_opened_anew_by_a_later_bar_only() -> None:
    """Who closes by hand gets it back at the next bar that calls for it, not at once."""
    scene = long()
    scene.position = D(0)
    assert look(scene.wait(5)) == []
    assert look(scene.quote("62250").wait(5)) == []
    assert bar(scene, "64000") == [("buy", "0.004", False)]


def test_what_is_too_small_for_an_order_counts_as_nothing() -> None:
    """Less than the market's minimum cannot be closed, so it joins the next position, and is closed with it."""
    scene = warm(desk(market=with_market(min_quantity=D("0.003"))))
    scene.position = D("0.002")
    assert bar(scene, "61000") == [("sell", "0.004", False)]
    scene.fill("trade", price="61000")
    assert scene.position == D("-0.002")
    assert bar(scene, "63000") == [("buy", "0.004", False)]
    scene.position = D("0.0065")
    scene.end("trade")
    assert bar(scene, "60000") == [("sell", "0.006", True)]


def test_it_asks_for_nothing_below_the_least_notional() -> None:
    """Where the price fell so far that the quantity is too small for an order, nothing is opened."""
    scene = warm(desk(market=with_market(min_notional=D(250))))
    assert bar(scene, "62400") == []
    assert bar(scene, "62900") == [("buy", "0.004", False)]


def test_spot_has_no_shorts() -> None:
    """On a spot market --no-short is asked for, in one line."""
    with pytest.raises(UserError, match="nothing can be sold short on a spot market: add --no-short"):
        desk(market=with_market(kind=MarketKind.SPOT))
    desk(market=with_market(kind=MarketKind.SPOT), short=False)
