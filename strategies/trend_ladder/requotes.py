"""Requotes: a take-profit that rests where it does not belong is replaced.

It belongs at its lot's target, or one tick off the touch where the target would take. Placing and judging use
the same function, so in a still market there is nothing to replace. What moves it away is a market that had
passed the target when it was placed and has come back, or somebody who moved it by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from helpers.clock import NS_PER_S
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Market, Order
from strategies.plan import Change, Plan
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.rules import requote_pause_ns
from strategies.trend_ladder.state import LadderState, Lot, is_settled
from strategies.trend_ladder.view import LadderView


class Requotes:
    """Looks at the prices of take-profits, at fixed times, and only at those that are not at their target."""

    def __init__(self, params: TrendLadderParams, market: Market, state: LadderState) -> None:
        """Work on the ladder's state."""
        self._params = params
        self._market = market
        self._state = state
        self._tolerance = params.requote_ticks * market.tick_size
        self._look_ns = int(params.requote_confirm * NS_PER_S)

    def add(self, view: LadderView, plan: Plan) -> None:
        """Begin to replace what was wrong at two looks in a row; coverage does the rest."""
        moving = sum(1 for orders in view.by_lot.values() if len(orders) > 1 or orders[0].pending_cancel)
        for name, lot, order in self._off_target(view):
            if view.now_ns < lot.look_ns:
                continue
            lot.look_ns = view.now_ns + self._look_ns
            wrong, was_off = self._is_wrong(lot, order, view), lot.was_off
            lot.was_off = wrong
            if wrong and was_off and moving < self._params.max_requotes and view.now_ns >= lot.requote_due_ns:
                moving += 1
                self._replace(name, lot, order, view, plan)

    def changes(self, view: LadderView) -> Iterator[Change]:
        """Say when the next look is due."""
        return (Change(at=lot.look_ns) for _, lot, _ in self._off_target(view))

    def _off_target(self, view: LadderView) -> Iterator[tuple[str, Lot, Order]]:
        for name, lot in self._state.lots.items():
            order = view.take_profit(name, lot)
            if order is None or not is_settled(order) or order.price == lot.target:
                continue
            # Of one that filled in part too little may be left for another order.
            if view.open_quantity(name, lot) >= minimum_quantity(self._market, lot.target):
                yield name, lot, order

    def _is_wrong(self, lot: Lot, order: Order, view: LadderView) -> bool:
        wanted = view.resting_price(lot)
        return order.price is not None and abs(order.price - wanted) >= self._tolerance

    def _replace(self, name: str, lot: Lot, order: Order, view: LadderView, plan: Plan) -> None:
        wanted = view.resting_price(lot)
        lot.requote_due_ns = view.now_ns + self._pause_ns(lot)
        lot.requotes = (lot.requotes + 1) % self._params.requote_tries
        lot.generation += 1
        lot.was_off = False
        lot.back_off.accepted()
        plan.reasons.append(f"{name} rests at {plain(order.price or wanted)} and belongs at {plain(wanted)}")

    def _pause_ns(self, lot: Lot) -> int:
        params = self._params
        if lot.requotes + 1 >= params.requote_tries:
            return int(params.requote_forget * NS_PER_S)
        return requote_pause_ns(lot.requotes, params.requote_backoff, params.requote_backoff_max)
