"""The quotes: what a round wants of them, and how they get there without ever meeting each other.

A round begins at fixed times. It says which quotes go (leaving.py) and which are to be placed (`todo`);
those that go are cancelled at once, those to be placed wait until what they replace is gone for certain.
What is placed once in a round and refused is left until the next one.
"""

from __future__ import annotations

from decimal import Decimal

from helpers.money import plain
from strategies.base_strategy import AmendParams, Capability, Order, OrderParams, Side
from strategies.perp_market_maker.leaving import Leaving
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.state import MakerState, intent_of
from strategies.perp_market_maker.view import MakerView, is_unanswered, price_of
from strategies.perp_market_maker.wanted import Quote, Space, Wanting, meets_own
from strategies.perp_market_maker.words import amended_text, placed_text
from strategies.plan import Plan

Wanted = dict[str, Quote]
"""Quotes by intent, nearest first."""
Spaces = dict[Side, Space]


class Quotes:
    """Places, keeps, amends and withdraws quotes."""

    def __init__(
        self,
        params: PerpMarketMakerParams,
        state: MakerState,
        wanting: Wanting,
        leaving: Leaving,
        capabilities: frozenset[Capability],
    ) -> None:
        """Work on the maker's state."""
        self._params = params
        self._state = state
        self._wanting = wanting
        self._leaving = leaving
        self._may_amend = Capability.AMEND in capabilities

    def withdraw(self, view: MakerView, plan: Plan, reason: str) -> None:
        """Take every quote in, and place none in this round."""
        self._state.todo = []
        self._leaving.add(view.quotes.values())
        self._leaving.cancel(view, plan, reason)

    def go_on(self, view: MakerView, plan: Plan, *, is_round: bool) -> None:
        """Begin a round if one is due; cancel what goes, and place what no longer has to wait."""
        self._leaving.trim(view)
        spaces = {side: self._wanting.space(view, side) for side in Side}
        if is_round:
            self._begin_round(view, plan, spaces)
        self._leaving.cancel(view, plan, self._why(view))
        self._place(view, plan, spaces)

    # -- a round begins -----------------------------------------------------------------------

    def _begin_round(self, view: MakerView, plan: Plan, spaces: Spaces) -> None:
        """Say which quotes should rest from now on, and amend what can be amended."""
        state = self._state
        wanted = self._wanting.quotes(view, self._wanting.ladder(view))
        doubtful = [order for order in view.quotes.values() if not self._is_in_place(order, wanted, view)]
        ran_far = any(meets_own(quote, view) for quote in wanted.values())
        clears = self._params.cancel_before_place and bool(doubtful)
        state.is_clearing = clears or ran_far or view.data.balance is None
        if state.is_clearing:
            self._leaving.add(view.quotes.values())
        else:
            self._adjust([order for order in doubtful if not self._is_moving(order)], wanted, view, plan, spaces)
        stay = {intent for intent, order in view.quotes.items() if not self._leaving.has(order)}
        for intent in stay:
            if not is_unanswered(view.quotes[intent]):
                state.refusals.pop(intent, None)  # it rests, so the refusals before it are over
        state.todo = [intent for intent in wanted if intent not in stay]

    def _adjust(self, off: list[Order], wanted: Wanted, view: MakerView, plan: Plan, spaces: Spaces) -> None:
        """Without cancelling everything first: amend what is off, or let it go."""
        changes: Wanted = {}
        for side, space in spaces.items():
            orders = view.of(side)
            space.taken = {price_of(order) for order in orders if order not in off}
            for order in (order for order in orders if order in off):
                quote = self._new_terms(order, wanted, space.taken, view)
                if quote is None or not space.take(quote, quote.quantity - order.quantity):
                    self._leaving.add([order])
                else:
                    changes[order.intent] = quote
        if changes:
            plan.amends += [AmendParams(intent=i, price=q.price, quantity=q.quantity) for i, q in changes.items()]
            plan.reasons.append(amended_text(changes, view.data))

    def _is_moving(self, order: Order) -> bool:
        """Whether a quote is on its way in or out, and has to be left alone."""
        return is_unanswered(order) or self._leaving.has(order)

    def _is_in_place(self, order: Order, wanted: Wanted, view: MakerView) -> bool:
        """Whether a quote rests for certain, whole and near its new price."""
        quote = wanted.get(order.intent)
        if quote is None or quote.side is not order.side or self._is_moving(order):
            return False
        if order.remaining_quantity != quote.quantity:
            return False
        return self._wanting.is_near(price_of(order), quote, view)

    def _new_terms(self, order: Order, wanted: Wanted, taken: set[Decimal], view: MakerView) -> Quote | None:
        """Give price and total quantity that a quote should be amended to; None if it has to go."""
        quote = wanted.get(order.intent)
        if quote is None or quote.side is not order.side or not self._may_amend:
            return None
        quote = self._wanting.apart(quote, taken, view)
        return None if quote is None else quote._replace(quantity=order.filled_quantity + quote.quantity)

    # -- a round goes on ------------------------------------------------------------------------

    def _place(self, view: MakerView, plan: Plan, spaces: Spaces) -> None:
        state = self._state
        if not state.todo or view.data.balance is None or (state.is_clearing and view.quotes):
            return
        prices = self._wanting.ladder(view)
        wanted = self._wanting.quotes(view, prices)
        placed: Wanted = {}
        for side in Side:
            if not any(self._leaving.has(order) for order in view.of(side)):
                placed.update(self._take_todo(side, wanted, view, spaces[side]))
        if placed:
            plan.orders += [self._order(intent, quote) for intent, quote in placed.items()]
            plan.reasons.append(placed_text(placed, wanted, prices.shift, view.data, self._params))

    def _take_todo(self, side: Side, wanted: Wanted, view: MakerView, space: Space) -> Wanted:
        """Take a side off the list and give those of it that may go out; the others are left until the next round."""
        state = self._state
        placed: Wanted = {}
        mine = {intent_of(side, level) for level in range(1, self._params.max_orders + 1)}
        todo = [intent for intent in state.todo if intent in mine]
        state.todo = [intent for intent in state.todo if intent not in mine]
        for intent in todo:
            if intent in view.quotes or intent not in wanted or not state.may_ask(intent, view.now_ns):
                continue
            quote = self._wanting.apart(wanted[intent], space.taken, view)
            if quote is not None and not meets_own(quote, view) and space.take(quote, quote.quantity):
                placed[intent] = quote
        return placed

    def _why(self, view: MakerView) -> str:
        if view.data.balance is None:
            return "the balance is unknown"
        if self._state.is_clearing and self._state.todo:
            return f"the mid is {plain(view.data.mid_price)}, renewed every {plain(self._params.refresh_interval)} s"
        return "not wanted any more" if self._state.todo else "max_position leaves no room for it"

    def _order(self, intent: str, quote: Quote) -> OrderParams:
        return OrderParams(
            side=quote.side,
            quantity=quote.quantity,
            price=quote.price,
            intent=intent,
            post_only=self._params.post_only,
        )
