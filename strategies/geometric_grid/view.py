"""One moment as a geometric grid sees it: the market, and its live orders by level."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from helpers.money import ceil_to, floor_to
from strategies.base_strategy import MarketData, Order, OrderStatus, Side
from strategies.geometric_grid.state import entry_level, exit_level
from strategies.prices import own_best

_ZERO: Final = Decimal(0)
_RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


class GridView:
    """What the market and the account tell."""

    __slots__ = ("data", "down", "entries", "exits", "up", "waits_for_prices")

    def __init__(self, data: MarketData) -> None:
        """Sort the live orders."""
        self.data: Final = data
        self.entries: Final = _by_level((entry_level(order.intent), order) for order in data.orders)
        self.exits: Final = _by_level((exit_level(order.intent), order) for order in data.orders)
        self.down: Final[list[Decimal]] = []
        """Prices to which the bid has to fall before something that waits can be done."""
        self.up: Final[list[Decimal]] = []
        """Prices to which the ask has to rise."""
        self.waits_for_prices = False
        """Whether something was left undone that another price would let through."""

    @property
    def now_ns(self) -> int:
        """This moment."""
        return self.data.now_ns

    def reference(self, side: Side, ratio: Decimal) -> Decimal:
        """Give the price beyond which nothing of a side is entered: the mid, but at most one level off the own best.

        In a book that is wider than that the mid is nobody's price, and an entry just short of it would be far
        ahead of everybody else.
        """
        mid, best, tick = self.data.mid_price, own_best(self.data, side), self.data.market.tick_size
        if side is Side.BUY:
            price = min(mid, max(floor_to(best * ratio, tick), best + tick))
        else:
            price = max(mid, min(ceil_to(best / ratio, tick), best - tick))
        if price != mid:
            self.waits_for_prices = True  # it changes while the mid stays between its levels
        return price

    @property
    def held(self) -> Decimal | None:
        """The position, signed; None while unknown."""
        return None if self.data.position is None else self.data.position.quantity

    def own(self, side: Side) -> list[Order]:
        """List our live orders of a side, those whose cancel is pending too: they may still fill."""
        orders = (*self.entries.values(), *self.exits.values())
        return [order for order in orders if order.side is side and order.price is not None]

    def in_the_way(self, side: Side, price: Decimal) -> list[Order]:
        """List our live orders that an order of `side` at this price could trade with."""
        return [order for order in self.own(side.opposite) if meets(side, price, order.price or _ZERO)]

    def reducible(self, side: Side) -> Decimal | None:
        """Say how much more reduce-only orders of a side may ask for; None while the position is unknown."""
        if self.held is None:
            return None
        resting = sum((order.remaining_quantity for order in self.own(side) if order.reduce_only), _ZERO)
        return max(_ZERO, -self.held * side.sign) - resting


def meets(side: Side, price: Decimal, other: Decimal) -> bool:
    """Whether an order of `side` at a price would trade with one of the other side at `other`."""
    return price >= other if side is Side.BUY else price <= other


def is_settled(order: Order) -> bool:
    """Whether an order rests for sure and nobody is cancelling it: only then may it be changed."""
    return order.status in _RESTING and not order.pending_cancel


def _by_level(orders: Iterable[tuple[int | None, Order]]) -> dict[int, Order]:
    return {index: order for index, order in orders if index is not None}
