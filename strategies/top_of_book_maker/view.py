"""One moment as the maker sees it: its buys, its sells, and what is held and not yet offered."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from strategies.base_strategy import MarketData, Order, Side
from strategies.top_of_book_maker.state import RESTING

_ZERO: Final = Decimal(0)


class MakerView:
    """What the market and the account tell, sorted by side."""

    __slots__ = ("buys", "data", "sells")

    def __init__(self, data: MarketData) -> None:
        """Sort the live orders, whatever their names: an earlier session may have left them."""
        self.data: Final = data
        self.buys: Final = [order for order in data.orders if order.side is Side.BUY]
        self.sells: Final = [order for order in data.orders if order.side is Side.SELL]

    @property
    def now_ns(self) -> int:
        """This moment."""
        return self.data.now_ns

    @property
    def is_known(self) -> bool:
        """Whether position and balance are: nothing may be bought without."""
        return self.data.position is not None and self.data.balance is not None

    @property
    def held(self) -> Decimal | None:
        """The asset that can be sold: none while short; None while unknown."""
        position = self.data.position
        return None if position is None else max(_ZERO, position.quantity)

    @property
    def free(self) -> Decimal:
        """Held and not offered by any sell that lives; nothing while unknown."""
        offered = sum((order.remaining_quantity for order in self.sells), _ZERO)
        return max(_ZERO, (self.held or _ZERO) - offered)

    @property
    def sell_is_leaving(self) -> bool:
        """Whether a cancel of a sell is on its way."""
        return any(order.pending_cancel for order in self.sells)


def staying(orders: list[Order]) -> list[Order]:
    """Give the orders whose cancel is not on its way."""
    return [order for order in orders if not order.pending_cancel]


def cancellable(orders: list[Order]) -> list[Order]:
    """Give the orders that the venue has and that nobody cancelled yet; unanswered ones are left alone."""
    return [order for order in orders if order.status in RESTING and not order.pending_cancel]
