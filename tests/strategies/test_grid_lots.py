"""What becomes of fills: partial ones, late ones, dust; and what the position has room for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene
from msgspec.structs import replace
from worlds import with_market

from helpers.enums import OrderStatus, Side

D = Decimal
TAKE_PROFIT = D("62012.4")  # 62,000 x 1.0002


def begun(side: Side = Side.BUY, **params: Any) -> Scene:
    """Give a grid with its first entry resting, and no second one for a long time."""
    scene = Scene(side, position_guard=False, **{"wait_time": 86_400, **params})
    scene.begin()
    scene.step()
    return scene


# -- partial fills and dust -----------------------------------------------------------------------


@BOTH_WAYS
def test_what_filled_before_a_cancel_is_closed(side: Side) -> None:
    """A partly filled entry that ends gets a close for what filled; nothing is closed while it still rests."""
    scene = begun(side, quantity="0.003")
    scene.fill("entry-1", "0.002")
    assert scene.step() is None
    scene.end("entry-1")
    assert scene.asked() == [("close-1", TAKE_PROFIT)]
    assert scene.orders["close-1"].quantity == D("0.002")


@BOTH_WAYS
def test_dust_is_carried_into_the_next_close(side: Side) -> None:
    """Too little for an order waits; the next close takes it along, at the average of both."""
    scene = begun(side, market=with_market(min_quantity=D("0.002")), quantity="0.002", wait_time=0)
    scene.fill("entry-1", "0.001", price="61997.0").end("entry-1")
    assert scene.wait(1).asked() == [("entry-2", CENTRE)]
    assert scene.grid.state.dust.quantity == D("0.001")
    scene.fill("entry-2")
    ((intent, price),) = scene.asked()
    assert (intent, scene.orders["close-2"].quantity) == ("close-2", D("0.003"))
    assert price == pytest.approx(D("61999") * D("1.0002"), abs=D("0.11"))
    assert scene.grid.state.dust.quantity == 0


@BOTH_WAYS
def test_what_a_cancel_left_of_a_close_may_be_dust(side: Side) -> None:
    """The rest of a cancelled close that is too little for an order joins the next lot, at what was paid for it."""
    scene = begun(side, market=with_market(min_quantity=D("0.002")), quantity="0.003", wait_time=0)
    scene.fill("entry-1").step()
    scene.fill("close-1", "0.002").end("close-1")
    assert (scene.grid.state.dust.quantity, scene.grid.state.dust.cost) == (D("0.001"), CENTRE / 1000)
    assert scene.wait(1).asked() == [("entry-2", CENTRE)]
    assert scene.fill("entry-2").asked() == [("close-2", TAKE_PROFIT)]
    assert scene.orders["close-2"].quantity == D("0.004")


@BOTH_WAYS
def test_the_minimum_is_that_of_the_close(side: Side) -> None:
    """A selling grid closes lower than it enters: an entry just above the least notional may close just below it."""
    market = with_market(min_notional=D("61.99") if side is Side.SELL else D("62.001"))
    scene = begun(side, market=market, wait_time=0)
    scene.fill("entry-1")
    first = scene.wait(1).asked()[0]
    assert first == (("entry-2", CENTRE) if side is Side.SELL else ("close-1", TAKE_PROFIT))
    if side is Side.SELL:
        assert scene.fill("entry-2").asked()[0] == ("close-2", TAKE_PROFIT)
        assert scene.orders["close-2"].quantity == D("0.002")


@BOTH_WAYS
def test_a_late_fill_is_not_lost(side: Side) -> None:
    """A fill told after the entry's end gets a close of its own, or joins the next one if the first has one."""
    scene = begun(side, quantity="0.003")
    entry = scene.change("entry-1", status=OrderStatus.CANCELLED)
    scene.end("entry-1")
    scene.held = D("0.003")
    scene.grid.notify_order_closed(replace(entry, filled_quantity=D("0.001"), average_price=CENTRE))
    assert scene.asked() == [("close-1", TAKE_PROFIT)]
    average = (CENTRE + 2 * scene.p("61997")) / 3
    scene.grid.notify_order_closed(replace(entry, filled_quantity=D("0.003"), average_price=average))
    assert scene.grid.state.dust.quantity == D("0.002")
    assert scene.grid.state.dust.cost == pytest.approx(2 * scene.p("61997") / 1000, abs=D("1e-20"))
    assert scene.asked() == []


@BOTH_WAYS
def test_the_close_of_a_late_fill_never_meets_our_own_entry(side: Side) -> None:
    """A close that comes while the next entry rests above its target stands a tick beyond that entry."""
    scene = begun(side, wait_time=0)
    entry = scene.change("entry-1", status=OrderStatus.CANCELLED)
    scene.end("entry-1")
    assert scene.quote("62050.0", "62050.2").wait(1).asked() == [("entry-2", D("62050.1"))]
    scene.held = D("0.001")
    scene.grid.notify_order_closed(
        replace(entry, status=OrderStatus.FILLED, filled_quantity=D("0.001"), average_price=CENTRE)
    )
    assert scene.asked() == [("close-1", D("62050.2"))]


@BOTH_WAYS
def test_a_late_fill_of_a_close_is_not_lost(side: Side) -> None:
    """A fill told after a close's end leaves less to close, down to nothing."""
    scene = begun(side, quantity="0.003")
    scene.fill("entry-1").step()
    close = scene.change("close-1", status=OrderStatus.CANCELLED)
    scene.end("close-1")
    scene.grid.notify_order_closed(replace(close, filled_quantity=D("0.001"), average_price=scene.p(TAKE_PROFIT)))
    scene.held = D("0.002")
    assert scene.wait(1).asked() == [("close-1", TAKE_PROFIT)]
    assert scene.orders["close-1"].quantity == D("0.002")
    scene.fill("close-1")
    scene.grid.notify_order_closed(replace(close, filled_quantity=D("0.003"), average_price=scene.p(TAKE_PROFIT)))
    assert scene.grid.state.lots == {}


def test_a_refusal_told_twice_counts_once() -> None:
    """The stream and the reply may both tell that a close was refused: the pause does not double for it."""
    scene = begun()
    scene.fill("entry-1").step()
    close = scene.change("close-1", status=OrderStatus.REJECTED)
    for _ in range(3):
        scene.grid.notify_order_closed(close)
    del scene.orders["close-1"]
    assert scene.grid.state.lots["close-1"].refusals == 1
    assert scene.waits().at_s == 0.5


def test_an_end_told_twice_counts_once() -> None:
    """The same end of an entry told again makes no second lot and no dust."""
    scene = begun()
    entry = scene.change("entry-1")
    filled = replace(entry, status=OrderStatus.FILLED, filled_quantity=D("0.001"), average_price=CENTRE)
    scene.fill("entry-1").step()
    scene.grid.notify_order_closed(filled)
    assert [lot.quantity for lot in scene.grid.state.lots.values()] == [D("0.001")]
    assert scene.grid.state.dust.quantity == 0


def test_only_the_latest_orders_are_remembered() -> None:
    """What is kept for late fills does not grow with the run."""
    scene = Scene(position_guard=False, max_orders=1000)
    scene.begin()
    for _ in range(40):
        scene.lot()
    assert len(scene.grid.state.heard.told) == 30


# -- the position ----------------------------------------------------------------------------------------


def test_closes_never_exceed_the_position() -> None:
    """Of a position that somebody made smaller, only what is left is closed, the oldest lots first."""
    scene = Scene(quantity="0.002", position_guard=False, wait_time=86_400, max_orders=10)
    scene.begin()
    for _ in range(3):
        scene.lot()
    for intent in list(scene.orders):
        scene.end(intent)
    scene.held = D("0.003")
    scene.wait(1)
    result = scene.step()
    assert result is not None
    assert [(order.intent, order.quantity) for order in result.orders] == [
        ("close-1", D("0.002")),
        ("close-2", D("0.001")),
    ]
    assert "close-2 needs only 0.001 BTC: the position is smaller" in result.message
    assert "close-3 needs only 0 BTC: the position is smaller" in result.message


def test_a_dropped_lot_is_no_profit() -> None:
    """A lot that somebody else closed does not count as a filled close: the pause goes on."""
    scene = begun()
    scene.fill("entry-1").step()
    scene.wait(1).end("close-1")
    scene.held = D(0)
    result = scene.step()
    assert result is not None
    assert result.orders == ()
    assert scene.asked() == []


def test_with_an_unknown_position_closes_are_placed() -> None:
    """Reduce-only orders need no known position; the venue enforces the mark."""
    scene = begun()
    scene.held = None
    assert scene.fill("entry-1").asked() == [("close-1", TAKE_PROFIT)]
