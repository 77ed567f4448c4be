"""Asking what became of an order, when the venue knows it, when it does not yet, and when it does not any more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from extended_samples import bad, good, order, trade
from extended_scenes import ScriptedVenue, client, standing_venue
from heard import Heard

from exchanges.base import OrderParams, OrderStatus, Side
from exchanges.extended.client import ExtendedClient
from helpers.errors import ConnectivityError
from helpers.models import OrderInfo
from simulation.virtual_loop import VirtualClock

D = Decimal
BY_ID, BY_NUMBER = "GET /user/orders/external/77", "GET /user/orders/1791389621914243072"
NOT_FOUND = bad(404, "not found", 404)


async def placed(clock: VirtualClock) -> tuple[ExtendedClient, ScriptedVenue]:
    """Give a client whose order the venue took."""
    venue = standing_venue()
    venue.rules["POST /user/order"] = good({"id": 1791389621914243072, "externalId": "77"})
    it = client(clock, venue)
    params = OrderParams(side=Side.BUY, quantity=D("0.01"), price=D(65000), intent="any")
    assert (await it.place_order("BTC", "77", params)).success
    return it, venue


async def told(it: ExtendedClient, venue: ScriptedVenue, **more: Any) -> None:
    """Let the account's stream say something of the order."""
    await it.subscribe("BTC", Heard())
    frame = {"type": "ORDER", "data": {"orders": [order(**more)]}, "ts": 1, "seq": 1}
    venue.stream("/v1/account").say(frame)


async def missed_twice(it: ExtendedClient, clock: VirtualClock) -> OrderInfo:
    """Ask about an order that is gone: the first look proves nothing, the second one, a second later, does."""
    await clock.sleep(60)
    with pytest.raises(ConnectivityError, match="once is no proof"):
        await it.get_order_info("BTC", "77")
    await clock.sleep(1)
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    return info


@pytest.mark.parametrize("nothing", [good([]), NOT_FOUND])
async def test_an_order_nobody_ever_heard_of(clock: VirtualClock, nothing: Any) -> None:
    """None, after a look at the newest closed orders too."""
    venue = standing_venue()
    venue.rules[BY_ID] = nothing
    assert await client(clock, venue).get_order_info("BTC", "77") is None
    venue.rules["GET /user/orders/history"] = good([order("5"), order(status="CANCELLED")])
    info = await client(clock, venue).get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.CANCELLED


async def test_a_failed_question_is_no_answer(clock: VirtualClock) -> None:
    """It raises, whichever of the looks failed."""
    it, venue = await placed(clock)
    venue.rules[BY_ID] = bad(500, "", 500)
    with pytest.raises(ConnectivityError):
        await it.get_order_info("BTC", "77")
    venue.rules[BY_ID] = good([])
    await clock.sleep(60)
    venue.rules[BY_NUMBER] = ConnectivityError("no response")
    with pytest.raises(ConnectivityError):
        await it.get_order_info("BTC", "77")


async def test_of_several_the_living_one(clock: VirtualClock) -> None:
    """The venue answers with a list: one that lives counts, else the newest."""
    it, venue = await placed(clock)
    closed = [order(status="CANCELLED", createdTime=9), order(status="EXPIRED", createdTime=8)]
    venue.rules[BY_ID] = good([*closed, order(createdTime=1)])
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.OPEN
    venue.rules[BY_ID] = good(closed)
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.CANCELLED


async def test_an_order_that_is_listed_a_little_later(clock: VirtualClock) -> None:
    """The venue took it and lists it after a while: asked again, never called dead."""
    it, venue = await placed(clock)
    start = clock.now_ns()
    venue.rules[BY_ID] = lambda _: good([order()] if clock.now_ns() - start >= 10**9 else [])
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.OPEN
    venue.rules[BY_ID] = good([])
    it, venue = await placed(clock)
    venue.rules[BY_ID] = good([])
    with pytest.raises(ConnectivityError, match="does not list it yet"):
        await it.get_order_info("BTC", "77")


async def test_the_venues_number_finds_it_too(clock: VirtualClock) -> None:
    """Not by our id, but by its own."""
    it, venue = await placed(clock)
    venue.rules |= {BY_ID: good([]), BY_NUMBER: good(order(status="FILLED", filledQty="0.01"))}
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.FILLED


@pytest.mark.parametrize(
    ("quantities", "status"),
    [([], OrderStatus.CANCELLED), (["0.004"], OrderStatus.CANCELLED), (["0.004", "0.006"], OrderStatus.FILLED)],
)
async def test_an_order_that_left_the_archive(clock: VirtualClock, quantities: list[str], status: OrderStatus) -> None:
    """The venue had it and lists it nowhere: it has ended, with what the executions say."""
    it, venue = await placed(clock)
    own = [trade(number, qty=quantity) for number, quantity in enumerate(quantities)]
    venue.rules |= {BY_ID: good([]), "GET /user/trades": good([*own, trade(9, orderId=5)])}
    info = await missed_twice(it, clock)
    assert (info.status, info.filled_size) == (status, sum(map(D, quantities)))
    assert (info.client_order_id, info.order_id, info.size) == ("77", "1791389621914243072", D("0.01"))


async def test_what_the_stream_told_of_its_end_is_true(clock: VirtualClock) -> None:
    """An end that was heard needs no archive; older news never revives it."""
    it, venue = await placed(clock)
    await told(it, venue, status="REJECTED", statusReason="POST_ONLY_FAILED")
    venue.stream("/v1/account").say({"type": "ORDER", "data": {"orders": [order()]}, "ts": 1, "seq": 2})
    venue.rules[BY_ID] = good([])
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert (info.status, info.reason) == (OrderStatus.REJECTED, "POST_ONLY_FAILED")
    await it.disconnect()


async def test_an_order_only_the_stream_told_of(clock: VirtualClock) -> None:
    """One of an earlier run, seen live on the stream, then in no list: it ended as the executions say."""
    venue = standing_venue()
    it = client(clock, venue)
    await told(it, venue, price="64000")
    venue.rules |= {BY_ID: good([]), "GET /user/trades": good([])}
    info = await missed_twice(it, clock)
    assert (info.status, info.price) == (OrderStatus.CANCELLED, D(64000))
    await it.disconnect()
