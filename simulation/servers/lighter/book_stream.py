"""One market's book as the stream numbers it.

Each change says in `begin_nonce` the nonce the book had before: that is the chain to check.
Nonces jump by what happened in the whole market; offsets jump too and prove nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from simulation.servers.lighter.markets import LighterMarket
from simulation.servers.market_feed import FeedBook, Levels, MarketFeed

_FIRST_NONCE: Final = 9_182_390_000
_FIRST_OFFSET: Final = 1_558_300
_NO_SIDE: Final = {"price": "", "size": ""}


class BookStream:
    """Numbers and writes snapshots and changes."""

    def __init__(self, market: LighterMarket, feed: MarketFeed) -> None:
        """Begin with the feed's book."""
        self._market = market
        self._feed = feed
        self._nonce = _FIRST_NONCE
        self._offset = _FIRST_OFFSET
        self._seen: tuple[object, int] = (None, -1)

    def may_have_moved(self, row: object, trades: int) -> bool:
        """Whether a look is worth it: another row of the tape than last time, or another count of our trades."""
        is_same = self._seen[0] is row and self._seen[1] == trades
        self._seen = (row, trades)
        return not is_same

    def change(self) -> dict[str, Any] | None:
        """Give what changed since the last call; None if nothing did."""
        changed = self._feed.changes()
        if changed is None:
            return None
        before = self._nonce
        self._nonce += 1 + len(changed.bids) + len(changed.asks)
        self._offset += 1 + changed.number % 2
        return self._body(changed, begin_nonce=before)

    def snapshot(self) -> dict[str, Any]:
        """Give the whole book as the last change left it."""
        return self._body(self._feed.snapshot(), begin_nonce=0)

    def ticker(self) -> dict[str, Any]:
        """Give the best of both sides; an empty one is two empty texts."""
        book = self._feed.snapshot()
        updated_us = book.time_ns // 1000
        ticker = {
            "s": self._market.ticker,
            "a": self._best(book.asks),
            "b": self._best(book.bids),
            "last_updated_at": updated_us,
        }
        return {"last_updated_at": updated_us, "nonce": self._nonce, "ticker": ticker}

    def _best(self, levels: Levels) -> dict[str, str]:
        for price, size in levels.items():
            return self._level(price, size)
        return _NO_SIDE

    def _body(self, book: FeedBook, begin_nonce: int) -> dict[str, Any]:
        updated_us = book.time_ns // 1000
        inner = {
            "code": 0,
            "asks": [self._level(price, size) for price, size in book.asks.items()],
            "bids": [self._level(price, size) for price, size in book.bids.items()],
            "offset": self._offset,
            "nonce": self._nonce,
            "last_updated_at": updated_us,
            "begin_nonce": begin_nonce,
        }
        return {"last_updated_at": updated_us, "offset": self._offset, "order_book": inner}

    def _level(self, price: Decimal, size: Decimal) -> dict[str, str]:
        return {"price": self._market.price_text(price), "size": self._market.size_text(size)}


__all__ = ["BookStream"]
