"""Orders of the client against a scripted venue: each sent once, each outcome what the venue said and no more."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from paradex_samples import ORDER, buy
from paradex_scenes import FakeVenue, connected, query_of

from exchanges.base import Capability
from helpers.enums import OrderStatus
from helpers.errors import ConnectivityError, UserError
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus


async def test_an_order_is_sent_once_and_is_open(clock: VirtualClock) -> None:
    """The venue took it for its checks: open under both ids, at the price asked for."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    result = await client.place_order("BTC", "77", buy())
    assert (result.success, result.status, result.order_id, result.price) == (True, S.OPEN, "v77", D(80000))
    (asked,) = venue.requests("POST /orders")
    assert asked.headers["Content-Type"] == "application/json"
    assert msgspec.json.decode(asked.body)["signature_timestamp"] == clock.now_ns() // 10**6


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((400, {"error": "INVALID_ORDER_SIZE", "message": "no"}), S.REJECTED),
        ((400, {"error": "SYSTEM_STATUS_POST_ONLY", "message": "no"}), S.REJECTED),
        ((400, {"error": "INVALID_ORDER_SIGNATURE", "message": "no"}), S.REJECTED),
        ((400, {"error": "INTERNAL_ERROR", "message": "?"}), S.UNKNOWN),
        ((400, {"error": "DUPLICATED_CLIENT_ID", "message": "?"}), S.UNKNOWN),
        ((503, {"error": "SERVICE_UNAVAILABLE", "message": "?"}), S.UNKNOWN),
        ((504, b"<html>"), S.UNKNOWN),
        ((429, {"message": "slow down"}), S.UNKNOWN),
        ((201, b"{"), S.UNKNOWN),
        ((201, {**ORDER, "client_id": "78"}), S.UNKNOWN),
        (ConnectivityError("silence"), S.UNKNOWN),
        ((201, {**ORDER, "status": "CLOSED", "cancel_reason": "POST_ONLY_WOULD_CROSS"}), S.REJECTED),
        ((201, {**ORDER, "status": "CLOSED", "remaining_size": "0"}), S.FILLED),
        ((201, {**ORDER, "status": "BRAND_NEW"}), S.OPEN),
    ],
    ids=str,
)
async def test_an_answer_is_an_outcome(clock: VirtualClock, answer: Any, status: OrderStatus) -> None:
    """A definite refusal is one; everything else is unknown, and in no case is the order sent again."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("POST /orders", answer)
    result = await client.place_order("BTC", "77", buy())
    assert result.status is status
    assert result.is_refused == (status is S.REJECTED)
    assert len(venue.requests("POST /orders")) == 1


async def test_an_id_is_used_once_here_too(clock: VirtualClock) -> None:
    """A second order under one id is refused before it is sent."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await client.place_order("BTC", "77", buy())
    assert (await client.place_order("BTC", "77", buy())).is_refused
    assert len(venue.requests("POST /orders")) == 1


async def test_a_refusal_of_ours_uses_no_id(clock: VirtualClock) -> None:
    """An order that was never sent can be put right under its id."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    assert (await client.place_order("BTC", "77", buy("80000.05"))).is_refused
    assert venue.requests("POST /orders") == []
    assert (await client.place_order("BTC", "77", buy())).success


async def test_cancels_name_id_and_market(clock: VirtualClock) -> None:
    """By our id, with the market as a hint; all of one market and of no other; refusals are definite."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("DELETE /orders/by_client_id/77", (204, b""), (400, {"error": "ORDER_IS_CLOSED", "message": "over"}))
    venue.script("DELETE /orders", (204, b""))
    assert (await client.cancel_order("BTC", "77")).success
    assert (await client.cancel_order("BTC", "77")).is_refused
    assert (await client.cancel_all("ETH")).success
    assert [query_of(each.url) for each in venue.asked[-3:]] == [
        "market=BTC-USD-PERP", "market=BTC-USD-PERP", "market=ETH-USD-PERP",
    ]  # fmt: skip


async def test_a_market_that_closed_can_still_be_left(clock: VirtualClock) -> None:
    """An order on a market that is no longer traded is cancelled all the same."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await client.place_order("BTC", "77", buy())
    markets = client._market_feed.markets
    markets._by_ticker["BTC"] = msgspec.structs.replace(markets.find("BTC"), trading_mode="RFQ_ONLY")
    with pytest.raises(UserError, match="no order book"):
        await client.get_market("BTC")
    venue.script("DELETE /orders/by_client_id/77", (204, b""))
    assert (await client.cancel_order("BTC", "77")).success


def taken(request: Any) -> tuple[int, Any]:
    """Take a whole batch."""
    bodies = msgspec.json.decode(request.body)
    return 201, {"orders": [{**ORDER, "client_id": body["client_id"]} for body in bodies], "errors": None}


async def test_a_batch_goes_ten_at_a_time(clock: VirtualClock) -> None:
    """Twelve orders are two requests; one that is impossible is refused alone; results keep the order given."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.usual["POST /orders/batch"] = taken
    orders = [(str(number), buy("80000.05" if number == 3 else "80000")) for number in range(13)]
    results = await client.place_orders("BTC", orders)
    assert [result.client_order_id for result in results] == [client_id for client_id, _ in orders]
    assert [result.success for result in results] == [number != 3 for number in range(13)]
    assert [len(msgspec.json.decode(each.body)) for each in venue.requests("POST /orders/batch")] == [10, 2]


@pytest.mark.parametrize(
    ("answer", "statuses"),
    [
        ((400, {"error": "INVALID_ORDER_SIGNATURE", "message": "no"}), [S.REJECTED, S.REJECTED]),
        ((400, {"error": "DUPLICATED_CLIENT_ID", "message": "no"}), [S.UNKNOWN, S.UNKNOWN]),
        ((503, b""), [S.UNKNOWN, S.UNKNOWN]),
        ((201, b"{"), [S.UNKNOWN, S.UNKNOWN]),
        (
            (201, {"orders": [{**ORDER, "client_id": "1"}], "errors": [{"error": "X", "message": "no"}]}),
            [S.OPEN, S.REJECTED],
        ),
        (
            (201, {"orders": [], "errors": [{"error": "INTERNAL_ERROR"}, {"error": "DUPLICATED_CLIENT_ID"}]}),
            [S.UNKNOWN, S.UNKNOWN],
        ),
        ((201, {"orders": [], "errors": []}), [S.UNKNOWN, S.UNKNOWN]),
    ],
    ids=str,
)
async def test_each_order_of_a_batch_has_an_outcome(clock: VirtualClock, answer: Any, statuses: list[Any]) -> None:
    """Of the whole request where it failed, else of its own."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("POST /orders/batch", answer)
    results = await client.place_orders("BTC", [("1", buy()), ("2", buy())])
    assert [result.status for result in results] == statuses


async def test_several_cancels_are_one_request(clock: VirtualClock) -> None:
    """Each has its own outcome."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    told = [{"client_id": "1", "status": "QUEUED_FOR_CANCELLATION"}, {"client_id": "2", "status": "ALREADY_CLOSED"}]
    venue.script("DELETE /orders/batch", (200, {"results": told}))
    results = await client.cancel_orders(["1", "2"])
    assert [result.success for result in results] == [True, False]
    assert msgspec.json.decode(venue.asked[-1].body) == {"client_order_ids": ["1", "2"]}
    assert Capability.BATCH in client.capabilities
