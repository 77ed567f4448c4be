"""The strategies of benchmarks/race.py in plain Python; prices are ints or Decimals.

Both are called after every event, and between two events at the time they name. They keep what they
need between calls.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, Generic, Protocol, TypeVar

from benchmarks.race import MAX_SELLS, PAUSE_NS
from benchmarks.reference_orders import Price, RestingOrder, RestingOrders

NEVER: Final = 1 << 62
"""Later than any tape, ns."""
_P_contra = TypeVar("_P_contra", int, Decimal, contravariant=True)


class Strategy(Protocol[_P_contra]):
    """What the loops call."""

    due_ns: int
    """When it wants to act if no event comes first."""

    def on_event(self, now_ns: int, bid: _P_contra, bid_lots: _P_contra, ask: _P_contra, ask_lots: _P_contra) -> None:
        """Act on the best prices as they are now."""
        ...


class Grid(Generic[Price]):
    """One buy just below the ask, a sell for every fill."""

    def __init__(self, orders: RestingOrders[Price], tick: Price, profit: Callable[[Price], Price]) -> None:
        """Start without orders; `profit` gives the price of the sell for a buy."""
        self._orders: RestingOrders[Price] = orders
        self._tick: Price = tick
        self._profit: Callable[[Price], Price] = profit
        self._entry: RestingOrder[Price] | None = None
        self._next_ns = 0
        self.due_ns = NEVER

    def on_event(self, now_ns: int, bid: Price, bid_lots: Price, ask: Price, ask_lots: Price) -> None:
        """Sell what was bought; enter when the pause is over."""
        has_news = bool(self._orders.filled)
        if has_news:
            self._sell_bought(bid, ask, ask_lots)
        if has_news or now_ns >= self._next_ns:
            is_full = len(self._orders.sells) >= MAX_SELLS
            if now_ns >= self._next_ns and not is_full:
                self._enter(min(ask, self._orders.best_sell) - self._tick, bid, bid_lots)
                self._next_ns = now_ns + PAUSE_NS
            self.due_ns = NEVER if is_full else self._next_ns

    def _sell_bought(self, bid: Price, ask: Price, ask_lots: Price) -> None:
        for order in self._orders.filled:
            if order.is_buy:
                self._entry = None
                price = max(self._profit(order.price), bid + self._tick)
                self._orders.place(False, price, ask, ask_lots)
        self._orders.filled.clear()

    def _enter(self, price: Price, bid: Price, bid_lots: Price) -> None:
        if self._entry is not None:
            if self._entry.price == price:
                return
            self._orders.cancel(self._entry)
        self._entry = self._orders.place(True, price, bid, bid_lots)


class Top(Generic[Price]):
    """One lot at the best price of each side."""

    def __init__(self, orders: RestingOrders[Price]) -> None:
        """Start without orders."""
        self._orders: RestingOrders[Price] = orders
        self._buy: RestingOrder[Price] | None = None
        self._sell: RestingOrder[Price] | None = None
        self.due_ns = NEVER

    def on_event(self, now_ns: int, bid: Price, bid_lots: Price, ask: Price, ask_lots: Price) -> None:
        """Quote anew what is missing or not at the best price."""
        del now_ns
        if self._orders.filled:
            self._forget_filled()
        if self._buy is None or self._buy.price != bid:
            if self._buy is not None:
                self._orders.cancel(self._buy)
            self._buy = self._orders.place(True, bid, bid, bid_lots)
        if self._sell is None or self._sell.price != ask:
            if self._sell is not None:
                self._orders.cancel(self._sell)
            self._sell = self._orders.place(False, ask, ask, ask_lots)

    def _forget_filled(self) -> None:
        for order in self._orders.filled:
            if order.is_buy:
                self._buy = None
            else:
                self._sell = None
        self._orders.filled.clear()
