"""What a market's public streams tell: levels that changed and trades that happened since they were last asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from helpers.enums import Side
from simulation.tape import RowKind, TapeChunk
from simulation.venue import SimulatedVenue

_TAKER: Final = {int(RowKind.BUY): Side.BUY, int(RowKind.SELL): Side.SELL}
_QUOTE: Final = int(RowKind.QUOTE)
_ZERO: Final = Decimal(0)

Levels = dict[Decimal, Decimal]
"""Quantity by price; in a change, quantity zero removes the level."""


class FeedBook(msgspec.Struct, frozen=True, kw_only=True):
    """Levels of both sides, best first: all of them, or those that changed."""

    bids: Levels
    asks: Levels
    number: int
    """Counts the changes told so far."""
    time_ns: int


class FeedTrade(msgspec.Struct, frozen=True, kw_only=True):
    """One public trade."""

    number: int
    """From 1, counting the market's trades since the feed began."""
    price: Decimal
    quantity: Decimal
    taker_side: Side
    time_ns: int


class MarketFeed:
    """One market as its public streams show it. All subscribers of a channel share one feed."""

    def __init__(self, venue: SimulatedVenue, ticker: str, depth: int = 20) -> None:
        """Begin with the book as it is now."""
        self._venue = venue
        self._market = venue.core.market(ticker)
        self._depth = depth
        self._trades = self._rows(venue.core.now_ns)
        self._last_trade = 0
        bids, asks = self._read()
        self._book = FeedBook(bids=bids, asks=asks, number=0, time_ns=venue.core.now_ns)

    def snapshot(self) -> FeedBook:
        """Give the whole book as the last `changes` left it, so that the next changes fit on it."""
        return self._book

    def changes(self) -> FeedBook | None:
        """Give the levels that changed since the last call; None if none did."""
        bids, asks = self._read()
        changed_bids, changed_asks = _changed(self._book.bids, bids), _changed(self._book.asks, asks)
        if not changed_bids and not changed_asks:
            return None
        number, now = self._book.number + 1, self._venue.core.now_ns
        self._book = FeedBook(bids=bids, asks=asks, number=number, time_ns=now)
        return FeedBook(bids=changed_bids, asks=changed_asks, number=number, time_ns=now)

    def trades(self) -> tuple[FeedTrade, ...]:
        """Give the trades since the last call, oldest first."""
        found, scale = [], self._market.scale
        for chunk, row in self._trades:
            if chunk is None:
                break
            self._last_trade += 1
            found.append(
                FeedTrade(
                    number=self._last_trade,
                    price=scale.price(chunk.price[row]),
                    quantity=scale.quantity(chunk.lots[row]),
                    taker_side=_TAKER.get(chunk.kind[row], Side.BUY),
                    time_ns=chunk.time_ns[row],
                )
            )
        return tuple(found)

    def _read(self) -> tuple[Levels, Levels]:
        book = self._market.book(self._depth)
        return {each.price: each.quantity for each in book.bids}, {each.price: each.quantity for each in book.asks}

    def _rows(self, start_ns: int) -> Iterator[tuple[TapeChunk | None, int]]:
        """Walk the trades of the tape; None whenever the next row is still to come."""
        for chunk in self._market.tape.chunks():
            for row in range(len(chunk)):
                if chunk.time_ns[row] <= start_ns:
                    continue
                while chunk.time_ns[row] > self._venue.core.now_ns:
                    yield None, 0
                if chunk.kind[row] != _QUOTE:
                    yield chunk, row
        while True:
            yield None, 0


class Ticker:
    """Something that is done again and again in the venue's time, while somebody wants it."""

    def __init__(self, venue: SimulatedVenue, interval_ns: int, action: Callable[[], None]) -> None:
        """Do nothing until started."""
        self._venue = venue
        self._interval_ns = interval_ns
        self._action = action
        self._run = 0
        """Counts the starts, so that a stopped run's last appointment does nothing."""
        self._is_running = False

    def start(self) -> None:
        """Begin, one interval from now; nothing if it runs."""
        if not self._is_running:
            self._is_running = True
            self._run += 1
            self._next(self._run)

    def stop(self) -> None:
        """End."""
        self._is_running = False

    def _next(self, run: int) -> None:
        self._venue.core.agenda.at(self._venue.core.now_ns + self._interval_ns, lambda: self._due(run))
        self._venue.changed()

    def _due(self, run: int) -> None:
        if self._is_running and run == self._run:
            self._action()
            self._next(run)


def _changed(before: Levels, after: Levels) -> Levels:
    gone = {price: _ZERO for price in before if price not in after}
    return {**{price: quantity for price, quantity in after.items() if before.get(price) != quantity}, **gone}


__all__ = ["FeedBook", "FeedTrade", "Levels", "MarketFeed", "Ticker"]
