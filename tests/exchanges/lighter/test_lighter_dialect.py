"""A connection to Lighter's stream: the welcome, pings, shutdowns, and errors that name no message."""

from __future__ import annotations

import pytest
from lighter_payloads import change, stats
from lighter_scenes import FakeLighter, Watcher, context, on, watching

from exchanges.lighter.public import LighterPublicFeed
from helpers.errors import ConnectivityError
from simulation.virtual_loop import VirtualClock

BOOK = "order_book/1"


async def test_nothing_is_subscribed_before_the_welcome(clock: VirtualClock) -> None:
    """Channels go out with a slash, one after the other, after the venue's first word."""
    venue, feed, _ = await watching(clock)
    assert venue.streams[0].subscriptions() == ["order_book/1", "market_stats/1", "trade/1"]
    assert all("auth" not in told for told in venue.streams[0].sent)
    await feed.disconnect()


async def test_a_ping_is_answered_and_silence_is_broken(clock: VirtualClock) -> None:
    """A pong for a ping, and something from us at least every two minutes."""
    venue, feed, _ = await watching(clock)
    stream = venue.streams[0]
    stream.say({"type": "ping"})
    assert stream.sent[-1] == {"type": "pong"}
    for _ in range(4):
        await clock.sleep(30)
        venue.update("market_stats/1", stats())
    assert len([told for told in stream.sent if told["type"] == "pong"]) >= 3
    await feed.disconnect()


async def test_a_venue_that_will_close_is_left(clock: VirtualClock) -> None:
    """Another connection is opened and subscribed before the old one would end."""
    venue, feed, _ = await watching(clock)
    venue.streams[0].say({"type": "shutdown", "close_in_ms": 5000})
    await clock.sleep(2)
    assert len(venue.streams) == 2
    assert venue.streams[1].subscriptions() == venue.streams[0].subscriptions()
    assert feed.top_of_book("BTC") is not None
    await feed.disconnect()


async def test_a_subscription_the_venue_refuses_is_told(clock: VirtualClock) -> None:
    """The error names no message: it belongs to the oldest subscription without an answer."""
    venue = FakeLighter(clock)
    venue.errors[BOOK] = {"error": {"code": 30005, "message": "Invalid Channel"}}
    feed = LighterPublicFeed(on(context(clock), venue))
    await feed.connect()
    with pytest.raises(ConnectivityError, match="order_book:1 was refused: Invalid Channel"):
        await feed.subscribe("BTC", Watcher())
    assert feed.top_of_book("BTC") is None
    await feed.disconnect()


async def test_an_error_that_names_its_channel_is_its(clock: VirtualClock) -> None:
    """In either of the venue's two forms; one that belongs to nobody is nobody's."""
    venue = FakeLighter(clock)
    venue.errors[BOOK] = {"type": "error", "code": 30001, "message": "no: order_book:1"}
    feed = LighterPublicFeed(on(context(clock), venue))
    await feed.connect()
    with pytest.raises(ConnectivityError, match="order_book:1 was refused"):
        await feed.subscribe("BTC", Watcher())
    venue.streams[0].say({"error": {"code": 30010, "message": "Too Many Messages"}})
    venue.streams[0].say({"type": "update/order_book", "channel": "order_book:77", **change(1, 2)})
    await feed.disconnect()


async def test_subscribed_already_means_a_new_connection(clock: VirtualClock) -> None:
    """Without a snapshot there is no book: the connection is given up."""
    venue, feed, _ = await watching(clock)
    venue.streams[0].say({"error": {"code": 30003, "message": "Already Subscribed to : order_book:1"}})
    assert feed.top_of_book("BTC") is None
    await clock.sleep(2)
    assert len(venue.streams) == 2
    assert feed.top_of_book("BTC") is not None
    await feed.disconnect()
