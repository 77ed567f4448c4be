"""The entries of a grid: when the next one goes out, at what price, and when it is given up.

What stands in the way of an entry is told together with what would take it away, so that the
decision and the wake condition are one and the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import plain
from strategies.base_strategy import Order, OrderParams, OrderStatus
from strategies.grid.params import GridParams
from strategies.grid.rules import margin_limit, step_allows, step_limit
from strategies.grid.state import CycleState, GridState
from strategies.grid.view import GridView
from strategies.pauses import back_off_ns, cooling_ns
from strategies.plan import Change, Plan
from strategies.prices import apart, beyond, inside_price

_PATIENCE_NS: Final = 10 * NS_PER_S
"""How long an entry rests before it may be given up."""
_ZERO: Final = Decimal(0)


class GridEntries:
    """Sends one entry at a time."""

    def __init__(
        self, params: GridParams, quantity: Decimal, state: GridState, vary: Callable[[bool], Decimal]
    ) -> None:
        """Work on the grid's state; `vary` draws a factor around 1 if asked to."""
        self._params = params
        self._quantity = quantity
        self._state = state
        self._vary = vary

    # -- news -----------------------------------------------------------------------------

    def ended(self, entry: Order) -> None:
        """Begin the pause after an entry, or back off after one that was refused."""
        state = self._state
        state.cycle_state = CycleState.READY
        if entry.status is OrderStatus.REJECTED:
            state.entry_due_ns = entry.updated_ns + back_off_ns(state.entry_refusals)
            state.entry_refusals += 1
            return
        state.entry_refusals = 0
        state.last_open_ns = entry.updated_ns

    # -- deciding ---------------------------------------------------------------------------

    def add(self, view: GridView, plan: Plan) -> None:
        """Send an entry if nothing stands in its way; give up one that the market left behind."""
        state = self._state
        if view.entry is not None:
            state.cycle_state = CycleState.WAITING_FOR_FILL
            if self._closes_at_market():
                self.cancel(view.entry, plan, "out of the way of a close at market")
            elif self._is_left_behind(view.entry, view):
                self.cancel(view.entry, plan, "the market moved away")
            return
        state.cycle_state = CycleState.READY
        self._count(view)
        if self._obstacle(view) is None:
            self._place(view, plan)

    def cancel(self, entry: Order, plan: Plan, reason: str) -> None:
        """Cancel an entry, once."""
        if not entry.pending_cancel:
            plan.cancel(entry.intent, f"cancel {entry.intent} at {plain(entry.price or _ZERO)}: {reason}")

    def changes(self, view: GridView) -> Change:
        """Say what would let an entry out, or let one be given up."""
        if view.entry is not None:
            return self._patience(view.entry, view)
        if self._state.cycle_state is CycleState.WAITING_FOR_FILL:
            return Change(at=view.now_ns)  # it was refused at once, which is still to be heard
        return self._obstacle(view) or Change(at=view.now_ns)

    def _count(self, view: GridView) -> None:
        """Look how many closes there are: if one filled since the last look, trade now."""
        state = self._state
        closes = view.close_count
        # An entry that was free to go and was refused stays free.
        state.is_free = closes < state.closes_seen or (state.is_free and state.entry_refusals > 0)
        state.closes_seen = closes
        if state.last_open_ns is None and closes:
            state.last_open_ns = view.now_ns

    def _obstacle(self, view: GridView) -> Change | None:
        """Give what would take the first obstacle away; None if there is none."""
        state, params = self._state, self._params
        if state.closes_seen >= params.max_orders or self._closes_at_market():
            return Change()
        if view.held is None:
            return Change(account=True)
        if view.now_ns < state.entry_due_ns:
            return Change(at=state.entry_due_ns)
        if params.pause_price is not None and beyond(view.data, view.side, params.pause_price):
            return Change(behind=params.pause_price)
        if not state.is_free and view.now_ns <= self._cool_until():
            return Change(at=self._cool_until() + 1)
        return self._too_close(view) or self._too_much_margin(view)

    def _closes_at_market(self) -> bool:
        """Whether a lot is on its way to the market, where it must not meet our own entry."""
        return any(lot.closes_at_market for lot in self._state.lots.values())

    def _cool_until(self) -> int:
        """The last moment of the pause after an entry; -1 before the first."""
        state, params = self._state, self._params
        if state.last_open_ns is None:
            return -1
        pause_ns = cooling_ns(state.closes_seen, params.max_orders, params.wait_time, state.timing_factor)
        return state.last_open_ns + pause_ns

    def _too_close(self, view: GridView) -> Change | None:
        nearest, step = view.nearest(), self._params.grid_step
        if step is None or nearest is None:
            return None
        limit = step_limit(nearest, view.side, self._params.take_profit, step)
        return None if step_allows(view.data, view.side, limit) else Change(behind=limit)

    def _too_much_margin(self, view: GridView) -> Change | None:
        params = self._params
        if params.max_margin is None or view.held is None:
            return None
        limit = margin_limit(params.max_margin, params.leverage, abs(view.held) + self._quantity)
        if self._price(view) <= limit:
            return None
        offset = view.side.sign * params.post_only_offset * view.data.market.tick_size
        return Change(below=limit + offset, account=True)

    def _place(self, view: GridView, plan: Plan) -> None:
        state, price = self._state, self._price(view)
        intent = f"entry-{state.next_number}"
        state.saw(intent)
        state.cycle_state = CycleState.WAITING_FOR_FILL
        state.timing_factor = self._vary(self._params.random_timing)
        order = OrderParams(side=view.side, quantity=self._quantity, price=price, intent=intent, post_only=True)
        what = f"{view.side.value} {plain(order.quantity)} {view.data.ticker} at {plain(price)}"
        plan.place(order, f"{what}: {state.closes_seen} of {self._params.max_orders} closes rest")

    def _price(self, view: GridView) -> Decimal:
        """Price an entry now, never where it would meet one of our own closes."""
        price = inside_price(view.data, view.side, self._params.post_only_offset)
        return apart(price, view.side, view.nearest(), view.data.market.tick_size)

    def _is_left_behind(self, entry: Order, view: GridView) -> bool:
        """Whether a fresh entry would rest ahead of this one, which had its time."""
        if view.now_ns < entry.created_ns + _PATIENCE_NS:
            return False
        return (self._price(view) - (entry.price or _ZERO)) * view.side.sign > 0

    def _patience(self, entry: Order, view: GridView) -> Change:
        price, nearest, tick = entry.price or _ZERO, view.nearest(), view.data.market.tick_size
        if entry.pending_cancel:
            return Change()
        if view.now_ns < entry.created_ns + _PATIENCE_NS:
            return Change(at=entry.created_ns + _PATIENCE_NS)
        if nearest is not None and (nearest - price) * view.side.sign <= tick:
            return Change()  # our own close holds it where it is
        away = (self._params.post_only_offset + 1) * tick
        return Change(ahead=price + view.side.sign * away)
