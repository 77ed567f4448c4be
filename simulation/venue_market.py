"""One market of a simulated venue: its engine, its metadata, its prices as Decimals."""

from __future__ import annotations

from decimal import Decimal

from helpers.models import Bbo, BookLevel, Market, OrderBook
from simulation.cursor import Row
from simulation.funding import FundingTerms
from simulation.matching import Execute, MatchingEngine
from simulation.scale import Scale
from simulation.tape import Tape
from simulation.watches import Watch, joined


class VenueMarket:
    """Everything the venue knows of one market."""

    def __init__(self, market: Market, tape: Tape, funding: FundingTerms, execute: Execute) -> None:
        """Join a tape with the venue's terms for it."""
        self.market = market
        self.tape = tape
        self.funding = funding
        self.scale = Scale(tape.instrument)
        self.engine = MatchingEngine(tape, execute)
        self.watches: dict[str, Watch] = {}
        self._bbo: Bbo | None = None
        self._bbo_row: Row | None = None
        self._mark: Decimal | None = None
        self._mark_row: Row | None = None

    def watch(self, who: str, watch: Watch | None) -> None:
        """Set or clear what one watcher wants to know of."""
        if self.watches.get(who) == watch:
            return
        if watch is None:
            del self.watches[who]
        else:
            self.watches[who] = watch
        self.engine.arm(joined(self.watches.values()))

    def bbo(self) -> Bbo | None:
        """Give best bid and offer now; None before the tape begins. A tape that is silent grows old."""
        row = self.engine.cursor.current()
        if row is self._bbo_row:
            return self._bbo
        self._bbo_row = row
        self._bbo = None if row is None else self._read_bbo(row)
        return self._bbo

    def _read_bbo(self, row: Row) -> Bbo:
        price, quantity = self.scale.price, self.scale.quantity
        return Bbo(
            bid=price(row.bid) if row.bid else None,
            bid_quantity=quantity(row.bid_lots) if row.bid else None,
            ask=price(row.ask) if row.ask else None,
            ask_quantity=quantity(row.ask_lots) if row.ask else None,
            venue_time_ns=row.time_ns,
            received_ns=row.time_ns,
        )

    def mark_price(self) -> Decimal | None:
        """Midway between bid and ask; the side that is there if one is missing.

        While both are missing it stays what it was, or is the price of a trade; None before any price.
        """
        row = self.engine.cursor.last_priced()
        if row is not self._mark_row:
            self._mark_row = row
            self._mark = None if row is None else self._read_mark(row)
        return self._mark

    def _read_mark(self, row: Row) -> Decimal:
        if not (row.bid and row.ask):
            return self.scale.price(row.bid or row.ask or row.price)
        return (self.scale.price(row.bid) + self.scale.price(row.ask)) / 2

    def book(self, depth: int) -> OrderBook:
        """Give up to `depth` levels a side."""
        row = self.engine.cursor.current()
        return OrderBook(
            bids=self._levels(is_ask=False, depth=depth),
            asks=self._levels(is_ask=True, depth=depth),
            venue_time_ns=row.time_ns if row is not None else 0,
        )

    def _levels(self, *, is_ask: bool, depth: int) -> tuple[BookLevel, ...]:
        levels = list(self.engine.levels(is_ask))[:depth]
        return tuple(BookLevel(self.scale.price(price), self.scale.quantity(lots)) for price, lots in levels)
