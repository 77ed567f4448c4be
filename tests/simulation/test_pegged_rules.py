"""Pegged orders at the venue, rule by rule, as docs/simulation.md states them."""

from __future__ import annotations

from typing import Any

import pytest
from venue_scenes import D, Rows, S, Scene

from helpers.decisions import OrderParams, Peg, PegReference
from helpers.enums import OrderStatus, OrderType, Side, TimeInForce
from simulation.profile import Latency, VenueProfile

BUY, SELL = Side.BUY, Side.SELL
TICK = D("0.1")


def follow(side: Side = BUY, lots: int = 5, *, reference: PegReference = PegReference.BEST, **more: Any) -> OrderParams:
    """Give a pegged order; `offset` and `limit` in ticks."""
    peg = Peg(
        reference=reference,
        offset=more.pop("offset", 0) * TICK,
        limit=None if "limit" not in more else more.pop("limit") * TICK,
    )
    wanted: dict[str, Any] = {"post_only": True, **more}
    return OrderParams(intent="p", side=side, quantity=lots * D("0.001"), peg=peg, **wanted)


def stands(scene: Scene) -> tuple[int, int]:
    """Say where the one resting order stands: ticks, and lots before it."""
    engine = scene.venue.core.market("BTC").engine
    engine.read_queues()
    (order,) = (*engine.buys.orders, *engine.sells.orders)
    assert order.price is not None
    return order.price, order.ahead


@pytest.mark.parametrize(
    ("params", "ticks"),
    [
        (follow(BUY), 1000),
        (follow(SELL), 1004),
        (follow(BUY, offset=3), 997),
        (follow(SELL, offset=3), 1007),
        (follow(BUY, reference=PegReference.OPPOSITE, offset=1), 1003),
        (follow(SELL, reference=PegReference.OPPOSITE, offset=1), 1001),
        (follow(BUY, reference=PegReference.MID), 1002),
        (follow(SELL, reference=PegReference.MID, offset=D("0.5")), 1003),
        (follow(BUY, limit=999), 999),
        (follow(SELL, limit=1006), 1006),
        (follow(BUY, offset=-2), 1002),
    ],
)
def test_a_pegged_order_stands_where_the_book_says(params: OrderParams, ticks: int) -> None:
    """Reference, offset, rounding away from the market and the limit give its price when it arrives."""
    scene = Scene(Rows(1000, 1004))
    scene.to(1).send("a", params)
    assert stands(scene)[0] == ticks
    assert scene.account().known["a"].price == ticks * TICK


def test_it_follows_every_move_and_joins_the_queue() -> None:
    """At each new price it stands behind what is displayed there, or assumed behind the best price."""
    scene = Scene(Rows(1000, 1004, 50, 50).quote(2, 1001, 1004, 30).quote(3, 1001, 1004, 20).quote(4, 999, 1004, 70))
    scene.to(1).send("a", follow())
    assert stands(scene) == (1000, 50)
    assert stands(scene.to(2)) == (1001, 30)
    assert stands(scene.to(3)) == (1001, 20)  # its queue got shorter; it did not move
    assert stands(scene.to(4)) == (999, 70)


def test_it_fills_where_it_stands_and_goes_on_following() -> None:
    """A trade beyond the queue fills it at its own price; what is left of it follows on."""
    rows = Rows(1000, 1004, 10, 10).quote(2, 1001, 1004, 10).sold(3, 1001, 12).quote(4, 1002, 1004, 30)
    scene = Scene(rows)
    scene.to(1).send("a", follow(lots=5))
    scene.to(3)
    (fill,) = scene.account().fills
    assert (fill.price, fill.quantity) == (1001 * TICK, D("0.002"))
    assert stands(scene.to(4)) == (1002, 30)


def test_a_move_takes_as_long_as_an_amend() -> None:
    """The order stands where it stood until the amend arrives, and may fill there meanwhile."""
    profile = VenueProfile(order_entry=Latency(base_ns=S), response=Latency(base_ns=S))
    scene = Scene(Rows(1000, 1004, 10, 10).quote(5, 1001, 1004, 10).sold(5.5, 1000, 15), profile=profile)
    scene.venue.desk.place("me", "BTC", "a", follow(lots=9), lambda _: None)
    scene.to(5.9)
    assert stands(scene) == (1000, 0)
    assert [fill.price for fill in scene.account().fills] == [1000 * TICK]
    assert stands(scene.to(6)) == (1001, 10)


def test_one_move_at_a_time() -> None:
    """While an amend is under way or unanswered no other leaves; then the newest book counts."""
    profile = VenueProfile(order_entry=Latency(base_ns=S), response=Latency(base_ns=2 * S))
    rows = Rows(1000, 1010).quote(10, 1001, 1010).quote(10.5, 1002, 1010).quote(11.5, 1003, 1010)
    scene = Scene(rows, profile=profile)
    scene.venue.desk.place("me", "BTC", "a", follow(), lambda _: None)
    assert stands(scene.to(11))[0] == 1001
    assert stands(scene.to(13.9))[0] == 1001
    assert stands(scene.to(14))[0] == 1003  # answered at 13, sent then, there at 14


def test_a_move_that_would_take_is_refused() -> None:
    """It stays where it is until the best prices change again."""
    profile = VenueProfile(order_entry=Latency(base_ns=S), response=Latency(base_ns=0))
    rows = Rows(1000, 1004).quote(5, 1003, 1004).quote(5.5, 1001, 1002).quote(7, 1001, 1002, 5).quote(9, 1001, 1003)
    scene = Scene(rows, profile=profile)
    scene.venue.desk.place("me", "BTC", "a", follow(), lambda _: None)
    assert stands(scene.to(6))[0] == 1000  # an amend to 1003 arrived, where the ask was 1002
    assert stands(scene.to(8.5))[0] == 1000
    assert stands(scene.to(10))[0] == 1001


def test_a_book_that_says_nothing_moves_nothing() -> None:
    """Without the side it follows, or crossed, the order stays."""
    rows = Rows(1000, 1004).quote(2, 0, 1004).quote(3, 1003, 1003).quote(4, 1001, 1004)
    scene = Scene(rows)
    scene.to(1).send("a", follow(SELL, reference=PegReference.OPPOSITE, offset=6))
    assert [stands(scene.to(second))[0] for second in (1, 2, 3, 4)] == [1006, 1006, 1006, 1007]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (follow(post_only=False), "BAD_PEG"),
        (follow(time_in_force=TimeInForce.IOC), "BAD_PEG"),
        (follow(order_type=OrderType.MARKET), "BAD_PEG"),
        (follow(offset=-4), "POST_ONLY"),
        (follow(offset=1000), "NO_PEG"),
        (follow(lots=0), "BAD_QUANTITY"),
    ],
)
def test_pegged_orders_are_refused_with_a_code(params: OrderParams, code: str) -> None:
    """What cannot follow, would take at once or has no price is refused."""
    reply = Scene(Rows(1000, 1004)).to(1).send("a", params)
    assert reply is not None
    assert (reply.accepted, reply.code) == (False, code)


def test_a_pegged_order_has_no_price_to_amend() -> None:
    """An amend is refused and changes nothing; a cancel ends it."""
    scene = Scene(Rows(1000, 1004).quote(3, 1001, 1004))
    scene.to(1).send("a", follow())
    reply = scene.amend("a", 999, 5)
    assert reply is not None
    assert reply.code == "BAD_AMEND"
    assert stands(scene.to(3))[0] == 1001
    scene.cancel("a")
    assert scene.account().known["a"].status is OrderStatus.CANCELLED
    assert scene.venue.next_event_ns(scene.venue.core.now_ns + 60 * S) is None


def test_several_pegged_orders_share_the_book() -> None:
    """Orders at different distances move together; a trade through all fills the best first."""
    rows = Rows(1000, 1004, 10, 10).quote(2, 1002, 1004, 10).sold(3, 990, 30)
    scene = Scene(rows)
    scene.to(1).send("near", follow(lots=8))
    scene.send("far", follow(lots=8, offset=2))
    scene.to(3)
    assert [(fill.client_order_id, fill.price) for fill in scene.account().fills] == [
        ("near", 1002 * TICK),
        ("far", 1000 * TICK),
    ]


def test_a_pegged_order_stands_beside_others() -> None:
    """Fixed orders of the same side keep their own price and queue."""
    scene = Scene(Rows(1000, 1004, 10, 10).quote(2, 1001, 1004, 10).sold(3, 1000, 40))
    scene.to(1).place("fixed", BUY, 1000, 5)
    scene.send("a", follow(lots=5))
    scene.to(3)
    assert [fill.client_order_id for fill in scene.account().fills] == ["a", "fixed"]
