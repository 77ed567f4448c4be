"""Books, marks and trades from the streams: gaps, repeats, what is believed and what is not; recorded frames."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from extended_samples import delta, snapshot
from extended_scenes import OpenStream, ScriptedVenue, context, standing_venue
from heard import Heard

from exchanges.extended.public import ExtendedPublicFeed
from helpers.errors import ConnectivityError
from simulation.virtual_loop import VirtualClock

D = Decimal


async def followed(clock: VirtualClock) -> tuple[ExtendedPublicFeed, ScriptedVenue, Heard]:
    """Give a feed that follows BTC, its venue and what it tells."""
    venue, heard = standing_venue(), Heard()
    feed = ExtendedPublicFeed(context(clock, venue))
    await feed.connect()
    await feed.follow_book("BTC", heard.on_book)
    return feed, venue, heard


def touch(feed: ExtendedPublicFeed) -> tuple[Any, Any] | None:
    """Give best bid and ask."""
    bbo = feed.top_of_book("BTC")
    return None if bbo is None else (bbo.bid, bbo.ask)


async def test_a_book_follows_its_changes(clock: VirtualClock) -> None:
    """A delta's `c` is the size now, whatever `q` says; zero removes; only a change of the touch is told."""
    feed, venue, heard = await followed(clock)
    stream, told = venue.stream("/v1/orderbooks/BTC-USD"), heard.books
    assert touch(feed) == (65000, 65001)
    stream.say(delta(2, b=[{"p": "65000.0", "q": "-0.5", "c": "0.5"}, {"p": "64990", "q": "9", "c": "9"}]))
    bbo = feed.top_of_book("BTC")
    assert bbo is not None
    assert (bbo.bid_quantity, bbo.venue_time_ns, heard.books - told) == (D("0.5"), 1_767_225_600_002 * 10**6, 1)
    stream.say(delta(3, b=[{"p": "64980", "q": "1", "c": "1"}]))
    assert heard.books - told == 1
    stream.say(delta(4, b=[{"p": "65000", "q": "-0.5", "c": "0"}]))
    assert touch(feed) == (64990, 65001)
    book = await feed.fetch_order_book("BTC", 5)
    assert [(level.price, level.quantity) for level in book.bids] == [(D(64990), D(9)), (D(64980), D(1))]
    assert venue.sent("GET /info/markets/BTC-USD/orderbook") == []
    await feed.disconnect()


async def test_a_gap_empties_the_book_until_a_new_connection(clock: VirtualClock) -> None:
    """A missing number means nothing more is believed on this connection, and the next begins with a snapshot."""
    feed, venue, heard = await followed(clock)
    stream = venue.stream("/v1/orderbooks/BTC-USD")
    stream.say(delta(2, b=[{"p": "64999", "q": "1", "c": "1"}]))
    told = heard.books
    stream.say(delta(4, b=[{"p": "65000", "q": "1", "c": "2"}]))
    assert touch(feed) is None
    assert heard.books > told
    stream.say(snapshot(seq=5))
    assert touch(feed) is None
    await clock.sleep(5)
    assert len(venue.streams) == 2
    assert touch(feed) == (65000, 65001)
    venue.streams[-1].say(delta(2, a=[{"p": "65001", "q": "-2", "c": "0"}, {"p": "65002", "q": "1", "c": "1"}]))
    assert touch(feed) == (65000, 65002)
    await feed.disconnect()


async def test_a_repeated_frame_changes_nothing(clock: VirtualClock) -> None:
    """The same number twice is passed over, and the chain goes on."""
    feed, venue, _ = await followed(clock)
    stream = venue.stream("/v1/orderbooks/BTC-USD")
    change = delta(2, b=[{"p": "65000", "q": "1", "c": "2"}])
    stream.say(change)
    stream.say(change)
    stream.say(delta(3, b=[{"p": "65000", "q": "1", "c": "3"}]))
    bbo = feed.top_of_book("BTC")
    assert bbo is not None
    assert (bbo.bid_quantity, len(venue.streams)) == (D(3), 1)
    await feed.disconnect()


async def test_the_minutely_snapshot_replaces_the_book(clock: VirtualClock) -> None:
    """It continues the numbers, and levels that it does not hold are gone."""
    feed, venue, _ = await followed(clock)
    stream = venue.stream("/v1/orderbooks/BTC-USD")
    stream.say(delta(2, b=[{"p": "65000", "q": "1", "c": "7"}]))
    stream.say(snapshot(seq=3, b=[{"p": "64000", "q": "1"}], a=[{"p": "64001", "q": "1"}]))
    assert touch(feed) == (64000, 64001)
    stream.say(delta(4, b=[{"p": "64000", "q": "-1", "c": "0"}]))
    assert touch(feed) == (None, 64001)
    await feed.disconnect()


@pytest.mark.parametrize(
    "broken",
    [
        b"{not json",
        b'{"type":"DELTA","data":{"m":"BTC-USD","b":[{"p":"1","q":"1"}],"a":[]},"ts":1,"seq":2}',
        b'{"type":"DELTA","data":{"m":"BTC-USD","b":[{"p":"x","q":"1","c":"1"}],"a":[]},"ts":1,"seq":2}',
        b'{"type":"DELTA","data":{"m":"ETH-USD","b":[],"a":[]},"ts":1,"seq":2}',
        b'{"type":"SNAPSHOT","ts":1,"seq":2}',
        b'{"type":"MYSTERY","data":{"m":"BTC-USD"},"ts":1,"seq":2}',
        b'{"error":"no such market","ts":1,"seq":2}',
    ],
)
async def test_a_frame_that_cannot_be_read_is_a_gap(clock: VirtualClock, broken: bytes) -> None:
    """What it would have told is missing: the book is empty at once, and whole again on the next connection."""
    feed, venue, _ = await followed(clock)
    venue.stream("/v1/orderbooks/BTC-USD").say(broken)
    assert touch(feed) is None
    await clock.sleep(5)
    assert (touch(feed), len(venue.streams)) == ((65000, 65001), 2)
    await feed.disconnect()


async def test_a_lost_connection_empties_the_book(clock: VirtualClock) -> None:
    """An old book is never taken for a new one."""
    feed, venue, _ = await followed(clock)
    venue.is_down = True
    venue.streams[-1].end()
    await clock.sleep(1)
    assert touch(feed) is None
    venue.is_down = False
    await clock.sleep(60)
    assert touch(feed) == (65000, 65001)
    await feed.disconnect()


async def test_a_silent_book_is_opened_anew(clock: VirtualClock) -> None:
    """A snapshot comes each minute; a connection that brings none is dead, however open it looks."""
    feed, venue, _ = await followed(clock)
    await clock.sleep(80)
    assert len(venue.streams) == 1
    await clock.sleep(20)
    assert len(venue.streams) == 2
    await feed.disconnect()


async def test_prices_between_todays_ticks_make_no_endless_gap(clock: VirtualClock) -> None:
    """Orders older than a change of the tick stand between the new ones: the book takes a finer grid."""
    feed, venue, _ = await followed(clock)
    stream = venue.stream("/v1/orderbooks/BTC-USD")
    stream.say(snapshot(seq=2, b=[{"p": "64999.50", "q": "1"}, {"p": "64999", "q": "1"}]))
    assert touch(feed) == (D("64999.5"), 65001)
    assert len(venue.streams) == 1
    stream.say(snapshot(seq=3, b=[{"p": "Infinity", "q": "1"}]))
    assert touch(feed) is None
    await feed.disconnect()


async def test_a_book_that_never_comes(clock: VirtualClock) -> None:
    """Who subscribes hears that nothing came, and nothing stays open."""
    venue = standing_venue()
    venue.greeting = lambda stream: None
    feed = ExtendedPublicFeed(context(clock, venue))
    with pytest.raises(ConnectivityError, match="orderbooks/BTC-USD"):
        await feed.follow_book("BTC", Heard().on_book)
    assert touch(feed) is None
    assert not any(stream.is_open for stream in venue.streams)
    await feed.disconnect()


# -- mark prices and trades ------------------------------------------------------------------------


async def test_a_mark_price_is_forgotten_when_it_is_old(clock: VirtualClock) -> None:
    """It counts for half a minute; its connection may be silent without being given up."""
    feed, venue, _ = await followed(clock)
    await feed.follow_mark("BTC")
    stream = venue.stream("/v1/prices/mark/BTC-USD")
    assert feed.mark_price("BTC") is None
    stream.say({"type": "MP", "data": {"m": "BTC-USD", "p": "65000.123456", "ts": 0}, "ts": 1, "seq": 1})
    assert feed.mark_price("BTC") == D("65000.123456")
    await clock.sleep(29)
    assert feed.mark_price("BTC") is not None
    await clock.sleep(2)
    assert feed.mark_price("BTC") is None
    await clock.sleep(600)
    assert stream.is_open
    await feed.disconnect()


def trades(seq: int, *ids: int, market: str = "BTC-USD") -> dict[str, Any]:
    """Give a frame of public trades."""
    each = [
        {"i": 2064908781480841219 + one, "m": market, "S": "SELL", "tT": "TRADE", "T": 5, "p": "1", "q": "2"}
        for one in ids
    ]
    return {"data": each, "ts": 6, "seq": seq}


async def test_each_trade_is_told_once(clock: VirtualClock) -> None:
    """Not what happened before anybody asked; after a break what was missed, and nothing twice."""
    venue, heard = standing_venue(), Heard()
    book_first = venue.greeting

    def greet(stream: OpenStream) -> None:
        book_first(stream)
        if "publicTrades" in stream.url:
            stream.say(trades(1, 1, 2) if len(venue.streams) == 2 else trades(1, 2, 3, 4))

    venue.greeting = greet
    feed = ExtendedPublicFeed(context(clock, venue))
    await feed.subscribe("btc", heard)
    await feed.subscribe("BTC", heard)
    venue.stream("publicTrades").say(trades(2, 3))
    venue.stream("publicTrades").end()
    await clock.sleep(5)
    venue.stream("publicTrades").say(trades(2, 4, 5))
    venue.stream("publicTrades").say(trades(3, 9, market="ETH-USD"))
    assert [int(trade.trade_id) - 2064908781480841219 for trade in heard.trades] == [3, 4, 5]
    assert heard.trades[0].taker_side is not None
    assert heard.trades[0].taker_side.name == "SELL"
    await feed.disconnect()
