"""The book on the stream: when it is believed, and when it is fetched anew."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_samples import market
from paradex_scenes import BTC, book

from exchanges.paradex.book_channel import DEPTH, BookChannel, book_channel
from exchanges.paradex.rpc import GapError
from helpers.clock import WallClock
from helpers.errors import BadPayload

D = Decimal
SMALL = [("BUY", "10.0", "1"), ("BUY", "9.9", "2"), ("SELL", "10.2", "3")]


class Told:
    """A book, and how often its listener was called."""

    def __init__(self) -> None:
        self.calls = 0
        self.channel = BookChannel(market(), WallClock(), self._changed)

    def _changed(self) -> None:
        self.calls += 1

    def take(self, number: int, levels: list[tuple[str, str, str]], **changes: Any) -> bool:
        """Tell a whole book."""
        rows = [{"side": side, "price": price, "size": size} for side, price, size in levels]
        return self.channel.take(msgspec.Raw(msgspec.json.encode({**book(number, levels=rows), **changes})))

    def start(self, number: int = 100) -> Told:
        """Tell a small book."""
        assert self.take(number, SMALL)
        return self

    def levels(self) -> tuple[dict[str, str], dict[str, str]]:
        """Give the book as texts."""
        found = self.channel.book.levels(50)
        bids, asks = [{str(level.price): str(level.quantity) for level in side} for side in (found.bids, found.asks)]
        return bids, asks


def test_the_channel_brings_whole_books_and_has_no_price_tick() -> None:
    """A wrong tick would bring no data at all; the channel of changes takes no parameters in production."""
    assert book_channel("BTC-USD-PERP") == "order_book.BTC-USD-PERP.snapshot@15@50ms"


def test_each_message_is_the_whole_book() -> None:
    """What is not in it is gone."""
    told = Told().start()
    assert told.take(105, [("BUY", "9.9", "7"), ("SELL", "10.1", "5"), ("SELL", "10.2", "3")])
    assert told.levels() == ({"9.9": "7"}, {"10.1": "5", "10.2": "3"})
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.ask, bbo.venue_time_ns) == (D("9.9"), D("10.1"), 7_000_000)


@pytest.mark.parametrize("number", [99, 3, 0])
def test_an_older_book_is_no_news_and_no_sign_of_life(number: int) -> None:
    """The numbers never go back: what is known stays, and a channel that brings nothing else counts as silent."""
    told = Told().start()
    before, stamp = told.levels(), told.channel.book.received_ns
    assert not told.take(number, [("BUY", "10.1", "9"), ("SELL", "10.2", "9")])
    assert (told.levels(), told.channel.book.received_ns) == (before, stamp)


def test_the_same_book_again_is_a_sign_of_life() -> None:
    """Nothing changed, nobody is woken, and the book is as fresh as the message."""
    told = Told().start()
    calls, stamp = told.calls, told.channel.book.received_ns
    told.start()
    assert told.calls == calls
    assert told.channel.book.received_ns >= stamp


def test_a_crossed_book_is_given_up_and_told_to_nobody() -> None:
    """The best bid is never at the best ask, and nobody should look at a book that says so."""
    told = Told().start()
    calls = told.calls
    with pytest.raises(GapError, match="crossed"):
        told.take(101, [("BUY", "10.2", "1"), ("SELL", "10.2", "3")])
    assert told.calls == calls


@pytest.mark.parametrize(
    ("levels", "touch"), [(SMALL[:1], (10, None)), (SMALL[2:], (None, D("10.2"))), ([], (None,) * 2)]
)
def test_a_one_sided_book_is_a_book(levels: list[tuple[str, str, str]], touch: tuple[Any, Any]) -> None:
    """It happens, and the touch says what is there."""
    told = Told().start()
    assert told.take(101, levels)
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.ask) == touch


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_book_that_is_too_deep_is_not_what_was_asked_for(side: str) -> None:
    """Fifteen levels a side are all there can be."""
    told = Told()
    deep = [(side, f"{price}", "1") for price in range(100, 100 + DEPTH)]
    assert told.take(1, deep)
    with pytest.raises(GapError, match="deeper than 15"):
        told.take(2, [*deep, (side, "200", "1")])


@pytest.mark.parametrize("flaw", [("BUY", "10.05", "1"), ("HOLD", "10.0", "1"), ("BUY", "ten", "1"), ("BUY", "1", "?")])
def test_an_unreadable_level_is_an_error(flaw: tuple[str, str, str]) -> None:
    """Off the tick, no side, no number: not a book with a hole."""
    told = Told().start()
    with pytest.raises(BadPayload):
        told.take(101, [flaw])


@pytest.mark.parametrize(
    "changes", [{"update_type": "d"}, {"market": "ETH-USD-PERP"}, {"inserts": None}, {"seq_no": ""}]
)
def test_what_is_no_whole_book_of_this_market_is_an_error(changes: dict[str, Any]) -> None:
    """A change where a whole book was asked for, another market's book, a book without levels or number."""
    with pytest.raises(BadPayload, match="book"):
        Told().start().take(101, SMALL, **changes)


def test_after_a_reset_there_is_no_book_and_numbers_start_anew() -> None:
    """The listener is told that the book cannot be trusted; a whole one with any number is welcome."""
    told = Told().start()
    calls = told.calls
    told.channel.reset()
    assert told.calls == calls + 1
    assert told.channel.book.bbo is None
    assert told.start(5).channel.book.bbo is not None


def test_the_listener_hears_of_the_touch_only() -> None:
    """A change behind the best prices wakes nobody."""
    told = Told().start()
    calls = told.calls
    told.take(101, [("BUY", "10.0", "1"), ("BUY", "9.9", "50"), ("SELL", "10.2", "3")])
    assert told.calls == calls
    told.take(102, [("BUY", "10.0", "50"), ("BUY", "9.9", "50"), ("SELL", "10.2", "3")])
    assert told.calls == calls + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.integers(1, 30), st.integers(1, 3), max_size=DEPTH), min_size=1, max_size=12))
def test_the_newest_book_is_the_book(moments: list[dict[int, int]]) -> None:
    """Whatever came before, the book is what the last message says, best prices included."""
    told = Told()
    for number, bids in enumerate(moments):
        told.take(number, [("BUY", str(price), str(size)) for price, size in bids.items()] + [("SELL", "99", "1")])
    last = moments[-1]
    assert {D(price): D(size) for price, size in told.levels()[0].items()} == last
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.ask) == (max(last, default=None), 99)


# -- recorded frames -----------------------------------------------------------------------------


def test_the_recorded_book_becomes_a_book(shared_data: Path) -> None:
    """Fifteen levels a side, best first, not crossed."""
    frame = msgspec.json.decode((shared_data / "frames/paradex/ws_orderbook_snapshot_frame.json").read_bytes())
    told = Told()
    assert frame["params"]["data"]["market"] == BTC
    assert told.channel.take(msgspec.Raw(msgspec.json.encode(frame["params"]["data"])))
    bids, asks = told.levels()
    assert (len(bids), len(asks)) == (15, 15)
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.bid_quantity, bbo.ask, bbo.ask_quantity) == (
        D("61706.7"), D("0.01484"), D("61726.5"), D("0.02265"),
    )  # fmt: skip
    assert bbo.venue_time_ns == 1781122628860 * 10**6
