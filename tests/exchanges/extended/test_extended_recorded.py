"""Recorded books and trades through the code that reads them live."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import msgspec
from extended_scenes import context, standing_venue
from heard import Heard

from exchanges.extended.market_streams import changed_levels, whole_levels
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.extended.wire import BookFrame
from exchanges.level_book import LevelBook
from simulation.virtual_loop import VirtualClock

D = Decimal


def touch(feed: ExtendedPublicFeed) -> tuple[Decimal | None, Decimal | None] | None:
    """Give best bid and ask."""
    bbo = feed.top_of_book("BTC")
    return None if bbo is None else (bbo.bid, bbo.ask)


def recorded(shared_data: Path, name: str) -> list[bytes]:
    """Give recorded frames, one a line."""
    path = shared_data / "frames" / "extended" / name
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.splitlines()


def test_the_recorded_chain_rebuilds_a_true_book(shared_data: Path) -> None:
    """Snapshot and twenty deltas: numbered without a gap, never crossed, and every size equals the sum of changes."""
    frames = recorded(shared_data, "orderbook_frame_000.raw.json.gz")
    frames += recorded(shared_data, "orderbook_frames_001-020.raw.ndjson")
    read = [msgspec.json.decode(frame, type=BookFrame) for frame in frames]
    assert [frame.seq for frame in read] == list(range(1, 22))
    book, summed = LevelBook(D(1)), dict[tuple[str, Decimal], Decimal]()
    for frame in read:
        assert frame.data is not None
        take, levels = (book.snapshot, whole_levels) if frame.type == "SNAPSHOT" else (book.apply, changed_levels)
        take(levels(frame.data.b), levels(frame.data.a), frame.ts, frame.ts)
        assert not book.is_crossed
        assert not book.is_one_sided
        for side, entries in (("b", frame.data.b), ("a", frame.data.a)):
            for level in entries:
                key = (side, D(level.p))
                summed[key] = summed.get(key, D(0)) + D(level.q)
    whole = book.levels(10_000)
    for side, rebuilt in (("b", whole.bids), ("a", whole.asks)):
        wanted = {price: size for (of, price), size in summed.items() if of == side and size}
        assert {level.price: level.quantity for level in rebuilt} == wanted
    assert (book.bid_tick, book.ask_tick) == (61993, 61994)


async def test_the_recorded_chain_on_a_stream(clock: VirtualClock, shared_data: Path) -> None:
    """The same frames through the client: no gap, no unreadable frame, the same touch."""
    venue, heard = standing_venue(), Heard()
    frames = recorded(shared_data, "orderbook_frame_000.raw.json.gz")
    venue.greeting = lambda stream: stream.say(frames[0])
    feed = ExtendedPublicFeed(context(clock, venue))
    await feed.follow_book("BTC", heard.on_book)
    for frame in recorded(shared_data, "orderbook_frames_001-020.raw.ndjson"):
        venue.streams[0].say(frame)
    assert touch(feed) == (D(61993), D(61994))
    assert len(venue.streams) == 1
    assert len((await feed.fetch_order_book("BTC", 10_000)).bids) > 2_000
    await feed.disconnect()


async def test_recorded_trades_on_a_stream(clock: VirtualClock, shared_data: Path) -> None:
    """The replay of the last fifty is not told, the nine after it are, in their order."""
    venue, heard = standing_venue(), Heard()
    book_first, replay = venue.greeting, recorded(shared_data, "trades_frame_000.raw.json")[0]
    venue.greeting = lambda stream: stream.say(replay) if "publicTrades" in stream.url else book_first(stream)
    feed = ExtendedPublicFeed(context(clock, venue))
    await feed.subscribe("BTC", heard)
    for frame in recorded(shared_data, "trades_frames_001-020.raw.ndjson"):
        venue.stream("publicTrades").say(frame)
    assert len(heard.trades) == 9
    assert [trade.time_ns for trade in heard.trades] == sorted(trade.time_ns for trade in heard.trades)
    assert heard.trades[-1].trade_id == "2064909271497183242"
    await feed.disconnect()
