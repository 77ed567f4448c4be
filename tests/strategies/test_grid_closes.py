"""Closes: their price, boost, and refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene

from helpers.enums import OrderStatus, OrderType, Side

D = Decimal
TAKE_PROFIT = D("62012.4")  # 62,000 x 1.0002


def begun(side: Side = Side.BUY, **params: Any) -> Scene:
    """Give a grid with its first entry resting, and no second one for a long time."""
    scene = Scene(side, position_guard=False, **{"wait_time": 86_400, **params})
    scene.begin()
    scene.step()
    return scene


# -- the price -------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_close_rests_off_the_touch(side: Side) -> None:
    """If the market is already beyond its price, a close rests one tick off the touch: a better price."""
    scene = begun(side)
    scene.fill("entry-1").quote("62020.0")
    assert scene.asked() == [("close-1", D("62020.1"))]


@BOTH_WAYS
def test_fills_at_several_prices_close_at_their_average(side: Side) -> None:
    """The close is priced from the average that was paid, and rounded towards more profit."""
    scene = begun(side, quantity="0.003")
    scene.fill("entry-1", "0.001", price="61999.0").fill("entry-1", price="62000.0")
    ((_, price),) = scene.asked()
    assert price is not None
    average = D("61999.6667")
    assert price == pytest.approx(average * D("1.0002"), abs=D("0.1"))
    assert (scene.p(price) - scene.p(average)) * side.sign >= average * D("0.0002") - D("0.001")


def test_dynamic_profit_varies_the_close() -> None:
    """With dynamic_profit every close draws its own profit, between half and one and a half times as much."""
    scene, prices = Scene(position_guard=False, take_profit="1", dynamic_profit=True, max_orders=1000), set()
    scene.begin()
    for _ in range(20):
        prices.add(scene.price(scene.lot()))
    assert len(prices) == 20
    assert all(price is not None and D("62310") <= price <= D("62930.1") for price in prices)


# -- boost -----------------------------------------------------------------------------------------


@BOTH_WAYS
def test_boost_closes_a_complete_entry_at_market(side: Side) -> None:
    """With boost a complete entry is closed by a reduce-only market order at once."""
    scene = begun(side, boost=True)
    result = scene.fill("entry-1").step()
    assert result is not None
    (close,) = result.orders
    assert (close.intent, close.side, close.order_type, close.price) == (
        "close-1", side.opposite, OrderType.MARKET, None,
    )  # fmt: skip
    assert close.reduce_only
    assert result.message == f"{side.opposite.value} 0.001 BTC at market: boost"


@BOTH_WAYS
def test_boost_closes_a_cancelled_entry_where_it_was_entered(side: Side) -> None:
    """With boost what filled before a cancel is closed by a limit at the entry's price."""
    scene = begun(side, boost=True, quantity="0.003")
    scene.fill("entry-1", "0.001").end("entry-1").quote("61999.0")
    assert scene.asked() == [("close-1", CENTRE)]
    assert scene.orders["close-1"].quantity == D("0.001")


@BOTH_WAYS
def test_boost_enters_again_when_the_lot_is_closed(side: Side) -> None:
    """No entry goes out that the market close could meet; once the close has filled the next one does."""
    scene = begun(side, boost=True, wait_time=0)
    assert scene.fill("entry-1").wait(1).asked() == [("close-1", None)]
    assert scene.wait(60).asked() == []
    assert scene.fill("close-1", price="61999.9").asked() == [("entry-2", CENTRE)]


def test_boost_on_a_thin_book_goes_on() -> None:
    """What a market close left open is closed by another one, half a second later."""
    scene = begun(boost=True, quantity="0.003")
    scene.fill("entry-1").step()
    scene.fill("close-1", "0.001", price="61999").end("close-1")
    assert scene.step() is None
    assert scene.waits().at_s == 0.5
    assert scene.wait("0.5").asked() == [("close-1", None)]
    assert scene.orders["close-1"].quantity == D("0.002")


# -- refusals ----------------------------------------------------------------------------------------


@BOTH_WAYS
def test_a_refused_close_is_placed_again(side: Side) -> None:
    """A close that the venue refused is placed again after a growing pause, at a price fit for the market then."""
    scene = begun(side)
    scene.fill("entry-1")
    for pause in (0.5, 1, 2, 4):
        assert scene.asked(refuse=True) == [("close-1", TAKE_PROFIT)]
        assert scene.waits().at_s == pause
        assert scene.wait(pause - 0.1).asked() == []
        scene.wait("0.1")
    scene.quote("62100.0")
    assert scene.asked() == [("close-1", D("62100.1"))]


def test_after_fifteen_refusals_a_close_may_take() -> None:
    """The sixteenth try is not post-only any more and goes out at the price that was wanted."""
    scene = begun()
    scene.fill("entry-1").quote("62100.0")
    for _ in range(15):
        result = scene.step(refuse=True)
        assert result is not None
        assert (result.orders[0].post_only, result.orders[0].price) == (True, D("62100.1"))
        scene.wait(30)
    result = scene.step()
    assert result is not None
    assert (result.orders[0].post_only, result.orders[0].price) == (False, TAKE_PROFIT)
    assert result.orders[0].reduce_only


@BOTH_WAYS
def test_a_cancelled_close_comes_back(side: Side) -> None:
    """What is left of a close that someone cancelled rests again; what filled of it does not."""
    scene = begun(side, quantity="0.003")
    scene.fill("entry-1").step()
    scene.fill("close-1", "0.001").end("close-1")
    assert scene.step() is None
    assert scene.wait("0.5").asked() == [("close-1", TAKE_PROFIT)]
    assert scene.orders["close-1"].quantity == D("0.002")
    scene.fill("close-1")
    assert scene.grid.state.lots == {}


def test_a_partial_fill_ends_the_row_of_refusals() -> None:
    """A close that filled a little before it was cancelled is placed again after the shortest pause."""
    scene = begun(quantity="0.003")
    scene.fill("entry-1")
    for pause in (0.5, 1, 2):
        scene.step(refuse=True)
        scene.wait(pause)
    scene.step()
    scene.fill("close-1", "0.001").end("close-1")
    assert scene.waits().at_s == 0.5
    assert scene.grid.state.lots["close-1"].refusals == 1


def test_a_refused_entry_does_not_hold_closes_up() -> None:
    """Backing off from entries is no reason to leave a fill without its close."""
    scene = begun(wait_time=0)
    scene.fill("entry-1").step()
    scene.wait(1).asked(refuse=True)
    scene.end("close-1")
    assert scene.wait("0.5").asked()[0] == ("close-1", TAKE_PROFIT)


def test_a_refused_close_still_counts() -> None:
    """A close that has to be placed again is no close that filled: no entry goes out for it."""
    scene = begun()
    scene.fill("entry-1").step()
    scene.wait(1).end("close-1", OrderStatus.REJECTED)
    assert scene.asked() == []
    assert scene.wait("0.5").asked() == [("close-1", TAKE_PROFIT)]
