"""The plain Python reference follows the rules of the race, on tapes small enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from benchmarks.event_tape import INSTRUMENT, MOVING, make_chunks
from benchmarks.race import MAX_SELLS, PAUSE_NS, FillRow, FillRule, Race, fingerprint, profit_ticks
from benchmarks.reference import ENGINES, run_naive, run_plain
from simulation.tape import MemoryTape, RowKind, Tape, TapeChunk

Engine = Callable[[Tape, Race, FillRule], list[FillRow]]
Quote = tuple[int, int, int, int]


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the two engines."""
    return ENGINES[request.param]


def tape_of(*rows: tuple[int, RowKind, Quote, int, int]) -> MemoryTape:
    """Make a tape of (time, kind, bid with lots and ask with lots, price, lots)."""
    chunk = TapeChunk()
    for time_ns, kind, quote, price, lots in rows:
        chunk.append(time_ns, kind, *quote, price, lots)
    return MemoryTape(INSTRUMENT, [chunk])


def quote(time_ns: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> tuple[int, RowKind, Quote, int, int]:
    """Make a quote."""
    return time_ns, RowKind.QUOTE, (bid, bid_lots, ask, ask_lots), 0, 0


def sold(time_ns: int, lots: int, bid: int = 1000, bid_lots: int = 100) -> tuple[int, RowKind, Quote, int, int]:
    """Make a trade whose seller took from the bid."""
    return time_ns, RowKind.SELL, (bid, bid_lots, bid + 1, 100), bid, lots


def test_a_trade_serves_the_queue_first(engine: Engine) -> None:
    """Our buy at the bid fills when trades have used up the 100 lots before it, not at the hundredth."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), sold(2, 60), sold(3, 40), sold(4, 50))
    assert engine(tape, Race.TOP, FillRule.QUEUE) == [(4, 1, 1000)]


def test_without_queues_any_trade_at_the_price_fills(engine: Engine) -> None:
    """Under TOUCH the first trade fills it, and the order that replaces it fills with the next."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), sold(2, 60), sold(3, 40))
    assert engine(tape, Race.TOP, FillRule.TOUCH) == [(2, 1, 1000), (3, 1, 1000)]


def test_under_quotes_no_trade_fills(engine: Engine) -> None:
    """Under QUOTES only the opposite best price fills: the bid that reaches our sell."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), sold(2, 500), quote(3, 1001, 50, 1002, 50))
    assert engine(tape, Race.TOP, FillRule.QUOTES) == [(3, -1, 1001)]


def test_a_smaller_display_shortens_the_queue(engine: Engine) -> None:
    """Of 100 lots before us 50 left: a trade of 100 passes them."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), quote(2, 1000, 50, 1001, 100), sold(3, 100))
    assert engine(tape, Race.TOP, FillRule.QUEUE) == [(3, 1, 1000)]


def test_a_larger_display_does_not_lengthen_the_queue(engine: Engine) -> None:
    """Who comes later stands behind us."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), quote(2, 1000, 900, 1001, 100), sold(3, 150))
    assert engine(tape, Race.TOP, FillRule.QUEUE) == [(3, 1, 1000)]


def test_an_opposite_quote_at_our_price_fills_without_a_queue(engine: Engine) -> None:
    """The ask falls to our buy, whatever stood before it; it fills at its own price."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), quote(2, 998, 100, 999, 100))
    assert engine(tape, Race.TOP, FillRule.QUEUE) == [(2, 1, 1000)]


def test_what_is_sent_after_a_row_is_in_force_from_the_next(engine: Engine) -> None:
    """The buy that follows the bid up stands behind what is displayed there, and the old one is gone."""
    tape = tape_of(quote(1, 1000, 100, 1003, 100), quote(2, 1001, 100, 1003, 100), sold(3, 150, 1001))
    assert engine(tape, Race.TOP, FillRule.QUEUE) == [(3, 1, 1001)]


def test_a_grid_buy_inside_the_spread_waits_for_nobody(engine: Engine) -> None:
    """GRID bids one tick below the ask; the next trade that comes down to it fills it."""
    tape = tape_of(quote(1, 1000, 100, 1004, 100), (2, RowKind.SELL, (1000, 100, 1004, 100), 1000, 50))
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(2, 1, 1003)]


def test_a_grid_sells_half_a_tenth_of_a_percent_higher(engine: Engine) -> None:
    """A buy at 9,999 ticks is sold at 10,004: 0.05 % more, rounded up, after the queue assumed there has gone."""
    tape = tape_of(
        quote(1, 9999, 100, 10000, 100),
        quote(2, 9990, 100, 9999, 100),
        quote(3, 10003, 100, 10004, 50),
        (4, RowKind.BUY, (10003, 100, 10004, 50), 10004, 50),
        quote(5, 10004, 100, 10005, 50),
    )
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(2, 1, 9999), (5, -1, 10004)]


def test_a_grid_buy_is_moved_only_after_the_pause(engine: Engine) -> None:
    """The market leaves the buy behind; after 35 s, not before, it is placed anew just below the ask."""
    tape = tape_of(
        quote(1, 1000, 100, 1001, 100),
        quote(PAUSE_NS, 1010, 100, 1011, 100),
        quote(PAUSE_NS + 1, 1010, 100, 1012, 100),
        quote(PAUSE_NS + 2, 1009, 100, 1010, 100),
    )
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(PAUSE_NS + 2, 1, 1011)]


def test_a_pause_ends_at_its_own_time(engine: Engine) -> None:
    """Between two rows the buy moves to where the market was then; the next row finds it there and fills it."""
    tape = tape_of(quote(1, 1000, 100, 1001, 100), quote(5, 1010, 100, 1012, 100), quote(PAUSE_NS + 9, 999, 9, 1011, 9))
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(PAUSE_NS + 9, 1, 1011)]


def test_a_row_at_the_end_of_a_pause_comes_first(engine: Engine) -> None:
    """The buy is moved after that row: to its prices, and too late for it."""
    tape = tape_of(
        quote(1, 1000, 100, 1001, 100),
        quote(5, 1010, 100, 1012, 100),
        quote(PAUSE_NS + 1, 1009, 9, 1011, 9),
        quote(PAUSE_NS + 2, 1007, 9, 1008, 9),
    )
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(PAUSE_NS + 2, 1, 1010)]


def test_a_grid_stays_below_its_own_sells(engine: Engine) -> None:
    """Inside a wide spread our own sell is the best ask: the buy rests one tick below it."""
    tape = tape_of(
        quote(1, 999, 100, 1001, 100),
        quote(2, 990, 100, 1000, 100),  # bought at 1000; the sell rests at 1001
        quote(3, 999, 100, 1009, 100),
        quote(PAUSE_NS + 2, 999, 100, 1000, 100),
    )
    assert engine(tape, Race.GRID, FillRule.QUEUE) == [(2, 1, 1000), (PAUSE_NS + 2, 1, 1000)]


def test_a_full_grid_buys_no_more(engine: Engine) -> None:
    """In a market that only falls, each buy fills, until 25 sells rest."""
    falling = [
        quote(1 + step * PAUSE_NS // 2, 500_000 - 10 * step, 100, 500_001 - 10 * step, 100) for step in range(120)
    ]
    fills = engine(tape_of(*falling), Race.GRID, FillRule.QUEUE)
    assert [side for _, side, _ in fills] == [1] * MAX_SELLS


@pytest.mark.parametrize("race", list(Race))
@pytest.mark.parametrize("rule", list(FillRule))
def test_both_engines_end_with_the_same_fills(race: Race, rule: FillRule) -> None:
    """The loop over ints and the awaited events with Decimals do the same work."""
    tape = MemoryTape(INSTRUMENT, make_chunks(30_000, 5, MOVING))
    fills = run_plain(tape, race, rule)
    assert fills
    assert fills == run_naive(tape, race, rule)


def test_the_profit_is_never_below_what_was_asked() -> None:
    """The price of the sell is the lowest whole tick at or above 0.05 % more."""
    for price in (1, 1_999, 2_000, 2_001, 620_000, 620_001):
        exact = price * Decimal("1.0005")
        assert exact <= profit_ticks(price) < exact + 1


def test_the_fingerprint_tells_fills_apart_but_not_their_order_at_one_time() -> None:
    """Engines may name fills of one instant in any order; a tick of difference shows."""
    fills = [(1, 1, 100), (1, -1, 101), (2, 1, 99)]
    assert fingerprint(fills) == fingerprint([fills[1], fills[0], fills[2]])
    assert fingerprint(fills) != fingerprint([*fills[:2], (2, 1, 98)])
