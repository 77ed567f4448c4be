"""When a perp market maker closes at market, how much, and how safely."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from desk import D, Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from perp_market_maker_scenes import BUYS, ROUND_S, SELLS, Maker, quoting, reducing
from worlds import S, with_market

from helpers.enums import OrderStatus, OrderType, Side
from strategies.base_strategy import StrategyAction
from strategies.perp_market_maker.reduction import Limits, excess, reduction
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy

DATA = Desk(PerpMarketMakerStrategy).data()


# -- the rules -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "target", "largest", "threshold", "closes"),
    [
        # within max_position and threshold: nothing; the borders themselves are allowed
        ("0", "0", "0.01", "0.002", None),
        ("0.002", "0", "0.01", "0.002", None),
        ("-0.002", "0", "0.01", "0.002", None),
        # beyond the threshold: all that is beyond the target, not only what is beyond the threshold
        ("0.003", "0", "0.01", "0.002", "sell 0.003"),
        ("-0.003", "0", "0.01", "0.002", "buy 0.003"),
        ("0.008", "0.005", "0.01", "0.002", "sell 0.003"),
        ("-0.008", "-0.005", "0.01", "0.002", "buy 0.003"),
        ("0.007", "0.005", "0.01", "0.002", None),
        # below the target nothing is closed: quotes have to get there
        ("0.001", "0.005", "0.01", "0.002", None),
        # on the other side of the target nothing is wanted: all of it goes, and no more
        ("-0.003", "0.005", "0.01", "0.002", "buy 0.003"),
        ("0.003", "-0.005", "0.01", "0.002", "sell 0.003"),
        ("-0.002", "0.005", "0.01", "0.002", None),
        # beyond max_position: the excess over it first, whatever the threshold
        ("0.012", "0", "0.01", "0.002", "sell 0.002"),
        ("-0.012", "0", "0.01", "0.002", "buy 0.002"),
        ("0.012", "0.01", "0.01", "1", "sell 0.002"),
        ("0.010", "0", "0.01", "0.02", None),
        # what lies off the step stays
        ("0.003", "0.0004", "0.01", "0.002", "sell 0.002"),
    ],
)
def test_the_rules(net: str, target: str, largest: str, threshold: str, closes: str | None) -> None:
    """|position| > max_position closes the excess; else excess over the target > threshold closes all of that."""
    wanted = reduction(D(net), Limits(D(target), D(largest), D(threshold)), DATA)
    assert closes == (None if wanted is None else f"{wanted.side.value} {wanted.quantity}")
    assert wanted is None or not wanted.is_dust


@pytest.mark.parametrize(
    ("net", "target", "least_quantity", "least_notional", "dust"),
    [
        ("0.003", "0.001", "0.001", 10, False),
        ("0.003", "0.001", "0.001", 125, True),
        # a whole position goes whatever it is worth, if the quantity is one the market knows
        ("0.002", "0", "0.001", 125, False),
        ("0.002", "0", "0.005", 10, True),
    ],
)
def test_dust(net: str, target: str, least_quantity: str, least_notional: int, dust: bool) -> None:
    """What is below the market's minimum is dust."""
    market = with_market(min_quantity=D(least_quantity), min_notional=D(least_notional))
    data = Desk(PerpMarketMakerStrategy, market=market).data()
    wanted = reduction(D(net), Limits(D(target), D("0.01"), D("0.001")), data)
    assert wanted is not None
    assert wanted.is_dust is dust


def test_an_excess_over_the_largest_position_that_is_dust_leaves_the_second_rule() -> None:
    """If the strict rule asks for too little to be sent, the other one closes what it asks for."""
    data = Desk(PerpMarketMakerStrategy, market=with_market(min_quantity=D("0.003"))).data()
    wanted = reduction(D("0.011"), Limits(D(0), D("0.01"), D("0.002")), data)
    assert wanted is not None
    assert (wanted.quantity, wanted.is_dust) == (D("0.011"), False)


LOTS = st.integers(-50, 50).map(lambda lots: lots * D("0.001"))
SIZES = st.integers(0, 30).map(lambda lots: lots * D("0.001"))


@settings(max_examples=300, deadline=None)
@given(net=LOTS, target=LOTS, largest=SIZES, threshold=SIZES)
def test_no_close_ever_flips(net: Decimal, target: Decimal, largest: Decimal, threshold: Decimal) -> None:
    """It is against the position, at most as large, and ends no nearer to zero than target or max_position want."""
    wanted = reduction(net, Limits(target, largest, threshold), DATA)
    if wanted is None:
        assert abs(net) <= largest
        assert excess(net, target) <= threshold
        return
    assert wanted.side is (Side.SELL if net > 0 else Side.BUY)
    assert 0 < wanted.quantity <= abs(net)
    left = net + wanted.side.sign * wanted.quantity
    assert abs(left) in {largest, abs(target) if net * target > 0 else 0}


# -- on the desk -----------------------------------------------------------------------------------------


def test_quotes_leave_before_the_close_goes_out() -> None:
    """All quotes are cancelled, and only when the last is gone the close goes to the market: they cannot meet."""
    maker = quoting().held("0.004")
    result = maker.asked()
    assert set(result.cancels) == {*BUYS, *SELLS}
    assert (result.orders, result.amends) == ((), ())
    assert result.message == (
        "cancel all 6 quotes: position 0.004 is 0.004 beyond the target 0, more than position_threshold 0.003"
    )
    for intent in [*BUYS, *SELLS]:
        assert maker.step() is None
        maker.end(intent)
    result = maker.asked()
    (close,) = result.orders
    assert (close.intent, close.side, close.quantity, close.price) == ("reduce", Side.SELL, D("0.004"), None)
    assert (close.order_type, close.reduce_only, close.post_only) == (OrderType.MARKET, True, False)
    assert result.action is StrategyAction.PLACE_ORDER
    assert result.message == (
        "sell 0.004 BTC at market: position 0.004 is 0.004 beyond the target 0, more than position_threshold 0.003"
    )


def test_a_fill_is_judged_at_once() -> None:
    """The fill that takes the position over the threshold starts the close, not the next round."""
    maker = quoting(position_threshold="0.001")
    maker.wait(1).fill("buy-1")
    assert maker.step() is None
    result = maker.wait(1).fill("buy-2").asked()
    assert set(result.cancels) == {"buy-3", *SELLS}
    assert "position 0.002" in result.message


def test_a_close_ends_the_round_without_quotes() -> None:
    """After the close nothing is quoted until the next round."""
    maker = reducing()
    maker.fill("reduce", price="62000")
    assert maker.position == 0
    assert maker.step() is None
    assert maker.wakes_in() == ROUND_S
    result = maker.next_round().asked()
    assert len(result.orders) == 6


@pytest.mark.parametrize("status", [OrderStatus.SUBMITTED, OrderStatus.UNKNOWN, OrderStatus.OPEN])
def test_one_close_at_a_time(status: OrderStatus) -> None:
    """While a close lives, answered or not, nothing else is asked for, however many rounds pass."""
    maker = reducing()
    maker.change("reduce", status=status)
    for _ in range(5):
        assert maker.next_round().step() is None
    maker.held("0.02")
    assert maker.step() is None


def test_a_close_by_the_risk_manager_is_let_through() -> None:
    """When the bot itself closes at market, quotes leave, its order is not taken for one, and none is added."""
    maker = reducing()
    maker.orders["close-position"] = msgspec.structs.replace(maker.orders.pop("reduce"), intent="close-position")
    for _ in range(3):
        assert maker.next_round().step() is None
    maker = quoting()
    maker.held("0.001").orders["close-position"] = msgspec.structs.replace(
        reducing().orders["reduce"], intent="close-position", quantity=D("0.001")
    )
    result = maker.next_round().asked()
    assert set(result.cancels) == {*BUYS, *SELLS}
    assert result.message == "cancel all 6 quotes: a close at market is on its way"
    assert result.orders == ()


def test_too_large_a_position_comes_down_rule_by_rule() -> None:
    """Beyond max_position the excess goes first; its fill is judged again, and the rest beyond the target follows."""
    maker = quoting().held("0.009")
    maker.asked()
    maker.settle()
    assert maker.asked().message == "sell 0.005 BTC at market: position 0.009 is beyond max_position 0.004"
    result = maker.fill("reduce", price="62000").asked()
    assert [(order.intent, order.quantity) for order in result.orders] == [("reduce", D("0.004"))]


def test_a_refused_close_backs_off() -> None:
    """Refused by the venue or by the risk manager it is asked for again after 0.5 s, 1 s, 2 s, ..., at most 30 s."""
    maker = quoting().held("0.004")
    maker.asked()
    maker.settle()
    pauses = []
    for _ in range(9):
        maker.asked(refuse=True)
        due = maker.state.refusals["reduce"].due_ns
        pauses.append((due - maker.now_ns) / S)
        assert maker.step() is None
        maker.now_ns = due - 1
        assert maker.step() is None
        assert maker.wakes_in() == 1 / S
        maker.now_ns = due
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_a_refusal_that_is_still_to_be_heard_wakes_at_once() -> None:
    """A close that is neither live nor heard of was refused on the spot: it looks again at once, only once."""
    maker = quoting().held("0.004")
    maker.asked()
    maker.settle()
    maker.asked()
    order = maker.orders.pop("reduce")
    assert maker.wakes_in() == 0
    maker.orders["reduce"] = order
    maker.end("reduce", OrderStatus.REJECTED)
    assert maker.step() is None
    assert maker.wakes_in() == 0.5


def test_a_close_that_the_market_left_unfilled_is_tried_again() -> None:
    """What an empty book left over is closed after a pause, reckoned from what the position is by then."""
    maker = reducing()
    maker.fill("reduce", "0.001", "62000").end("reduce")
    assert maker.position == D("0.003")
    # 0.003 is within the threshold: the rest may stay
    assert maker.step() is None
    assert not maker.state.is_reducing
    maker = reducing(position_threshold="0.002")
    maker.fill("reduce", "0.001", "62000").end("reduce")
    assert maker.step() is None
    assert maker.wakes_in() == 0.5
    (close,) = maker.wait("0.5").asked().orders
    assert close.quantity == D("0.003")


def test_the_same_end_told_twice_counts_once() -> None:
    """A repeated rejection makes no pause longer."""
    maker = reducing()
    order = maker.orders["reduce"]
    maker.end("reduce", OrderStatus.REJECTED)
    before = maker.strategy.save_state()
    again = msgspec.structs.replace(order, status=OrderStatus.REJECTED, updated_ns=maker.wait(1).now_ns)
    maker.strategy.notify_order_closed(again)
    assert maker.strategy.save_state() == before


def test_a_position_closed_by_hand_needs_no_close() -> None:
    """If the position comes down while quotes leave, nothing goes to the market, and the next round quotes."""
    maker = quoting().held("0.004")
    maker.asked()
    maker.held("0").settle()
    assert maker.step() is None
    assert len(maker.next_round().asked().orders) == 6


def test_dust_is_said_once_and_quoted_beside() -> None:
    """An excess that is too little for an order is named once, and does not keep it from quoting."""
    market = with_market(min_quantity=D("0.002"))
    maker = Maker(quantity="0.002", market=market, target_position="0.002", position_threshold="0").held("0.003")
    maker.begin()
    result = maker.asked()
    assert result.message.startswith(
        "position 0.003 is 0.001 beyond the target 0.002, more than position_threshold 0: "
        "0.001 is too little for an order and is left alone; buy 0.002 at "
    )
    assert len(result.orders) == 5
    for _ in range(3):
        maker.next_round().step()
    assert sum("too little" in said for said in maker.said) == 1
    maker.held("0.002").step()
    assert "too little" in str(maker.held("0.003").asked().message)


def test_dust_is_judged_at_rounds_and_fills_only() -> None:
    """Whether it is dust depends on the price; a price alone, between two looks that count, decides nothing."""
    market = with_market(min_notional=D(125))
    maker = Maker(market=market, target_position="0.001", position_threshold="0.001", max_position="0.01")
    maker.held("0.003").begin()
    maker.asked()
    maker.quote("64000.0").wait(5)
    assert maker.step() is None
    assert maker.next_round().asked().message.startswith("cancel all 5 quotes: position 0.003 is 0.002 beyond")
