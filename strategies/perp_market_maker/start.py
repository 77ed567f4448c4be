"""What a perp market maker looks at before its first decision: do the options fit this market."""

from __future__ import annotations

from decimal import Decimal

from helpers.errors import UserError
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Capability, MarketData, MarketKind
from strategies.perp_market_maker.levels import is_plausible, ladder
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.reduction import Limits


def check_options(
    params: PerpMarketMakerParams,
    limits: Limits,
    quantity: Decimal,
    capabilities: frozenset[Capability],
    data: MarketData,
) -> None:
    """Refuse options with which it would never quote, or quote and be refused.

    Raises:
        UserError: names the option.
    """
    _check_venue(params, capabilities, data)
    least = max(quantity, minimum_quantity(data.market, data.mid_price))
    if limits.largest < least:
        raise UserError(
            f"--max-position {plain(limits.largest)}: not even one order of {plain(least)} {data.ticker} fits",
            "raise it",
        )
    if abs(limits.target) > limits.largest:
        raise UserError(
            f"--target-position {plain(limits.target)} is beyond max_position {plain(limits.largest)}",
            "raise --max-position, or choose a nearer target",
        )
    prices = ladder(data, params.base_spread_pct, params.max_orders, Decimal(0))
    if not (is_plausible(prices.buys[-1], data) and is_plausible(prices.sells[-1], data)):
        raise UserError(
            f"--max-orders {params.max_orders}: the farthest levels, {plain(prices.buys[-1])} and "
            f"{plain(prices.sells[-1])}, are absurdly far from the mid {plain(data.mid_price)}",
            "quote fewer levels, or a smaller --base-spread-pct",
        )


def _check_venue(params: PerpMarketMakerParams, capabilities: frozenset[Capability], data: MarketData) -> None:
    market = data.market
    if market.kind is MarketKind.SPOT:
        raise UserError(
            f"perp_market_maker goes long and short, {data.ticker} on {data.exchange} is a spot market",
            "choose a perpetual market",
        )
    if Capability.REDUCE_ONLY not in capabilities:
        raise UserError(
            f"{data.exchange} has no reduce-only orders, and positions are closed by them", "choose another venue"
        )
    if params.post_only and Capability.POST_ONLY not in capabilities:
        raise UserError(f"--post-only: {data.exchange} has no post-only orders", "use --no-post-only")
    if 2 * params.max_orders + 1 > market.max_open_orders:
        raise UserError(
            f"--max-orders {params.max_orders}: two sides and a close are {2 * params.max_orders + 1} orders, "
            f"{data.exchange} allows {market.max_open_orders} at a time",
            f"use {(market.max_open_orders - 1) // 2} or fewer",
        )
