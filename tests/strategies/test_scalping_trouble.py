"""The scalping example, driven by hand: what goes wrong."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from scalping_scenes import Scene, entered
from worlds import S, with_market

from helpers.enums import MarketKind, OrderStatus
from helpers.errors import UserError

D = Decimal


def test_a_part_of_an_entry_is_enough() -> None:
    """The first fill ends the entry; what filled until it is gone gets one close at the average price."""
    scene = Scene().touch(9, 1)
    scene.step()
    assert scene.fill("entry", "0.001").asked() == [("cancel", "entry", "", None)]
    scene.fill("entry", "0.002", price="61998")
    assert scene.asked() == []
    assert scene.settle().asked() == [("exit", "sell", "0.003", "62011.1")]


def test_what_was_closed_by_hand_while_its_entry_ended_is_forgotten() -> None:
    """The late end of its entry touches nothing that comes next: the pause lasts, the next price is its own."""
    scene = Scene(cooldown=10).touch(9, 1)
    scene.step()
    assert scene.fill("entry", "0.002").asked() == [("cancel", "entry", "", None)]
    scene.position = D(0)
    assert scene.asked() == scene.end("entry").wait("9.9").asked() == []
    scene.position = D("0.003")
    assert scene.quote("61000").asked() == [("exit", "sell", "0.003", "61012.3")]


def test_what_filled_of_a_close_needs_no_new_one() -> None:
    """A close that fills in parts stays where it is; a stop closes only the rest."""
    scene = entered()
    scene.step()
    assert scene.fill("exit", "0.001").asked() == []
    scene.quote("61000").step()
    assert scene.settle().asked() == [("exit", "sell", "0.003", None)]
    scene.fill("exit", "0.001", price="61000").end("exit")
    assert scene.asked() == [("exit", "sell", "0.002", None)]


@pytest.mark.parametrize("market_order", [False, True])
def test_a_refused_close_backs_off(market_order: bool) -> None:
    """A close that is refused is asked for again after 0.5 s, 1, 2, ... 30 s, at rest or at market."""
    scene, times = entered(max_hold=3600), []
    if market_order:
        scene.quote("61000")
    while len(times) < 8:
        if scene.asked(refuse=True):
            times.append(scene.now_ns)
        scene.now_ns += int((scene.at_s() or 0) * S)
    assert [(after - before) / S for before, after in pairwise(times)] == [0.5, 1, 2, 4, 8, 16, 30]


def test_a_stop_does_not_wait_for_the_back_off_of_its_cancel() -> None:
    """The market order follows the cancelled close at once, though that one filled nothing."""
    scene = entered()
    scene.step()
    scene.quote("61000").step()
    scene.end("exit")
    assert scene.asked() == [("exit", "sell", "0.004", None)]


def test_a_close_that_somebody_cancels_is_placed_again_after_a_moment() -> None:
    """The venue or a person cancelled it: not at once again."""
    scene = entered()
    scene.step()
    assert scene.end("exit").asked() == []
    assert scene.wait("0.5").asked() == [("exit", "sell", "0.004", "62012.4")]


def test_a_refusal_that_is_not_heard_yet_wakes_it() -> None:
    """Where the risk manager refused a close, no order is there and nothing was heard: it wants a step at once."""
    scene = entered()
    scene.step()
    del scene.orders["exit"]
    assert scene.at_s() == 0


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN])
def test_what_the_venue_has_not_answered_is_left_alone(status: OrderStatus) -> None:
    """An order of which nobody knows whether it lives is not cancelled, and nothing goes out beside it."""
    scene = Scene().touch(9, 1)
    scene.step()
    scene.change("entry", status=status)
    assert scene.wait(60).asked() == []
    scene.change("entry", status=OrderStatus.OPEN)
    assert scene.asked() == [("cancel", "entry", "", None)]


def test_a_close_beyond_which_the_market_went_rests_off_the_touch() -> None:
    """Where the profit is there already, the close rests a tick above the bid, never where it would take."""
    scene = entered().quote("62500")
    assert scene.asked() == [("exit", "sell", "0.004", "62500.1")]


def test_an_unknown_position_is_left_alone() -> None:
    """While nobody knows the position, nothing is placed, a resting entry is cancelled, a resting close stays."""
    scene = Scene().touch(9, 1)
    scene.position = None
    assert scene.asked() == []
    scene.position = D(0)
    scene.step()
    scene.position = None
    assert scene.asked() == [("cancel", "entry", "", None)]
    assert scene.said[-1] == "cancel entry: the position is unknown"
    scene = entered()
    scene.step()
    scene.position = None
    assert scene.quote("61000").asked() == []


def test_without_a_balance_nothing_is_entered() -> None:
    """While the balance is unknown, nothing increases risk; what is held gets its close."""
    scene = Scene().touch(9, 1)
    scene.cash = None
    assert scene.asked() == []
    scene.position = D("0.002")
    assert scene.asked() == [("exit", "sell", "0.002", "62012.5")]


def test_a_position_by_hand_is_its_own() -> None:
    """Somebody's position gets close, stop and age as if it had been entered at the mid of the first look."""
    scene = Scene()
    scene.position = D("-0.009")
    assert scene.asked() == [("exit", "buy", "0.009", "61987.6")]
    assert scene.quote("62030").asked() == [("cancel", "exit", "", None)]
    assert scene.settle().asked() == [("exit", "buy", "0.009", None)]


@pytest.mark.parametrize("held", ["0.001", "0.009", "0", "-0.004"])
def test_a_position_changed_by_hand_changes_the_close(held: str) -> None:
    """A close that no longer fits the position is cancelled; what is held, if anything, gets another one."""
    scene = entered()
    scene.step()
    scene.position = D(held)
    assert scene.asked() == [("cancel", "exit", "", None)]
    assert scene.said[-1] == f"cancel exit: the position is {held}"
    assert scene.settle().asked() == []
    scene.touch(1, 1).wait(10)
    size, side = abs(D(held)), "sell" if D(held) > 0 else "buy"
    asked = [order[:3] for order in scene.asked()]
    assert asked == ([("exit", side, str(size))] if size else [])


@pytest.mark.parametrize("between", ["0", None])
def test_a_position_by_hand_after_another_one_counts_from_where_the_market_is(between: str | None) -> None:
    """The price of a position that is over, or was turned by hand, is forgotten."""
    scene = entered()
    scene.step()
    if between is not None:
        scene.position = D(between)
        scene.step()
    scene.position = D("-0.004")
    scene.quote("62010").step()
    scene.settle().wait("0.5").touch(1, 1)
    assert scene.asked() == [("exit", "buy", "0.004", "61997.6")]


def test_a_position_by_hand_takes_the_entry_away() -> None:
    """Somebody trades while the entry rests: the entry goes, the position is closed as its own."""
    scene = Scene().touch(9, 1)
    scene.step()
    scene.position = D("-0.003")
    assert scene.asked() == [("cancel", "entry", "", None)]
    assert scene.settle().wait("0.5").asked() == [("exit", "buy", "0.003", "61987.6")]


def test_what_is_too_small_for_an_order_counts_as_nothing() -> None:
    """Less than the market's minimum cannot be closed: it joins the next position."""
    scene = Scene(market=with_market(min_quantity=D("0.003"))).touch(9, 1)
    scene.step()
    scene.fill("entry", "0.002").step()
    assert scene.settle().asked() == []
    assert scene.wait(10).asked() == [("entry", "buy", "0.004", "62000.0")]
    assert scene.fill("entry").asked()[0][:3] == ("exit", "sell", "0.006")


def test_dust_in_a_resting_close_is_left_to_it() -> None:
    """A close that filled down to less than the minimum goes on resting until it is too old; then the rest stays."""
    scene = entered(market=with_market(min_quantity=D("0.003")))
    scene.step()
    assert scene.fill("exit", "0.002").asked() == []
    assert scene.wait(120).asked() == [("cancel", "exit", "", None)]
    assert scene.touch(1, 1).settle().asked() == []


def test_it_asks_for_nothing_below_the_least_notional() -> None:
    """Where the price fell so far that the quantity is too small for an order, nothing is entered."""
    scene = Scene(market=with_market(min_notional=D(250))).touch(9, 1)
    assert scene.asked() == []
    assert scene.quote("62900").asked() == [("entry", "buy", "0.004", "62900")]


def test_an_empty_touch_invites_nobody() -> None:
    """Where a venue tells no quantities, nothing is entered."""
    assert Scene().touch(0, 0).asked() == []


def test_spot_is_refused() -> None:
    """It sells short, which a spot market cannot do."""
    with pytest.raises(UserError, match="which no spot market allows: choose a perpetual market"):
        Scene(market=with_market(kind=MarketKind.SPOT))


def test_entries_are_withdrawn_while_the_book_cannot_be_trusted() -> None:
    """The bot cancels the entry after book_patience."""
    assert Scene(book_patience="1.5").strategy.withdraw_after_ns() == 1_500_000_000
