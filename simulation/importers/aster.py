"""Recordings of Aster: sampled quotes, sampled books and all trades, as CSV.

Quotes carry no sizes and the recorder's own time; trades carry the exchange's time and the
aggressor's side. Older files stamp in seconds, newer ones in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from simulation.importers.columns import ParquetFormat, decimal_levels
from simulation.importers.recording import Format, MarketSink
from simulation.importers.text import CsvFormat, Take, from_millis, from_seconds, levels, number, price, side

_STAMPS: Final = {"unix_timestamp": from_seconds, "unix_timestamp_ms": from_millis}
_NS_PER_MS: Final = 1_000_000


def _take_quotes(to_ns: Callable[[str], int]) -> Take:
    def take(rows: Iterable[list[str]], sink: MarketSink) -> None:
        for stamp, bid, ask, *_ in rows:
            sink.quote(to_ns(stamp), price(bid), None, price(ask), None)

    return take


def _take_books(to_ns: Callable[[str], int]) -> Take:
    def take(rows: Iterable[list[str]], sink: MarketSink) -> None:
        for stamp, _, *cells in rows:
            half = len(cells) // 2
            bids, asks = cells[:half], cells[half:]
            sink.book(to_ns(stamp), levels(bids[::2], bids[1::2]), levels(asks[::2], asks[1::2]))

    return take


def _take_trades(rows: Iterable[list[str]], sink: MarketSink) -> None:
    for _, stamp, taker, paid, quantity, *_ in rows:
        sink.trade(from_millis(stamp), price(paid), number(quantity), side(taker))


def _take_parquet_books(rows: Iterable[tuple[Any, ...]], sink: MarketSink) -> None:
    for stamp, bids, asks in rows:
        sink.book(stamp * _NS_PER_MS, decimal_levels(bids), decimal_levels(asks))


def _quotes(stamp: str) -> CsvFormat:
    return CsvFormat(
        name="Aster best bid and ask (CSV)",
        source="aster",
        quote="USDT",
        has_quotes=True,
        header=(stamp, "bid", "ask", "mid"),
        take=_take_quotes(_STAMPS[stamp]),
    )


def _books(stamp: str) -> CsvFormat:
    return CsvFormat(
        name="Aster order book (CSV)",
        source="aster",
        quote="USDT",
        has_quotes=True,
        header=(stamp, "lastUpdateId", "bid_price_0", "bid_qty_0"),
        take=_take_books(_STAMPS[stamp]),
    )


_TRADES: Final = CsvFormat(
    name="Aster trades (CSV)",
    source="aster",
    quote="USDT",
    has_quotes=False,
    header=("id", "unix_timestamp_ms", "side", "price", "quantity"),
    take=_take_trades,
)
_PARQUET_BOOKS: Final = ParquetFormat(
    name="Aster order book (Parquet)",
    source="aster",
    quote="USDT",
    has_quotes=True,
    marks=("timestamp", "bids", "asks", "lastUpdateId"),
    columns=("timestamp", "bids", "asks"),
    take=_take_parquet_books,
)
FORMATS: Final[tuple[Format, ...]] = (
    *(_quotes(stamp) for stamp in _STAMPS),
    *(_books(stamp) for stamp in _STAMPS),
    _TRADES,
    _PARQUET_BOOKS,
)
