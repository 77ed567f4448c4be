"""The buy: one at a time, at the computed price, moved after the book. What holds it back is told as a Skip."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Order, OrderParams, Side
from strategies.plan import Plan
from strategies.top_of_book_maker.params import TopOfBookMakerParams
from strategies.top_of_book_maker.rules import (
    Skip,
    at_price,
    buy_price,
    guarded_spread,
    misfit,
    percent,
    required_spread,
    shortfall,
    spread_words,
)
from strategies.top_of_book_maker.state import MakerState
from strategies.top_of_book_maker.view import MakerView, cancellable

_ZERO: Final = Decimal(0)
_QUIET: Final = Skip("", "")


class MakerBuys:
    """Places, moves and cancels the buy."""

    def __init__(
        self, params: TopOfBookMakerParams, fee: Decimal, quantity: Decimal, state: MakerState, *, can_amend: bool
    ) -> None:
        """Work on the maker's state."""
        self._params = params
        self._fee = fee
        self._quantity = quantity
        self._state = state
        self._can_amend = can_amend

    # -- none rests -----------------------------------------------------------------------

    def price(self, view: MakerView) -> Decimal | Skip:
        """Give the price of a new buy, or why none goes out now."""
        data = view.data
        if view.now_ns < self._state.buying.due_ns:
            return _QUIET
        if not view.is_known:
            return Skip("unknown", "no buy: position or balance are unknown")
        price = buy_price(data, self._fee, self._params)
        if isinstance(price, Skip):
            return Skip(price.key, f"no buy: {price.text}")
        text = misfit(data, self._params, self._quantity, rests=False) or shortfall(data, price * self._quantity)
        if text:
            return Skip("does not fit", f"no buy: {text}")
        least = minimum_quantity(data.market, price)
        if self._quantity < least:
            return Skip("too small", f"no buy: {plain(self._quantity)} is below the minimum {plain(least)}")
        return price

    def place(self, view: MakerView, plan: Plan, price: Decimal, note: str) -> None:
        """Place the buy."""
        intent = self._state.name("buy", view.data)
        order = OrderParams(side=Side.BUY, quantity=self._quantity, price=price, intent=intent, post_only=True)
        what = f"buy {plain(self._quantity)} {view.data.ticker} at {plain(price)}: {self._why(view, price)}"
        plan.place(order, f"{what}; {note}" if note else what)

    # -- one rests ------------------------------------------------------------------------

    def move(self, order: Order, view: MakerView, plan: Plan) -> Skip | None:
        """Amend the buy if its price is more than one tick off; give what holds that back."""
        data, price = view.data, buy_price(view.data, self._fee, self._params)
        if order not in cancellable(view.buys) or not view.is_known or _price(order) >= data.best_ask:
            return None  # unanswered, leaving, or about to fill: the market went through it
        if isinstance(price, Skip):
            return Skip(price.key, f"{order.intent} stays at {plain(_price(order))}: {price.text}")
        is_pending = self._state.amending.is_pending(order, view.now_ns)
        if is_pending or abs(_price(order) - price) <= data.market.tick_size:
            return None
        text = shortfall(data, (price - _price(order)) * order.remaining_quantity)
        if text:
            return Skip("not backed", f"{order.intent} stays at {plain(_price(order))}: to move, {text}")
        blocked = self.give_way(view, plan, price)
        if blocked is None:
            self._amend(order, view, plan, price)
        return blocked

    def give_way(self, view: MakerView, plan: Plan, price: Decimal) -> Skip | None:
        """Cancel own sells at the same price first; wait, without a word, for one further down: it is about to fill."""
        for order in at_price(cancellable(view.sells), price, view.data.market.tick_size):
            if order.intent not in plan.cancels:
                plan.cancel(
                    order.intent, f"cancelled {order.intent} at {plain(price)}: the buy comes to the same price"
                )
        return _QUIET if any(_price(order) <= price for order in view.sells) else None

    # -- several rest, or a pause ------------------------------------------------------------

    def cancel_all(self, view: MakerView, plan: Plan, reason: str) -> None:
        """Cancel every buy the venue has."""
        for order in cancellable(view.buys):
            plan.cancel(order.intent, f"cancelled {order.intent} at {plain(_price(order))}: {reason}")

    # -- inside ---------------------------------------------------------------------------

    def _amend(self, order: Order, view: MakerView, plan: Plan, price: Decimal) -> None:
        """Move the buy; where the venue cannot, or it became too small, cancel it: the next one goes out after that."""
        if not self._can_amend or order.quantity < minimum_quantity(view.data.market, price):
            plan.cancel(order.intent, f"cancelled {order.intent} at {plain(_price(order))}: the book moved")
            return
        self._state.amending.asked(order, view.now_ns)
        text = f"amended {order.intent} to {plain(price)}: the book moved; {self._why(view, price)}"
        plan.amend(order.intent, price, order.quantity, text)

    def _why(self, view: MakerView, price: Decimal) -> str:
        if not self._fee:
            return "no fee, so at the bid"
        guard = self._params.spread_guard
        words = spread_words(guarded_spread(view.data, price, guard), guard)
        return f"{words} >= required {percent(required_spread(self._fee))}"


def _price(order: Order) -> Decimal:
    return order.price or _ZERO
