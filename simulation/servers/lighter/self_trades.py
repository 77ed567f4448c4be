"""What becomes of our own resting orders that a new one of ours would meet."""

from __future__ import annotations

from enum import IntEnum

from helpers.enums import OrderStatus
from simulation.order_records import DeskReply
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.wire_orders import OPEN, OrderTif, WireOrder


class SelfTrade(IntEnum):
    """Who has to go; that both are reduced (3) is not simulated."""

    EXPIRE_MAKER = 0
    EXPIRE_TAKER = 1
    EXPIRE_BOTH = 2


def expire_own(trading: Trading, order: WireOrder, behaviour: int) -> bool:
    """End our orders that this one would meet, as its behaviour says; False if it must not go on itself."""
    if order.tif is OrderTif.POST_ONLY or behaviour == SelfTrade.EXPIRE_TAKER:
        return True  # the matching engine stops the newcomer
    met = _met(trading, order)
    for own in met:
        _expire(trading, own)
    return not met or behaviour == SelfTrade.EXPIRE_MAKER


def _met(trading: Trading, order: WireOrder) -> list[WireOrder]:
    """List our opposite orders that the book before them does not keep from being met, best first."""
    own = [each for each in trading.orders.live_on(order.market.market_id) if _crosses(order, each)]
    own.sort(key=lambda each: each.ticks, reverse=order.is_ask)
    levels = list(trading.venue.core.market(order.market.ticker).engine.levels(is_ask=not order.is_ask))
    met = []
    for each in own:
        better = [lots for ticks, lots in levels if (ticks > each.ticks if order.is_ask else ticks < each.ticks)]
        if sum(better) < order.lots:
            met.append(each)
    return met


def _crosses(order: WireOrder, own: WireOrder) -> bool:
    if own.status != OPEN or own.is_ask is order.is_ask:
        return False
    return own.ticks >= order.ticks if order.is_ask else own.ticks <= order.ticks


def _expire(trading: Trading, own: WireOrder) -> None:
    desk_order = trading.account.live.get(own.desk_id)
    if desk_order is not None:
        trading.venue.desk.take_out(trading.account, desk_order, OrderStatus.CANCELLED, "it met our own order")


def ignore(reply: DeskReply) -> None:
    """Wait for no answer: the news tell."""
    del reply


__all__ = ["SelfTrade", "expire_own", "ignore"]
