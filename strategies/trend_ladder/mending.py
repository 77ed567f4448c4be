"""Mending: where the position is not what the fills made it, the position is right.

Quantity that no lot accounts for gets lots, lots without quantity are dropped, newest first. A small difference
is a slip: a fill that was never told, a part that somebody closed by hand. More than a few orders is somebody
else's position: no take-profit is put on it, and no entry goes out beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import Market
from strategies.plan import Change, Plan
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.rules import least_quantity, parts, target_price
from strategies.trend_ladder.state import LadderState, Lot
from strategies.trend_ladder.view import LadderView

_MOST_AT_ONCE: Final = 3
_WINDOW_NS: Final = 600 * NS_PER_S
_ZERO: Final = Decimal(0)


class Mending:
    """Makes the lots what the position says."""

    def __init__(self, params: TrendLadderParams, quantity: Decimal, market: Market, state: LadderState) -> None:
        """Work on the ladder's state."""
        self._params = params
        self._quantity = quantity
        self._market = market
        self._state = state
        self._confirm_ns = int(params.requote_confirm * NS_PER_S)

    def mend(self, view: LadderView, plan: Plan) -> None:
        """Correct a difference that lasted: news of a fill and of the position can come apart."""
        state, odd = self._state, self._odd(view)
        if odd != state.odd:
            state.odd, state.odd_since_ns, state.odd_told = odd, view.now_ns, False
        if not odd or view.now_ns < state.odd_since_ns + self._confirm_ns:
            return
        words = f"the position differs from the take-profits by {plain(odd)} {view.data.ticker}"
        obstacle = self._obstacle(view)
        if obstacle and not state.odd_told:
            plan.reasons.append(f"{words}: left as it is, {obstacle}")
        state.odd_told = bool(obstacle)
        if obstacle:
            return
        if odd > 0:
            self._add(view, odd)
            plan.reasons.append(f"{words}: take-profits are added for it")
        else:
            self._drop(view, -odd)
            plan.reasons.append(f"{words}: the newest are given up")
        state.odd = _ZERO

    def changes(self, view: LadderView) -> Iterator[Change]:
        """Say when a correction is due."""
        state, most = self._state, self._params.max_corrections
        if state.odd and not state.odd_told:
            yield Change(at=state.odd_since_ns + self._confirm_ns)
        elif state.odd and len(self._recent(view.now_ns)) >= most > 0:
            yield Change(at=state.corrections[-most] + _WINDOW_NS)

    def _odd(self, view: LadderView) -> Decimal:
        difference, position = view.difference, view.data.position
        if difference is None or position is None:
            return _ZERO
        return _ZERO if 0 < difference < least_quantity(self._market, position) else difference

    def _obstacle(self, view: LadderView) -> str:
        """Say why a difference is left as it is; empty if it may be corrected."""
        state, params = self._state, self._params
        if state.odd < 0:
            return "" if state.lots or state.dust.quantity else "there is none to give up"
        if state.odd > params.imbalance_multiplier * self._quantity:
            return "it is not this ladder's; no entries meanwhile"
        if not params.max_corrections:
            return "corrections are off (--max-corrections 0)"
        if len(self._recent(view.now_ns)) >= params.max_corrections:
            return f"there were {params.max_corrections} corrections in 10 min"
        return "" if self._room() > 0 else f"there are {params.max_orders} take-profits already"

    def _recent(self, now_ns: int) -> list[int]:
        return [moment for moment in self._state.corrections if moment > now_ns - _WINDOW_NS]

    def _room(self) -> int:
        return self._params.max_orders - len(self._state.lots)

    def _add(self, view: LadderView, quantity: Decimal) -> None:
        state, position, market = self._state, view.data.position, self._market
        assert position is not None  # noqa: S101 - there is a difference
        state.corrections = [*self._recent(view.now_ns), view.now_ns]
        entered_at = position.entry_price or view.data.mid_price
        target = target_price(entered_at, view.side, self._params.take_profit_usd, market.tick_size)
        most, least = min(_MOST_AT_ONCE, self._room()), least_quantity(market, position)
        for part in parts(quantity, self._quantity, least, most, market.quantity_step):
            state.keep(view.side, part, target, state.new_number())

    def _drop(self, view: LadderView, excess: Decimal) -> None:
        state = self._state
        excess -= state.dust.take(excess)
        for name, lot in reversed(list(state.lots.items())):
            if excess <= 0:
                return
            left = view.open_quantity(name, lot) - excess
            excess = -left
            del state.lots[name]
            left = floor_to(left, self._market.quantity_step)
            if left >= minimum_quantity(self._market, lot.target):
                # Its take-profit is for too much: a smaller one follows when that is gone.
                state.keep(view.side, left, lot.target, state.new_number())
            elif left > 0:
                state.to_dust(Lot(quantity=left, target=lot.target), self._params.take_profit_usd)
