"""The entries of a geometric grid: one on each free level near the mid, as many as are allowed on a side.

An entry that rests stays where it is while the mid wanders. It is cancelled only when it is out of range, in the
way of an exit, or the farthest one while a nearer level needs its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from helpers.money import floor_to, minimum_quantity, plain
from strategies.base_strategy import MarketKind, Order, OrderParams, Side
from strategies.geometric_grid.ladder import Ladder
from strategies.geometric_grid.lots import Lots
from strategies.geometric_grid.params import GeometricGridParams, Mode
from strategies.geometric_grid.state import GeometricState, entry_intent, exit_intent
from strategies.geometric_grid.view import GridView, is_settled, meets
from strategies.plan import Plan

_ZERO: Final = Decimal(0)


class GridEntries:
    """Keeps the entries near the mid."""

    def __init__(self, params: GeometricGridParams, quantity: Decimal, state: GeometricState, lots: Lots) -> None:
        """Work on the grid's state; `quantity` is that of an order unless money is allocated."""
        self._params = params
        self._quantity = quantity
        self._state = state
        self._lots = lots

    def quantity(self, price: Decimal, step: Decimal) -> Decimal:
        """Give the quantity of an entry at a price: the run's, or its part of the money that is allocated."""
        money = self._params.quote_allocation
        if money is None:
            return self._quantity
        parts = self._params.orders_per_side * (2 if self._params.mode is Mode.NEUTRAL else 1)
        return floor_to(money / parts / price, step)

    # -- cancelling -----------------------------------------------------------------------------

    def tidy(self, ladder: Ladder, view: GridView, plan: Plan) -> None:
        """Cancel entries that do not belong where they are."""
        for index, order in view.entries.items():
            reason = self._misplaced(index, order, ladder, view)
            if reason and is_settled(order) and order.intent not in plan.cancels:
                self._cancel(order, plan, reason)

    def _misplaced(self, index: int, order: Order, ladder: Ladder, view: GridView) -> str:
        price, level = order.price or _ZERO, ladder.price(index)
        if order.side not in self._params.mode.sides or level is None or not ladder.may_enter(index, order.side):
            return "out of range"
        if abs(price - level) >= self._params.requote_ticks * view.data.market.tick_size:
            return f"its level is at {plain(level)} now"
        wanted = self.quantity(price, view.data.market.quantity_step)
        if order.quantity != wanted and not order.filled_quantity:
            return f"an order is of {plain(wanted)} {view.data.ticker} now"
        lot = self._state.lots.get(exit_intent(index))
        if lot is not None and lot.side is not order.side:
            return "its level holds the opposite"
        return "an exit belongs there" if self._meets_exit(order.side, price) else ""

    def _meets_exit(self, side: Side, price: Decimal) -> bool:
        """Whether an exit belongs at this price, or one that this order would trade with."""
        for lot in self._state.lots.values():
            is_met = price == lot.target or (lot.side is side and meets(side, price, lot.target))
            if is_met and not self._lots.is_dust(lot):
                return True
        return False

    def _cancel(self, order: Order, plan: Plan, reason: str) -> None:
        self._state.withdrawn.append(order.intent)
        plan.cancel(order.intent, f"cancel {order.intent} at {plain(order.price or _ZERO)}: {reason}")

    # -- placing --------------------------------------------------------------------------------

    def add(self, ladder: Ladder, view: GridView, plan: Plan) -> list[int]:
        """Place what is missing near the mid; give the times at which what had to wait is due, ns."""
        if view.held is None or view.data.balance is None:
            return []
        due: list[int] = []
        for side in self._params.mode.sides:
            missing = []
            for index in self._missing(side, ladder, view):
                pause = self._state.pauses.get(entry_intent(index))
                if pause is not None and view.now_ns < pause.due_ns:
                    due.append(pause.due_ns)
                else:
                    missing.append(index)
            self._fill_up(side, missing, ladder, view, plan)
        return due

    def _missing(self, side: Side, ladder: Ladder, view: GridView) -> Iterator[int]:
        """Number the levels nearest the mid that are free, where an entry would rest."""
        market = view.data.market
        for index in ladder.nearest(view.reference(side, ladder.ratio), side)[: self._params.orders_per_side]:
            price = ladder.price(index) or _ZERO
            lowest = min(price, ladder.price(index + side.sign) or price)
            is_taken = index in view.entries or index in view.exits or exit_intent(index) in self._state.lots
            if is_taken or self._meets_exit(side, price):
                continue
            if self.quantity(price, market.quantity_step) < minimum_quantity(market, lowest):
                continue
            if self._just_left(index, side, ladder, view):
                continue
            if view.in_the_way(side, price):
                view.waits_for_prices = True
                continue
            yield index

    def _just_left(self, index: int, side: Side, ladder: Ladder, view: GridView) -> bool:
        """Whether an exit filled here a moment ago: the same price once more would earn nothing but fees."""
        half_way = ladder.half_way(index, side)
        if ladder.price(index) != self._state.left_at or (view.data.mid_price - half_way) * side.sign > 0:
            return False
        (view.up if side is Side.BUY else view.down).append(half_way)
        return True

    def _fill_up(self, side: Side, missing: list[int], ladder: Ladder, view: GridView, plan: Plan) -> None:
        """Place on the nearest levels while there is room; make room by cancelling entries that are farther."""
        live = {index: order for index, order in view.entries.items() if order.side is side}
        leaving = sum(order.pending_cancel or order.intent in plan.cancels for order in live.values())
        room = self._room(side, live, ladder)
        placed: list[int] = []
        cash = self._cash(side, view)
        for index in missing:
            price = ladder.price(index) or _ZERO
            quantity = self.quantity(price, view.data.market.quantity_step)
            if len(placed) < room:
                cash = None if cash is None else cash - price * quantity * (1 + view.data.market.taker_fee)
                if cash is not None and cash < 0:
                    break
                placed.append(index)
                plan.orders.append(self._order(index, side, price, quantity))
            elif leaving > 0:
                leaving -= 1  # a place is about to become free
            elif len(live) >= self._params.orders_per_side and not self._give_way(side, index, live, plan):
                break
        if placed:
            plan.reasons.append(self._words(side, placed, ladder, view))

    def _room(self, side: Side, live: dict[int, Order], ladder: Ladder) -> int:
        """Say how many more entries a side may have: as many as are allowed, and never more lots than levels."""
        own = {intent for intent, lot in self._state.lots.items() if lot.side is side}
        used = len(own | {exit_intent(index) for index in live})
        return min(self._params.orders_per_side - len(live), len(ladder.prices) - 1 - used)

    def _cash(self, side: Side, view: GridView) -> Decimal | None:
        """Give what is there to buy with, where everything is paid in full; None where it does not matter."""
        balance = view.data.balance
        if side is Side.SELL or view.data.market.kind is not MarketKind.SPOT or balance is None:
            return None
        return balance.available

    def _give_way(self, side: Side, index: int, live: dict[int, Order], plan: Plan) -> bool:
        """Cancel the farthest entry if it is farther from the mid than this level; False if there is none."""
        resting = [level for level, order in live.items() if is_settled(order) and order.intent not in plan.cancels]
        farthest = min(resting, key=lambda level: level * side.sign, default=index)
        if (index - farthest) * side.sign <= 0:
            return False
        self._cancel(live[farthest], plan, f"level {index} is nearer to the market")
        return True

    def _order(self, index: int, side: Side, price: Decimal, quantity: Decimal) -> OrderParams:
        return OrderParams(
            side=side, quantity=quantity, price=price, intent=entry_intent(index), post_only=self._params.post_only
        )

    def _words(self, side: Side, placed: list[int], ladder: Ladder, view: GridView) -> str:
        step = view.data.market.quantity_step
        prices = [ladder.price(index) or _ZERO for index in placed]
        shown = ", ".join(plain(price) for price in prices)
        first, last = (plain(self.quantity(price, step)) for price in (prices[0], prices[-1]))
        size = first if first == last else f"{first} to {last}"
        if len(placed) == 1:
            return f"{side.value} {size} {view.data.ticker} at {shown}: level {placed[0]} is free"
        return f"{side.value} {size} {view.data.ticker} each at {shown}: {len(placed)} levels are free"
