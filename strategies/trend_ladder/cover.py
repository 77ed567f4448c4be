"""Coverage: every filled quantity has its take-profit, and no take-profit is for more than the position.

A lot is what an entry filled; a lot without a live take-profit gets one. So a take-profit that was refused,
cancelled, or lost in a crash is simply placed again, as long as the position has room for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import Market, Order, OrderParams, OrderStatus
from strategies.plan import Change, Plan
from strategies.trend_ladder.params import RequoteMode, TrendLadderParams
from strategies.trend_ladder.rules import target_price
from strategies.trend_ladder.state import LadderState, Lot, generation_of, intent_of, is_settled, lot_of, number_of
from strategies.trend_ladder.view import LadderView

_BATCH: Final = 3
_BATCH_NS: Final = NS_PER_S
_ZERO: Final = Decimal(0)


class Cover:
    """Makes lots of fills and sees that each has its take-profit."""

    def __init__(self, params: TrendLadderParams, market: Market, state: LadderState) -> None:
        """Work on the ladder's state."""
        self._params = params
        self._market = market
        self._state = state

    # -- news -----------------------------------------------------------------------------

    def take(self, entry: Order, quantity: Decimal, cost: Decimal) -> None:
        """Make a lot of what an entry filled; too little for an order waits for more."""
        state, side, dust = self._state, entry.side, self._state.dust
        fresh = self._not_credited(entry, quantity)
        if not fresh:
            return
        if state.side is not side:
            if state.lots:
                return  # it closed a part of them: the position will say so
            dust.clear()
            state.side = side
        dust.add(fresh, cost * fresh / quantity)
        target = target_price(dust.price, side, self._params.take_profit_usd, self._market.tick_size)
        whole = floor_to(dust.quantity, self._market.quantity_step)
        if whole >= minimum_quantity(self._market, target):
            state.keep(side, dust.take(whole), target, number_of(entry.intent))

    def _not_credited(self, entry: Order, quantity: Decimal) -> Decimal:
        """Give how much of a fill is in no lot yet: a live take-profit may have told of it before the fill did."""
        key = str(number_of(entry.intent))
        known = self._state.credit.pop(key, _ZERO)
        if known > quantity:
            self._state.credit[key] = known - quantity
        return max(quantity - known, _ZERO)

    def adopt(self, orders: tuple[Order, ...]) -> None:
        """Know the live take-profits again that the saved state does not know."""
        state = self._state
        state.credit = {}
        for order in orders:
            name, generation = lot_of(order.intent), generation_of(order.intent)
            lot = state.lots.get(name)
            if lot is not None:
                lot.generation = max(lot.generation, generation)
            elif order.price is not None and (not state.lots or state.side is order.side.opposite):
                state.side = order.side.opposite
                state.lots[name] = Lot(quantity=order.quantity, target=order.price, generation=generation)
                key = str(number_of(order.intent))
                state.credit[key] = state.credit.get(key, _ZERO) + order.quantity

    def ended(self, order: Order) -> None:
        """Forget a lot that is closed; keep what is left of one whose take-profit was refused or cancelled."""
        news, state, name = self._state.heard.newly_filled(order), self._state, lot_of(order.intent)
        lot = state.lots.get(name)
        if news is None:
            return
        state.is_free = state.is_free or order.status is OrderStatus.FILLED
        if lot is None:
            return
        lot.quantity -= news[0]
        if news[0]:
            lot.back_off.accepted()
        if lot.quantity < minimum_quantity(self._market, lot.target):
            state.to_dust(lot, self._params.take_profit_usd)
            del state.lots[name]
        elif order.status is not OrderStatus.FILLED and generation_of(order.intent) == lot.generation:
            lot.back_off.refused(order.updated_ns)  # nobody here asked for its end

    # -- deciding ----------------------------------------------------------------------------

    def clear(self, view: LadderView, plan: Plan) -> None:
        """Cancel the take-profits of no lot, those that are replaced, and those for more than is left of their lot."""
        for order in view.take_profits:
            name = lot_of(order.intent)
            lot = self._state.lots.get(name)
            if lot is None:
                if is_settled(order):
                    plan.cancel(order.intent, f"cancel {order.intent}: there is no position for it")
                continue
            if not is_settled(order):
                continue
            is_too_large = order.remaining_quantity > view.open_quantity(name, lot)
            if is_too_large and generation_of(order.intent) == lot.generation:
                lot.generation += 1  # a fill of the one before came late
            if generation_of(order.intent) < lot.generation and (is_too_large or self._is_succeeded(order, lot, view)):
                plan.cancel(order.intent, f"cancel {order.intent} at {plain(order.price or _ZERO)}: it is replaced")

    def _is_succeeded(self, order: Order, lot: Lot, view: LadderView) -> bool:
        """Whether a take-profit that is replaced may go now; keep it after all if the venue takes no second one."""
        if self._params.requote_mode is RequoteMode.CANCEL_FIRST:
            return True
        successor = view.take_profit(lot_of(order.intent), lot)
        if successor is None and lot.back_off.refusals:
            lot.generation = generation_of(order.intent)
            lot.back_off.accepted()
        return successor is not None and is_settled(successor)

    def add(self, view: LadderView, plan: Plan) -> None:
        """Place the take-profits that are missing and due, a few a second."""
        state, now = self._state, view.now_ns
        for name, lot, quantity in self._missing(view):
            if lot.back_off.due_ns > now:
                continue
            if self._batch_is_full(now):
                return
            if now >= state.batch_ns + _BATCH_NS:
                state.batch_ns, state.batch = now, 0
            state.batch += 1
            plan.place(*self._order(intent_of(name, lot.generation), lot, quantity, view))

    def changes(self, view: LadderView) -> Iterator[Change]:
        """Say when a missing take-profit is due."""
        batch_ns = self._state.batch_ns + _BATCH_NS if self._batch_is_full(view.now_ns) else 0
        for _, lot, _ in self._missing(view):
            yield Change(at=max(lot.back_off.due_ns, batch_ns))

    def _missing(self, view: LadderView) -> Iterator[tuple[str, Lot, Decimal]]:
        """Give the lots without a take-profit for which the position has room, oldest first."""
        room = _ZERO if view.held is None else view.held - view.resting
        for name, lot in self._state.lots.items():
            quantity, before = view.open_quantity(name, lot), view.by_lot.get(name)
            if before:
                if self._may_overlap(name, lot, quantity, view):
                    yield name, lot, quantity
            elif room >= quantity:
                room -= quantity
                yield name, lot, quantity

    def _may_overlap(self, name: str, lot: Lot, quantity: Decimal, view: LadderView) -> bool:
        """Whether a second take-profit may rest beside the one that it replaces, which makes the room for it."""
        if self._params.requote_mode is RequoteMode.CANCEL_FIRST or view.take_profit(name, lot) is not None:
            return False
        return view.held is not None and view.held >= quantity >= minimum_quantity(self._market, lot.target)

    def _batch_is_full(self, now_ns: int) -> bool:
        return self._state.batch >= _BATCH and now_ns < self._state.batch_ns + _BATCH_NS

    def _order(self, intent: str, lot: Lot, quantity: Decimal, view: LadderView) -> tuple[OrderParams, str]:
        side, price = view.side.opposite, view.resting_price(lot)
        order = OrderParams(side=side, quantity=quantity, price=price, intent=intent, post_only=True, reduce_only=True)
        words = f"{side.value} {plain(quantity)} {view.data.ticker} at {plain(price)}: take profit"
        return order, words if price == lot.target else f"{words}, the market passed {plain(lot.target)}"
