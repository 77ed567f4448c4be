"""The rules of the maker as figures: prices, guards and limits. Pure functions; a text is why something is skipped."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from helpers.money import floor_to, nearest_to, plain
from strategies.base_strategy import MarketData, Order
from strategies.top_of_book_maker.params import ExposurePrice, PriceMode, SpreadGuard, TopOfBookMakerParams

_MARGIN: Final = Decimal("0.0001")
"""What has to be left beside two fees: 0.01 %, or 0.0001 USD where it is taken literally."""


class Skip(NamedTuple):
    """Why an order does not go out now."""

    key: str
    """The reason without its figures: it is said again only when this changes. Empty is not said at all."""
    text: str


def required_spread(fee: Decimal) -> Decimal:
    """Give what a round trip has to span, as a fraction: two fees and a margin."""
    return 2 * fee + _MARGIN


def computed_price(data: MarketData, fee: Decimal, mode: PriceMode) -> Decimal:
    """Price the buy: the bid without a fee, else the ask less two fees and a margin."""
    if not fee:
        return data.best_bid
    tick, less = data.market.tick_size, required_spread(fee)
    if mode is PriceMode.RELATIVE:
        return floor_to(data.best_ask * (1 - less), tick)
    return nearest_to(data.best_ask - less, tick)


def guarded_spread(data: MarketData, price: Decimal, guard: SpreadGuard) -> Decimal:
    """Give the spread that the guard looks at, as a fraction of the ask."""
    low = data.best_bid if guard is SpreadGuard.MARKET else price
    return (data.best_ask - low) / data.best_ask


def buy_price(data: MarketData, fee: Decimal, params: TopOfBookMakerParams) -> Decimal | Skip:
    """Give the price of the buy, or the guard that holds it back; without a fee no spread is asked for."""
    price = computed_price(data, fee, params.price_mode)
    if params.clamp_to_bid:
        price = min(price, data.best_bid)
    if fee:
        spread, required = guarded_spread(data, price, params.spread_guard), required_spread(fee)
        if spread < required:
            return Skip("spread", f"{spread_words(spread, params.spread_guard)} < required {percent(required)}")
    if price > data.best_bid:
        return Skip("above bid", f"computed price {plain(price)} is above the bid {plain(data.best_bid)}")
    return price if price > 0 else Skip("no price", f"computed price {plain(price)} is not above 0")


def exposure(asset: Decimal, data: MarketData, price: ExposurePrice) -> Decimal:
    """Value the asset held, in quote."""
    return asset * (data.best_bid if price is ExposurePrice.BEST_BID else data.mid_price)


def breach(data: MarketData, params: TopOfBookMakerParams) -> str:
    """Say which limit is not kept; empty if both pass. What is unknown fails a limit that is set."""
    if params.max_exposure is not None:
        if data.position is None:
            return "the position is unknown"
        value = exposure(data.position.quantity, data, params.exposure_price)
        if value >= params.max_exposure:
            return f"{value:.2f} USD of {data.ticker} held >= max_exposure {plain(params.max_exposure)}"
    if params.min_usd_balance is not None:
        usd = free_usd(data)
        if usd is None:
            return "the free balance is unknown"
        if usd < params.min_usd_balance:
            return f"{usd:.2f} USD free < min_usd_balance {plain(params.min_usd_balance)}"
    return ""


def misfit(data: MarketData, params: TopOfBookMakerParams, quantity: Decimal, *, rests: bool) -> str:
    """Say which limit an order of this quantity does not fit; empty if it fits both.

    (asset - quantity) x price <= max_exposure, for the order goes out beside a sell of as much; and what is
    free, less bid x quantity and its fee where no buy `rests` that binds it already, >= min_usd_balance.
    """
    if params.max_exposure is not None and data.position is not None:
        value = exposure(data.position.quantity - quantity, data, params.exposure_price)
        if value > params.max_exposure:
            return f"{value:.2f} USD of {data.ticker} > max_exposure {plain(params.max_exposure)}"
    usd = free_usd(data)
    if params.min_usd_balance is not None and usd is not None:
        # Where orders bind money they bind the fee too; without it a resting buy would itself be a reason to pause.
        left = usd if rests else usd - data.best_bid * quantity * (1 + _bound_fee(data))
        if left < params.min_usd_balance:
            return f"{left:.2f} USD would be left < min_usd_balance {plain(params.min_usd_balance)}"
    return ""


def shortfall(data: MarketData, cost: Decimal) -> str:
    """Say that the free money does not back a buy of this `cost`, in quote; empty if it may, or is unknown.

    Limits or none, such a buy would be refused: on spot it is paid in full, on a perpetual with the market's
    highest leverage at best. What covers a short needs nothing.
    """
    usd = free_usd(data)
    if usd is None or data.position is None or data.position.quantity < 0:
        return ""
    needed = cost / data.market.max_leverage + cost * _bound_fee(data)
    return f"it needs {needed:.2f} USD, {usd:.2f} is free" if needed > usd else ""


def _bound_fee(data: MarketData) -> Decimal:
    """Give the fee that a resting order may bind, as a fraction."""
    return max(Decimal(0), data.market.maker_fee, data.market.taker_fee)


def free_usd(data: MarketData) -> Decimal | None:
    """Give the money that is free; None while unknown."""
    return None if data.balance is None else data.balance.available


def at_price(orders: list[Order], price: Decimal, tick_size: Decimal) -> list[Order]:
    """Give the orders that rest at exactly this price: less than half a tick away."""
    return [order for order in orders if order.price is not None and abs(order.price - price) < tick_size / 2]


def spread_words(spread: Decimal, guard: SpreadGuard) -> str:
    """Say how wide the guarded spread is."""
    return f"spread {percent(spread)}" if guard is SpreadGuard.MARKET else f"{percent(spread)} below the ask"


def percent(fraction: Decimal) -> str:
    """Write a fraction as percent."""
    return f"{plain(round(fraction * 100, 5))} %"
