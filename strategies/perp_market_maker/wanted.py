"""What should rest: the quotes of one moment, as many as fit below max_position."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from typing import NamedTuple

from helpers.money import minimum_quantity
from strategies.base_strategy import Market, Side
from strategies.perp_market_maker.levels import Ladder, is_plausible, ladder, skew_shift
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.reduction import Limits
from strategies.perp_market_maker.state import intent_of
from strategies.perp_market_maker.view import MakerView, price_of


class Quote(NamedTuple):
    """An order that should rest."""

    side: Side
    price: Decimal
    quantity: Decimal


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

    def free_room(self, view: MakerView, side: Side) -> Decimal:
        """Give how much more may be quoted on a side, with everything that lives there counted."""
        resting = sum((order.remaining_quantity for order in view.of(side)), Decimal(0))
        return view.room(side, self._limits.largest) - resting

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
