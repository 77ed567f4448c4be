"""What the maker looks at before its first decision: do the options fit this market, and what do they come to."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from helpers.errors import UserError
from helpers.money import is_multiple, minimum_quantity, plain
from strategies.base_strategy import MarketData
from strategies.top_of_book_maker.params import PriceMode, SpreadGuard, TopOfBookMakerParams
from strategies.top_of_book_maker.rules import Skip, breach, buy_price, computed_price, percent, required_spread


def check_options(params: TopOfBookMakerParams, quantity: Decimal, data: MarketData) -> None:
    """Refuse options with which it could never buy.

    Raises:
        UserError: names the option.
    """
    market, value = data.market, quantity * data.best_bid
    least = minimum_quantity(market, data.best_bid)
    if quantity < least or not is_multiple(quantity, market.quantity_step):
        raise UserError(
            f"--quantity {plain(quantity)}: {data.ticker} on {data.exchange} takes multiples of "
            f"{plain(market.quantity_step)}, {plain(least)} at least",
            "give such a quantity",
        )
    if params.max_exposure is not None and value > params.max_exposure:
        raise UserError(
            f"--max-exposure {plain(params.max_exposure)}: one order of {plain(quantity)} {data.ticker} "
            f"is {value:.2f} {market.quote}",
            "raise it, or lower --quantity",
        )


def opening_text(params: TopOfBookMakerParams, fee: Decimal, quantity: Decimal, data: MarketData) -> str:
    """Say what fee it reckons with, what a buy now would earn, and what stands in its way."""
    own = data.market.maker_fee
    parts = [f"maker fee {percent(fee)}" + (f", the market's own is {percent(own)}" if own != fee else "")]
    price = buy_price(data, fee, params)
    if isinstance(price, Skip):
        parts.append(f"no buy now: {price.text}")
    else:
        gain, fees = (data.best_ask - price) * quantity, 2 * own * price * quantity
        text = f"buy {plain(quantity)} {data.ticker} at {plain(price)} and sell at the ask: "
        text += f"{gain:.4f} {data.market.quote} a round trip, " + (f"{fees:.4f} of it for fees" if fees else "no fees")
        parts.append(text + ("" if gain > fees else "; the fees are not covered: every round trip loses"))
    parts += [_narrowness(params, fee, data), _beside(params, data)]
    return "; ".join(part for part in parts if part)


def _narrowness(params: TopOfBookMakerParams, fee: Decimal, data: MarketData) -> str:
    """Say where guard and price leave no room, or nearly none."""
    if not fee or params.clamp_to_bid:
        return ""
    if params.price_mode is PriceMode.LITERAL and computed_price(data, fee, params.price_mode) >= data.best_ask:
        return f"literally, {plain(required_spread(fee))} {data.market.quote} off the ask is the ask: it never quotes"
    if params.spread_guard is SpreadGuard.MARKET and params.price_mode is PriceMode.RELATIVE:
        ticks = (data.best_ask * required_spread(fee) / data.market.tick_size).to_integral_value(ROUND_CEILING)
        return (
            f"it quotes only while the book is exactly {plain(ticks)} ticks wide: --clamp-to-bid quotes wider ones too"
        )
    return ""


def _beside(params: TopOfBookMakerParams, data: MarketData) -> str:
    """Say what the account is like already."""
    text = breach(data, params)
    if text:
        return f"it begins paused: {text}"
    held = None if data.position is None else data.position.quantity
    if not held:
        return ""
    then = "each buy is preceded by a sell of as much" if held > 0 else "buys cover it, nothing is sold meanwhile"
    return f"{plain(held)} {data.ticker} are held already: {then}"
