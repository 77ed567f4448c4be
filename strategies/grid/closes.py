"""The closes of a grid: one for each entry that filled, at its own take profit, until it has filled.

A lot is what an entry filled; a lot without a live close gets one. So a close that was refused,
cancelled, or lost in a crash is simply placed again, as long as the position has room for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from helpers.money import minimum_quantity, plain
from strategies.base_strategy import Market, Order, OrderParams, OrderStatus, OrderType
from strategies.grid.params import GridParams
from strategies.grid.state import GridState, Lot, number_of
from strategies.grid.view import GridView
from strategies.pauses import back_off_ns
from strategies.plan import Change, Plan
from strategies.prices import apart, not_crossing, profit_price

_POST_ONLY_TRIES: Final = 15
_ZERO: Final = Decimal(0)


class GridCloses:
    """Makes lots of fills and sees that each has its close."""

    def __init__(self, params: GridParams, market: Market, state: GridState, vary: Callable[[bool], Decimal]) -> None:
        """Work on the grid's state; `vary` draws a factor around 1 if asked to."""
        self._params = params
        self._market = market
        self._state = state
        self._vary = vary

    # -- news -----------------------------------------------------------------------------

    def take(self, entry: Order, quantity: Decimal, cost: Decimal) -> None:
        """Make a lot of what an entry that is over filled; too little for an order waits for more."""
        lots, dust = self._state.lots, self._state.dust
        if not quantity:
            return
        dust.add(quantity, cost)
        intent, price = f"close-{number_of(entry.intent)}", dust.price
        lot = Lot(quantity=dust.quantity, price=price, target=self._target(entry, price), opened_ns=entry.updated_ns)
        if intent not in lots and not self._is_dust(lot):
            dust.clear()
            lots[intent] = lot

    def ended(self, close: Order, filled: Decimal) -> None:
        """Forget a lot that is closed; keep what is left of one whose close was refused or cancelled."""
        lots = self._state.lots
        lot = lots.get(close.intent) or _lost_lot(close, filled)
        lot.quantity -= filled
        if filled and lot.quantity > 0 and self._is_dust(lot):
            self._state.dust.add(lot.quantity, lot.quantity * lot.price)
            lots.pop(close.intent, None)
        elif lot.quantity > 0:
            lots[close.intent] = lot
            self._retry_later(lot, close)
        elif lot.exit:
            # A loss is followed by the whole pause; only a profit lets the next entry out at once.
            self._forget(close.intent)
            self._state.last_open_ns = close.updated_ns
        else:
            lots.pop(close.intent, None)

    def _is_dust(self, lot: Lot) -> bool:
        """Whether it is too little for an order, at the price of its close."""
        return lot.quantity < minimum_quantity(self._market, lot.target or lot.price)

    def _target(self, entry: Order, price: Decimal) -> Decimal | None:
        side, tick = entry.side, self._market.tick_size
        if self._params.boost:
            # A complete entry closes at market at once; what a cancel left closes where it was entered.
            return None if entry.status is OrderStatus.FILLED else profit_price(price, side, _ZERO, tick)
        varied = self._params.take_profit * self._vary(self._params.dynamic_profit)
        return profit_price(price, side, varied, tick)

    def _retry_later(self, lot: Lot, close: Order) -> None:
        if lot.exit and close.order_type is OrderType.LIMIT and close.status is OrderStatus.CANCELLED:
            return  # we asked for it: the market order follows at once
        lot.refusals = 0 if close.filled_quantity else lot.refusals
        lot.due_ns = close.updated_ns + back_off_ns(lot.refusals)
        lot.refusals += 1

    def _forget(self, intent: str) -> None:
        """Drop a lot without taking it for a profit."""
        del self._state.lots[intent]
        self._state.closes_seen = max(0, self._state.closes_seen - 1)

    # -- deciding ---------------------------------------------------------------------------

    def fit(self, view: GridView, plan: Plan) -> None:
        """Drop what no position is left for: it was closed by someone else, or while nobody listened."""
        if view.held is None:
            return
        room = view.held - view.resting
        for intent, lot in list(view.uncovered_lots()):
            given = min(lot.quantity, max(room, _ZERO))
            room -= given
            if given == lot.quantity:
                continue
            plan.reasons.append(f"{intent} needs only {plain(given)} {view.data.ticker}: the position is smaller")
            if given:
                lot.quantity = given
            else:
                self._forget(intent)

    def add(self, view: GridView, plan: Plan) -> None:
        """Place the closes that are missing and due."""
        for intent, lot in view.uncovered_lots():
            if lot.due_ns <= view.now_ns:
                plan.place(*self._close(intent, lot, view))

    def changes(self, view: GridView) -> Iterator[Change]:
        """Say when a missing close is due; one that is due now was just refused, which is still to be heard."""
        return (Change(at=lot.due_ns) for _, lot in view.uncovered_lots())

    def _close(self, intent: str, lot: Lot, view: GridView) -> tuple[OrderParams, str]:
        side = view.side.opposite
        words = f"{side.value} {plain(lot.quantity)} {view.data.ticker}"
        target = None if lot.exit else lot.target
        if target is None:
            market = OrderParams(
                side=side, quantity=lot.quantity, intent=intent, order_type=OrderType.MARKET, reduce_only=True
            )
            return market, f"{words} at market: {lot.exit or 'boost'}"
        # A close that was refused again and again may take: better out than stuck.
        post_only = lot.refusals < _POST_ONLY_TRIES
        entry = None if view.entry is None else view.entry.price
        apart_from = apart(target, side, entry, view.data.market.tick_size)
        price = not_crossing(apart_from, side, view.data) if post_only else apart_from
        limit = OrderParams(
            side=side, quantity=lot.quantity, price=price, intent=intent, reduce_only=True, post_only=post_only
        )
        return limit, f"{words} at {plain(price)}: take profit"


def _lost_lot(close: Order, filled: Decimal) -> Lot:
    """Describe the lot of a close whose session's state is lost: what it was entered at is not known."""
    price = close.price or close.average_price or _ZERO
    quantity = close.remaining_quantity + filled
    return Lot(quantity=quantity, price=price, target=close.price, opened_ns=close.created_ns)
