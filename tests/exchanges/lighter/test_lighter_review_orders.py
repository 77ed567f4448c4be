"""What becomes of orders on Lighter when answers and news come early, late, twice, or not at all."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from heard import Heard
from lighter_front_scenes import only, scene, scene_on
from lighter_payloads import ACCOUNT, MARKETS, market, order, trade
from lighter_scenes import FakeLighter, connected

from exchanges.lighter.client import LighterClient
from exchanges.lighter.tx_hash import tx_hash
from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side, TimeInForce
from helpers.errors import BadPayload
from helpers.transport import HttpRequest
from simulation.servers.lighter.options import Tier
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock

D = Decimal
S = OrderStatus
ORDERS = f"account_all_orders/{ACCOUNT}"
FATES = f"account_tx/{ACCOUNT}"
FAILED = {"status": 0, "event_info": msgspec.json.encode({"ae": "AppErrNotEnoughMargin"}).decode()}


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


def hash_of(venue: FakeLighter, place: int) -> str:
    """Give the hash of a transaction that was sent."""
    kind, info = venue.sent_txs()[place]
    return tx_hash(304, kind, info)


# -- refusals that are told by the stream -------------------------------------------------------------


async def test_a_refusal_that_overtakes_the_answer_is_heard(clock: VirtualClock) -> None:
    """The sequencer's word may come before the API's: the order is refused, and does not seem to rest for a minute."""
    venue, client, ear = await trading(clock)

    def overtaken(_: HttpRequest) -> tuple[int, Any]:
        venue.update(FATES, {"txs": [{"hash": hash_of(venue, -1), **FAILED}]})
        return 200, {"code": 200, "tx_hash": hash_of(venue, -1)}

    venue.answers["sendTx"] = overtaken
    result = await client.place_order("BTC", "1001", buy())
    assert [(info.client_order_id, info.status) for info in ear.orders] == [("1001", S.REJECTED)]
    assert (result.is_refused, result.error_message) == (True, "AppErrNotEnoughMargin")
    await client.disconnect()


async def test_a_refusal_after_a_lost_answer_is_heard(clock: VirtualClock) -> None:
    """Nobody here was told the transaction's hash, and nobody needs to be: it is ours."""
    venue, client, ear = await trading(clock)
    venue.refuse("sendTx", 0, "", 503)
    assert (await client.place_order("BTC", "1001", buy())).status is S.UNKNOWN
    venue.update(FATES, {"txs": [{"hash": hash_of(venue, 0), **FAILED}]})
    assert [(info.client_order_id, info.status) for info in ear.orders] == [("1001", S.REJECTED)]
    await client.disconnect()


async def test_the_fate_of_a_refused_nonce_is_nobodys(clock: VirtualClock) -> None:
    """The order was signed anew and lives: that its first transaction failed says nothing of it."""
    venue, client, ear = await trading(clock)
    good = venue.answers["sendTx"]

    def picky(request: HttpRequest) -> tuple[int, Any]:
        venue.answers["sendTx"], venue.nonce = good, 12
        return 400, {"code": 21104, "message": "invalid nonce"}

    venue.answers["sendTx"] = picky
    assert (await client.place_order("BTC", "1001", buy())).success
    venue.update(FATES, {"txs": [{"hash": hash_of(venue, 0), **FAILED}]})
    assert ear.orders == []
    venue.update(FATES, {"txs": [{"hash": hash_of(venue, 1), **FAILED}]})
    assert [info.status for info in ear.orders] == [S.REJECTED]
    await client.disconnect()


async def test_an_id_that_is_taken_is_taken_by_this_order(clock: VirtualClock) -> None:
    """A proxy sent the request twice: nonce used, id used. That is no refusal, for the order rests."""
    venue, client, _ = await trading(clock)
    answers = iter([(400, {"code": 21104, "message": "invalid nonce"}), (400, {"code": 21728, "message": "exists"})])
    venue.answers["sendTx"] = lambda _: next(answers)
    assert (await client.place_order("BTC", "1001", buy())).status is S.UNKNOWN
    assert (await client.place_order("BTC", "1001", buy())).is_refused
    assert len(venue.sent_txs()) == 2
    await client.disconnect()


# -- changes --------------------------------------------------------------------------------------------


async def test_a_change_is_believed_when_it_is_told(clock: VirtualClock) -> None:
    """What fills while it is on its way fills on the old terms; an order that ended on them was not changed."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    changing = asyncio.create_task(client.amend_order("BTC", "1001", D(59000), D("0.0005")))
    await clock.sleep(0.1)
    venue.update(ORDERS, {"orders": {"1": [order(1001, filled_base_amount="0.00080")]}})
    await clock.sleep(0.1)
    assert not changing.done()
    venue.update(ORDERS, {"orders": {"1": [order(1001, filled_base_amount="0.00100", status="filled")]}})
    assert (await changing).is_refused
    await client.disconnect()


async def test_a_change_that_is_not_told_is_asked_about(clock: VirtualClock) -> None:
    """The sequencer may have refused what the API took: the answer is that nobody knows."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    start_ns = clock.now_ns()
    result = await client.amend_order("BTC", "1001", D(58000), D("0.002"))
    assert (result.success, result.status) == (False, S.UNKNOWN)
    assert clock.now_ns() - start_ns <= 5 * NS_PER_S
    assert len(venue.sent_txs()) == 2
    await client.disconnect()


async def test_a_change_that_the_sequencer_refuses_is_refused(clock: VirtualClock) -> None:
    """At its word, without asking: the order stands as it stood, and can be cancelled."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    changing = asyncio.create_task(client.amend_order("BTC", "1001", D(58000), D("0.002")))
    await clock.sleep(0.1)
    venue.update(FATES, {"txs": [{"hash": hash_of(venue, 1), **FAILED}]})
    result = await changing
    assert (result.is_refused, result.error_message) == (True, "Lighter: AppErrNotEnoughMargin [sequencer]")
    assert (await client.cancel_order("BTC", "1001")).success
    venue.update(FATES, {"txs": [{"hash": hash_of(venue, 1), **FAILED}]})
    await client.disconnect()


async def test_a_change_goes_through_the_speed_bump(clock: VirtualClock) -> None:
    """On the venue's simulator: answered once it was made, and not a moment sooner."""
    at = await scene(clock, tier=Tier.STANDARD)
    params = at.resting()
    assert params.price is not None
    await at.client.place_order("BTC", "1", params)
    await clock.sleep(1)
    start_ns = clock.now_ns()
    result = await at.client.amend_order("BTC", "1", params.price - 10, D("0.002"))
    assert result.success
    assert clock.now_ns() - start_ns >= NS_PER_S // 5
    info = await at.client.get_order_info("BTC", "1")
    assert info is not None
    assert (info.price, info.size) == (params.price - 10, D("0.002"))
    await at.client.disconnect()


# -- lost, and found again ---------------------------------------------------------------------------------


async def test_a_lost_reply_while_the_stream_is_down(clock: VirtualClock) -> None:
    """Nothing tells of the order: it is found by our id, its fill is read, and the gap is told once all is back."""
    at = await scene(clock)
    at.transport.cut()
    at.transport.refuses_streams = True
    await clock.sleep(0.01)
    at.transport.faults = only("sendTx", Fault(lose_reply=True))
    price = (await at.client.fetch_order_book("BTC", 1)).asks[0].price
    worst = (price * D("1.01")).quantize(D(1))
    taker = OrderParams(side=Side.BUY, quantity=D("0.001"), price=worst, intent="t", time_in_force=TimeInForce.IOC)
    assert (await at.client.place_order("BTC", "1", taker)).status is S.UNKNOWN
    info = await at.client.get_order_info("BTC", "1")
    assert info is not None
    assert info.status is S.FILLED
    (fill,) = await at.client.fetch_fills("BTC", 0)
    assert (fill.client_order_id, fill.quantity) == ("1", D("0.001"))
    assert at.heard.gaps == 0
    at.transport.refuses_streams = False
    await clock.sleep(60)
    assert at.heard.gaps == 1
    assert {told.trade_id for told in at.heard.fills} == {fill.trade_id}
    await at.client.disconnect()


async def test_a_request_that_was_lost_is_an_order_that_never_was(clock: VirtualClock) -> None:
    """And its nonce is free: the next order gets through."""
    at = await scene(clock)
    at.transport.faults = only("sendTx", Fault(lose_request=True))
    assert (await at.client.place_order("BTC", "1", at.resting())).status is S.UNKNOWN
    assert await at.client.get_order_info("BTC", "1") is None
    assert (await at.client.place_order("BTC", "2", at.resting())).success
    await clock.sleep(1)
    assert len(at.account.live) == 1
    await at.client.disconnect()


async def test_a_new_process_finds_what_rests(clock: VirtualClock) -> None:
    """By our ids: it reads, changes and cancels the orders of the one before it, and its nonces go on."""
    at = await scene(clock)
    for key in ("1", "2"):
        await at.client.place_order("BTC", key, at.resting())
    await clock.sleep(1)
    at = await at.again()
    info = await at.client.get_order_info("BTC", "1")
    assert info is not None
    assert info.status is S.OPEN
    assert info.price is not None
    assert (await at.client.amend_order("BTC", "1", info.price - 5, D("0.003"))).success
    assert (await at.client.cancel_order("BTC", "2")).success
    await clock.sleep(1)
    (left,) = await at.client.get_active_orders("BTC")
    assert (left.client_order_id, left.size) == ("1", D("0.003"))
    assert (await at.client.place_order("BTC", "3", at.resting())).success
    await at.client.disconnect()


async def test_fills_of_somebody_else_are_told_as_theirs(clock: VirtualClock) -> None:
    """A position opened by hand on our account: the fill comes with its own id, and the position is read."""
    at = await scene(clock)
    hand = await scene_on(at.front, clock, MemoryTransport(at.front, clock))
    entry = OrderParams(side=Side.SELL, quantity=D("0.002"), intent="by hand", order_type=OrderType.MARKET)
    assert (await hand.client.place_order("BTC", "777", entry)).success
    await clock.sleep(2)
    assert sum(fill.quantity for fill in at.heard.fills) == D("0.002")
    assert {fill.client_order_id for fill in at.heard.fills} == {"777"}
    assert (await at.client.position("BTC")).quantity == D("-0.002")
    assert at.heard.positions[-1].quantity == D("-0.002")
    assert {fill.trade_id for fill in at.heard.fills} == {
        fill.trade_id for fill in await at.client.fetch_fills("BTC", 0)
    }
    await at.client.disconnect()
    await hand.client.disconnect()


async def test_a_position_can_be_left_while_the_book_is_down(clock: VirtualClock) -> None:
    """A market order without a streamed book takes its worst price from a read; if that fails, nothing leaves."""
    at = await scene(clock)
    at.transport.cut()
    at.transport.refuses_streams = True
    await clock.sleep(0.01)
    assert at.client.top_of_book("BTC") is None
    entry = OrderParams(side=Side.BUY, quantity=D("0.001"), intent="out", order_type=OrderType.MARKET)
    assert (await at.client.place_order("BTC", "1", entry)).success
    await clock.sleep(1)
    assert (await at.client.position("BTC")).quantity == D("0.001")
    at.transport.faults = only("orderBookOrders", Fault(lose_request=True))
    assert (await at.client.place_order("BTC", "2", entry)).is_refused
    await at.client.disconnect()


# -- answers that say nothing ---------------------------------------------------------------------------


async def test_an_answer_without_a_code_is_no_empty_answer(clock: VirtualClock) -> None:
    """Something between the venue and us says {}: no order is lost, no position flat and no fill missing by that."""
    venue, client, _ = await trading(clock)
    for name in ("accountOrders", "accountActiveOrders", "trades"):
        venue.answers[name] = lambda _: (200, {})
    for reading in (
        client.get_order_info("BTC", "1001"),
        client.get_active_orders("BTC"),
        client.fetch_fills("BTC", 0),
    ):
        with pytest.raises(BadPayload):
            await reading
    money = {"collateral": "1", "available_balance": "1", "index": ACCOUNT}
    venue.answers["account"] = lambda _: (200, {"code": 200, "accounts": [money]})
    with pytest.raises(BadPayload):
        await client.position("BTC")
    await client.disconnect()


# -- terms ----------------------------------------------------------------------------------------------


async def test_a_scale_that_changes_is_taken_over(clock: VirtualClock) -> None:
    """The terms are read every hour: the same quantity is ten times as many units then, and not a tenth of itself."""
    venue, client, _ = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    listed = [market(size_decimals=6, price_decimals=2), *MARKETS[1:]]
    venue.answers["orderBookDetails"] = lambda _: (200, {"code": 200, "order_book_details": listed})
    await clock.sleep(3_700)
    await client.place_order("BTC", "1002", buy())
    (_, before), (_, after) = venue.sent_txs()
    assert (before["BaseAmount"], before["Price"]) == (100, 590_005)
    assert (after["BaseAmount"], after["Price"]) == (1_000, 5_900_050)
    venue.answers["orderBookDetails"] = lambda _: (200, {"code": 200, "order_book_details": [market(), market()]})
    await clock.sleep(3_700)
    assert (await client.place_order("BTC", "1003", buy())).success
    await client.disconnect()


async def test_a_market_that_is_listed_no_more_can_be_left(clock: VirtualClock) -> None:
    """It has another name now: nothing new is sent there, what rests is cancelled, what is held is held, and told."""
    venue, client, ear = await trading(clock)
    await client.place_order("BTC", "1001", buy())
    listed = [market("XBT"), *MARKETS[1:]]
    venue.answers["orderBookDetails"] = lambda _: (200, {"code": 200, "order_book_details": listed})
    venue.answers["accountActiveOrders"] = lambda _: (200, {"code": 200, "orders": [order(1001)]})
    await clock.sleep(3_700)
    assert (await client.place_order("BTC", "1002", buy())).is_refused
    assert [info.client_order_id for info in await client.get_active_orders("BTC")] == ["1001"]
    assert (await client.cancel_order("BTC", "1001")).success
    assert venue.sent_txs()[-1][1]["MarketIndex"] == 1
    assert (await client.position("BTC")).quantity == D("-0.002")
    venue.update(f"account_all_trades/{ACCOUNT}", {"trades": {"1": [trade(77)]}})
    assert [(fill.trade_id, fill.ticker) for fill in ear.fills] == [("77", "BTC")]
    await client.disconnect()


@pytest.mark.parametrize("decimals", [0, 9])
async def test_a_market_order_of_a_very_low_or_high_price(clock: VirtualClock, decimals: int) -> None:
    """A touch of one tick, and one of four billion ticks: the worst price stays within the venue's field."""
    venue, client = await connected(clock)
    tick = D(1).scaleb(-decimals)
    listed = [market(price_decimals=decimals, min_quote_amount="0")]
    venue.answers["orderBookDetails"] = lambda _: (200, {"code": 200, "order_book_details": listed})
    await client.connect()
    for ticks, side, sent in ((1, Side.SELL, 1), (1, Side.BUY, 2), (4_294_967_295, Side.BUY, None)):
        levels = [{"price": str(tick * ticks), "remaining_base_amount": "9"}]
        venue.answers["orderBookOrders"] = lambda _, found=levels: (200, {"code": 200, "asks": found, "bids": found})  # type: ignore[misc]  # keeps its own
        params = OrderParams(side=side, quantity=D(1), intent="test", order_type=OrderType.MARKET)
        result = await client.place_order(
            "BTC", str(ticks) + side.value.replace("buy", "7").replace("sell", "8"), params
        )
        assert result.success is (sent is not None), result.error_message
        if sent is not None:
            assert venue.sent_txs()[-1][1]["Price"] == sent
    await client.disconnect()
