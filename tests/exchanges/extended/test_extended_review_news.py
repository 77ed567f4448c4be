"""News that is late, missing or malformed: no execution is nobody's by mistake, and no silence lasts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from extended_samples import bad, good, order, trade
from extended_scenes import client, query, standing_venue
from extended_simulator import Scene, on_simulator
from heard import Heard

from exchanges.base import OrderStatus
from exchanges.reads import read
from helpers.enums import OrderType
from helpers.errors import BadPayload, ConnectivityError
from helpers.transport import HttpRequest, HttpResponse
from simulation.virtual_loop import VirtualClock

D = Decimal
TRADES = "GET /user/trades"
BY_ID, BY_NUMBER = "GET /user/orders/external/77", "GET /user/orders/1791389621914243072"


# -- executions -------------------------------------------------------------------------------------------


async def test_an_execution_listed_before_its_order_is_not_nobodys(clock: VirtualClock) -> None:
    """The answer to our order was lost, the list of executions is ahead of that of orders: asked again, then ours."""
    venue = standing_venue()
    executed = trade(1, createdTime=clock.now_ns() // 10**6)
    venue.rules |= {TRADES: good([executed]), BY_NUMBER: bad(404, "not found", 404)}
    it = client(clock, venue)
    with pytest.raises(ConnectivityError, match="not yet the order"):
        await it.fetch_fills("BTC", 0)
    await clock.sleep(1)
    venue.rules[BY_NUMBER] = good(order(status="FILLED", filledQty="0.01"))
    (fill,) = await it.fetch_fills("BTC", 0)
    assert fill.client_order_id == "77"


@pytest.mark.parametrize("ahead_s", [-3600, 0, 3600])
async def test_an_execution_without_an_order_is_nobodys_soon(clock: VirtualClock, ahead_s: int) -> None:
    """Whatever it is of and whatever the venue's clock says, it holds nothing up for long."""
    await clock.sleep(7200)
    venue = standing_venue()
    venue.rules[TRADES] = good([trade(1, createdTime=clock.now_ns() // 10**6 + ahead_s * 1000)])
    it = client(clock, venue)
    if ahead_s >= 0:
        with pytest.raises(ConnectivityError):
            await it.fetch_fills("BTC", 0)
        await clock.sleep(10)
    (fill,) = await it.fetch_fills("BTC", 0)
    assert fill.client_order_id is None


async def test_a_liquidation_is_known_at_once(clock: VirtualClock) -> None:
    """It has no order to wait for, and what is held has changed."""
    venue = standing_venue()
    venue.rules[TRADES] = good([trade(1, createdTime=clock.now_ns() // 10**6, tradeType="LIQUIDATION")])
    (fill,) = await client(clock, venue).fetch_fills("BTC", 0)
    assert fill.client_order_id is None


async def test_what_filled_before_we_listened_is_filled(clock: VirtualClock) -> None:
    """An order of an earlier run, half of it filled then, leaves the archive: its end knows of that half."""
    venue = standing_venue()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    told = order(status="PARTIALLY_FILLED", filledQty="0.004")
    venue.stream("/v1/account").say({"type": "ORDER", "data": {"orders": [told]}, "ts": 1, "seq": 1})
    venue.rules |= {BY_ID: good([]), TRADES: good([])}
    await clock.sleep(60)
    info = await read(lambda: it.get_order_info("BTC", "77"))
    assert info is not None
    assert (info.status, info.filled_size) == (OrderStatus.CANCELLED, D("0.004"))
    await it.disconnect()


async def test_one_look_that_misses_a_living_order_ends_nothing(clock: VirtualClock) -> None:
    """A server that lags behind lists our order nowhere for a moment: it is not called over, then or much later."""
    venue = standing_venue()
    it = client(clock, venue)
    await it.subscribe("BTC", Heard())
    venue.stream("/v1/account").say({"type": "ORDER", "data": {"orders": [order()]}, "ts": 1, "seq": 1})
    for _ in range(3):
        await clock.sleep(60)
        venue.rules |= {BY_ID: good([]), TRADES: good([])}
        with pytest.raises(ConnectivityError):
            await it.get_order_info("BTC", "77")
        venue.rules[BY_ID] = good([order()])
        info = await it.get_order_info("BTC", "77")
        assert info is not None
        assert info.status is OrderStatus.OPEN
    await it.disconnect()


def test_a_stream_that_says_nothing_more_is_opened_anew() -> None:
    """The connection stands and tells nothing: the first execution that only REST knows ends it, and the next is told.

    While nothing is missing, comparing changes nothing.
    """

    async def check(scene: Scene) -> None:
        await scene.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(60)
        opened = scene.transport.streams[-1]
        assert len(await scene.client.fetch_fills("BTC", 0)) == len(scene.heard.fills) == 1
        await scene.clock.sleep(10)
        assert (scene.heard.gaps, opened in scene.transport.streams) == (0, True)
        for stream in scene.transport.streams:
            stream.is_silent = True
        key, _ = await scene.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(30)
        assert len(scene.heard.fills) == 1
        told = await scene.client.fetch_fills("BTC", 0)
        assert [fill.client_order_id for fill in told][1:] == [key]
        await scene.clock.sleep(60)
        assert scene.heard.gaps == 1
        await scene.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(5)
        assert len(scene.heard.fills) == 2
        await scene.client.fetch_fills("BTC", 0)
        await scene.clock.sleep(60)
        assert scene.heard.gaps == 1

    on_simulator(check)


async def test_many_executions_are_told_apart_by_the_page(clock: VirtualClock) -> None:
    """A thousand orders of an earlier run: whose each execution is comes with a few pages, not a thousand looks."""
    venue, numbers = standing_venue(), range(1, 1001)
    closed = [order(str(number), id=number) for number in reversed(numbers)]
    executed = [trade(number, orderId=number, createdTime=10**12 + number) for number in reversed(numbers)]
    venue.rules |= {TRADES: paged(executed), "GET /user/orders/history": paged(closed)}
    fills = await client(clock, venue).fetch_fills("BTC", 0)
    assert [fill.client_order_id for fill in fills] == [str(number) for number in numbers]
    assert len(venue.asked) < 20


def paged(entries: list[dict[str, Any]]) -> Callable[[HttpRequest], HttpResponse]:
    """Give a list as the venue does: a page at a time, newest first, from below a cursor."""

    def answer(request: HttpRequest) -> HttpResponse:
        asked = query(request)
        below = [entry for entry in entries if entry["id"] < int(asked.get("cursor", 2**63))]
        return good(below[: int(asked["limit"])])

    return answer


async def test_funding_of_a_long_outage_is_told_in_the_end(clock: VirtualClock) -> None:
    """Five hours without an answer: all five payments are told afterwards, each once."""
    hour = 3600 * 10**9
    venue, heard, path = standing_venue(), Heard(), "GET /user/funding/history"
    it = client(clock, venue)
    await it.subscribe("BTC", heard)
    venue.rules[path] = ConnectivityError("no response")
    first = (clock.now_ns() // hour + 1) * hour
    await clock.sleep(5 * 3600)
    told = {"market": "BTC-USD", "side": "LONG", "size": "1", "fundingFee": "0.8", "fundingRate": "0.1"}
    paid = [{**told, "id": one + 1, "paidTime": (first + one * hour) // 10**6} for one in range(5)]
    venue.rules[path] = lambda request: good(
        [each for each in reversed(paid) if each["paidTime"] >= int(query(request)["startTime"])]
    )
    await clock.sleep(2 * 3600)
    assert [payment.payment_id for payment in heard.payments] == ["1", "2", "3", "4", "5"]
    await it.disconnect()


# -- numbers that are none ---------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["openPrice", "markPrice", "liquidationPrice"])
async def test_a_position_with_a_price_that_is_none(clock: VirtualClock, field: str) -> None:
    """It is a gap on the stream and an error on REST: no figure that is no number gets in."""
    venue, heard = standing_venue(), Heard()
    it = client(clock, venue)
    await it.subscribe("BTC", heard)
    held = {"market": "BTC-USD", "side": "LONG", "size": "0.5", "status": "OPENED", field: "NaN"}
    venue.stream("/v1/account").say({"type": "POSITION", "data": {"positions": [held]}, "ts": 1, "seq": 1})
    assert (heard.positions, heard.gaps) == ([], 1)
    venue.rules["GET /user/positions"] = good([held])
    with pytest.raises(BadPayload):
        await it.get_account_positions()
    await it.disconnect()


@pytest.mark.parametrize("field", ["equity", "availableForTrade", "initialMargin"])
async def test_money_that_is_no_number(clock: VirtualClock, field: str) -> None:
    """The balance raises."""
    venue = standing_venue()
    venue.rules["GET /user/balance"] = good({"balance": "5", field: "Infinity"})
    with pytest.raises(BadPayload):
        await client(clock, venue).get_balance()
