"""What a geometric grid looks at before its first decision: the levels, whether they fit, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from helpers.errors import UserError
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import MarketData, Side
from strategies.geometric_grid.entries import GridEntries
from strategies.geometric_grid.ladder import Ladder, level_prices, ratio_between
from strategies.geometric_grid.params import GeometricGridParams, Mode
from strategies.prices import fraction

_FARTHEST = Decimal("0.5")
"""No venue takes orders farther from the market than this fraction of its price."""


def made_of(params: GeometricGridParams, tick: Decimal) -> str:
    """Name what levels are made of: with other options or another tick they have to be made anew."""
    given = [params.lower_price, params.upper_price, params.range_pct, tick]
    return " ".join(
        [*("off" if price is None else plain(price) for price in given), str(params.levels), params.mode.value]
    )


def make_ladder(params: GeometricGridParams, data: MarketData) -> Ladder:
    """Make the levels of a fresh start.

    Raises:
        UserError: the range is empty, elsewhere, or too narrow for so many levels.
    """
    mid, part = data.mid_price, fraction(params.range_pct)
    low = mid * (1 - part) if params.lower_price is None else params.lower_price
    high = mid * (1 + part) if params.upper_price is None else params.upper_price
    span = f"{plain(round(low, 8))} to {plain(round(high, 8))}"
    if low >= high:
        raise UserError(f"the range {span} is empty", "--lower-price must be below --upper-price")
    ratio, tick = ratio_between(low, high, params.levels), data.market.tick_size
    prices = level_prices(low, ratio, 0, params.levels, tick)
    if prices is None:
        raise UserError(
            f"the range {span} is too narrow for {params.levels} levels on a tick of {plain(tick)}",
            "widen it or use fewer --levels",
        )
    ladder = Ladder(low=low, ratio=ratio, tick=tick, first=0, prices=prices)
    if params.recenter_on_move and not ladder.holds(mid):
        ladder = ladder.centred(mid) or ladder
    if not ladder.prices[0] <= mid <= ladder.prices[-1]:
        raise UserError(
            f"the range {span} does not hold the market at {plain(mid)}", "move it, or leave it out to have one around"
        )
    if ladder.prices[0] < mid * _FARTHEST or ladder.prices[-1] > mid * (1 + _FARTHEST):
        raise UserError(
            f"the range {span} reaches more than half away from the market at {plain(mid)}",
            "no venue takes orders that far out: narrow it",
        )
    return ladder.with_centre(mid) if params.mode is Mode.NEUTRAL else ladder


def check_options(params: GeometricGridParams, data: MarketData) -> None:
    """Refuse options that contradict each other or the market, whatever its price.

    Raises:
        UserError: names the option.
    """
    market = data.market
    if not params.mode.suits(market.kind):
        raise UserError(
            f"--mode {params.mode.value} sells short, and on spot nothing can be sold that is not held",
            "use --mode long",
        )
    if params.orders_per_side >= params.levels:
        raise UserError(
            f"--orders-per-side {params.orders_per_side} is more than the {params.levels - 1} levels of "
            f"{params.levels} on which a side can enter",
            "lower it or use more --levels",
        )
    most = params.levels - 1 + 2 * params.orders_per_side
    if most > market.max_open_orders:
        raise UserError(
            f"{params.levels} levels could need {most} orders, {data.exchange} allows {market.max_open_orders}",
            "use fewer --levels",
        )


def check_quantity(params: GeometricGridParams, entries: GridEntries, ladder: Ladder, data: MarketData) -> None:
    """Refuse orders that are too small on some level.

    Raises:
        UserError: names the least that is needed.
    """
    market = data.market
    for index in range(ladder.first, ladder.last):
        low, high = ladder.price(index) or Decimal(1), ladder.price(index + 1) or Decimal(1)
        least = minimum_quantity(market, low)
        for price in (low, high):
            if entries.quantity(price, market.quantity_step) >= least:
                continue
            if params.quote_allocation is None:
                raise UserError(
                    f"an order on the level {plain(low)} has to be {plain(least)} {data.ticker} at least",
                    f"use --quantity {plain(least)} or more",
                )
            parts = params.quote_allocation / params.orders_per_side / (2 if params.mode is Mode.NEUTRAL else 1)
            raise UserError(
                f"--quote-allocation {plain(params.quote_allocation)} leaves {parts:.2f} USD for an order, and "
                f"{plain(least)} {data.ticker} at {plain(price)} are {price * least:.2f} USD",
                "raise it or lower --orders-per-side",
            )


def opening_text(params: GeometricGridParams, entries: GridEntries, ladder: Ladder, data: MarketData) -> str:
    """Say what the levels are, what a round trip earns, and what can be held at most."""
    market, side = data.market, params.mode.sides[0]
    near = next(iter(ladder.nearest(data.mid_price, side)), ladder.first if side is Side.BUY else ladder.last)
    price = ladder.price(near) or data.mid_price
    target, quantity = ladder.exit_price(near, side, price), entries.quantity(price, market.quantity_step)
    gain, fees = abs(target - price) * quantity, (price + target) * quantity * market.maker_fee
    text = (
        f"{len(ladder.prices)} levels from {ladder.span}, "
        f"{(ladder.ratio - 1) * 100:.3f} % apart, {params.mode.value}: {side.value} {plain(quantity)} {data.ticker} "
        f"at {plain(price)} leaves at {plain(target)}, {gain:.4f} {market.quote} a round trip, {fees:.4f} of it "
        f"for fees; at most {' and '.join(_most(params, entries, ladder, data))}"
    )
    return text if gain > fees else f"{text}; the fees are not covered: every round trip loses"


def found_text(ladder: Ladder, lots: Decimal, foreign: Decimal, data: MarketData) -> str:
    """Say what a start finds: a market outside the range, the lots of an earlier session, a position of others."""
    text = ""
    if not ladder.holds(data.mid_price):
        text += f"; the market at {plain(data.mid_price)} is outside the range"
    if lots:
        text += f"; {plain(lots)} {data.ticker} is held from the earlier session"
    if foreign:
        text += f"; the position of {plain(foreign)} {data.ticker} that is there is left alone"
    return text


def _most(params: GeometricGridParams, entries: GridEntries, ladder: Ladder, data: MarketData) -> Iterator[str]:
    """Say how much each side can come to hold: every level on which it enters, filled, wherever the range moves."""
    if params.recenter_on_move:
        ladder = replace(ladder, centre=None)  # the centre moves too, so one side can come to hold every level
    for side in params.mode.sides:
        prices = [price for number, price in enumerate(ladder.prices, ladder.first) if ladder.may_enter(number, side)]
        held = sum((entries.quantity(price, data.market.quantity_step) for price in prices), Decimal(0))
        yield f"{plain(held)} {data.ticker} {'long' if side is Side.BUY else 'short'}"
