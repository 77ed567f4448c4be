"""How taking and reduce-only orders fill, rule by rule. docs/simulation.md names these tests.

The book begins at 1000/1001 with 50 lots on both sides; behind the best price the tape assumes
20 lots one tick away and 30 lots two ticks away, and nothing further.
"""

from __future__ import annotations

import pytest
from venue_scenes import BUY, SELL, D, Rows, Scene

from helpers.enums import Liquidity, OrderStatus, Side, TimeInForce

IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


# -- taking orders --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "walk"), [(BUY, [(1001, 50), (1002, 20), (1003, 20)]), (SELL, [(1000, 50), (999, 20), (998, 20)])]
)
def test_a_market_order_walks_the_book(side: Side, walk: list[tuple[int, int]]) -> None:
    """First the displayed lots at the best price, then the assumed lots behind it, each at its price."""
    scene = Scene(Rows())
    scene.place("a", side, None, 90)
    assert scene.fills("a") == walk
    assert all(fill.liquidity is Liquidity.TAKER for fill in scene.account().fills)


def test_what_the_book_cannot_give_is_cancelled() -> None:
    """A market order larger than all known levels fills them and ends."""
    scene = Scene(Rows())
    scene.place("a", BUY, None, 500)
    assert scene.filled("a") == 100
    assert scene.status("a") is OrderStatus.CANCELLED
    assert scene.account().known["a"].reason == "not filled at once"


@pytest.mark.parametrize(("bid", "ask", "side"), [(1000, 0, BUY), (0, 1001, SELL), (0, 0, BUY)])
def test_a_missing_side_gives_nothing(bid: int, ask: int, side: Side) -> None:
    """Where nothing is displayed nothing is assumed behind it."""
    scene = Scene(Rows().quote(1, bid, ask))
    scene.to(1).place("a", side, None, 5)
    assert scene.fills("a") == []
    assert scene.status("a") is OrderStatus.CANCELLED


def test_no_level_lies_at_or_below_zero() -> None:
    """Assumed bids end above a price of zero."""
    scene = Scene(Rows(2, 3))
    scene.place("a", SELL, None, 500)
    assert scene.fills("a") == [(2, 50), (1, 20)]


def test_a_limit_order_takes_up_to_its_limit_and_rests() -> None:
    """A limit order fills at the book's prices as far as its limit, and the rest waits at the limit."""
    scene = Scene(Rows().sold(1, 1002, 6))
    scene.place("a", BUY, 1002, 90)
    assert scene.fills("a") == [(1001, 50), (1002, 20)]
    assert scene.status("a") is OrderStatus.PARTIALLY_FILLED
    assert scene.to(1).fills("a")[2:] == [(1002, 6)]


def test_taken_liquidity_is_gone_until_the_quote_changes() -> None:
    """What we took we cannot take again, at the best price or behind it; the next quote is new."""
    rows = Rows().quote(1, 999, 1001).quote(2, 999, 1001, ask_lots=49)
    scene = Scene(rows)
    scene.place("a", BUY, None, 60)
    scene.place("b", BUY, None, 60)
    assert scene.fills("b") == [(1002, 10), (1003, 30)]
    scene.to(1).place("c", BUY, None, 60)
    assert scene.fills("c") == []  # only the bid changed
    scene.to(2).place("d", BUY, None, 60)
    assert scene.fills("d") == [(1001, 49), (1002, 11)]


def test_what_our_resting_order_took_is_gone_as_well() -> None:
    """Lots that came to our resting order are not there for a taker, until that quote changes."""
    rows = Rows().quote(1, 999, 1000, ask_lots=30).quote(2, 999, 1001, ask_lots=30).quote(3, 999, 1000, ask_lots=30)
    scene = Scene(rows)
    scene.place("rests", BUY, 1000, 20)
    scene.to(1).place("now", BUY, 1000, 30, time_in_force=IOC)
    assert (scene.fills("rests"), scene.fills("now")) == ([(1000, 20)], [(1000, 10)])
    scene.to(3).place("later", BUY, 1000, 30, time_in_force=IOC)
    assert scene.fills("later") == [(1000, 30)]


def test_the_order_book_shows_what_is_left() -> None:
    """The levels that can be read are those that could be taken now."""
    scene = Scene(Rows())
    scene.place("a", BUY, None, 60)
    book = scene.venue.core.market("BTC").book(10)
    assert [(level.price, level.quantity) for level in book.asks] == [(D("100.2"), D("0.01")), (D("100.3"), D("0.03"))]
    assert [level.quantity for level in book.bids] == [D("0.05"), D("0.02"), D("0.03")]


def test_immediate_or_cancel_never_rests() -> None:
    """An IOC order fills what it can at once; the rest is cancelled."""
    scene = Scene(Rows())
    scene.place("part", BUY, 1001, 60, time_in_force=IOC)
    scene.place("none", BUY, 1000, 60, time_in_force=IOC)
    assert scene.fills("part") == [(1001, 50)]
    assert [scene.status(key) for key in ("part", "none")] == [OrderStatus.CANCELLED, OrderStatus.CANCELLED]
    assert scene.account().live == {}


def test_fill_or_kill_fills_all_or_nothing() -> None:
    """A FOK order that the book can serve within its limit fills; one lot more and it fills nothing."""
    scene = Scene(Rows())
    scene.place("more", BUY, 1002, 71, time_in_force=FOK)
    scene.place("all", BUY, 1002, 70, time_in_force=FOK)
    assert scene.fills("more") == []
    assert scene.status("more") is OrderStatus.CANCELLED
    assert scene.fills("all") == [(1001, 50), (1002, 20)]


def test_fill_or_kill_counts_nothing_behind_our_own_order() -> None:
    """Where our own order stands in the way, a FOK order that needs what lies behind it is killed untouched."""
    scene = Scene(Rows())
    scene.place("own", SELL, 1002, 5)
    scene.place("killed", BUY, 1003, 60, time_in_force=FOK)
    scene.place("filled", BUY, 1003, 50, time_in_force=FOK)
    assert (scene.fills("killed"), scene.fills("filled")) == ([], [(1001, 50)])
    assert scene.account().live.keys() == {"own"}


def test_post_only_is_refused_if_it_would_take() -> None:
    """A post-only order at the opposite best price is refused; a tick away it rests."""
    scene = Scene(Rows())
    refused = scene.place("a", BUY, 1001, 5, post_only=True)
    rests = scene.place("b", BUY, 1000, 5, post_only=True)
    assert refused is not None
    assert (refused.accepted, refused.code) == (False, "POST_ONLY")
    assert scene.status("a") is OrderStatus.REJECTED
    assert rests is not None
    assert rests.accepted
    sell = scene.place("c", SELL, 1000, 5, post_only=True)
    assert sell is not None
    assert sell.code == "POST_ONLY"


def test_self_trade_prevention_stops_the_taker() -> None:
    """A taker stops where its own account stands: what it filled counts, the rest is cancelled, the maker stays."""
    scene = Scene(Rows())
    scene.place("own", SELL, 1002, 5)
    scene.place("market", BUY, None, 60)
    scene.place("limit", BUY, 1003, 60)
    assert (scene.fills("market"), scene.fills("limit")) == ([(1001, 50)], [])
    assert scene.account().known["limit"].reason == "it met our own order"
    assert scene.account().live.keys() == {"own"}


def test_an_order_never_rests_across_our_own() -> None:
    """What is left of a taker that has emptied the book does not rest at or beyond our opposite price."""
    scene = Scene(Rows())
    scene.place("own", SELL, 1020, 5)
    scene.place("a", BUY, 1020, 130)
    assert scene.filled("a") == 100
    assert scene.status("a") is OrderStatus.CANCELLED
    scene.place("b", BUY, 1019, 5)
    assert scene.status("b") is OrderStatus.OPEN


def test_accounts_do_not_meet() -> None:
    """Orders of different accounts neither trade with each other nor stop each other."""
    scene = Scene(Rows(), accounts=("me", "you"))
    scene.place("theirs", SELL, 1002, 5, account="you")
    scene.place("mine", BUY, None, 90)
    scene.place("beside", BUY, 1004, 5)
    assert scene.fills("mine") == [(1001, 50), (1002, 20), (1003, 20)]
    assert scene.fills("theirs", "you") == []
    assert scene.status("beside") is OrderStatus.FILLED  # with the ten lots that are left at 1003


# -- reduce-only ----------------------------------------------------------------------------------


def test_reduce_only_shrinks_to_the_position_when_it_fills() -> None:
    """A resting reduce-only order fills no more than the position is by then; what cannot reduce is cancelled."""
    scene = Scene(Rows(1000, 1010).bought(1, 1008, 100))
    scene.place("open", BUY, None, 12)
    scene.place("close", SELL, 1008, 30, reduce_only=True)
    scene.place("more", SELL, 1008, 5)
    scene.to(1)
    assert scene.fills("close") == [(1008, 12)]
    assert scene.account().known["close"].reason == "nothing is left to reduce"
    assert scene.fills("more") == [(1008, 5)]
    assert scene.account().lots["BTC"] == -5


def test_reduce_only_orders_share_the_position() -> None:
    """Of two reduce-only orders the later one gets what the earlier left of the position: nothing."""
    scene = Scene(Rows(1000, 1010).bought(1, 1008, 100))
    scene.place("open", BUY, None, 12)
    scene.place("first", SELL, 1008, 12, reduce_only=True)
    scene.place("second", SELL, 1008, 12, reduce_only=True)
    scene.to(1)
    assert (scene.status("first"), scene.status("second")) == (OrderStatus.FILLED, OrderStatus.CANCELLED)
    assert (scene.fills("second"), scene.account().lots["BTC"]) == ([], 0)


def test_a_reduce_only_taker_closes_and_ends() -> None:
    """A reduce-only market order larger than the position closes it, not more."""
    scene = Scene(Rows())
    scene.place("open", SELL, None, 60)
    scene.place("close", BUY, None, 90, reduce_only=True)
    assert scene.fills("close") == [(1001, 50), (1002, 10)]
    assert scene.status("close") is OrderStatus.CANCELLED
    assert scene.account().lots["BTC"] == 0
