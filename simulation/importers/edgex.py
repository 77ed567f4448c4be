"""Recordings of EdgeX: ticker, 15-level books and trades, as CSV.

The header of book files names bids first and asks after them, but the recorder wrote bid and
ask in turn; the prices tell which it is. Trades are replayed on every connection, so a ticket
counts once; their exchange time is used, while quotes have only the recorder's. The ticker has
no sizes.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Final

from simulation.importers.recording import Format, MarketSink, Repeats
from simulation.importers.text import CsvFormat, from_millis, from_seconds, levels, number, price, side
from simulation.tape_builder import Level


def _take_ticker(rows: Iterable[list[str]], sink: MarketSink) -> None:
    prices: dict[str, Decimal] = {}
    for stamp, quoted in groupby(rows, key=itemgetter(0)):
        for row in quoted:
            prices[row[4]] = price(row[2])
        if "bid" in prices and "ask" in prices:
            sink.quote(from_seconds(stamp), prices["bid"], None, prices["ask"], None)


def _take_books(rows: Iterable[list[str]], sink: MarketSink) -> None:
    for stamp, *cells in rows:
        sink.book(from_seconds(stamp), *_sides(levels(cells[::2], cells[1::2])))


def _sides(read: list[Level]) -> tuple[list[Level], list[Level]]:
    # As the header says, the second level would be a bid below the first; in turn, it is an ask above it.
    if len(read) > 1 and read[1][0] > read[0][0]:
        return read[::2], read[1::2]
    return read[: len(read) // 2], read[len(read) // 2 :]


def _take_trades(rows: Iterable[list[str]], sink: MarketSink) -> None:
    repeats = Repeats()
    for _, _, paid, size, taker, ticket, stamp, *_ in rows:
        if repeats.is_new(ticket):
            sink.trade(from_millis(stamp), price(paid), number(size), side(taker))


FORMATS: Final[tuple[Format, ...]] = (
    CsvFormat(
        name="EdgeX ticker (CSV)",
        source="edgex",
        quote="USD",
        has_quotes=True,
        header=("timestamp", "contract_id", "price", "size", "side", "exchange_timestamp"),
        take=_take_ticker,
    ),
    CsvFormat(
        name="EdgeX order book (CSV)",
        source="edgex",
        quote="USD",
        has_quotes=True,
        header=("timestamp", "bid_1_price", "bid_1_size", "bid_2_price"),
        take=_take_books,
    ),
    CsvFormat(
        name="EdgeX trades (CSV)",
        source="edgex",
        quote="USD",
        has_quotes=False,
        header=("timestamp", "contract_id", "price", "size", "side", "ticketId", "exchange_timestamp"),
        take=_take_trades,
    ),
)
