"""The book on the stream: when it is believed, and when it is fetched anew."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.paradex.book_channel import DEPTH, BookChannel, book_channel
from exchanges.paradex.rpc import GapError
from helpers.clock import WallClock
from helpers.errors import BadPayload

D = Decimal
TICK = D("0.1")


class Told:
    """A book, and how often its listener was called."""

    def __init__(self) -> None:
        self.calls = 0
        self.channel = BookChannel(TICK, WallClock(), self._changed)

    def _changed(self) -> None:
        self.calls += 1

    def take(self, number: int, kind: str = "d", **levels: Any) -> bool:
        """Tell a message; levels as {"inserts": [("BUY", "1", "2")]}."""
        lists = {
            name: [{"side": side, "price": price, "size": size} for side, price, size in listed]
            for name, listed in levels.items()
        }
        message = {"market": "X", "seq_no": number, "update_type": kind, "last_updated_at": 7, **lists}
        return self.channel.take(msgspec.Raw(msgspec.json.encode(message)))

    def start(self, number: int = 100) -> Told:
        """Tell a small whole book."""
        assert self.take(number, "s", inserts=[("BUY", "10.0", "1"), ("BUY", "9.9", "2"), ("SELL", "10.2", "3")])
        return self

    def levels(self) -> tuple[dict[str, str], dict[str, str]]:
        """Give the book as texts."""
        book = self.channel.book.levels(50)
        bids, asks = [{str(level.price): str(level.quantity) for level in side} for side in (book.bids, book.asks)]
        return bids, asks


def test_the_channel_has_a_name_without_a_price_tick() -> None:
    """A wrong tick would bring no data at all."""
    assert book_channel("BTC-USD-PERP") == "order_book.BTC-USD-PERP.deltas@15@50ms"


def test_a_whole_book_and_its_changes() -> None:
    """Deletes, inserts and updates are one moment, sizes are absolute."""
    told = Told().start()
    assert told.take(105, deletes=[("BUY", "10.0", "")], inserts=[("SELL", "10.1", "5")], updates=[("BUY", "9.9", "7")])
    assert told.levels() == ({"9.9": "7"}, {"10.1": "5", "10.2": "3"})
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.ask, bbo.venue_time_ns) == (D("9.9"), D("10.1"), 7_000_000)


def test_changes_before_a_whole_book_are_no_book() -> None:
    """Nothing can be built on them."""
    told = Told()
    assert not told.take(1, inserts=[("BUY", "1", "1")])
    assert told.channel.book.bbo is None


@pytest.mark.parametrize(("number", "kind"), [(100, "d"), (99, "d"), (100, "s"), (3, "s")])
def test_older_news_is_dropped(number: int, kind: str) -> None:
    """The numbers grow; jumps are normal, going back is old news."""
    told = Told().start()
    before = told.levels()
    assert told.take(number, kind, inserts=[("BUY", "10.1", "9")])
    assert told.levels() == before


def test_a_crossed_book_has_missed_something() -> None:
    """The best bid is never at the best ask."""
    told = Told().start()
    with pytest.raises(GapError, match="crossed"):
        told.take(101, inserts=[("BUY", "10.2", "1")])


def test_a_one_sided_book_is_no_gap() -> None:
    """It happens, and the touch says what is there."""
    told = Told().start()
    assert told.take(101, deletes=[("SELL", "10.2", "")])
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.ask) == (10, None)


def test_a_book_that_is_too_deep_has_missed_a_delete() -> None:
    """Fifteen levels a side are all there can be; the sixteenth is one that should have gone."""
    told = Told()
    told.take(1, "s", inserts=[("BUY", f"{price}", "1") for price in range(100, 100 + DEPTH)])
    assert told.take(2, inserts=[("BUY", "120", "1")], deletes=[("BUY", "100", "")])
    assert told.take(3, inserts=[("BUY", "120", "2")])  # a level that is there: no new one, whatever it is called
    with pytest.raises(GapError, match="deeper than 15"):
        told.take(4, inserts=[("BUY", "121", "1")])


@pytest.mark.parametrize("flaw", [[("BUY", "10.05", "1")], [("HOLD", "10.0", "1")], [("BUY", "ten", "1")]])
def test_an_unreadable_level_is_an_error(flaw: Any) -> None:
    """Off the tick, no side, no number: not a book with a hole."""
    with pytest.raises(BadPayload):
        Told().start().take(101, inserts=flaw)


def test_a_message_that_is_none_is_an_error() -> None:
    """Something else than a change of a book."""
    with pytest.raises(BadPayload, match="no change of a book"):
        Told().channel.take(msgspec.Raw(b'{"a":1}'))


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
    told.take(101, updates=[("BUY", "9.9", "50")])
    assert told.calls == calls
    told.take(102, updates=[("BUY", "10.0", "50")])
    assert told.calls == calls + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.integers(1, 15), st.integers(0, 3), max_size=6), min_size=1, max_size=12))
def test_changes_make_the_book_they_were_made_of(moments: list[dict[int, int]]) -> None:
    """However a bid side changes, what was told in deletes, inserts and updates adds up to it."""
    told, held = Told(), {1: 1}
    told.take(1, "s", inserts=[("BUY", "1", "1"), ("SELL", "99", "1")])
    for number, moment in enumerate(moments, 2):
        after = {price: size for price, size in {**held, **moment}.items() if size}
        told.take(
            number,
            deletes=[("BUY", str(price), "") for price in held if price not in after],
            inserts=[("BUY", str(price), str(size)) for price, size in after.items() if price not in held],
            updates=[("BUY", str(price), str(size)) for price, size in after.items() if price in held],
        )
        held = after
    assert {D(price): D(size) for price, size in told.levels()[0].items()} == {D(p): D(s) for p, s in held.items()}


# -- recorded frames -----------------------------------------------------------------------------


def test_the_recorded_book_becomes_a_book(shared_data: Path) -> None:
    """The recorded whole book and a change on it: fifteen levels a side, best first, not crossed."""
    frame = msgspec.json.decode((shared_data / "frames/paradex/ws_orderbook_snapshot_frame.json").read_bytes())
    told = Told()
    assert told.channel.take(msgspec.Raw(msgspec.json.encode(frame["params"]["data"])))
    bids, asks = told.levels()
    assert (len(bids), len(asks)) == (15, 15)
    bbo = told.channel.book.bbo
    assert bbo is not None
    assert (bbo.bid, bbo.bid_quantity, bbo.ask, bbo.ask_quantity) == (
        D("61706.7"), D("0.01484"), D("61726.5"), D("0.02265"),
    )  # fmt: skip
    assert bbo.venue_time_ns == 1781122628860 * 10**6
    number = frame["params"]["data"]["seq_no"]
    told.take(
        number + 40, deletes=[("BUY", "61706.7", "0")], inserts=[("BUY", "61654.3", "1")],
        updates=[("SELL", "61726.5", "1")],
    )  # fmt: skip
    assert told.channel.book.bbo is not None
    assert (told.channel.book.bbo.bid, told.channel.book.bbo.ask_quantity) == (D("61706.6"), 1)
