"""Anything may happen to a strategy: random events on a desk, and what has to hold after each of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from desk import Desk, View
from worlds import MARKET

from helpers.enums import MarketKind, OrderStatus, OrderType, Side
from helpers.errors import UserError
from helpers.models import Order
from helpers.money import floor_to, minimum_quantity
from strategies.base_strategy import BaseStrategy, OrderParams, StrategyAction, StrategyResult

D = Decimal
MOST_ORDERS = 60
MOST_STATE = 40_000
"""Characters of saved state; a hundred lots fit."""
SPOT = msgspec.structs.replace(MARKET, kind=MarketKind.SPOT, max_leverage=D(1), maintenance_margin=D(0))


class Event(NamedTuple):
    """Something that happens, and how much of it."""

    kind: str
    size: int


class Storm:
    """A desk to which events happen; the strategy is asked after each until it is quiet."""

    def __init__(
        self, kind: type[BaseStrategy[Any]], options: Mapping[str, Any], *, spot: bool = False, slow: bool = False
    ) -> None:
        """Begin on a quiet market; with `slow` a cancel is confirmed by a later event only."""
        self.desk = Desk(kind, quantity="0.004", market=SPOT if spot else MARKET, **options)
        self.is_spot = spot
        self.is_slow = slow
        self.log: list[str] = []
        self.over: list[Order] = []
        self.stopped = False
        assert self.desk.begin()
        self.older: Mapping[str, Any] = json.loads(json.dumps(self.desk.strategy.save_state()))

    def happen(self, event: Event) -> None:
        """Let one event happen, then let the strategy do what it wants to."""
        desk, notify = self.desk, self.desk.strategy.notify_order_closed
        desk.strategy.notify_order_closed = lambda order: (self.over.append(order), notify(order))  # type: ignore[method-assign,func-returns-value,assignment]
        if event.size % 2:
            desk.settle()
        EVENTS[event.kind](self, event.size)
        if not self.stopped:
            self.settle(refuse=event.kind == "refuse")

    def settle(self, *, refuse: bool = False) -> None:
        """Ask again and again at this moment: a strategy must come to rest by itself."""
        asked: list[StrategyResult] = []
        for _ in range(12):
            self.older = json.loads(json.dumps(self.desk.strategy.save_state()))
            before = dict(self.desk.orders)
            result = self.desk.step(refuse=refuse)
            if result is None:
                break
            self.log.append(result.message)
            self.check(result, before, refuse=refuse)
            asked.append(result)
            if result.action is StrategyAction.STOP:
                self.stopped = True
                return
            if result.action in {StrategyAction.NONE, StrategyAction.WAIT}:
                break
            if not self.is_slow:
                self.desk.settle()
        else:
            raise AssertionError(f"it does not come to rest: {[result.message for result in asked]}")
        self.desk.strategy.next_wake(self.desk.data())
        assert len(json.dumps(self.desk.strategy.save_state())) < MOST_STATE

    # -- what has to hold ----------------------------------------------------------------------

    def check(self, result: StrategyResult, before: Mapping[str, Order], *, refuse: bool) -> None:
        """Check one decision against the moment it was made in."""
        assert result.message, "a decision without a reason"
        assert all(intent in before for intent in result.cancels), "a cancel of nothing"
        for amend in result.amends:
            order = before[amend.intent]
            assert amend.quantity > order.filled_quantity
            self.check_price(order.side, amend.price, post_only=order.post_only)
        for params in result.orders:
            self.check_order(params)
        assert len(self.desk.orders) <= MOST_ORDERS
        if not refuse:
            self.check_own_book()

    def check_order(self, params: OrderParams) -> None:
        """Check that no venue would refuse an order for a reason that could be known."""
        desk = self.desk
        touch = desk.ask if params.side is Side.BUY else desk.bid
        held = desk.position
        if params.reduce_only and held is None:
            pass  # it can do no harm, and the venue knows
        elif params.reduce_only:
            assert held, "reduce-only of nothing"
            assert (held > 0) == (params.side is Side.SELL), "reduce-only that enlarges"
            assert params.quantity <= abs(held), "reduce-only beyond the position"
            assert params.quantity == abs(held) or self.is_enough(params, touch)
        else:
            assert held is not None, "risk on an unknown position"
            assert desk.cash is not None or not self.is_spot
            assert self.is_enough(params, touch), "less than an order may be"
            if self.is_spot and params.side is Side.SELL:
                raise AssertionError("a sale that may go short on spot")
        if params.order_type is OrderType.LIMIT and params.price is not None:
            self.check_price(params.side, params.price, post_only=params.post_only)

    def is_enough(self, params: OrderParams, touch: Decimal) -> bool:
        """Whether an order is as large as the market asks."""
        return params.quantity >= minimum_quantity(self.desk.market, params.price or touch)

    def check_price(self, side: Side, price: Decimal, *, post_only: bool) -> None:
        """Check that a post-only order does not cross the book that was shown."""
        desk = self.desk
        assert price > 0
        assert price % desk.market.tick_size == 0
        if post_only:
            assert price < desk.ask if side is Side.BUY else price > desk.bid, "post-only that crosses"

    def check_own_book(self) -> None:
        """Check that our own orders cannot trade with each other."""
        resting = [o for o in self.desk.orders.values() if o.price is not None and not o.pending_cancel]
        bids = [order.price for order in resting if order.side is Side.BUY]
        asks = [order.price for order in resting if order.side is Side.SELL]
        if bids and asks:
            assert max(bids) < min(asks), "our own orders cross"  # type: ignore[type-var]  # no None is left


# -- what may happen -----------------------------------------------------------------------------------


def _chosen(storm: Storm, size: int) -> Order | None:
    orders: Sequence[Order] = list(storm.desk.orders.values())
    return orders[size % len(orders)] if orders else None


def _fill(storm: Storm, size: int) -> None:
    """Fill a part of an order, of a reduce-only one no more than the position."""
    desk, order = storm.desk, _chosen(storm, size)
    if order is None or desk.position is None:
        return
    quantity = order.remaining_quantity
    if size % 3:
        step = desk.market.quantity_step
        quantity = max(step, floor_to(quantity * (size % 97) / 100, step))
    if order.reduce_only:
        room = max(D(0), -desk.position * order.side.sign)
        if not room:
            desk.end(order.intent)
            return
        quantity = min(quantity, room)
    desk.fill(order.intent, quantity, order.price or desk.bid)


def _fill_at_market(storm: Storm, size: int) -> None:
    """Fill what the market meets: orders at market, and limits that the touch has reached."""
    del size
    desk = storm.desk
    for order in list(desk.orders.values()):
        reached = order.price is None or (
            desk.ask <= order.price if order.side is Side.BUY else desk.bid >= order.price
        )
        if reached and desk.position is not None:
            _fill(storm, 3 * list(desk.orders).index(order.intent) if order.intent in desk.orders else 0)


def _quote(storm: Storm, size: int) -> None:
    """Move the market by up to 20 USD, with a spread of 1 to 40 ticks."""
    desk, tick = storm.desk, storm.desk.market.tick_size
    bid = desk.bid + (size % 401 - 200) * tick
    desk.quote(bid, bid + (1 + (size // 401) % 40) * tick)


def _jump(storm: Storm, size: int) -> None:
    """Move the market by up to 3 %."""
    desk = storm.desk
    bid = floor_to(desk.bid * (D(1) + D(size % 601 - 300) / 10_000), desk.market.tick_size)
    desk.quote(bid)


def _wait(storm: Storm, size: int) -> None:
    storm.desk.wait((size % 1_200) / 10)


def _long_wait(storm: Storm, size: int) -> None:
    storm.desk.wait(size % 4_000)


def _cancelled(storm: Storm, size: int) -> None:
    """Somebody, or the venue, cancels an order."""
    order = _chosen(storm, size)
    if order is not None:
        storm.desk.end(order.intent, OrderStatus.EXPIRED if size % 2 else OrderStatus.CANCELLED)


def _by_hand(storm: Storm, size: int) -> None:
    """Somebody trades by hand."""
    desk, step = storm.desk, storm.desk.market.quantity_step
    if desk.position is not None:
        desk.position += (size % 41 - 20) * step
        if storm.is_spot:
            desk.position = max(D(0), desk.position)


def _forget(storm: Storm, size: int) -> None:
    """The position becomes unknown, or known again (flat)."""
    storm.desk.position = D(0) if storm.desk.position is None else None
    del size


def _cash(storm: Storm, size: int) -> None:
    """The balance becomes another one, or unknown."""
    storm.desk.cash = None if size % 7 == 0 else D(size % 20_000)


def _unanswered(storm: Storm, size: int) -> None:
    """An order's fate becomes unknown, or known again."""
    order = _chosen(storm, size)
    if order is not None:
        other = OrderStatus.OPEN if order.status is OrderStatus.UNKNOWN else OrderStatus.UNKNOWN
        storm.desk.change(order.intent, status=other)


def _told_again(storm: Storm, size: int) -> None:
    """An end is told a second time."""
    if storm.over:
        storm.desk.strategy.notify_order_closed(storm.over[size % len(storm.over)])


def _restart(storm: Storm, size: int) -> None:
    """The bot dies and comes back, sometimes with an older state, sometimes with none."""
    desk = storm.desk
    if size % 3 == 0:
        desk.restart()
    else:
        desk.strategy = desk.kind(desk.config, View(desk.market))
        if size % 3 == 1:
            desk.strategy.restore_state(storm.older)
    try:
        assert desk.begin()
    except UserError as refused:  # it may say that it will not begin here, and how to mend that
        storm.log.append(str(refused))
        storm.stopped = True


def _nothing(storm: Storm, size: int) -> None:
    del storm, size


EVENTS: dict[str, Callable[[Storm, int], None]] = {
    "quote": _quote,
    "quote again": _quote,
    "met": _fill_at_market,
    "fill": _fill,
    "fill more": _fill,
    "wait": _wait,
    "wait long": _long_wait,
    "jump": _jump,
    "cancelled": _cancelled,
    "by hand": _by_hand,
    "forget": _forget,
    "cash": _cash,
    "unanswered": _unanswered,
    "told again": _told_again,
    "restart": _restart,
    "refuse": _nothing,
}
