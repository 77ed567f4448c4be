"""From Decimals as recorded to rows of integers."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Side
from helpers.errors import UserError
from simulation.recorded_tape import STILL_ALIVE_NS
from simulation.tape import CHUNK_ROWS, Instrument, RowKind, Tape
from simulation.tape_builder import TapeBuilder

D = Decimal
INSTRUMENT = Instrument(
    ticker="BTC", quote="USD", source="test", tick_size=D("0.1"), quantity_step=D("0.001"), depth_lots=(700, 70)
)
Row = tuple[int, int, int, int, int, int, int, int]


def rows_of(tape: Tape) -> list[Row]:
    """Give a tape row by row."""
    return [
        row
        for c in tape.chunks()
        for row in zip(c.time_ns, c.kind, c.bid, c.bid_lots, c.ask, c.ask_lots, c.price, c.lots, strict=True)
    ]


def quoted(builder: TapeBuilder, time_ns: int, bid: str, ask: str, lots: str | None = "1") -> None:
    """Add a quote of equal quantities."""
    quantity = None if lots is None else D(lots)
    builder.quote(time_ns, D(bid), quantity, D(ask), quantity)


def test_quotes_and_trades_become_ticks_and_lots() -> None:
    """Prices are counted in ticks, quantities in steps, and a trade row repeats the quote before it."""
    builder = TapeBuilder(INSTRUMENT)
    builder.quote(10, D("100.0"), D("0.5"), D("100.1"), D(2))
    builder.trade(20, D("100.1"), D("0.25"), Side.BUY)
    builder.trade(30, D("100.0"), D("0.125"), Side.SELL)
    builder.trade(40, D("100.0"), D("0.001"), None)
    tape = builder.build()
    assert tape.instrument is INSTRUMENT
    assert rows_of(tape) == [
        (10, RowKind.QUOTE, 1000, 500, 1001, 2000, 0, 0),
        (20, RowKind.BUY, 1000, 500, 1001, 2000, 1001, 250),
        (30, RowKind.SELL, 1000, 500, 1001, 2000, 1000, 125),
        (40, RowKind.TRADE, 1000, 500, 1001, 2000, 1000, 1),
    ]


prices = st.decimals(min_value=1, max_value=200_000, places=4)
quantities = st.decimals(min_value=0, max_value=10_000, places=6)


@settings(max_examples=200, deadline=None)
@given(bid=prices, ask=prices, quantity=quantities.filter(bool))
def test_rounding_never_narrows_the_spread(bid: Decimal, ask: Decimal, quantity: Decimal) -> None:
    """Bids go down, asks up, by less than a tick; lots go down by less than one but not to zero."""
    builder = TapeBuilder(INSTRUMENT)
    builder.quote(1, bid, quantity, ask, quantity)
    _, _, bid_ticks, lots, ask_ticks, _, _, _ = rows_of(builder.build())[0]
    assert 0 <= bid - bid_ticks * D("0.1") < D("0.1")
    assert 0 <= ask_ticks * D("0.1") - ask < D("0.1")
    assert lots == max(1, int(quantity / D("0.001")))


@settings(max_examples=200, deadline=None)
@given(price=prices)
def test_a_trade_goes_to_the_nearest_tick(price: Decimal) -> None:
    """At most half a tick away, halves up."""
    builder = TapeBuilder(INSTRUMENT)
    quoted(builder, 1, "100", "101")
    builder.trade(2, price, D(1), None)
    ticks = rows_of(builder.build())[1][6]
    assert -D("0.05") < ticks * D("0.1") - price <= D("0.05")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=60))
def test_rows_are_sorted_and_ties_keep_their_order(events: list[tuple[int, bool]]) -> None:
    """Time never goes back, rows of one time stay as they were added, trades before the first quote drop out."""
    builder = TapeBuilder(INSTRUMENT)
    builder.quote(0, D(1), D(1), D(2), D(1))
    for number, (time_ns, is_quote) in enumerate(events):
        # The number of the event is written into its quantity, so that every quote differs.
        if is_quote:
            builder.quote(time_ns, D(1), D(number + 2), D(2), D(1))
        else:
            builder.trade(time_ns, D(1), D(number + 2), None)
    rows = rows_of(builder.build())
    assert len(rows) == len(events) + 1
    numbers = [(row[0], (row[3] if row[1] == RowKind.QUOTE else row[7]) // 1000 - 2) for row in rows[1:]]
    assert numbers == sorted((time_ns, number) for number, (time_ns, _) in enumerate(events))
    assert all(later[2:6] == before[2:6] for before, later in pairwise(rows) if later[1] != RowKind.QUOTE)


Event = tuple[int, str, int, int | None]
"""Time, what it is, and two figures that price and quantity are made of."""

sometimes = st.integers(0, 6).map(lambda n: n * STILL_ALIVE_NS // 3)
events_in_any_order = st.lists(
    st.tuples(sometimes, st.sampled_from("QQBST"), st.integers(1, 3), st.none() | st.integers(1, 2)), max_size=60
)


def plain_rows(events: list[Event]) -> list[Row]:
    """Make the rows of events in the plainest way: all in memory."""
    rows: list[Row] = []
    force, quoted_ns = (0, 0, 0, 0), None
    for time_ns, what, figure, size in sorted(events, key=lambda event: event[0]):
        if what != "Q" and quoted_ns is not None:
            rows.append((time_ns, "QBST".index(what), *force, figure * 10, (size or 5) * 1000))
        elif what == "Q":
            bid, bid_lots, ask, ask_lots = force
            now = (
                *(figure * 10, size * 1000 if size else bid_lots if bid == figure * 10 else 700),
                *(figure * 10 + 10, size * 1000 if size else ask_lots if ask == figure * 10 + 10 else 700),
            )
            if quoted_ns is None or now != force or time_ns - quoted_ns >= STILL_ALIVE_NS:
                force, quoted_ns = now, time_ns
                rows.append((time_ns, 0, *force, 0, 0))
    return rows


@settings(max_examples=100, deadline=None)
@given(events_in_any_order, st.integers(1, 8))
def test_runs_on_disk_change_nothing(events: list[Event], run_events: int) -> None:
    """However few events memory holds, the rows are those of sorting all at once; and again at a second reading."""
    events = [(0, "Q", 1, 1), *events]
    builder = TapeBuilder(INSTRUMENT, run_events=run_events)
    sides = {"B": Side.BUY, "S": Side.SELL, "T": None}
    for time_ns, what, figure, size in events:
        if what == "Q":
            quoted(builder, time_ns, str(figure), str(figure + 1), None if size is None else str(size))
        else:
            builder.trade(time_ns, D(figure), D(size or 5), sides[what])
    tape = builder.build()
    assert rows_of(tape) == rows_of(tape) == plain_rows(events)
    assert len(rows_of(tape)) <= tape.most_rows == len(events)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30), st.integers(0, 50))
def test_a_tape_starts_with_its_first_quote(events: list[tuple[int, bool]], quote_ns: int) -> None:
    """The start is the time of the first row, whatever came before it."""
    builder = TapeBuilder(INSTRUMENT)
    for time_ns, is_quote in [*events, (quote_ns, True)]:
        if is_quote:
            quoted(builder, time_ns, "100", "101")
        else:
            builder.trade(time_ns, D(100), D(1), None)
    tape = builder.build()
    assert tape.start_ns == rows_of(tape)[0][0]


def test_trades_before_the_first_quote_drop_out() -> None:
    """Without a quote a trade has nothing to happen to."""
    builder = TapeBuilder(INSTRUMENT)
    builder.trade(5, D(100), D(1), Side.BUY)
    builder.trade(15, D(100), D(1), Side.BUY)
    quoted(builder, 10, "100", "101")
    assert [row[0] for row in rows_of(builder.build())] == [10, 15]


def test_repeats_are_dropped_until_a_second_has_passed() -> None:
    """A repeated quote is no row, but one a second is kept: a still market is not a silent recorder."""
    builder = TapeBuilder(INSTRUMENT)
    for time_ns in (0, 1, STILL_ALIVE_NS - 1, STILL_ALIVE_NS, STILL_ALIVE_NS + 1):
        quoted(builder, time_ns, "100", "101")
    builder.trade(2, D(100), D(1), Side.SELL)
    quoted(builder, 3, "100", "101")
    assert [row[0] for row in rows_of(builder.build())] == [0, 2, STILL_ALIVE_NS]


def test_a_quote_at_time_zero_is_a_quote() -> None:
    """Time zero is a time, not a missing one."""
    builder = TapeBuilder(INSTRUMENT)
    quoted(builder, 0, "100", "101")
    builder.trade(0, D(100), D(1), None)
    assert len(rows_of(builder.build())) == 2


def test_missing_sizes_are_assumed_or_kept() -> None:
    """A new price gets the assumed lots; a level that stays keeps the lots it had."""
    builder = TapeBuilder(INSTRUMENT)
    quoted(builder, 1, "100", "101", None)
    builder.quote(2, D(100), D("0.005"), D(102), None)
    quoted(builder, 3, "100", "103", None)
    assert [(row[3], row[5]) for row in rows_of(builder.build())] == [(700, 700), (5, 700), (5, 700)]


def test_a_missing_side_is_zero() -> None:
    """A side that is not there, or holds nothing, has price 0 and 0 lots."""
    builder = TapeBuilder(INSTRUMENT)
    builder.quote(1, None, None, D(101), D(1))
    builder.quote(2, D(100), D(1), D(101), D(0))
    builder.book(3, [], [])
    builder.book(4, [(D(99), D(3)), (D(98), D(5))], [(D(101), D(4))])
    assert [row[2:6] for row in rows_of(builder.build())] == [
        (0, 0, 1010, 1000),
        (1000, 1000, 0, 0),
        (0, 0, 0, 0),
        (990, 3000, 1010, 4000),
    ]


def test_locked_and_crossed_quotes_stay() -> None:
    """The builder judges nothing."""
    builder = TapeBuilder(INSTRUMENT)
    quoted(builder, 1, "100", "100")
    quoted(builder, 2, "101", "100")
    assert [(row[2], row[4]) for row in rows_of(builder.build())] == [(1000, 1000), (1010, 1000)]


def test_long_recordings_are_cut_into_chunks() -> None:
    """No chunk exceeds the usual size and nothing is lost between them."""
    builder = TapeBuilder(INSTRUMENT)
    for time_ns in range(CHUNK_ROWS + 5):
        quoted(builder, time_ns, "100", "101", str(1 + time_ns % 2))
    chunks = list(builder.build().chunks())
    assert [len(chunk) for chunk in chunks] == [CHUNK_ROWS, 5]
    assert chunks[1].time_ns[0] == CHUNK_ROWS


def test_no_quote_is_told() -> None:
    """Trades alone make no tape."""
    builder = TapeBuilder(INSTRUMENT)
    builder.trade(1, D(100), D(1), Side.BUY)
    with pytest.raises(UserError, match=r"holds no quotes: give the file of best bids and asks"):
        builder.build()


@pytest.mark.parametrize("price", ["214748364.8", "0.04"])
def test_a_price_that_does_not_fit_is_told(price: str) -> None:
    """Ticks are between 1 and 2^31 - 1; the price and the tick size are named."""
    with pytest.raises(UserError, match=rf"price {price} does not fit a tape of tick size 0.1: give another tick"):
        TapeBuilder(INSTRUMENT).trade(1, D(price), D(1), None)


def test_the_largest_price_fits() -> None:
    """The bound itself is inside."""
    builder = TapeBuilder(INSTRUMENT)
    quoted(builder, 1, "0.1", "214748364.7")
    assert rows_of(builder.build())[0][2:6:2] == (1, 2**31 - 1)


@pytest.mark.parametrize(
    ("price", "quantity", "problem"),
    [
        ("0", "1", "price 0 is not positive"),
        ("-5", "1", "price -5 is not positive"),
        ("5", "-1", "quantity -1 is negative"),
        ("5", "0", "a trade of no quantity"),
    ],
)
def test_impossible_trades_are_refused(price: str, quantity: str, problem: str) -> None:
    """Prices are above zero and so are traded quantities."""
    with pytest.raises(ValueError, match=problem):
        TapeBuilder(INSTRUMENT).trade(1, D(price), D(quantity), None)


def test_impossible_quotes_are_refused() -> None:
    """The same for quotes."""
    builder = TapeBuilder(INSTRUMENT)
    with pytest.raises(ValueError, match="not positive"):
        quoted(builder, 1, "-1", "2")
    with pytest.raises(ValueError, match="negative"):
        quoted(builder, 1, "1", "2", "-3")
