"""Prices that several strategies work out: inside the touch, at a profit, off the touch and own orders.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from helpers.enums import Side
from helpers.models import MarketData
from helpers.money import passive_price

_PERCENT: Final = Decimal(100)


def fraction(percent: Decimal) -> Decimal:
    """Turn percent into a fraction."""
    return percent / _PERCENT


def own_best(data: MarketData, side: Side) -> Decimal:
    """Give the best price on an order's own side: the bid for a buy, the ask for a sell."""
    return data.best_bid if side is Side.BUY else data.best_ask


def opposite_best(data: MarketData, side: Side) -> Decimal:
    """Give the best price that an order would take: the ask for a buy, the bid for a sell."""
    return data.best_ask if side is Side.BUY else data.best_bid


def inside_price(data: MarketData, side: Side, offset_ticks: int) -> Decimal:
    """Price an order so many ticks inside the opposite best: ask - n ticks for a buy, bid + n ticks for a sell."""
    return opposite_best(data, side) - side.sign * offset_ticks * data.market.tick_size


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


def first_met(prices: Iterable[Decimal], side: Side) -> Decimal | None:
    """Give which of these prices on the other side an order of `side` would meet first: the lowest for a buy."""
    return min(prices, default=None) if side is Side.BUY else max(prices, default=None)


def apart(price: Decimal, side: Side, opposing: Decimal | None, tick_size: Decimal) -> Decimal:
    """Move an order of `side` at least one tick away from our own best order on the other side."""
    if opposing is None:
        return price
    limit = opposing - side.sign * tick_size
    return min(price, limit) if side is Side.BUY else max(price, limit)


def beyond(data: MarketData, side: Side, price: Decimal) -> bool:
    """Whether the market has run to `price` in the direction of `side`: ask >= price (buy), bid <= price (sell)."""
    return data.best_ask >= price if side is Side.BUY else data.best_bid <= price


def lost(data: MarketData, side: Side, price: Decimal) -> bool:
    """Whether the mid has fallen through a loss stop (buy), or risen through it (sell)."""
    return data.mid_price < price if side is Side.BUY else data.mid_price > price
