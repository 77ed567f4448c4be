"""What a perp market maker says of its quotes, in words a trader understands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from helpers.money import nearest_to, plain
from strategies.base_strategy import MarketData, Side
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.wanted import Quote


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
