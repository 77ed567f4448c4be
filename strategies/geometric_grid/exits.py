"""The exits of a geometric grid: each lot has one, one level away from where it was entered.

A lot without a live exit gets one, so an exit that was refused, cancelled, or lost in a crash is simply placed
again. What a lot gains or loses, its exit is amended to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Order, OrderParams, Side
from strategies.geometric_grid.lots import Lots
from strategies.geometric_grid.params import GeometricGridParams
from strategies.geometric_grid.state import GeometricState, Lot, exit_intent
from strategies.geometric_grid.view import GridView, is_settled
from strategies.plan import Plan
from strategies.prices import not_crossing

_AMEND_AGAIN_NS: Final = 5 * NS_PER_S
"""An amend that changed nothing is asked for again after this."""


class GridExits:
    """Sees that each lot has its exit."""

    def __init__(self, params: GeometricGridParams, state: GeometricState, lots: Lots) -> None:
        """Work on the grid's state."""
        self._params = params
        self._state = state
        self._lots = lots

    def drop(self, view: GridView, plan: Plan) -> None:
        """Cancel exits that no lot needs."""
        for index, order in view.exits.items():
            lot = self._state.lots.get(order.intent)
            if is_settled(order) and (lot is None or lot.side is order.side or self._is_too_small(order, lot)):
                is_dust = lot is not None and lot.side is not order.side
                left = "less than an order may be" if is_dust else "nothing"
                self._state.withdrawn.append(order.intent)
                plan.cancel(order.intent, f"cancel {order.intent}: {left} is left to close on level {index}")

    def add(self, view: GridView, plan: Plan) -> list[int]:
        """Place and mend exits; give the times at which what had to wait is due, ns."""
        due: list[int] = []
        room = {side: view.reducible(side) for side in Side}
        for index, lot in self._lots.by_exit():
            order, side = view.exits.get(index), lot.side.opposite
            if order is None:
                used = self._place(index, lot, room[side], view, plan)
            elif is_settled(order) and order.side is side and order.intent not in plan.cancels:
                used = self._mend(order, lot, room[side], view, plan)
            else:
                continue
            left = room[side]
            room[side] = None if left is None else left - used
            due += [moment for moment in (lot.pause.due_ns, lot.asked_due_ns) if moment > view.now_ns]
        return due

    def _is_too_small(self, order: Order, lot: Lot) -> bool:
        """Whether a lot shrank below what an order may be, so that its exit cannot be amended to it."""
        return abs(lot.quantity) != order.remaining_quantity and self._lots.is_dust(lot)

    def _place(self, index: int, lot: Lot, room: Decimal | None, view: GridView, plan: Plan) -> Decimal:
        """Place a missing exit if it is due; give what it takes of the reduce-only room."""
        side, quantity = lot.side.opposite, abs(lot.quantity)
        price = not_crossing(lot.target, side, view.data)
        if view.now_ns < lot.pause.due_ns:
            return Decimal(0)
        if quantity < minimum_quantity(view.data.market, price):
            view.waits_for_prices = True
            return Decimal(0)
        if self._clear_the_way(side, price, view, plan):
            return Decimal(0)
        reduces = room is None or quantity <= room
        if not reduces and (self._state.outside or Decimal(0)) * lot.quantity >= 0:
            return Decimal(0)  # an exit whose lot is gone is still being cancelled
        # Where somebody holds the opposite beside the grid there is less to reduce than its lots ask for.
        order = OrderParams(
            side=side, quantity=quantity, price=price, intent=exit_intent(index),
            reduce_only=reduces, post_only=self._params.post_only,
        )  # fmt: skip
        where = (
            f"exit of level {index}" if price == lot.target else f"exit of level {index}, {plain(lot.target)} is passed"
        )
        plan.place(order, f"{side.value} {plain(quantity)} {view.data.ticker} at {plain(price)}: {where}")
        return quantity if reduces else Decimal(0)

    def _mend(self, order: Order, lot: Lot, room: Decimal | None, view: GridView, plan: Plan) -> Decimal:
        """Amend an exit to its lot and its level; give what it takes of the reduce-only room."""
        price, total = self._price(order, lot, view), order.filled_quantity + abs(lot.quantity)
        more = total - order.quantity
        if (price, total) == (order.price, order.quantity):
            return Decimal(0)
        if not_crossing(price, order.side, view.data) != price:
            view.waits_for_prices = True  # the market is through it: it fills, or is heard of, in a moment
            return Decimal(0)
        if order.reduce_only and room is not None and more > max(room, Decimal(0)):
            return Decimal(0)
        if lot.asked == (price, total) and view.now_ns < lot.asked_due_ns:
            return Decimal(0)
        if price != order.price and self._clear_the_way(order.side, price, view, plan):
            return Decimal(0)
        lot.asked, lot.asked_due_ns = (price, total), view.now_ns + _AMEND_AGAIN_NS
        words = f"{plain(abs(lot.quantity))} {view.data.ticker} at {plain(price)}"
        plan.amend(order.intent, price, total, f"amended {order.intent} to {words}: what its level holds")
        return max(more, Decimal(0)) if order.reduce_only else Decimal(0)

    def _price(self, order: Order, lot: Lot, view: GridView) -> Decimal:
        """Bring an exit that stands off its level back, once it can rest there."""
        price, off = order.price or lot.target, abs((order.price or lot.target) - lot.target)
        is_off = off >= self._params.requote_ticks * view.data.market.tick_size
        return lot.target if is_off and self.fits(lot, view) else price

    def fits(self, lot: Lot, view: GridView) -> bool:
        """Whether the exit of a lot can rest at its level without taking."""
        return not_crossing(lot.target, lot.side.opposite, view.data) == lot.target

    def _clear_the_way(self, side: Side, price: Decimal, view: GridView, plan: Plan) -> bool:
        """Cancel entries of ours that an exit would trade with; True if there are any, so that it has to wait."""
        blocking = view.in_the_way(side, price)
        for order in blocking:
            if is_settled(order) and order.intent not in plan.cancels:
                self._state.withdrawn.append(order.intent)
                plan.cancel(order.intent, f"cancel {order.intent}: an exit at {plain(price)} would meet it")
        return bool(blocking)

    def bands(self, view: GridView) -> tuple[list[Decimal], list[Decimal]]:
        """Give the bids to fall to, and the asks to rise to, that let an exit go to its level."""
        down: list[Decimal] = []
        up: list[Decimal] = []
        tick = view.data.market.tick_size
        for index, lot in self._lots.by_exit():
            order = view.exits.get(index)
            if order is None or order.price == lot.target or self.fits(lot, view):
                continue
            if lot.side is Side.BUY:
                down.append(lot.target - tick)
            else:
                up.append(lot.target + tick)
        return down, up
