"""Resting orders of the plain Python reference, with the fill rules; prices are ints or Decimals.

The lots that stand before an order shrink by trades at its price and to what is displayed there,
and are gone when the best price leaves it. Every order is one lot, smaller than any trade or
displayed quantity, so the volume that our orders would have to share is not counted.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypeVar

from benchmarks.race import FillRule

Price = TypeVar("Price", int, Decimal)


class RestingOrder(Generic[Price]):
    """One lot at a price."""

    __slots__ = ("ahead", "is_buy", "price")

    def __init__(self, is_buy: bool, price: Price, ahead: Price) -> None:
        """Rest behind the lots `ahead`."""
        self.is_buy = is_buy
        self.price: Price = price
        self.ahead: Price = ahead


class RestingOrders(Generic[Price]):
    """Our orders in a market of one instrument."""

    __slots__ = (
        "_depth",
        "_highest",
        "_lowest",
        "_rule",
        "_zero",
        "best_buy",
        "best_sell",
        "buys",
        "filled",
        "queued_buy",
        "queued_sell",
        "sells",
    )

    def __init__(self, rule: FillRule, lowest: Price, highest: Price, depth: Price) -> None:
        """Start without orders.

        Args:
            rule: when they fill.
            lowest: a price no market reaches.
            highest: a price no market reaches.
            depth: lots assumed behind the best price.
        """
        self._rule = rule
        self._lowest: Price = lowest
        self._highest: Price = highest
        self._depth: Price = depth
        self._zero: Price = lowest - lowest
        self.buys: list[RestingOrder[Price]] = []
        self.sells: list[RestingOrder[Price]] = []
        self.best_buy: Price = lowest
        self.best_sell: Price = highest
        self.queued_buy: Price = lowest
        """The best of our buys that others stood before when our buys last changed."""
        self.queued_sell: Price = highest
        self.filled: list[RestingOrder[Price]] = []
        """Fills nobody has taken notice of yet."""

    def place(self, is_buy: bool, price: Price, best: Price, best_lots: Price) -> RestingOrder[Price]:
        """Rest one lot, given the best price of its own side."""
        behind = price < best if is_buy else price > best
        ahead = self._zero
        if self._rule is FillRule.QUEUE and (behind or price == best):
            ahead = self._depth if behind else best_lots
        order = RestingOrder(is_buy, price, ahead)
        if is_buy:
            self.buys.append(order)
            self._refresh_buys()
        else:
            self.sells.append(order)
            self._refresh_sells()
        return order

    def cancel(self, order: RestingOrder[Price]) -> None:
        """Take a resting order away."""
        if order.is_buy:
            self.buys.remove(order)
            self._refresh_buys()
        else:
            self.sells.remove(order)
            self._refresh_sells()

    def matters(self, bid: Price, ask: Price) -> bool:
        """Whether a quote fills one of our orders or can change what stands before it."""
        return ask <= self.best_buy or bid >= self.best_sell or bid <= self.queued_buy or ask >= self.queued_sell

    def on_quote(self, bid: Price, bid_lots: Price, ask: Price, ask_lots: Price) -> None:
        """Fill what the opposite best price reaches; let queues shrink."""
        if bid <= self.queued_buy:
            for order in self.buys:
                if bid <= order.price:
                    order.ahead = min(order.ahead, bid_lots) if bid == order.price else self._zero
        if ask >= self.queued_sell:
            for order in self.sells:
                if ask >= order.price:
                    order.ahead = min(order.ahead, ask_lots) if ask == order.price else self._zero
        if ask <= self.best_buy:
            self._fill([order for order in self.buys if order.price >= ask])
        if bid >= self.best_sell:
            self._fill([order for order in self.sells if order.price <= bid])

    def on_trade(self, is_buyer: bool, price: Price, lots: Price) -> None:
        """Fill what a trade reaches."""
        if self._rule is FillRule.QUOTES:
            return
        reached = []
        for order in self.sells if is_buyer else self.buys:
            if order.price == price:
                left = order.ahead - lots
                order.ahead = max(left, self._zero)
                if left < self._zero:
                    reached.append(order)
            elif order.price < price if is_buyer else order.price > price:
                reached.append(order)
        if reached:
            self._fill(reached)

    def _fill(self, reached: list[RestingOrder[Price]]) -> None:
        for order in reached:
            self.cancel(order)
        self.filled += reached

    def _refresh_buys(self) -> None:
        best = queued = self._lowest
        for order in self.buys:
            best = max(best, order.price)
            if order.ahead:
                queued = max(queued, order.price)
        self.best_buy, self.queued_buy = best, queued

    def _refresh_sells(self) -> None:
        best = queued = self._highest
        for order in self.sells:
            best = min(best, order.price)
            if order.ahead:
                queued = min(queued, order.price)
        self.best_sell, self.queued_sell = best, queued
