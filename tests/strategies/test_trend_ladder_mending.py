"""A position that is not what the fills made it: small differences are mended, large ones are somebody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from trend_ladder_scenes import BOTH_WAYS, Scene, begun

from helpers.enums import Side
from helpers.errors import UserError

D = Decimal


def capped(side: Side = Side.BUY, *, rungs: int = 2, **params: object) -> Scene:
    """Give a ladder that enters no more."""
    scene = begun(side, rungs=rungs, **params)
    scene.cash = None
    return scene


@BOTH_WAYS
def test_more_than_the_fills_made_gets_take_profits(side: Side) -> None:
    """After 5 s, so much as an order each, at the take-profit's distance from the mid where no price is known."""
    scene = capped(side)
    scene.held = "0.005"
    assert scene.step() is None
    assert scene.wakes_in() == 5
    assert scene.wait("4.9").step() is None
    result = scene.wait("0.1").step()
    assert result is not None
    assert [(order.quantity, scene.p(order.price or D(0))) for order in result.orders] == [
        (D("0.001"), D("62005.1")), (D("0.001"), D("62005.1")), (D("0.001"), D("62005.1")),
    ]  # fmt: skip
    differs = D("0.003") * side.sign * side.sign
    assert result.message.startswith(
        f"the position differs from the take-profits by {differs} BTC: take-profits are added"
    )


@BOTH_WAYS
def test_less_than_the_fills_made_gives_up_the_newest(side: Side) -> None:
    """A part closed by hand: the newest take-profit goes, and one for what is left of its lot follows."""
    scene = capped(side, rungs=3, quantity="0.003")
    scene.held = "0.004"
    scene.step()
    result = scene.wait(5).step()
    assert result is not None
    assert result.cancels == ("tp-2", "tp-3")
    assert result.orders == ()
    assert scene.settle().asked() == [("tp-4", D(62_005))]
    assert {intent: order.quantity for intent, order in scene.orders.items()} == {
        "tp-1": D("0.003"), "tp-4": D("0.001"),
    }  # fmt: skip


@BOTH_WAYS
def test_closed_by_hand_leaves_nothing(side: Side) -> None:
    """Everything is cancelled, and the ladder begins anew."""
    scene = begun(side, rungs=2)
    scene.held = 0
    scene.step()
    result = scene.wait(5).step()
    assert result is not None
    assert set(result.cancels) == {"tp-1", "tp-2"}
    scene.settle().wait(60)
    assert [intent for intent, _ in scene.asked()] == ["entry-3"]


@BOTH_WAYS
def test_turned_round_by_hand_is_closed_and_not_entered_against(side: Side) -> None:
    """The old take-profits go, the position on the other side gets one, no entry goes out until it is flat."""
    scene = begun(side, rungs=1)
    scene.held = "-0.002"
    for _ in range(4):
        scene.wait(5).step()
        scene.settle()
    closing = [order for order in scene.orders.values() if order.reduce_only]
    assert [(order.side, order.quantity) for order in closing] == [(side, D("0.001")), (side, D("0.001"))]
    assert scene.wait(3_600).asked() == []
    for order in closing:
        scene.fill(order.intent)
    assert scene.held == 0
    assert [intent.partition("-")[0] for intent, _ in scene.asked()] == ["entry"]


@BOTH_WAYS
def test_an_entry_that_fills_against_a_hand_s_position_closes_it(side: Side) -> None:
    """Its cancel came too late: it makes no lot, and nothing is left to close."""
    scene = begun(side)
    scene.asked()
    scene.held = "-0.001"
    scene.step()
    assert [intent for intent, _ in scene.wait(5).asked()] == ["tp-2"]
    scene.fill("entry-1")
    assert scene.held == 0
    assert scene.ladder.state.lots.keys() == {"tp-2"}
    scene.step()
    result = scene.wait(5).step()
    assert result is not None
    assert result.cancels == ("tp-2",)
    assert scene.ladder.state.lots == {}


def test_a_difference_that_goes_by_is_not_mended() -> None:
    """News of a fill and of the position can come one after the other."""
    scene = capped()
    scene.held = "0.004"
    scene.step()
    scene.wait(4).held = "0.002"
    scene.step()
    scene.wait(1).held = "0.004"
    assert scene.step() is None
    assert scene.wakes_in() == 5


@BOTH_WAYS
def test_more_than_three_orders_is_somebody_else_s(side: Side) -> None:
    """No take-profit on it, no entry beside it, an entry that rests is taken back; said once."""
    scene = begun(side, rungs=2)
    scene.wait(120).asked()
    scene.held = "0.007"
    result = scene.step()
    assert result is not None
    assert result.cancels == ("entry-3",)
    scene.settle()
    result = scene.wait(5).step()
    assert result is not None
    assert result.orders == ()
    assert result.message == (
        "the position differs from the take-profits by 0.005 BTC: left as it is, it is not this ladder's; "
        "no entries meanwhile"
    )
    for _ in range(10):
        assert scene.wait(600).step() is None
    scene.held = "0.002"
    assert [intent for intent, _ in scene.asked()] == ["entry-4"]


def test_three_corrections_in_ten_minutes() -> None:
    """The fourth waits until the first is ten minutes old, and says so once."""
    scene = capped(rungs=1)
    for extra in range(1, 4):
        scene.held = D("0.001") * (1 + extra)
        scene.wait(5).step()
        assert len(scene.wait(5).asked()) == 1
    scene.held = "0.005"
    scene.wait(5).step()
    assert scene.wait(5).asked() == []
    assert scene.said[-1].endswith("left as it is, there were 3 corrections in 10 min")
    wakes = scene.wakes_in()
    assert wakes is not None
    assert wakes == 600 - 30
    said = len(scene.said)
    assert scene.wait(wakes - 1).asked() == []
    assert len(scene.said) == said
    assert len(scene.wait(1).asked()) == 1


def test_no_more_take_profits_than_entries_could_have_made() -> None:
    """A hand that keeps adding does not make the ladder longer than max_orders."""
    scene = capped(rungs=2, max_orders=3, max_corrections=100)
    for extra in range(1, 9):
        scene.held = D("0.002") + D("0.001") * extra
        scene.wait(5).step()
        scene.wait(5).step()
    assert len(scene.orders) == 3
    assert scene.said[-1].endswith("it is not this ladder's; no entries meanwhile")


def test_a_strange_position_at_the_start_is_refused() -> None:
    """More than three orders that no take-profit covers: one line with a way out, which works."""
    scene = Scene()
    scene.held = "0.004"
    with pytest.raises(UserError, match=r"there is a position of 0\.004 BTC that no take-profit of this ladder covers"):
        scene.begin()
    scene = Scene(imbalance_multiplier=5)
    scene.held = "0.004"
    assert scene.begin().endswith("the position differs from the take-profits by 0.004 BTC")
    scene.step()
    result = scene.wait(5).step()
    assert result is not None
    assert [order.quantity for order in result.orders if order.reduce_only] == [D("0.001"), D("0.001"), D("0.002")]
