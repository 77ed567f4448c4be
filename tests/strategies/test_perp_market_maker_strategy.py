"""A perp market maker's rounds, driven by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from desk import D, at_once
from perp_market_maker_scenes import BUYS, FIRST, LATER, ROUND_S, SELLS, Maker, quoting
from worlds import S, with_market

from helpers.enums import OrderStatus, OrderType, Side
from strategies.base_strategy import StrategyAction


def test_the_first_round() -> None:
    """It quotes at once: three orders a side, post-only, of the run's quantity, at the levels."""
    maker = Maker(quantity="0.002")
    maker.begin()
    result = maker.asked()
    assert maker.prices() == FIRST
    assert result.action is StrategyAction.PLACE_ORDER
    assert {order.quantity for order in result.orders} == {D("0.002")}
    assert all(order.post_only and not order.reduce_only for order in result.orders)
    assert all(order.order_type is OrderType.LIMIT for order in result.orders)
    assert [order.intent for order in result.orders] == [*BUYS, *SELLS]
    assert result.message == (
        "buy 0.002 at 61938, 61937.8, 61937.6; sell 0.002 at 62062.1, 62062.3, 62062.5: 0.1 % off the mid 62000.05"
    )
    assert maker.step() is None
    assert maker.wakes_in() == ROUND_S


def test_executing_without_asking_first_decides_anew() -> None:
    """execute_strategy alone decides on what it is shown; with nothing to do it says so."""
    maker = quoting()
    assert at_once(maker.strategy.execute_strategy(maker.data())).action is StrategyAction.NONE
    fresh = Maker()
    assert len(at_once(fresh.strategy.execute_strategy(fresh.data())).orders) == 6


def test_quotes_may_take_if_the_person_wants() -> None:
    """--no-post-only sends plain limits, at the same prices."""
    maker = quoting(post_only=False)
    assert maker.prices() == FIRST
    assert not any(order.post_only for order in maker.orders.values())


# -- cancel first ---------------------------------------------------------------------------------------


def test_new_quotes_wait_for_the_end_of_the_old() -> None:
    """A round cancels all; the new ones go out when the last end is heard, at the prices of that moment."""
    maker = quoting()
    assert maker.quote("62005.0").wait("14.999999999").step() is None
    result = maker.wait("0.000000001").asked()
    assert result.cancels == (*BUYS, *SELLS)
    assert result.orders == ()
    assert result.message == "cancel all 6 quotes: the mid is 62005.05, renewed every 15 s"
    for intent in [*BUYS, *SELLS]:
        assert maker.step() is None
        maker.end(intent)
    maker.quote("62010.0").asked()
    assert maker.prices() == LATER


def test_a_quote_that_fills_while_it_is_cancelled() -> None:
    """Its fill counts before new quotes go out: as many as the new position leaves room for."""
    maker = quoting().quote("62010.0")
    maker.next_round().asked()
    maker.fill("buy-1").fill("buy-2").settle()
    result = maker.asked()
    assert [order.intent for order in result.orders] == ["buy-1", "buy-2", *SELLS]
    assert result.message.endswith("; max_position leaves room for 2 of 3 buys")


def test_an_unanswered_quote_is_left_alone_and_waited_for() -> None:
    """Nobody knows whether it lives: it is not cancelled, and nothing is placed until the venue has said."""
    maker = quoting().lose_answer("buy-2").quote("62010.0")
    assert "buy-2" not in maker.next_round().asked().cancels
    maker.settle()
    for _ in range(3):
        assert maker.next_round().step() is None
    maker.change("buy-2", status=OrderStatus.OPEN)
    assert maker.asked().cancels == ("buy-2",)
    maker.settle()
    assert len(maker.asked().orders) == 6


def test_a_refused_cancel_backs_off() -> None:
    """If the venue will not cancel, it is asked again after 0.5 s, 1 s, ..., and nothing is placed beside."""
    maker = quoting().quote("62010.0")
    maker.next_round().asked()
    for intent in [*BUYS, *SELLS]:
        maker.change(intent, pending_cancel=False) if intent == "buy-1" else maker.end(intent)
    for pause in ("0.5", "1", "2", "4"):
        assert maker.step() is None
        assert maker.wakes_in() == float(pause)
        result = maker.wait(pause).asked()
        assert (result.cancels, result.orders) == (("buy-1",), ())
        maker.change("buy-1", pending_cancel=False)
    maker.end("buy-1")
    assert len(maker.asked().orders) == 6
    assert maker.state.leaving.keys() <= {order.client_order_id for order in maker.orders.values()} | {"1"}
    maker.step()
    assert maker.state.leaving == {}


def test_a_refused_quote_waits_for_a_later_round() -> None:
    """A refusal asks for nothing at once; each next round that lies behind its pause tries again."""
    maker = Maker(refresh_interval=1)
    maker.begin()
    maker.asked(refuse=True)
    assert maker.step() is None
    assert maker.wakes_in() == 1
    start = maker.now_ns
    tried = [maker.now_ns - start for _ in range(200) if maker.next_round().step(refuse=True)]
    assert [at / S for at in tried[:5]] == [1, 2, 4, 8, 16]
    assert {later - earlier for earlier, later in pairwise(tried[5:])} == {30 * S}
    for _ in range(40):
        maker.next_round().step()
    assert len(maker.orders) == 6
    assert maker.state.refusals == {}


def test_what_somebody_cancelled_comes_back_in_the_next_round() -> None:
    """A quote that is gone is not missed before the round is over."""
    maker = quoting()
    maker.end("buy-1")
    assert maker.wait(3).step() is None
    result = maker.next_round().asked()
    assert (result.cancels, [order.intent for order in result.orders]) == ((), ["buy-1"])
    assert maker.prices() == FIRST


# -- room ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "buys", "sells"),
    [("0", 3, 3), ("0.002", 2, 3), ("0.003", 1, 3), ("0.004", 0, 3), ("-0.002", 3, 2), ("-0.004", 3, 0)],
)
def test_no_more_orders_than_fit(held: str, buys: int, sells: int) -> None:
    """Each side has as many whole orders as fit between the position and max_position, the nearest ones."""
    maker = Maker(position_threshold="1").held(held)
    maker.begin()
    maker.asked()
    assert set(maker.prices()) == {*BUYS[:buys], *SELLS[:sells]}


def test_a_position_changed_by_hand_trims_the_quotes() -> None:
    """The farthest quotes that could now lead beyond max_position are cancelled at once, and only these."""
    maker = quoting(position_threshold="1").held("0.002")
    result = maker.wait(1).asked()
    assert result.cancels == ("buy-3",)
    assert result.message == "cancel buy-3: max_position leaves no room for it"
    assert maker.step() is None
    maker.settle()
    assert maker.step() is None
    assert maker.could_reach(Side.BUY) == D("0.004")


def test_what_is_amended_counts_before_what_is_placed() -> None:
    """A quote made whole and one that is missing share the room beside an order nobody has answered for."""
    maker = quoting(quantity="0.002", position_threshold="1", cancel_before_place=False).lose_answer("buy-3")
    maker.fill("buy-1", "0.001").end("buy-2")
    result = maker.held("0.003").next_round().asked()
    assert [amend.quantity for amend in result.amends] == [D("0.003")]
    assert result.orders == ()
    assert maker.could_reach(Side.BUY) == D("0.007")


def test_what_has_no_room_is_cancelled_and_not_amended_too() -> None:
    """A round that finds a position changed by hand cancels before it amends: no order is asked for both."""
    maker = quoting(quantity="0.002", position_threshold="1", cancel_before_place=False).lose_answer("buy-3")
    maker.change("buy-3", price=D("61950.0"))
    result = maker.quote("62010.0").held("0.003").next_round().asked()
    assert result.cancels == ("buy-2",)
    assert "buy-2" not in {amend.intent for amend in result.amends}


def test_an_unknown_position_quotes_nothing() -> None:
    """All quotes are taken in, none goes out, nothing is closed; once it is known the next round quotes."""
    maker = quoting()
    maker.position = None
    assert maker.asked().message == "cancel all 6 quotes: the position is unknown"
    maker.settle()
    for _ in range(3):
        assert maker.next_round().step() is None
    maker.held("0")
    assert maker.step() is None
    assert len(maker.next_round().asked().orders) == 6


@pytest.mark.parametrize("cancel_before_place", [True, False])
def test_an_unknown_balance_quotes_nothing(*, cancel_before_place: bool) -> None:
    """The risk manager would refuse: quotes are taken in at the next round and go out when the balance is back."""
    maker = quoting(cancel_before_place=cancel_before_place)
    maker.cash = None
    assert maker.next_round().asked().message == "cancel all 6 quotes: the balance is unknown"
    maker.settle()
    assert maker.step() is None
    maker.cash = D(1000)
    assert len(maker.asked().orders) == 6


def test_orders_below_the_market_minimum_are_made_as_large() -> None:
    """If the price falls so far that the quantity is worth too little, the market's minimum is quoted."""
    maker = Maker(market=with_market(min_notional=D(62)), max_position="0.01")
    maker.begin()
    result = maker.asked()
    assert {order.quantity for order in result.orders if order.side is Side.BUY} == {D("0.002")}
    assert {order.quantity for order in result.orders if order.side is Side.SELL} == {D("0.001")}


# -- skew ---------------------------------------------------------------------------------------------------


def test_a_long_position_is_quoted_lower() -> None:
    """Both sides move by mid x skew x position / max_position, and the reason says how far."""
    maker = Maker(inventory_skew="0.0005", max_position="0.01", requote_ticks=10).held("0.002")
    maker.begin()
    result = maker.asked()
    assert maker.prices()["buy-1"] == "61931.8"
    assert maker.prices()["sell-1"] == "62055.9"
    assert result.message.endswith("0.1 % off the mid 62000.05, 6.2 lower for the position")
    maker.held("-0.002")
    assert maker.renewed().message.endswith("6.2 higher for the position")


def test_the_skew_leads_to_the_target() -> None:
    """What shifts prices is the distance from the target: at the target nothing does."""
    maker = Maker(inventory_skew="0.0005", max_position="0.01", target_position="0.002").held("0.002")
    maker.begin()
    maker.asked()
    assert maker.prices() == FIRST
