"""The orders of the maker: two steps to move a quote, never three live on a side, never more than may be held."""

from __future__ import annotations

import pytest
from avellaneda_scenes import D, Scene
from worlds import with_market

from helpers.enums import OrderStatus, Side


def test_it_quotes_both_sides_post_only() -> None:
    """Half a spread to each side of the mid, rounded away from it, in the quantity of the run."""
    scene = Scene(quantity="0.002")
    result = scene.next()
    assert result is not None
    assert scene.prices() == {"bid-a": "61990.0", "ask-a": "62010.1"}
    assert all(order.post_only and not order.reduce_only and order.quantity == D("0.002") for order in result.orders)
    assert result.message == (
        "buy 0.002 BTC at 61990; sell 0.002 BTC at 62010.1; "
        "mid 62000.05, reservation price 62000.05 for 0 held, half-spread 10, volatility 5 USD a root second"
    )


@pytest.mark.parametrize(
    ("position", "quantity", "bid", "ask"),
    [
        ("0.001", "0.001", "61987.0", "62007.1"),
        ("0.002", "0.002", "61987.0", "62007.1"),  # one order held, whatever an order is
        ("-0.002", "0.001", "61996.0", "62016.1"),
        ("0.005", "0.001", "61975.0", "62000.2"),  # the ask comes down to a tick behind the touch
        ("-0.005", "0.001", "61999.9", "62025.1"),
    ],
)
def test_each_order_held_shifts_both_quotes(position: str, quantity: str, bid: str, ask: str) -> None:
    """By 3 USD here, down when long and up when short."""
    scene = Scene(quantity=quantity).held(position)
    scene.next()
    assert scene.prices() == {"bid-a": bid, "ask-a": ask}


def test_a_quote_moves_in_two_steps() -> None:
    """The new order goes out beside the old one; once the venue has confirmed it, the old one is cancelled."""
    scene = Scene()
    scene.next()
    scene.quote("62005.0")
    result = scene.next()
    assert result is not None
    assert not result.cancels
    assert scene.prices() == {"bid-a": "61990.0", "ask-a": "62010.1", "bid-b": "61995.0", "ask-b": "62015.1"}
    for intent in ("bid-b", "ask-b"):
        scene.change(intent, status=OrderStatus.SUBMITTED)
    assert scene.step() is None  # no reply yet
    scene.change("bid-b", status=OrderStatus.OPEN)
    result = scene.step()
    assert result is not None
    assert result.cancels == ("bid-a",)
    assert result.message == "cancel buy at 61990: 61995 rests instead"
    scene.change("ask-b", status=OrderStatus.OPEN)
    result = scene.step()
    assert result is not None
    assert result.cancels == ("ask-a",)
    assert scene.step() is None
    scene.settle()
    assert scene.sides() == {"bid": "61995.0", "ask": "62015.1"}


def test_the_free_name_is_used_next() -> None:
    """The names of a side take turns, so two live orders are the most there can be."""
    scene = Scene().rest()
    for step in range(1, 6):
        scene.quote(D(62_000) + step).rest()
        assert set(scene.orders) == ({"bid-b", "ask-b"} if step % 2 else {"bid-a", "ask-a"})


def test_a_third_order_waits_for_a_cancel() -> None:
    """While the old order's cancel is unanswered both names are taken, and nothing is asked."""
    scene = Scene()
    scene.next()
    scene.quote("62005.0").next()
    scene.step()
    scene.quote("62012.0")
    assert scene.next() is None
    assert len(scene.orders) == 4
    scene.settle().next()
    assert scene.prices()["bid-a"] == "62002.0"


@pytest.mark.parametrize("status", [OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN])
def test_an_unanswered_order_is_left_alone(status: OrderStatus) -> None:
    """Nothing is cancelled or placed on its side until the venue says what became of it; the other side goes on."""
    scene = Scene()
    scene.next()
    scene.change("bid-a", status=status)
    scene.quote("62020.0").rest()
    assert scene.prices() == {"bid-a": "61990.0", "ask-b": "62030.1"}
    scene.position = None
    result = scene.next()
    assert result is not None
    assert result.cancels == ("ask-b",)


def test_a_quote_out_of_place_does_not_wait_for_a_lost_reply() -> None:
    """While the fate of the new order is unknown the old one stays if its price is right, and goes if it is not."""
    scene = Scene()
    scene.next()
    scene.quote("62005.0").next()
    scene.change("bid-b", status=OrderStatus.UNKNOWN)
    scene.quote("62000.0").rest()
    assert not scene.orders["bid-a"].pending_cancel
    scene.quote("62010.0")
    result = scene.next()
    assert result is not None
    assert "bid-a" in result.cancels
    assert "the fate of its successor is unknown" in result.message
    scene.settle()
    scene.rest()
    assert [intent for intent in scene.orders if intent.startswith("bid")] == ["bid-b"]


@pytest.mark.parametrize(("ticks", "moves"), [(0, True), (9, True), (10, False), (30, False)])
def test_a_quote_near_its_price_is_left(ticks: int, moves: bool) -> None:
    """Up to requote_ticks, the limit included; the market moves by 10 ticks here."""
    scene = Scene(requote_ticks=ticks)
    scene.next()
    scene.quote("62001.0")
    assert (scene.next() is not None) is moves


def test_a_tick_may_be_large() -> None:
    """Never farther off than a quarter of the half-spread, whatever requote_ticks says: 2.5 of 10 USD."""
    scene = Scene(requote_ticks=1_000)
    scene.next()
    assert scene.quote("62002.5").next() is None
    assert scene.quote("62002.6").next() is not None


def test_between_two_looks_nothing_is_requoted() -> None:
    """Whatever the market does, quotes are looked at each refresh_interval only."""
    scene = Scene(refresh_interval=5)
    scene.next()
    for tenths in range(49):
        assert scene.quote(62_000 + tenths).wait("0.1").step() is None
    assert scene.wait("0.1").step() is not None


def test_what_is_left_of_a_quote_stays() -> None:
    """A partial fill leaves the rest where it is while its price is right; the shift moves it like a whole one."""
    scene = Scene(quantity="0.010", requote_ticks=20)
    scene.next()
    scene.fill("bid-a", "0.003")
    assert scene.next() is None  # 0.3 orders held shift by 0.9 USD, which is within 2 USD
    scene.fill("bid-a", "0.005")
    result = scene.next()
    assert result is not None
    assert [(order.intent, order.quantity) for order in result.orders] == [("bid-b", D("0.010")), ("ask-b", D("0.010"))]


def test_a_fill_is_answered_at_the_next_look() -> None:
    """Both quotes shift, and the one that filled is placed anew."""
    scene = Scene()
    scene.next()
    scene.fill("bid-a")
    assert scene.step() is None
    scene.rest()
    assert scene.sides() == {"bid": "61987.0", "ask": "62007.1"}


def test_own_orders_never_meet() -> None:
    """After a jump past our own ask the new bid waits until that ask is gone."""
    scene = Scene()
    scene.next()
    scene.quote("62500.0")
    result = scene.next()
    assert result is not None
    assert [order.side for order in result.orders] == [Side.SELL]
    scene.rest()
    assert scene.sides() == {"bid": "62490.0", "ask": "62510.1"}


@pytest.mark.parametrize("unknown", ["position", "cash"])
def test_nothing_rests_on_an_unknown_account(unknown: str) -> None:
    """Unknown is not zero: quotes are withdrawn, and placed again once the account is known."""
    scene = Scene()
    scene.next()
    known = getattr(scene, unknown)
    setattr(scene, unknown, None)
    result = scene.next()
    assert result is not None
    assert set(result.cancels) == {"bid-a", "ask-a"}
    assert "position or balance is unknown" in result.message
    assert not scene.settle().orders
    assert scene.next() is None
    setattr(scene, unknown, known)
    assert scene.next() is not None


def test_it_backs_off_after_a_refusal() -> None:
    """After 0.5, 1, 2, 4 ... 30 s it tries again; never at once, and never more than once a look."""
    scene = Scene(refresh_interval="0.5")
    tries = []
    for _ in range(200):
        scene.wait("0.5")
        result = scene.step(refuse=True)
        if result is not None:
            tries.append(len(result.orders))
    assert set(tries) == {2}
    assert len(tries) == 9  # after 0.5, 1, 2, 4, 8, 16, 30 and 30 s
    while not scene.orders:
        scene.wait(1).step()
    scene.fill("bid-a")
    assert scene.maker.state.bid.back_off.refusals == 0


def test_a_refusal_told_twice_counts_once() -> None:
    """The end of an order can be told again."""
    scene = Scene()
    scene.next()
    refused = scene.change("bid-a", status=OrderStatus.REJECTED)
    for _ in range(3):
        scene.maker.notify_order_closed(refused)
    assert scene.maker.state.bid.back_off.refusals == 1


def test_a_quote_out_of_place_goes_while_its_successor_is_refused() -> None:
    """Better no quote than one that the market has left; the other side goes on."""
    scene = Scene()
    scene.next()
    scene.quote("62005.0").next(refuse=True)
    for _ in range(2):
        scene.maker.state.bid.back_off.refused(scene.now_ns)
    result = scene.next()
    assert result is not None
    assert result.cancels == ("bid-a",)
    assert "its successor was refused" in result.message


def test_less_than_an_order_may_be_is_not_asked() -> None:
    """Where the room below the largest position is too small for an order, none is placed."""
    scene = Scene(market=with_market(min_notional=D(100)), quantity="0.004", max_position_base="0.005").held("0.004")
    result = scene.next()
    assert result is not None
    assert [order.side for order in result.orders] == [Side.SELL]
