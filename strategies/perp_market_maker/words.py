"""What a perp market maker says, in words a trader understands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from helpers.money import nearest_to, plain
from strategies.base_strategy import MarketData, Side
from strategies.perp_market_maker.levels import ladder
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.reduction import Limits
from strategies.perp_market_maker.wanted import Quote


def opening_text(params: PerpMarketMakerParams, limits: Limits, quantity: Decimal, data: MarketData) -> str:
    """Say where it quotes, what a bought and a sold order earn, fees included, and what the position may be."""
    market, prices = data.market, ladder(data, params.base_spread_pct, params.max_orders, Decimal(0))
    buy, sell = prices.buys[0], prices.sells[0]
    gain, fees = (sell - buy) * quantity, (sell + buy) * quantity * market.maker_fee
    text = (
        f"up to {params.max_orders} orders of {plain(quantity)} {data.ticker} a side from {plain(buy)} and "
        f"{plain(sell)}, renewed every {plain(params.refresh_interval)} s; one bought and one sold earn "
        f"{gain:.4f} {market.quote}, {fees:.4f} of it for fees"
    )
    text += "" if gain > fees else ": they are not covered"
    text += (
        f"; position up to {plain(limits.largest)}, closed at market when more than {plain(limits.threshold)} "
        f"beyond the target {plain(limits.target)}"
    )
    if limits.threshold >= limits.largest:
        return f"{text}, which its own quotes never bring about"
    return text + ("" if limits.threshold >= quantity else ": every single fill goes to the market at once")


def placed_text(
    placed: Mapping[str, Quote],
    wanted: Mapping[str, Quote],
    shift: Decimal,
    data: MarketData,
    params: PerpMarketMakerParams,
) -> str:
    """Say what goes out, where that is, and on which sides max_position leaves room for fewer."""
    sides = (text for side in Side if (text := _side(side, placed)))
    text = f"{'; '.join(sides)}: {plain(params.base_spread_pct / 2)} % off the mid {plain(data.mid_price)}"
    moved = nearest_to(abs(shift), data.market.tick_size)
    if moved:
        text += f", {plain(moved)} {'lower' if shift > 0 else 'higher'} for the position"
    for side in Side:
        fitting = sum(1 for quote in wanted.values() if quote.side is side)
        if fitting < params.max_orders:
            text += f"; max_position leaves room for {fitting} of {params.max_orders} {side.value}s"
    return text


def amended_text(changes: Mapping[str, Quote], data: MarketData) -> str:
    """Say what is amended, and what the mid is now."""
    quotes = ", ".join(f"{intent} to {plain(quote.price)}" for intent, quote in changes.items())
    return f"amend {quotes}: the mid is {plain(data.mid_price)}"


def _side(side: Side, placed: Mapping[str, Quote]) -> str:
    """Write "buy 0.001 at 61938, 61937.8": a quantity is named where it changes."""
    parts, quantity = [], None
    for quote in (quote for quote in placed.values() if quote.side is side):
        price = plain(quote.price)
        parts.append(price if quote.quantity == quantity else f"{plain(quote.quantity)} at {price}")
        quantity = quote.quantity
    return f"{side.value} {', '.join(parts)}" if parts else ""
