"""Lighter's account stream on a scripted venue: tokens, news, history, interruptions, refusals that come late."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from heard import Heard
from lighter_payloads import ACCOUNT, NOW_MS, book, change, order, position, trade
from lighter_scenes import FakeLighter, connected, context

from exchanges.lighter.client import LighterClient
from exchanges.lighter.tx_hash import tx_hash
from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, Side
from helpers.errors import ConnectivityError
from simulation.virtual_loop import VirtualClock

D = Decimal
BOOK = "order_book/1"
ORDERS = f"account_all_orders/{ACCOUNT}"
TRADES = f"account_all_trades/{ACCOUNT}"


async def trading(clock: VirtualClock, *tickers: str) -> tuple[FakeLighter, LighterClient, Heard]:
    """Give a client that follows markets with one listener."""
    venue, client = await connected(clock)
    ear = Heard()
    for ticker in tickers or ("BTC",):
        await client.subscribe(ticker, ear)
    return venue, client, ear


async def test_the_account_is_subscribed_with_tokens(clock: VirtualClock) -> None:
    """Each subscription carries one that outlives the connection, for our account and key."""
    venue, client, _ = await trading(clock)
    told = [sent for sent in venue.stream_of(ORDERS).sent if sent["type"] == "subscribe"]
    assert [sent["channel"].split("/")[0] for sent in told] == [
        "account_all_orders",
        "account_all_trades",
        "account_all_positions",
        "user_stats",
        "account_all_assets",
        "account_all",
        "account_tx",
    ]
    for sent in told:
        expires, account, key, signature = sent["auth"].split(":")
        assert (account, key, len(signature)) == ("65", "5", 160)
        assert 6 * 3600 < int(expires) - clock.now_ns() // 10**9 <= 8 * 3600
    await client.disconnect()


async def test_tokens_are_renewed_before_they_end(clock: VirtualClock) -> None:
    """After six hours the connection is another one with new tokens, and the listener hears of it."""
    venue, client, ear = await trading(clock)
    for _ in range(6 * 60 + 5):
        await clock.sleep(60)
        for stream in venue.streams:
            if stream.is_open:
                stream.say({"type": "ping"})
    tokens = [
        int(sent["auth"].split(":")[0])
        for stream in venue.streams
        for sent in stream.sent
        if sent.get("channel") == ORDERS and "auth" in sent
    ]
    assert len(tokens) == 2
    assert tokens[1] - tokens[0] > 5 * 3600
    assert ear.gaps == 1
    await client.disconnect()


async def test_news_of_orders_go_to_their_market(clock: VirtualClock) -> None:
    """An order on BTC is told to who listens to BTC, with our id; one on another market is not."""
    venue, client, ear = await trading(clock)
    venue.update(ORDERS, {"orders": {"1": [order(1001)], "0": [order(1002, market_index=0)]}})
    assert [(info.client_order_id, info.status) for info in ear.orders] == [("1001", OrderStatus.OPEN)]
    await client.disconnect()


async def test_two_markets_have_two_listeners(clock: VirtualClock) -> None:
    """Each hears of its own, and both of money."""
    venue, client = await connected(clock)
    btc, eth = Heard(), Heard()
    await client.subscribe("BTC", btc)
    await client.subscribe("ETH", eth)
    venue.update(TRADES, {"trades": {"0": [trade(8, market_id=0)], "1": [trade(9)]}})
    venue.update(f"user_stats/{ACCOUNT}", {"stats": {**_money(), "collateral": "1001.000000"}})
    assert [fill.ticker for fill in btc.fills] == ["BTC"]
    assert [fill.ticker for fill in eth.fills] == ["ETH"]
    assert btc.balances[-1] == eth.balances[-1]
    assert len(venue.streams) == 2
    await client.disconnect()


def _money() -> dict[str, str]:
    return {"collateral": "1000.000000", "portfolio_value": "999.000000", "available_balance": "990.000000"}


async def test_history_is_no_news(clock: VirtualClock) -> None:
    """Trades of the first snapshot are not told; those of a later one are, from where the first ended."""
    venue, client, ear = await trading(clock)
    assert ear.fills == []
    venue.update(TRADES, {"trades": {"1": [trade(4)]}})
    venue.snapshots[TRADES] = {"trades": {"1": [trade(6), trade(3), trade(4), trade(5)]}}
    venue.stream_of(TRADES).end()
    await clock.sleep(3)
    assert [fill.trade_id for fill in ear.fills] == ["4", "4", "5", "6"]
    await client.disconnect()


async def test_positions_money_and_funding_are_told(clock: VirtualClock) -> None:
    """With their signs; what a frame does not name is not made flat; funding from before is history."""
    venue, client, ear = await trading(clock)
    assert [held.quantity for held in ear.positions] == [D("-0.002")]
    venue.update(f"account_all_positions/{ACCOUNT}", {"positions": {}})
    venue.update(f"account_all_positions/{ACCOUNT}", {"positions": {"1": position(sign=1), "0": position(market_id=0)}})
    assert [held.quantity for held in ear.positions] == [D("-0.002"), D("0.002")]
    fine = {"3": {"symbol": "USDC", "asset_id": 3, "margin_balance": "1000.000000456"}}
    venue.update(f"account_all_assets/{ACCOUNT}", {"assets": fine})
    assert (ear.balances[-1].wallet, ear.balances[-1].equity) == (D("1000.000000456"), D("999.000000456"))
    paid = {"timestamp": NOW_MS, "market_id": 1, "funding_id": 4, "change": "-0.5", "rate": "0.001"}
    venue.update(f"account_all/{ACCOUNT}", {"funding_histories": {"1": [paid], "0": [{**paid, "market_id": 0}]}})
    assert [(told.payment_id, told.amount) for told in ear.payments] == [("4", D("-0.5"))]
    await client.disconnect()


async def test_funding_is_read_after_each_hour(clock: VirtualClock) -> None:
    """Each settlement once, oldest first, whoever told it; a venue that does not answer is asked again."""
    venue, client, ear = await trading(clock)
    venue.refuse("positionFunding", 0, "", 503)
    await _pass(venue, clock, 3_630)
    paid = {"market_id": 1, "change": "-0.5", "rate": "0.001", "position_size": "1", "position_side": "long"}
    rows = [{**paid, "timestamp": 7_200, "funding_id": 5}, {**paid, "timestamp": 3_600, "funding_id": 4}]
    venue.answers["positionFunding"] = lambda _: (200, {"code": 200, "position_fundings": rows})
    venue.update(f"account_all/{ACCOUNT}", {"funding_histories": {"1": rows[1:]}})
    assert [told.payment_id for told in ear.payments] == ["4"]
    await _pass(venue, clock, 3_700)
    assert [told.payment_id for told in ear.payments] == ["4", "5"]
    assert len(venue.asked("positionFunding")) == 5
    await client.disconnect()
    await clock.sleep(4_000)
    assert len(venue.asked("positionFunding")) == 5


async def _pass(venue: FakeLighter, clock: VirtualClock, seconds: int) -> None:
    """Let time pass with the venue's pings."""
    for _ in range(seconds // 10):
        await clock.sleep(10)
        for stream in venue.streams:
            if stream.is_open:
                stream.say({"type": "ping"})


async def test_a_transaction_that_failed_rejects_its_order(clock: VirtualClock) -> None:
    """By its hash, in the sequencer's word; pending and executed ones, and orders that are over, are left alone."""
    venue, client, ear = await trading(clock)
    params = OrderParams(side=Side.BUY, quantity=D("0.001"), price=D(59000), intent="test")
    for key in ("1001", "1002", "1003"):
        assert (await client.place_order("BTC", key, params)).success
    venue.update(ORDERS, {"orders": {"1": [order(1003, status="filled")]}})
    ear.orders.clear()
    failed = {"status": 0, "event_info": msgspec.json.encode({"ae": "AppErrNotEnoughMargin"}).decode()}
    first, second, third = (tx_hash(304, kind, info) for kind, info in venue.sent_txs())
    rows = [
        {"hash": first, **failed},
        {"hash": second, "status": 2, "event_info": ""},
        {"hash": third, **failed},
        {"hash": "??", "status": 0},
    ]
    venue.update(f"account_tx/{ACCOUNT}", {"txs": rows})
    assert [(info.client_order_id, info.status, info.reason) for info in ear.orders] == [
        ("1001", OrderStatus.REJECTED, "AppErrNotEnoughMargin")
    ]
    assert (await client.cancel_order("BTC", "1001")).is_refused
    venue.update(f"account_tx/{ACCOUNT}", {"txs": [{"hash": second, "status": 0, "event_info": "?"}]})
    assert ear.orders[-1].reason == "failed"
    await client.disconnect()


async def test_without_the_fates_there_is_still_an_account(clock: VirtualClock) -> None:
    """A venue that does not answer that subscription delays the start, and no more."""
    venue = FakeLighter(clock)
    del venue.snapshots[f"account_tx/{ACCOUNT}"]
    client = LighterClient(context(clock), venue)
    await client.connect()
    await client.subscribe("BTC", Heard())
    assert client.top_of_book("BTC") is not None
    await client.disconnect()


async def test_without_the_account_there_is_no_subscription(clock: VirtualClock) -> None:
    """A refused token is told, and subscribing again works once the venue takes it; leaving closes everything."""
    venue = FakeLighter(clock)
    venue.errors[ORDERS] = {"error": {"code": 20013, "message": "invalid auth"}}
    client = LighterClient(context(clock), venue)
    await client.connect()
    with pytest.raises(ConnectivityError, match="invalid auth"):
        await client.subscribe("BTC", Heard())
    venue.errors.clear()
    ear = Heard()
    await client.subscribe("BTC", ear)
    venue.update(ORDERS, {"orders": {"1": [order(1001)]}})
    assert len(ear.orders) == 1
    await client.disconnect()
    assert not any(stream.is_open for stream in venue.streams)


async def test_an_interruption_is_told_when_all_is_back(clock: VirtualClock) -> None:
    """Once, to each listener, after the snapshots; not before every channel works again."""
    venue, client, ear = await trading(clock, "BTC", "ETH")
    venue.snapshots[ORDERS] = {"orders": {"1": [order(1001)]}}
    venue.stream_of(ORDERS).end()
    assert ear.gaps == 0
    await clock.sleep(3)
    assert ear.gaps == 1
    assert [info.client_order_id for info in ear.orders] == ["1001"]
    await client.disconnect()


async def test_an_unreadable_frame_of_the_account_is_a_gap(clock: VirtualClock) -> None:
    """It may have held anything: the channel is subscribed anew, and the listener looks for itself."""
    venue, client, ear = await trading(clock)
    venue.update(ORDERS, {"orders": {"1": [{"order_index": "?"}]}})
    venue.update(f"account_all_positions/{ACCOUNT}", {"positions": {"1": position(sign=7)}})
    await clock.sleep(3)
    assert ear.gaps >= 1
    assert [held.quantity for held in ear.positions] == [D("-0.002"), D("-0.002")]
    assert len(venue.streams) == 2
    await client.disconnect()


async def test_after_leaving_nothing_is_heard(clock: VirtualClock) -> None:
    """Streams are closed, and what still comes is nobody's."""
    venue, client, ear = await trading(clock)
    await client.disconnect()
    assert not any(stream.is_open for stream in venue.streams)
    heard = (len(ear.orders), ear.books, ear.gaps)
    venue.update(ORDERS, {"orders": {"1": [order(1001)]}})
    await clock.sleep(60)
    assert (len(ear.orders), ear.books, ear.gaps) == heard


async def test_a_book_alone_wakes_who_watches_it(clock: VirtualClock) -> None:
    """on_book for a change of the touch, in price or quantity, and for nothing behind it."""
    venue, client, ear = await trading(clock)
    heard = ear.books
    venue.update(BOOK, change(10, 11, bids=[("59990.0", "9")]))
    assert ear.books == heard
    venue.update(BOOK, change(11, 12, bids=[("60000.0", "9")]))
    assert ear.books == heard + 1
    venue.snapshots[BOOK] = book()
    await client.disconnect()
