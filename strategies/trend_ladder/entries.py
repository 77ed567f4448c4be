"""The entries of a ladder: when the next one goes out, at what price, and when it is taken back.

What stands in the way of an entry is told together with what would take it away, so that the decision and
the wake condition are one and the same.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from helpers.clock import NS_PER_S
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Order, OrderParams, OrderStatus, Side
from strategies.plan import Change, Plan
from strategies.prices import apart, inside_price
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.rules import pause_ns, target_price
from strategies.trend_ladder.state import LadderState, is_settled
from strategies.trend_ladder.view import LadderView

_OFFSET: Final = 1
"""Ticks inside the opposite best price."""
_PATIENCE_NS: Final = 10 * NS_PER_S
"""How long an entry rests before it may be given up."""
_MISFIT_NS: Final = 60 * NS_PER_S
"""How long an entry that would be no order for this market waits for another price."""
_ZERO: Final = Decimal(0)


class Hindrance(NamedTuple):
    """What stands in the way of entries, to be told once."""

    kind: str
    words: str


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
        if self._state.lots and self._state.last_entry_ns is None:
            self._state.last_entry_ns = view.now_ns  # lots that no entry of ours made: the pause counts from now
        if view.entry is not None:
            reason = self._unwanted(view.entry, view, wanted, why_not)
            if reason and is_settled(view.entry):
                self._state.withdrawn = view.entry.intent
                price = plain(view.entry.price or _ZERO)
                plan.cancel(view.entry.intent, f"cancel {view.entry.intent} at {price}: {reason}")
            return
        self._tell(self._hindrance(view, wanted), plan)
        if self._obstacle(view, wanted) is not None:
            return
        misfit = self._misfit(view)
        self._tell(misfit, plan)
        if misfit is None:
            self._place(view, plan)
        else:
            self._state.entry_back_off.due_ns = view.now_ns + _MISFIT_NS

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
        if wanted is None or self._hindrance(view, wanted) is not None or self._is_imbalanced(view):
            return Change(account=True)
        due = self._state.entry_back_off.due_ns
        if not self._state.is_free:
            due = max(due, self._pause_ends(view))
        return Change(at=due) if view.now_ns < due else None

    def _hindrance(self, view: LadderView, wanted: Side | None) -> Hindrance | None:
        """Give what lasts until the account changes."""
        held, params, ticker = view.held, self._params, view.data.ticker
        if held is None or wanted is None:
            return None
        if wanted is not view.side:
            other = "long" if view.side is Side.BUY else "short"
            return Hindrance("side", f"the position is {other}, {plain(abs(held))} {ticker}")
        if view.count >= params.max_orders or held >= params.max_orders * self._quantity:
            full = f"{view.count} of {params.max_orders} take-profits rest, for {plain(held)} {ticker}"
            return Hindrance("full", full)
        return None

    def _misfit(self, view: LadderView) -> Hindrance | None:
        """Give why an entry now, or its take-profit, would be no order for this market."""
        market, price = view.data.market, self._price(view)
        lowest = min(price, target_price(price, view.side, self._params.take_profit_usd, market.tick_size))
        if lowest <= 0:
            return Hindrance("price", f"{plain(price)} is too low: entry and take-profit have to be above 0")
        least = minimum_quantity(market, lowest)
        if self._quantity >= least:
            return None
        words = f"at {plain(price)} the least order is {plain(least)} {market.ticker}"
        return Hindrance("least", f"{words}, and --quantity is {plain(self._quantity)}")

    def _tell(self, hindrance: Hindrance | None, plan: Plan) -> None:
        """Say what stands in the way of entries, once."""
        if hindrance is not None and hindrance.kind != self._state.hindrance_told:
            plan.reasons.append(f"no entry: {hindrance.words}")
            self._state.hindrance_told = hindrance.kind

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
        self._state.hindrance_told = ""
        price, tick = self._price(view), view.data.market.tick_size
        for order in plan.orders:  # a take-profit that goes out in this very step
            price = apart(price, view.side, order.price, tick)
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
