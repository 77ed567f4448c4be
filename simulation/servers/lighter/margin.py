"""Whether the account bears an order: initial margin at the leverage chosen for each market."""

from __future__ import annotations

from decimal import Decimal

from simulation.servers.lighter.markets import MARKETS, LighterMarket
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.wire_orders import WireOrder


def positions_margin(trading: Trading) -> Decimal:
    """Give what the open positions bind."""
    return sum((_bound(trading, market, abs(trading.position(market))) for market in MARKETS), Decimal(0))


def bears(trading: Trading, market: LighterMarket, lots: int, price: Decimal, *, is_ask: bool) -> bool:
    """Whether equity covers every market's worse side filled, with this order on its side."""
    extra = _worst(trading, market, lots, is_ask=is_ask) - _worst(trading, market, 0, is_ask=is_ask)
    if extra <= 0:
        return True
    needed = extra * max(price, trading.mark(market)) * trading.margin_fraction(market)
    others = sum((_bound(trading, each, _worst(trading, each, 0, is_ask=is_ask)) for each in MARKETS), Decimal(0))
    return needed + others <= trading.account.equity(trading.venue.core.marks())


def _bound(trading: Trading, market: LighterMarket, size: Decimal) -> Decimal:
    return size * trading.mark(market) * trading.margin_fraction(market)


def _worst(trading: Trading, market: LighterMarket, lots: int, *, is_ask: bool) -> Decimal:
    """Give the largest position that fills could lead to, without a side."""
    held = trading.position(market)
    buys = sells = 0
    for order in trading.orders.live_on(market.market_id):
        if not order.reduce_only:
            buys, sells = _add(order, buys, sells)
    buys, sells = (buys, sells + lots) if is_ask else (buys + lots, sells)
    return max(abs(held), abs(held + market.size(buys)), abs(held - market.size(sells)))


def _add(order: WireOrder, buys: int, sells: int) -> tuple[int, int]:
    return (buys, sells + order.remaining_lots) if order.is_ask else (buys + order.remaining_lots, sells)


__all__ = ["bears", "positions_margin"]
