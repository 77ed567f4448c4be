"""Our orders inside the engine, and the sorted sides they rest on."""

from __future__ import annotations

from bisect import insort
from copy import copy
from typing import Final

from helpers.enums import TimeInForce
from simulation.kernel_orders import Peg

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
        "is_over",
        "lots",
        "order_id",
        "peg",
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
        peg: Peg | None = None,
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
        self.is_over = False
        """It ended before it was full: reduce-only has nothing left to reduce."""
        self.ahead = 0
        """Lots of others that fill before us at our price."""
        self.time_in_force = time_in_force
        self.post_only = post_only
        self.reduce_only = reduce_only
        self.peg = peg
        """How its price follows the book, where it does."""

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
        self.pegged: list[SimOrder] = []
        """Those of them whose price follows the book."""
        self._none = NO_BUY if is_buy else NO_SELL
        self.best = self._none
        """Best price of our orders, or a sentinel no price reaches."""
        self.fixed_best = self._none
        """The same of those that are not pegged."""
        self.fixed_ahead = 0
        """The most lots ahead of any of these at their best price."""
        self.is_alone = True
        """Whether at most one of these stands there: the queue before it is then one number."""
        self.fixed_behind = self._none
        """Best price behind that one at which others stand before one of these, or the sentinel."""
        self._is_stale = False
        self._key = _highest_first if is_buy else _lowest_first

    def add(self, order: SimOrder) -> None:
        """Queue an order behind those of its price."""
        insort(self.orders, order, key=self._key)
        if order.peg is not None:
            self.pegged.append(order)
        self._is_stale = True

    def remove(self, order: SimOrder) -> None:
        """Take an order out."""
        self.orders.remove(order)
        if order.peg is not None:
            self.pegged.remove(order)
        self._is_stale = True

    def queues_changed(self) -> None:
        """Take note that others left, or served, the queue before some order."""
        self._is_stale = True

    def refresh(self) -> None:
        """Bring the summary up to date if anything changed."""
        if not self._is_stale:
            return
        self._is_stale = False
        orders = self.orders
        self.best = orders[0].limit if orders else self._none
        if self.pegged:
            orders = [order for order in orders if order.peg is None]
        self.fixed_best = self.fixed_behind = self._none
        self.fixed_ahead, self.is_alone = 0, True
        if not orders:
            return
        best = self.fixed_best = orders[0].limit
        for place, order in enumerate(orders):
            if order.limit == best:
                self.fixed_ahead = max(self.fixed_ahead, order.ahead)
                self.is_alone = place == 0
            elif order.ahead:
                self.fixed_behind = order.limit
                break

    def advance_to(self, ahead: int) -> None:
        """Take over how many lots still fill before the one order at the best price that is not pegged."""
        if not self.is_alone or ahead == self.fixed_ahead:
            return
        self.fixed_ahead = ahead
        for order in self.orders:
            if order.peg is None:
                order.ahead = ahead
                return

    def follow(self) -> None:
        """Take over where pegged orders stand by now."""
        for order in self.pegged:
            peg = order.peg
            if peg is not None:
                order.ahead = peg.ahead
                if order.price != peg.price:
                    self._is_stale = True
                    self.orders.remove(order)
                    order.price = peg.price
                    insort(self.orders, order, key=self._key)

    def best_of(self, account_id: str) -> int:
        """Give the best price of one account's orders, or a sentinel no price reaches."""
        own = (order.limit for order in self.orders if order.account_id == account_id)
        return next(own, self._none)

    def reached_by(self, price: int) -> list[SimOrder]:
        """List the orders a trade or an opposite quote at `price` reaches, best first."""
        if self.is_buy:
            return [order for order in self.orders if order.limit >= price]
        return [order for order in self.orders if order.limit <= price]


def _lowest_first(order: SimOrder) -> int:
    return order.limit


def _highest_first(order: SimOrder) -> int:
    return -order.limit
