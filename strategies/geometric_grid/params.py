"""What a geometric grid can be told. docs/strategies/geometric_grid.md is checked against these declarations."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from strategies.base_strategy import MarketKind, Params, Side, param


class Mode(Enum):
    """On which side it opens."""

    NEUTRAL = "neutral"
    """Buys below the mid, sells above it."""
    LONG = "long"
    """Buys below the mid; sells only what it bought."""
    SHORT = "short"
    """Sells above the mid; buys back only what it sold."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides of its entries."""
        return {Mode.LONG: (Side.BUY,), Mode.SHORT: (Side.SELL,)}.get(self, (Side.BUY, Side.SELL))

    def suits(self, kind: MarketKind) -> bool:
        """Whether it can trade on such a market: on spot nothing can be sold that is not held."""
        return kind is MarketKind.PERP or self is Mode.LONG


class GeometricGridParams(Params):
    """What a geometric grid can be told."""

    lower_price: Decimal | None = param(
        None, gt=0, unit="USD", help="Lowest level; off: range_pct below the mid at the start."
    )
    upper_price: Decimal | None = param(
        None, gt=0, unit="USD", help="Highest level; off: range_pct above the mid at the start."
    )
    range_pct: Decimal = param(
        Decimal(2), gt=0, le=45, unit="%", help="How far the range reaches to each side where no price is given."
    )
    levels: int = param(20, ge=2, le=500, unit="levels", help="Prices of the grid, both ends counted.")
    orders_per_side: int = param(
        5, ge=1, le=100, unit="orders", help="Most entries that rest on each side, on the levels nearest the mid."
    )
    mode: Mode = param(Mode.NEUTRAL, help="neutral: open on both sides; long: only by buying; short: only by selling.")
    quote_allocation: Decimal | None = param(
        None, gt=0, unit="USD", help="Spread over the entries that may rest at once; off: each is of --quantity."
    )
    post_only: bool = param(True, help="Never take: the venue refuses what would fill at once.")
    recenter_on_move: bool = param(False, help="Move the levels around the mid when it leaves the range.")
    requote_ticks: int = param(
        1, ge=1, le=1000, unit="ticks", help="How far from its level an order has to be before it is moved there."
    )
