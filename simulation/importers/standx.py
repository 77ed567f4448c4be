"""Recordings of StandX: 20-level books and trades, as Parquet.

What is known to be wrong with them: every book stands there twice (the second is skipped), book
prices are rounded to 0.1 while trades have 0.01, so up to half of the books are locked
(kept: the engine judges), and the side of every trade says SELL (so it is not believed).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from simulation.importers.columns import ParquetFormat, decimal, decimal_levels
from simulation.importers.recording import Format, MarketSink


def _take_books(rows: Iterable[tuple[Any, ...]], sink: MarketSink) -> None:
    before = None
    for row in rows:
        time_ns, bids, bid_quantities, asks, ask_quantities, is_valid = row
        if is_valid and row != before:
            before = row
            sink.book(
                time_ns,
                decimal_levels(zip(bids, bid_quantities, strict=True)),
                decimal_levels(zip(asks, ask_quantities, strict=True)),
            )


def _take_trades(rows: Iterable[tuple[Any, ...]], sink: MarketSink) -> None:
    for time_ns, price, quantity in rows:
        sink.trade(time_ns, decimal(price), decimal(quantity), None)


_BOOK_COLUMNS: Final = ("timestamp", "bid_prices", "bid_quantities", "ask_prices", "ask_quantities", "is_valid")
FORMATS: Final[tuple[Format, ...]] = (
    ParquetFormat(
        name="StandX order book (Parquet)",
        source="standx",
        quote="USD",
        has_quotes=True,
        marks=("symbol", *_BOOK_COLUMNS),
        columns=_BOOK_COLUMNS,
        take=_take_books,
        symbol_column="symbol",
    ),
    ParquetFormat(
        name="StandX trades (Parquet)",
        source="standx",
        quote="USD",
        has_quotes=False,
        marks=("symbol", "timestamp", "price", "quantity", "is_buyer_taker"),
        columns=("timestamp", "price", "quantity"),
        take=_take_trades,
        symbol_column="symbol",
    ),
)
