"""The arithmetic of the ladder: pure functions of prices, counts and times."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.enums import Side
from helpers.models import Market, MarketData, Position
from helpers.money import ceil_to, floor_to, minimum_quantity, passive_price
from strategies.pauses import cooling_ns
from strategies.prices import apart, not_crossing

_DOUBLINGS: Final = 20


def pause_ns(count: int, max_orders: int, wait_s: Decimal, min_s: Decimal, max_s: Decimal) -> int:
    """Give the pause after an entry, ns: the density table of `cooling_ns` between its bounds.

    While less than a sixth of `max_orders` take-profits rest it is the shortest pause.
    """
    shortest, longest = int(min_s * NS_PER_S), int(max_s * NS_PER_S)
    if 6 * count < max_orders:
        return shortest
    return max(shortest, min(longest, cooling_ns(count, max_orders, wait_s)))


def target_price(entered_at: Decimal, side: Side, take_profit: Decimal, tick_size: Decimal) -> Decimal:
    """Give where an entry of `side` takes its profit, rounded so that it is never less than asked."""
    return passive_price(entered_at + side.sign * take_profit, side.opposite, tick_size)


def resting_price(target: Decimal, side: Side, data: MarketData, opposing: Decimal | None) -> Decimal:
    """Give where the take-profit of an entry of `side` belongs now: at its target, or where that would take, further.

    Further is one tick off the touch, and one tick off `opposing`, our own best order on the other side. This is
    the one function for placing and for judging: what was placed is what is wanted until something moves.
    """
    return apart(not_crossing(target, side.opposite, data), side.opposite, opposing, data.market.tick_size)


def requote_pause_ns(requotes: int, first_s: Decimal, longest_s: Decimal) -> int:
    """Give the pause after one more requote of a take-profit, ns: the first, doubled for each before it."""
    return int(min(longest_s, first_s * 2 ** min(requotes, _DOUBLINGS)) * NS_PER_S)


def least_quantity(market: Market, position: Position) -> Decimal:
    """Give the least uncovered quantity that gets a take-profit of its own."""
    if position.entry_price is None:
        return ceil_to(market.min_quantity, market.quantity_step)
    return minimum_quantity(market, position.entry_price)


def parts(total: Decimal, lot: Decimal, least: Decimal, most: int, step: Decimal) -> list[Decimal]:
    """Split an uncovered quantity into at most so many take-profits, of a lot each if that is enough.

    None is below `least`, as long as `total` is not. What is below the step is left out.
    """
    total = floor_to(total, step)
    count = max(1, min(most, int(ceil_to(total / lot, Decimal(1))), int(total / least)))
    share = lot if lot * (count - 1) + least <= total <= lot * count else floor_to(total / count, step)
    return [share] * (count - 1) + [total - share * (count - 1)]
