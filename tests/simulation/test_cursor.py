"""The cursor: which row is in force, and which one matters next, however the tape is cut into chunks."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from random_worlds import UNIT, TapeSpec, tape_specs
from touches import RowTuple, Wanted, wanted
from venue_scenes import INSTRUMENT, START_NS, Rows, S

from simulation.cursor import TapeCursor
from simulation.tape import Instrument, RowKind, TapeChunk


class ListTape:
    """A tape whose chunks are given as they are, empty ones too."""

    def __init__(self, chunks: list[TapeChunk]) -> None:
        self._chunks = chunks

    @property
    def instrument(self) -> Instrument:
        return INSTRUMENT

    @property
    def start_ns(self) -> int:
        return START_NS

    def chunks(self) -> Iterator[TapeChunk]:
        return iter(self._chunks)


class PlainCursor:
    """What a cursor has to do, done the slow way: one list of rows, looked at one by one."""

    def __init__(self, rows: list[RowTuple]) -> None:
        """Stand before the first row."""
        self.rows = rows
        self.at = -1
        self.wanted = Wanted()

    def next_touch(self, limit_ns: int | None) -> int | None:
        """Find the next row that needs attention, or the last of all, at or before a time."""
        queue = self.wanted
        for index in range(self.at + 1, len(self.rows)):
            row = self.rows[index]
            if limit_ns is not None and row[0] > limit_ns:
                return None
            if queue.needs(row) or index == len(self.rows) - 1:
                return index
            queue = queue.after(row)
        return None

    def take(self, index: int) -> None:
        """Move onto a row, counting queues down over those before it."""
        while self.at + 1 < index:
            self.at += 1
            self.wanted = self.wanted.after(self.rows[self.at])
        self.at = index

    def skip_to(self, now_ns: int) -> None:
        """Pass the rows up to a time."""
        while self.at + 1 < len(self.rows) and self.rows[self.at + 1][0] <= now_ns:
            self.take(self.at + 1)
            self.wanted = self.wanted.after(self.rows[self.at])

    def last_priced(self) -> RowTuple | None:
        """Find the newest row with a price."""
        return next((row for row in reversed(self.rows[: self.at + 1]) if row[2] or row[4] or row[6]), None)


def as_tuple(row: object) -> RowTuple | None:
    """Give a Row as the tuple the lists hold."""
    return None if row is None else tuple(getattr(row, name) for name in _FIELDS)


_FIELDS = ("time_ns", "kind", "bid", "bid_lots", "ask", "ask_lots", "price", "lots")


def assert_same(cursor: TapeCursor, plain: PlainCursor) -> None:
    """Both stand on the same row and remember the same price."""
    assert as_tuple(cursor.current()) == (plain.rows[plain.at] if plain.at >= 0 else None)
    assert as_tuple(cursor.last_priced()) == plain.last_priced()
    assert cursor.is_over is (plain.at == len(plain.rows) - 1)
    assert cursor.rows_passed == plain.at + 1
    assert (cursor.touch.buy_ahead, cursor.touch.sell_ahead) == (plain.wanted.buy_ahead, plain.wanted.sell_ahead)


@settings(max_examples=200, deadline=None)
@given(tape_specs, st.lists(st.tuples(wanted, st.integers(0, 3)), min_size=1, max_size=20))
def test_the_search_finds_what_a_plain_walk_finds(spec: TapeSpec, walk: list[tuple[Wanted, int]]) -> None:
    """Whatever the chunks, conditions and stops: same rows, same queues, same last price, same end."""
    cursor, plain, now = TapeCursor(spec.tape()), PlainCursor(spec.flat()), START_NS
    for want, units in walk:
        want.put(cursor.touch)
        plain.wanted = want
        cursor.rescan()
        now += units * UNIT
        cursor.next_touch_ns(now - UNIT)  # a look that stops early must not spoil the next one
        while (index := plain.next_touch(now)) is not None:
            assert cursor.next_touch_ns(now) == plain.rows[index][0]
            plain.take(index)
            assert as_tuple(cursor.take_touch()) == plain.rows[index]
            assert_same(cursor, plain)
        assert cursor.next_touch_ns(now) is None
        cursor.skip_to(now)
        plain.skip_to(now)
        assert_same(cursor, plain)


@settings(max_examples=100, deadline=None)
@given(tape_specs, wanted, st.integers(0, 12))
def test_passing_rows_counts_queues_without_a_search(spec: TapeSpec, want: Wanted, units: int) -> None:
    """Time may pass to before the row that was found, or without any search: the queues are as a walk counts them."""
    cursor, plain = TapeCursor(spec.tape()), PlainCursor(spec.flat())
    plain.wanted = want
    want.put(cursor.touch)
    cursor.rescan()
    index = plain.next_touch(None)
    assert index is not None
    if units % 2:
        cursor.next_touch_ns(None)
    now = min(START_NS + units * UNIT, plain.rows[index][0] - 1)
    cursor.skip_to(now)
    plain.skip_to(now)
    assert_same(cursor, plain)


@settings(max_examples=100, deadline=None)
@given(tape_specs, wanted)
def test_looking_ahead_without_limit_changes_nothing(spec: TapeSpec, want: Wanted) -> None:
    """The first row that matters is the same with a limit, without one, and looked for again; nothing has moved."""
    cursor, plain = TapeCursor(spec.tape()), PlainCursor(spec.flat())
    plain.wanted = want
    want.put(cursor.touch)
    cursor.rescan()
    index = plain.next_touch(None)
    assert index is not None
    for limit in (None, plain.rows[index][0], None):
        assert cursor.next_touch_ns(limit) == plain.rows[index][0]
    assert cursor.next_touch_ns(plain.rows[index][0] - 1) is None
    assert cursor.current() is None
    assert_same(cursor, plain)


def test_before_the_first_row_nothing_is_in_force() -> None:
    """A cursor begins before the first row: no quote, no price, not over."""
    cursor = TapeCursor(Rows().tape())
    assert cursor.current() is None
    assert cursor.last_priced() is None
    assert not cursor.is_over


def test_skipping_never_goes_back() -> None:
    """Of rows at one time the one that was taken stays in force when time is passed to just before it."""
    cursor = TapeCursor(Rows().quote(1, 1002, 1003).quote(1, 1004, 1005).tape())
    cursor.touch.quotes = True
    cursor.rescan()
    for _ in range(2):
        cursor.next_touch_ns(None)
        cursor.take_touch()
    cursor.skip_to(START_NS + S - 1)
    row = cursor.current()
    assert row is not None
    assert row.bid == 1002


def test_empty_chunks_are_passed_over() -> None:
    """A tape may yield chunks without rows; they are neither an end nor a row."""
    first, second = Rows(), Rows(bid=900, ask=901)
    second.chunk.time_ns[0] += S
    cursor = TapeCursor(ListTape([TapeChunk(), first.chunk, TapeChunk(), TapeChunk(), second.chunk, TapeChunk()]))
    cursor.skip_to(START_NS)
    assert not cursor.is_over
    cursor.skip_to(START_NS + S)
    row = cursor.current()
    assert row is not None
    assert row.bid == 900
    assert cursor.is_over


def test_the_last_row_always_matters_once() -> None:
    """The end of a tape is an event, even if nobody asked for anything; after it there is none."""
    cursor = TapeCursor(Rows().quote(1, 1000, 1002).quote(5, 1000, 1001).tape())
    assert cursor.next_touch_ns(START_NS + 4 * S) is None
    assert cursor.next_touch_ns(None) == START_NS + 5 * S
    assert cursor.take_touch().time_ns == START_NS + 5 * S
    assert cursor.next_touch_ns(None) is None
    assert cursor.is_over


def test_the_last_price_outlives_an_empty_book_and_its_chunk() -> None:
    """While a book is empty, the newest row that had a price is remembered, even from a chunk that was let go."""
    priced, empty = Rows(), TapeChunk()
    for second in (1, 2, 3):
        empty.append(START_NS + second * S, RowKind.QUOTE, 0, 0, 0, 0)
    cursor = TapeCursor(ListTape([priced.chunk, empty]))
    cursor.skip_to(START_NS + 2 * S)
    row, last = cursor.current(), cursor.last_priced()
    assert row is not None
    assert row.bid == 0
    assert last is not None
    assert last.bid == 1000
