"""What a perp market maker can be told; docs/strategies/perp_market_maker.md is checked against these declarations."""

from __future__ import annotations

from decimal import Decimal

from strategies.base_strategy import Params, param
from strategies.patience import book_patience


class PerpMarketMakerParams(Params):
    """What a perp market maker can be told."""

    base_spread_pct: Decimal = param(
        Decimal("0.2"), gt=0, le=50, unit="%", help="Distance between the nearest buy and the nearest sell."
    )
    max_orders: int = param(3, ge=1, le=50, unit="orders", help="Levels on each side.")
    target_position: Decimal = param(
        Decimal(0), unit="base units", help="Position to hold; positive is long, negative is short."
    )
    max_position: Decimal | None = param(
        None, gt=0, unit="base units", help="Largest position, long or short; off is max_orders + 1 orders."
    )
    position_threshold: Decimal | None = param(
        None,
        ge=0,
        unit="base units",
        help="How far the position may exceed the target; off is max_orders orders.",
    )
    inventory_skew: Decimal = param(
        Decimal(0),
        ge=0,
        le=0.25,
        unit="of the mid",
        help="Shift of all prices against a position of max_position.",
    )
    refresh_interval: Decimal = param(
        Decimal(15), ge=1, le=86_400, unit="s", help="Time between two looks at the quotes."
    )
    cancel_before_place: bool = param(
        True, help="Where a quote is off, cancel all before new ones go out; no: amend those that are off."
    )
    requote_ticks: int | None = param(
        None,
        ge=0,
        le=100_000,
        unit="ticks",
        help="Leave a quote that is this close to its new price; off, and at most, is an eighth of the spread.",
    )
    post_only: bool = param(True, help="Never take: the venue refuses a quote that would.")
    book_patience: Decimal = book_patience()

    # Base units fit one market only: 1 BTC is a fortune, 1 DOGE is less than an order. So what nobody gives is
    # reckoned in orders. The levels of a side lie a few ticks apart and fill together, so less than a whole side
    # as threshold would send most fills to the market. One order more as largest position: with three levels
    # an order is a quarter of it, as with the known bot.

    def largest(self, quantity: Decimal) -> Decimal:
        """Give the largest position for orders of `quantity`, in base units."""
        return (self.max_orders + 1) * quantity if self.max_position is None else self.max_position

    def threshold(self, quantity: Decimal) -> Decimal:
        """Give by how much the position may exceed the target for orders of `quantity`, in base units."""
        return self.max_orders * quantity if self.position_threshold is None else self.position_threshold
