"""The arithmetic of the grid: pure functions of prices, counts and times."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.enums import Side
from helpers.models import MarketData
from helpers.money import passive_price

_PERCENT: Final = Decimal(100)
_SHORTEST_COOL_S: Final = Decimal(1)
_FIRST_RETRY_NS: Final = NS_PER_S // 2
_LONGEST_RETRY_NS: Final = 30 * NS_PER_S
_DOUBLINGS: Final = 6


def fraction(percent: Decimal) -> Decimal:
    """Turn percent into a fraction."""
    return percent / _PERCENT


def cooling_ns(closes: int, max_orders: int, wait_s: Decimal, timing_factor: Decimal) -> int:
    """Give the pause after an entry, in ns: the fuller the grid, the longer.

    Twice the wait from two thirds of `max_orders` resting closes, the whole wait from one
    third, half of it from one sixth, else a quarter; never below one second when it is varied.
    """
    if 3 * closes >= 2 * max_orders:
        seconds = 2 * wait_s
    elif 3 * closes >= max_orders:
        seconds = wait_s
    elif 6 * closes >= max_orders:
        seconds = wait_s / 2
    else:
        seconds = wait_s / 4
    if timing_factor != 1:
        seconds = max(_SHORTEST_COOL_S, seconds * timing_factor)
    return int(seconds * NS_PER_S)


def back_off_ns(refusals: int) -> int:
    """Give the pause after so many refusals in a row before this one: half a second, doubled up to half a minute."""
    return min(_LONGEST_RETRY_NS, _FIRST_RETRY_NS << min(refusals, _DOUBLINGS))


def entry_price(data: MarketData, side: Side, offset_ticks: int) -> Decimal:
    """Price an entry so many ticks inside the opposite best: ask - n ticks for a buy, bid + n ticks for a sell."""
    offset = offset_ticks * data.market.tick_size
    return data.best_ask - offset if side is Side.BUY else data.best_bid + offset


def profit_price(filled_price: Decimal, side: Side, take_profit_pct: Decimal, tick_size: Decimal) -> Decimal:
    """Price the close of an entry of `side`, rounded so that the profit is never below what was asked."""
    gain = side.sign * fraction(take_profit_pct)
    return passive_price(filled_price * (1 + gain), side.opposite, tick_size)


def not_crossing(price: Decimal, side: Side, data: MarketData) -> Decimal:
    """Move an order of `side` at least one tick away from the opposite best."""
    tick = data.market.tick_size
    if side is Side.SELL:
        return max(price, data.best_bid + tick)
    return min(price, data.best_ask - tick)


def nearest_close(closes: Iterable[Decimal], side: Side) -> Decimal | None:
    """Give the close that fills first: the lowest of a buying grid, the highest of a selling one."""
    return min(closes, default=None) if side is Side.BUY else max(closes, default=None)


def step_limit(nearest: Decimal, side: Side, take_profit_pct: Decimal, grid_step_pct: Decimal) -> Decimal:
    """Give the price beyond which the next entry's close keeps its distance from the nearest close.

    A buying grid enters while ask < limit: nearest / (ask x (1 + tp)) > 1 + step. A selling one
    while bid > limit: bid x (1 - tp) / nearest > 1 + step.
    """
    profit, step = fraction(take_profit_pct), fraction(grid_step_pct)
    if side is Side.BUY:
        return nearest / ((1 + step) * (1 + profit))
    return nearest * (1 + step) / (1 - profit)


def step_allows(data: MarketData, side: Side, limit: Decimal) -> bool:
    """Whether the market is on the right side of `step_limit`."""
    return data.best_ask < limit if side is Side.BUY else data.best_bid > limit


def margin_limit(max_margin: Decimal, leverage: Decimal, quantity: Decimal) -> Decimal:
    """Give the highest price at which so much base needs no more than `max_margin`: price x quantity / leverage."""
    return max_margin * leverage / quantity


def loss_price(entered_at: Decimal, side: Side, loss_pct: Decimal, leverage: Decimal) -> Decimal:
    """Give the mid beyond which an entry has lost more than `loss_pct` of its margin."""
    return entered_at * (1 - side.sign * fraction(loss_pct) / leverage)


def beyond(data: MarketData, side: Side, price: Decimal) -> bool:
    """Whether the market has run to `price` in the grid's own direction: ask >= price (buy), bid <= price (sell)."""
    return data.best_ask >= price if side is Side.BUY else data.best_bid <= price


def lost(data: MarketData, side: Side, price: Decimal) -> bool:
    """Whether the mid has fallen through a loss stop (buy), or risen through it (sell)."""
    return data.mid_price < price if side is Side.BUY else data.mid_price > price
