"""How much the maker holds: never more than the largest position, and only the way back after it was reached."""

from __future__ import annotations

import pytest
from avellaneda_scenes import D, Scene
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import with_market

from helpers.enums import Side
from strategies.avellaneda_stoikov.inventory import Mode, next_mode

BOTH_WAYS = pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])


@pytest.mark.parametrize(
    ("mode", "held", "expected"),
    [
        (Mode.BOTH, "0.009", Mode.BOTH),
        (Mode.BOTH, "0.0091", Mode.LONG_REDUCE),  # no order fits any more
        (Mode.BOTH, "0.010", Mode.LONG_REDUCE),
        (Mode.BOTH, "0.050", Mode.LONG_REDUCE),
        (Mode.BOTH, "-0.010", Mode.SHORT_REDUCE),
        (Mode.LONG_REDUCE, "0.007", Mode.LONG_REDUCE),
        (Mode.LONG_REDUCE, "0.0066", Mode.BOTH),
        (Mode.LONG_REDUCE, "-0.001", Mode.BOTH),
        (Mode.LONG_REDUCE, "-0.007", Mode.BOTH),
        (Mode.LONG_REDUCE, "-0.010", Mode.SHORT_REDUCE),
        (Mode.SHORT_REDUCE, "-0.007", Mode.SHORT_REDUCE),
        (Mode.SHORT_REDUCE, "-0.0066", Mode.BOTH),
        (Mode.SHORT_REDUCE, "0.010", Mode.LONG_REDUCE),
    ],
)
def test_modes(mode: Mode, held: str, expected: Mode) -> None:
    """In at the largest position, out at recover_ratio of it or beyond zero; 0.010 may be held, 2/3 is left at."""
    assert next_mode(mode, D(held), D("0.010"), D("0.001"), D("0.6667")) is expected


def test_less_than_an_order_is_no_trap() -> None:
    """Where one order is the most, what a partial fill left is sold by an ordinary ask: no order is so small."""
    scene = Scene(market=with_market(min_quantity=D("0.004")), quantity="0.004", max_position_base="0.004")
    scene.held("0.002").rest()
    ((_, order),) = scene.orders.items()
    assert (order.side, order.quantity, order.reduce_only) == (Side.SELL, D("0.004"), False)
    scene.held("0.004").rest()
    ((_, order),) = scene.orders.items()
    assert (order.side, order.quantity, order.reduce_only) == (Side.SELL, D("0.004"), True)


@BOTH_WAYS
def test_at_the_largest_position_only_the_way_back_is_quoted(sign: int) -> None:
    """A reduce-only order of the way back a tick behind the touch; the other side is withdrawn."""
    scene = Scene().rest()
    scene.held(str(sign * D("0.010"))).rest()
    ((intent, order),) = scene.orders.items()
    assert intent.startswith("ask" if sign > 0 else "bid")
    assert order.reduce_only
    assert order.price == (D("62000.2") if sign > 0 else D("61999.9"))


def test_a_quote_that_may_do_more_than_reduce_is_replaced() -> None:
    """At the largest position even an ask that stands where it should gives way to a reduce-only one, and back."""
    scene = Scene(beta=0, beta_max=0).rest()
    scene.held("0.010").rest()
    ((_, order),) = scene.orders.items()
    assert (order.price, order.reduce_only) == (D("62010.1"), True)
    scene.held("0").rest()
    assert [order.reduce_only for order in scene.orders.values()] == [False, False]


@BOTH_WAYS
def test_it_recovers(sign: int) -> None:
    """Down to two thirds it goes on reducing, then it quotes both sides, no longer reduce-only."""
    scene = Scene(recover_ratio="0.667").held(str(sign * D("0.010"))).rest()
    for _ in range(3):
        (intent,) = scene.orders
        scene.fill(intent).rest()
    assert scene.position == sign * D("0.007")
    assert len(scene.orders) == 1
    (intent,) = scene.orders
    scene.fill(intent).rest()
    assert scene.position == sign * D("0.006")
    assert len(scene.sides()) == 2
    assert not any(order.reduce_only for order in scene.orders.values())


def test_ten_orders_may_be_held_unless_chosen() -> None:
    """The largest position is 10 x quantity by default."""
    scene = Scene(quantity="0.002").held("0.020").rest()
    assert len(scene.orders) == 1
    scene = Scene(quantity="0.002").held("0.018").rest()
    assert len(scene.orders) == 2
    scene = Scene(quantity="0.002", max_position_base="0.030").held("0.020").rest()
    assert len(scene.orders) == 2


def test_the_last_order_is_as_large_as_the_room() -> None:
    """With 0.010 as the most, 0.007 held and 0.005 an order, the bid is 0.003."""
    scene = Scene(quantity="0.005", max_position_base="0.010").held("0.007").rest()
    assert {order.side: order.quantity for order in scene.orders.values()} == {
        Side.BUY: D("0.003"),
        Side.SELL: D("0.005"),
    }


def test_two_orders_beside_each_other_never_exceed_the_most() -> None:
    """Where there is no room for old and new at once, the old one goes first and the new one follows."""
    scene = Scene(max_position_base="0.002").held("0.001").rest()
    result = scene.quote("62005.0").next()
    assert result is not None
    assert "there is no room for its successor" in result.message
    assert [order.side for order in result.orders] == [Side.SELL]
    assert scene.settle().next() is not None
    assert scene.prices()["bid-b" if "bid-b" in scene.orders else "bid-a"] == "61992.0"


def test_a_position_that_grew_by_hand_takes_the_quote_back() -> None:
    """The resting bid could lead beyond the most: it goes, although its price is right."""
    scene = Scene(quantity="0.004", max_position_base="0.010", requote_ticks=1_000, gamma="0.000001").rest()
    scene.held("0.008")
    result = scene.next()
    assert result is not None
    assert "leaves room for 0.002" in result.message
    scene.rest()
    assert {order.side: order.quantity for order in scene.orders.values()}[Side.BUY] == D("0.002")


@BOTH_WAYS
def test_a_position_closed_by_hand_ends_the_reducing(sign: int) -> None:
    """Flat again, both sides are quoted; nothing reduce-only is asked for without a position."""
    scene = Scene().held(str(sign * D("0.010"))).rest()
    for intent in list(scene.orders):
        scene.end(intent)  # the venue cancels what has nothing to reduce
    scene.held("0").rest()
    assert scene.sides() == {"bid": "61990.0", "ask": "62010.1"}


@pytest.mark.parametrize(("cash", "sides"), [("1.24", 2), ("1.2", 1), ("0", 1)])
def test_what_no_money_can_back_is_not_asked(cash: str, sides: int) -> None:
    """0.001 BTC needs 1.24 USD at 50 x; the way out of a position needs none."""
    scene = Scene().held("0.001")
    scene.cash = D(cash)
    scene.rest()
    assert len(scene.orders) == sides
    assert Side.SELL in {order.side for order in scene.orders.values()}


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_fills_the_position_is_bounded(data: st.DataObject) -> None:
    """However orders fill, in whichever order, cancels pending or not: never beyond the largest position."""
    most = data.draw(st.integers(4, 25))
    scene = Scene(quantity="0.004", max_position_base=str(D(most) / 1000))
    for _ in range(data.draw(st.integers(1, 30))):
        scene.quote(62_000 + data.draw(st.integers(-30, 30))).next()
        assert len([order for order in scene.orders if order.startswith("bid")]) <= 2
        assert len([order for order in scene.orders if order.startswith("ask")]) <= 2
        for intent in data.draw(st.permutations(list(scene.orders))):
            order = scene.orders[intent]
            lots = data.draw(st.integers(0, int(order.remaining_quantity * 1000)))
            if lots and (not order.reduce_only or _reduces(scene, order.side, lots)):
                scene.fill(intent, D(lots) / 1000)
            assert scene.position is not None
            assert abs(scene.position) <= D(most) / 1000
        if data.draw(st.booleans()):
            scene.settle()


def _reduces(scene: Scene, side: Side, lots: int) -> bool:
    assert scene.position is not None
    return -scene.position * side.sign * 1000 >= lots
