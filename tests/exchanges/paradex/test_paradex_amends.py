"""Changes of orders: done when the venue says so, refused when it says so, and unknown in every other case."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from heard import Heard
from paradex_samples import ORDER, buy
from paradex_scenes import GONE, FakeVenue, connected, settle

from helpers.enums import OrderStatus
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus


async def trading(clock: VirtualClock) -> tuple[FakeVenue, Any, Heard]:
    """Give a client with its streams open and one order resting."""
    venue, heard = FakeVenue(clock), Heard()
    client = await connected(venue)
    await client.subscribe("BTC", heard)
    await client.place_order("BTC", "77", buy())
    return venue, client, heard


def resting(**changes: Any) -> dict[str, Any]:
    """Give the resting order with some fields changed."""
    return {**ORDER, "id": "v77", **changes}


async def amend(client: Any, venue: FakeVenue, *news: dict[str, Any]) -> Any:
    """Change the order to 0.02 at 81000, with these news of it on the stream; give the result."""
    task = asyncio.create_task(client.amend_order("BTC", "77", D(81000), D("0.02")))
    await settle(venue)
    for each in news:
        venue.private().news("orders.BTC-USD-PERP", each)
    return await task


async def test_a_change_is_done_when_the_stream_says_so(clock: VirtualClock) -> None:
    """The answer may show terms that do not hold yet; the order's id is in the path and in the body."""
    venue, client, _ = await trading(clock)
    changed = resting(price="81000", size="0.02", remaining_size="0.02")
    venue.script("PUT /orders/v77", (200, changed))
    result = await amend(client, venue, {**changed, "seq_no": 11})
    assert (result.success, result.status, result.price, result.order_id) == (True, S.OPEN, D(81000), "v77")
    (asked,) = venue.requests("PUT /orders/v77")
    assert msgspec.json.decode(asked.body)["id"] == "v77"
    await client.disconnect()


async def test_an_answer_that_shows_the_change_is_no_change(clock: VirtualClock) -> None:
    """The order filled while its change was queued: what the answer showed never was."""
    venue, client, _ = await trading(clock)
    venue.script("PUT /orders/v77", (200, resting(price="81000", size="0.02")))
    result = await amend(client, venue, resting(status="CLOSED", remaining_size="0", seq_no=11))
    assert result.is_refused
    await client.disconnect()


async def test_a_change_that_was_queued_is_awaited(clock: VirtualClock) -> None:
    """The order's next news decides; news of other orders and of other things do not."""
    venue, client, _ = await trading(clock)
    venue.script("PUT /orders/v77", (200, resting(request_info={"status": "PENDING"})))
    news = [
        {**ORDER, "id": "other", "price": "81000", "size": "0.02", "client_id": "5"},
        resting(seq_no=11),
        resting(seq_no=12, price="81000", size="0.020"),
    ]
    assert (await amend(client, venue, *news)).success
    assert venue.requests("GET /orders/by_client_id/77") == []
    await client.disconnect()


@pytest.mark.parametrize(
    ("news", "words"),
    [
        ({"request_info": {"status": "REJECTED", "message": "too small", "request_type": "MODIFY_ORDER"}}, "too small"),
        ({"status": "CLOSED", "cancel_reason": "USER_CANCELED"}, "over before"),
    ],
    ids=str,
)
async def test_a_change_may_be_refused_later(clock: VirtualClock, news: dict[str, Any], words: str) -> None:
    """The stream tells a refusal, or the order's end: a definite no."""
    venue, client, _ = await trading(clock)
    venue.script("PUT /orders/v77", (200, resting()))
    result = await amend(client, venue, resting(seq_no=11, **news))
    assert result.is_refused
    assert words in result.error_message
    await client.disconnect()


@pytest.mark.parametrize(("price", "status"), [("81000", S.OPEN), ("80000", S.UNKNOWN)])
async def test_a_silent_change_is_looked_at(clock: VirtualClock, price: str, status: OrderStatus) -> None:
    """No news within a moment: the order is read; if it stands as before, nobody knows yet."""
    venue, client, _ = await trading(clock)
    venue.script("PUT /orders/v77", (200, resting()))
    size = "0.02" if price == "81000" else "0.01"
    venue.script("GET /orders/by_client_id/77", (200, resting(price=price, size=size, remaining_size=size)))
    assert (await amend(client, venue)).status is status
    await client.disconnect()


@pytest.mark.parametrize("answer", [GONE, (503, b""), (403, {"error": "IP_NOT_ALLOWED", "message": "no"})], ids=str)
async def test_a_refused_look_is_no_refused_change(clock: VirtualClock, answer: Any) -> None:
    """The venue took the change; that the order cannot be read afterwards says nothing of it."""
    venue, client, _ = await trading(clock)
    venue.script("PUT /orders/v77", (200, resting()))
    venue.script("GET /orders/by_client_id/77", answer)
    venue.script("GET /orders-history", (200, {"results": []}))
    assert (await amend(client, venue)).status is S.UNKNOWN
    await client.disconnect()


async def test_an_order_of_an_earlier_run_is_looked_up_first(clock: VirtualClock) -> None:
    """Side and id come from the venue; one that it never had is a definite refusal."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    changed = {**ORDER, "client_id": "9", "price": "81000", "size": "0.02"}
    venue.script("GET /orders/by_client_id/9", (200, {**ORDER, "client_id": "9", "side": "SELL"}), (200, changed))
    venue.script("GET /orders-history", (200, {"results": []}))
    venue.script("PUT /orders/1681493746016001", (200, changed))
    assert (await client.amend_order("BTC", "9", D(81000), D("0.02"))).success
    assert msgspec.json.decode(venue.requests("PUT /orders/1681493746016001")[0].body)["side"] == "SELL"
    venue.script("GET /orders/by_client_id/10", GONE)
    assert (await client.amend_order("BTC", "10", D(81000), D("0.02"))).is_refused


async def test_what_cannot_be_signed_is_refused(clock: VirtualClock) -> None:
    """An id that does not fit the chain's numbers is a definite refusal, not a crash."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("GET /orders/by_client_id/9", (200, {**ORDER, "id": "x" * 40, "client_id": "9"}))
    result = await client.amend_order("BTC", "9", D(81000), D("0.02"))
    assert result.is_refused
    assert "cannot be signed" in result.error_message
