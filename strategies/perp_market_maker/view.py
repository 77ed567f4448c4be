"""One moment as a perp market maker sees it: its quotes, its close at market, its position."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategies.base_strategy import MarketData, Order, OrderStatus, OrderType, Side

_ZERO: Final = Decimal(0)
_UNANSWERED: Final = frozenset({OrderStatus.INTENT, OrderStatus.SUBMITTED, OrderStatus.UNKNOWN})


class MakerView:
    """What the market and the account tell."""

    __slots__ = ("closes", "data", "net", "now_ns", "quotes")

    def __init__(self, data: MarketData) -> None:
        """Sort the live orders."""
        self.data: Final = data
        self.now_ns: Final = data.now_ns
        self.net: Final = None if data.position is None else data.position.quantity
        """The position, signed; None while it is unknown."""
        self.closes: Final = any(order.order_type is OrderType.MARKET for order in data.orders)
        """Whether a close at market is on its way: ours, or the bot's own when the risk manager asked for it."""
        self.quotes: Final = {o.intent: o for o in data.orders if o.order_type is not OrderType.MARKET}
        """Everything that lives but closes at market."""

    def of(self, side: Side) -> list[Order]:
        """Give the live quotes of a side, nearest first."""
        orders = [order for order in self.quotes.values() if order.side is side]
        return sorted(orders, key=lambda order: -side.sign * price_of(order))

    def room(self, side: Side, largest: Decimal) -> Decimal:
        """Give how much may be traded to this side before the position is as large as it may be; 0 while unknown."""
        return _ZERO if self.net is None else largest - side.sign * self.net


def price_of(order: Order) -> Decimal:
    """Give the price of a quote, which always has one."""
    return order.price or _ZERO


def is_unanswered(order: Order) -> bool:
    """Whether the venue has not said yet what became of it."""
    return order.status in _UNANSWERED
