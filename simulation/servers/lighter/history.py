"""A market's public past: its last trades and its candles, read from the tape when somebody asks."""

from __future__ import annotations

from collections import deque
from typing import Any, Final

import msgspec

from helpers.enums import Side
from simulation.servers.lighter.markets import LighterMarket
from simulation.servers.lighter.trade_file import public_trade
from simulation.servers.market_feed import FeedTrade, MarketFeed

_KEPT_TRADES: Final = 1_000
_KEPT_MINUTES: Final = 31 * 1440
MINUTE_MS: Final = 60_000
_DAY_MINUTES: Final = 1440
RESOLUTIONS: Final = {
    "1m": 1,
    "5m": 5,
    "15m": 15,
    "30m": 30,
    "1h": 60,
    "4h": 240,
    "12h": 720,
    "1d": 1440,
    "1w": 10_080,
}


class Candle(msgspec.Struct):
    """Trades of one stretch of time."""

    start_ms: int
    open: float
    high: float
    low: float
    close: float
    base: float = 0.0
    quote: float = 0.0
    last_id: int = 0
    trades: int = 0

    def add(self, other: Candle) -> None:
        """Append a later one."""
        self.high, self.low, self.close = max(self.high, other.high), min(self.low, other.low), other.close
        self.base, self.quote = self.base + other.base, self.quote + other.quote
        self.last_id, self.trades = other.last_id, self.trades + other.trades

    def view(self) -> dict[str, Any]:
        """Write it as the venue does; v and V differ only in case."""
        return {
            "t": self.start_ms,
            "o": self.open,
            "h": self.high,
            "l": self.low,
            "c": self.close,
            "v": self.base,
            "V": self.quote,
            "i": self.last_id,
        }


class History:
    """One market's trades and candles since the venue opened."""

    def __init__(self, market: LighterMarket, feed: MarketFeed) -> None:
        """Read nothing yet."""
        self.market = market
        self.trades: deque[dict[str, Any]] = deque(maxlen=_KEPT_TRADES)
        """Oldest first, as the venue writes them."""
        self.count = 0
        """Trades read so far."""
        self.minutes: deque[Candle] = deque(maxlen=_KEPT_MINUTES)
        self._feed = feed
        self._day: tuple[int, Candle | None] = (0, None)

    def read(self) -> int:
        """Read what is new; give how many trades that is."""
        found = self._feed.trades()
        for trade in found:
            self._add(trade)
        return len(found)

    def newest(self, count: int) -> list[dict[str, Any]]:
        """List trades, newest first."""
        return list(reversed(self.trades))[:count]

    def candles(self, resolution: str) -> list[Candle]:
        """Join the minutes to candles, oldest first."""
        span_ms = RESOLUTIONS[resolution] * MINUTE_MS
        joined: list[Candle] = []
        for minute in self.minutes:
            start_ms = minute.start_ms // span_ms * span_ms
            if joined and joined[-1].start_ms == start_ms:
                joined[-1].add(minute)
            else:
                joined.append(msgspec.structs.replace(minute, start_ms=start_ms))
        return joined

    def day(self) -> Candle | None:
        """Give the last 24 hours as one candle, brought up to date once a minute; None before any trade."""
        newest = self.minutes[-1].start_ms if self.minutes else 0
        if newest != self._day[0]:
            self._day = (newest, self._sum_day())
        return self._day[1]

    def _sum_day(self) -> Candle | None:
        whole: Candle | None = None
        first_ms = self.minutes[-1].start_ms - _DAY_MINUTES * MINUTE_MS
        for minute in self.minutes:
            if minute.start_ms > first_ms and whole is None:
                whole = msgspec.structs.replace(minute)
            elif whole is not None:
                whole.add(minute)
        return whole

    def _add(self, trade: FeedTrade) -> None:
        self.count += 1
        self.trades.append(
            public_trade(
                trade_id=trade.number,
                market=self.market,
                price=trade.price,
                size=trade.quantity,
                is_maker_ask=trade.taker_side is Side.BUY,
                time_ns=trade.time_ns,
            )
        )
        price, base = float(trade.price), float(trade.quantity)
        start_ms = trade.time_ns // 1_000_000 // MINUTE_MS * MINUTE_MS
        quote = float(trade.price * trade.quantity)
        piece = Candle(start_ms, price, price, price, price, base, quote, trade.number, 1)
        if self.minutes and self.minutes[-1].start_ms == start_ms:
            self.minutes[-1].add(piece)
        else:
            self.minutes.append(piece)


__all__ = ["MINUTE_MS", "RESOLUTIONS", "Candle", "History"]
