"""Rounding to a market's grid, and the minimum order. Directions are always named."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, Inexact, localcontext
from typing import TYPE_CHECKING, Final

from helpers.enums import Side
from helpers.models import Market

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

EXACT: Final = Context(prec=60, traps=[Inexact])
"""A result that needs rounding raises instead. Its methods cost less than `exact` where every operation counts."""


def exact() -> AbstractContextManager[Context]:
    """Let every operation in a block be exact or raise."""
    return localcontext(EXACT)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Round down to a multiple of `step`."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Round up to a multiple of `step`."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def nearest_to(value: Decimal, step: Decimal) -> Decimal:
    """Round to the nearest multiple of `step`, halves up."""
    return (value / step).to_integral_value(ROUND_HALF_UP) * step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether `value` lies on the grid of `step`."""
    return value % step == 0


def passive_price(price: Decimal, side: Side, tick_size: Decimal) -> Decimal:
    """Round to the grid away from the opposite side: down for a buy, up for a sell."""
    return floor_to(price, tick_size) if side is Side.BUY else ceil_to(price, tick_size)


def minimum_quantity(market: Market, price: Decimal) -> Decimal:
    """Least quantity the venue takes at this price: minimum quantity and minimum notional, on the step."""
    by_notional = ceil_to(market.min_notional / price, market.quantity_step)
    return max(ceil_to(market.min_quantity, market.quantity_step), by_notional)


def plain(value: Decimal) -> str:
    """Write a Decimal without exponent and without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
