"""How much of the position has to go to the market, and why: pure functions of position and limits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from helpers.enums import Side
from helpers.models import MarketData
from helpers.money import floor_to, minimum_quantity, plain
from strategies.prices import opposite_best

_ZERO: Final = Decimal(0)


class Limits(NamedTuple):
    """What the position may be, in base units."""

    target: Decimal
    """Signed."""
    largest: Decimal
    threshold: Decimal


class Reduction(NamedTuple):
    """A close at market that a rule asks for."""

    side: Side
    quantity: Decimal
    """On the market's step; never more than the position, so it cannot flip it."""
    reason: str
    is_dust: bool
    """Less than the market takes."""


def excess(net: Decimal, target: Decimal) -> Decimal:
    """Give what of the position nobody wants: what lies beyond the target, or all of it on the target's other side."""
    wanted = abs(target) if net * target > 0 else _ZERO
    return max(_ZERO, abs(net) - wanted)


def reduction(net: Decimal, limits: Limits, data: MarketData) -> Reduction | None:
    """Give the first close at market that a rule asks for and the market takes; else one that is too small; else None.

    Args:
        net: the position, signed.
        limits: what it may be.
        data: the market it would be closed on.
    """
    wanted = [_order(net, quantity, reason, data) for quantity, reason in _rules(net, limits)]
    return next((each for each in wanted if not each.is_dust), wanted[0] if wanted else None)


def _rules(net: Decimal, limits: Limits) -> Iterator[tuple[Decimal, str]]:
    """Give what each rule wants to go, the strictest rule first."""
    position = f"position {plain(net)}"
    if abs(net) > limits.largest:
        yield abs(net) - limits.largest, f"{position} is beyond max_position {plain(limits.largest)}"
    surplus = excess(net, limits.target)
    if surplus > limits.threshold:
        beyond = f"{plain(surplus)} beyond the target {plain(limits.target)}"
        yield surplus, f"{position} is {beyond}, more than position_threshold {plain(limits.threshold)}"


def _order(net: Decimal, quantity: Decimal, reason: str, data: MarketData) -> Reduction:
    market, side = data.market, Side.SELL if net > 0 else Side.BUY
    rounded = floor_to(quantity, market.quantity_step)
    # A whole position may be closed whatever it is worth, as long as the quantity is one the market knows.
    least = market.min_quantity if rounded == abs(net) else minimum_quantity(market, opposite_best(data, side))
    return Reduction(side, rounded, reason, is_dust=rounded < least or not rounded)
