"""The invented market: valid in every row, alive, and the same for the same seed."""

from __future__ import annotations

import math
import statistics
from itertools import islice, pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.clock import NS_PER_S
from simulation.paper_markets import PAPER_MARKETS, PaperMarket, paper_market
from simulation.synthetic import SyntheticTape
from simulation.tape import RowKind, TapeChunk

START_NS = 1_700_000_000 * NS_PER_S
DAY_NS = 86_400 * NS_PER_S
YEAR_S = 365 * 86_400
Row = tuple[int, int, int, int, int, int, int, int]
GOLDEN = [
    (0, 0, 620_000, 1500, 620_001, 1500, 0, 0),
    (843_393_856, 1, 620_000, 1500, 620_001, 1500, 620_001, 1500),
    (843_393_856, 0, 620_088, 1433, 620_090, 389, 0, 0),
    (1_274_596_279, 0, 620_088, 1433, 620_089, 3275, 0, 0),
]


def rows_of(chunk: TapeChunk) -> list[Row]:
    """Give a chunk row by row."""
    columns = (chunk.time_ns, chunk.kind, chunk.bid, chunk.bid_lots, chunk.ask, chunk.ask_lots, chunk.price, chunk.lots)
    return list(zip(*columns, strict=True))


def first_rows(tape: SyntheticTape, chunks: int = 1) -> list[Row]:
    """Give the rows of the first chunks."""
    return [row for chunk in islice(tape.chunks(), chunks) for row in rows_of(chunk)]


def rows_until(tape: SyntheticTape, end_ns: int) -> list[Row]:
    """Give the rows before a time."""
    rows: list[Row] = []
    for chunk in tape.chunks():
        rows.extend(rows_of(chunk))
        if rows[-1][0] >= end_ns:
            break
    return [row for row in rows if row[0] < end_ns]


@pytest.fixture(scope="module")
def btc_day() -> list[Row]:
    """One day of BTC."""
    return rows_until(SyntheticTape(paper_market("BTC"), 7, START_NS), START_NS + DAY_NS)


def check_rows(rows: list[Row]) -> None:
    """Assert what holds for every row and every pair of rows."""
    assert rows[0][1] == RowKind.QUOTE
    for before, row in pairwise(rows):
        time_ns, kind, bid, bid_lots, ask, ask_lots, price, lots = row
        assert time_ns >= before[0]
        assert 0 < bid < ask <= bid + 3
        assert bid_lots > 0
        assert ask_lots > 0
        if kind == RowKind.QUOTE:
            assert (price, lots) == (0, 0)
            assert row[2:6] != before[2:6]
        else:
            # A trade prints at the touch, within what is displayed, and moves no quote itself.
            assert row[2:6] == before[2:6]
            at, displayed = (ask, ask_lots) if kind == RowKind.BUY else (bid, bid_lots)
            assert price == at
            assert 0 < lots <= displayed


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**63), market=st.sampled_from(PAPER_MARKETS))
def test_every_row_is_valid(seed: int, market: PaperMarket) -> None:
    """Bid below ask, time never back, trades at the touch and within the displayed lots, whatever the seed."""
    check_rows(first_rows(SyntheticTape(market, seed, START_NS)))


def test_a_whole_day_is_valid(btc_day: list[Row]) -> None:
    """The same holds over all chunks and spells of a day."""
    check_rows(btc_day)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_market_gone_mad_stays_valid(seed: int) -> None:
    """Even at a volatility of 20,000 % prices stay positive and within the range of a tape."""
    mad = msgspec.structs.replace(paper_market("DOGE"), annual_volatility=200.0, events_per_second=0.5)
    rows = first_rows(SyntheticTape(mad, seed, START_NS), chunks=8)
    check_rows(rows)
    assert max(row[4] for row in rows) < 2**31


def test_the_same_seed_gives_the_same_bytes() -> None:
    """A tape starts anew identically, and so does another one of the same seed."""
    tape = SyntheticTape(paper_market("BTC"), 7, START_NS)
    again = SyntheticTape(paper_market("BTC"), 7, START_NS)
    assert first_rows(tape, 3) == first_rows(tape, 3) == first_rows(again, 3)


def test_the_first_rows_never_change() -> None:
    """The rows of a seed are part of what users rely on: a change of the market's rules must be meant."""
    rows = first_rows(SyntheticTape(paper_market("BTC"), 7, 0))
    assert rows[:4] == GOLDEN


def test_another_seed_gives_another_market() -> None:
    """Seeds are independent."""
    assert (
        first_rows(SyntheticTape(paper_market("BTC"), 7, 0))[:100]
        != first_rows(SyntheticTape(paper_market("BTC"), 8, 0))[:100]
    )


def test_tickers_of_one_seed_do_not_move_alike() -> None:
    """The ticker is part of the seed: two markets of one run have other event times and other moves."""
    btc = first_rows(SyntheticTape(paper_market("BTC"), 7, 0))
    renamed = msgspec.structs.replace(paper_market("BTC"), ticker="ETH")
    assert btc[1:100] != first_rows(SyntheticTape(renamed, 7, 0))[1:100]


def test_the_start_time_shifts_the_market() -> None:
    """When a run starts changes no price, only the times."""
    early = first_rows(SyntheticTape(paper_market("BTC"), 7, 0))
    late = first_rows(SyntheticTape(paper_market("BTC"), 7, START_NS))
    assert [(time_ns + START_NS, *rest) for time_ns, *rest in early] == late
    assert late[0][0] == START_NS == SyntheticTape(paper_market("BTC"), 7, START_NS).start_ns


def test_the_instrument_says_where_it_comes_from() -> None:
    """A synthetic tape names itself so, with the market's grid and depth."""
    instrument = SyntheticTape(paper_market("BTC"), 7, 0).instrument
    assert (instrument.ticker, instrument.quote, instrument.source) == ("BTC", "USD", "synthetic")
    assert (instrument.tick_size, instrument.quantity_step) == (
        paper_market("BTC").tick_size,
        paper_market("BTC").quantity_step,
    )
    assert instrument.depth_lots == (1500, *(375,) * 9)


def test_a_day_has_a_days_rows(btc_day: list[Row]) -> None:
    """BTC has 2 to 4 rows a second, a good quarter of them trades, and is never silent for long."""
    assert 170_000 <= len(btc_day) <= 350_000
    trades = sum(row[1] != RowKind.QUOTE for row in btc_day)
    assert 0.2 < trades / len(btc_day) < 0.4
    assert max(later[0] - earlier[0] for earlier, later in pairwise(btc_day)) < 10 * NS_PER_S


def moves(rows: list[Row], step_s: int) -> list[float]:
    """Log returns of the mid over a grid of seconds."""
    mids, at = [], 0
    for grid_ns in range(START_NS, START_NS + DAY_NS, step_s * NS_PER_S):
        while at + 1 < len(rows) and rows[at + 1][0] <= grid_ns:
            at += 1
        mids.append(math.log(rows[at][2] + rows[at][4]))
    return [later - earlier for earlier, later in pairwise(mids)]


@pytest.mark.parametrize("ticker", ["BTC", "DOGE"])
@pytest.mark.parametrize("seed", [1, 2])
def test_volatility_is_near_the_annual_figure(ticker: str, seed: int) -> None:
    """Realised over a day, from minute to minute, within a factor of 1.3."""
    market = paper_market(ticker)
    rows = rows_until(SyntheticTape(market, seed, START_NS), START_NS + DAY_NS)
    realised = statistics.pstdev(moves(rows, 60)) * math.sqrt(YEAR_S / 60)
    assert market.annual_volatility / 1.3 < realised < market.annual_volatility * 1.3


def test_ten_seconds_often_move_btc_by_ten_dollars(btc_day: list[Row]) -> None:
    """At least two of five moves over 10 s exceed 10 USD, so that a target of 0.02 % is soon reached."""
    sizes = [abs(move) * 62_000 for move in moves(btc_day, 10)]
    assert sum(size > 10 for size in sizes) / len(sizes) > 0.4


def test_prices_bounce(btc_day: list[Row]) -> None:
    """Moves over 15 s tend to be taken back in the next 15 s."""
    steps = moves(btc_day, 15)
    assert statistics.correlation(steps[:-1], steps[1:]) < -0.02


def test_volatility_comes_in_spells(btc_day: list[Row]) -> None:
    """The size of one minute's moves tells of the next minute's."""
    steps = [abs(move) for move in moves(btc_day, 60)]
    assert statistics.correlation(steps[:-1], steps[1:]) > 0.05


def test_events_and_sides_come_in_clusters(btc_day: list[Row]) -> None:
    """Gaps vary more than those of independent events, and a trade is mostly followed by one of its side."""
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(btc_day) if later[0] > earlier[0]]
    assert statistics.pstdev(gaps) > 1.3 * statistics.mean(gaps)
    sides = [row[1] for row in btc_day if row[1] != RowKind.QUOTE]
    assert sum(first == second for first, second in pairwise(sides)) / len(sides) > 0.6
    assert 0.45 < sides.count(RowKind.BUY) / len(sides) < 0.55


def test_a_swept_level_breaks(btc_day: list[Row]) -> None:
    """After a trade of all displayed lots the next row is a quote, at once, with that level gone."""
    swept = 0
    for row, after in pairwise(btc_day):
        if row[1] == RowKind.BUY and row[7] == row[5]:
            assert (after[0], after[1]) == (row[0], RowKind.QUOTE)
            assert after[4] > row[4]
            swept += 1
        elif row[1] == RowKind.SELL and row[7] == row[3]:
            assert (after[0], after[1]) == (row[0], RowKind.QUOTE)
            assert after[2] < row[2]
            swept += 1
    assert swept > 1000


def test_a_trade_shrinks_its_level(btc_day: list[Row]) -> None:
    """After a smaller trade the next quote shows the level less what was traded."""
    shrunk = 0
    for row, after in pairwise(btc_day):
        if row[1] == RowKind.BUY and row[7] < row[5]:
            assert after[2:6] == (row[2], row[3], row[4], row[5] - row[7])
            shrunk += 1
        elif row[1] == RowKind.SELL and row[7] < row[3]:
            assert after[2:6] == (row[2], row[3] - row[7], row[4], row[5])
            shrunk += 1
    assert shrunk > 1000
