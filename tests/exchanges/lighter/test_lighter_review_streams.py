"""Lighter's streams over hours: tokens that end, connections that close, channels that do not come back, clocks."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from heard import Heard
from lighter_front_scenes import Scene, scene
from lighter_payloads import ACCOUNT, NOW_MS, trade
from lighter_scenes import FakeLighter, connected

from exchanges.lighter.client import LighterClient
from exchanges.lighter.tokens import AuthTokens
from helpers.clock import NS_PER_S
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from simulation.servers.lighter.options import Tier
from simulation.virtual_loop import VirtualClock

D = Decimal
FATES = f"account_tx/{ACCOUNT}"


async def trading(clock: VirtualClock) -> tuple[FakeLighter, LighterClient, Heard]:
    """Give a client that follows two markets, its venue and its listener."""
    venue, client = await connected(clock)
    ear = Heard()
    for ticker in ("BTC", "ETH"):
        await client.subscribe(ticker, ear)
    return venue, client, ear


async def hears_its_order(at: Scene, key: str) -> bool:
    """Place and cancel an order; whether the stream told both."""
    assert (await at.client.place_order("BTC", key, at.resting())).success
    await at.clock.sleep(1)
    assert (await at.client.cancel_order("BTC", key)).success
    await at.clock.sleep(1)
    told = [info.status for info in at.heard.orders if info.client_order_id == key]
    return OrderStatus.OPEN in told and told[-1] is OrderStatus.CANCELLED


# -- hours -------------------------------------------------------------------------------------------


async def test_a_day_with_tokens_that_end_after_minutes_and_hours(clock: VirtualClock) -> None:
    """Each read carries a token that is still good, each subscription one that outlives its connection."""
    venue, client, ear = await trading(clock)
    venue.answers["accountActiveOrders"] = lambda _: (200, {"code": 200, "orders": []})
    subscribed: list[tuple[int, int]] = []
    for _ in range(26 * 60):
        await clock.sleep(60)
        now_s = clock.now_ns() // NS_PER_S
        for stream in venue.streams:
            if stream.is_open:
                stream.say({"type": "ping"})
        await client.get_active_orders("BTC")
        assert int(venue.requests[-1].headers["authorization"].split(":")[0]) >= now_s + 60
        told = [sent for stream in venue.streams if stream.is_open for sent in stream.sent if "auth" in sent]
        subscribed += [(now_s, int(sent["auth"].split(":")[0])) for sent in told]
    assert subscribed
    assert all(now_s + 60 < ends_s <= now_s + 8 * 3600 for now_s, ends_s in subscribed)
    assert ear.gaps == 4
    assert sum(stream.is_open for stream in venue.streams) == 2
    await client.disconnect()


async def test_a_deployment_is_a_gap_and_no_end(clock: VirtualClock) -> None:
    """The venue announces that it closes: the next connection is there at once, the gap is told, orders are heard."""
    at = await scene(clock)
    at.front.shut_down()
    at.front.venue.changed()
    await clock.sleep(20)
    assert at.heard.gaps >= 1
    assert await hears_its_order(at, "1")
    await at.client.disconnect()


async def test_a_half_open_stream_shows_no_fresh_book(clock: VirtualClock) -> None:
    """Nothing comes and nothing ends: the book keeps its age, and another connection is opened."""
    at = await scene(clock)
    for stream in at.transport.streams:
        stream.is_silent = True
    before = at.client.top_of_book("BTC")
    await clock.sleep(50)
    still = at.client.top_of_book("BTC")
    assert before is not None
    assert still is None or still.received_ns == before.received_ns
    await clock.sleep(150)
    after = at.client.top_of_book("BTC")
    assert after is not None
    assert clock.now_ns() - after.received_ns < 20 * NS_PER_S
    assert at.heard.gaps >= 1
    assert await hears_its_order(at, "1")
    await at.client.disconnect()


# -- interruptions -------------------------------------------------------------------------------------


async def test_a_gap_is_told_though_the_fates_never_come_back(clock: VirtualClock) -> None:
    """That channel is a help and no more: what depends on the others must not wait for it."""
    venue, client, ear = await trading(clock)
    del venue.snapshots[FATES]
    venue.errors[FATES] = {"error": {"code": 30005, "message": "Invalid Channel"}}
    venue.stream_of(FATES).end()
    await clock.sleep(5)
    assert ear.gaps == 1
    venue.stream_of(FATES).end()
    await clock.sleep(5)
    assert ear.gaps == 2
    await client.disconnect()


async def test_fates_that_were_missed_are_a_gap_of_their_own(clock: VirtualClock) -> None:
    """A frame of theirs that cannot be read may have held a refusal."""
    venue, client, ear = await trading(clock)
    venue.update(FATES, {"txs": [{"hash": 7}]})
    await clock.sleep(5)
    assert ear.gaps == 1
    await client.disconnect()


async def test_a_liquidation_is_an_execution_of_ours(clock: VirtualClock) -> None:
    """Wherever the venue lists it in a frame."""
    venue, client, ear = await trading(clock)
    seized = trade(99, type="liquidation", bid_client_id=0)
    venue.update(f"account_all_trades/{ACCOUNT}", {"trades": {}, "liquidation_trades": {"1": [seized]}})
    assert [(fill.trade_id, fill.client_order_id) for fill in ear.fills] == [("99", None)]
    await client.disconnect()


async def test_an_error_names_the_longest_channel(clock: VirtualClock) -> None:
    """`order_book:12` holds `order_book:1`: the refusal is not the shorter one's."""
    venue, client, _ = await trading(clock)
    streams = len(venue.streams)
    dialect = client._feed._dialect
    assert dialect is not None
    refused: list[str] = []
    dialect.channel("order_book", 12, lambda _: True)
    dialect.stream.refused = lambda name, _: refused.append(name)  # type: ignore[method-assign]  # listens in
    venue.stream_of("order_book/1").say({"error": {"code": 30005, "message": "Invalid Channel order_book:12"}})
    assert refused == ["order_book:12"]
    assert len(venue.streams) == streams
    await client.disconnect()


# -- funding ---------------------------------------------------------------------------------------------


def settlement(market_id: int, **changes: Any) -> dict[str, Any]:
    """A settlement of the coming hour, the same number on every market."""
    hour_s = (NOW_MS // 1000 // 3600 + 1) * 3600
    return {
        "timestamp": hour_s,
        "market_id": market_id,
        "funding_id": 5,
        "change": "-0.10",
        "rate": "0.0001",
        **changes,
    }


async def test_settlements_of_two_markets_are_two(clock: VirtualClock) -> None:
    """Nothing says that their numbers differ: each market's is told, and each once, wherever it was heard of."""
    venue, client, ear = await trading(clock)
    rows = [settlement(1), settlement(0)]
    venue.answers["positionFunding"] = lambda _: (200, {"code": 200, "position_fundings": rows})
    told = {"1": [settlement(1)], "0": settlement(0)}
    venue.update(f"account_all/{ACCOUNT}", {"funding_histories": told})
    await clock.sleep(7_300)
    assert sorted(payment.ticker for payment in ear.payments) == ["BTC", "ETH"]
    await client.disconnect()


@pytest.mark.parametrize("body", [b"<html>", b'{"code":200,"position_fundings":[{"market_id":1}]}', None])
async def test_the_hourly_look_outlives_whatever_it_meets(clock: VirtualClock, body: bytes | None) -> None:
    """A page of HTML, half a row, a bug: the next hour is looked at all the same."""
    venue, client, ear = await trading(clock)

    def broken(_: object) -> tuple[int, Any]:
        if body is None:
            raise RuntimeError("a bug")
        return 200, body

    venue.answers["positionFunding"] = broken
    await clock.sleep(3_700)
    assert ear.payments == []
    venue.answers["positionFunding"] = lambda _: (200, {"code": 200, "position_fundings": [settlement(1)]})
    await clock.sleep(3_700)
    assert [payment.amount for payment in ear.payments] == [D("-0.10")]
    await client.disconnect()


# -- the stop ----------------------------------------------------------------------------------------------


async def test_nothing_that_waits_leaves_after_the_stop(clock: VirtualClock) -> None:
    """Orders in line for their budget are refused when their turn comes, changes too; what reduces goes on."""
    at = await scene(clock, tier=Tier.STANDARD)
    params = at.resting()
    assert params.price is not None
    for key in range(1, 25):
        assert (await at.client.place_order("BTC", str(key), params)).success
    await clock.sleep(53)
    orders = [asyncio.create_task(at.client.place_order("BTC", str(key), params)) for key in range(30, 45)]
    await clock.sleep(1)
    waiting = [order for order in orders if not order.done()]
    there = len(at.account.known)
    assert waiting
    at.client.only_reduce()
    change = await at.client.amend_order("BTC", "1", params.price - 5, D("0.001"))
    results = await asyncio.gather(*waiting)
    assert change.is_refused
    assert all(result.is_refused for result in results)
    assert {result.error_message for result in results} == {"the bot is stopping [not sent]"}
    assert len(at.account.known) == there
    close = OrderParams(side=Side.SELL, quantity=D("0.001"), intent="c", order_type=OrderType.MARKET, reduce_only=True)
    await at.client.place_order("BTC", "99", close)
    assert at.transport.requests[-1].path.endswith("sendTx")
    await at.client.disconnect()


class SteppingClock:
    """A clock that somebody sets."""

    def __init__(self, now_s: int) -> None:
        self.now_s = now_s

    def now_ns(self) -> int:
        return self.now_s * NS_PER_S


def test_a_clock_that_steps_back_makes_no_token_last() -> None:
    """The venue's clock did not step: a token made before is not used for the hour it seems to have left."""
    clock = SteppingClock(10_000)
    tokens = AuthTokens(clock, str)  # type: ignore[arg-type]  # nothing here waits
    assert [tokens.for_request(), tokens.for_request()] == ["10600", "10600"]
    clock.now_s -= 3_600
    assert tokens.for_request() == "7000"
    clock.now_s += 479
    assert tokens.for_request() == "7000"
    clock.now_s += 1
    assert tokens.for_request() == "7480"
