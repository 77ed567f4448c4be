"""From files to one tape, and what a tape is like."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.errors import UserError
from simulation.paper_markets import paper_market
from simulation.parquet_tape import ParquetTape, write_parquet
from simulation.synthetic import SyntheticTape
from simulation.tape import Instrument, MemoryTape, RowKind, Tape, TapeChunk
from simulation.tape_files import describe_tape, open_tape

T0 = 1_700_000_000
BBO = """unix_timestamp,bid,ask,mid
1700000000.0,100.0,100.1,100.05
1700000001.5,100.1,100.3,100.2
"""
TRADES = """id,unix_timestamp_ms,side,price,quantity
1,1699999999000,buy,100.1,5.0
2,1700000000500,sell,100.000000,0.250000
3,1700000001500,buy,100.1,0.025
"""


@pytest.fixture
def bbo(tmp_path: Path) -> Path:
    """Two sampled quotes of Aster."""
    path = tmp_path / "bbo_BTCUSDT.csv"
    path.write_text(BBO)
    return path


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    """Three trades of Aster, gzipped; the first before the quotes, the last at the time of a quote."""
    path = tmp_path / "trades_BTCUSDT.csv.gz"
    path.write_bytes(gzip.compress(TRADES.encode()))
    return path


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """A tape file of ETH."""
    path = tmp_path / "eth.parquet"
    write_parquet(SyntheticTape(paper_market("ETH"), 1, 0), path, until_ns=60 * 10**9)
    return path


def rows_of(tape: Tape) -> list[tuple[int, ...]]:
    """Give a tape row by row."""
    return [
        row
        for c in tape.chunks()
        for row in zip(c.time_ns, c.kind, c.bid, c.bid_lots, c.ask, c.ask_lots, c.price, c.lots, strict=True)
    ]


def problem_of(paths: list[Path], ticker: str | None = None) -> str:
    """Open a tape and give the error."""
    with pytest.raises(UserError) as caught:
        open_tape(paths, ticker)
    return str(caught.value)


# -- opening --------------------------------------------------------------------------------


@pytest.mark.parametrize("turned", [False, True])
def test_recordings_are_merged_by_time(bbo: Path, trades: Path, turned: bool) -> None:
    """Whatever the order of the arguments: by time, trades before quotes of their time, none before the first quote."""
    tape = open_tape([trades, bbo] if turned else [bbo, trades], None)
    instrument = tape.instrument
    assert (instrument.ticker, instrument.quote, instrument.source) == ("BTC", "USDT", "aster")
    assert (instrument.tick_size, instrument.quantity_step) == (Decimal("0.1"), Decimal("0.001"))
    touch = instrument.depth_lots[0]
    assert rows_of(tape) == [
        (1_700_000_000_000_000_000, RowKind.QUOTE, 1000, touch, 1001, touch, 0, 0),
        (1_700_000_000_500_000_000, RowKind.SELL, 1000, touch, 1001, touch, 1000, 250),
        (1_700_000_001_500_000_000, RowKind.BUY, 1000, touch, 1001, touch, 1001, 25),
        (1_700_000_001_500_000_000, RowKind.QUOTE, 1001, touch, 1003, touch, 0, 0),
    ]


def test_quotes_alone_make_a_tape(bbo: Path) -> None:
    """Without any quantity the step is a power of ten worth at most ten, and the touch is worth 10,000."""
    tape = open_tape([bbo], None)
    assert tape.instrument.quantity_step == Decimal("0.01")
    assert tape.instrument.depth_lots == (9970, *(997,) * 9)
    assert len(rows_of(tape)) == 2


def test_the_touch_of_sizeless_quotes_follows_large_trades(bbo: Path, trades: Path) -> None:
    """The assumed touch is ten average trades where that is more than 10,000 in quote."""
    trades.write_bytes(gzip.compress(TRADES.replace("5.0", "500.0").encode()))
    depth = open_tape([bbo, trades], None).instrument.depth_lots
    assert depth[0] == int(10 * Decimal("500.275") / 3 / Decimal("0.001"))


def test_grid_can_be_given(bbo: Path, trades: Path) -> None:
    """A given tick size and quantity step take the place of what the recording shows."""
    tape = open_tape([bbo, trades], "btc", tick_size=Decimal("0.5"), quantity_step=Decimal("0.1"))
    assert (tape.instrument.tick_size, tape.instrument.quantity_step) == (Decimal("0.5"), Decimal("0.1"))
    rows = rows_of(tape)
    assert rows[0][2:5:2] == (200, 201)
    assert rows[1][7] == 2
    assert rows[2][7] == 1


@pytest.mark.parametrize(("name", "value"), [("tick_size", "0"), ("quantity_step", "-1")])
def test_an_impossible_grid_is_told(bbo: Path, name: str, value: str) -> None:
    """Steps are above zero."""
    with pytest.raises(UserError, match=rf"{name.replace('_', ' ')} {value} is not positive: give one above zero"):
        open_tape([bbo], None, **{name: Decimal(value)})


def test_a_tape_file_is_opened_as_it_is(finished: Path) -> None:
    """A finished tape needs no import and may be asked for in any case."""
    tape = open_tape([finished], "eth")
    assert isinstance(tape, ParquetTape)
    assert tape.instrument.source == "synthetic"


def test_an_imported_tape_survives_the_file(bbo: Path, trades: Path, tmp_path: Path) -> None:
    """Import, write, open: the same rows."""
    tape = open_tape([bbo, trades], "BTC")
    write_parquet(tape, tmp_path / "btc.parquet")
    again = open_tape([tmp_path / "btc.parquet"], "BTC")
    assert rows_of(again) == rows_of(tape)
    assert again.instrument == tape.instrument


def test_the_ticker_names_a_market_that_the_file_does_not(bbo: Path, tmp_path: Path) -> None:
    """A renamed file is told apart by the given ticker."""
    path = bbo.rename(tmp_path / "quotes.csv")
    assert open_tape([path], "sol").instrument.ticker == "SOL"
    assert problem_of([path]) == (f"{path} does not tell its market: name it like trades_BTC.csv, or give the ticker")


# -- long recordings -----------------------------------------------------------------------


def long_recording(folder: Path, rows: int) -> Path:
    """Write quotes of Aster that step back a little now and then."""
    path = folder / "bbo_BTCUSDT.csv"
    with path.open("w") as file:
        file.write("unix_timestamp,bid,ask,mid\n")
        for n in range(rows):
            file.write(f"{T0 + n - 5 * (n % 7 == 3)}.0,{100 + n % 50}.0,{100 + n % 50}.1,0\n")
    return path


def test_the_reading_is_told(tmp_path: Path) -> None:
    """How far it has come in both readings, from 0 to 1, never backwards; zipped files count as they lie there."""
    quotes = long_recording(tmp_path, 20_000)
    trades = tmp_path / "trades_BTCUSDT.csv.gz"
    lines = "".join(f"{n},{T0 + n}000,buy,100.1,{n}.5\n" for n in range(20_000))
    trades.write_bytes(gzip.compress((TRADES.partition("\n")[0] + "\n" + lines).encode()))
    told: list[tuple[str, float]] = []
    open_tape([quotes, trades], None, tell=lambda what, share: told.append((what, share)))
    assert {what for what, _ in told} == {"looking through", "sorting"}
    for wanted in ("looking through", "sorting"):
        shares = [share for what, share in told if what == wanted]
        assert shares == sorted(shares)
        assert 0 < shares[0] < 0.5 < shares[-1] <= 1


def test_the_reading_of_parquet_is_told(tmp_path: Path) -> None:
    """By its rows."""
    rows = 10_000
    times = [T0 * 1000 + n for n in range(rows)]
    books = {"bids": [[[1.0, 2.0]]] * rows, "asks": [[[1.5, 2.0]]] * rows, "lastUpdateId": [0] * rows}
    pq.write_table(pa.table({"timestamp": times, **books}), tmp_path / "book_XRPUSDT.parquet")
    told: list[float] = []
    open_tape([tmp_path / "book_XRPUSDT.parquet"], None, tell=lambda _, share: told.append(share))
    assert told == [0, 0.4096, 0.8192] * 2


# -- what does not fit is told --------------------------------------------------------------


def test_nothing_to_open_is_told() -> None:
    """No path at all."""
    assert problem_of([]) == "no tape is given: name a tape file or recordings"


def test_another_ticker_is_told(finished: Path, bbo: Path) -> None:
    """Both are named, for tapes and for recordings."""
    assert problem_of([finished], "BTC") == "the tape holds ETH, not BTC: give the ticker ETH or another tape"
    assert problem_of([bbo], "ETH") == "the tape holds BTC, not ETH: give the ticker BTC or another tape"


def test_a_finished_tape_is_not_merged(finished: Path, bbo: Path) -> None:
    """A tape is whole; its grid is fixed."""
    assert problem_of([bbo, finished]) == f"{finished} is a finished tape and cannot be merged: give it alone"
    with pytest.raises(UserError, match="is a finished tape: its grid is fixed: import the recordings again"):
        open_tape([finished], None, tick_size=Decimal(1))


def test_two_markets_are_told(bbo: Path, tmp_path: Path) -> None:
    """Each file is named with what it is."""
    other = tmp_path / "trades_ETHUSDT.csv"
    other.write_text(TRADES)
    assert problem_of([bbo, other]) == (
        "the recordings are of different markets "
        "(trades_ETHUSDT.csv is ETH of aster, bbo_BTCUSDT.csv is BTC of aster): "
        "make one tape of each"
    )


def test_two_venues_are_told(bbo: Path, tmp_path: Path) -> None:
    """One market on two venues is two markets."""
    other = tmp_path / "trades_BTCUSDT.csv"
    other.write_text("timestamp,price,size,side,trade_id,exchange_timestamp\n1,2,3,buy,4,5\n")
    assert "trades_BTCUSDT.csv is BTC of hyperliquid" in problem_of([bbo, other])


def test_trades_alone_are_told(trades: Path) -> None:
    """A tape needs quotes."""
    assert problem_of([trades]) == (
        "the recording holds no quotes: give the file of best bids and asks beside the trades"
    )


def missing(folder: Path) -> tuple[Path, str]:
    """A name without a file."""
    path = folder / "none.csv"
    return path, f"there is no file {path}: check the name"


def a_folder(folder: Path) -> tuple[Path, str]:
    """A folder instead of the files in it."""
    return folder, f"{folder} is a folder: name the files in it"


def empty(folder: Path) -> tuple[Path, str]:
    """A file of no bytes."""
    path = folder / "bbo_BTC.csv"
    path.write_bytes(b"")
    return path, f"{path} is empty: give a recording with rows"


def unrecognised(folder: Path) -> tuple[Path, str]:
    """A table of something else."""
    path = folder / "prices_BTC.csv"
    path.write_text("open,high,low,close\n1,2,3,4\n")
    known = "aster, binance, edgex, hyperliquid, lighter, standx"
    return path, f"{path} is no recording that can be read: docs/tapes.md shows the formats of {known}"


def other_parquet(folder: Path) -> tuple[Path, str]:
    """A Parquet file of something else."""
    path = folder / "BTC.parquet"
    pq.write_table(pa.table({"open": [1]}), path)
    known = "aster, binance, edgex, hyperliquid, lighter, standx"
    return path, f"{path} is no recording that can be read: docs/tapes.md shows the formats of {known}"


def header_only(folder: Path) -> tuple[Path, str]:
    """A recording of nothing."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.partition("\n")[0] + "\n")
    return path, "the recording holds no quotes: give the file of best bids and asks beside the trades"


def bad_number(folder: Path) -> tuple[Path, str]:
    """A cell of letters in the third line."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.replace("100.3", "n/a"))
    return path, f"{path}, line 3: 'n/a' is no number: mend or remove it"


def not_finite(folder: Path) -> tuple[Path, str]:
    """A number that is none."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.replace("100.3", "NaN"))
    return path, f"{path}, line 3: 'NaN' is no number: mend or remove it"


def short_row(folder: Path) -> tuple[Path, str]:
    """A recorder that died in the middle of a row."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO + "1700000002.0,100")
    return path, f"{path}, line 4: 2 columns where the header has 4: mend or remove it"


def negative_price(folder: Path) -> tuple[Path, str]:
    """A price that cannot be."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.replace("100.1,100.3", "-1,100.3"))
    return path, f"{path}, line 3: price -1 is not positive: mend or remove it"


def far_time(folder: Path) -> tuple[Path, str]:
    """A time beyond what ns in 64 bits can hold."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.replace("1700000001.5", "1700000001500"))
    return path, f"{path}, line 3: a number is out of range: mend or remove it"


def float_noise(folder: Path) -> tuple[Path, str]:
    """A price with the tail of a float."""
    path = folder / "bbo_BTC.csv"
    path.write_text(BBO.replace("100.3", "100.30000000000001"))
    problem = "100.30000000000001 has more decimals than a price or quantity can have"
    return path, f"{path}, line 3: {problem}: mend or remove it"


def bad_side(folder: Path) -> tuple[Path, str]:
    """A trade of no side."""
    path = folder / "trades_BTC.csv"
    path.write_text(TRADES.replace("sell", "short"))
    return path, f"{path}, line 3: 'short' is no side: mend or remove it"


@pytest.mark.parametrize(
    "make",
    [
        missing,
        a_folder,
        empty,
        unrecognised,
        other_parquet,
        header_only,
        bad_number,
        not_finite,
        short_row,
        negative_price,
        far_time,
        float_noise,
        bad_side,
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, make: Callable[[Path], tuple[Path, str]]) -> None:
    """One line that names the file, the place and the mend."""
    path, problem = make(tmp_path)
    assert problem_of([path]) == problem


@pytest.mark.parametrize("keep", [5, 40, -1])
def test_a_cut_off_gzip_is_told(trades: Path, bbo: Path, keep: int) -> None:
    """A gzip file that ends too early is damaged, wherever it ends."""
    trades.write_bytes(trades.read_bytes()[:keep])
    assert problem_of([bbo, trades]).startswith(f"{trades} is damaged or unreadable (")


def test_a_corrupt_gzip_is_told(trades: Path, bbo: Path) -> None:
    """A flipped bit in compressed data is noticed."""
    content = bytearray(trades.read_bytes())
    content[len(content) // 2] ^= 0xFF
    trades.write_bytes(content)
    assert str(trades) in problem_of([bbo, trades])


def test_binary_under_a_good_header_is_told(bbo: Path) -> None:
    """Bytes that are no text."""
    bbo.write_bytes(BBO.encode() + b"\xff\xfe\x00")
    assert problem_of([bbo]) == f"{bbo} is no text: see docs/tapes.md for the formats that can be read"


def test_a_price_beyond_the_tape_is_told(bbo: Path) -> None:
    """A stray large price names itself and the tick size."""
    bbo.write_text(BBO.replace("100.3", "900000000"))
    assert problem_of([bbo]) == "price 900000000 does not fit a tape of tick size 0.1: give another tick size"


# -- describing -----------------------------------------------------------------------------


def test_a_tape_is_described_over_its_chunks() -> None:
    """Counts, times, gaps and spreads, with gaps over the seams of chunks."""
    first, second = TapeChunk(), TapeChunk()
    first.append(1_000_000_000, RowKind.QUOTE, 10, 1, 13, 1)
    first.append(1_500_000_000, RowKind.BUY, 10, 1, 13, 1, price=13, lots=1)
    second.append(4_500_000_000, RowKind.QUOTE, 10, 1, 10, 1)
    second.append(5_000_000_000, RowKind.QUOTE, 11, 1, 10, 1)
    second.append(6_000_000_000, RowKind.QUOTE, 0, 0, 10, 1)
    second.append(9_250_000_000, RowKind.SELL, 0, 0, 10, 1, price=9, lots=1)
    second.append(10_500_000_000, RowKind.TRADE, 0, 0, 10, 1, price=9, lots=1)
    instrument = Instrument(
        ticker="X", quote="USD", source="test", tick_size=Decimal(1), quantity_step=Decimal(1), depth_lots=(1,)
    )
    info = describe_tape(MemoryTape(instrument, [first, second]))
    assert info.instrument is instrument
    assert (info.rows, info.quotes, info.trades) == (7, 4, 3)
    assert (info.first_ns, info.last_ns) == (1_000_000_000, 10_500_000_000)
    assert info.largest_gap_s == 3.25
    assert info.largest_quote_gap_s == 4.5
    assert (info.locked, info.crossed) == (1, 1)
    assert info.median_spread_ticks == 0


def test_a_tape_without_two_sides_has_no_spread() -> None:
    """Unknown is not zero."""
    chunk = TapeChunk()
    chunk.append(5, RowKind.QUOTE, 0, 0, 10, 1)
    instrument = Instrument(
        ticker="X", quote="USD", source="test", tick_size=Decimal(1), quantity_step=Decimal(1), depth_lots=(1,)
    )
    info = describe_tape(MemoryTape(instrument, [chunk]))
    assert info.median_spread_ticks is None
    assert (info.largest_gap_s, info.largest_quote_gap_s, info.locked) == (0, 0, 0)
