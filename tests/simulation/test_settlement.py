"""What the venue does to accounts by itself: funding at whole hours, and liquidation."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_scenes import BUY, SELL, START_NS, D, Rows, S, Scene, changed

from helpers.decisions import Wake
from helpers.enums import Liquidity, OrderStatus, Side, TimeInForce
from simulation.profile import Latency, VenueProfile

HOUR = 3600
TEN = changed(max_leverage=D(10), maintenance_margin=D("0.05"))
POOR = VenueProfile(order_entry=Latency(base_ns=0), response=Latency(base_ns=0), deposit=D(1000))
"""With leverage 10, a hundred units at 100 bind the whole deposit."""
DEEP = 1_000_000
"""Lots on each side: a thousand units."""


def deep(bid: int = 1000, ask: int = 1001) -> Rows:
    """Write a tape whose best levels hold very much."""
    return Rows(bid, ask, bid_lots=DEEP, ask_lots=DEEP)


def falling(step: int = 1, until: int = 880) -> Rows:
    """Write a deep market that falls by `step` ticks a second from 1000/1001."""
    rows = deep()
    for second, bid in enumerate(range(1000 - step, until, -step), start=1):
        rows.quote(second, bid, bid + 1, DEEP, DEEP)
    return rows


def rising(step: int = 1, until: int = 1120) -> Rows:
    """Write a deep market that rises."""
    rows = deep()
    for second, bid in enumerate(range(1000 + step, until, step), start=1):
        rows.quote(second, bid, bid + 1, DEEP, DEEP)
    return rows


# -- funding --------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", Side)
def test_funding_is_paid_at_whole_hours_on_the_position(side: Side) -> None:
    """At each whole hour: minus position x mark x rate, so that longs pay a positive rate; to the last digit."""
    scene = Scene(deep().quote(2 * HOUR - 1, 1100, 1103, DEEP, DEEP))
    scene.place("a", side, None, 2000)
    scene.to(3 * HOUR)
    payments = scene.news("funding")
    schedule = scene.venue.core.market("BTC").funding
    expected = []
    for hour, mark in ((1, "100.05"), (2, "110.15"), (3, "110.15")):
        expected.append(-side.sign * 2 * D(mark) * schedule.rate(START_NS + hour * HOUR * S))
    assert [payment.amount for payment in payments] == expected
    assert [payment.time_ns for payment in payments] == [START_NS + hour * HOUR * S for hour in (1, 2, 3)]
    assert all(payment.position == 2 * side.sign for payment in payments)
    assert scene.account().ledgers["BTC"].funding == sum(expected)
    assert len({payment.payment_id for payment in payments}) == 3


def test_funding_uses_the_venue_as_it_is_at_that_instant() -> None:
    """A fill in the row of the settlement's own time counts: the tape goes first."""
    rows = Rows().sold(HOUR, 1000, 60)
    scene = Scene(rows)
    scene.place("a", BUY, 1000, 10)
    scene.to(HOUR)
    assert [payment.position for payment in scene.news("funding")] == [D("0.01")]


def test_nobody_without_a_position_pays_funding() -> None:
    """Flat accounts and accounts that closed hear of no settlement."""
    scene = Scene(deep(), accounts=("me", "you"))
    scene.place("open", BUY, None, 5)
    scene.place("close", SELL, None, 5)
    scene.to(2 * HOUR)
    assert scene.news("funding") == scene.news("funding", "you") == []


def test_balance_and_position_are_told_after_funding() -> None:
    """A settlement is followed by the position and the balance it led to."""
    scene = Scene(deep())
    scene.place("a", BUY, None, 500)
    scene.heard.clear()
    scene.to(HOUR)
    assert [what for _, _, _, what, _ in scene.heard] == ["funding", "position", "balance"]
    assert scene.news("balance")[-1].wallet == scene.account().wallet


def test_funding_in_an_empty_book_uses_the_last_mark() -> None:
    """While both sides are missing, positions keep the mark they had."""
    scene = Scene(deep().quote(10, 1100, 1101).quote(20, 0, 0))
    scene.place("a", BUY, None, 1000)
    scene.to(HOUR)
    (payment,) = scene.news("funding")
    assert payment.amount == -D("110.05") * payment.rate


# -- liquidation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("side", Side)
def test_an_account_is_liquidated_where_equity_meets_maintenance(side: Side) -> None:
    """The whole position is closed at market, at the first quote whose mark is at the liquidation price."""
    scene = Scene(falling() if side is BUY else rising(), markets=[TEN], profile=POOR)
    scene.place("a", side, None, 90_000)
    position = scene.news("position")[-1]
    price = position.liquidation_price
    assert price is not None
    scene.to(200)
    fills = [fill for fill in scene.account().fills if fill.client_order_id is None]
    assert sum(fill.quantity for fill in fills) == 90
    assert scene.account().lots["BTC"] == 0
    second = (fills[0].time_ns - START_NS) // S
    mark = D("100.05") - side.sign * second * D("0.1")
    if side is BUY:
        assert mark <= price < mark + D("0.1")
    else:
        assert mark - D("0.1") < price <= mark
    assert 0 < scene.account().wallet < 1000


def test_a_liquidation_costs_its_fee() -> None:
    """The fills of a liquidation are taker fills without a client order id, and pay the liquidation fee on top."""
    scene = Scene(falling(), markets=[TEN], profile=POOR)
    scene.place("a", BUY, None, 90_000)
    scene.to(200)
    fills = scene.fills(None)
    assert sum(lots for _, lots in fills) == 90_000
    for fill in scene.account().fills[1:]:
        assert (fill.client_order_id, fill.side, fill.liquidity) == (None, SELL, Liquidity.TAKER)
        assert fill.fee == fill.price * fill.quantity * (TEN.taker_fee + POOR.liquidation_fee)


def test_a_liquidation_is_no_order_of_the_accounts() -> None:
    """It leaves no client order id behind; the news of it carries none."""
    scene = Scene(falling(), markets=[TEN], profile=POOR)
    scene.place("a", BUY, None, 90_000)
    scene.to(200)
    assert scene.account().known.keys() == {"a"}
    last = scene.news("order")[-1]
    assert (last.client_order_id, last.status, last.side) == (None, OrderStatus.FILLED, SELL)


def test_orders_are_cancelled_before_a_liquidation() -> None:
    """All resting orders go first, on all markets, so that none fills beside it and none stands in its way."""
    eth = changed(ticker="ETH", max_leverage=D(10), maintenance_margin=D("0.05"))
    scene = Scene(falling(), deep(), markets=[TEN, eth], profile=POOR)
    scene.place("a", BUY, None, 80_000)
    scene.place("own-bid", BUY, 850, 10)
    scene.place("own-ask", SELL, 1050, 10)
    scene.place("elsewhere", BUY, 950, 10, ticker="ETH")
    scene.to(200)
    account = scene.account()
    assert account.live == {}
    assert {account.known[key].reason for key in ("own-bid", "own-ask", "elsewhere")} == {"liquidation"}
    assert account.lots["BTC"] == 0
    ended = [info.client_order_id for info in scene.news("order")]
    assert ended.index("own-bid") < ended.index(None)


def test_a_liquidation_closes_every_market() -> None:
    """Margin is shared: when one market ruins the account, the positions on the others are closed as well."""
    eth = changed(ticker="ETH", max_leverage=D(10), maintenance_margin=D("0.05"))
    scene = Scene(falling(), deep(), markets=[TEN, eth], profile=POOR)
    scene.place("btc", BUY, None, 60_000)
    scene.place("eth", SELL, None, 30_000, ticker="ETH")
    scene.to(200)
    assert scene.account().held() == []
    closed = {fill.ticker for fill in scene.account().fills if fill.client_order_id is None}
    assert closed == {"BTC", "ETH"}


def test_the_other_market_can_be_the_one_that_ruins() -> None:
    """With positions on two markets either one's fall is watched, also while nobody looks."""
    eth = changed(ticker="ETH", max_leverage=D(10), maintenance_margin=D("0.05"))
    scene = Scene(deep(), falling(until=700), markets=[TEN, eth], profile=POOR)
    scene.place("eth", BUY, None, 50_000, ticker="ETH")
    scene.place("btc", BUY, None, 40_000)
    scene.to(130)
    assert scene.account().held() == []
    assert scene.account().wallet > 0


def test_a_position_alone_stops_time_only_near_its_liquidation() -> None:
    """Quotes away from the liquidation price are skipped; the first that may reach it is an event."""
    scene = Scene(falling(), markets=[TEN], profile=POOR)
    scene.place("a", BUY, None, 90_000)
    price = scene.to(2).news("position")[-1].liquidation_price
    assert price is not None
    due = scene.venue.next_event_ns(START_NS + 3000 * S)
    assert due is not None
    bid = D(100) - (due - START_NS) // S * D("0.1")
    assert price - D("0.2") < bid < price + D("0.2")


def test_equity_that_just_equals_maintenance_is_too_little() -> None:
    """At exactly the maintenance margin the account is liquidated."""
    rows = deep().quote(1, 2, 3, DEEP, DEEP).quote(2, 2, 2, DEEP, DEEP).quote(9, 900, 901)
    free = changed(max_leverage=D(10), maintenance_margin=D("0.5"), taker_fee=D(0))
    scene = Scene(rows, markets=[free], profile=POOR)
    scene.place("a", BUY, None, 10_000)  # 1000 - 1001 + 10 x 0.2 = 0.5 x 10 x 0.2
    assert scene.to(1).account().lots["BTC"] == 10_000
    assert scene.to(2).account().lots["BTC"] == 0


def test_what_a_liquidation_took_comes_back_with_the_next_quote() -> None:
    """A liquidation uses up displayed lots as any taker does, until that quote changes."""
    rows = deep().quote(1, 880, 881, DEEP, 500).quote(2, 880, 881, 91_000, 500).quote(9, 900, 901)
    scene = Scene(rows, markets=[TEN], profile=POOR, accounts=("me", "you"))
    scene.place("a", BUY, None, 90_000)
    assert scene.to(1).account().lots["BTC"] == 0
    scene.to(2).place("b", SELL, 880, 91_000, account="you", time_in_force=TimeInForce.IOC)
    assert scene.filled("b", "you") == 91_000


def test_a_liquidation_takes_what_the_book_has_and_goes_on_at_the_next_quote() -> None:
    """A thin book closes a part; the rest is closed as quotes come."""
    rows = deep().quote(1, 880, 881, bid_lots=100).quote(2, 880, 881, bid_lots=150).quote(3, 880, 881, bid_lots=DEEP)
    scene = Scene(rows, markets=[TEN], profile=POOR)
    scene.place("a", BUY, None, 90_000)
    assert scene.to(1).account().lots["BTC"] == 90_000 - 150  # the bid and the two levels behind it
    cancelled = scene.news("order")[-1]
    assert (cancelled.status, cancelled.client_order_id) == (OrderStatus.CANCELLED, None)
    assert scene.to(2).account().lots["BTC"] == 90_000 - 150 - 200
    assert scene.to(3).account().lots["BTC"] == 0


def test_a_liquidation_waits_for_a_book_to_trade_on() -> None:
    """A missing side or a crossed book is no ground for a liquidation; the next sound quote is."""
    rows = deep().quote(1, 0, 700).quote(2, 700, 0).quote(3, 700, 690).quote(4, 0, 0).quote(5, 999, 1000, DEEP, DEEP)
    scene = Scene(rows.quote(6, 880, 880, DEEP, DEEP), markets=[TEN], profile=POOR)
    scene.venue.deliveries.arm("me", "BTC", Wake(book=True))
    scene.place("a", BUY, None, 90_000)
    assert scene.to(5).account().lots["BTC"] == 90_000
    assert scene.to(6).account().lots["BTC"] == 0


def test_a_short_waits_for_a_book_as_well() -> None:
    """An offer without any bid beside it liquidates no short, high as it may be."""
    rows = deep().quote(1, 0, 2000, 0, DEEP).quote(2, 2000, 0).quote(3, 1000, 1001).quote(9, 1000, 1001)
    scene = Scene(rows, markets=[TEN], profile=POOR)
    scene.venue.deliveries.arm("me", "BTC", Wake(book=True))
    scene.place("a", SELL, None, 90_000)
    assert scene.to(3).account().lots["BTC"] == -90_000


def test_a_long_that_is_paid_for_is_never_liquidated() -> None:
    """An unlevered long survives any fall."""
    scene = Scene(deep().quote(1, 1, 2, DEEP, DEEP), markets=[TEN], profile=POOR)
    scene.place("a", BUY, None, 9_000)
    assert scene.news("position")[-1].liquidation_price is None
    assert scene.to(1).account().lots["BTC"] == 9_000


def test_a_ruined_short_is_still_closed() -> None:
    """A short that a jump left with less than nothing is closed as soon as anybody offers."""
    rows = deep().quote(1, 3000, 3001, ask_lots=60_000).quote(2, 3000, 3001, ask_lots=DEEP)
    scene = Scene(rows, markets=[TEN], profile=POOR)
    scene.place("a", SELL, None, 90_000)
    assert scene.to(1).account().lots["BTC"] == -(90_000 - 60_050)
    assert scene.to(2).account().lots["BTC"] == 0
    assert scene.account().wallet < 0


def test_one_accounts_liquidation_is_not_anothers() -> None:
    """Only the account that is short of margin is closed."""
    scene = Scene(falling(), markets=[TEN], profile=POOR, accounts=("me", "you"))
    scene.place("a", BUY, None, 90_000)
    scene.place("b", BUY, None, 10_000, account="you")
    scene.to(90)
    assert (scene.account().lots["BTC"], scene.account("you").lots["BTC"]) == (0, 10_000)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(Side), st.integers(10_000, 95_000), st.integers(1, 5))
def test_liquidation_comes_before_ruin_on_a_steady_market(side: Side, lots: int, step: int) -> None:
    """Where prices move in small steps, a liquidated account keeps a part of its margin, the same whoever looks."""
    fills = []
    for watched in (True, False):
        rows = falling(step, 700) if side is BUY else rising(step, 1300)
        scene = Scene(rows, markets=[TEN], profile=POOR)
        scene.venue.deliveries.arm("me", "BTC", Wake(book=watched))
        scene.place("a", side, None, lots)
        lowest = Decimal(1000)
        for second in range(0, 400, 1 if watched else 400):
            scene.to(second)
            lowest = min(lowest, scene.account().equity(scene.venue.core.marks()))
        scene.to(400)
        assert lowest > 0
        assert scene.account().lots["BTC"] in {0, side.sign * lots}
        fills.append(scene.account().fills)
    assert fills[0] == fills[1]
