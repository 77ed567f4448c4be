"""What a grid looks at before its first decision: do the options fit this market, and what do they come to."""

from __future__ import annotations

from decimal import Decimal

from helpers.errors import UserError
from helpers.money import plain
from strategies.base_strategy import MarketData
from strategies.grid.params import GridParams
from strategies.grid.view import GridView
from strategies.prices import beyond, inside_price, lost, profit_price


def check_options(params: GridParams, quantity: Decimal, data: MarketData) -> None:
    """Refuse options with which the grid would stop at once or never begin.

    Raises:
        UserError: names the option.
    """
    side = params.direction
    market = f"the market is at {plain(data.best_bid)} / {plain(data.best_ask)}"
    if params.stop_price is not None and beyond(data, side, params.stop_price):
        raise UserError(f"--stop-price {plain(params.stop_price)}: {market}, the grid would stop at once", "move it")
    if params.stop_loss_price is not None and lost(data, side, params.stop_loss_price):
        raise UserError(
            f"--stop-loss-price {plain(params.stop_loss_price)}: {market}, the grid would stop at once", "move it"
        )
    if params.leverage > data.market.max_leverage:
        raise UserError(
            f"--leverage {plain(params.leverage)}: {data.ticker} on {data.exchange} allows "
            f"{plain(data.market.max_leverage)} at most",
            "give what the account is set to",
        )
    needed = inside_price(data, side, params.post_only_offset) * quantity / params.leverage
    if params.max_margin is not None and needed > params.max_margin:
        raise UserError(
            f"--max-margin {plain(params.max_margin)}: one entry needs {needed:.2f} {data.market.quote}", "raise it"
        )


def check_position(view: GridView, tolerance: Decimal) -> None:
    """Refuse to begin beside a position that is not this grid's.

    Raises:
        UserError: the position and the closes differ by more than `tolerance`.
    """
    if view.difference() > tolerance:
        raise UserError(
            f"there is a position of {plain((view.held or Decimal(0)) * view.side.sign)} {view.data.ticker} "
            "that no close of this grid covers",
            "close it first, trade another market or account, or use --no-position-guard",
        )


def opening_text(params: GridParams, quantity: Decimal, view: GridView) -> str:
    """Say what an entry now would come to, fees included, and what is there already."""
    data, side, market = view.data, params.direction, view.data.market
    entry = inside_price(data, side, params.post_only_offset)
    bought = f"{side.value} {plain(quantity)} {market.ticker} at {plain(entry)}"
    maker, taker = (fee * entry * quantity for fee in (market.maker_fee, market.taker_fee))
    if params.boost:
        text = f"boost: {bought} closes at market at once, {maker + taker:.4f} {market.quote} fees a round trip"
    else:
        close = profit_price(entry, side, params.take_profit, market.tick_size)
        gain = abs(close - entry) * quantity
        text = (
            f"take profit {plain(params.take_profit)} %: {bought} closes at {plain(close)}, "
            f"{gain:.4f} {market.quote} a round trip, {2 * maker:.4f} of it for fees"
        )
        text += "" if gain > 2 * maker else "; the fees are not covered: every round trip loses"
    beside = view.difference()
    return f"{text}; {plain(beside)} {market.ticker} of the position has no close" if beside else text
