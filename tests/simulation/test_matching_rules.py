"""How resting orders fill, rule by rule. docs/simulation.md names these tests.

The book begins at 1000/1001 with 50 lots on both sides; behind the best price the tape assumes
20 lots one tick away and 30 lots two ticks away, and nothing further.
"""

from __future__ import annotations

import pytest
from venue_scenes import BUY, SELL, Rows, Scene

from helpers.decisions import Wake
from helpers.enums import Liquidity, OrderStatus, Side
from simulation.tape import RowKind


def test_an_order_waits_behind_what_was_displayed() -> None:
    """Fifty lots stand before us at our price: fifty traded lots are theirs, the next are ours."""
    scene = Scene(Rows().sold(1, 1000, 30).sold(2, 1000, 20).sold(3, 1000, 4).sold(4, 1000, 9))
    scene.place("a", BUY, 1000, 10)
    assert scene.to(2).fills("a") == []
    assert scene.to(3).fills("a") == [(1000, 4)]
    assert scene.to(4).fills("a") == [(1000, 4), (1000, 6)]
    assert scene.status("a") is OrderStatus.FILLED


def test_one_trade_serves_the_queue_and_then_us() -> None:
    """A trade larger than the queue gives us the rest of it, at once."""
    scene = Scene(Rows().bought(1, 1001, 57))
    scene.place("a", SELL, 1001, 10)
    assert scene.to(1).fills("a") == [(1001, 7)]
    assert scene.status("a") is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(("side", "price", "kind"), [(BUY, 1000, RowKind.SELL), (SELL, 1001, RowKind.BUY)])
def test_a_smaller_display_shortens_the_queue(side: Side, price: int, kind: RowKind) -> None:
    """When fewer lots are displayed at our price than were before us, the difference has left."""
    rows = Rows().quote(1, 1000, 1001, bid_lots=8, ask_lots=8).trade(2, kind, price, 10)
    scene = Scene(rows)
    scene.place("a", side, price, 10)
    assert scene.to(2).fills("a") == [(price, 2)]


def test_a_larger_display_does_not_lengthen_the_queue() -> None:
    """Who comes after us stands behind us."""
    scene = Scene(Rows().quote(1, 1000, 1001, bid_lots=8).quote(2, 1000, 1001, bid_lots=900).sold(3, 1000, 10))
    scene.place("a", BUY, 1000, 10)
    assert scene.to(3).fills("a") == [(1000, 2)]


@pytest.mark.parametrize("watched", [True, False])
def test_a_better_price_before_us_leaves_our_queue(watched: bool) -> None:
    """While others bid more than we do, what they display says nothing about the queue at our price."""
    rows = Rows(1000, 1005).quote(1, 1001, 1005, bid_lots=3).quote(2, 1000, 1005, bid_lots=50).sold(3, 1000, 52)
    scene = Scene(rows)
    scene.venue.deliveries.arm("me", "BTC", Wake(book=watched))
    scene.place("a", BUY, 1000, 10)
    assert scene.to(3).filled("a") == 2


@pytest.mark.parametrize(("side", "bid", "ask"), [(BUY, 999, 1001), (BUY, 0, 1001), (SELL, 1000, 1002)])
def test_the_queue_is_gone_when_the_best_price_leaves_ours(side: Side, bid: int, ask: int) -> None:
    """If the best bid falls below our buy (the best ask rises above our sell), nobody is before us any more."""
    price, kind = (1000, RowKind.SELL) if side is BUY else (1001, RowKind.BUY)
    scene = Scene(Rows().quote(1, bid, ask).trade(2, kind, price, 3))
    scene.place("a", side, price, 10)
    assert scene.to(2).fills("a") == [(price, 3)]


@pytest.mark.parametrize(
    ("side", "price", "ahead"), [(BUY, 999, 20), (BUY, 900, 30), (SELL, 1002, 20), (SELL, 1099, 30)]
)
def test_behind_the_best_price_the_queue_is_assumed(side: Side, price: int, ahead: int) -> None:
    """An order behind the best price waits for the lots the instrument assumes there; far behind, for the last."""
    kind = RowKind.SELL if side is BUY else RowKind.BUY
    scene = Scene(Rows().trade(1, kind, price, ahead).trade(2, kind, price, 1))
    scene.place("a", side, price, 10)
    assert scene.to(1).fills("a") == []
    assert scene.to(2).fills("a") == [(price, 1)]


@pytest.mark.parametrize("by_trade", [True, False])
def test_every_order_of_ours_keeps_its_own_queue(by_trade: bool) -> None:
    """When our best order has filled, the queue before the next one is followed as it was before the first."""
    rows = Rows(1000, 1005)
    rows = rows.sold(1, 1001, 5) if by_trade else rows.quote(1, 1000, 1001, ask_lots=5)
    scene = Scene(rows.quote(2, 1000, 1005, bid_lots=8).sold(3, 1000, 10))
    scene.place("best", BUY, 1001, 5)
    scene.place("next", BUY, 1000, 5)
    assert scene.to(1).filled("best") == 5
    assert scene.to(3).filled("next") == 2


def test_a_shorter_queue_at_one_price_is_none_at_another() -> None:
    """What is displayed at the best price says nothing about our order behind it."""
    rows = Rows().quote(1, 1000, 1005, bid_lots=8).sold(2, 1000, 13).quote(3, 999, 1005, bid_lots=60).sold(4, 999, 22)
    scene = Scene(rows)
    scene.place("best", BUY, 1000, 5)
    scene.place("behind", BUY, 999, 5)
    assert scene.to(3).filled("best") == 5
    assert scene.to(4).filled("behind") == 2


def test_an_order_that_improves_the_best_price_waits_for_nobody() -> None:
    """Inside the spread we are first."""
    scene = Scene(Rows(1000, 1003).sold(1, 1001, 2))
    scene.place("a", BUY, 1001, 10)
    assert scene.to(1).fills("a") == [(1001, 2)]


@pytest.mark.parametrize(
    ("side", "price", "kind", "through"), [(BUY, 1000, RowKind.SELL, 997), (SELL, 1001, RowKind.BUY, 1009)]
)
def test_a_trade_through_our_price_fills_at_our_price(side: Side, price: int, kind: RowKind, through: int) -> None:
    """Who trades beyond our price would have met us first: no queue, and our own price, not the better one."""
    scene = Scene(Rows().trade(1, kind, through, 7))
    scene.place("a", side, price, 10)
    assert scene.to(1).fills("a") == [(price, 7)]


def test_the_aggressors_side_decides_whom_a_trade_fills() -> None:
    """A trade whose aggressor bought fills no buy; one of unknown side fills either."""
    scene = Scene(Rows(1000, 1003).bought(1, 1001, 5).trade(2, RowKind.TRADE, 1001, 2).sold(3, 1002, 5))
    scene.place("buy", BUY, 1001, 10)
    scene.place("sell", SELL, 1002, 10)
    assert scene.to(1).fills("buy") == []
    assert scene.to(2).fills("buy") == [(1001, 2)]
    assert scene.to(3).fills("sell") == []


def test_a_trade_away_from_our_price_does_nothing() -> None:
    """Trades at worse prices than ours are between others."""
    scene = Scene(Rows().sold(1, 1001, 500).bought(2, 999, 500))
    scene.place("buy", BUY, 1000, 10)
    scene.place("sell", SELL, 1001, 10)
    scene.to(2)
    assert scene.account().fills == []


def test_our_orders_fill_by_price_and_then_by_time() -> None:
    """The better price first, whenever it came; at one price the earlier order."""
    scene = Scene(Rows(1000, 1010).sold(1, 1001, 12))
    for key, price in (("third", 1001), ("first", 1003), ("fourth", 1001), ("second", 1002)):
        scene.place(key, BUY, price, 4)
    scene.to(1)
    assert [fill.client_order_id for fill in scene.account().fills] == ["first", "second", "third"]


def test_others_are_waited_for_once_for_all_our_orders() -> None:
    """Two orders of ours at a price share the queue before them: fifty for both, not fifty each."""
    scene = Scene(Rows().sold(1, 1000, 60).sold(2, 1000, 5))
    scene.place("a", BUY, 1000, 8)
    scene.place("b", BUY, 1000, 8)
    scene.to(1)
    assert (scene.fills("a"), scene.fills("b")) == ([(1000, 8)], [(1000, 2)])
    assert scene.to(2).filled("b") == 7


def test_who_queued_later_at_a_price_waits_for_more() -> None:
    """Two orders of ours at a price stand where they came in; a smaller display is looked at for both."""
    rows = Rows(bid_lots=8).quote(1, 1000, 1001, bid_lots=50).quote(2, 1000, 1001, bid_lots=20).sold(3, 1000, 30)
    scene = Scene(rows)
    scene.place("early", BUY, 1000, 5)
    scene.to(1).place("late", BUY, 1000, 50)
    scene.to(3)
    assert (scene.filled("early"), scene.filled("late")) == (5, 30 - 20 - 5)


def test_one_trade_fills_at_most_its_lots() -> None:
    """Over all prices, orders and accounts, a trade gives no more than it had."""
    scene = Scene(Rows(1000, 1010).sold(1, 1001, 10), accounts=("me", "you"))
    scene.place("a", BUY, 1002, 6)
    scene.place("b", BUY, 1001, 6, account="you")
    scene.place("c", BUY, 1003, 1)
    scene.to(1)
    assert (scene.filled("c"), scene.filled("a"), scene.filled("b", "you")) == (1, 6, 3)


def test_a_trade_of_unknown_side_is_not_filled_twice() -> None:
    """Where orders of two accounts cross, a trade of unknown side still gives no more than its lots."""
    scene = Scene(Rows(1000, 1010).trade(1, RowKind.TRADE, 1005, 10), accounts=("me", "you"))
    scene.place("buy", BUY, 1006, 7)
    scene.place("sell", SELL, 1004, 7, account="you")
    scene.to(1)
    assert scene.filled("buy") + scene.filled("sell", "you") == 10


@pytest.mark.parametrize(
    ("side", "price", "bid", "ask"), [(BUY, 1000, 998, 1000), (BUY, 1000, 998, 999), (SELL, 1001, 1001, 1003)]
)
def test_an_opposite_quote_at_our_price_fills_its_displayed_lots(side: Side, price: int, bid: int, ask: int) -> None:
    """Others now come to our price: we trade with what they show, at our price, before any queue."""
    rows = Rows()
    for second, lots in ((1, 30), (2, 30), (3, 25)):
        rows.quote(second, bid, ask, bid_lots=lots, ask_lots=lots)
    scene = Scene(rows)
    scene.place("a", side, price, 80)
    assert scene.to(1).fills("a") == [(price, 30)]
    assert scene.to(2).filled("a") == 30  # the same quote: there is no more of it
    assert scene.to(3).filled("a") == 55  # a new one
    assert scene.account().fills[0].liquidity is Liquidity.MAKER


def test_one_quote_fills_at_most_its_lots_over_all_orders() -> None:
    """A bid that reaches several of our sells buys its lots once, from the cheapest first."""
    scene = Scene(Rows().quote(1, 1005, 1006, bid_lots=10))
    scene.place("dear", SELL, 1004, 8)
    scene.place("cheap", SELL, 1002, 8)
    scene.to(1)
    assert (scene.fills("cheap"), scene.fills("dear")) == ([(1002, 8)], [(1004, 2)])


def test_the_tape_goes_first_at_equal_times() -> None:
    """An order that arrives at the instant of a trade comes too late for it, and sees the quote of that instant."""
    scene = Scene(Rows().sold(1, 1000, 500).quote(1, 1004, 1005).sold(1, 1004, 500))
    scene.to(1)
    scene.place("late", BUY, 1004, 5)
    scene.place("taker", BUY, None, 5)
    assert scene.to(2).fills("late") == []
    assert scene.fills("taker") == [(1005, 5)]


def test_an_order_before_the_first_row_rests() -> None:
    """Without any book an order takes nothing and waits for nobody; a market order ends."""
    rows = Rows(1000, 1001)
    rows.chunk.time_ns[0] += 10**9
    scene = Scene(rows)
    scene.place("limit", BUY, 1004, 5, post_only=True)
    scene.place("market", BUY, None, 5)
    assert (scene.status("limit"), scene.status("market")) == (OrderStatus.OPEN, OrderStatus.CANCELLED)
    assert scene.to(1).fills("limit") == [(1004, 5)]
