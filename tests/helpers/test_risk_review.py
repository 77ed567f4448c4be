"""One review: what passes, what is trimmed, and what each refusal says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from risk_scenes import MARKET, NOW_NS, SECOND_NS, D, buy, close, manager, market_data, resting

from helpers.decisions import AmendParams, OrderParams, Peg
from helpers.enums import MarketKind, Side
from helpers.models import MarketData
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import Refusal, Review, RiskManager


def reason(review: Review) -> str:
    """The one reason of a review that approved nothing."""
    assert (review.orders, review.amends, review.trimmed) == ((), (), ())
    (refusal,) = review.refused
    return refusal.reason


# -- orders ---------------------------------------------------------------------------------


def test_a_plain_order_passes_untouched() -> None:
    """What breaks no limit is approved as the very object that was asked for."""
    order = buy("1")
    review = manager().review([order], [], market_data())
    assert review == Review(orders=(order,))
    assert review.orders[0] is order


def test_nothing_asked_nothing_said() -> None:
    """An empty decision needs no review, even of unknown figures."""
    assert RiskManager(RiskLimits()).review([], [], market_data(position=None)) == Review()


def test_forty_minimum_orders_of_a_grid_pass_the_defaults() -> None:
    """The default limits are not in the way of a grid with forty resting closes and its next entry."""
    closes = (resting(f"close-{n}", Side.SELL, "0.06", "1010.0", reduce_only=True) for n in range(40))
    data = market_data(*closes, position="2.4")
    review = manager().review([buy("0.06"), close("0.06", intent="close-40")], [], data)
    assert len(review.orders) == 2


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (buy("1.005"), "quantity 1.005 is not a multiple of the quantity step 0.01"),
        (buy("0"), "quantity 0 is not a positive number"),
        (buy("1", "1000.05"), "price 1000.05 is not a multiple of the tick size 0.1"),
        (buy("0.01"), "quantity 0.01 is below the market's minimum of 0.02"),
        (buy("0.02", "700.0"), "order of 14.00 USD is below the market's minimum of 15 USD"),
        (buy("1", "1060.0"), "price 1060 is 6.00 % through the best price 1000, more than price_band 5 %"),
        (buy("12.4"), "order of 12,400.00 USD is above max_order_notional 10,000 USD"),
        (buy("12.4", None), "order of 12,400.00 USD is above max_order_notional 10,000 USD"),
        (buy("1", intent="old"), "an order with the intent 'old' is live already"),
    ],
)
def test_refusals_name_the_figures(order: OrderParams, why: str) -> None:
    """Each refusal carries the intent and a sentence with the figures."""
    review = manager().review([order], [], market_data(resting("old", Side.BUY, "1", "990.0")))
    assert review == Review(refused=(Refusal(order.intent, why),))


def test_one_live_order_per_intent() -> None:
    """Of two orders with one intent in a decision only the first is approved."""
    first, second = buy("1"), buy("2")
    review = manager().review([first, second], [], market_data())
    assert review.orders == (first,)
    assert review.refused == (Refusal("entry", "the intent 'entry' stands twice in one decision"),)


def test_open_orders_count_what_was_approved_before() -> None:
    """The limit of live orders holds within one decision too; reduce-only orders pass it."""
    risk, data = manager(max_open_orders=2), market_data(resting("old", Side.BUY, "1", "990.0"), position="1")
    review = risk.review([buy("1", intent="a"), buy("1", intent="b"), close("1")], [], data)
    assert [order.intent for order in review.orders] == ["a", "close"]
    assert review.refused == (Refusal("b", "2 orders are live already, max_open_orders is 2"),)


def test_leverage_counts_position_and_all_live_orders() -> None:
    """Position, live orders of both sides and the new order may reach the limit, and not pass it."""
    data = market_data(resting("old", Side.SELL, "2", "1000.0"), position="-3")
    risk = manager(max_leverage=1, max_position_notional=None)
    assert risk.review([buy("5")], [], data).orders
    assert reason(risk.review([buy("5.01")], [], data)) == (
        "leverage could reach 1.001x with this order, above max_leverage 1x"
    )


def test_stale_data_refuses_increasing_orders_only() -> None:
    """On an old book nothing may be opened, and everything may be reduced."""
    data = market_data(position="1")
    old = replace(data, now_ns=NOW_NS + 45 * SECOND_NS)
    review = manager().review([buy("1"), close("1")], [], old)
    assert [order.intent for order in review.orders] == ["close"]
    assert review.refused == (Refusal("entry", "the order book is 45.000 s old, above max_data_age 30 s"),)
    assert manager(max_data_age=None).review([buy("1")], [], old).orders


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (market_data(position=None), "the position in BTC on paper is unknown: nothing may increase risk"),
        (
            market_data(equity=None),
            "equity is unknown: leverage cannot be checked, so nothing may increase risk",
        ),
    ],
)
def test_unknown_refuses(data: MarketData, why: str) -> None:
    """Unknown is never zero: without the figure the order is refused."""
    assert reason(manager().review([buy("1")], [], data)) == why


# -- trimming -------------------------------------------------------------------------------


def test_an_order_is_trimmed_to_the_position_limit() -> None:
    """Position and live orders leave room for a part: that part is approved, on the step, and the trim is told."""
    data = market_data(resting("old", Side.BUY, "1", "990.0"), position="1.5")
    review = manager(max_position_notional=3_005).review([buy("2")], [], data)
    assert [order.quantity for order in review.orders] == [D("0.50")]
    (trim,) = review.trimmed
    assert (trim.intent, trim.asked, trim.given) == ("entry", D(2), D("0.50"))
    assert trim.reason == (
        "quantity trimmed from 2 to 0.5: position and live orders could reach 4,500.00 USD with this order,"
        " above max_position_notional 3,005 USD"
    )


def test_no_trim_below_the_minimum() -> None:
    """Where less than the market's minimum would be left, the order is refused."""
    data, risk = market_data(position="1"), manager(max_position_notional=1_019)
    assert "could reach 2,000.00 USD" in reason(risk.review([buy("1")], [], data))
    assert manager(max_position_notional=1_020).review([buy("1")], [], data).orders[0].quantity == D("0.02")


def test_orders_that_fit_together_all_pass() -> None:
    """Each order counts what it is, no more: several that reach the limit exactly are all approved untouched."""
    orders = [buy("0.5", intent="a"), buy("0.7", intent="b"), buy("0.3", intent="c")]
    assert manager(max_position_notional=1_500).review(orders, [], market_data()) == Review(orders=tuple(orders))


def test_a_trimmed_order_counts_for_the_next() -> None:
    """After a trim the limit is used up: the next order of that side is refused, the other side is free."""
    sell = OrderParams(side=Side.SELL, quantity=D(1), price=D("1001.0"), intent="sell")
    review = manager(max_position_notional=1_500).review([buy("2"), buy("1", intent="more"), sell], [], market_data())
    assert [(order.intent, order.quantity) for order in review.orders] == [("entry", D("1.50")), ("sell", D(1))]
    assert [refusal.intent for refusal in review.refused] == ["more"]


def test_on_spot_leverage_counts_what_is_held_and_the_buys() -> None:
    """Sells, at rest or new or amended, enlarge nothing there: with leverage 1 everything may be offered."""
    spot = replace(MARKET, kind=MarketKind.SPOT)
    asks = resting("ask", Side.SELL, "6", "1010.0"), resting("bid", Side.BUY, "3", "990.0")
    data = replace(market_data(*asks, position="6"), market=spot)
    risk = manager(max_leverage=1, max_position_notional=None)
    more, moved = replace(close("1.5"), reduce_only=False), AmendParams(intent="ask", price=D(1005), quantity=D(7))
    assert risk.review([more, buy("1")], [moved], data).refused == ()
    assert reason(risk.review([buy("1.01")], [], data)) == (
        "leverage could reach 1.001x with this order, above max_leverage 1x"
    )
    assert risk.review([more], [], replace(data, market=MARKET)).refused


def test_on_spot_no_limit_of_the_position_stops_a_sell() -> None:
    """All that is held may be offered far above the market, and the offer moved there: no short can come of it."""
    spot = replace(MARKET, kind=MarketKind.SPOT)
    risk = manager(max_position_notional=1_000)
    far = OrderParams(side=Side.SELL, quantity=D(6), price=D("1400.0"), intent="far")
    data = market_data(position="6")
    assert risk.review([far], [], replace(data, market=spot)).orders == (far,)
    assert risk.review([far], [], data).trimmed
    moved = AmendParams(intent="ask", price=D("1400.0"), quantity=D(6))
    data = market_data(resting("ask", Side.SELL, "6", "1001.0"), position="6")
    assert risk.review([], [moved], replace(data, market=spot)).amends == (moved,)
    assert "max_position_notional" in reason(risk.review([], [moved], data))


def test_a_trimmed_order_still_has_to_pass_the_leverage() -> None:
    """A trim does not open a way around the leverage limit."""
    risk = manager(max_position_notional=3_000, max_leverage="0.2")
    assert reason(risk.review([buy("5")], [], market_data())) == (
        "leverage could reach 0.300x with this order, above max_leverage 0.2x"
    )


def test_limits_switched_off() -> None:
    """With every limit off, a valid order of any size and price passes."""
    off = dict.fromkeys(
        ("max_order_notional", "max_position_notional", "max_open_orders", "price_band", "max_leverage", "max_data_age")
    )
    order = buy("1000000", "9999.0")
    assert manager(**off).review([order], [], market_data(equity=None)).orders == (order,)


# -- reduce-only ----------------------------------------------------------------------------


def test_reduce_only_needs_something_to_reduce() -> None:
    """A reduce-only order beside a flat or equal position is refused; beside an unknown one the venue judges."""
    order = close("1")
    flat = reason(manager().review([order], [], market_data(position="0")))
    assert flat == "reduce-only sell has nothing to reduce: the position is flat"
    assert "would enlarge the short position" in reason(manager().review([order], [], market_data(position="-1")))
    assert manager().review([order], [], market_data(position=None)).orders == (order,)


def test_closing_the_whole_position_is_free_of_the_minimum_notional() -> None:
    """A small rest may be closed completely at a value below the minimum, a part of it may not."""
    market = replace(MARKET, min_notional=D(100))
    data = market_data(position="0.05")
    small = replace(data, market=market)
    assert manager().review([close("0.05", None)], [], small).orders
    assert reason(manager().review([close("0.04", None)], [], small)) == (
        "order of 40.00 USD is below the market's minimum of 100 USD"
    )


def test_reduce_only_must_be_a_valid_order() -> None:
    """Step, tick and the aggressive price band hold for reduce-only orders as well; a far profit target passes."""
    data = market_data(position="5")
    assert "quantity step" in reason(manager().review([close("1.005")], [], data))
    assert "tick size" in reason(manager().review([close("1", "1010.05")], [], data))
    assert "price_band" in reason(manager().review([close("1", "900.0")], [], data))
    assert manager().review([close("1", "3000.0")], [], data).orders


# -- amends ---------------------------------------------------------------------------------

OLD = resting("old", Side.BUY, "2", "900.0", filled="1")


@pytest.mark.parametrize(
    ("price", "quantity", "why"),
    [
        ("900.05", "2", "price 900.05 is not a multiple of the tick size 0.1"),
        ("900.0", "2.005", "quantity 2.005 is not a multiple of the quantity step 0.01"),
        ("1060.0", "2", "price 1060 is 6.00 % through the best price 1000, more than price_band 5 %"),
        ("900.0", "1", "new quantity 1 is not above the 1 that filled already"),
        ("1000.0", "12", "order of 11,000.00 USD is above max_order_notional 10,000 USD"),
        (
            "1000.0",
            "6.01",
            "position and live orders could reach 5,010.00 USD with this order, above max_position_notional 5,000 USD",
        ),
    ],
)
def test_amends_are_reviewed(price: str, quantity: str, why: str) -> None:
    """An amend passes the checks of an order; it is refused, never trimmed."""
    amend = AmendParams(intent="old", price=D(price), quantity=D(quantity))
    assert reason(manager(max_position_notional=5_000).review([], [amend], market_data(OLD))) == why


def test_an_amend_up_to_the_limit_counts_for_the_orders_after_it() -> None:
    """What an amend adds is gone for the new orders of the same decision."""
    amend = AmendParams(intent="old", price=D("1000.0"), quantity=D(6))
    review = manager(max_position_notional=5_000).review([buy("1")], [amend], market_data(OLD))
    assert review.amends == (amend,)
    assert [refusal.intent for refusal in review.refused] == ["entry"]


def test_a_smaller_amend_frees_nothing_yet() -> None:
    """The old order may fill before the amend arrives, so it keeps counting in full."""
    amend = AmendParams(intent="old", price=D("900.0"), quantity=D("1.5"))
    review = manager(max_position_notional=1_000).review([buy("1")], [amend], market_data(OLD))
    assert review.amends == (amend,)
    assert [refusal.intent for refusal in review.refused] == ["entry"]


def test_above_the_limit_an_amend_that_adds_nothing_passes() -> None:
    """Where the position outgrew its limit, an order may still be moved as long as it counts no more than before."""
    data = market_data(OLD, position="3")
    amends = [AmendParams(intent="old", price=D(price), quantity=D(2)) for price in ("950.0", "1000.1")]
    risk = manager(max_position_notional=2_000)
    assert risk.review([], amends[:1], data).amends == (amends[0],)
    assert "could reach 4,000.10 USD" in reason(risk.review([], amends[1:], data))


def test_an_amend_must_not_fall_below_the_minimum() -> None:
    """The market's minimums hold for amends; a reduce-only order that closes all of the rest is free of the value."""
    market = replace(MARKET, min_notional=D(100))
    opening = AmendParams(intent="old", price=D("900.0"), quantity=D("0.11"))
    live = resting("old", Side.BUY, "2", "900.0", filled="0.05")
    below = "order of 99.00 USD is below the market's minimum of 100 USD"
    assert reason(manager().review([], [opening], replace(market_data(live), market=market))) == below
    live = replace(live, side=Side.SELL, reduce_only=True)
    for held, reasons in (("0.06", []), ("0.07", [below])):
        review = manager(price_band=None).review(
            [], [opening], replace(market_data(live, position=held), market=market)
        )
        assert [refusal.reason for refusal in review.refused] == reasons


def test_an_amend_cannot_take_more_leverage() -> None:
    """An enlarging amend is held to the leverage limit."""
    amend = AmendParams(intent="old", price=D("1000.0"), quantity=D(4))
    why = reason(manager(max_leverage="0.2").review([], [amend], market_data(OLD)))
    assert why == "leverage could reach 0.300x with this order, above max_leverage 0.2x"


def test_an_amend_needs_a_live_order_and_comes_once() -> None:
    """Unknown intents and a second amend of one order are refused."""
    amend = AmendParams(intent="old", price=D("900.0"), quantity=D(2))
    assert reason(manager().review([], [amend], market_data())) == "no live order carries the intent 'old'"
    review = manager().review([], [amend, amend], market_data(OLD))
    assert review.amends == (amend,)
    assert review.refused == (Refusal("old", "the intent 'old' stands twice in one decision"),)


def test_an_amend_is_refused_while_the_position_is_unknown() -> None:
    """Even an amend that only moves the price is refused on unknown figures."""
    amend = AmendParams(intent="old", price=D("899.0"), quantity=D(2))
    assert "position in BTC on paper is unknown" in reason(
        manager().review([], [amend], market_data(OLD, position=None))
    )


def test_an_amend_of_a_reduce_only_order_passes_the_limits() -> None:
    """Limits of size do not hold back what can only reduce; closing all of the rest is free of the minimum."""
    live = resting("tp", Side.SELL, "20", "1010.0", reduce_only=True)
    amend = AmendParams(intent="tp", price=D("1000.0"), quantity=D(20))
    data = market_data(live, position="20", equity=None)
    assert manager(max_position_notional=1, max_open_orders=1).review([], [amend], data).amends == (amend,)


# -- orders that follow the book --------------------------------------------------------------


@pytest.mark.parametrize(
    ("peg", "why"),
    [
        (Peg(), None),
        (Peg(limit=D("1200.0")), "order of 12,000.00 USD is above max_order_notional 10,000 USD"),
        (Peg(limit=D("900.0")), None),
    ],
)
def test_a_pegged_buy_is_as_large_as_its_limit_lets_it_become(peg: Peg, why: str | None) -> None:
    """It counts at its starting price or at its limit, whichever is higher."""
    order = replace(buy("10", "999.9"), peg=peg)
    review = manager().review([order], [], market_data())
    assert review == (Review(orders=(order,)) if why is None else Review(refused=(Refusal("entry", why),)))


def test_a_pegged_sell_counts_at_the_market() -> None:
    """The limit of a sell is below it: nothing says how high it may get."""
    order = OrderParams(intent="exit", side=Side.SELL, quantity=D(10), price=D("1000.0"), peg=Peg(limit=D("10000.0")))
    assert manager().review([order], [], market_data()).orders == (order,)


def test_the_position_limit_counts_a_pegged_buy_at_its_limit() -> None:
    """New or live, it uses up the room that its limit would take; what is left is trimmed to fit."""
    order = replace(buy("2", "999.9"), peg=Peg(limit=D("1500.0")))
    risk = manager(max_position_notional=3_000)
    assert risk.review([order, buy("0.1", intent="next")], [], market_data()).refused == (
        Refusal(
            "next",
            "position and live orders could reach 3,100.00 USD with this order, above max_position_notional 3,000 USD",
        ),
    )
    assert risk.review([replace(order, quantity=D(3))], [], market_data()).orders == (order,)
    live = replace(resting("old", Side.BUY, "1", "999.9"), peg=Peg(limit=D("2500.0")))
    review = risk.review([buy("1")], [], market_data(live, resting("other", Side.BUY, "0.1", "990.0")))
    assert [each.quantity for each in review.orders] == [D("0.4")]


def test_an_order_that_follows_the_book_is_not_amended() -> None:
    """Two hands on one price would undo each other's work."""
    live = replace(resting("old", Side.BUY, "1", "999.9"), peg=Peg())
    amend = AmendParams(intent="old", price=D("990.0"), quantity=D(1))
    why = reason(manager().review([], [amend], market_data(live)))
    assert why == "it follows the book: cancel it and place another one instead of amending it"
