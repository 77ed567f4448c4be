"""What stands in the way of entries is told once; what goes out stays within the bounds that were promised."""

from __future__ import annotations

from decimal import Decimal

import pytest
from trend_ladder_scenes import BOTH_WAYS, Scene, begun
from worlds import with_market

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError

D = Decimal


def told(scene: Scene) -> str:
    """Step and give what is said."""
    result = scene.step()
    return "" if result is None else result.message


# -- told once ---------------------------------------------------------------------------------------------


def test_a_full_ladder_says_so_once() -> None:
    """It would be silent for days; after the next entry it says so again."""
    scene = begun(rungs=1, max_orders=2)
    scene.wait(900).asked()
    assert told(scene.fill("entry-2")) == (
        "sell 0.001 BTC at 62005: take profit; no entry: 2 of 2 take-profits rest, for 0.002 BTC"
    )
    assert [scene.wait(900).step() for _ in range(5)] == [None] * 5
    assert told(scene.fill("tp-1")).startswith("buy")
    assert "no entry: 2 of 2" in told(scene.fill("entry-3"))


def test_a_position_on_the_other_side_says_so() -> None:
    """The trend may turn while rungs are left behind: nothing is entered, and the reason is told."""
    scene = Scene(direction="auto", warm_up=1, ema_period=1, atr_period=1)
    scene.begin()
    scene.held = "0.001"
    for bid in (62_000, 61_990, 61_980):
        scene.quote(str(bid)).wait(60).step()
    assert scene.said[-1].endswith("threshold 0.2; no entry: the position is long, 0.001 BTC")
    assert scene.step() is None


@BOTH_WAYS
def test_a_price_at_which_the_quantity_is_too_little(side: Side) -> None:
    """The market's least notional may grow beyond the order: told once, looked at again each minute."""
    scene = begun(side, market=with_market(min_notional=D(61)))
    bid = "60000" if side is Side.BUY else "64000"
    scene.quote(bid)
    price = scene.p(bid)
    assert told(scene) == f"no entry: at {price} the least order is 0.002 BTC, and --quantity is 0.001"
    assert scene.wakes_in() == 60
    assert [scene.wait(60).step() for _ in range(3)] == [None] * 3
    assert scene.quote("62000").wait(60).asked() == [("entry-1", D(62_000))]


def test_the_least_order_is_that_of_the_take_profit_too() -> None:
    """A short closes lower than it enters: an entry whose take-profit would be too little is none."""
    scene = begun(Side.SELL, market=with_market(min_notional=D("61.998")))
    assert told(scene) == "no entry: at 62000 the least order is 0.002 BTC, and --quantity is 0.001"
    assert scene.orders == {}


def test_a_take_profit_below_zero_is_none() -> None:
    """A short may follow a market down until nothing is left to take; and a price of nothing breaks nothing."""
    scene = begun(Side.SELL, take_profit_usd=5, quantity="2", market=with_market(min_notional=D(0)))
    scene.bid, scene.ask = D("4.9"), D("5.0")
    assert told(scene) == "no entry: 5 is too low: entry and take-profit have to be above 0"
    long = begun(market=with_market(min_notional=D(1)))
    long.bid, long.ask = D("0.05"), D("0.1")
    assert told(long) == "no entry: 0 is too low: entry and take-profit have to be above 0"


# -- bounds --------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_dust_does_not_enlarge_the_ladder(side: Side) -> None:
    """Parts too little for an order join later lots: fewer lots then hold what max_orders of them may hold."""
    market = with_market(min_quantity=D("0.003"), min_notional=D(0))
    scene = begun(side, market=market, quantity="0.003", max_orders=4, wait_time=0, min_wait=0)
    most = D(0)
    for _ in range(40):
        scene.wait(1).settle().step()
        for intent in [intent for intent in scene.orders if intent.startswith("entry")]:
            scene.fill(intent, "0.002").end(intent)
        most = max(most, scene.held or most)
    assert most < 5 * D("0.003")
    assert most >= 4 * D("0.003")


def test_a_position_off_the_step_leaves_lots_on_it() -> None:
    """Somebody sold a broken part by hand (spot): the take-profit that is left is an order the market takes."""
    scene = begun(quantity="0.004", rungs=1)
    scene.cash, scene.held = None, "0.0027"
    for _ in range(8):
        scene.wait(1).settle().step()
    assert [order.quantity for order in scene.orders.values()] == [D("0.002")]


# -- place first ----------------------------------------------------------------------------------------------


def asked_to_move(side: Side, **params: object) -> Scene:
    """Give a ladder whose take-profit was moved away by hand, and which has seen that once."""
    scene = begun(side, rungs=1, requote_mode="place_first", **params)
    scene.change("tp-1", price=scene.p("62050"))
    scene.step()
    scene.wait(5)
    return scene


@BOTH_WAYS
def test_an_entry_stays_clear_of_a_replacement_of_the_same_step(side: Side) -> None:
    """The replacement rests nearer than the take-profit it replaces; the entry that goes out with it stays below."""
    scene = asked_to_move(side).quote("62020")
    scene.ladder.state.is_free = True
    assert scene.asked() == [("tp-1.2", D("62020.1")), ("entry-2", D(62_020))]
    scene = asked_to_move(side).quote("62020", "62030")
    scene.ladder.state.is_free = True
    assert scene.asked() == [("tp-1.2", D("62020.1")), ("entry-2", D(62_020))]


@pytest.mark.parametrize("held", ["0", "-0.002"])
def test_no_replacement_for_a_position_that_is_gone(held: str) -> None:
    """A second take-profit beside the first needs a position too: none was reduce-only of nothing."""
    scene = asked_to_move(Side.BUY)
    scene.cash, scene.held = None, held
    for _ in range(4):
        assert scene.asked() == []
        scene.wait(1)


def test_no_replacement_for_what_is_too_little() -> None:
    """News that came twice may leave nothing of a lot whose take-profit still rests: that one goes, none follows."""
    scene = begun(quantity="0.003", rungs=1, requote_mode="place_first", max_orders=1)
    scene.fill("tp-1", "0.001")
    scene.ladder.state.lots["tp-1"].quantity = D("0.001")
    result = scene.step()
    assert result is not None
    assert (result.cancels, result.orders) == (("tp-1",), ())


def test_a_take_profit_for_too_much_goes_at_once() -> None:
    """Where the venue takes no second one, waiting for its successor would go on for ever."""
    scene = begun(quantity="0.003", rungs=1, requote_mode="place_first", max_orders=1)
    scene.ladder.state.lots["tp-1"].quantity = D("0.002")
    scene.held = "0.002"
    result = scene.step(refuse=True)
    assert result is not None
    assert result.cancels == ("tp-1",)
    scene.settle().wait(1).step()
    assert [order.quantity for order in scene.orders.values()] == [D("0.002")]
    assert [scene.wait(5).step() for _ in range(5)] == [None] * 5


# -- words ---------------------------------------------------------------------------------------------------


def test_corrections_that_are_off_say_so() -> None:
    """With --max-corrections 0 the reason names the option."""
    scene = begun(rungs=1, max_corrections=0)
    scene.cash, scene.held = None, "0.002"
    scene.step()
    assert told(scene.wait(5)).endswith("left as it is, corrections are off (--max-corrections 0)")


def test_a_take_profit_of_another_market_names_one_that_fits() -> None:
    """5 USD is BTC's; where the whole coin costs less, the line gives a figure to begin with."""
    scene = Scene(take_profit_usd=5)
    scene.bid, scene.ask = D("8.0"), D("8.1")
    with pytest.raises(UserError, match=r"BTC costs 8.05: give a small part of the price, as in --take-profit-usd 0.1"):
        scene.begin()


def test_an_unanswered_entry_is_waited_for() -> None:
    """Nothing is told, nothing goes out while nobody knows what became of it."""
    scene = begun(max_orders=1)
    scene.asked()
    scene.change("entry-1", status=OrderStatus.UNKNOWN)
    assert [scene.wait(60).step() for _ in range(3)] == [None] * 3
