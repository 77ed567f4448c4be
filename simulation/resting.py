"""Our orders inside the engine, and the sorted sides they rest on."""

from __future__ import annotations

from bisect import insort
from copy import copy
from typing import Final

from helpers.models import TimeInForce

NO_BUY: Final = -1
NO_SELL: Final = 1 << 62


class SimOrder:
    """One order at the simulated venue: ticks and lots, mutable, owned by the venue."""

    __slots__ = (
        "account_id",
        "ahead",
        "client_order_id",
        "filled",
        "is_buy",
        "lots",
        "order_id",
        "post_only",
        "price",
        "reduce_only",
        "ticker",
        "time_in_force",
    )

    def __init__(
        self,
        *,
        account_id: str,
        ticker: str,
        client_order_id: str,
        order_id: int,
        is_buy: bool,
        price: int | None,
        lots: int,
        time_in_force: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        reduce_only: bool = False,
    ) -> None:
        """Describe the order; `price` None is a market order, `client_order_id` "" one of the venue's own."""
        self.account_id = account_id
        self.ticker = ticker
        self.client_order_id = client_order_id
        self.order_id = order_id
        self.is_buy = is_buy
        self.price = price
        self.lots = lots
        self.filled = 0
        self.ahead = 0
        """Lots of others that fill before us at our price."""
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.reduce_only = reduce_only

    @property
    def remaining(self) -> int:
        """Lots not filled yet."""
        return self.lots - self.filled

    @property
    def limit(self) -> int:
        """The worst price it may trade at, in ticks."""
        if self.price is None:
            return NO_SELL if self.is_buy else 0
        return self.price

    def amended(self, price: int, lots: int) -> SimOrder:
        """Give the order as an amend would make it."""
        changed = copy(self)
        changed.price, changed.lots = price, lots
        return changed


class RestingSide:
    """Resting orders of one side in price-time priority."""

    def __init__(self, is_buy: bool) -> None:
        """Start empty."""
        self.is_buy = is_buy
        self.orders: list[SimOrder] = []
        self.best = NO_BUY if is_buy else NO_SELL
        """Best price of our orders, or a sentinel no price reaches."""
        self.best_ahead = 0
        """The most lots ahead of any of our orders at the best price."""
        self._key = _highest_first if is_buy else _lowest_first

    def add(self, order: SimOrder) -> None:
        """Queue an order behind those of its price."""
        insort(self.orders, order, key=self._key)
        self.refresh()

    def remove(self, order: SimOrder) -> None:
        """Take an order out."""
        self.orders.remove(order)
        self.refresh()

    def refresh(self) -> None:
        """Bring the summary up to date after any change."""
        if not self.orders:
            self.best = NO_BUY if self.is_buy else NO_SELL
            self.best_ahead = 0
            return
        best = self.best = self.orders[0].limit
        self.best_ahead = max(order.ahead for order in self.orders if order.price == best)

    @property
    def is_alone(self) -> bool:
        """Whether at most one order stands at the best price: its queue is then one number."""
        orders = self.orders
        return len(orders) < 2 or orders[1].limit != orders[0].limit  # noqa: PLR2004 - a second one

    def advance_to(self, ahead: int) -> None:
        """Take over how many lots still fill before the one order at the best price."""
        if self.orders:
            self.orders[0].ahead = self.best_ahead = ahead

    def best_of(self, account_id: str) -> int:
        """Give the best price of one account's orders, or a sentinel no price reaches."""
        own = (order.limit for order in self.orders if order.account_id == account_id)
        return next(own, NO_BUY if self.is_buy else NO_SELL)

    def reached_by(self, price: int) -> list[SimOrder]:
        """List the orders a trade or an opposite quote at `price` reaches, best first."""
        if self.is_buy:
            return [order for order in self.orders if order.limit >= price]
        return [order for order in self.orders if order.limit <= price]


def _lowest_first(order: SimOrder) -> int:
    return order.limit


def _highest_first(order: SimOrder) -> int:
    return -order.limit
