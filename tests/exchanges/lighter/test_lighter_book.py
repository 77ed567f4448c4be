"""Lighter's book: recorded snapshots and changes, numbers that must join, and every way they may not."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_payloads import book, change, stats

from exchanges.lighter.book import BookReader, Taken
from exchanges.lighter.stream_wire import StreamFrame, read_stream_frame
from exchanges.lighter.wire import MarketStats
from helpers.errors import BadPayload

D = Decimal


def frame(payload: dict[str, object], kind: str = "update") -> StreamFrame:
    """Make a frame of a book."""
    return read_stream_frame(msgspec.json.encode({"type": f"{kind}/order_book", "channel": "order_book:1", **payload}))


def reader(**snapshot: Any) -> BookReader:
    """Give a reader that has its snapshot."""
    found = BookReader(D("0.1"))
    taken = found.take(frame(book(**snapshot), "subscribed"), 1)
    assert taken in {Taken.MOVED, Taken.SAME}
    return found


def touch(found: BookReader) -> tuple[Decimal | None, Decimal | None]:
    """Give best bid and best ask."""
    bbo = found.bbo
    return (None, None) if bbo is None else (bbo.bid, bbo.ask)


def test_the_recorded_snapshot_is_a_book(shared_data: Path) -> None:
    """A live BTC snapshot gives thousands of levels in order, and the touch that was."""
    found = BookReader(D("0.1"))
    raw = gzip.decompress((shared_data / "frames/lighter/ws_orderbook_snapshot.json.gz").read_bytes())
    assert found.take(read_stream_frame(raw), 5) is Taken.MOVED
    levels = found.book.levels(10_000)
    assert len(levels.bids) > 1_000
    assert len(levels.asks) > 1_000
    assert levels.asks[0].price == D("64474.8")
    assert levels.bids[0].price < levels.asks[0].price
    assert found.bbo is not None
    assert (found.bbo.venue_time_ns, found.bbo.received_ns) == (1_781_410_697_610_086_000, 5)


def test_the_recorded_change_joins_the_recorded_snapshot(shared_data: Path) -> None:
    """Live, the change begins at the snapshot's number while `offset` skips one; its levels come, its zeros go."""
    found, folder = BookReader(D("0.1")), shared_data / "frames/lighter"
    found.take(read_stream_frame(gzip.decompress((folder / "ws_orderbook_snapshot.json.gz").read_bytes())), 5)
    before = {level.price: level.quantity for level in found.book.levels(10_000).asks}
    recorded = msgspec.json.decode((folder / "ws_orderbook_update.json").read_bytes())
    assert found.take(frame(recorded), 6) is Taken.SAME
    after = {level.price: level.quantity for level in found.book.levels(10_000).asks}
    assert after[D("64503.2")] == D("6.32541")
    assert D("64505.1") in before
    assert D("64505.1") not in after
    assert found.take(frame(recorded), 7) is Taken.PASSED


def test_changes_join_on_the_number_before() -> None:
    """Each begins where the one before ended, though numbers are skipped in between."""
    found = reader()
    assert found.take(frame(change(10, 14, bids=[("60000.0", "2")])), 2) is Taken.MOVED
    assert found.take(frame(change(14, 29, asks=[("60000.3", "2")])), 3) is Taken.SAME
    assert found.bbo is not None
    assert (found.bbo.bid_quantity, found.bbo.received_ns) == (D(2), 3)


@pytest.mark.parametrize("begin", [9, 11, 12])
def test_a_hole_is_a_gap(begin: int) -> None:
    """A change that begins anywhere else is not applied."""
    found = reader()
    assert found.take(frame(change(begin, 15, bids=[("60000.0", "0")])), 2) is Taken.GAP
    assert touch(found) == (D(60000), D("60000.1"))


def test_what_is_old_says_nothing() -> None:
    """A change that the snapshot holds already, or one before any snapshot, is passed over."""
    assert reader().take(frame(change(8, 10, bids=[("60000.0", "0")])), 2) is Taken.PASSED
    assert BookReader(D("0.1")).take(frame(change(0, 5)), 1) is Taken.PASSED


def test_a_level_is_removed_by_any_zero() -> None:
    """0, 0.0 and 0.00000 are zero."""
    for zero in ("0", "0.0", "0.00000"):
        found = reader(bids=[("60000.0", "1"), ("59999.0", "1")])
        found.take(frame(change(10, 11, bids=[("60000.0", zero)])), 2)
        assert touch(found) == (D(59999), D("60000.1"))


def test_an_empty_book_is_a_book() -> None:
    """No side is there, and the first change joins on the number zero."""
    found = reader(nonce=0, bids=(), asks=())
    assert touch(found) == (None, None)
    assert found.take(frame(change(0, 3, bids=[("5.0", "1")])), 2) is Taken.MOVED
    assert touch(found) == (D(5), None)


@pytest.mark.parametrize(
    "payload",
    [
        change(10, 11, bids=[("60000.07", "1")]),
        change(10, 11, asks=[("?", "1")]),
        change(10, 11, asks=[("60000.1", "much")]),
        {},
    ],
)
def test_what_cannot_be_read_is_an_error(payload: dict[str, object]) -> None:
    """A price between two ticks, one that is none, a size that is none, and a frame without a book are told."""
    found = reader()
    with pytest.raises(BadPayload):
        found.take(frame(payload), 2)


def test_a_quiet_book_is_confirmed_by_the_mid_price() -> None:
    """Statistics that name our mid make it count as alive; others, and none, do not."""
    found = reader()
    for mid, seen in (("60100.0", 1), ("", 1), ("60000.1", 9)):
        found.confirm(msgspec.convert(stats(mid_price=mid)["market_stats"], MarketStats), 9)
        assert found.bbo is not None
        assert found.bbo.received_ns == seen
    found.reset()
    found.confirm(msgspec.convert(stats()["market_stats"], MarketStats), 9)
    assert found.bbo is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["0", "0.0", "1", "2.5"])), max_size=6),
        min_size=1,
        max_size=12,
    )
)
def test_any_changes_give_the_book_they_describe(rounds: list[list[tuple[int, str]]]) -> None:
    """Unsorted, repeated, removing what is not there: the bids are what a plain table of them says."""
    found = reader(nonce=0, bids=(), asks=())
    table: dict[int, str] = {}
    for nonce, changed in enumerate(rounds, 1):
        bids = [(f"{tick}.0", size) for tick, size in changed]
        found.take(frame(change(nonce - 1, nonce, bids=bids)), nonce)
        table.update(dict(changed))
    left = {D(tick): D(size) for tick, size in table.items() if D(size)}
    assert {level.price: level.quantity for level in found.book.levels(99).bids} == left
    assert touch(found)[0] == max(left, default=None)
