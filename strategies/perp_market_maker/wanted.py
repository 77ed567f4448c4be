"""What should rest: the quotes of one moment, as many as fit below max_position."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from helpers.money import minimum_quantity
from strategies.base_strategy import Market, Side
from strategies.perp_market_maker.levels import Ladder, is_plausible, ladder, skew_shift
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.reduction import Limits
from strategies.perp_market_maker.state import intent_of
from strategies.perp_market_maker.view import MakerView, price_of
from strategies.prices import fraction


class Quote(NamedTuple):
    """An order that should rest."""

    side: Side
    price: Decimal
    quantity: Decimal


@dataclass(slots=True)
class Space:
    """What is free on a side; what is asked for in a step takes of it."""

    room: Decimal
    """How much more may be quoted before the position could grow too large, in base units."""
    taken: set[Decimal]
    """Prices that have an order."""

    def take(self, quote: Quote, more: Decimal) -> bool:
        """Take the price and `more` room for a quote; False, and nothing taken, where the room is too small."""
        if more > max(self.room, Decimal(0)):
            return False
        self.room -= max(more, Decimal(0))
        self.taken.add(quote.price)
        return True


class Wanting:
    """Says what should rest."""

    def __init__(self, params: PerpMarketMakerParams, quantity: Decimal, limits: Limits, tick_size: Decimal) -> None:
        """Quote orders of `quantity` base units, within these limits."""
        self.tick_size = tick_size
        self._params = params
        self._quantity = quantity
        self._limits = limits

    def ladder(self, view: MakerView) -> Ladder:
        """Give the prices of this moment."""
        params, limits = self._params, self._limits
        above = (view.net or Decimal(0)) - limits.target
        shift = skew_shift(view.data.mid_price, params.inventory_skew, above, limits.largest)
        return ladder(view.data, params.base_spread_pct, params.max_orders, shift)

    def quotes(self, view: MakerView, prices: Ladder) -> dict[str, Quote]:
        """Give the quotes that should rest, by intent: on each side the nearest that all fit below max_position."""
        wanted: dict[str, Quote] = {}
        for side in Side:
            room = view.room(side, self._limits.largest)
            for level, price in enumerate(prices.of(side), start=1):
                if not is_plausible(price, view.data):
                    break
                quantity = self._size(view.data.market, price)
                room -= quantity
                if room < 0:
                    break
                wanted[intent_of(side, level)] = Quote(side, price, quantity)
        return wanted

    def is_near(self, price: Decimal, quote: Quote, view: MakerView) -> bool:
        """Whether a price is as good as the one wanted: at most an eighth of the spread away.

        A tick is a different part of the spread on every market, so ticks can only ask for more precision.
        """
        most, ticks = view.data.mid_price * fraction(self._params.base_spread_pct) / 8, self._params.requote_ticks
        return abs(price - quote.price) <= (most if ticks is None else min(most, ticks * self.tick_size))

    def space(self, view: MakerView, side: Side) -> Space:
        """Give what is free on a side, with everything that lives there counted."""
        orders = view.of(side)
        resting = sum((order.remaining_quantity for order in orders), Decimal(0))
        return Space(view.room(side, self._limits.largest) - resting, {price_of(order) for order in orders})

    def apart(self, quote: Quote, taken: Container[Decimal], view: MakerView) -> Quote | None:
        """Move a quote outward, tick by tick, to a price of its own; None if there is no sound one."""
        price = quote.price
        while price in taken:
            price -= quote.side.sign * self.tick_size
        if not is_plausible(price, view.data):
            return None
        return Quote(quote.side, price, self._size(view.data.market, price))

    def _size(self, market: Market, price: Decimal) -> Decimal:
        """Give the order quantity, or the market's minimum at this price where that is more."""
        return max(self._quantity, minimum_quantity(market, price))


def meets_own(quote: Quote, view: MakerView) -> bool:
    """Whether a quote would trade with one of our own that rests, or may rest, on the other side."""
    return any((quote.price - price_of(order)) * quote.side.sign >= 0 for order in view.of(quote.side.opposite))
