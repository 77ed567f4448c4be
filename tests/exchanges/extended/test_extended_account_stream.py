"""What the account's stream tells, to whom, and what counts as a gap."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from extended_samples import good, order, trade
from extended_scenes import API_KEY, OpenStream, ScriptedVenue, client, query, standing_venue
from heard import Heard

from exchanges.base import OrderStatus
from exchanges.extended.client import ExtendedClient
from exchanges.extended.funding_watch import next_look_ns
from helpers.errors import ConnectivityError
from simulation.virtual_loop import VirtualClock

D = Decimal
HOUR = 3600 * 10**9


async def heard_on(clock: VirtualClock) -> tuple[ExtendedClient, ScriptedVenue, Heard, Heard]:
    """Give a client subscribed to two markets, its venue, and what each listener heard."""
    venue, btc, eth = standing_venue(), Heard(), Heard()
    it = client(clock, venue)
    await it.subscribe("BTC", btc)
    await it.subscribe("ETH", eth)
    return it, venue, btc, eth


def say(venue: ScriptedVenue, seq: int, **data: Any) -> None:
    """Let the account's stream say something."""
    venue.stream("/v1/account").say({"type": "ANY", "data": data, "ts": 1, "seq": seq})


async def test_news_go_to_whom_they_concern(clock: VirtualClock) -> None:
    """Orders, executions and positions by market, money to all, one connection for the account."""
    it, venue, btc, eth = await heard_on(clock)
    say(venue, 1, orders=[order(), order("78", market="ETH-USD", id=5)], positions=[])
    say(venue, 2, trades=[trade(externalOrderId="77")])
    say(venue, 3, positions=[{"market": "BTC-USD", "side": "LONG", "size": "0.004", "status": "OPENED"}])
    say(venue, 4, balance={"collateralName": "USD", "balance": "5"})
    say(venue, 5, orders=[order(market="GOLD-USD")], positions=[], trades=[trade(7, market="GOLD-USD")])
    say(venue, 6, spotBalances=[{"asset": "USD"}])
    assert [info.client_order_id for info in btc.orders] == ["77"]
    assert [info.client_order_id for info in eth.orders] == ["78"]
    assert [(fill.client_order_id, fill.quantity) for fill in btc.fills] == [("77", D("0.004"))]
    assert (btc.positions[0].quantity, eth.positions) == (D("0.004"), [])
    assert (btc.balances[0].wallet, eth.balances[0].wallet) == (D(5), D(5))
    assert (btc.gaps, eth.gaps) == (0, 0)
    accounts = [stream for stream in venue.streams if stream.url.endswith("/v1/account")]
    assert len(accounts) == 1
    assert accounts[0].headers["X-Api-Key"] == API_KEY
    assert all("X-Api-Key" not in stream.headers for stream in venue.streams if stream is not accounts[0])
    await it.disconnect()
    assert not any(stream.is_open for stream in venue.streams)


async def test_a_late_refusal_comes_as_rejected(clock: VirtualClock) -> None:
    """Also with a reason and a status that nobody has seen before."""
    it, venue, btc, _ = await heard_on(clock)
    say(venue, 1, orders=[order(status="REJECTED", statusReason="POST_ONLY_FAILED"), order("78", status="TOMORROW")])
    assert [(info.status, info.reason) for info in btc.orders] == [
        (OrderStatus.REJECTED, "POST_ONLY_FAILED"),
        (OrderStatus.UNKNOWN, ""),
    ]
    await it.disconnect()


async def test_an_entry_that_cannot_be_read_hides_no_other(clock: VirtualClock) -> None:
    """What could be read is told, the rest is a gap; a malformed position never flattens one."""
    it, venue, btc, eth = await heard_on(clock)
    broken = {"market": "BTC-USD", "side": "LONG"}
    say(venue, 1, positions=[broken, {**broken, "size": "NaN"}, {**broken, "size": "1", "side": "?"}], orders=[order()])
    assert (len(btc.orders), btc.positions, btc.gaps, eth.gaps) == (1, [], 1, 1)
    assert len([stream for stream in venue.streams if stream.url.endswith("/v1/account")]) == 1
    await it.disconnect()


async def test_an_execution_whose_order_is_not_known_is_a_gap(clock: VirtualClock) -> None:
    """It is not told as nobody's: who compares reads it with its order. One of a known order is told."""
    it, venue, btc, _ = await heard_on(clock)
    say(venue, 1, trades=[trade(1)])
    assert (btc.fills, btc.gaps) == ([], 1)
    say(venue, 2, orders=[order()])
    say(venue, 3, trades=[trade(2)])
    assert [fill.client_order_id for fill in btc.fills] == ["77"]
    await it.disconnect()


async def test_a_break_is_told_once_it_is_over(clock: VirtualClock) -> None:
    """Not at the first connection; after each later one, once, to each listener."""
    it, venue, btc, eth = await heard_on(clock)
    stream = venue.stream("/v1/account")
    venue.is_down = True
    stream.end()
    await clock.sleep(10)
    assert btc.gaps == 0
    venue.is_down = False
    await clock.sleep(60)
    assert (btc.gaps, eth.gaps) == (1, 1)
    say(venue, 1, orders=[order()])
    assert (len(btc.orders), btc.gaps) == (1, 1)
    await it.disconnect()


async def test_a_missing_number_opens_the_stream_anew(clock: VirtualClock) -> None:
    """What the gap hid is told by nobody: the listener compares. A repeated frame is heard once."""
    it, venue, btc, _ = await heard_on(clock)
    say(venue, 1, orders=[order()])
    say(venue, 1, orders=[order()])
    assert len(btc.orders) == 1
    say(venue, 3, orders=[order("79")])
    await clock.sleep(5)
    assert (len(btc.orders), btc.gaps) == (1, 1)
    say(venue, 1, orders=[order("79")])
    assert len(btc.orders) == 2
    await it.disconnect()


async def test_a_first_frame_that_cannot_be_read_is_tried_again(clock: VirtualClock) -> None:
    """A connection that began with a gap never counts, and the next one does."""
    venue, btc = standing_venue(), Heard()
    before = venue.greeting

    def greet(stream: OpenStream) -> None:
        before(stream)
        if stream.url.endswith("/v1/account") and sum("account" in one.url for one in venue.streams) == 2:
            stream.say(b"{broken")

    venue.greeting = greet
    it = client(clock, venue)
    await it.subscribe("BTC", btc)
    venue.stream("/v1/account").end()
    await clock.sleep(60)
    assert sum("account" in one.url for one in venue.streams) == 3
    assert btc.gaps == 1
    say(venue, 1, orders=[order()])
    assert len(btc.orders) == 1
    await it.disconnect()


async def test_one_listener_for_two_markets_hears_a_gap_once(clock: VirtualClock) -> None:
    """Money too."""
    venue, both = standing_venue(), Heard()
    it = client(clock, venue)
    await it.subscribe("BTC", both)
    await it.subscribe("ETH", both)
    say(venue, 1, balance={"balance": "5"}, trades=[trade(1)])
    assert (both.gaps, len(both.balances)) == (1, 1)
    await it.disconnect()


async def test_no_frame_breaks_the_stream(clock: VirtualClock) -> None:
    """Five hundred frames with something wrong somewhere: no position is made up, and the stream comes back."""
    it, venue, btc, _ = await heard_on(clock)
    held = {"market": "BTC-USD", "side": "LONG", "size": "0.5", "status": "OPENED"}
    rng = random.Random(5)
    wrong: tuple[Any, ...] = (None, 5, "", "x", [], {}, -1e300, "NaN", True)
    for number in range(1, 501):
        data: dict[str, Any] = {"positions": [dict(held)], "orders": [order()], "trades": [trade(externalOrderId="7")]}
        entry = rng.choice([data, data["positions"][0], data["orders"][0], data["trades"][0]])
        entry[rng.choice(sorted(entry))] = rng.choice(wrong)
        venue.stream("/v1/account").say({"type": "ANY", "data": data, "ts": 1, "seq": number})
        await clock.sleep(0.1)
        if not venue.stream("/v1/account").is_open:
            await clock.sleep(60)
    await clock.sleep(120)
    assert {position.quantity for position in btc.positions} <= {D("0.5"), D(5)}
    assert len(btc.positions) > 200
    heard = len(btc.orders)
    venue.stream("/v1/account").end()
    await clock.sleep(120)
    say(venue, 1, orders=[order()])
    assert len(btc.orders) == heard + 1
    await it.disconnect()


# -- funding ------------------------------------------------------------------------------------------


def payment(number: int, paid_ns: int, **more: Any) -> dict[str, Any]:
    """Give a settlement as the venue tells it."""
    told = {"id": number, "market": "BTC-USD", "side": "LONG", "size": "1", "fundingFee": "0.8", "fundingRate": "0.1"}
    return {**told, "paidTime": paid_ns // 10**6, **more}


async def test_payments_are_told_once_after_the_hour(clock: VirtualClock) -> None:
    """Not those from before; a late one at the second look; a failed look is made good by the next."""
    it, venue, btc, eth = await heard_on(clock)
    start, path = clock.now_ns(), "GET /user/funding/history"
    hour = (start // HOUR + 1) * HOUR
    venue.rules[path] = good([payment(2, hour), payment(1, start - HOUR)])
    await clock.sleep((hour - start) / 10**9 + 21)
    assert [one.payment_id for one in btc.payments] == ["2"]
    assert btc.payments[0].amount == D("-0.8")
    assert query(venue.sent(path)[0])["startTime"] == str(start // 10**6)
    venue.rules[path] = good([payment(3, hour), payment(2, hour)])
    await clock.sleep(300)
    assert [one.payment_id for one in btc.payments] == ["2", "3"]
    venue.rules[path] = ConnectivityError("no response")
    await clock.sleep(3600)
    venue.rules[path] = good([payment(4, hour + HOUR)])
    await clock.sleep(3600)
    assert [one.payment_id for one in btc.payments] == ["2", "3", "4"]
    assert eth.payments == []
    await it.disconnect()
    asked = len(venue.asked)
    await clock.sleep(7200)
    assert len(venue.asked) == asked


def test_when_payments_are_looked_for() -> None:
    """Twenty seconds and five minutes after each full hour."""
    minute = 60 * 10**9
    assert next_look_ns(HOUR) == HOUR + 20 * 10**9
    assert next_look_ns(HOUR + 20 * 10**9) == HOUR + 5 * minute
    assert next_look_ns(HOUR + 6 * minute) == 2 * HOUR + 20 * 10**9
