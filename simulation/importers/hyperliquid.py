"""Recordings of Hyperliquid: quotes, 20-level books and trades as CSV, and raw WebSocket frames.

All carry the exchange's time, which is used. Quote files have a row for each side; two rows of
one time are one quote. Trade files begin with older trades that the venue replays; they lie
before the first quote and so drop out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import msgspec

from simulation.importers.recording import Format, MarketSink, Watch
from simulation.importers.text import CsvFormat, from_millis, levels, number, price, side, text_lines
from simulation.tape_builder import Level

_NS_PER_MS: Final = 1_000_000


def _take_quotes(rows: Iterable[list[str]], sink: MarketSink) -> None:
    sides: dict[str, Level] = {}
    for stamp, quoted in groupby(rows, key=itemgetter(4)):
        for row in quoted:
            sides[row[3]] = price(row[1]), number(row[2])
        if "bid" in sides and "ask" in sides:
            sink.quote(from_millis(stamp), *sides["bid"], *sides["ask"])


def _take_books(rows: Iterable[list[str]], sink: MarketSink) -> None:
    for _, _, stamp, *cells in rows:
        sink.book(from_millis(stamp), levels(cells[0::4], cells[1::4]), levels(cells[2::4], cells[3::4]))


def _take_trades(rows: Iterable[list[str]], sink: MarketSink) -> None:
    for _, paid, size, taker, _, stamp, *_ in rows:
        sink.trade(from_millis(stamp), price(paid), number(size), side(taker))


class RawFrames:
    """Lines of local time and frame: `l2Book` and `trades` channels."""

    name = "Hyperliquid raw frames (text)"
    source = "hyperliquid"
    quote = "USD"
    has_quotes = True

    def sniff(self, first_bytes: bytes, path: Path) -> bool:
        """Look for a time and a channel."""
        del path
        return re.match(rb'\d{16,19} \{.*"channel":', first_bytes) is not None

    def symbol(self, path: Path) -> str | None:
        """Look in the frames."""
        with text_lines(path) as lines:
            return next((coin for line in lines if (coin := _coin(_frame(line)))), None)

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give books and trades to the sink."""
        with text_lines(path, watch) as lines:
            for line in lines:
                frame = _frame(line)
                if frame.get("channel") == "l2Book":
                    _take_frame_book(frame["data"], sink)
                elif frame.get("channel") == "trades":
                    _take_frame_trades(frame["data"], sink)


def _frame(line: str) -> dict[str, Any]:
    return msgspec.json.decode(line.partition(" ")[2], type=dict[str, Any])


def _coin(frame: dict[str, Any]) -> str | None:
    coin: str | None = frame["data"]["coin"] if frame.get("channel") == "l2Book" else None
    return coin


def _take_frame_book(data: dict[str, Any], sink: MarketSink) -> None:
    bids, asks = ([(price(level["px"]), number(level["sz"])) for level in one] for one in data["levels"])
    sink.book(data["time"] * _NS_PER_MS, bids, asks)


def _take_frame_trades(trades: list[dict[str, Any]], sink: MarketSink) -> None:
    for trade in trades:
        sink.trade(trade["time"] * _NS_PER_MS, price(trade["px"]), number(trade["sz"]), side(trade["side"]))


FORMATS: Final[tuple[Format, ...]] = (
    CsvFormat(
        name="Hyperliquid best bid and ask (CSV)",
        source="hyperliquid",
        quote="USD",
        has_quotes=True,
        header=("timestamp", "price", "size", "side", "exchange_timestamp"),
        take=_take_quotes,
    ),
    CsvFormat(
        name="Hyperliquid order book (CSV)",
        source="hyperliquid",
        quote="USD",
        has_quotes=True,
        header=("timestamp", "sequence", "exchange_timestamp", "bid_price_0", "bid_size_0", "ask_price_0"),
        take=_take_books,
    ),
    CsvFormat(
        name="Hyperliquid trades (CSV)",
        source="hyperliquid",
        quote="USD",
        has_quotes=False,
        header=("timestamp", "price", "size", "side", "trade_id", "exchange_timestamp"),
        take=_take_trades,
    ),
    RawFrames(),
)
