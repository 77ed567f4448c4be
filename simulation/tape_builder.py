"""Builds a tape from quotes and trades as a recording has them: Decimals, gaps, backward steps.

It decides how a recording becomes rows: prices off the grid move away from the other side
(bids down, asks up, trades to the nearest), quantities lose their fraction of a lot but never
vanish, rows are sorted by time, and a quote that repeats the one in force is dropped unless a
second has passed, so that a still market and a silent recorder look different. Locked and crossed quotes stay as
they were recorded; judging them is the engine's business. Trade rows repeat the quote before
them: best bid and offer change on QUOTE rows only.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from helpers.errors import UserError
from helpers.models import Side
from simulation.tape import CHUNK_ROWS, Instrument, MemoryTape, RowKind, TapeChunk

Level = tuple[Decimal, Decimal]
"""Price and quantity."""

MAX_TICKS: Final = 2**31 - 1
STILL_ALIVE_NS: Final = 1_000_000_000
"""A repeated quote is kept when the last quote row is so old."""
_UNKNOWN: Final = -1
"""Lots that the recording does not tell."""
_KINDS: Final = {Side.BUY: int(RowKind.BUY), Side.SELL: int(RowKind.SELL), None: int(RowKind.TRADE)}
_QUOTE: Final = int(RowKind.QUOTE)


class TapeBuilder:
    """Takes quotes and trades in any order of time and gives one tape."""

    def __init__(self, instrument: Instrument) -> None:
        """Start empty."""
        self._instrument = instrument
        self._tick = instrument.tick_size
        self._step = instrument.quantity_step
        self._time = array("q")
        self._kind = array("b")
        # Bid and its lots, ask and its lots; of a trade, price and lots in the first two.
        self._first = array("i")
        self._first_lots = array("q")
        self._second = array("i")
        self._second_lots = array("q")

    def quote(
        self,
        time_ns: int,
        bid: Decimal | None,
        bid_quantity: Decimal | None,
        ask: Decimal | None,
        ask_quantity: Decimal | None,
    ) -> None:
        """Add the best bid and offer from a time on.

        Args:
            time_ns: Unix time, ns.
            bid: None where the book has no bids.
            bid_quantity: None where the recording has no sizes; zero is a missing side.
            ask: None where the book has no asks.
            ask_quantity: like `bid_quantity`.

        Raises:
            UserError: a price does not fit the tape.
            ValueError: a price is not positive or a quantity is negative.
        """
        bid_ticks = 0 if bid is None else _ticks(bid, self._tick, up=False)
        ask_ticks = 0 if ask is None else _ticks(ask, self._tick, up=True)
        bid_lots = _UNKNOWN if bid_quantity is None else _lots(bid_quantity, self._step)
        ask_lots = _UNKNOWN if ask_quantity is None else _lots(ask_quantity, self._step)
        bid_ticks, bid_lots = (bid_ticks, bid_lots) if bid_ticks and bid_lots else (0, 0)
        ask_ticks, ask_lots = (ask_ticks, ask_lots) if ask_ticks and ask_lots else (0, 0)
        self._add(time_ns, _QUOTE, bid_ticks, bid_lots, ask_ticks, ask_lots)

    def book(self, time_ns: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Add the best bid and offer of a book's levels, best first; what lies behind is not kept."""
        bid, bid_quantity = bids[0] if bids else (None, None)
        ask, ask_quantity = asks[0] if asks else (None, None)
        self.quote(time_ns, bid, bid_quantity, ask, ask_quantity)

    def trade(self, time_ns: int, price: Decimal, quantity: Decimal, side: Side | None) -> None:
        """Add a public trade.

        Args:
            time_ns: Unix time, ns.
            price: per base unit.
            quantity: in base units.
            side: the aggressor's; None where the recording does not tell.

        Raises:
            UserError: the price does not fit the tape.
            ValueError: price or quantity is not positive.
        """
        lots = _lots(quantity, self._step)
        if not lots:
            raise ValueError("a trade of no quantity")
        self._add(time_ns, _KINDS[side], _nearest_ticks(price, self._tick), lots, 0, 0)

    def build(self) -> MemoryTape:
        """Sort, carry quotes forward, drop repeats and the trades before the first quote.

        Raises:
            UserError: there is no quote.
        """
        if _QUOTE not in self._kind:
            raise UserError("the recording holds no quotes", "give the file of best bids and asks beside the trades")
        rows = _Rows(self._instrument.depth_lots[0])
        # sorted() is stable: rows of one time keep the order in which they were added.
        for index in sorted(range(len(self._time)), key=self._time.__getitem__):
            if self._kind[index] == _QUOTE:
                rows.quote(
                    self._time[index],
                    self._first[index],
                    self._first_lots[index],
                    self._second[index],
                    self._second_lots[index],
                )
            else:
                rows.trade(self._time[index], self._kind[index], self._first[index], self._first_lots[index])
        return MemoryTape(self._instrument, rows.chunks)

    def _add(self, time_ns: int, kind: int, first: int, first_lots: int, second: int, second_lots: int) -> None:
        self._time.append(time_ns)
        self._kind.append(kind)
        self._first.append(first)
        self._first_lots.append(first_lots)
        self._second.append(second)
        self._second_lots.append(second_lots)


class _Rows:
    """Rows in time order, with the quote in force."""

    def __init__(self, assumed_lots: int) -> None:
        self.chunks = [TapeChunk()]
        self._assumed = assumed_lots
        self._quoted_ns: int | None = None
        self._bid = self._bid_lots = self._ask = self._ask_lots = 0

    def quote(self, time_ns: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> None:
        # Without sizes, a level that stays keeps the size it had.
        if bid_lots == _UNKNOWN:
            bid_lots = self._bid_lots if bid == self._bid else self._assumed
        if ask_lots == _UNKNOWN:
            ask_lots = self._ask_lots if ask == self._ask else self._assumed
        now, before = (bid, bid_lots, ask, ask_lots), (self._bid, self._bid_lots, self._ask, self._ask_lots)
        if self._quoted_ns is not None and now == before and time_ns - self._quoted_ns < STILL_ALIVE_NS:
            return
        self._quoted_ns = time_ns
        self._bid, self._bid_lots, self._ask, self._ask_lots = now
        self._room().append(time_ns, _QUOTE, bid, bid_lots, ask, ask_lots)

    def trade(self, time_ns: int, kind: int, price: int, lots: int) -> None:
        if self._quoted_ns is not None:
            self._room().append(
                time_ns, kind, self._bid, self._bid_lots, self._ask, self._ask_lots, price=price, lots=lots
            )

    def _room(self) -> TapeChunk:
        if len(self.chunks[-1]) >= CHUNK_ROWS:
            self.chunks.append(TapeChunk())
        return self.chunks[-1]


def _ticks(price: Decimal, tick: Decimal, *, up: bool) -> int:
    whole, rest = divmod(price, tick)
    return _in_range(price, tick, int(whole) + (1 if up and rest else 0))


def _nearest_ticks(price: Decimal, tick: Decimal) -> int:
    whole, rest = divmod(price, tick)
    return _in_range(price, tick, int(whole) + (1 if rest + rest >= tick else 0))


def _in_range(price: Decimal, tick: Decimal, ticks: int) -> int:
    if price <= 0:
        raise ValueError(f"price {price} is not positive")
    if not 1 <= ticks <= MAX_TICKS:
        raise UserError(f"price {price} does not fit a tape of tick size {tick}", "give another tick size")
    return ticks


def _lots(quantity: Decimal, step: Decimal) -> int:
    if quantity < 0:
        raise ValueError(f"quantity {quantity} is negative")
    lots = int(quantity // step)
    return lots or (1 if quantity else 0)
