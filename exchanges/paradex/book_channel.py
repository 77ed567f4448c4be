"""One market's book as the stream tells it, and the rules by which it is believed.

The venue publishes no rule for gaps: changes are bundled every 50 ms, so numbers may jump. What
can be known is kept to: numbers grow, and older news is dropped; a book has at most fifteen
levels a side and is never crossed. A book that breaks this has missed something and is
subscribed anew, which brings a whole one.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from exchanges.level_book import LevelBook
from exchanges.paradex.mapping import MS, changed_levels
from exchanges.paradex.rpc import GapError
from exchanges.paradex.wire import BookChange
from helpers.clock import Clock
from helpers.errors import BadPayload

DEPTH: Final = 15
MAX_SILENCE_S: Final = 30.0
_CHANGE: Final = msgspec.json.Decoder(BookChange)


def book_channel(symbol: str) -> str:
    """Name the channel of a market's book."""
    return f"order_book.{symbol}.deltas@{DEPTH}@50ms"


class BookChannel:
    """Keeps one book."""

    def __init__(self, tick_size: Decimal, clock: Clock, changed: Callable[[], None]) -> None:
        """Start with no book.

        Args:
            tick_size: of the market.
            clock: stamps what comes.
            changed: called when the touch changed, or when there is no book any more.
        """
        self.book = LevelBook(tick_size)
        self._clock = clock
        self._changed = changed
        self._last_number = 0
        self._levels = {"BUY": 0, "SELL": 0}
        """How many there should be on each side by what was inserted and deleted."""

    def take(self, raw: msgspec.Raw) -> bool:
        """Take a message; False while there is no book it could belong to.

        Raises:
            BadPayload: it cannot be read.
            GapError: the book cannot be right any more.
        """
        change = _read(raw)
        is_whole = change.update_type == "s"
        if change.seq_no <= self._last_number or not (is_whole or self.book.is_ready):
            return self.book.is_ready
        bids, asks = changed_levels(change.deletes, change.inserts, change.updates)
        self._last_number = change.seq_no
        apply = self.book.snapshot if is_whole else self.book.apply
        if apply(bids, asks, change.last_updated_at * MS, self._clock.now_ns()):
            self._changed()
        self._check(change, is_whole=is_whole)
        return True

    def reset(self) -> None:
        """Forget the book."""
        self._last_number = 0
        self.book.reset()
        self._changed()

    def _check(self, change: BookChange, *, is_whole: bool) -> None:
        if self.book.is_crossed and not self.book.is_one_sided:
            raise GapError("the book is crossed")
        levels = self._levels = {"BUY": 0, "SELL": 0} if is_whole else self._levels
        for gone in change.deletes:
            levels[gone.side] -= 1
        for come in change.inserts:
            levels[come.side] += 1
        if max(levels.values()) > DEPTH:
            self._look_at_depth()

    def _look_at_depth(self) -> None:
        """Count the levels, which costs more than reckoning them."""
        found = self.book.levels(DEPTH + 1)
        self._levels = {"BUY": len(found.bids), "SELL": len(found.asks)}
        if max(self._levels.values()) > DEPTH:
            raise GapError(f"the book is deeper than {DEPTH} levels")


def _read(raw: msgspec.Raw) -> BookChange:
    try:
        return _CHANGE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"no change of a book: {error}", bytes(raw)) from None


__all__ = ["DEPTH", "MAX_SILENCE_S", "BookChannel", "book_channel"]
