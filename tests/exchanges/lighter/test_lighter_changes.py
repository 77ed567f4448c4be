"""Batches, changes and cancels through the Lighter client, and what is refused without being sent."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from heard import Heard
from lighter_payloads import ACCOUNT, order
from lighter_scenes import FakeLighter, connected, query_of

from exchanges.lighter.client import LighterClient
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
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


# -- batches ----------------------------------------------------------------------------------------


def batch_of(request: HttpRequest) -> list[dict[str, Any]]:
    """Read the transactions of a batch."""
    form = parse_qs(request.body.decode())
    assert msgspec.json.decode(form["tx_types"][0]) == [14] * len(msgspec.json.decode(form["tx_infos"][0]))
    return [msgspec.json.decode(text) for text in msgspec.json.decode(form["tx_infos"][0])]


async def test_orders_leave_in_batches_of_fifteen(clock: VirtualClock) -> None:
    """Numbered in a row over all batches, each with its own result, in the order asked for."""
    venue, client, _ = await trading(clock)
    venue.answers["sendTxBatch"] = lambda _: (200, {"code": 200, "tx_hash": []})
    wanted = [(str(2000 + place), buy(quantity=D("0.0001") if place == 3 else D("0.001"))) for place in range(20)]
    results = await client.place_orders("BTC", wanted)
    assert [result.client_order_id for result in results] == [key for key, _ in wanted]
    assert [result.success for result in results] == [place != 3 for place in range(20)]
    first, second = (batch_of(request) for request in venue.asked("sendTxBatch"))
    assert (len(first), len(second)) == (15, 4)
    assert [sent["Nonce"] for sent in first + second] == list(range(7, 26))
    assert (await client.place_order("BTC", "1001", buy())).success
    assert venue.sent_txs()[-1][1]["Nonce"] == 26
    assert len(venue.asked("nextNonce")) == 1
    await client.disconnect()


async def test_a_refused_batch_is_unknown(clock: VirtualClock) -> None:
    """The venue does not say that none of its orders was taken: each is asked about."""
    venue, client, _ = await trading(clock)
    venue.refuse("sendTxBatch", 21701, "invalid base amount")
    results = await client.place_orders("BTC", [("2001", buy()), ("2002", buy())])
    assert [result.status for result in results] == [S.UNKNOWN, S.UNKNOWN]
    await client.disconnect()


async def test_a_batch_that_cannot_be_signed_is_refused(clock: VirtualClock) -> None:
    """One price beyond the field: nothing leaves, no nonce is used, all ids are free."""
    venue, client, _ = await trading(clock)
    results = await client.place_orders("BTC", [("2001", buy()), ("2002", buy(price=((1 << 32) + 5) * D("0.1")))])
    assert [result.is_refused for result in results] == [True, True]
    assert venue.asked("sendTxBatch") == []
    assert (await client.place_order("BTC", "2001", buy())).success
    assert venue.sent_txs()[0][1]["Nonce"] == 7
    await client.disconnect()


async def test_an_id_twice_in_a_batch_is_sent_once(clock: VirtualClock) -> None:
    """The second is refused here."""
    venue, client, _ = await trading(clock)
    venue.answers["sendTxBatch"] = lambda _: (200, {"code": 200})
    await client.place_orders("BTC", [("2001", buy()), ("2001", buy())])
    assert len(batch_of(venue.asked("sendTxBatch")[0])) == 1
    await client.disconnect()


# -- changing and cancelling --------------------------------------------------------------------------


async def test_a_cancel_names_our_id(clock: VirtualClock) -> None:
    """Type 15 with the client order index; it says accepted, and no more."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    result = await client.cancel_order("BTC", "1001")
    assert (result.success, result.status, result.client_order_id) == (True, S.OPEN, "1001")
    kind, sent = venue.sent_txs()[-1]
    assert (kind, sent["MarketIndex"], sent["Index"]) == (15, 1, 1001)
    await client.disconnect()


async def test_a_change_carries_price_and_total(clock: VirtualClock) -> None:
    """Type 17 with our id; done when the stream tells the new terms; too small or off the grid is refused here."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    changing = asyncio.create_task(client.amend_order("BTC", "1001", D("58000"), D("0.002")))
    await clock.sleep(1)
    assert not changing.done()
    changed = order(1001, price="58000.0", initial_base_amount="0.00200")
    venue.update(f"account_all_orders/{ACCOUNT}", {"orders": {"1": [order(1001), changed]}})
    result = await changing
    assert (result.success, result.price) == (True, D(58000))
    kind, sent = venue.sent_txs()[-1]
    assert (kind, sent["Index"], sent["Price"], sent["BaseAmount"]) == (17, 1001, 580_000, 200)
    assert (await client.amend_order("BTC", "1001", D("58000"), D("0.00001"))).is_refused
    assert (await client.amend_order("BTC", "1001", D("58000.01"), D("0.002"))).is_refused
    assert len(venue.sent_txs()) == 2
    await client.disconnect()


async def test_what_is_over_or_unknown_cannot_be_changed(clock: VirtualClock) -> None:
    """An end that was told is remembered; an id nobody here sent is asked about; either way nothing is sent."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    venue.update(f"account_all_orders/{ACCOUNT}", {"orders": {"1": [order(1001, status="filled")]}})
    for key in ("1001", "4711", "entry"):
        assert (await client.cancel_order("BTC", key)).is_refused
        assert (await client.amend_order("BTC", key, D(58000), D("0.002"))).is_refused
    assert len(venue.sent_txs()) == 1
    assert {query_of(request)["client_order_indexes"] for request in venue.asked("accountOrders")} == {"4711"}
    await client.disconnect()


async def test_an_order_of_an_earlier_run_is_found_and_cancelled(clock: VirtualClock) -> None:
    """The venue knows it, so the cancel leaves; it is asked about once."""
    venue, client, _ = await trading(clock)
    venue.answers["accountOrders"] = lambda _: (200, {"code": 200, "orders": [order(1001)]})
    assert (await client.cancel_order("BTC", "1001")).success
    assert (await client.cancel_order("BTC", "1001")).success
    assert len(venue.asked("accountOrders")) == 1
    await client.disconnect()


async def test_cancelling_all_names_the_market(clock: VirtualClock) -> None:
    """Type 16, at once, with the market as attribute: no other market is touched, market 0 least of all."""
    venue, client, _ = await trading(clock)
    assert (await client.cancel_all("BTC")).success
    assert (await client.cancel_all("ETH")).success
    (kind, btc), (_, eth) = venue.sent_txs()
    assert (kind, btc["TimeInForce"], btc["Time"]) == (16, 0, 0)
    assert (btc["L2TxAttributes"], eth["L2TxAttributes"]) == ({"5": 1}, {"5": 0})
    await client.disconnect()


async def test_the_dead_man_switch_is_an_appointment(clock: VirtualClock) -> None:
    """A time on the run's clock, for all markets; called off with None; nonsense is refused."""
    venue, client, _ = await trading(clock)
    await client.set_dead_man_switch(60)
    await client.set_dead_man_switch(None)
    (_, set_at), (_, ended) = venue.sent_txs()
    assert (set_at["TimeInForce"], set_at["Time"]) == (1, clock.now_ns() // 10**6 + 60_000)
    assert (ended["TimeInForce"], ended["Time"], ended["L2TxAttributes"]) == (2, 0, None)
    with pytest.raises(UserError, match="dead-man"):
        await client.set_dead_man_switch(1)
    await client.disconnect()
