"""Builds a tape from quotes and trades as a recording has them: Decimals, gaps, backward steps.

It decides how what was recorded becomes integers: prices off the grid move away from the other
side (bids down, asks up, trades to the nearest), quantities lose their fraction of a lot but
never vanish. Order is made by simulation/sorted_events.py, rows by simulation/recorded_tape.py.
Locked and crossed quotes stay as they were recorded; judging them is the engine's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from helpers.enums import Side
from helpers.errors import UserError
from simulation.recorded_tape import UNKNOWN_LOTS, RecordedTape
from simulation.remembered import Remembered
from simulation.sorted_events import RUN_EVENTS, SortedEvents
from simulation.tape import Instrument, RowKind

Level = tuple[Decimal, Decimal]
"""Price and quantity."""

_Ticks = Remembered[Decimal, int]

MAX_TICKS: Final = 2**31 - 1
_KINDS: Final = {Side.BUY: int(RowKind.BUY), Side.SELL: int(RowKind.SELL), None: int(RowKind.TRADE)}
_QUOTE: Final = int(RowKind.QUOTE)


class TapeBuilder:
    """Takes quotes and trades in any order of time and gives one tape."""

    def __init__(self, instrument: Instrument, folder: Path | None = None, run_events: int = RUN_EVENTS) -> None:
        """Start empty.

        Args:
            instrument: what the integers mean.
            folder: where a temporary file goes if there is much; None is the system's place for such files.
            run_events: how many quotes and trades memory holds.
        """
        self._instrument = instrument
        self._events = SortedEvents(folder, run_events)
        self._first_quote_ns: int | None = None
        tick = instrument.tick_size
        self._bid_ticks = _Ticks(lambda price: _ticks(price, tick, up=False))
        self._ask_ticks = _Ticks(lambda price: _ticks(price, tick, up=True))
        self._trade_ticks = _Ticks(lambda price: _nearest_ticks(price, tick))
        self._step = instrument.quantity_step

    def expect(self, events: int) -> None:
        """Be told how many quotes and trades are to come.

        Raises:
            UserError: there is no room for so many.
        """
        self._events.expect(events)

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
            UserError: a price does not fit the tape, or there is no room for the temporary file.
            ValueError: a price is not positive or a quantity is negative.
        """
        bid_ticks = 0 if bid is None else self._bid_ticks[bid]
        ask_ticks = 0 if ask is None else self._ask_ticks[ask]
        bid_lots = UNKNOWN_LOTS if bid_quantity is None else _lots(bid_quantity, self._step)
        ask_lots = UNKNOWN_LOTS if ask_quantity is None else _lots(ask_quantity, self._step)
        bid_ticks, bid_lots = (bid_ticks, bid_lots) if bid_ticks and bid_lots else (0, 0)
        ask_ticks, ask_lots = (ask_ticks, ask_lots) if ask_ticks and ask_lots else (0, 0)
        self._events.add(time_ns, _QUOTE, bid_ticks, bid_lots, ask_ticks, ask_lots)
        if self._first_quote_ns is None or time_ns < self._first_quote_ns:
            self._first_quote_ns = time_ns

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
            UserError: the price does not fit the tape, or there is no room for the temporary file.
            ValueError: price or quantity is not positive.
        """
        lots = _lots(quantity, self._step)
        if not lots:
            raise ValueError("a trade of no quantity")
        self._events.add(time_ns, _KINDS[side], self._trade_ticks[price], lots, 0, 0)

    def build(self) -> RecordedTape:
        """Give what was added as a tape; nothing may be added afterwards.

        Raises:
            UserError: there is no quote.
        """
        if self._first_quote_ns is None:
            raise UserError("the recording holds no quotes", "give the file of best bids and asks beside the trades")
        return RecordedTape(self._instrument, self._events, self._first_quote_ns)


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
