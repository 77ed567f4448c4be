"""The mathematics: a reservation price that leans against the inventory, and a half-spread around it.

M. Avellaneda, S. Stoikov, High-frequency trading in a limit order book, Quantitative Finance 8 (2008),
217-224: r = s - q x gamma x sigma^2 x (T - t), and bid and ask gamma x sigma^2 x (T - t) +
(2 / gamma) x ln(1 + gamma / kappa) apart. There every fill is one share and q counts shares; here every
fill is one order and q counts orders, so that gamma does not depend on a venue's quantity step.
Prices are in quote currency (USD), sigma^2 in USD^2 a second, gamma and kappa in 1/USD.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from helpers.enums import Side
from helpers.models import Market, MarketData
from helpers.money import passive_price
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.signals import clamp

_GAMMA_X_MID: Final = Decimal(310)
_KAPPA_X_MID: Final = Decimal(1_860)
"""0.005 and 0.03 at 62,000 USD. Both are per USD, so the same shape needs 1/price of them elsewhere."""
_GAMMA_GROWTH: Final = 3
_BETA_GROWTH: Final = 2
_BPS: Final = Decimal(10_000)
FARTHEST: Final = Decimal("0.05")
"""Of the mid. A quote farther away is a number that nobody meant: the theory knows no percentages."""


class Appetite(NamedTuple):
    """The risk parameters at one moment, with what is off filled in."""

    gamma: Decimal
    beta: Decimal
    kappa: Decimal


class Theory(NamedTuple):
    """What the model says, before the book has its word. USD."""

    reservation: Decimal
    half_spread: Decimal


def reservation_price(
    mid: Decimal, orders_held: Decimal, gamma: Decimal, beta: Decimal, variance: Decimal, tau: Decimal
) -> Decimal:
    """Give the price at which one order more or less would be all the same: below the mid when long."""
    return mid - beta * orders_held * gamma * variance * tau


def half_spread(gamma: Decimal, kappa: Decimal, variance: Decimal, tau: Decimal) -> Decimal:
    """Give the distance from the reservation price to each quote: risk over `tau`, and what a fill is worth."""
    return gamma * variance * tau / 2 + _fill_worth(gamma, kappa)


@lru_cache(maxsize=64)
def _fill_worth(gamma: Decimal, kappa: Decimal) -> Decimal:
    return (1 + gamma / kappa).ln() / gamma


def appetite(params: AvellanedaStoikovParams, mid: Decimal, fullness: Decimal) -> Appetite:
    """Give gamma and beta as they stand at this part of the largest position, 0 to 1."""
    gamma = params.gamma or _GAMMA_X_MID / mid
    # A gamma that follows the price may have grown beyond a gamma_max that does not.
    gamma_max = max(gamma, params.gamma_max or _GAMMA_GROWTH * gamma)
    beta_max = _BETA_GROWTH * params.beta if params.beta_max is None else params.beta_max
    return Appetite(
        gamma=gamma + (gamma_max - gamma) * fullness,
        beta=params.beta + (beta_max - params.beta) * fullness,
        kappa=params.kappa or _KAPPA_X_MID / mid,
    )


def least_half_spread(params: AvellanedaStoikovParams, mid: Decimal, market: Market) -> Decimal:
    """Give the floor under the half-spread, USD."""
    floors = [market.tick_size]
    if params.min_spread_abs is not None:
        floors.append(params.min_spread_abs / 2)
    if params.min_spread_bps is not None:
        floors.append(params.min_spread_bps / _BPS * mid / 2)
    return max(floors)


def theory(
    params: AvellanedaStoikovParams,
    data: MarketData,
    variance: Decimal,
    orders_held: Decimal,
    most_orders: Decimal,
) -> Theory:
    """Say where to quote around.

    Args:
        params: the person's choice.
        data: for the mid and the tick.
        variance: of the mid, USD^2 a second.
        orders_held: the position, in orders; negative is short.
        most_orders: the largest position, in orders.
    """
    mid = data.mid_price
    gamma, beta, kappa = appetite(params, mid, min(Decimal(1), abs(orders_held) / most_orders))
    return Theory(
        reservation_price(mid, orders_held, gamma, beta, variance, params.tau),
        max(half_spread(gamma, kappa, variance, params.tau), least_half_spread(params, mid, data.market)),
    )


def tolerances(params: AvellanedaStoikovParams, wanted: Theory, tick: Decimal) -> tuple[Decimal, Decimal]:
    """Say how much nearer to the market than it should a quote may stand, and how much farther, USD.

    Too near loses money to whoever knows more, too far only waits, so it may lag twice as far behind; and by
    one tick in any case: where a tick is a large part of the spread, the price wanted flips to and fro by one.
    """
    near, far = wanted.half_spread / 4, max(wanted.half_spread / 2, tick)
    if params.requote_ticks is None:
        return near, far
    return min(near, params.requote_ticks * tick), min(far, params.requote_ticks * tick)


def quote_price(wanted: Theory, side: Side, data: MarketData, *, join_touch: bool) -> Decimal | None:
    """Give the price of the bid (BUY) or the ask (SELL), on the tick; None if there is none above zero.

    At least a tick behind the best price of its own side, or at it with `join_touch`; never at or beyond the
    opposite one, and never farther than 5 % from the mid.
    """
    tick, mid = data.market.tick_size, data.mid_price
    behind = Decimal(0) if join_touch else tick
    price = wanted.reservation - side.sign * wanted.half_spread
    price = clamp(price, mid * (1 - FARTHEST), mid * (1 + FARTHEST))
    price = min(price, data.best_bid - behind) if side is Side.BUY else max(price, data.best_ask + behind)
    price = passive_price(price, side, tick)
    return price if price > 0 else None
