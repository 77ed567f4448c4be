"""The sells: they offer at the ask what is held and not yet offered, never more, and are left to rest.

Every sell is reduce-only. On a spot market one without inventory is refused, on a perpetual it would open a
short that nothing bounds; so "sell first" with nothing held is skipped, and that is said.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import Market, Order, OrderParams, Side
from strategies.plan import Plan
from strategies.top_of_book_maker.rules import at_price
from strategies.top_of_book_maker.state import MakerState
from strategies.top_of_book_maker.view import MakerView, cancellable, staying

_ZERO: Final = Decimal(0)


class MakerSells:
    """Offers inventory."""

    def __init__(self, market: Market, max_sells: int, state: MakerState) -> None:
        """Work on the maker's state; the market's own limit leaves one place for the buy."""
        self._market = market
        self._most = max(1, min(max_sells, market.max_open_orders - 1))
        self._state = state

    def are_many(self, view: MakerView, plan: Plan) -> str:
        """Say that no further one may follow: what a buy bought now could not be offered; empty while it could."""
        count = len(view.sells) + sum(order.side is Side.SELL for order in plan.orders)
        return f"no buy: {count} of {self._most} sells rest" if count >= self._most else ""

    def prune(self, view: MakerView, plan: Plan) -> None:
        """Cancel the highest sells that nothing is held for: it was sold by hand."""
        if view.held is None:
            return
        offered = sum((order.remaining_quantity for order in staying(view.sells)), _ZERO)
        for order in sorted(cancellable(view.sells), key=_price, reverse=True):
            if offered <= view.held:
                return
            offered -= order.remaining_quantity
            plan.cancel(order.intent, f"cancelled {order.intent}: only {plain(view.held)} {view.data.ticker} are held")

    def offer(self, view: MakerView, plan: Plan, wanted: Decimal, why: str) -> bool:
        """Offer up to `wanted` at the ask; True if it has to be offered and cannot yet, so that a buy has to wait.

        Own orders at exactly that price are cancelled first. What they offered is offered with the rest once
        they are gone, and not before: until then they may fill.
        """
        data, price = view.data, view.data.best_ask
        quantity = floor_to(min(wanted, view.free), self._market.quantity_step)
        if view.sell_is_leaving or any(order.intent in plan.cancels for order in view.sells):
            return True
        if quantity < minimum_quantity(self._market, price):
            return False
        if view.now_ns < self._state.selling.due_ns or self._meets_a_buy(view, price):
            return True
        in_the_way = self._in_the_way(view, price)
        if in_the_way:
            for order, reason in in_the_way:
                if order in cancellable(view.sells):
                    plan.cancel(order.intent, f"cancelled {order.intent} at {plain(_price(order))}: {reason}")
            return True
        intent = self._state.name("sell", data)
        sell = OrderParams(
            side=Side.SELL, quantity=quantity, price=price, intent=intent, post_only=True, reduce_only=True
        )
        plan.place(sell, f"sell {plain(quantity)} {data.ticker} at {plain(price)}: {why}")
        self._state.bought = self._state.returned = _ZERO
        return False

    def _meets_a_buy(self, view: MakerView, price: Decimal) -> bool:
        """Whether a buy of ours rests that far up: it is about to fill, or to be cancelled."""
        return any(_price(order) >= price for order in staying(view.buys))

    def _in_the_way(self, view: MakerView, price: Decimal) -> list[tuple[Order, str]]:
        same = at_price(view.sells, price, self._market.tick_size)
        if same:
            return [(order, "offered with the new one at the same price") for order in same]
        if len(view.sells) < self._most:
            return []
        # Buying stopped before; what is left over was bought by hand, or by a buy that rested already.
        return [(min(view.sells, key=_price), f"{len(view.sells)} sells rest, so it is offered with the new one")]


def _price(order: Order) -> Decimal:
    return order.price or _ZERO
