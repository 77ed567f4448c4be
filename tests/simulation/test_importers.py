"""Other people's recordings: each format on a small file, and on real recordings where they are at hand."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.errors import UserError
from simulation.importers.catalogue import FORMATS, recognise
from simulation.importers.recording import Repeats
from simulation.importers.symbols import split_symbol, symbol_in_name
from simulation.tape import RowKind, Tape
from simulation.tape_files import TapeInfo, describe_tape, open_tape

MS = 1_000_000
S = 1_000_000_000
T0 = 1_700_000_000


def rows_of(tape: Tape) -> list[tuple[int, ...]]:
    """Give a tape row by row."""
    return [
        row
        for c in tape.chunks()
        for row in zip(c.time_ns, c.kind, c.bid, c.bid_lots, c.ask, c.ask_lots, c.price, c.lots, strict=True)
    ]


def make(folder: Path, name: str, *lines: str) -> Path:
    """Write a text recording."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


# -- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("btcusdc", ("BTC", "USDC")),
        ("BTC-USD", ("BTC", "USD")),
        ("BTC_USDT_PERP", ("BTC", "USDT")),
        ("BTC-PERP", ("BTC", "XYZ")),
        ("ETHUSD_PERP", ("ETH", "USD")),
        ("1000PEPEUSDT", ("1000PEPE", "USDT")),
        ("PAXG", ("PAXG", "XYZ")),
        ("USDT", ("USDT", "XYZ")),
    ],
)
def test_symbols_are_split(symbol: str, expected: tuple[str, str]) -> None:
    """Ticker and quote currency as venues write them; the default where the symbol does not tell."""
    assert split_symbol(symbol, "XYZ") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("trades_BTCUSDT.csv.gz", "BTCUSDT"),
        ("orderbook10_ETHUSDT_1034.csv", "ETHUSDT"),
        ("orderbook_BTC-USD_2026-01-06_13.parquet", "BTC-USD"),
        ("1326_BTC.csv", "BTC"),
        ("quotes.csv", None),
    ],
)
def test_symbols_are_found_in_file_names(name: str, expected: str | None) -> None:
    """The first part in capitals."""
    assert symbol_in_name(Path("/data/ABC") / name) == expected


# -- Aster ----------------------------------------------------------------------------------


def aster_book(stamp: str, time_text: str, folder: Path) -> Path:
    """Write one book of two levels a side."""
    header = (
        f"{stamp},lastUpdateId,bid_price_0,bid_qty_0,bid_price_1,bid_qty_1,ask_price_0,ask_qty_0,ask_price_1,ask_qty_1"
    )
    return make(folder, "book_BTCUSDT.csv", header, f"{time_text},1,100.0,2.5,99.8,3.0,100.1,1.0,100.2,0.4")


@pytest.mark.parametrize(
    ("stamp", "time_text"), [("unix_timestamp", "1700000000.25"), ("unix_timestamp_ms", "1700000000250")]
)
def test_aster_books(tmp_path: Path, stamp: str, time_text: str) -> None:
    """The best level is the quote; each tick behind it gets the mean of what is displayed there."""
    tape = open_tape([aster_book(stamp, time_text, tmp_path)], None)
    assert rows_of(tape) == [(T0 * S + 250 * MS, RowKind.QUOTE, 1000, 25, 1001, 10, 0, 0)]
    assert tape.instrument.quote == "USDT"
    # Steps of 0.1: touch (25 + 10) / 2; a tick behind 4 on the ask; two ticks behind 30 on the bid.
    assert tape.instrument.depth_lots == (17, 2, 15, *(1,) * 47)


@pytest.mark.parametrize(
    ("stamp", "time_text"),
    [
        ("unix_timestamp", "1700000000.25"),
        ("unix_timestamp_ms", "1700000000250"),
        ("unix_timestamp_ms", "1700000000250.0"),
    ],
)
def test_aster_quotes(tmp_path: Path, stamp: str, time_text: str) -> None:
    """Quotes without sizes, in seconds or milliseconds."""
    path = make(tmp_path, "prices_DOGEUSDT.csv", f"{stamp},bid,ask,mid", f"{time_text},0.1600,0.16001,0.160005")
    tape = open_tape([path], None)
    row = rows_of(tape)[0]
    assert row[0] == T0 * S + 250 * MS
    assert (row[2], row[4]) == (16000, 16001)
    # No quantity is known: a step worth at most ten is at most one coin, and 10,000 is the touch.
    assert tape.instrument.quantity_step == 1
    assert tape.instrument.depth_lots[0] == int(10_000 / Decimal("0.16001"))


def test_a_book_of_missing_levels_is_shorter(tmp_path: Path) -> None:
    """Empty cells end a side; a side may be missing."""
    path = aster_book("unix_timestamp", "1700000000", tmp_path)
    path.write_text(path.read_text().replace("99.8,3.0", ",").replace("100.1,1.0,100.2,0.4", ",,,"))
    assert rows_of(open_tape([path], None)) == [(T0 * S, RowKind.QUOTE, 100, 25, 0, 0, 0, 0)]


def test_aster_parquet_books(tmp_path: Path) -> None:
    """Arrays of price and quantity as floats; floats become the decimals they were meant to be."""
    table = pa.table(
        {
            "timestamp": [T0 * 1000],
            "bids": [[[0.1 + 0.2, 5.5], [0.2, 1.0]]],
            "asks": [[[0.4, 2.0]]],
            "lastUpdateId": [1],
        }
    )
    pq.write_table(table, tmp_path / "book_XRPUSDT.parquet")
    tape = open_tape([tmp_path / "book_XRPUSDT.parquet"], None)
    assert rows_of(tape) == [(T0 * S, RowKind.QUOTE, 3, 55, 4, 20, 0, 0)]
    assert tape.instrument.ticker == "XRP"


# -- Binance --------------------------------------------------------------------------------


def usdm_quote(ms: int, bid: str = "100.10", symbol: str = "BTCUSDT") -> str:
    """Write a futures quote frame, received 1.3 s before the exchange's stamp."""
    data = f'"e":"bookTicker","u":1,"s":"{symbol}","b":"{bid}","B":"2.507","a":"100.30","A":"2.510","T":{ms},"E":{ms}'
    return f'{ms * MS - 1300 * MS} {{"stream":"btcusdt@bookTicker","data":{{{data}}}}}'


def usdm_trade(ms: int, *, maker_bought: bool, kind: str = "MARKET") -> str:
    """Write a futures trade frame."""
    flag = str(maker_bought).lower()
    data = f'"e":"trade","E":{ms},"T":{ms},"s":"BTCUSDT","t":1,"p":"100.30","q":"0.006","X":"{kind}","m":{flag}'
    return f'{ms * MS} {{"stream":"btcusdt@trade","data":{{{data}}}}}'


DEPTH = (
    '1700000000000000000 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","b":[["1","2"]]}}'
)


def test_binance_futures_frames(tmp_path: Path) -> None:
    """Quotes and market trades at the exchange's time; the aggressor is who did not make."""
    ms = T0 * 1000
    path = make(
        tmp_path,
        "btc.txt",
        DEPTH,
        usdm_quote(ms),
        usdm_trade(ms + 1, maker_bought=False),
        usdm_trade(ms + 2, maker_bought=True),
        usdm_trade(ms + 3, maker_bought=True, kind="INSURANCE_FUND"),
    )
    tape = open_tape([path], None)
    assert (tape.instrument.ticker, tape.instrument.quote, tape.instrument.source) == ("BTC", "USDT", "binance")
    assert (tape.instrument.tick_size, tape.instrument.quantity_step) == (Decimal("0.1"), Decimal("0.001"))
    assert rows_of(tape) == [
        (ms * MS, RowKind.QUOTE, 1001, 2507, 1003, 2510, 0, 0),
        ((ms + 1) * MS, RowKind.BUY, 1001, 2507, 1003, 2510, 1003, 6),
        ((ms + 2) * MS, RowKind.SELL, 1001, 2507, 1003, 2510, 1003, 6),
    ]


def test_binance_plain_frames(tmp_path: Path) -> None:
    """A stream of its own has no wrapper round its frames; aggregated trades count as trades."""
    path = make(
        tmp_path,
        "btc.txt",
        f'{T0 * S} {{"e":"bookTicker","s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4","T":{T0 * 1000}}}',
        f'{T0 * S} {{"e":"aggTrade","s":"BTCUSDT","a":5,"p":"3","q":"1","T":{T0 * 1000 + 5},"m":false}}',
    )
    assert [row[1] for row in rows_of(open_tape([path], None))] == [RowKind.QUOTE, RowKind.BUY]


def test_binance_spot_quotes_get_the_exchange_clock(tmp_path: Path) -> None:
    """A quote without a time gets the recorder's, moved by the least delayed message of the file."""
    local = T0 * S
    quote = (
        '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"100.00","B":"1.00","a":"100.01","A":"2.00"}}'
    )
    data = '{{"e":"trade","E":{0},"s":"BTCUSDT","p":"100.01","q":"1","T":{0},"m":false}}'
    trade = f'{{{{"stream":"btcusdt@trade","data":{data}}}}}'
    path = make(
        tmp_path,
        "spot.txt",
        f"{local} {quote}",
        # Stamped 1.3 s after it was received, then 1.2 s after: the second was on its way for longer.
        f"{local + 100 * MS} {trade.format(T0 * 1000 + 1400)}",
        f"{local + 200 * MS} {trade.format(T0 * 1000 + 1400)}",
    )
    rows = rows_of(open_tape([path], None))
    assert [row[0] - local for row in rows] == [1300 * MS, 1400 * MS, 1400 * MS]


def test_binance_quotes_without_any_exchange_time_keep_the_local_one(tmp_path: Path) -> None:
    """Where nothing tells the exchange's clock, the recorder's is all there is."""
    quote = '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"2"}}'
    assert rows_of(open_tape([make(tmp_path, "spot.txt", f"{T0 * S} {quote}")], None))[0][0] == T0 * S


def test_two_symbols_in_one_recording_are_told(tmp_path: Path) -> None:
    """A combined recording of two markets is not mixed into one."""
    path = make(tmp_path, "both.txt", usdm_quote(T0 * 1000), usdm_quote(T0 * 1000, symbol="ETHUSDT"))
    with pytest.raises(UserError, match=r"line 2: ETHUSDT in a recording of BTCUSDT: one symbol a file can be read"):
        open_tape([path], None)


@pytest.mark.parametrize("symbol", ["BTCUSD_PERP", "ETHUSD_240927"])
def test_coin_margined_recordings_are_refused(tmp_path: Path, symbol: str) -> None:
    """Contracts of a fixed USD value have no fixed quantity step in coins."""
    path = make(tmp_path, "coinm.txt", usdm_quote(T0 * 1000, symbol=symbol))
    with pytest.raises(UserError, match=rf"is a COIN-M recording \({symbol}\): .*: take a USD-M recording"):
        open_tape([path], None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (usdm_quote(T0 * 1000)[:-9], "Input data was truncated"),
        (usdm_quote(T0 * 1000).replace('"B":"2.507",', ""), "there is no 'B'"),
        (usdm_quote(T0 * 1000).replace('"2.507"', "null"), "is no number"),
    ],
)
def test_a_broken_frame_is_told(tmp_path: Path, line: str, problem: str) -> None:
    """The line and what is wrong with it."""
    path = make(tmp_path, "btc.txt", usdm_quote(T0 * 1000), line)
    with pytest.raises(UserError, match=rf"btc.txt, line 2: .*{problem}"):
        open_tape([path], None)


# -- Hyperliquid ----------------------------------------------------------------------------


def test_hyperliquid_quotes(tmp_path: Path) -> None:
    """Two rows of one exchange time are one quote; a side that is not repeated stays; trades come at their time."""
    quotes = make(
        tmp_path,
        "prices_ETH.csv",
        "timestamp,price,size,side,exchange_timestamp",
        "1.5,2000.1,4.8,bid,1700000000000",
        "2.5,2000.2,1.0,bid,1700000000100",
        "2.5,2000.3,2.0,ask,1700000000100",
        "3.5,2000.4,3.0,ask,1700000000200",
    )
    trades = make(
        tmp_path,
        "trades_ETH.csv",
        "timestamp,price,size,side,trade_id,exchange_timestamp",
        "2.0,2000.0,1,buy,7,1699999990000",
        "2.6,2000.3,0.5,buy,8,1700000000150",
        "2.6,2000.2,0.5,sell,9,1700000000150",
    )
    tape = open_tape([quotes, trades], "ETH")
    assert tape.instrument.quote == "USD"
    assert rows_of(tape) == [
        (T0 * S + 100 * MS, RowKind.QUOTE, 20002, 10, 20003, 20, 0, 0),
        (T0 * S + 150 * MS, RowKind.BUY, 20002, 10, 20003, 20, 20003, 5),
        (T0 * S + 150 * MS, RowKind.SELL, 20002, 10, 20003, 20, 20002, 5),
        (T0 * S + 200 * MS, RowKind.QUOTE, 20002, 10, 20004, 30, 0, 0),
    ]


def test_hyperliquid_books(tmp_path: Path) -> None:
    """Bid and ask levels stand in turn."""
    path = make(
        tmp_path,
        "orderbooks_BTC.csv",
        "timestamp,sequence,exchange_timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1",
        "1.5,1,1700000000000,100.0,3,101.0,4,99.0,5,102.0,6",
    )
    tape = open_tape([path], None)
    assert rows_of(tape) == [(T0 * S, RowKind.QUOTE, 100, 3, 101, 4, 0, 0)]
    assert tape.instrument.tick_size == 1
    assert tape.instrument.depth_lots[:3] == (3, 5, 1)


def test_hyperliquid_raw_frames(tmp_path: Path) -> None:
    """Books and trades of the WebSocket; other channels are passed over."""
    path = make(
        tmp_path,
        "btc.txt",
        '1700000000000000000 {"channel":"subscriptionResponse","data":{"method":"subscribe"}}',
        '1700000000000000000 {"channel":"l2Book","data":{"coin":"BTC","time":1700000000100,"levels":'
        '[[{"n":5,"px":"100.0","sz":"3"},{"n":1,"px":"99.0","sz":"1"}],[{"n":1,"px":"101.0","sz":"2"}]]}}',
        '1700000000000000000 {"channel":"trades","data":[{"coin":"BTC","px":"101.0","sz":"1","side":"B",'
        '"time":1700000000200},{"coin":"BTC","px":"100.0","sz":"2","side":"A","time":1700000000300}]}',
    )
    tape = open_tape([path], None)
    assert (tape.instrument.ticker, tape.instrument.source) == ("BTC", "hyperliquid")
    assert [(row[1], row[6], row[7]) for row in rows_of(tape)] == [
        (RowKind.QUOTE, 0, 0),
        (RowKind.BUY, 101, 1),
        (RowKind.SELL, 100, 2),
    ]


# -- Lighter --------------------------------------------------------------------------------

LIGHTER_QUOTES = (
    "timestamp,bid_price,bid_size,ask_price,ask_size,market_id",
    "2025-09-15T22:56:16.839832,100.0,0.1,100.1,0.2,1",
    "2025-09-15T22:56:16.900000,100.0,0.1,100.1,0.2,1",
    "2025-09-15T23:13:21.000000,100.0,0.3,100.1,0.2",
    "2025-09-15T21:22:04.000000,100.2,0.1,,,1",
)


def at(hour: int, minute: int, second: int, microsecond: int = 0) -> int:
    """Give a time of the recorded day in ns."""
    return int(datetime(2025, 9, 15, hour, minute, second, tzinfo=UTC).timestamp()) * S + microsecond * 1000


def test_lighter_glued_runs_are_put_in_order(tmp_path: Path) -> None:
    """The run stamped in local time moves back by the whole hours that put it before the run in UTC."""
    tape = open_tape([make(tmp_path, "prices_BTC.csv", *LIGHTER_QUOTES)], None)
    assert rows_of(tape) == [
        (at(20, 56, 16, 839_832), RowKind.QUOTE, 1000, 1, 1001, 2, 0, 0),
        (at(21, 13, 21), RowKind.QUOTE, 1000, 3, 1001, 2, 0, 0),
        (at(21, 22, 4), RowKind.QUOTE, 1002, 1, 0, 0, 0, 0),
    ]


def test_lighter_runs_may_be_glued_more_than_once(tmp_path: Path) -> None:
    """Every seam moves all that lies before it; a seam of many hours is one seam."""
    stamps = ("2025-09-15T23:00:00", "2025-09-15T23:30:00", "2025-09-15T20:40:00", "2025-09-15T19:50:00")
    lines = (f"{stamp},100.{n},0.1,100.9,0.2,1" for n, stamp in enumerate(stamps))
    tape = open_tape([make(tmp_path, "prices_BTC.csv", LIGHTER_QUOTES[0], *lines)], None)
    assert [(row[0], row[2]) for row in rows_of(tape)] == [
        (at(19, 0, 0), 1000),
        (at(19, 30, 0), 1001),
        (at(19, 40, 0), 1002),
        (at(19, 50, 0), 1003),
    ]


def test_lighter_small_backward_steps_are_only_sorted(tmp_path: Path) -> None:
    """Less than half an hour back is disorder, not another clock; a time with a zone keeps it."""
    path = make(
        tmp_path,
        "prices_BTC.csv",
        LIGHTER_QUOTES[0],
        "2025-09-15T21:10:00+00:00,100.0,0.1,100.1,0.2,1",
        "2025-09-15T23:00:00+02:00,100.1,0.1,100.2,0.2,1",
    )
    assert [row[0] for row in rows_of(open_tape([path], None))] == [at(21, 0, 0), at(21, 10, 0)]


def test_lighter_polled_trades_count_once(tmp_path: Path) -> None:
    """A trade id that was polled twice is one trade."""
    quotes = make(tmp_path, "prices_BTC.csv", LIGHTER_QUOTES[0], "2025-09-15T20:00:00,100.0,0.1,100.1,0.2,1")
    trades = make(
        tmp_path,
        "trades_BTC.csv",
        "timestamp,price,size,side,trade_id,usd_amount",
        "2025-09-15T20:00:01,100.1,1e-05,buy,5,0.001",
        "2025-09-15T20:00:01,100.1,1e-05,buy,5,0.001",
        "2025-09-15T20:00:02,100.0,0.00215,sell,6,0.215",
    )
    tape = open_tape([quotes, trades], None)
    assert tape.instrument.quantity_step == Decimal("0.00001")
    assert [(row[1], row[7]) for row in rows_of(tape)] == [(RowKind.QUOTE, 0), (RowKind.BUY, 1), (RowKind.SELL, 215)]


def test_a_bad_time_is_told(tmp_path: Path) -> None:
    """The text and the line."""
    path = make(tmp_path, "prices_BTC.csv", LIGHTER_QUOTES[0], "yesterday,100.0,0.1,100.1,0.2,1")
    with pytest.raises(UserError, match=r"prices_BTC.csv, line 2: .*'yesterday'"):
        open_tape([path], None)


# -- EdgeX ----------------------------------------------------------------------------------

EDGEX_HEADER = "timestamp,bid_1_price,bid_1_size,bid_2_price,bid_2_size,ask_1_price,ask_1_size,ask_2_price,ask_2_size"


@pytest.mark.parametrize(
    "cells",
    ["100.0,1,100.3,2,99.9,3,100.4,4", "100.0,1,99.9,3,100.3,2,100.4,4"],
    ids=["bid and ask in turn", "as the header says"],
)
def test_edgex_books_are_read_by_their_prices(tmp_path: Path, cells: str) -> None:
    """The header is not believed: a second price above the first is an ask."""
    tape = open_tape([make(tmp_path, "depth_BTC.csv", EDGEX_HEADER, f"1700000000.5,{cells}")], None)
    assert rows_of(tape) == [(T0 * S + 500 * MS, RowKind.QUOTE, 1000, 1, 1003, 2, 0, 0)]
    assert tape.instrument.depth_lots[:3] == (1, 3, 1)


def test_edgex_ticker_and_trades(tmp_path: Path) -> None:
    """Bid and ask rows of one time are one quote without sizes; a replayed ticket counts once."""
    ticker = make(
        tmp_path,
        "tickers_BTC.csv",
        "timestamp,contract_id,price,size,side,exchange_timestamp",
        "1700000000.5,10000001,100.1,0,last,",
        "1700000000.5,10000001,100.0,0,bid,",
        "1700000000.5,10000001,100.2,0,ask,",
        "1700000001.5,10000001,100.1,0,last,",
    )
    trades = make(
        tmp_path,
        "trades_BTC.csv",
        "timestamp,contract_id,price,size,side,ticketId,exchange_timestamp",
        "1700000000.9,10000001,100.2,0.5,buy,a,1700000000800",
        "1700000009.9,10000001,100.2,0.5,buy,a,1700000000800",
        "1700000009.9,10000001,100.0,0.25,sell,b,1700000000900",
    )
    tape = open_tape([ticker, trades], None)
    lots = tape.instrument.depth_lots[0]
    assert rows_of(tape) == [
        (T0 * S + 500 * MS, RowKind.QUOTE, 1000, lots, 1002, lots, 0, 0),
        (T0 * S + 800 * MS, RowKind.BUY, 1000, lots, 1002, lots, 1002, 50),
        (T0 * S + 900 * MS, RowKind.SELL, 1000, lots, 1002, lots, 1000, 25),
        (T0 * S + 1500 * MS, RowKind.QUOTE, 1000, lots, 1002, lots, 0, 0),
    ]


# -- StandX ---------------------------------------------------------------------------------


def standx_books(path: Path, *, bad_ask: float | None = None) -> Path:
    """Write a book twice, a locked one, and one that its recorder calls invalid."""
    times = pa.array(
        [T0 * 1_000_000, T0 * 1_000_000, T0 * 1_000_000 + 5, T0 * 1_000_000 + 9], pa.timestamp("us", "UTC")
    )
    table = pa.table(
        {
            "timestamp": times,
            "symbol": ["BTC-USD"] * 4,
            "bid_prices": [[100.1, 100.0]] * 2 + [[100.2]] * 2,
            "bid_quantities": [[0.01, 0.5]] * 2 + [[0.3]] * 2,
            "ask_prices": [[100.3]] * 2 + [[100.2], [bad_ask or 50.0]],
            "ask_quantities": [[2.0]] * 4,
            "is_valid": [True, True, True, bad_ask is not None],
        }
    )
    pq.write_table(table, path)
    return path


def test_standx_books_and_trades(tmp_path: Path) -> None:
    """Doubles are skipped, locked books stay, invalid ones do not count, and no trade has a side."""
    books = standx_books(tmp_path / "one.parquet")
    trades = pa.table(
        {
            "timestamp": pa.array([T0 * S + 2000], pa.timestamp("ns", "UTC")),
            "symbol": ["BTC-USD"],
            "price": [100.15],
            "quantity": [0.0625],
            "side": ["SELL"],
            "is_buyer_taker": [False],
        }
    )
    pq.write_table(trades, tmp_path / "two.parquet")
    tape = open_tape([books, tmp_path / "two.parquet"], None)
    assert (tape.instrument.ticker, tape.instrument.quote, tape.instrument.source) == ("BTC", "USD", "standx")
    assert (tape.instrument.tick_size, tape.instrument.quantity_step) == (Decimal("0.01"), Decimal("0.0001"))
    assert rows_of(tape) == [
        (T0 * S, RowKind.QUOTE, 10010, 100, 10030, 20000, 0, 0),
        (T0 * S + 2000, RowKind.TRADE, 10010, 100, 10030, 20000, 10015, 625),
        (T0 * S + 5000, RowKind.QUOTE, 10020, 3000, 10020, 20000, 0, 0),
    ]


def test_a_bad_value_in_parquet_is_told_by_row(tmp_path: Path) -> None:
    """Rows of a Parquet file are counted from one."""
    path = standx_books(tmp_path / "bad.parquet", bad_ask=float("nan"))
    with pytest.raises(UserError, match=r"bad.parquet, row 4: 'nan' is no number"):
        open_tape([path], None)


def test_a_parquet_recording_without_rows_does_not_tell_its_market(tmp_path: Path) -> None:
    """Where the symbol is a column, no row is no symbol."""
    path = standx_books(tmp_path / "none.parquet")
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    with pytest.raises(UserError, match="does not tell its market"):
        open_tape([path], None)


def test_a_raw_recording_without_quotes_does_not_tell_its_market(tmp_path: Path) -> None:
    """The same for frames."""
    with pytest.raises(UserError, match="does not tell its market"):
        open_tape([make(tmp_path, "x.txt", DEPTH)], None)


# -- what all share -------------------------------------------------------------------------


def test_ids_are_remembered_long_enough() -> None:
    """An id is new once, for as many others as are remembered; memory is bounded, so later it is new again."""
    repeats = Repeats(remembered=10)
    assert repeats.is_new("a")
    assert not repeats.is_new("a")
    assert [repeats.is_new(str(n)) for n in range(10)] == [True] * 10
    assert not repeats.is_new("a")
    assert [repeats.is_new(str(n)) for n in range(10, 30)] == [True] * 20
    assert repeats.is_new("a")


def test_levels_out_of_reach_still_say_that_the_book_is_thin(tmp_path: Path) -> None:
    """Levels far behind the best price are no depth near it: one lot a tick is assumed, not a tenth of the touch."""
    far = aster_book("unix_timestamp", "1700000000", tmp_path)
    far.write_text(far.read_text().replace("99.8,3.0", "9.8,3.0").replace("100.2,0.4", "1000.2,0.4"))
    assert open_tape([far], None).instrument.depth_lots == (17, *(1,) * 49)


def test_a_given_tick_size_reaches_further(tmp_path: Path) -> None:
    """Depth is counted in ticks of the grid that is given, though the recording shows a finer one."""
    path = aster_book("unix_timestamp", "1700000000", tmp_path)
    path.write_text(path.read_text().replace("99.8,3.0", "60.0,3.0"))
    depth = open_tape([path], None, tick_size=Decimal(10)).instrument.depth_lots
    assert (depth[1], depth[4]) == (2, 15)


# -- real recordings ------------------------------------------------------------------------


class Real(NamedTuple):
    """A recording and what its own checks say of it."""

    files: tuple[str, ...]
    market: tuple[str, str, str]
    tick: str
    step: str
    rows: int
    trades: int
    quote_gap_s: float
    band: tuple[int, int]
    """Prices, in whole quote currency, between which the market was."""


REAL = (
    Real(
        ("aster_20250924/bbo_BTCUSDT.csv.gz", "aster_20250924/trades_BTCUSDT.csv.gz"),
        ("BTC", "USDT", "aster"),
        *("0.1", "0.001", 74_715, 62_032, 3.9, (112_600, 113_110)),
    ),
    Real(
        (
            "aster_20250924_book10/orderbook_BTCUSDT.csv.gz",
            "aster_20250924_book10/trades_BTCUSDT.csv.gz",
            "aster_20250924_book10/prices_BTCUSDT.csv.gz",
        ),
        ("BTC", "USDT", "aster"),
        *("0.1", "0.001", 3_443, 2_346, 3.9, (113_610, 113_690)),
    ),
    Real(
        ("aster_20251128/prices_ETHUSDT_1325.csv.gz", "aster_20251128/trades_ETHUSDT_1325.csv.gz"),
        ("ETH", "USDT", "aster"),
        *("0.01", "0.001", 5_955, 3_418, 162.0, (3_030, 3_090)),
    ),
    Real(
        ("aster_20251128/orderbook_ETHUSDT_1326.parquet",),
        ("ETH", "USDT", "aster"),
        *("0.1", "0.001", 6_261, 0, 2.8, (3_030, 3_090)),
    ),
    Real(
        ("binance_raw_20240808/usdm_btcusdt.txt.gz",),
        ("BTC", "USDT", "binance"),
        *("0.1", "0.001", 87_402, 21_313, 0.8, (61_580, 61_850)),
    ),
    Real(
        ("binance_raw_20240808/spot_ethusdt.txt.gz",),
        ("ETH", "USDT", "binance"),
        *("0.01", "0.0001", 30_183, 6_106, 0.9, (2_670, 2_700)),
    ),
    Real(
        ("hyperliquid_20250904/prices_BTC.csv.gz", "hyperliquid_20250904/trades_BTC.csv.gz"),
        ("BTC", "USD", "hyperliquid"),
        *("1", "0.00001", 20_541, 6_645, 17.7, (109_740, 110_280)),
    ),
    Real(
        ("hyperliquid_20250904/orderbooks_ETH.csv.gz", "hyperliquid_20250904/trades_ETH.csv.gz"),
        ("ETH", "USD", "hyperliquid"),
        *("0.1", "0.0001", 10_583, 6_854, 18.1, (4_260, 4_310)),
    ),
    Real(
        ("hyperliquid_raw_20250126/btc.txt.gz",),
        ("BTC", "USD", "hyperliquid"),
        *("1", "0.00001", 69, 34, 1.3, (105_050, 105_060)),
    ),
    Real(
        ("lighter_20250915/prices_BTC.csv.gz", "lighter_20250915/trades_BTC.csv.gz"),
        ("BTC", "USD", "lighter"),
        *("0.1", "0.00001", 1_398, 455, 684.7, (115_280, 115_520)),
    ),
    Real(
        (
            "edgex_20250913/depth_BTC.csv.gz",
            "edgex_20250913/tickers_BTC.csv.gz",
            "edgex_20250913/trades_BTC.csv.gz",
        ),
        ("BTC", "USD", "edgex"),
        *("0.1", "0.001", 493, 78, 120.5, (115_780, 115_830)),
    ),
    Real(
        (
            "standx_202601/orderbook_BTC-USD_2026-01-06_13.parquet",
            "standx_202601/trades_BTC-USD_2026-01-06_13.parquet",
        ),
        ("BTC", "USD", "standx"),
        *("0.01", "0.0001", 15_033, 6_719, 8.3, (93_600, 93_900)),
    ),
)


def check_band(tape: Tape, info: TapeInfo, band: tuple[int, int]) -> None:
    """Assert that all quotes and trades lie between two prices, and that no quote is crossed."""
    low, high = (int(price / info.instrument.tick_size) for price in band)
    for chunk in tape.chunks():
        assert low <= min(chunk.bid)
        assert max(chunk.ask) <= high
        assert all(low <= price <= high for price in chunk.price if price)
    assert info.crossed == 0


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.files[0])
def test_real_recordings(shared_data: Path, real: Real) -> None:
    """What is known of a real recording comes out: market, grid, counts, its longest hole, its prices."""
    tape = open_tape([shared_data / "ticks" / name for name in real.files], real.market[0])
    info = describe_tape(tape)
    instrument = info.instrument
    assert (instrument.ticker, instrument.quote, instrument.source) == real.market
    assert (instrument.tick_size, instrument.quantity_step) == (Decimal(real.tick), Decimal(real.step))
    assert (info.rows, info.trades) == (real.rows, real.trades)
    assert real.quote_gap_s - 0.2 <= info.largest_quote_gap_s <= real.quote_gap_s
    check_band(tape, info, real.band)


def test_the_order_book_of_aster_shows_its_depth(shared_data: Path) -> None:
    """Ten recorded levels: 39 BTC at the touch, and far less than that a tick behind it."""
    path = shared_data / "ticks/aster_20250924_book10/orderbook_BTCUSDT.csv.gz"
    depth = open_tape([path], "BTC").instrument.depth_lots
    assert depth[0] == 39_499
    assert depth[1] < 1_000
    assert len(depth) == 50


def test_lighter_and_standx_flaws_are_mended_or_kept(shared_data: Path) -> None:
    """The glued run of Lighter begins at 20:56 UTC; nearly half of StandX's rows are locked."""
    lighter = describe_tape(open_tape([shared_data / "ticks/lighter_20250915/prices_BTC.csv.gz"], None))
    assert lighter.first_ns // S == at(20, 56, 16) // S
    assert lighter.last_ns // S == at(21, 58, 6) // S
    name = "ticks/standx_202601/orderbook_BTC-USD_2026-01-06_13.parquet"
    standx = describe_tape(open_tape([shared_data / name], None))
    assert 0.3 < standx.locked / standx.rows < 0.5


def test_real_coin_margined_and_derived_files_are_refused(shared_data: Path) -> None:
    """Contracts of a fixed value, and samples that hold no quotes, make no tape."""
    with pytest.raises(UserError, match="COIN-M"):
        open_tape([shared_data / "ticks/binance_raw_20240808/coinm_btcusd_perp.txt.gz"], None)
    with pytest.raises(UserError, match="is no recording that can be read"):
        open_tape([shared_data / "ticks/lighter_extended_20260321/ext_lighter_btc_300.jsonl.gz"], None)


def test_a_file_is_of_one_format(tmp_path: Path) -> None:
    """No file is of two formats, zipped or not."""
    path = aster_book("unix_timestamp", "1700000000", tmp_path)
    head = path.read_bytes()
    assert [known.name for known in FORMATS if known.sniff(head, path)] == ["Aster order book (CSV)"]
    zipped = tmp_path / "book_BTCUSDT"
    zipped.write_bytes(gzip.compress(head))
    assert recognise(zipped).name == "Aster order book (CSV)"
