"""What one market shows the public: book, trades, summary, candles."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any, Final

from helpers.money import plain
from simulation.servers.market_feed import FeedTrade, MarketFeed
from simulation.servers.paradex.book_view import BookView
from simulation.servers.paradex.funding_board import FundingBoard
from simulation.servers.paradex.markets import ParadexMarket
from simulation.servers.paradex.order_file import shown
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
_MINUTE_MS: Final = 60_000
_DAY_NS: Final = 86_400_000_000_000
_KEPT_TRADES: Final = 20_000
_ZERO: Final = Decimal(0)
RESOLUTIONS: Final = ("1", "3", "5", "15", "30", "60")
"""Minutes a candle may have."""


class MarketBoard:
    """One market's public face. Our own fills are not among its trades: the tape does not know us."""

    def __init__(self, venue: SimulatedVenue, market: ParadexMarket) -> None:
        """Begin now."""
        self.market = market
        self.book = BookView(venue, market)
        self.funding = FundingBoard(venue, market)
        self._venue = venue
        self._feed = MarketFeed(venue, market.ticker)
        self._trades: deque[FeedTrade] = deque(maxlen=_KEPT_TRADES)
        self._lifetime = _ZERO
        self._day: deque[FeedTrade] = deque()
        self._day_volume = _ZERO

    def trades_after(self, number: int) -> list[FeedTrade]:
        """Give the trades with a higher number, oldest first."""
        self._read_trades()
        fresh = []
        for trade in reversed(self._trades):
            if trade.number <= number:
                break
            fresh.append(trade)
        return fresh[::-1]

    def last_number(self) -> int:
        """Give the number of the last trade; 0 before the first."""
        self._read_trades()
        return self._trades[-1].number if self._trades else 0

    def trade_view(self, trade: FeedTrade) -> dict[str, Any]:
        """Show a trade as the venue does."""
        time_ms = trade.time_ns // _MS
        return {
            "id": f"{time_ms}202{trade.number:012d}",
            "market": self.market.symbol,
            "side": trade.taker_side.name,
            "size": plain(trade.quantity),
            "price": plain(trade.price),
            "created_at": time_ms,
            "trade_type": "FILL",
        }

    def mark(self) -> Decimal | None:
        """Give the mark price; None before the first quote."""
        return self._venue.core.market(self.market.ticker).mark_price()

    def summary(self) -> dict[str, Any]:
        """Show the market as GET /markets/summary does; spot and fair price are the mark price here."""
        self._read_trades()
        bbo, mark = self.book.bbo(), _text(self.mark())
        now_ms = self._venue.core.now_ns // _MS
        day = self._day
        change = day[-1].price / day[0].price - 1 if day else _ZERO
        return {
            "symbol": self.market.symbol,
            "mark_price": mark,
            "delta": "1",
            "greeks": {"delta": "1", "gamma": "0", "vega": "0"},
            "last_traded_price": plain(self._trades[-1].price) if self._trades else "",
            "bid": bbo["bid"],
            "bid_size": bbo["bid_size"],
            "ask": bbo["ask"],
            "ask_size": bbo["ask_size"],
            "volume_24h": plain(self._day_volume),
            "total_volume": plain(self._lifetime),
            "created_at": now_ms,
            "underlying_price": mark,
            "open_interest": plain(self.market.position_limit),
            "funding_rate": shown(self.funding.rate()),
            "price_change_rate_24h": plain(round(change, 6) + 0),
            "external_fair_price": mark,
            "risk_free_rate": "0",
        }

    def klines(self, minutes: int, start_ms: int, end_ms: int) -> list[list[float]]:
        """Give candles of the trades we remember: time, open, high, low, close, volume as JSON numbers."""
        self._read_trades()
        width = minutes * _MINUTE_MS
        candles: dict[int, list[float]] = {}
        for trade in self._trades:
            begin = trade.time_ns // _MS // width * width
            if not start_ms <= begin <= end_ms:
                continue
            price, size = float(trade.price), float(trade.quantity)
            candle = candles.setdefault(begin, [begin, price, price, price, price, 0.0])
            candle[2], candle[3], candle[4] = max(candle[2], price), min(candle[3], price), price
            candle[5] += size
        return list(candles.values())

    def _read_trades(self) -> None:
        for trade in self._feed.trades():
            worth = trade.price * trade.quantity
            self._trades.append(trade)
            self._day.append(trade)
            self._lifetime += worth
            self._day_volume += worth
        begun_ns = self._venue.core.now_ns - _DAY_NS
        while self._day and self._day[0].time_ns <= begun_ns:
            gone = self._day.popleft()
            self._day_volume -= gone.price * gone.quantity


def _text(price: Decimal | None) -> str:
    return "" if price is None else plain(price)


__all__ = ["RESOLUTIONS", "MarketBoard"]
