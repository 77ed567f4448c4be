"""What keeps the maker from quoting, said once; and what must not: small orders, refused cancels, a clock set back."""

from __future__ import annotations

import json

import pytest
from avellaneda_scenes import D, Scene
from desk import Desk
from worlds import S, with_market

from helpers.enums import Side
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy


def said_in(scene: Scene, seconds: int) -> list[str]:
    """Give the reasons of so many looks."""
    before = len(scene.said)
    for _ in range(seconds):
        scene.next()
    return scene.said[before:]


# -- why a side does not quote --------------------------------------------------------------------------


def test_too_little_money_is_said_once() -> None:
    """A side that no money can back says so at its first look, not at each; and again after it has quoted."""
    scene = Scene().held("0.001")
    scene.cash = D("1.2")
    (text,) = said_in(scene, 20)
    assert "no buy: no money for 0.001 BTC at 61987, even at the market's largest leverage of 50 x" in text
    scene.cash = D(100)
    scene.rest()
    assert len(scene.sides()) == 2
    scene.end("bid-a")
    scene.cash = D("1.2")
    assert len([text for text in said_in(scene, 20) if "no money" in text]) == 1


@pytest.mark.parametrize("unknown", ["position", "cash"])
def test_an_unknown_account_is_said_once(unknown: str) -> None:
    """Where nothing rests that could be cancelled with this reason, it is said all the same, for both sides at once."""
    scene = Scene()
    setattr(scene, unknown, None)
    assert said_in(scene, 20) == ["no buy and no sell: position or balance is unknown"]


def test_a_reason_given_with_a_cancel_is_not_repeated() -> None:
    """The quotes are withdrawn for the reason; that they are gone then is no news."""
    scene = Scene().rest()
    scene.held(None)
    (text,) = said_in(scene, 1)
    assert text.count("position or balance is unknown") == 2
    scene.settle()
    assert not said_in(scene, 20)


def test_starting_anew_after_a_long_gap_is_said() -> None:
    """The bot has withdrawn the quotes meanwhile, so that no cancel says why nothing follows."""
    scene = Scene(sample_interval=1, window=60)
    volatility = scene.maker.state.volatility
    volatility.average.count, volatility.sampler.due_ns = 60, scene.now_ns + S
    scene.rest()
    for intent in list(scene.orders):
        scene.end(intent)
    scene.wait(600).step()
    assert scene.said[-1] == "no buy and no sell: only 0 s of the 60 s of prices that the volatility needs"


def test_the_first_window_of_prices_is_not_said_twice() -> None:
    """The first line of a run has said it."""
    desk = Desk(AvellanedaStoikovStrategy)
    desk.begin()
    for _ in range(50):
        desk.wait(1).step()
    assert not desk.said


def test_no_room_for_the_least_order_is_said() -> None:
    """Nothing fits below the largest position that the market would take."""
    scene = Scene(market=with_market(min_notional=D(100)), quantity="0.004", max_position_base="0.005").held("0.0015")
    (text,) = said_in(scene, 20)
    assert "no buy: with 0.0015 of at most 0.005 held" not in text  # 0.003 fits
    scene = Scene(market=with_market(min_quantity=D("0.004")), quantity="0.004", max_position_base="0.005")
    texts = said_in(scene.held("0.002"), 20)
    assert [text.split(";")[-1].strip() for text in texts] == [
        "no buy: with 0.002 of at most 0.005 held no order of at least 0.004 BTC fits"
    ]


def test_the_full_side_is_said() -> None:
    """At the largest position, without an order to cancel."""
    scene = Scene().held("0.010")
    (text,) = said_in(scene, 20)
    assert "no buy: 0.01 of at most 0.01 are held" in text


def test_no_bid_where_the_price_ends() -> None:
    """A market at its lowest price has no bid a tick behind the best one."""
    scene = Scene(market=with_market(min_notional=D(0)), min_spread_abs="0.1", min_spread_bps=None)
    scene.next()
    scene.quote("0.1", "0.2").rest()
    assert scene.sides() == {"ask": "0.3"}


# -- small orders ------------------------------------------------------------------------------------------


def test_orders_grow_with_the_least_order() -> None:
    """After a fall of the price 0.001 is worth less than the least order: both sides go on, a step larger."""
    scene = Scene(market=with_market(min_notional=D(60)), quantity="0.001").rest()
    scene.quote("31000.0").rest()
    assert [order.quantity for order in scene.orders.values()] == [D("0.002"), D("0.002")]
    scene.quote("29900.0").rest()
    assert [order.quantity for order in scene.orders.values()] == [D("0.003"), D("0.003")]


def test_a_whole_position_is_closed_whatever_it_is_worth() -> None:
    """Short as much as may be, with a bid that is worth less than the least order: the way back is quoted."""
    scene = Scene(market=with_market(min_notional=D(62)), quantity="0.001", max_position_base="0.001").held("-0.001")
    scene.rest()
    ((_, order),) = scene.orders.items()
    assert (order.side, order.quantity, order.reduce_only) == (Side.BUY, D("0.001"), True)
    assert order.price is not None
    assert order.price * order.quantity < 62


# -- cancels that the venue refuses -------------------------------------------------------------------------


def refuse_cancels(scene: Scene) -> None:
    """Let each pending cancel be refused: the order rests on."""
    for order in list(scene.orders.values()):
        if order.pending_cancel:
            scene.change(order.intent, pending_cancel=False)


@pytest.mark.parametrize("left_over", [False, True], ids=["own", "of an earlier session"])
def test_a_refused_cancel_is_not_repeated_at_once(left_over: bool) -> None:
    """Asked for again after 0.5, 1, 2 ... 30 s, whoever wakes it meanwhile; once it is done all goes on."""
    scene = Scene().rest()
    if left_over:
        scene.restart().begin()
    else:
        scene.held(None)
    asked = []
    for _ in range(6_000):
        result = scene.step()
        if result is not None and result.cancels:
            asked.append(result.cancels)
            refuse_cancels(scene)
        scene.wait("0.01")
    assert {len(intents) for intents in asked} == {2}
    assert 5 <= len(asked) <= 8
    assert len(json.dumps(scene.maker.save_state())) < 2_000
    scene.held("0")
    for _ in range(40):
        scene.next()
        scene.settle()
    assert len(scene.sides()) == 2
    assert set(scene.maker.state.cancels.asked) <= {order.client_order_id for order in scene.orders.values()}


def test_it_wakes_when_a_refused_cancel_is_due() -> None:
    """Between two looks too: an old order is cancelled whenever the new one rests."""
    scene = Scene(refresh_interval=60).rest()
    scene.wait(60).quote("62100.0").step()
    result = scene.step()
    assert result is not None
    assert result.cancels
    refuse_cancels(scene)
    assert scene.step() is None
    due = scene.maker.next_wake(scene.data()).at
    assert due == scene.now_ns + S // 2
    scene.now_ns = due
    again = scene.step()
    assert again is not None
    assert set(result.cancels) <= set(again.cancels)


# -- a clock that is set back -------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_stops_nothing() -> None:
    """An hour back: the quotes are looked at, the variance is measured on, and the next wake is near."""
    scene = Scene(sample_interval=1, window=60)
    volatility = scene.maker.state.volatility
    volatility.average.count, volatility.sampler.due_ns = 60, scene.now_ns + S
    scene.rest()
    scene.now_ns -= 3600 * S
    scene.quote("62005.0").step()
    assert scene.prices()["bid-b"] == "61995.0"
    wake = scene.maker.next_wake(scene.data())
    assert wake.at is not None
    assert wake.at <= scene.now_ns + S
    count = volatility.average.count
    scene.next()
    scene.next()
    assert volatility.average.count == count + 2


# -- how far a quote may stand off ---------------------------------------------------------------------------


@pytest.mark.parametrize(("bid", "ask_moves", "bid_moves"), [
    ("62002.5", False, False),
    ("62002.6", True, False),
    ("62005.0", True, False),
    ("62005.1", True, True),
    ("61997.5", False, False),
    ("61997.4", False, True),
    ("61994.9", True, True),
])  # fmt: skip
def test_a_quote_may_lag_behind_more_than_stand_too_near(bid: str, ask_moves: bool, bid_moves: bool) -> None:
    """Of a half-spread of 10 USD, 2.5 nearer to the market than it should be, and 5 farther."""
    scene = Scene(requote_ticks=None).rest()
    scene.quote(bid).next()
    assert (len([intent for intent in scene.orders if intent.startswith("ask")]) == 2) is ask_moves
    assert (len([intent for intent in scene.orders if intent.startswith("bid")]) == 2) is bid_moves
