"""Public streams of a simulated market: changes chain from one snapshot to the next, trades are the tape's."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MS, NO_DELAY, START_NS, S, make_venue, walk_tape

from simulation.servers.market_feed import Levels, MarketFeed, Ticker
from simulation.tape import RowKind


def applied(levels: Levels, changes: Levels) -> Levels:
    """Put changed levels onto known ones."""
    merged = {**levels, **changes}
    return {price: quantity for price, quantity in merged.items() if quantity}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), steps=st.lists(st.integers(1, 5_000), min_size=1, max_size=40))
def test_changes_lead_from_one_snapshot_to_the_next(seed: int, steps: list[int]) -> None:
    """A book that applies every change to the first snapshot equals each later snapshot, number by number."""
    venue = make_venue(walk_tape(seed, 300), NO_DELAY)
    feed = MarketFeed(venue, "BTC")
    first = feed.snapshot()
    bids, asks, number, now = dict(first.bids), dict(first.asks), first.number, START_NS
    for step in steps:
        now += step * MS
        venue.advance_to(now)
        changes = feed.changes()
        if changes is not None:
            number += 1
            assert changes.number == number
            bids, asks = applied(bids, changes.bids), applied(asks, changes.asks)
        snapshot = feed.snapshot()
        assert (snapshot.bids, snapshot.asks, snapshot.number) == (bids, asks, number)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), steps=st.lists(st.integers(1, 20_000), min_size=1, max_size=20))
def test_every_trade_is_told_once_and_in_order(seed: int, steps: list[int]) -> None:
    """However often the feed is asked, it tells the tape's trades up to now, each once, numbered from one."""
    tape = walk_tape(seed, 300)
    venue = make_venue(tape, NO_DELAY)
    feed, told, now = MarketFeed(venue, "BTC"), [], START_NS
    for step in steps:
        now += step * MS
        venue.advance_to(now)
        told += feed.trades()
    (chunk,) = tape.chunks()
    wanted = [
        row for row in range(len(chunk)) if chunk.kind[row] != RowKind.QUOTE and START_NS < chunk.time_ns[row] <= now
    ]
    assert [trade.time_ns for trade in told] == [chunk.time_ns[row] for row in wanted]
    assert [trade.number for trade in told] == list(range(1, len(told) + 1))
    scale = venue.core.market("BTC").scale
    assert [trade.price for trade in told] == [scale.price(chunk.price[row]) for row in wanted]


def test_a_feed_that_begins_late_tells_nothing_old() -> None:
    """Trades from before the feed began are not told."""
    venue = make_venue(walk_tape(3, 300), NO_DELAY)
    venue.advance_to(START_NS + 30 * S)
    feed = MarketFeed(venue, "BTC")
    assert feed.trades() == ()
    venue.advance_to(START_NS + 60 * S)
    assert all(trade.time_ns > START_NS + 30 * S for trade in feed.trades())


def test_a_ticker_keeps_time_until_it_is_stopped() -> None:
    """It acts each interval, starting twice is starting once, and a stop and start leave one rhythm only."""
    venue = make_venue(walk_tape(random.Random(1).randrange(99), 300), NO_DELAY)
    seen: list[int] = []
    ticker = Ticker(venue, 50 * MS, lambda: seen.append((venue.core.now_ns - START_NS) // MS))
    ticker.start()
    ticker.start()
    venue.advance_to(START_NS + 200 * MS)
    assert seen == [50, 100, 150, 200]
    ticker.stop()
    venue.advance_to(START_NS + 210 * MS)
    ticker.start()
    venue.advance_to(START_NS + 320 * MS)
    assert seen == [50, 100, 150, 200, 260, 310]
