"""One market's book as the stream tells it, and the rules by which it is believed.

The channel tells whole books, fifteen levels a side, at most every 50 ms: a message that is lost
is made good by the next one. The venue's channel of changes has no published rule for gaps. The
numbers of a market's books grow; an older book is not taken in, nor is it a sign of life, so a
channel that brings nothing else falls silent and is subscribed anew. A book that no venue has,
crossed or too deep or another market's, is given up at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from exchanges.level_book import LevelBook
from exchanges.paradex.mapping import MS, levels_by_side
from exchanges.paradex.rpc import GapError
from exchanges.paradex.wire import StreamBook
from helpers.clock import Clock
from helpers.errors import BadPayload
from helpers.models import Market

DEPTH: Final = 15
MAX_SILENCE_S: Final = 30.0
_BOOK: Final = msgspec.json.Decoder(StreamBook)
_WHOLE: Final = "s"


def book_channel(symbol: str) -> str:
    """Name the channel of a market's book."""
    return f"order_book.{symbol}.snapshot@{DEPTH}@50ms"


class BookChannel:
    """Keeps one book."""

    def __init__(self, market: Market, clock: Clock, changed: Callable[[], None]) -> None:
        """Start with no book.

        Args:
            market: whose book.
            clock: stamps what comes.
            changed: called when the touch changed, or when there is no book any more.
        """
        self.book = LevelBook(market.tick_size)
        self._symbol = market.contract_id
        self._clock = clock
        self._changed = changed
        self._last_number = 0

    def take(self, raw: msgspec.Raw) -> bool:
        """Take a message; False if it is older than what is known.

        Raises:
            BadPayload: it cannot be read, or is no book of this market.
            GapError: no venue has such a book.
        """
        told = self._read(raw)
        if told.seq_no < self._last_number:
            return False
        bids, asks = levels_by_side(told.inserts)
        if max(len(bids), len(asks)) > DEPTH:
            raise GapError(f"the book is deeper than {DEPTH} levels")
        self._last_number = told.seq_no
        is_news = self.book.snapshot(bids, asks, told.last_updated_at * MS, self._clock.now_ns())
        if self.book.is_crossed and not self.book.is_one_sided:
            raise GapError("the book is crossed")
        _ = self.book.bbo  # made here, so that a quantity which is none does not fail where somebody looks
        if is_news:
            self._changed()
        return True

    def reset(self) -> None:
        """Forget the book."""
        self._last_number = 0
        self.book.reset()
        self._changed()

    def _read(self, raw: msgspec.Raw) -> StreamBook:
        try:
            told = _BOOK.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadPayload(f"no book: {error}", bytes(raw)) from None
        if told.update_type != _WHOLE or told.market != self._symbol:
            raise BadPayload(f"no whole book of {self._symbol}", bytes(raw))
        return told


__all__ = ["DEPTH", "MAX_SILENCE_S", "BookChannel", "book_channel"]
