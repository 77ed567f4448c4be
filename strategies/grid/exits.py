"""Giving lots up: after too great a loss, or when their close has rested too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import plain
from strategies.base_strategy import OrderType
from strategies.grid.params import GridParams, RecoveryMode
from strategies.grid.rules import loss_price
from strategies.grid.state import GridState, Lot
from strategies.grid.view import GridView
from strategies.plan import Change, Plan
from strategies.prices import lost

_DEBOUNCE_NS: Final = 3 * NS_PER_S
"""How long a loss has to hold: one stray quote must not close anything."""
_COOLDOWN_NS: Final = 5 * NS_PER_S
"""Between two lots given up for their age: not the whole grid at market at once."""


class GridExits:
    """Marks lots as given up and cancels their closes; the market orders follow from closes.py."""

    def __init__(self, params: GridParams, state: GridState) -> None:
        """Work on the grid's state."""
        self._params = params
        self._state = state
        minutes = params.position_timeout
        self._timeout_ns = None if minutes is None else minutes * 60 * NS_PER_S

    def add(self, view: GridView, plan: Plan) -> None:
        """Give up the lots that have to be."""
        for intent, lot in self._state.lots.items():
            if not lot.exit:
                self._judge_loss(lot, view)
            if not lot.exit:
                self._judge_age(intent, lot, view, plan)
            close = view.closes.get(intent)
            if lot.exit and close is not None and close.order_type is OrderType.LIMIT and not close.pending_cancel:
                plan.cancel(intent, f"cancel {intent}: {lot.exit}")

    def changes(self, view: GridView) -> Iterator[Change]:
        """Say at which prices and times a lot would be given up."""
        for lot in self._state.lots.values():
            if lot.exit:
                continue
            if self._params.stop_loss_percentage is not None:
                yield self._loss_change(lot, view)
            if self._timeout_ns is not None and not lot.reported:
                yield Change(at=max(lot.opened_ns + self._timeout_ns, self._state.next_recovery_ns))

    def _judge_loss(self, lot: Lot, view: GridView) -> None:
        percent = self._params.stop_loss_percentage
        if percent is None:
            return
        stop = loss_price(lot.price, view.side, percent, self._params.leverage)
        if not lost(view.data, view.side, stop):
            lot.lost_since_ns = None
        elif lot.lost_since_ns is None:
            lot.lost_since_ns = view.now_ns
        elif view.now_ns >= lot.lost_since_ns + _DEBOUNCE_NS:
            _give_up(lot, f"it lost {plain(percent)} % of its margin")

    def _loss_change(self, lot: Lot, view: GridView) -> Change:
        percent = self._params.stop_loss_percentage
        assert percent is not None  # noqa: S101 - the caller looked
        stop = loss_price(lot.price, view.side, percent, self._params.leverage)
        if lot.lost_since_ns is None:
            return Change(behind=stop)
        return Change(at=lot.lost_since_ns + _DEBOUNCE_NS, ahead=stop)

    def _judge_age(self, intent: str, lot: Lot, view: GridView, plan: Plan) -> None:
        state = self._state
        if self._timeout_ns is None or lot.reported or view.now_ns < lot.opened_ns + self._timeout_ns:
            return
        if view.now_ns < state.next_recovery_ns:
            return
        waited = f"it has waited {self._params.position_timeout} min"
        if self._params.recovery_mode is RecoveryMode.NONE:
            lot.reported = True
            plan.reasons.append(f"{intent} goes on waiting: {waited}")
            return
        state.next_recovery_ns = view.now_ns + _COOLDOWN_NS
        _give_up(lot, waited)


def _give_up(lot: Lot, why: str) -> None:
    """Close it at market, at once even if its close was just refused."""
    lot.exit = why
    lot.refusals = lot.due_ns = 0
