"""Recordings of Lighter: quotes and polled trades, as CSV.

Times are ISO without a zone and mean UTC. Where a file goes back by more than half an hour, two
runs were glued together and the earlier one was stamped in local time: it is moved back by
the whole hours that put it before the later one. Nearly all quote rows repeat the one before
(the builder drops them), and many lack the last column. Trades were polled, so a trade id
counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from simulation.importers.recording import Format, MarketSink, Repeats, Watch
from simulation.importers.text import CsvFormat, number, number_or_none, price, side, text_lines

_HOUR_NS: Final = 3_600_000_000_000
_GLUE_NS: Final = _HOUR_NS // 2
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class GluedCsvFormat(CsvFormat):
    """A CSV file that may consist of two glued runs; `take` gets true times in ns as text."""

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give all rows to the sink, with their times mended."""
        with text_lines(path) as lines:
            ahead_ns = sum(_glued_ns(before, after) for before, after in pairwise(self._times(lines)))
        with text_lines(path, watch) as lines:
            self.take(_mended(self.rows(lines), ahead_ns), sink)

    def _times(self, lines: Iterator[str]) -> Iterator[int]:
        return (_from_iso(row[0]) for row in self.rows(lines))


def _from_iso(text: str) -> int:
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is None:
        stamp = stamp.replace(tzinfo=UTC)
    return (stamp - _EPOCH) // _MICROSECOND * 1000


def _glued_ns(before: int, after: int) -> int:
    """Give the hours by which a run ending at one time is ahead of a run beginning at the other; else 0."""
    back = before - after
    return -(-back // _HOUR_NS) * _HOUR_NS if back > _GLUE_NS else 0


def _mended(rows: Iterable[list[str]], ahead_ns: int) -> Iterator[list[str]]:
    """Move runs that were stamped in local time to their true time; the first is ahead by all seams together."""
    before = None
    for row in rows:
        stamp = _from_iso(row[0])
        if before is not None:
            ahead_ns -= _glued_ns(before, stamp)
        before = stamp
        row[0] = str(stamp - ahead_ns)
        yield row


def _take_quotes(rows: Iterable[list[str]], sink: MarketSink) -> None:
    for time_ns, bid, bid_size, ask, ask_size, *_ in rows:
        sink.quote(
            int(time_ns), number_or_none(bid), number_or_none(bid_size), number_or_none(ask), number_or_none(ask_size)
        )


def _take_trades(rows: Iterable[list[str]], sink: MarketSink) -> None:
    repeats = Repeats()
    for time_ns, paid, size, taker, trade_id, *_ in rows:
        if repeats.is_new(trade_id):
            sink.trade(int(time_ns), price(paid), number(size), side(taker))


FORMATS: Final[tuple[Format, ...]] = (
    GluedCsvFormat(
        name="Lighter best bid and ask (CSV)",
        source="lighter",
        quote="USD",
        has_quotes=True,
        header=("timestamp", "bid_price", "bid_size", "ask_price", "ask_size"),
        take=_take_quotes,
        least=5,
    ),
    GluedCsvFormat(
        name="Lighter trades (CSV)",
        source="lighter",
        quote="USD",
        has_quotes=False,
        header=("timestamp", "price", "size", "side", "trade_id", "usd_amount"),
        take=_take_trades,
    ),
)
