"""What the venue says of orders, executions and positions: read completely, or an error."""

from __future__ import annotations

from decimal import Decimal

import pytest
from paradex_samples import FILL, ORDER, POSITION
from paradex_scenes import GONE, FakeVenue, connected, query_of

from helpers.enums import OrderStatus, Side
from helpers.errors import BadPayload, ConnectivityError, VenueRejected
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus


async def test_an_order_over_long_ago_is_found_in_the_history(clock: VirtualClock) -> None:
    """Not among the open ones is not unknown: the history knows it, and the newest of an id counts."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /orders/by_client_id/77", GONE)
    old = {**ORDER, "status": "CLOSED", "cancel_reason": "USER_CANCELED", "created_at": 1}
    new = {**ORDER, "status": "CLOSED", "remaining_size": "0", "created_at": 2}
    venue.script("GET /orders-history", (200, {"results": [old, new], "next": "more"}))
    info = await client.get_order_info("BTC", "77")
    assert info is not None
    assert info.status is S.FILLED
    assert query_of(venue.asked[-1].url) == "client_id=77&market=BTC-USD-PERP"


async def test_none_is_only_what_the_venue_never_had(clock: VirtualClock) -> None:
    """Both lists say no: None. A failed read, another refusal, or a filter that was not kept: an error."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /orders/by_client_id/9", *[GONE] * 3, (400, {"error": "VALIDATION_ERROR", "message": "?"}))
    venue.script("GET /orders-history", (200, {"results": []}), (502, b""), (200, {"results": [ORDER]}))
    assert await client.get_order_info("BTC", "9") is None
    for error in (ConnectivityError, BadPayload, VenueRejected):
        with pytest.raises(error):
            await client.get_order_info("BTC", "9")


async def test_resting_orders_are_those_of_the_market_that_live(clock: VirtualClock) -> None:
    """What the venue lists beside them is left out."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    others = [{**ORDER, "market": "ETH-USD-PERP"}, {**ORDER, "id": "z", "status": "CLOSED", "remaining_size": "0"}]
    venue.script("GET /orders", (200, {"results": [ORDER, *others]}), (503, b""))
    assert [info.client_order_id for info in await client.get_active_orders("BTC")] == ["77"]
    with pytest.raises(ConnectivityError):
        await client.get_active_orders("BTC")


async def test_executions_are_read_page_by_page(clock: VirtualClock) -> None:
    """All pages, oldest first, each once, none from before or of another market."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    pages = [
        {"results": [{**FILL, "id": "3", "created_at": 30}, {**FILL, "id": "2", "created_at": 20}], "next": "p2"},
        {"results": [{**FILL, "id": "2", "created_at": 20}, {**FILL, "id": "1", "created_at": 9}], "next": "p3"},
        {"results": [{**FILL, "id": "0", "created_at": 20, "market": "ETH-USD-PERP"}], "next": None},
    ]
    venue.script("GET /fills", *[(200, page) for page in pages])
    fills = await client.fetch_fills("BTC", 10_000_000)
    assert [fill.trade_id for fill in fills] == ["2", "3"]
    first, *_, last = [query_of(each.url) for each in venue.requests("GET /fills")]
    assert first == "market=BTC-USD-PERP&page_size=500&start_at=10"
    assert last.endswith("cursor=p3")


async def test_pages_that_never_end_are_an_error(clock: VirtualClock) -> None:
    """A cursor that comes again is not followed for ever."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.usual["GET /fills"] = lambda _: (200, {"results": [], "next": "again"})
    with pytest.raises(BadPayload, match="circle"):
        await client.fetch_fills("BTC", 0)


@pytest.mark.parametrize("client_id", ["", "9"])
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_makers_fill_of_an_unknown_order_is_looked_up(
    clock: VirtualClock, client_id: str, is_known: bool
) -> None:
    """One look, by our id where there is one, tells how the venue names sides; if none does, its word is taken."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    sample = {**FILL, "client_id": client_id, "liquidity": "MAKER"}
    venue.usual["GET /fills"] = lambda _: (
        200,
        {"results": [{**sample, "id": each, "order_id": each} for each in "12"]},
    )
    path = f"/orders/by_client_id/{client_id}" if client_id else "/orders/1"
    if is_known:
        venue.script(f"GET {path}", (200, {**ORDER, "id": "1", "client_id": client_id, "side": "SELL"}))
    found = await client.fetch_fills("BTC", 0)
    assert [fill.side for fill in found] == [Side.SELL if is_known else Side.BUY] * 2
    assert len(venue.requests(f"GET {path}")) == (2 if client_id and not is_known else 1)


async def test_positions_that_are_closed_are_none(clock: VirtualClock) -> None:
    """Flat ones are left out; one on a market that we do not list goes by the venue's name."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    others = [{**POSITION, "market": "ETH-USD-PERP", "status": "CLOSED"}, {**POSITION, "market": "SOL-OPTION"}]
    venue.script("GET /positions", (200, {"results": [POSITION, *others]}))
    held = await client.get_account_positions()
    assert [(each.ticker, each.quantity) for each in held] == [("BTC", D("-0.345")), ("SOL-OPTION", D("-0.345"))]
