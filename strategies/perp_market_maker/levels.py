"""Where the quotes belong: pure functions of prices, exact to the tick."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from functools import cache
from typing import Final, NamedTuple

from helpers.enums import Side
from helpers.models import MarketData
from helpers.money import passive_price
from strategies.prices import fraction, opposite_best
from strategies.signals import clamp

_EXACT: Final = Context(prec=60)
"""Roots and quotients are rounded, but so far behind the tick that no price can land on the wrong one."""
_TICKS_A_STEP: Final = Decimal("1.5")
_NEAREST: Final = Decimal("0.5")
_FARTHEST: Final = Decimal("1.5")
"""Beyond half or one and a half of the market a price is taken for a slip of the finger, and refused."""


class Ladder(NamedTuple):
    """The prices of one moment, nearest first."""

    buys: tuple[Decimal, ...]
    sells: tuple[Decimal, ...]
    shift: Decimal = Decimal(0)
    """By how much they were to move down for the position."""

    def of(self, side: Side) -> tuple[Decimal, ...]:
        """Give one side."""
        return self.buys if side is Side.BUY else self.sells


@cache
def level_ticks(level: int) -> Decimal:
    """Give how far level `level` (from 0) lies beyond the nearest one, in ticks: 1.5 x level^1.5."""
    with localcontext(_EXACT):
        return _TICKS_A_STEP * (Decimal(level) ** 3).sqrt()


def skew_shift(mid: Decimal, skew: Decimal, excess: Decimal, largest: Decimal) -> Decimal:
    """Give by how much all prices move down: mid x skew x (excess / largest, at most 1 either way).

    Args:
        mid: the mid price.
        skew: fraction of the mid; nothing moves unless it is above 0.
        excess: position less target, signed.
        largest: the largest position, above 0.
    """
    if skew <= 0:
        return Decimal(0)
    with localcontext(_EXACT):
        return mid * skew * clamp(excess / largest, Decimal(-1), Decimal(1))


def ladder(data: MarketData, spread_pct: Decimal, levels: int, shift: Decimal) -> Ladder:
    """Give the prices of both sides: mid x (1 -+ spread / 2) -+ 1.5 x i^1.5 ticks, all less `shift`.

    A side whose nearest price would cross the book when shifted stays where it is, all of it: so a
    ladder remains a ladder, with no two prices the same. Buys are rounded down, sells up.
    """
    return Ladder(
        _side(data, Side.BUY, spread_pct, levels, shift),
        _side(data, Side.SELL, spread_pct, levels, shift),
        shift,
    )


def is_plausible(price: Decimal, data: MarketData) -> bool:
    """Whether a price is one that the risk manager lets pass: neither zero nor absurdly far from the market."""
    return price > 0 and _NEAREST * data.best_ask <= price <= _FARTHEST * data.best_bid


def _side(data: MarketData, side: Side, spread_pct: Decimal, levels: int, shift: Decimal) -> tuple[Decimal, ...]:
    shifted = _prices(data, side, spread_pct, levels, shift)
    if (opposite_best(data, side) - shifted[0]) * side.sign > 0:
        return shifted
    return _prices(data, side, spread_pct, levels, Decimal(0))


def _prices(data: MarketData, side: Side, spread_pct: Decimal, levels: int, shift: Decimal) -> tuple[Decimal, ...]:
    tick = data.market.tick_size
    with localcontext(_EXACT):
        nearest = data.mid_price * (1 - side.sign * fraction(spread_pct) / 2) - shift
        return tuple(passive_price(nearest - side.sign * level_ticks(i) * tick, side, tick) for i in range(levels))
