"""One market's book as Lighter streams it: a snapshot, then changes that must join on without a hole.

Each change names the number before it and its own; only the first must be the last one we have.
`offset` skips numbers and says nothing. A size that is zero in any writing removes its level.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum

from exchanges.level_book import Level, LevelBook
from exchanges.lighter.mapping import number, time_ns
from exchanges.lighter.stream_wire import StreamFrame
from exchanges.lighter.wire import Book, MarketStats
from exchanges.lighter.wire import Level as WireLevel
from helpers.errors import BadPayload
from helpers.models import Bbo

_Put = Callable[[list[Level], list[Level], int, int], bool]


class Taken(Enum):
    """What a frame did to the book."""

    MOVED = "moved"
    """The best bid or ask is another."""
    SAME = "same"
    PASSED = "passed"
    """It was old, or there is no snapshot yet: it says nothing."""
    GAP = "gap"
    """Something in between was lost."""


class BookReader:
    """Follows one book."""

    def __init__(self, tick_size: Decimal) -> None:
        """Wait for a snapshot."""
        self.book = LevelBook(tick_size)
        self._tick_size = tick_size
        self._nonce = 0

    def reset(self) -> None:
        """Trust nothing until the next snapshot."""
        self.book.reset()

    def take(self, frame: StreamFrame, received_ns: int) -> Taken:
        """Take in a frame.

        Raises:
            BadPayload: it cannot be read; the book is empty then.
        """
        told = frame.order_book
        if told is None:
            raise BadPayload("a frame of a book without a book")
        if frame.is_snapshot:
            return self._apply(self.book.snapshot, frame, told, received_ns)
        if not self.book.is_ready or (told.nonce <= self._nonce and told.begin_nonce < self._nonce):
            return Taken.PASSED
        if told.begin_nonce != self._nonce:
            return Taken.GAP
        return self._apply(self.book.apply, frame, told, received_ns)

    def confirm(self, stats: MarketStats, received_ns: int) -> None:
        """Let a quiet book count as alive if the venue's statistics name the same mid price."""
        bbo = self.book.bbo
        if bbo is None or bbo.bid is None or bbo.ask is None or not stats.mid_price:
            return
        if abs(number(stats.mid_price) - (bbo.bid + bbo.ask) / 2) <= self._tick_size:
            self.book.apply((), (), bbo.venue_time_ns, received_ns)

    @property
    def bbo(self) -> Bbo | None:
        """Best bid and offer; None while the book cannot be trusted."""
        return self.book.bbo

    def _apply(self, put: _Put, frame: StreamFrame, told: Book, received_ns: int) -> Taken:
        at_ns = time_ns(told.last_updated_at, frame.timestamp)
        moved = put(_pairs(told.bids), _pairs(told.asks), at_ns, received_ns)
        self._nonce = told.nonce
        if not moved:
            return Taken.SAME
        _ = self.book.bbo  # sizes are read when asked for: one that is none must be told here, not to who asks later
        return Taken.MOVED


def _pairs(levels: list[WireLevel] | None) -> list[Level]:
    return [(level.price, level.size) for level in levels or ()]


__all__ = ["BookReader", "Taken"]
