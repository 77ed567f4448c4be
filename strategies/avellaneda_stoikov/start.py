"""What is looked at before the first quote: do the options fit this market, and what do they come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.errors import UserError
from helpers.money import nearest_to, plain
from strategies.avellaneda_stoikov.model import FARTHEST, appetite, half_spread, least_half_spread, theory
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.avellaneda_stoikov.words import figure
from strategies.base_strategy import Capability, MarketData, MarketKind

_YEAR_S: Final = 365 * 86_400
_EXAMPLE: Final = Decimal("0.5")
"""A volatility of 50 % a year, which the first line of a run reckons with."""
_ORDERS_HELD: Final = 10
_SAMPLES: Final = 2
_ZERO: Final = Decimal(0)


def largest_position(params: AvellanedaStoikovParams, quantity: Decimal) -> Decimal:
    """Give the largest position in base units: ten orders unless the person chose."""
    return params.max_position_base or _ORDERS_HELD * quantity


def check_options(
    params: AvellanedaStoikovParams, quantity: Decimal, capabilities: frozenset[Capability], data: MarketData
) -> None:
    """Refuse options that contradict each other or make no sense on this market.

    Raises:
        UserError: names the option.
    """
    if data.market.kind is MarketKind.SPOT:
        raise UserError(
            f"{data.ticker} on {data.exchange} is a spot market, and a maker of two sides has to be able to be short",
            "choose a perpetual market, or --strategy top_of_book_maker",
        )
    for needed, words in ((Capability.POST_ONLY, "post-only"), (Capability.REDUCE_ONLY, "reduce-only")):
        if needed not in capabilities:
            raise UserError(f"{data.exchange} has no {words} orders, and this maker needs them", "choose another venue")
    _check_growth(params, data)
    if params.max_position_base is not None and params.max_position_base < quantity:
        raise UserError(
            f"--max-position-base {plain(params.max_position_base)}: one order is {plain(quantity)} {data.ticker}",
            "raise it, or lower --quantity",
        )
    if params.window < _SAMPLES * params.sample_interval:
        raise UserError(
            f"--window {plain(params.window)}: with a sample each {plain(params.sample_interval)} s it holds fewer "
            f"than {_SAMPLES}",
            "raise it, or lower --sample-interval",
        )
    _check_width(params, data)


def _check_growth(params: AvellanedaStoikovParams, data: MarketData) -> None:
    """Refuse a risk aversion that would fall as the position grows."""
    gamma = appetite(params, data.mid_price, _ZERO).gamma
    if params.gamma_max is not None and params.gamma_max < gamma:
        raise UserError(
            f"--gamma-max {plain(params.gamma_max)} is below gamma {figure(gamma)}: "
            "the fuller the position, the less it would care",
            "raise it, or leave it off for 3 x gamma",
        )
    if params.beta_max is not None and params.beta_max < params.beta:
        raise UserError(
            f"--beta-max {plain(params.beta_max)} is below beta {plain(params.beta)}: "
            "the fuller the position, the less it would lean",
            "raise it, or leave it off for 2 x beta",
        )


def _check_width(params: AvellanedaStoikovParams, data: MarketData) -> None:
    """Refuse a spread that could never trade: the figures were meant for another price."""
    mid, tick = data.mid_price, data.market.tick_size
    if tick > mid * FARTHEST:
        raise UserError(
            f"one tick of {plain(tick)} is more than 5 % of the mid {plain(mid)}: there is no price to quote at",
            "choose another market",
        )
    gamma, _, kappa = appetite(params, mid, _ZERO)
    narrowest = max(half_spread(gamma, kappa, _ZERO, params.tau), least_half_spread(params, mid, data.market))
    if narrowest > mid * FARTHEST:
        raise UserError(
            f"these options quote {figure(narrowest)} {data.market.quote} from a mid of {plain(mid)} at the closest",
            "gamma, kappa and min_spread_abs are in units of the price: leave them off, or fit them to this one",
        )


def opening_text(params: AvellanedaStoikovParams, quantity: Decimal, data: MarketData) -> str:
    """Say how it would quote at a volatility of 50 % a year, what a round trip earns, and when it begins."""
    mid, market = data.mid_price, data.market
    most = largest_position(params, quantity)
    variance = (_EXAMPLE * mid) ** 2 / _YEAR_S
    flat = theory(params, data, variance, _ZERO, most / quantity)
    one = theory(params, data, variance, Decimal(1), most / quantity)
    lean = nearest_to(mid - one.reservation, market.tick_size)
    spread, fees = 2 * flat.half_spread * quantity, 2 * market.maker_fee * mid * quantity
    text = (
        f"up to {plain(most)} {market.ticker} long or short; at a volatility of 50 % a year bid and ask are "
        f"{plain(nearest_to(2 * flat.half_spread, market.tick_size))} apart, and each {plain(quantity)} held shifts "
        f"both by {plain(lean)}; a round trip earns {spread:.4f} {market.quote}, {fees:.4f} of it for fees"
    )
    text += "" if spread > fees else "; the fees are not covered: every round trip loses"
    return f"{text}; the first quotes follow after {plain(params.window)} s of prices"
