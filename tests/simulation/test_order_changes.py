"""Cancels, amends, expiry, and requests that overtake each other."""

from __future__ import annotations

import pytest
from venue_scenes import BUY, MS, SELL, START_NS, D, Rows, S, Scene, changed, code

from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side, TimeInForce
from simulation.profile import Latency, VenueProfile

GTT = TimeInForce.GTT
OPEN, PARTIAL = OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED


# -- cancels --------------------------------------------------------------------------------------


def test_a_cancel_ends_an_order_and_says_so() -> None:
    """The reply carries the cancelled order, the owner hears of it, and nothing fills afterwards."""
    scene = Scene(Rows().sold(1, 1000, 55).sold(2, 1000, 500))
    scene.place("a", BUY, 1000, 10)
    scene.to(1)
    reply = scene.cancel("a")
    assert code(reply) == ""
    assert reply is not None
    assert reply.info is not None
    assert (reply.info.status, reply.info.filled_size) == (OrderStatus.CANCELLED, D("0.005"))
    assert scene.news("order")[-1] == reply.info
    assert scene.to(2).filled("a") == 5


def test_a_cancel_of_what_is_not_open_is_refused() -> None:
    """Unknown, ended and other markets' orders are NOT_FOUND; what is known of the order comes along."""
    scene = Scene(Rows(), Rows(), markets=[changed(), changed(ticker="ETH")])
    scene.place("done", BUY, None, 5)
    scene.place("live", BUY, 990, 5)
    unknown, done, elsewhere = scene.cancel("nothing"), scene.cancel("done"), scene.cancel("live", ticker="ETH")
    assert [code(reply) for reply in (unknown, done, elsewhere)] == ["NOT_FOUND"] * 3
    assert unknown is not None
    assert unknown.info is None
    assert done is not None
    assert done.info == scene.account().known["done"]
    assert scene.status("live") is OPEN
    assert code(scene.amend("live", 991, 5, ticker="ETH")) == "NOT_FOUND"


def test_cancel_all_spares_other_markets_and_accounts() -> None:
    """Cancelling everything on one market touches no other market and nobody else."""
    scene = Scene(Rows(), Rows(), markets=[changed(), changed(ticker="ETH")], accounts=("me", "you"))
    for key in "ab":
        scene.place(key, BUY, 990, 5)
    scene.place("eth", BUY, 990, 5, ticker="ETH")
    scene.place("theirs", BUY, 990, 5, account="you")
    reply = scene.cancel_all()
    assert code(reply) == ""
    assert scene.account().live.keys() == {"eth"}
    assert scene.status("theirs", "you") is OPEN
    assert code(scene.cancel_all()) == ""


def test_a_cancel_may_overtake_its_order() -> None:
    """Each request has its own delay: a cancel that arrives first finds nothing, and the order lives."""
    jittery = VenueProfile(order_entry=Latency(base_ns=0, jitter_ns=10 * MS), response=Latency(base_ns=0))
    for seed in range(20):
        scene = Scene(Rows(), profile=jittery, seed=seed)
        scene.place("a", BUY, 990, 5)
        scene.cancel("a")
        scene.to(1)
        overtaken = scene.replied_ns["cancel a"] < scene.replied_ns["a"]
        assert code(scene.replies["cancel a"]) == ("NOT_FOUND" if overtaken else "")
        assert scene.status("a") is (OPEN if overtaken else OrderStatus.CANCELLED)
        if overtaken:
            return
    pytest.fail("no cancel overtook its order")


# -- amends ---------------------------------------------------------------------------------------


def test_a_smaller_quantity_keeps_the_place_in_the_queue() -> None:
    """Amending down at the same price leaves us where we stood; the reply tells the new order."""
    scene = Scene(Rows().sold(1, 1000, 49).quote(2, 1000, 1001, bid_lots=500).sold(3, 1000, 5))
    scene.place("a", BUY, 1000, 10)
    reply = scene.to(2).amend("a", 1000, 3)
    assert code(reply) == ""
    assert reply is not None
    assert reply.info is not None
    assert (reply.info.size, reply.info.status) == (D("0.003"), OPEN)
    assert scene.to(3).fills("a") == [(1000, 3)]
    assert scene.status("a") is OrderStatus.FILLED


@pytest.mark.parametrize(("price", "lots"), [(1000, 11), (999, 10)])
def test_a_new_price_or_more_quantity_goes_to_the_end_of_the_queue(price: int, lots: int) -> None:
    """Any other amend queues anew, behind what is displayed by then."""
    scene = Scene(Rows().sold(1, 1000, 49).quote(2, price, 1001, bid_lots=500).sold(3, price, 500).sold(4, price, 4))
    scene.place("a", BUY, 1000, 10)
    assert code(scene.to(2).amend("a", price, lots)) == ""
    assert scene.to(3).fills("a") == []
    assert scene.to(4).fills("a") == [(price, 4)]


def test_an_amended_order_keeps_what_it_has_filled() -> None:
    """The quantity is the total: what is filled counts, and at or below it there is nothing to amend."""
    scene = Scene(Rows(bid_lots=1).sold(1, 1000, 5).sold(2, 999, 50))
    scene.place("a", BUY, 1000, 10)
    assert scene.to(1).filled("a") == 4
    assert code(scene.amend("a", 1000, 4)) == "BAD_AMEND"
    reply = scene.amend("a", 1000, 6)
    assert reply is not None
    assert reply.info is not None
    assert (reply.info.status, reply.info.filled_size) == (PARTIAL, D("0.004"))
    assert scene.to(2).filled("a") == 6


def test_an_amend_may_take() -> None:
    """An order amended through the opposite price takes there, and what is left rests."""
    scene = Scene(Rows())
    scene.place("a", BUY, 990, 10)
    scene.amend("a", 1001, 60)
    assert scene.fills("a") == [(1001, 50)]
    assert scene.status("a") is PARTIAL
    assert scene.account().live.keys() == {"a"}
    scene.amend("a", 1002, 60)
    assert scene.status("a") is OrderStatus.FILLED


def test_an_amend_into_our_own_order_ends_it() -> None:
    """Self-trade prevention holds for amends too."""
    scene = Scene(Rows(1000, 1010))
    scene.place("sell", SELL, 1005, 5)
    scene.place("buy", BUY, 1002, 5)
    assert code(scene.amend("buy", 1005, 5)) == ""
    assert scene.account().known["buy"].reason == "it met our own order"
    assert scene.account().live.keys() == {"sell"}


def test_a_post_only_amend_must_not_take() -> None:
    """A post-only order is not amended into the opposite price, and stays as it was."""
    scene = Scene(Rows())
    scene.place("a", BUY, 990, 10, post_only=True)
    assert code(scene.amend("a", 1001, 10)) == "POST_ONLY"
    assert scene.account().live["a"].price == 990
    assert code(scene.amend("a", 1000, 10)) == ""


def test_a_post_only_order_that_was_reached_can_still_be_made_smaller() -> None:
    """Where the opposite quote has come to our price, shrinking takes nothing and is allowed."""
    scene = Scene(Rows().quote(1, 998, 1000, ask_lots=3))
    scene.place("a", BUY, 1000, 10, post_only=True)
    assert scene.to(1).filled("a") == 3
    assert code(scene.amend("a", 1000, 12)) == "POST_ONLY"
    assert code(scene.amend("a", 1000, 5)) == ""


@pytest.mark.parametrize(
    ("price", "lots", "wanted"),
    [
        (990.5, 200, "BAD_PRICE"),
        (0, 200, "BAD_PRICE"),
        (-5, 200, "BAD_PRICE"),
        (990, 200.5, "BAD_QUANTITY"),
        (990, 0, "BAD_QUANTITY"),
        (990, 100, "BELOW_MINIMUM"),
        (990, 2_000_000, "INSUFFICIENT_MARGIN"),
    ],
)
def test_amends_are_refused_as_orders_are(price: float, lots: float, wanted: str) -> None:
    """Grid, minimums and margin hold for the amended order; a refused amend leaves the order as it was."""
    scene = Scene(Rows(), markets=[changed(max_leverage=D(10), min_notional=D(10))])
    scene.place("a", BUY, 995, 500_000)
    before = scene.account().known["a"]
    assert code(scene.amend("a", price, lots)) == wanted
    assert scene.account().known["a"] == before
    assert (scene.account().live["a"].price, scene.account().live["a"].lots) == (995, 500_000)
    assert code(scene.amend("a", 990, 900_000)) == ""  # its own margin is not counted twice


def test_an_amend_of_what_is_not_open_is_refused() -> None:
    """There is nothing to amend of an order that is unknown or over."""
    scene = Scene(Rows())
    scene.place("done", BUY, None, 5)
    assert [code(scene.amend(key, 990, 5)) for key in ("done", "nothing")] == ["NOT_FOUND", "NOT_FOUND"]


# -- good till time -------------------------------------------------------------------------------


def test_a_good_till_time_order_expires() -> None:
    """At its time it ends EXPIRED; the tape of that instant still fills it first."""
    scene = Scene(Rows(bid_lots=1).sold(5, 1000, 4).sold(6, 1000, 400))
    scene.place("a", BUY, 1000, 10, time_in_force=GTT, expires_ns=START_NS + 5 * S)
    scene.to(6)
    assert scene.fills("a") == [(1000, 3)]
    info = scene.account().known["a"]
    assert (info.status, info.time_ns) == (OrderStatus.EXPIRED, START_NS + 5 * S)
    assert scene.news("order")[-1] == info


def test_expiry_survives_an_amend() -> None:
    """An amended order still ends at its time, and one that ended before is left alone."""
    scene = Scene(Rows())
    for key in "ab":
        scene.place(key, BUY, 990, 10, time_in_force=GTT, expires_ns=START_NS + 5 * S)
    scene.to(1).amend("a", 991, 20)
    scene.cancel("b")
    scene.to(5)
    assert (scene.status("a"), scene.status("b")) == (OrderStatus.EXPIRED, OrderStatus.CANCELLED)
    assert scene.account().live == {}


def test_an_order_late_for_its_own_expiry_is_refused() -> None:
    """What was still good when it was sent may be too old when it arrives."""
    slow = VenueProfile(order_entry=Latency(base_ns=S), response=Latency(base_ns=0))
    scene = Scene(Rows(), profile=slow)
    scene.place("a", BUY, 990, 5, time_in_force=GTT, expires_ns=START_NS + S)
    assert code(scene.to(1).replies["a"]) == "BAD_EXPIRY"
    assert scene.status("a") is OrderStatus.REJECTED


@pytest.mark.parametrize("side", Side)
def test_a_market_order_ignores_price_and_time(side: Side) -> None:
    """A market order takes at any price and never rests, whatever else is written on it."""
    params = OrderParams(
        intent="a", side=side, quantity=D("0.06"), price=D("100"), order_type=OrderType.MARKET, time_in_force=GTT
    )
    scene = Scene(Rows())
    scene.send("a", params)
    assert scene.status("a") is OrderStatus.FILLED
