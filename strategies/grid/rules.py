"""The arithmetic that only the grid needs: pure functions of prices."""

from __future__ import annotations

from decimal import Decimal

from helpers.enums import Side
from helpers.models import MarketData
from strategies.prices import fraction


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
