"""Orders that must not leave: on a stale book, or late; and one that came twice."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from extended_samples import BTC, answer, bad, delta, good, order, snapshot
from extended_scenes import ScriptedVenue, client, standing_venue
from heard import Heard

from exchanges.base import BaseExchangeClient, OrderParams, OrderStatus, Side
from exchanges.results import OrderResult, outcome
from helpers.enums import OrderType
from helpers.errors import ConnectivityError, VenueError
from simulation.virtual_loop import VirtualClock

D = Decimal
POST, REST_BOOK = "POST /user/order", "GET /info/markets/BTC-USD/orderbook"


async def send(it: BaseExchangeClient, key: str = "77", **more: Any) -> OrderResult:
    """Send a limit order, or what it is changed to."""
    fields: dict[str, Any] = {"side": Side.BUY, "quantity": D("0.01"), "price": D(65000), "intent": "any"}
    return await outcome(it.place_order("BTC", key, OrderParams(**{**fields, **more})))


async def send_at_market(it: BaseExchangeClient) -> OrderResult:
    """Buy at any price."""
    return await send(it, it.context.ids.next(), order_type=OrderType.MARKET, price=None)


def taking() -> ScriptedVenue:
    """Give a venue that takes every order."""
    venue, number = standing_venue(), count(1)
    venue.rules[POST] = lambda _: good({"id": next(number)})
    return venue


def prices(venue: ScriptedVenue) -> list[str]:
    """Give the prices of the orders that were sent."""
    return [str(request.body).partition('"price":"')[2].partition('"')[0] for request in venue.sent(POST)]


# -- prices that are old ----------------------------------------------------------------------------------


async def test_a_market_order_without_a_stream_asks_for_the_book(clock: VirtualClock) -> None:
    """The stream is down, the venue is not: a position can be closed all the same."""
    venue = taking()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    venue.is_down = True
    venue.stream("/orderbooks/").end()
    book = {"market": "BTC-USD", "bid": [{"qty": "1", "price": "60000"}], "ask": [{"qty": "1", "price": "60001"}]}
    venue.rules[REST_BOOK] = good(book)
    assert it.top_of_book("BTC") is None
    assert (await send_at_market(it)).success
    assert prices(venue) == ["60452"]  # 60001 * 1.0075 = 60451.0075
    await it.disconnect()


async def test_a_market_order_is_priced_by_a_fresh_book(clock: VirtualClock) -> None:
    """A stream that says nothing for some seconds is not believed; one that just spoke is."""
    venue = taking()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    assert (await send_at_market(it)).success
    await clock.sleep(20)
    venue.rules[REST_BOOK] = good({"bid": [], "ask": [{"qty": "1", "price": "70000"}]})
    assert (await send_at_market(it)).success
    venue.stream("/orderbooks/").say(delta(2, a=[{"p": "64999", "q": "1", "c": "1"}]))
    assert (await send_at_market(it)).success
    assert prices(venue) == ["65489", "70525", "65487"]
    await it.disconnect()


async def test_a_market_order_without_any_book_is_not_sent(clock: VirtualClock) -> None:
    """No stream and no answer: refused for sure, because nothing left."""
    venue = taking()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    await clock.sleep(20)
    venue.rules[REST_BOOK] = ConnectivityError("no response")
    result = await send_at_market(it)
    assert (result.status, venue.sent(POST)) == (OrderStatus.REJECTED, [])
    assert "not sent" in result.error_message
    await it.disconnect()


async def test_a_collar_below_the_least_price_is_no_price(clock: VirtualClock) -> None:
    """A mark price far below a tick leaves nothing to pay: refused here, not signed for nothing."""
    venue = taking()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    frame = {"type": "MP", "data": {"m": "BTC-USD", "p": "0.5", "ts": 0}, "ts": 1, "seq": 1}
    venue.stream("/prices/mark/").say(frame)
    result = await send_at_market(it)
    assert (result.status, venue.sent(POST)) == (OrderStatus.REJECTED, [])
    await it.disconnect()


async def test_a_book_of_another_tick_bears_todays_prices(clock: VirtualClock) -> None:
    """Old orders between today's ticks are kept, and the first price on today's grid beside them is no gap."""
    venue = standing_venue()
    terms = {**BTC["tradingConfig"], "minPriceChange": "0.25"}
    venue.rules["GET /info/markets"] = good([{**BTC, "tradingConfig": terms}])
    venue.greeting = lambda stream: (
        stream.say(snapshot(b=[{"p": "100.1", "q": "1"}], a=[{"p": "101", "q": "1"}]))
        if "/orderbooks/" in stream.url
        else None
    )
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    venue.stream("/orderbooks/").say(delta(2, b=[{"p": "100.75", "q": "1", "c": "1"}]))
    bbo = it.top_of_book("BTC")
    assert bbo is not None
    assert bbo.bid == D("100.75")
    await it.disconnect()


# -- orders that wait ---------------------------------------------------------------------------------------


async def test_an_order_that_waits_too_long_is_not_sent(clock: VirtualClock) -> None:
    """The venue wants to be left alone for a minute: the order is refused soon, and never leaves later."""
    venue = taking()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    slow_down = {"status": "ERROR", "error": {"code": 429, "message": "too many"}}
    venue.rules["GET /user/balance"] = answer(slow_down, 429, **{"retry-after": "60"})
    with pytest.raises(VenueError):
        await it.get_balance()
    began = clock.now_ns()
    result = await send(it)
    assert (result.status, clock.now_ns() - began) == (OrderStatus.REJECTED, 5 * 10**9)
    assert "not sent" in result.error_message
    venue.stream("/orderbooks/").end()
    venue.rules[REST_BOOK] = good({"bid": [], "ask": []})
    venue.is_down = True
    began = clock.now_ns()
    assert (await send_at_market(it)).is_refused  # what has to be asked first may not take longer either
    assert clock.now_ns() - began == 5 * 10**9
    await clock.sleep(120)
    assert venue.sent(POST) == []
    assert (await send(it)).success
    await it.disconnect()


async def test_cancels_pass_orders_that_wait(clock: VirtualClock) -> None:
    """A burst that fills the budget: what was sent can be taken back at once, and what was not is refused."""
    venue = taking()
    venue.rules["DELETE /user/order"] = good()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    burst = [asyncio.create_task(send(it, str(key))) for key in range(1, 1001)]
    await clock.sleep(1)
    began = clock.now_ns()
    for key in range(1, 51):
        assert (await it.cancel_order("BTC", str(key))).success
    assert clock.now_ns() == began
    results = await asyncio.gather(*burst)
    assert clock.now_ns() - began <= 5 * 10**9
    refused = [result for result in results if not result.success]
    assert all(result.is_refused for result in refused)
    assert len(venue.sent(POST)) == len(results) - len(refused) < 900
    await it.disconnect()


# -- an order that came twice -------------------------------------------------------------------------------


async def test_an_id_that_the_venue_has_already_is_no_refusal(clock: VirtualClock) -> None:
    """Somebody on the way sent it twice: the second answer says 1134, and the order lives.

    That we do so ourselves is refused before anything is sent.
    """
    venue = standing_venue()
    venue.rules |= {POST: bad(1134, "duplicate"), "GET /user/orders/external/77": good([order()])}
    it = client(clock, venue)
    assert (await send(it)).status is OrderStatus.UNKNOWN
    info = await it.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is OrderStatus.OPEN
    assert (await send(it)).is_refused
    assert len(venue.sent(POST)) == 1


async def test_maintenance_is_no_answer_to_a_cancel(clock: VirtualClock) -> None:
    """The order may well be cancelled, only not now: it is asked for again. An order is refused for certain."""
    venue = standing_venue()
    venue.rules |= dict.fromkeys((POST, "DELETE /user/order", "POST /user/order/massCancel"), bad(1010, "later"))
    it = client(clock, venue)
    assert (await outcome(it.cancel_order("BTC", "77"))).status is OrderStatus.UNKNOWN
    assert (await outcome(it.cancel_all("BTC"))).status is OrderStatus.UNKNOWN
    assert (await send(it)).status is OrderStatus.REJECTED


async def test_money_that_cannot_be_gone(clock: VirtualClock) -> None:
    """The 404 that means an empty account is not believed of one that holds a position."""
    venue = standing_venue()
    held = {"market": "BTC-USD", "side": "LONG", "size": "0.5", "status": "OPENED"}
    venue.rules |= {"GET /user/balance": bad(404, "no balance", 404), "GET /user/positions": good([held])}
    it = client(clock, venue)
    await it.connect()
    with pytest.raises(VenueError, match="no money"):
        await it.get_balance()
