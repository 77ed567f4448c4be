"""Whether the position is what the lots say; and what becomes of the lots where it is not.

Our own fills move position and lots together, so a lasting difference comes from elsewhere: somebody trades by
hand, the venue liquidates, or an earlier session's notes are older than its orders.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import plain
from strategies.base_strategy import Side
from strategies.geometric_grid.entries import GridEntries
from strategies.geometric_grid.lots import Lots
from strategies.geometric_grid.params import Mode
from strategies.geometric_grid.state import GeometricState, exit_intent
from strategies.geometric_grid.view import GridView

_PATIENCE_NS: Final = NS_PER_S
"""A difference this short may be a fill that is still to be heard of."""
_ZERO: Final = Decimal(0)


class Agreement:
    """Keeps lots and position in line."""

    def __init__(self, state: GeometricState, lots: Lots, entries: GridEntries, mode: Mode) -> None:
        """Work on the grid's state; `entries` knows how much a level holds."""
        self._state = state
        self._lots = lots
        self._entries = entries
        self._mode = mode

    @property
    def due_ns(self) -> int | None:
        """When a difference has lasted long enough, ns; None where there is none."""
        return self._state.odd_since_ns + _PATIENCE_NS if self._state.odd_since_ns else None

    def reached(self, view: GridView) -> bool:
        """Whether lots and position agree, after bringing the lots in line with a difference that lasted."""
        state, held = self._state, view.held
        if held is None:
            return True  # nothing can be compared; no entry goes out, and exits only reduce
        if state.outside is None:
            state.outside = _ZERO if self._lots.is_new else held
        change = held - self._lots.total - state.outside
        if change and not state.odd_since_ns:
            state.odd_since_ns = view.now_ns
        if change and view.now_ns < state.odd_since_ns + _PATIENCE_NS:
            return False
        if change:
            self._take_over(change, state.outside, view)
        state.odd_since_ns = 0
        self._lots.is_new = False
        return True

    def _take_over(self, change: Decimal, outside: Decimal, view: GridView) -> None:
        """Let a change meet what is not the grid's first, then the lots; what is left is not the grid's either."""
        ticker, signed = view.data.ticker, _signed(change)
        self._lots.notes.append(f"the position changed by {signed} {ticker} without an order of this grid")
        met = min(abs(outside), abs(change)).copy_sign(change) if outside * change < 0 else _ZERO
        rest = self._lots.shrink(change - met)
        if rest != change - met:
            self._lots.notes.append(f"lots of {plain(abs(change - met - rest))} {ticker} are closed")
        if self._lots.is_new and rest:
            taken = rest
            rest = self._lots.adopt(rest, self._free(rest, view))
            if rest != taken:
                self._lots.notes.append(f"{_signed(taken - rest)} {ticker} of it is taken over on free levels")
        self._state.outside = outside + met + rest
        if self._state.outside:
            self._lots.notes.append(f"{_signed(self._state.outside)} {ticker} is left alone")

    def _free(self, extra: Decimal, view: GridView) -> list[tuple[int, Decimal]]:
        """List free levels whose exits lie beyond the mid, the nearest first, and how much each may hold."""
        ladder, side = self._state.ladder, Side.BUY if extra > 0 else Side.SELL
        free: list[tuple[int, Decimal]] = []
        if ladder is None or side not in self._mode.sides:
            return free
        step, mid = view.data.market.quantity_step, view.data.mid_price
        for index in range(ladder.first, ladder.last + 1):
            price, target = ladder.price(index), ladder.price(index + side.sign)
            if not ladder.may_enter(index, side):
                continue
            is_taken = index in view.entries or index in view.exits or exit_intent(index) in self._state.lots
            if price is not None and target is not None and not is_taken and (target - mid) * side.sign > 0:
                free.append((index, self._entries.quantity(price, step)))
        return free if side is Side.BUY else free[::-1]


def _signed(quantity: Decimal) -> str:
    return f"{'+' if quantity > 0 else ''}{plain(quantity)}"
