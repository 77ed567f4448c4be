"""Lighter's public streams on a scripted venue: the welcome, errors, gaps, snapshots, trades, statistics."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from lighter_payloads import change, stats, trade
from lighter_scenes import FakeLighter, Watcher, context, on, watching

from exchanges.lighter.client import LighterClient
from exchanges.lighter.public import LighterPublicFeed
from helpers.errors import BadPayload, ConnectivityError, UserError
from simulation.virtual_loop import VirtualClock

D = Decimal
BOOK = "order_book/1"


# -- the book ---------------------------------------------------------------------------------------


async def test_a_gap_is_subscribed_anew(clock: VirtualClock) -> None:
    """Unsubscribed, subscribed, and no best price in between; the change after the snapshot joins again."""
    venue, feed, watcher = await watching(clock)
    venue.update(BOOK, change(10, 11, bids=[("60000.0", "9")]))
    heard = watcher.books
    venue.update(BOOK, change(12, 13, bids=[("60000.0", "8")]))
    assert feed.top_of_book("BTC") is None
    assert watcher.books == heard + 1
    assert [told["type"] for told in venue.streams[0].sent[-2:]] == ["unsubscribe", "subscribe"]
    venue.update(BOOK, change(13, 14, bids=[("60000.0", "7")]))
    assert feed.top_of_book("BTC") is None
    await clock.sleep(1)
    venue.update(BOOK, change(10, 12, bids=[("60000.0", "6")]))
    bbo = feed.top_of_book("BTC")
    assert bbo is not None
    assert bbo.bid_quantity == 6
    await feed.disconnect()


@pytest.mark.parametrize("payload", [change(10, 11, bids=[("?", "1")]), {}])
async def test_a_broken_change_is_a_gap(clock: VirtualClock, payload: dict[str, Any]) -> None:
    """The book is fetched anew, the connection goes on."""
    venue, feed, _ = await watching(clock)
    venue.update(BOOK, payload)
    assert feed.top_of_book("BTC") is None
    await clock.sleep(1)
    assert feed.top_of_book("BTC") is not None
    assert len(venue.streams) == 1
    await feed.disconnect()


async def test_a_lost_connection_loses_the_book(clock: VirtualClock) -> None:
    """No price is left standing; the next connection brings a new one."""
    venue, feed, watcher = await watching(clock)
    heard = watcher.books
    venue.streams[0].end()
    assert feed.top_of_book("BTC") is None
    assert watcher.books > heard
    await clock.sleep(3)
    assert feed.top_of_book("BTC") is not None
    await feed.disconnect()


async def test_a_book_that_stays_crossed_is_fetched_anew(clock: VirtualClock) -> None:
    """Statistics come now and then: a book that is crossed by then is wrong."""
    venue, feed, _ = await watching(clock)
    venue.update(BOOK, change(10, 11, bids=[("60001.0", "9")]))
    venue.update("market_stats/1", stats(mid_price="60000.0"))
    await clock.sleep(1)
    assert await _touch(feed) == (D(60000), D("60000.1"))
    await feed.disconnect()


async def _touch(feed: LighterPublicFeed) -> tuple[Decimal | None, Decimal | None]:
    bbo = feed.top_of_book("BTC")
    return (None, None) if bbo is None else (bbo.bid, bbo.ask)


async def test_a_silent_book_is_subscribed_anew(clock: VirtualClock) -> None:
    """Other channels go on: a lost subscription looks just like a quiet market."""
    venue, feed, _ = await watching(clock)
    for _ in range(8):
        await clock.sleep(10)
        venue.update("market_stats/1", stats())
    assert venue.streams[0].subscriptions().count(BOOK) == 2
    bbo = feed.top_of_book("BTC")
    assert bbo is not None
    assert clock.now_ns() - bbo.received_ns < 11 * 10**9
    await feed.disconnect()


# -- trades and statistics ------------------------------------------------------------------------------


async def test_trades_are_told_once_and_in_order(clock: VirtualClock) -> None:
    """Not those from before, liquidations among them by number, repetitions never, missed ones after a gap."""
    venue, feed, watcher = await watching(clock)
    assert watcher.trades == []
    venue.update("trade/1", {"trades": [trade(6), trade(4)], "liquidation_trades": [trade(5, type="liquidation")]})
    venue.update("trade/1", {"trades": [trade(6)]})
    assert [told.trade_id for told in watcher.trades] == ["4", "5", "6"]
    venue.snapshots["trade/1"] = {"trades": [trade(5), trade(6), trade(7)]}
    venue.streams[0].end()
    await clock.sleep(3)
    assert [told.trade_id for told in watcher.trades] == ["4", "5", "6", "7"]
    await feed.disconnect()


async def test_funding_comes_from_fresh_statistics_or_is_read(clock: VirtualClock) -> None:
    """Old ones are not believed; the list tells eight hours, of this venue and others."""
    venue, feed, _ = await watching(clock)
    rates = [
        {"market_id": 1, "exchange": "binance", "symbol": "BTC", "rate": 0.5},
        {"market_id": 1, "exchange": "lighter", "symbol": "BTC", "rate": 0.0001},
    ]
    venue.answers["funding-rates"] = lambda _: (200, {"code": 200, "funding_rates": rates})
    assert (await feed.get_funding_rate("BTC")).rate == D("0.000012")
    del venue.snapshots["market_stats/1"]
    await clock.sleep(400)
    assert (await feed.get_funding_rate("BTC")).rate == D("0.0000125")
    with pytest.raises(BadPayload, match="no funding rate of ETH"):
        await feed.get_funding_rate("ETH")
    await feed.disconnect()


async def test_a_book_without_a_stream_is_read_and_added_up(clock: VirtualClock) -> None:
    """Orders of one price are one level; no more levels than asked for."""
    venue, feed, _ = await watching(clock)
    asks = [("2000.01", "1"), ("2000.01", "2"), ("2000.02", "3")]
    rows = [{"price": price, "remaining_base_amount": size} for price, size in asks]
    venue.answers["orderBookOrders"] = lambda _: (200, {"code": 200, "asks": rows, "bids": []})
    found = await feed.fetch_order_book("ETH", 1)
    assert [(level.price, level.quantity) for level in found.asks] == [(D("2000.01"), D(3))]
    assert found.bids == ()
    await feed.disconnect()


async def test_without_a_transport_of_the_run_it_has_its_own(clock: VirtualClock) -> None:
    """Made when first needed, on real sockets, and closed with the feed."""
    feed = LighterPublicFeed(context(clock))
    assert type(feed.transport).__name__ == "SocketTransport"
    assert feed.transport is feed.transport
    await feed.disconnect()


async def test_a_feed_needs_no_keys(clock: VirtualClock) -> None:
    """Markets, time and books without any variable; two listeners on one market share its streams."""
    venue = FakeLighter(clock)
    feed = LighterClient.public_feed(on(context(clock, **dict.fromkeys(context(clock).environment, "")), venue))
    with pytest.raises(ConnectivityError, match="not connected"):
        feed.tickers()
    await feed.connect()
    assert feed.tickers() == ("BTC", "ETH", "SOL")
    assert await feed.server_time_ns() == clock.now_ns()
    one, two = Watcher(), Watcher()
    await feed.subscribe("BTC", one)
    await feed.subscribe("BTC", two)
    venue.update(BOOK, change(10, 11, bids=[("60000.0", "9")]))
    assert (one.books, two.books) == (2, 1)
    assert venue.streams[0].subscriptions().count(BOOK) == 1
    with pytest.raises(UserError, match="SOL cannot be traded"):
        await feed.get_market("SOL")
    await feed.disconnect()
    await feed.disconnect()
    assert not venue.is_closed
