"""The quotes that have to go: cancelled once, and again only after a pause if the venue would not."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from strategies.base_strategy import Order, Side
from strategies.pauses import BackOff
from strategies.perp_market_maker.state import MakerState
from strategies.perp_market_maker.view import MakerView, is_unanswered
from strategies.plan import Plan


class Leaving:
    """Sees quotes off."""

    def __init__(self, state: MakerState, largest: Decimal) -> None:
        """Work on the maker's state; `largest` is the largest position, in base units."""
        self._state = state
        self._largest = largest

    def add(self, orders: Iterable[Order]) -> None:
        """Let these quotes go."""
        for order in orders:
            self._state.leaving.setdefault(order.client_order_id, BackOff())

    def has(self, order: Order) -> bool:
        """Whether a quote goes, because we want it to or because somebody cancelled it."""
        return order.pending_cancel or order.client_order_id in self._state.leaving

    def trim(self, view: MakerView) -> None:
        """Let the farthest quotes go that could make the position too large: it changed without them."""
        for side in Side:
            room = view.room(side, self._largest)
            for order in view.of(side):
                if self.has(order):
                    continue
                if order.remaining_quantity > room:
                    self.add([order])
                else:
                    room -= order.remaining_quantity

    def cancel(self, view: MakerView, plan: Plan, reason: str) -> None:
        """Cancel what goes; what the venue has not answered for yet has to wait, and a refused cancel backs off."""
        intents = []
        for order in view.quotes.values():
            asked = self._state.leaving.get(order.client_order_id)
            if asked is None or order.pending_cancel or is_unanswered(order) or view.now_ns < asked.due_ns:
                continue
            asked.refused(view.now_ns)
            intents.append(order.intent)
        if intents:
            plan.cancels += intents
            which = f"all {len(intents)} quotes" if len(intents) == len(view.quotes) > 1 else ", ".join(intents)
            plan.reasons.append(f"cancel {which}: {reason}")

    def due(self, view: MakerView) -> int | None:
        """Give the time at which a cancel that the venue refused may be asked for again, ns."""
        asked = (
            self._state.leaving.get(order.client_order_id)
            for order in view.quotes.values()
            if not order.pending_cancel and not is_unanswered(order)
        )
        return min((each.due_ns for each in asked if each is not None and each.due_ns > view.now_ns), default=None)
