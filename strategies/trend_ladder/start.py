"""What a ladder looks at before its first decision: do the options fit this market, and what do they come to."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.errors import UserError
from helpers.money import ceil_to, plain
from strategies.base_strategy import MarketData, MarketKind, Side
from strategies.prices import inside_price
from strategies.trend_ladder.params import Direction, TrendLadderParams
from strategies.trend_ladder.rules import target_price
from strategies.trend_ladder.view import LadderView

_FARTHEST: Final = Decimal("0.5")
"""A take-profit further away than this part of the price is a slip of the finger."""


def check_options(params: TrendLadderParams, data: MarketData) -> None:
    """Refuse options that contradict each other or make no sense on this market.

    Raises:
        UserError: names the option.
    """
    if params.min_wait > params.max_wait:
        raise UserError(
            f"--min-wait {plain(params.min_wait)} is above --max-wait {plain(params.max_wait)}", "swap or move them"
        )
    if params.requote_backoff > params.requote_backoff_max:
        raise UserError(
            f"--requote-backoff {plain(params.requote_backoff)} is above --requote-backoff-max "
            f"{plain(params.requote_backoff_max)}",
            "swap or move them",
        )
    if data.market.kind is MarketKind.SPOT and params.direction is not Direction.LONG:
        raise UserError(
            f"--direction {params.direction.value}: nothing can be sold short on the spot market {data.ticker}",
            "use --direction long",
        )
    if params.take_profit_usd > _FARTHEST * data.mid_price:
        raise UserError(
            f"--take-profit-usd {plain(params.take_profit_usd)} is a distance in price, and {data.ticker} costs "
            f"{plain(data.mid_price)}",
            f"give a small part of the price, as in --take-profit-usd {plain(_small_part(data))}",
        )
    if params.max_orders >= data.market.max_open_orders:
        raise UserError(
            f"--max-orders {params.max_orders}: {data.exchange} allows {data.market.max_open_orders} open orders, "
            "and an entry needs one of them",
            "lower it",
        )


def check_position(view: LadderView, tolerance: Decimal) -> None:
    """Refuse to begin beside a position that is not this ladder's.

    Raises:
        UserError: the position is larger than the take-profits by more than `tolerance`.
    """
    beside = view.difference
    if beside is not None and beside > tolerance:
        raise UserError(
            f"there is a position of {plain((view.held or Decimal(0)) * view.side.sign)} {view.data.ticker} "
            "that no take-profit of this ladder covers",
            "close it first, trade another market or account, or raise --imbalance-multiplier to have it covered",
        )


def opening_text(params: TrendLadderParams, quantity: Decimal, view: LadderView, bars: int) -> str:
    """Say what an entry now would come to, fees included, and what is there already."""
    text = _round_trip(params, quantity, view)
    if params.direction is Direction.AUTO and bars < params.warm_up:
        text += f"; no entry before it has watched the trend for {params.warm_up - bars} min"
    beside = view.difference
    if beside:
        text += f"; the position differs from the take-profits by {plain(beside)} {view.data.ticker}"
    return text


def _round_trip(params: TrendLadderParams, quantity: Decimal, view: LadderView) -> str:
    data, market = view.data, view.data.market
    side = Side.SELL if params.direction is Direction.SHORT else view.side
    entry = inside_price(data, side, 1)
    close = target_price(entry, side, params.take_profit_usd, market.tick_size)
    gain, fees = abs(close - entry) * quantity, market.maker_fee * (entry + close) * quantity
    part = f"{abs(close / entry - 1) * 100:.2g} %"
    text = (
        f"take profit {plain(params.take_profit_usd)} {market.quote}, {part}: {side.value} {plain(quantity)} "
        f"{market.ticker} at {plain(entry)} closes at {plain(close)}, {gain:.4f} {market.quote} a round trip, "
        f"{fees:.4f} of it for fees"
    )
    return text if gain > fees else f"{text}; the fees are not covered: every round trip loses"


def _small_part(data: MarketData) -> Decimal:
    """Give a take-profit that suits this market: a thousandth of the price, in whole ticks."""
    return ceil_to(data.mid_price / 1000, data.market.tick_size)
