"""The order book by levels, against a plain sorted dictionary that knows no tricks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges import level_book
from exchanges.level_book import LevelBook
from helpers.errors import BadPayload
from helpers.models import Bbo, BookLevel

D = Decimal
TICK = D("0.5")
Levels = list[tuple[str, str]]

ONE_BID, ONE_ASK = [("100", "1")], [("100.5", "2")]

NEAR = st.integers(190, 210)
FAR = st.integers(1, 100_000)
ZEROS = st.sampled_from(
    ["0", "0.0", "0.000", "0.000000000000000000", "0.00000000000000000000", "0E-8", "0e0", "00", ".0"]
)
QUANTITIES = st.sampled_from(
    ["0.001", "0.5", "1", "2.25", "10", "0.10", "0.000000000000000001", "0.00000000000000000007", "00.5", "1E-7", ".5"]
)


def text(tick: int) -> str:
    """Write the price of a tick as a venue would."""
    return str(tick * TICK)


LEVELS = st.lists(st.tuples(NEAR | FAR, ZEROS | QUANTITIES | QUANTITIES), max_size=12).map(
    lambda levels: [(text(tick), quantity) for tick, quantity in levels]
)


class PlainBook:
    """What a book is, written down as plainly as can be."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}

    def take(self, bids: Levels, asks: Levels) -> None:
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for price, quantity in levels:
                side[D(price)] = D(quantity)
                if not D(quantity):
                    del side[D(price)]

    def sorted_bids(self) -> list[tuple[Decimal, Decimal]]:
        return sorted(self.bids.items(), reverse=True)

    def sorted_asks(self) -> list[tuple[Decimal, Decimal]]:
        return sorted(self.asks.items())

    def touch(self) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
        bid, bid_quantity = self.sorted_bids()[0] if self.bids else (None, None)
        ask, ask_quantity = self.sorted_asks()[0] if self.asks else (None, None)
        return bid, bid_quantity, ask, ask_quantity


def touch_of(bbo: Bbo | None) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    """Take prices and quantities of a best bid and offer."""
    assert bbo is not None
    return bbo.bid, bbo.bid_quantity, bbo.ask, bbo.ask_quantity


def pairs(levels: tuple[BookLevel, ...]) -> list[tuple[Decimal, Decimal]]:
    """Take levels apart."""
    return [(level.price, level.quantity) for level in levels]


def ready(bids: Levels = ONE_BID, asks: Levels = ONE_ASK) -> LevelBook:
    """Give a book with a snapshot."""
    book = LevelBook(TICK)
    book.snapshot(bids, asks, 1, 2)
    return book


@given(st.lists(st.tuples(st.booleans(), LEVELS, LEVELS), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_it_is_the_book_a_sorted_dictionary_would_be(messages: list[tuple[bool, Levels, Levels]]) -> None:
    """After any snapshots and changes, with removals, crossings and far jumps, touch, levels and flags are right."""
    book, plain, before = ready([], []), PlainBook(), (None, None, None, None)
    for number, (is_snapshot, bids, asks) in enumerate(messages, 1):
        if is_snapshot:
            plain = PlainBook()
        plain.take(bids, asks)
        take = book.snapshot if is_snapshot else book.apply
        changes = book.changes
        changed = take(bids, asks, number, number + 1)

        touch = plain.touch()
        assert touch_of(book.bbo) == touch
        assert book.changes == changes + changed
        assert changed or touch == before
        before = touch
        for depth in (1, 3, 1_000):
            levels = book.levels(depth)
            assert pairs(levels.bids) == plain.sorted_bids()[:depth]
            assert pairs(levels.asks) == plain.sorted_asks()[:depth]
        assert book.is_one_sided == (not (plain.bids and plain.asks))
        bid, _, ask, _ = touch
        assert book.is_crossed == (bid is not None and ask is not None and bid >= ask)
        assert book.bid_tick == (None if bid is None else bid / TICK)
        assert book.ask_tick == (None if ask is None else ask / TICK)


def test_a_change_below_the_touch_is_no_change() -> None:
    """Levels behind the best ones change without a word; the touch's price or quantity does not."""
    book = ready()
    assert not book.apply([("99.5", "5")], [("101", "5")], 3, 4)
    assert not book.apply([("100", "1")], [], 3, 4)
    assert book.apply([("100", "1.5")], [], 3, 4)
    assert book.apply([("100", "0")], [], 3, 4)
    assert book.bid_tick == 199


def test_the_touch_is_made_once_a_message_and_its_numbers_once_a_price() -> None:
    """Asking twice gives the same record; a message that left the touch alone gives a new time and old numbers."""
    book = ready()
    first = book.bbo
    assert first is book.bbo
    book.apply([("99", "7")], [], 30, 40)
    second = book.bbo
    assert first is not None
    assert second is not None
    assert (second.venue_time_ns, second.received_ns) == (30, 40)
    assert second.bid is first.bid
    assert second.ask_quantity is first.ask_quantity


def test_a_far_jump_does_not_walk() -> None:
    """The next level being fifty billion ticks away costs a search of the side, not a walk."""
    book = LevelBook(D("0.00000001"))
    book.snapshot([("1000", "1"), ("0.00000001", "2")], [("1001", "1"), ("900000", "2")], 1, 1)
    book.apply([("1000", "0")], [("1001", "0")], 2, 2)
    assert touch_of(book.bbo) == (D("0.00000001"), 2, D(900_000), 2)


def test_nothing_is_there_before_the_snapshot_nor_after_a_reset() -> None:
    """A book without a snapshot has no touch, and takes no changes."""
    book = LevelBook(TICK)
    assert book.bbo is None
    with pytest.raises(BadPayload, match="before its snapshot"):
        book.apply([("100", "1")], [], 1, 1)
    book.snapshot([("100", "1")], [], 1, 1)
    changes = book.changes
    book.reset()
    assert (book.bbo, book.is_ready, book.is_one_sided, book.changes) == (None, False, True, changes + 1)
    with pytest.raises(BadPayload, match="before its snapshot"):
        book.apply([("100", "1")], [], 1, 1)


def test_an_empty_snapshot_is_a_book_with_no_sides() -> None:
    """No level at all is something a venue can say."""
    book = LevelBook(TICK)
    book.snapshot([], [], 5, 6)
    assert touch_of(book.bbo) == (None, None, None, None)
    assert book.is_one_sided
    assert not book.is_crossed


@pytest.mark.parametrize(
    "level",
    [("100.3", "1"), ("-100", "1"), ("0", "1"), ("x", "1"), ("NaN", "1"), ("Infinity", "1"), ("1e40", "1"), ("100", ""),
     ("100", "-1"), ("100", "-0")],
)  # fmt: skip
def test_a_level_that_cannot_be_read_empties_the_book(level: tuple[str, str]) -> None:
    """Half a message must not be traded on: the book is reset and the error says what was wrong."""
    book = ready()
    with pytest.raises(BadPayload):
        book.apply([("99", "1"), level], [], 3, 4)
    assert (book.is_ready, book.bbo) == (False, None)


@pytest.mark.parametrize("quantity", ["x", "NaN", "Infinity"])
def test_a_quantity_that_is_no_number_is_found_when_it_matters(quantity: str) -> None:
    """Quantities are read when asked for; one that is no number is a bad payload then."""
    book = ready([("100", quantity)])
    with pytest.raises(BadPayload, match="no quantity"):
        book.bbo  # noqa: B018 - reading is what raises
    with pytest.raises(BadPayload, match="no quantity"):
        book.levels(1)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market that wanders for days does not fill the memory, and stays right."""
    monkeypatch.setattr(level_book, "_KEPT", 10)
    book = ready()
    for tick in range(200, 300):
        book.apply([(text(tick), f"{tick}.5")], [(text(tick), "0"), (text(tick + 1), "1")], tick, tick)
        assert touch_of(book.bbo) == (tick * TICK, D(f"{tick}.5"), (tick + 1) * TICK, 1)
    assert max(len(book._ticks), len(book._prices)) <= 10
