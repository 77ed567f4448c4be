"""What a recording says about its market before a tape is made: tick, step and depth.

Tick size and quantity step are the finest decimal that prices and quantities really use.
Depth is what the engine assumes where it sees no book: from recorded levels if there are any,
else from the sizes at the touch, else from the trades and a stated notional.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from typing import Final

from helpers.enums import Side
from helpers.errors import UserError
from simulation.tape import Instrument
from simulation.tape_builder import Level

ASSUMED_NOTIONAL: Final = Decimal(10_000)
"""At least so much is displayed at the touch where a recording has no sizes, in quote."""
ASSUMED_TRADES: Final = 10
"""At least so many average trades are displayed there."""
STEP_NOTIONAL: Final = Decimal(10)
"""Where a recording has no quantities at all, the step is a power of ten worth at most this, in quote."""
BEHIND_SHARE: Final = 10
"""Each tick behind the touch is assumed to hold the touch divided by this, where no levels are recorded."""
LEVELS_BEHIND: Final = 9
MOST_LEVELS: Final = 50
"""Ticks of depth kept of recorded levels."""
_MOST_DECIMALS: Final = 12
"""More are the noise of a float, not a grid."""


class Survey:
    """A sink that learns; see simulation/importers/recording.py."""

    def __init__(self, tick_size: Decimal | None = None, quantity_step: Decimal | None = None) -> None:
        """Know nothing yet; a given tick size or quantity step is taken as it is.

        Raises:
            UserError: a given one is not positive.
        """
        for name, value in (("tick size", tick_size), ("quantity step", quantity_step)):
            if value is not None and value <= 0:
                raise UserError(f"{name} {value} is not positive", "give one above zero")
        self._given_tick, self._given_step = tick_size, quantity_step
        self.events = 0
        """Quotes and trades seen."""
        self._tick = self._step = Decimal(1)
        self._last_price = Decimal(0)
        self._trade_sum = self._touch_sum = Decimal(0)
        self._trades = 0
        self._touches = 0
        self._behind: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        """Quantity seen at each near distance behind the best price, both sides and all books together."""
        self._has_levels = False
        self._reach = self._far()
        self._book_sides = 0

    def quote(
        self,
        time_ns: int,
        bid: Decimal | None,
        bid_quantity: Decimal | None,
        ask: Decimal | None,
        ask_quantity: Decimal | None,
    ) -> None:
        """Learn from a best bid and offer."""
        del time_ns
        self.events += 1
        for price, quantity in ((bid, bid_quantity), (ask, ask_quantity)):
            if price is not None:
                self._price(price)
            if quantity is not None:
                self._quantity(quantity)
                self._touch_sum += quantity
                self._touches += 1

    def book(self, time_ns: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Learn from a book."""
        bid, bid_quantity = bids[0] if bids else (None, None)
        ask, ask_quantity = asks[0] if asks else (None, None)
        self.quote(time_ns, bid, bid_quantity, ask, ask_quantity)
        for side in (bids, asks):
            self._book_sides += bool(side)
            for price, quantity in side[1:]:
                self._price(price)
                self._quantity(quantity)
                self._level(abs(price - side[0][0]), quantity)

    def trade(self, time_ns: int, price: Decimal, quantity: Decimal, side: Side | None) -> None:
        """Learn from a trade."""
        del time_ns, side
        self.events += 1
        self._price(price)
        self._quantity(quantity)
        self._trade_sum += quantity
        self._trades += 1

    def instrument(self, ticker: str, quote: str, source: str) -> Instrument:
        """Say what the market is."""
        tick = self._given_tick or self._tick
        step = self._given_step or self._quantity_step()
        return Instrument(
            ticker=ticker,
            quote=quote,
            source=source,
            tick_size=tick,
            quantity_step=step,
            depth_lots=self._depth(tick, step),
        )

    def _price(self, price: Decimal) -> None:
        self._last_price = price
        if price % self._tick:
            self._tick = _decimal_place(price)
            self._reach = self._far()

    def _quantity(self, quantity: Decimal) -> None:
        if quantity % self._step:
            self._step = _decimal_place(quantity)

    def _far(self) -> Decimal:
        return (self._given_tick or self._tick) * MOST_LEVELS

    def _level(self, distance: Decimal, quantity: Decimal) -> None:
        self._has_levels = True
        # The tick can only become finer: what is too far now stays too far, and need not be kept.
        if distance <= self._reach:
            self._behind[distance] += quantity

    def _depth(self, tick: Decimal, step: Decimal) -> tuple[int, ...]:
        touch = self._touch(step)
        if not self._has_levels:
            return (touch, *(max(1, touch // BEHIND_SHARE),) * LEVELS_BEHIND)
        by_tick = [Decimal(0)] * MOST_LEVELS
        for distance, quantity in self._behind.items():
            ticks = int((distance / tick).to_integral_value(ROUND_CEILING))
            if ticks < MOST_LEVELS:
                by_tick[ticks] += quantity
        return (touch, *(max(1, int(quantity / self._book_sides / step)) for quantity in by_tick[1:]))

    def _touch(self, step: Decimal) -> int:
        if self._touches:
            return max(1, int(self._touch_sum / self._touches / step))
        assumed = ASSUMED_NOTIONAL / self._last_price if self._last_price else Decimal(0)
        if self._trades:
            assumed = max(assumed, ASSUMED_TRADES * self._trade_sum / self._trades)
        return max(1, int(assumed / step))

    def _quantity_step(self) -> Decimal:
        if self._touches or self._trades or not self._last_price:
            return self._step
        return min(Decimal(1), Decimal(1).scaleb((STEP_NOTIONAL / self._last_price).adjusted()))


def _decimal_place(value: Decimal) -> Decimal:
    exponent = value.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > _MOST_DECIMALS:
        raise ValueError(f"{value} has more decimals than a price or quantity can have")
    return Decimal(1).scaleb(exponent)
