"""The risk manager: its gate, its watch, and what holds whatever is asked of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from risk_scenes import EQUITY, MARKET, NOW_NS, SECOND_NS, D, buy, close, manager, market_data, resting

from helpers.decisions import AmendParams, OrderParams
from helpers.enums import OrderType, Side
from helpers.models import MarketData, Order, Position
from helpers.money import is_multiple
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import Review, RiskAction, RiskManager

# -- the gate and the account -----------------------------------------------------------------


def test_unknown_start_refuses_until_it_is_set() -> None:
    """With unknown equity at the start nothing may be opened until set_start; reducing may go on."""
    risk = RiskManager(RiskLimits())
    risk.initialize(None, NOW_NS)
    data = market_data(position="1")
    review = risk.review([buy("1"), close("1")], [], data)
    assert [order.intent for order in review.orders] == ["close"]
    assert review.refused[0].reason == "the equity at the start is unknown: nothing may increase risk"
    risk.set_start(EQUITY, NOW_NS)
    assert risk.review([buy("1")], [], data).orders


def test_stopping_lets_only_reduce_only_through() -> None:
    """A bot that shuts down opens nothing, and changes no order that could open something."""
    live = (
        resting("old", Side.BUY, "1", "990.0"),
        resting("tp", Side.SELL, "1", "1010.0", reduce_only=True),
    )
    data = market_data(*live, position="2")
    amends = [AmendParams(intent=name, price=D("1000.0"), quantity=D(1)) for name in ("old", "tp")]
    review = manager().review([buy("1"), close("1")], amends, data, stopping=True)
    assert [order.intent for order in review.orders] == ["close"]
    assert [amend.intent for amend in review.amends] == ["tp"]
    assert {refusal.reason for refusal in review.refused} == {"the bot is stopping: nothing may increase risk"}


def test_a_stop_verdict_closes_the_gate(tmp_path: Path) -> None:
    """After a verdict that stops the bot, only reduce-only orders pass, for good, and the reason is told."""
    switch = tmp_path / "STOP"
    switch.touch()
    risk, data = manager(kill_switch=switch), market_data(position="1")
    assert risk.halted == ""
    assert risk.watch(D(10_000), (), NOW_NS, NOW_NS).action is RiskAction.STOP
    assert risk.halted == f"the kill switch {switch} is there"
    switch.unlink()
    assert risk.watch(D(10_000), (), NOW_NS, NOW_NS).action is RiskAction.STOP
    review = risk.review([buy("1"), close("1")], [], data)
    assert [order.intent for order in review.orders] == ["close"]
    assert review.refused[0].reason == (
        f"the bot was stopped (the kill switch {switch} is there): nothing may increase risk"
    )


def test_the_account_is_watched_through_the_manager() -> None:
    """Failures, successes, peak and drawdown reach the account watch."""
    risk = manager(max_drawdown=None)
    loser = Position(ticker="BTC", quantity=D(1), entry_price=D(1000), mark_price=D(900))
    later = NOW_NS + 600 * SECOND_NS
    for _ in range(15):
        risk.record_order_failure(NOW_NS)
    risk.record_order_success()
    assert risk.watch(D(9_000), (loser,), later, later).action is RiskAction.NONE
    for _ in range(15):
        risk.record_order_failure(NOW_NS)
    verdict = risk.watch(D(8_900), (loser,), later, later)
    assert verdict.action is RiskAction.CLOSE_WORST_POSITIONS
    assert verdict.positions_to_close == (loser,)
    assert (risk.peak_equity, risk.drawdown) == (D(10_000), D(1_100))


# -- what holds in general ------------------------------------------------------------------

SIDES = st.sampled_from(Side)
QUANTITIES = st.integers(min_value=1, max_value=900).map(lambda lots: lots * D("0.01"))
PRICES = st.integers(min_value=7_000, max_value=12_000).map(lambda ticks: ticks * D("0.1"))
POSITIONS = st.integers(min_value=-500, max_value=500).map(lambda lots: str(lots * D("0.01")))
LIMITS = st.integers(min_value=100, max_value=9_000)


@st.composite
def live_orders(draw: st.DrawFn) -> tuple[Order, ...]:
    """Up to four live orders, partly filled, some reduce-only."""
    made = []
    for n in range(draw(st.integers(min_value=0, max_value=4))):
        quantity = draw(QUANTITIES)
        filled = draw(st.sampled_from((D(0), quantity - D("0.01"))))
        made.append(
            resting(
                f"live-{n}", draw(SIDES), str(quantity), str(draw(PRICES)), str(filled), reduce_only=draw(st.booleans())
            )
        )
    return tuple(made)


@st.composite
def new_orders(draw: st.DrawFn) -> list[OrderParams]:
    """Up to five orders, limit and market."""
    return [
        OrderParams(
            side=draw(SIDES),
            quantity=draw(QUANTITIES),
            price=draw(st.none() | PRICES),
            order_type=draw(st.sampled_from(OrderType)),
            intent=f"new-{n}",
        )
        for n in range(draw(st.integers(min_value=0, max_value=5)))
    ]


AMENDS = st.lists(
    st.builds(AmendParams, intent=st.sampled_from([f"live-{n}" for n in range(5)]), price=PRICES, quantity=QUANTITIES),
    max_size=3,
)


def worst_case(data: MarketData, review: Review, side: Side) -> Decimal:
    """The largest position of this side that could come about, valued at the ask or a higher order price."""
    ask = data.best_ask
    assert data.position is not None
    total = data.position.quantity * side.sign * ask
    amended = {amend.intent: amend for amend in review.amends}
    for live in data.orders:
        if live.side is side and not live.reduce_only:
            value = live.remaining_quantity * max(live.price or ask, ask)
            if live.intent in amended:
                amend = amended[live.intent]
                value = max(value, (amend.quantity - live.filled_quantity) * max(amend.price, ask))
            total += value
    for order in review.orders:
        if order.side is side:
            price = order.price if order.order_type is OrderType.LIMIT else None
            total += order.quantity * max(price or ask, ask)
    return total


@settings(max_examples=300, deadline=None)
@given(live=live_orders(), orders=new_orders(), amends=AMENDS, held=POSITIONS, limit=LIMITS)
def test_the_worst_case_never_passes_the_limit(
    live: tuple[Order, ...], orders: list[OrderParams], amends: list[AmendParams], held: str, limit: int
) -> None:
    """Whatever is approved, the position that could come about stays within the limit, or grows no further."""
    data = market_data(*live, position=held)
    review = manager(max_position_notional=limit, max_leverage=None, price_band=None).review(orders, amends, data)
    for side in Side:
        before, after = worst_case(data, Review(), side), worst_case(data, review, side)
        assert after <= max(before, D(limit))
    judged = [o.intent for o in review.orders] + [a.intent for a in review.amends] + [r.intent for r in review.refused]
    assert sorted(judged) == sorted([o.intent for o in orders] + [a.intent for a in amends])


@settings(max_examples=300, deadline=None)
@given(orders=new_orders(), held=POSITIONS, limit=LIMITS)
def test_trimmed_orders_are_valid(orders: list[OrderParams], held: str, limit: int) -> None:
    """A trimmed quantity is smaller, on the step and not below the market's minimums; the rest is untouched."""
    review = manager(max_position_notional=limit, price_band=None).review(orders, [], market_data(position=held))
    asked = {order.intent: order for order in orders}
    trimmed = {trim.intent: trim for trim in review.trimmed}
    for order in review.orders:
        trim = trimmed.get(order.intent)
        if trim is None:
            assert order is asked[order.intent]
            continue
        assert order.quantity == trim.given < trim.asked == asked[order.intent].quantity
        assert is_multiple(order.quantity, MARKET.quantity_step)
        assert order.quantity >= MARKET.min_quantity
        price = order.price if order.order_type is OrderType.LIMIT else None
        assert order.quantity * (price or D("1000.0")) >= MARKET.min_notional


@settings(max_examples=100, deadline=None)
@given(
    live=live_orders(), lots=st.integers(min_value=2, max_value=10**6), held=st.integers(min_value=1, max_value=10**6)
)
def test_reducing_is_never_refused_by_a_limit(live: tuple[Order, ...], lots: int, held: int) -> None:
    """A valid reduce-only order opposite a position passes every limit, stopped and unknown as things may be."""
    risk = manager(max_order_notional="0.01", max_position_notional="0.01", max_open_orders=1, max_leverage="0.01")
    risk.watch(D(1), (), NOW_NS, NOW_NS)
    order = close(str(lots * D("0.01")), None)
    data = market_data(*live, position=str(held * D("0.01")), equity=None)
    assert risk.review([order], [], data, stopping=True) == Review(orders=(order,))


@settings(max_examples=100, deadline=None)
@given(
    live=live_orders(), orders=new_orders(), amends=AMENDS, missing=st.sampled_from(["position", "balance", "equity"])
)
def test_unknown_figures_refuse_everything_that_increases_risk(
    live: tuple[Order, ...], orders: list[OrderParams], amends: list[AmendParams], missing: str
) -> None:
    """With position, balance or equity unknown no order and no enlarging amend of an opening order is approved."""
    data = market_data(*live, position=None if missing == "position" else "1", equity=None)
    if missing == "balance":
        data = replace(data, balance=None)
    review = manager().review(orders, amends, data)
    assert review.orders == ()
    for amend in review.amends:
        order = data.order(amend.intent)
        assert order is not None
        after = (amend.quantity - order.filled_quantity) * max(amend.price, data.best_ask)
        grows = after > order.remaining_quantity * max(order.price or data.best_ask, data.best_ask)
        assert order.reduce_only or (missing == "equity" and not grows)
