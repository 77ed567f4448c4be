"""One market's order book and best prices as the venue numbers and shows them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from helpers.models import Bbo
from helpers.money import plain
from simulation.servers.market_feed import Levels
from simulation.servers.paradex.markets import ParadexMarket
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
DEPTH: Final = 15
"""Levels a side on the throttled streams."""


class BookState(msgspec.Struct, frozen=True, kw_only=True):
    """The book at one moment, best first."""

    bids: Levels
    asks: Levels
    seq_no: int
    time_ms: int


class BookView:
    """Reads the book and counts its changes: all channels of a market share the number."""

    def __init__(self, venue: SimulatedVenue, market: ParadexMarket) -> None:
        """Begin at the market's first number."""
        self.market = market
        self._venue = venue
        self._state = BookState(bids={}, asks={}, seq_no=market.first_seq, time_ms=venue.core.now_ns // _MS)
        self._bbo: Bbo | None = None
        """The quote of which `_state` is made: a new object whenever the tape has moved on."""
        self.watchers: dict[object, Callable[[BookState, BookState], None]] = {}
        """Told (before, after) of every change that is counted, in order and without a gap."""

    def read(self) -> BookState:
        """Give the whole book as it is now; its number has grown if anything has changed."""
        bbo = self._venue.core.market(self.market.ticker).bbo()
        if bbo is not self._bbo or bbo is None:
            self._bbo = bbo
            self.look()
        return self._state

    def look(self) -> None:
        """Read the book again although the tape stands still: somebody of ours may have taken from it."""
        book = self._venue.core.market(self.market.ticker).book(1_000)
        bids = {level.price: level.quantity for level in book.bids}
        asks = {level.price: level.quantity for level in book.asks}
        before = self._state
        if (bids, asks) != (before.bids, before.asks):
            now_ms = self._venue.core.now_ns // _MS
            self._state = BookState(bids=bids, asks=asks, seq_no=before.seq_no + 1, time_ms=now_ms)
            for watcher in list(self.watchers.values()):
                watcher(before, self._state)

    def bbo(self) -> dict[str, Any]:
        """Show the best prices; a missing side is empty."""
        state = self.read()
        bid, ask = _best(state.bids), _best(state.asks)
        return {
            "market": self.market.symbol,
            "seq_no": state.seq_no,
            "ask": ask[0],
            "ask_size": ask[1],
            "bid": bid[0],
            "bid_size": bid[1],
            "last_updated_at": state.time_ms,
        }

    def snapshot(self, depth: int, price_tick: Decimal | None = None) -> dict[str, Any]:
        """Show the book as GET /orderbook does."""
        state = self.read()
        bids, asks = grouped(state.bids, price_tick, up=False), grouped(state.asks, price_tick, up=True)
        best_bid, best_ask = list(_best(state.bids)), list(_best(state.asks))
        return {
            "market": self.market.symbol,
            "seq_no": state.seq_no,
            "last_updated_at": state.time_ms,
            "asks": _rows(asks, depth),
            "bids": _rows(bids, depth),
            "best_bid_api": best_bid,
            "best_ask_api": best_ask,
            "best_bid_interactive": best_bid,
            "best_ask_interactive": best_ask,
        }


def grouped(levels: Levels, tick: Decimal | None, *, up: bool) -> Levels:
    """Add levels up by a coarser tick; asks go up to it, bids down."""
    if not tick:
        return levels
    sums: Levels = {}
    for price, size in levels.items():
        whole = price // tick * tick
        step = whole + tick if up and whole != price else whole
        sums[step] = sums.get(step, Decimal(0)) + size
    return sums


def best_level(levels: Levels) -> dict[str, str]:
    """Show the best level of a side as the streams do."""
    price, size = _best(levels)
    return {"price": price, "size": size}


def _best(levels: Levels) -> tuple[str, str]:
    first = next(iter(levels.items()), None)
    return (plain(first[0]), plain(first[1])) if first is not None else ("", "")


def _rows(levels: Levels, depth: int) -> list[list[str]]:
    return [[plain(price), plain(size)] for price, size in list(levels.items())[:depth]]


__all__ = ["DEPTH", "BookState", "BookView", "best_level", "grouped"]
