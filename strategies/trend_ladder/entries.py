"""The entries of a ladder: when the next one goes out, at what price, and when it is taken back.

What stands in the way of an entry is told together with what would take it away, so that the decision and
the wake condition are one and the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Order, OrderParams, OrderStatus, Side
from strategies.plan import Change, Plan
from strategies.prices import inside_price
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.rules import apart, pause_ns
from strategies.trend_ladder.state import LadderState, is_settled
from strategies.trend_ladder.view import LadderView

_OFFSET: Final = 1
"""Ticks inside the opposite best price."""
_PATIENCE_NS: Final = 10 * NS_PER_S
"""How long an entry rests before it may be given up."""
_TOO_SMALL_NS: Final = 60 * NS_PER_S
_ZERO: Final = Decimal(0)


class Entries:
    """Sends one entry at a time."""

    def __init__(self, params: TrendLadderParams, quantity: Decimal, state: LadderState) -> None:
        """Work on the ladder's state."""
        self._params = params
        self._quantity = quantity
        self._state = state

    # -- news -----------------------------------------------------------------------------

    def filled(self, entry: Order) -> None:
        """Begin the pause."""
        self._state.last_entry_ns = entry.updated_ns
        self._state.is_free = False
        self._state.entry_back_off.accepted()

    def ended(self, entry: Order) -> None:
        """Back off after one that the venue or the risk manager did not want; a fill, heard next, forgets it."""
        if entry.status is OrderStatus.REJECTED or entry.intent != self._state.withdrawn:
            self._state.entry_back_off.refused(entry.updated_ns)

    # -- deciding ---------------------------------------------------------------------------

    def add(self, view: LadderView, wanted: Side | None, why_not: str, plan: Plan) -> None:
        """Send an entry if nothing stands in its way; take back one that should not rest any more."""
        if view.entry is not None:
            reason = self._unwanted(view.entry, view, wanted, why_not)
            if reason and is_settled(view.entry):
                self._state.withdrawn = view.entry.intent
                price = plain(view.entry.price or _ZERO)
                plan.cancel(view.entry.intent, f"cancel {view.entry.intent} at {price}: {reason}")
            return
        if self._obstacle(view, wanted) is None:
            self._place(view, plan)

    def changes(self, view: LadderView, wanted: Side | None) -> Change:
        """Say what would let an entry out, or let one be given up."""
        if view.entry is not None:
            return self._patience(view.entry, view)
        return self._obstacle(view, wanted) or Change(at=view.now_ns)

    def _unwanted(self, entry: Order, view: LadderView, wanted: Side | None, why_not: str) -> str:
        """Say why an entry should not rest any more; empty if it should."""
        if entry.side is not wanted:
            return why_not
        if entry.side is not view.side:
            return "the position is on the other side"
        if self._is_imbalanced(view):
            return "position and take-profits differ too much"
        return "the market moved away" if self._is_left_behind(entry, view) else ""

    def _obstacle(self, view: LadderView, wanted: Side | None) -> Change | None:
        """Give what would take the first obstacle away; None if there is none."""
        if view.held is None or view.data.balance is None:
            return Change(account=True)
        if wanted is not view.side or view.count >= self._params.max_orders or self._is_imbalanced(view):
            return Change(account=True)
        due = self._state.entry_back_off.due_ns
        if not self._state.is_free:
            due = max(due, self._pause_ends(view))
        if view.now_ns < due:
            return Change(at=due)
        if self._quantity < minimum_quantity(view.data.market, self._price(view)):
            self._state.entry_back_off.due_ns = view.now_ns + _TOO_SMALL_NS
            return Change(at=self._state.entry_back_off.due_ns)
        return None

    def _is_imbalanced(self, view: LadderView) -> bool:
        """Whether position and resting take-profits differ by more than a few entries."""
        if view.held is None:
            return False
        return abs(view.held - view.resting) > self._params.imbalance_multiplier * self._quantity

    def _pause_ends(self, view: LadderView) -> int:
        params = self._params
        if self._state.last_entry_ns is None:
            return 0
        return self._state.last_entry_ns + pause_ns(
            view.count, params.max_orders, params.wait_time, params.min_wait, params.max_wait
        )

    def _place(self, view: LadderView, plan: Plan) -> None:
        price = self._price(view)
        order = OrderParams(
            side=view.side,
            quantity=self._quantity,
            price=price,
            intent=f"entry-{self._state.new_number()}",
            post_only=True,
        )
        what = f"{view.side.value} {plain(order.quantity)} {view.data.ticker} at {plain(price)}"
        plan.place(order, f"{what}: {view.count} of {self._params.max_orders} take-profits rest")

    def _price(self, view: LadderView) -> Decimal:
        """Price an entry now, never where it would meet one of our own take-profits."""
        price, tick = inside_price(view.data, view.side, _OFFSET), view.data.market.tick_size
        return apart(price, view.side, view.opposing(view.side), tick)

    def _is_left_behind(self, entry: Order, view: LadderView) -> bool:
        """Whether a fresh entry would rest well ahead of this one, which had its time."""
        if view.now_ns < entry.created_ns + _PATIENCE_NS:
            return False
        ahead = (self._price(view) - (entry.price or _ZERO)) * view.side.sign
        return ahead >= self._away(view)

    def _away(self, view: LadderView) -> Decimal:
        return self._params.flush_ticks * view.data.market.tick_size

    def _patience(self, entry: Order, view: LadderView) -> Change:
        price, tick, sign = entry.price or _ZERO, view.data.market.tick_size, view.side.sign
        opposing = view.opposing(view.side)
        if not is_settled(entry):
            return Change()
        if view.now_ns < entry.created_ns + _PATIENCE_NS:
            return Change(at=entry.created_ns + _PATIENCE_NS)
        if opposing is not None and (opposing - price) * sign - tick < self._away(view):
            return Change()  # our own take-profit holds it where it is
        return Change(ahead=price + sign * (self._away(view) + _OFFSET * tick))
