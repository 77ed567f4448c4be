"""One market of a simulated venue: its engine, its metadata, its prices as Decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from helpers.models import Bbo, BookLevel, Market, OrderBook
from simulation.funding import FundingSchedule
from simulation.matching import Execute, MatchingEngine
from simulation.resting import NO_BUY, NO_SELL
from simulation.scale import Scale
from simulation.tape import Tape


@dataclass(frozen=True, slots=True)
class Watch:
    """Quotes somebody wants to know of, in ticks: a bid at or below `low`, an ask at or above `high`, or all."""

    low: int = NO_BUY
    high: int = NO_SELL
    every_quote: bool = False


class VenueMarket:
    """Everything the venue knows of one market."""

    def __init__(self, market: Market, tape: Tape, funding: FundingSchedule, execute: Execute) -> None:
        """Join a tape with the venue's terms for it."""
        self.market = market
        self.funding = funding
        self.scale = Scale(tape.instrument)
        self.engine = MatchingEngine(tape, execute)
        self.watches: dict[str, Watch] = {}

    def watch(self, who: str, watch: Watch | None) -> None:
        """Set or clear what one watcher wants to know of."""
        if self.watches.get(who) == watch:
            return
        if watch is None:
            del self.watches[who]
        else:
            self.watches[who] = watch
        watches = self.watches.values()
        self.engine.arm(
            max((each.low for each in watches), default=NO_BUY),
            min((each.high for each in watches), default=NO_SELL),
            every_quote=any(each.every_quote for each in watches),
        )

    def bbo(self) -> Bbo | None:
        """Give best bid and offer now; None before the tape begins. A tape that is silent grows old."""
        row = self.engine.cursor.current()
        if row is None:
            return None
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
        if row is None:
            return None
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
