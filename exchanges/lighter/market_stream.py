"""One market's public channels: book, statistics, trades; and who is told what they bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from exchanges.lighter.book import BookReader, Taken
from exchanges.lighter.dialect import LighterDialect
from exchanges.lighter.mapping import public_trade
from exchanges.lighter.markets import LighterMarket
from exchanges.lighter.reading import lists_of, read_as
from exchanges.lighter.stream_wire import StreamFrame
from exchanges.lighter.wire import MarketStats
from exchanges.lighter.wire import Trade as WireTrade
from exchanges.stream import Channel
from helpers.clock import Clock
from helpers.errors import BadPayload
from helpers.models import Trade

_BOOK_SILENCE_S: Final = 60.0
"""A book that stands still so long is subscribed anew: a lost subscription looks just like it."""


class MarketStream:
    """What is streamed of one market."""

    def __init__(self, market: LighterMarket, clock: Clock, dialect: LighterDialect) -> None:
        """Know nothing yet."""
        self.reader = BookReader(market.market.tick_size)
        self.stats: MarketStats | None = None
        self.stats_ns = 0
        """When they came."""
        self.on_book: list[Callable[[], None]] = []
        self.on_trade: list[Callable[[Trade], None]] = []
        self._index = market.index
        self._clock = clock
        self._dialect = dialect
        self._last_trade: int | None = None

    # -- channels -------------------------------------------------------------------------------

    def book_channel(self, dialect: LighterDialect) -> Channel:
        """Describe the book's subscription."""
        return dialect.channel(
            "order_book", self._index, self._take_book, max_silence_s=_BOOK_SILENCE_S, on_reset=self._lose_book
        )

    def stats_channel(self, dialect: LighterDialect) -> Channel:
        """Describe the statistics' subscription."""
        return dialect.channel("market_stats", self._index, self._take_stats)

    def trade_channel(self, dialect: LighterDialect) -> Channel:
        """Describe the trades' subscription."""
        return dialect.channel("trade", self._index, self._take_trades)

    # -- frames ---------------------------------------------------------------------------------

    def _take_book(self, frame: StreamFrame) -> bool:
        try:
            taken = self.reader.take(frame, self._clock.now_ns())
        except BadPayload as error:
            self._dialect.stream.reset(frame.channel, str(error))
            raise
        if taken is Taken.GAP:
            self._dialect.stream.reset(frame.channel, "changes of the book are missing")
            return False
        if taken is Taken.MOVED:
            self._tell_book()
        return taken is not Taken.PASSED

    def _lose_book(self) -> None:
        self.reader.reset()
        self._tell_book()

    def _tell_book(self) -> None:
        for told in self.on_book:
            told()

    def _take_stats(self, frame: StreamFrame) -> bool:
        self.stats = read_as(frame.market_stats, MarketStats)
        self.stats_ns = self._clock.now_ns()
        self.reader.confirm(self.stats, self.stats_ns)
        if self.reader.book.is_crossed:  # statistics come now and then: it is crossed for longer than a moment
            self._dialect.stream.reset(f"order_book:{self._index}", "the book is crossed")
        return True

    def _take_trades(self, frame: StreamFrame) -> bool:
        rows = [*lists_of(frame.trades, WireTrade), *lists_of(frame.liquidation_trades, WireTrade)]
        rows.sort(key=lambda row: row.trade_id)
        last = self._last_trade
        if last is None and frame.is_snapshot:
            fresh: list[WireTrade] = []  # what happened before anybody listened
        else:
            fresh = [row for row in rows if last is None or row.trade_id > last]
        self._last_trade = max([last or 0, *(row.trade_id for row in rows)])
        for row in fresh:
            for told in self.on_trade:
                told(public_trade(row))
        return True


__all__ = ["MarketStream"]
