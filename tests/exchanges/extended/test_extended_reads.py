"""Reading from a scripted venue: whole lists, true numbers, and no answer where there was none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from extended_samples import answer, bad, good, order, snapshot, trade
from extended_scenes import client, query, standing_venue
from heard import Heard

from exchanges.extended.client import ExtendedClient
from helpers.errors import BadPayload, ConnectivityError, VenueError, VenueRejected
from simulation.virtual_loop import VirtualClock

D = Decimal
CANCEL = "DELETE /user/order"


async def test_no_money_is_the_venues_404_and_nothing_else(clock: VirtualClock) -> None:
    """A 404 in the venue's envelope is zero; one of somebody on the way, or any other failure, raises."""
    venue = standing_venue()
    it = client(clock, venue)
    assert (await it.get_balance()).wallet == D("1000.5")
    venue.rules |= {"GET /user/balance": bad(404, "no balance", 404), "GET /user/positions": good([])}
    assert ((await it.get_balance()).wallet, (await it.get_balance()).equity) == (D(0), D(0))
    for failure in (answer(b"not found", 404), bad(500, "", 500), answer(b""), good(), good({"balance": "NaN"})):
        venue.rules["GET /user/balance"] = failure
        with pytest.raises((VenueRejected, ConnectivityError, BadPayload)):
            await it.get_balance()


async def test_positions(clock: VirtualClock) -> None:
    """Signed by their side; one on a market that is not listed keeps the venue's name; a closed one is none."""
    venue = standing_venue()
    it = client(clock, venue)
    await it.connect()
    each = {"market": "BTC-USD", "side": "SHORT", "size": "0.5", "status": "OPENED"}
    spot = {**each, "market": "GOLD-USD", "side": "LONG"}
    venue.rules["GET /user/positions"] = good([each, spot, {**each, "market": "ETH-USD", "status": "CLOSED"}])
    found = await it.get_account_positions()
    assert [(one.ticker, one.quantity) for one in found] == [("BTC", D("-0.5")), ("GOLD-USD", D("0.5"))]
    venue.rules["GET /user/positions"] = answer(b"[]")
    with pytest.raises(BadPayload):
        await it.get_account_positions()


async def test_markets_have_the_accounts_fees(clock: VirtualClock) -> None:
    """Those of a new account where there are no keys."""
    venue = standing_venue()
    told = [{"market": "BTC-USD", "makerFeeRate": "-0.00002", "takerFeeRate": "0.0002"}]
    venue.rules["GET /user/fees"] = good(told)
    it = client(clock, venue)
    market = await it.get_market("BTC")
    assert (market.maker_fee, market.taker_fee, market.exchange) == (D("-0.00002"), D("0.0002"), "extended")
    feed = ExtendedClient.public_feed(it.context)
    await feed.connect()
    assert (await feed.get_market("BTC")).taker_fee == D("0.00025")
    assert feed.tickers() == ("BTC", "ETH")
    assert (await it.get_funding_rate("BTC")).rate == D("-0.000034")
    await feed.disconnect()


async def test_a_book_without_a_stream_is_read(clock: VirtualClock) -> None:
    """Also when the stream's book is old."""
    venue = standing_venue()
    told = {"market": "BTC-USD", "bid": [{"qty": "1", "price": "9"}], "ask": [{"qty": "1", "price": "10"}]}
    venue.rules["GET /info/markets/BTC-USD/orderbook"] = good(told)
    it = client(clock, venue)
    assert it.top_of_book("BTC") is None
    assert (await it.fetch_order_book("BTC", 1)).bids[0].price == 9
    await it.subscribe("BTC", Heard())
    assert (await it.fetch_order_book("BTC", 1)).bids[0].price == 65000
    await clock.sleep(10)
    assert (await it.fetch_order_book("BTC", 1)).bids[0].price == 9
    await it.disconnect()


async def test_the_venues_clock(clock: VirtualClock) -> None:
    """The middle of the second in the Date header; else what a stream told last; else it is not known."""
    venue = standing_venue()
    path = "GET /info/markets/BTC-USD/stats"
    venue.rules[path] = answer({"status": "OK", "data": {}}, date="Thu, 01 Jan 2026 00:00:00 GMT")
    feed = ExtendedClient.public_feed(client(clock, venue).context)
    assert await feed.server_time_ns() == 1_767_225_600 * 10**9 + 5 * 10**8
    for silent in (good({}), answer({"status": "OK"}, date="yesterday")):
        venue.rules[path] = silent
        with pytest.raises(VenueError, match="did not tell its time"):
            await feed.server_time_ns()
    await feed.follow_book("BTC", Heard().on_book)
    venue.streams[0].say(snapshot(seq=2))
    assert await feed.server_time_ns() == 1_767_225_600_002 * 10**6
    await feed.disconnect()


async def test_lists_are_read_to_their_end(clock: VirtualClock) -> None:
    """Page after page by the venue's cursor, or by the last id of a full page that names none."""
    venue = standing_venue()

    def page(request: Any) -> Any:
        start = int(query(request).get("cursor", "0"))
        entries = [order(str(start + one), id=start + one) for one in range(1, 4)]
        return good(entries, pagination={"cursor": start + 3, "count": 3}) if start < 6 else good([])

    venue.rules["GET /user/orders"] = page
    it = client(clock, venue)
    assert [info.client_order_id for info in await it.get_active_orders("BTC")] == list("123456")
    assert query(venue.asked[-1])["market"] == "BTC-USD"
    full = [order(str(one), id=one) for one in range(1, 201)]
    venue.rules["GET /user/orders"] = lambda request: good([]) if "cursor" in query(request) else good(full)
    assert len(await it.get_active_orders("BTC")) == 200
    assert query(venue.asked[-1])["cursor"] == "200"
    venue.rules["GET /user/orders"] = lambda request: good(full, pagination={"cursor": len(venue.asked), "count": 200})
    with pytest.raises(BadPayload, match="no end"):
        await it.get_active_orders("BTC")


async def test_requests_stay_below_the_venues_limit(clock: VirtualClock) -> None:
    """A thousand reads take more than a minute, and a cancel still goes at once."""
    venue = standing_venue()
    venue.rules |= {CANCEL: good()}
    it = client(clock, venue)
    start = clock.now_ns()
    for _ in range(864):
        await it.get_balance()
    assert clock.now_ns() == start
    await it.cancel_order("BTC", "77")
    assert clock.now_ns() == start
    await it.get_balance()
    assert clock.now_ns() - start >= 59 * 10**9


async def test_fills_are_whole_and_ours(clock: VirtualClock) -> None:
    """Oldest first, each once, since a time, with our id by the order's number; what is foreign has none."""
    venue = standing_venue()
    base = 1_767_225_600_000
    foreign = trade(5, orderId=5, createdTime=base + 5)
    venue.rules["GET /user/trades"] = good([foreign, trade(3), trade(3), trade(2), trade(1)])
    venue.rules["GET /user/orders/1791389621914243072"] = good(order())
    it = client(clock, venue)
    with pytest.raises(ConnectivityError, match="not yet the order"):
        await it.fetch_fills("BTC", (base + 2) * 10**6)
    await clock.sleep(10)
    fills = await it.fetch_fills("BTC", (base + 2) * 10**6)
    assert [(fill.client_order_id, fill.time_ns // 10**6 - base) for fill in fills] == [("77", 2), ("77", 3), (None, 5)]
    await it.fetch_fills("BTC", 0)
    assert len(venue.sent("GET /user/orders/1791389621914243072")) == 1
    assert len(venue.sent("GET /user/orders/5")) == 2
    venue.rules["GET /user/trades"] = bad(500, "", 500)
    with pytest.raises(ConnectivityError):
        await it.fetch_fills("BTC", 0)
