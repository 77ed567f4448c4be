"""Trading through the Lighter client on a scripted venue: orders, what comes of them, and what is never sent twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from heard import Heard
from lighter_payloads import MARKETS
from lighter_scenes import FakeLighter, connected, context

from exchanges.lighter.client import LighterClient
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from helpers.transport import HttpRequest
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus


def buy(**changes: Any) -> OrderParams:
    """A buy that rests."""
    fields = {"quantity": D("0.001"), "price": D("59000.5"), "intent": "test", **changes}
    return OrderParams(side=Side.BUY, **fields)


async def trading(clock: VirtualClock) -> tuple[FakeLighter, LighterClient, Heard]:
    """Give a client that follows BTC, its venue and its listener."""
    venue, client = await connected(clock)
    ear = Heard()
    await client.subscribe("BTC", ear)
    return venue, client, ear


# -- placing ----------------------------------------------------------------------------------------


async def test_an_order_leaves_signed_and_numbered(clock: VirtualClock) -> None:
    """As a form with type and content; its nonce is the venue's next, and the one after that follows by itself."""
    venue, client, _ = await trading(clock)
    first = await client.place_order("BTC", "1001", buy())
    second = await client.place_order("BTC", "1002", buy(post_only=True))
    assert (first.success, first.status, first.client_order_id, first.price) == (True, S.OPEN, "1001", D("59000.5"))
    assert second.success
    (kind, sent), (_, other) = venue.sent_txs()
    assert (kind, sent["Nonce"], other["Nonce"]) == (14, 7, 8)
    assert (sent["AccountIndex"], sent["ApiKeyIndex"], sent["MarketIndex"]) == (65, 5, 1)
    assert (sent["ClientOrderIndex"], sent["BaseAmount"], sent["Price"], sent["IsAsk"]) == (1001, 100, 590_005, 0)
    assert (sent["TimeInForce"], other["TimeInForce"]) == (1, 2)
    assert len(venue.asked("nextNonce")) == 1
    request = venue.asked("sendTx")[0]
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in request.headers
    await client.disconnect()


async def test_a_refusal_does_not_use_the_nonce(clock: VirtualClock) -> None:
    """The API refused before it looked: the next order has the same number, and the id is free again."""
    venue, client, _ = await trading(clock)
    good = venue.answers["sendTx"]
    venue.refuse("sendTx", 21739, "not enough margin to create the order")
    refused = await client.place_order("BTC", "1001", buy())
    assert refused.is_refused
    assert "not enough margin" in refused.error_message
    assert refused.client_order_id == "1001"
    venue.answers["sendTx"] = good
    assert (await client.place_order("BTC", "1001", buy())).success
    assert [sent["Nonce"] for _, sent in venue.sent_txs()] == [7, 7]
    assert len(venue.asked("nextNonce")) == 1
    await client.disconnect()


@pytest.mark.parametrize("status", [503, 429, 405])
async def test_a_lost_answer_is_unknown_and_sent_once(clock: VirtualClock, status: int) -> None:
    """Nothing is sent again; the next nonce is read anew, and the id stays used."""
    venue, client, _ = await trading(clock)
    good = venue.answers["sendTx"]
    venue.refuse("sendTx", 0, "", status)
    lost = await client.place_order("BTC", "1001", buy())
    assert (lost.success, lost.status) == (False, S.UNKNOWN)
    assert len(venue.sent_txs()) == 1
    venue.answers["sendTx"], venue.nonce = good, 8
    assert (await client.place_order("BTC", "1001", buy())).is_refused
    assert (await client.place_order("BTC", "1002", buy())).success
    assert [sent["Nonce"] for _, sent in venue.sent_txs()] == [7, 8]
    await client.disconnect()


async def test_a_refused_nonce_is_read_anew_and_signed_anew(clock: VirtualClock) -> None:
    """It says for sure that nothing was done: the order is signed for the right number, and is placed once."""
    venue, client, _ = await trading(clock)

    def picky(request: HttpRequest) -> tuple[int, Any]:
        _, sent = venue.sent_txs()[-1]
        if sent["Nonce"] == 12:
            return 200, {"code": 200, "tx_hash": "ab"}
        venue.nonce = 12
        return 400, {"code": 21104, "message": "invalid nonce"}

    venue.answers["sendTx"] = picky
    assert (await client.place_order("BTC", "1001", buy())).success
    assert [sent["Nonce"] for _, sent in venue.sent_txs()] == [7, 12]
    venue.refuse("sendTx", 21104, "invalid nonce")
    assert (await client.place_order("BTC", "1002", buy())).is_refused
    assert len(venue.sent_txs()) == 5
    await client.disconnect()


async def test_an_answer_that_says_nothing_is_unknown(clock: VirtualClock) -> None:
    """A page of HTML, or JSON without the venue's good code, is no acceptance; the next nonce is read anew."""
    venue, client, _ = await trading(clock)
    for place, body in enumerate((b"<html>", b"{}")):
        venue.answers["sendTx"] = lambda _, body=body: (200, body)  # type: ignore[misc]  # keeps its own body
        assert (await client.place_order("BTC", f"100{place}", buy())).status is S.UNKNOWN
    assert len(venue.asked("nextNonce")) == 2
    await client.disconnect()


async def test_without_a_nonce_nothing_is_sent(clock: VirtualClock) -> None:
    """The venue does not tell the next one: that is a sure no, and the id is free."""
    venue, client, _ = await trading(clock)
    venue.refuse("nextNonce", 0, "", 503)
    result = await client.place_order("BTC", "1001", buy())
    assert result.is_refused
    assert "nonce cannot be read" in result.error_message
    assert venue.sent_txs() == []
    venue.answers["nextNonce"] = lambda _: (200, {"code": 200, "nonce": 30})
    assert (await client.place_order("BTC", "1001", buy())).success
    assert venue.sent_txs()[0][1]["Nonce"] == 30
    await client.disconnect()


async def test_what_cannot_be_is_not_sent(clock: VirtualClock) -> None:
    """Below the minimum, off the grid, or on a market that only reduces: refused here, with the figure."""
    venue, client, _ = await trading(clock)
    small = await client.place_order("BTC", "1001", buy(quantity=D("0.0001")))
    assert small.is_refused
    assert "minimum of 0.0002" in small.error_message
    assert (await client.place_order("BTC", "1002", buy(price=D("59000.55")))).is_refused
    assert venue.sent_txs() == []
    await client.disconnect()


async def test_a_price_beyond_the_venues_field_is_refused(clock: VirtualClock) -> None:
    """2^32 + 5 ticks would be signed as five."""
    venue, client, _ = await trading(clock)
    result = await client.place_order("BTC", "1001", buy(price=((1 << 32) + 5) * D("0.1")))
    assert result.is_refused
    assert venue.sent_txs() == []
    await client.disconnect()


async def test_a_market_that_only_reduces_takes_nothing_else(clock: VirtualClock) -> None:
    """The line says so; closing is let through."""
    venue = FakeLighter(clock)
    listed = [{**MARKETS[0], "market_config": {"force_reduce_only": True}}]
    venue.answers["orderBookDetails"] = lambda _: (200, {"code": 200, "order_book_details": listed})
    client = LighterClient(context(clock), venue)
    await client.connect()
    assert "reduce-only" in (await client.place_order("BTC", "1001", buy())).error_message
    assert (await client.place_order("BTC", "1002", buy(reduce_only=True))).success
    await client.disconnect()


async def test_a_market_order_names_its_worst_price(clock: VirtualClock) -> None:
    """From the streamed touch; without a book nothing leaves."""
    venue, client, _ = await trading(clock)
    result = await client.place_order("BTC", "1001", buy(price=None, order_type=OrderType.MARKET))
    assert (result.success, result.price) == (True, None)
    _, sent = venue.sent_txs()[0]
    assert (sent["Type"], sent["TimeInForce"], sent["OrderExpiry"], sent["Price"]) == (1, 0, 0, 618_002)
    assert (await client.place_order("ETH", "1002", buy(price=None, quantity=D(1)))).is_refused
    await client.disconnect()
