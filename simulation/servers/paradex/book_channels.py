"""Channels of the order book: best prices, every change of the whole book, or fifteen levels now and then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from helpers.money import plain
from simulation.servers.market_feed import Levels
from simulation.servers.paradex.book_view import DEPTH, BookState, BookView, best_level
from simulation.servers.paradex.channels import Channel
from simulation.venue import SimulatedVenue

_SIDES: Final = ("BUY", "SELL")


Want = Callable[[str, int], None]
"""Asks for a ticker's quotes as they happen (+1), or no longer (-1)."""


class QuoteChannel(Channel):
    """A channel that pushes each change of some books as it happens."""

    def __init__(self, name: str, books: Sequence[BookView], want: Want) -> None:
        """Follow these books."""
        super().__init__(name)
        self._books = books
        self._want = want

    def begin(self) -> None:
        """Watch the books."""
        for book in self._books:
            book.read()
            book.watchers[self] = self._watcher(book)
            self._want(book.market.ticker, 1)

    def end(self) -> None:
        """Watch them no longer."""
        for book in self._books:
            del book.watchers[self]
            self._want(book.market.ticker, -1)

    def _watcher(self, book: BookView) -> Callable[[BookState, BookState], None]:
        return lambda before, after: self.changed(book, before, after)

    def changed(self, book: BookView, before: BookState, after: BookState) -> None:
        """Push a change."""


class BboChannel(QuoteChannel):
    """Best prices, on every change of them."""

    def greeting(self) -> Sequence[Any]:
        """Give the best prices now."""
        return [book.bbo() for book in self._books]

    def changed(self, book: BookView, before: BookState, after: BookState) -> None:
        """Push if the best level of a side is another."""
        if (_first(before.bids), _first(before.asks)) != (_first(after.bids), _first(after.asks)):
            self.push(book.bbo())


class DeltasChannel(QuoteChannel):
    """The whole book, then every change: the number goes up by one from frame to frame."""

    def greeting(self) -> Sequence[Any]:
        """Give the whole book."""
        return [snapshot_data(book, book.read(), None) for book in self._books]

    def changed(self, book: BookView, before: BookState, after: BookState) -> None:
        """Push the difference."""
        self.push(delta_data(book, before, after, None))


class ThrottledBookChannel(QuoteChannel):
    """Fifteen levels a side, at most every so often: as snapshots, or as one snapshot and then changes."""

    def __init__(
        self, name: str, venue: SimulatedVenue, interval_ns: int, book: BookView, want: Want, *, is_deltas: bool
    ) -> None:
        """Follow this book, pushing at multiples of the interval, ns, in the venue's time."""
        super().__init__(name, [book], want)
        self._venue = venue
        self._interval_ns = interval_ns
        self._book = book
        self._is_deltas = is_deltas
        self._sent = book.read()
        """What the subscribers have."""
        self._is_due = False

    def begin(self) -> None:
        """Start from the book as it is."""
        super().begin()
        self._sent = self._book.read()

    def greeting(self) -> Sequence[Any]:
        """Give what the others have, so that the next change fits on it."""
        return [snapshot_data(self._book, self._sent, DEPTH)]

    def changed(self, book: BookView, before: BookState, after: BookState) -> None:
        """Push at the next time to push."""
        del book, before, after
        if not self._is_due:
            self._is_due = True
            due_ns = (self._venue.core.now_ns // self._interval_ns + 1) * self._interval_ns
            self._venue.core.agenda.at(due_ns, self._push)
            self._venue.changed()

    def _push(self) -> None:
        self._is_due = False
        before, after = self._sent, self._book.read()
        self._sent = after
        if not self.subscribers or after is before:
            return
        if self._is_deltas:
            self.push(delta_data(self._book, before, after, DEPTH))
        else:
            self.push(snapshot_data(self._book, after, DEPTH))


def snapshot_data(book: BookView, state: BookState, depth: int | None) -> dict[str, Any]:
    """Write the whole book."""
    rows = []
    for side, levels in zip(_SIDES, (state.bids, state.asks), strict=True):
        rows += [_row(side, price, size) for price, size in list(levels.items())[:depth]]
    return _data(book, state, "s", inserts=rows)


def delta_data(book: BookView, before: BookState, after: BookState, depth: int | None) -> dict[str, Any]:
    """Write what has changed."""
    inserts, updates, deletes = [], [], []
    pairs = ((before.bids, after.bids), (before.asks, after.asks))
    for side, (old_levels, new_levels) in zip(_SIDES, pairs, strict=True):
        old, new = dict(list(old_levels.items())[:depth]), dict(list(new_levels.items())[:depth])
        deletes += [_row(side, price, size) for price, size in old.items() if price not in new]
        inserts += [_row(side, price, size) for price, size in new.items() if price not in old]
        updates += [_row(side, price, size) for price, size in new.items() if old.get(price, size) != size]
    return _data(book, after, "d", inserts=inserts, updates=updates, deletes=deletes)


def _data(book: BookView, state: BookState, kind: str, **rows: list[dict[str, str]]) -> dict[str, Any]:
    bid, ask = best_level(state.bids), best_level(state.asks)
    return {
        "seq_no": state.seq_no,
        "market": book.market.symbol,
        "last_updated_at": state.time_ms,
        "update_type": kind,
        "inserts": rows.get("inserts", []),
        "updates": rows.get("updates", []),
        "deletes": rows.get("deletes", []),
        "best_bid_api": bid,
        "best_ask_api": ask,
        "best_bid_interactive": bid,
        "best_ask_interactive": ask,
    }


def _row(side: str, price: Decimal, size: Decimal) -> dict[str, str]:
    return {"side": side, "price": plain(price), "size": plain(size)}


def _first(levels: Levels) -> tuple[Decimal, Decimal] | None:
    return next(iter(levels.items()), None)


__all__ = ["BboChannel", "DeltasChannel", "ThrottledBookChannel"]
