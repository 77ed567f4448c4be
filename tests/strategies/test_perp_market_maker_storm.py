"""Whatever happens to a perp market maker: random events on a desk, and what has to hold after each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from desk import D
from hypothesis import given, settings
from hypothesis import strategies as st
from perp_market_maker_scenes import Maker

from helpers.enums import OrderStatus, OrderType, Side
from helpers.models import Order
from strategies.base_strategy import StrategyResult
from strategies.perp_market_maker.view import is_unanswered

OPTIONS: dict[str, dict[str, Any]] = {
    "cancel first": {},
    "amend": {"cancel_before_place": False},
    "replace": {"cancel_before_place": False, "amends": False, "requote_ticks": 4},
    "tight and skewed": {"cancel_before_place": False, "base_spread_pct": "0.0001", "inventory_skew": "0.0002"},
    "tight, cancel first": {"base_spread_pct": "0.0001", "inventory_skew": "0.0002", "max_orders": 5},
    "target": {"target_position": "-0.004", "position_threshold": "0.001", "cancel_before_place": False},
    "many orders": {"cancel_before_place": False, "max_orders": 6, "max_position": "0.009", "requote_ticks": 0},
    "small threshold": {"position_threshold": 0, "max_position": "0.007"},
}


class Storm:
    """A maker to which events happen, watched."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Begin with nothing quoted."""
        self.maker = Maker(quantity="0.002", **options)
        self.largest = self.maker.config.params.largest(D("0.002"))
        self.levels = self.maker.config.params.max_orders
        self.older = self.maker.strategy.save_state()
        self.over: list[Order] = []
        self.maker.begin()

    def happen(self, kind: str, number: int) -> None:
        """Let an event happen, ask, check; asked again at once it wants nothing more."""
        EVENTS[kind](self, number)
        older = json.loads(json.dumps(self.maker.strategy.save_state()))
        before = dict(self.maker.orders)
        result = self.maker.step(refuse=kind == "refuse")
        if result is not None:
            self.older = older
            self.check(result, before)
        assert self.maker.step() is None
        assert self.maker.wakes_in() > 0
        self.check_bounds()

    def check(self, result: StrategyResult, before: dict[str, Order]) -> None:
        """Check one decision."""
        maker = self.maker
        assert result.message
        for intent in result.cancels:
            assert not before[intent].pending_cancel
            assert not is_unanswered(before[intent])
        for order in result.orders:
            assert maker.position is not None
            if order.intent == "reduce":
                assert not before, "it could meet a quote, or is a second one"
                assert result.orders == (order,)
                assert (order.order_type, order.reduce_only) == (OrderType.MARKET, True)
                assert order.side.sign * maker.position < 0
                assert order.quantity <= abs(maker.position)
                continue
            assert maker.cash is not None
            assert order.post_only
            self.check_price(order.side, order.intent, order.price, before)
        assert not {amend.intent for amend in result.amends} & {*result.cancels}
        for amend in result.amends:
            order = before[amend.intent]
            assert not order.pending_cancel
            assert not is_unanswered(order)
            assert amend.quantity > order.filled_quantity
            self.check_price(order.side, amend.intent, amend.price, before)
        for side in {order.side for order in result.orders} | {before[a.intent].side for a in result.amends}:
            assert maker.could_reach(side) <= self.largest or not self.grew(side, result, before)

    def grew(self, side: Side, result: StrategyResult, before: dict[str, Order]) -> bool:
        """Whether a decision asks for more on a side than there was."""
        added = any(order.side is side and not order.reduce_only for order in result.orders)
        return added or any(
            before[a.intent].side is side and a.quantity > before[a.intent].quantity for a in result.amends
        )

    def check_price(self, side: Side, intent: str, price: Any, before: dict[str, Order]) -> None:
        """On the tick, not across the book, not across what may still rest."""
        maker = self.maker
        assert price > 0
        assert price % maker.market.tick_size == 0
        assert price < maker.ask if side is Side.BUY else price > maker.bid
        others = [order for order in before.values() if order.price is not None and order.intent != intent]
        assert not [o for o in others if o.side is not side and (price - o.price) * side.sign >= 0]

    def check_bounds(self) -> None:
        """Nothing grows without bound, and no two orders of a side have one price."""
        state = self.maker.state
        assert len(self.maker.orders) <= 2 * self.levels + 1
        assert len(state.todo) <= 2 * self.levels
        assert len(state.refusals) <= 2 * self.levels + 1
        assert len(state.leaving) <= 2 * self.levels
        for side in Side:
            resting = [o for o in self.maker.orders.values() if o.side is side and not o.pending_cancel]
            prices = [order.price for order in resting if order.price is not None]
            assert len(prices) == len(set(prices))


def chosen(storm: Storm, number: int) -> Order | None:
    """Choose a live order."""
    orders = list(storm.maker.orders.values())
    return orders[number % len(orders)] if orders else None


def fill(storm: Storm, number: int) -> None:
    """Fill an order, all of it or one lot; a close never more than there is to close."""
    order, maker = chosen(storm, number), storm.maker
    if order is None or maker.position is None:
        return
    quantity = order.remaining_quantity if number % 2 else D("0.001")
    if order.reduce_only:
        quantity = min(quantity, max(D(0), -maker.position * order.side.sign))
    if quantity:
        maker.fill(order.intent, quantity, order.price or maker.bid)


def ends(storm: Storm, number: int) -> None:
    """Somebody, or the venue, ends an order."""
    order = chosen(storm, number)
    if order is not None:
        kinds = [OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED]
        status = kinds[number % 3] if not order.filled_quantity else OrderStatus.CANCELLED
        storm.over = [*storm.over[-5:], msgspec.structs.replace(order, status=status)]
        storm.maker.end(order.intent, status)


def confirm(storm: Storm, number: int) -> None:
    """Confirm some of the cancels, or all."""
    pending = [order.intent for order in storm.maker.orders.values() if order.pending_cancel]
    for intent in pending[: number % 4] if number % 2 else pending:
        storm.maker.end(intent)


def keep(storm: Storm, number: int) -> None:
    """The venue refuses a cancel."""
    order = chosen(storm, number)
    if order is not None and order.pending_cancel:
        storm.maker.change(order.intent, pending_cancel=False)


def unanswered(storm: Storm, number: int) -> None:
    """The fate of an order becomes unknown, or known again."""
    order = chosen(storm, number)
    if order is not None:
        known = OrderStatus.PARTIALLY_FILLED if order.filled_quantity else OrderStatus.OPEN
        storm.maker.change(order.intent, status=known if is_unanswered(order) else OrderStatus.UNKNOWN)


def quote(storm: Storm, number: int) -> None:
    """Move the market by up to 10 USD, sometimes by a hundred, a tick to forty wide."""
    maker = storm.maker
    move = (number % 201 - 100) * maker.market.tick_size * (10 if number % 7 == 0 else 1)
    maker.quote(maker.bid + move, maker.bid + move + (1 + number % 40) * maker.market.tick_size)


def by_hand(storm: Storm, number: int) -> None:
    """Somebody trades by hand, or the position becomes unknown."""
    storm.maker.position = None if number % 5 == 0 else (number % 31 - 15) * D("0.001")


def told_again(storm: Storm, number: int) -> None:
    """An end is told again."""
    if storm.over:
        storm.maker.strategy.notify_order_closed(storm.over[number % len(storm.over)])


def restart(storm: Storm, number: int) -> None:
    """The bot comes back: with its state, with one that is a step older, or with none."""
    maker = storm.maker
    saved = [maker.strategy.save_state(), storm.older, None][number % 3]
    maker.strategy = maker.fresh()
    if saved is not None:
        maker.strategy.restore_state(json.loads(json.dumps(saved)))
    maker.begin()


def cash(storm: Storm, number: int) -> None:
    """The balance becomes unknown, or known."""
    storm.maker.cash = None if number % 2 else D(10_000)


EVENTS: dict[str, Callable[[Storm, int], Any]] = {
    "fill": fill,
    "fill more": fill,
    "ends": ends,
    "confirm": confirm,
    "confirm more": lambda storm, _: confirm(storm, 0),
    "keep": keep,
    "unanswered": unanswered,
    "quote": quote,
    "by hand": by_hand,
    "told again": told_again,
    "restart": restart,
    "cash": cash,
    "wait": lambda storm, number: storm.maker.wait(number % 200 / 10),
    "round": lambda storm, _: storm.maker.next_round(),
    "round again": lambda storm, _: storm.maker.next_round(),
    "refuse": lambda storm, _: storm.maker.next_round(),
}
LISTS = st.lists(st.tuples(st.sampled_from(sorted(EVENTS)), st.integers(0, 10**6)), min_size=10, max_size=60)


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=60, deadline=None)
@given(events=LISTS)
def test_whatever_happens(name: str, events: list[tuple[str, int]]) -> None:
    """Orders are bounded and valid, quotes never lead beyond max_position, closes go alone and never flip."""
    storm = Storm(OPTIONS[name])
    for kind, number in events:
        storm.happen(kind, number)


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=25, deadline=None)
@given(events=LISTS)
def test_it_recovers_from_whatever_happened(name: str, events: list[tuple[str, int]]) -> None:
    """Once the venue answers and the account is known, two minutes later it quotes again, within its limits."""
    storm = Storm(OPTIONS[name])
    for kind, number in events:
        storm.happen(kind, number)
    maker = storm.maker
    maker.cash = D(10_000)
    maker.position = maker.position if maker.position is not None else D(0)
    for _ in range(12):
        for order in list(maker.orders.values()):
            if is_unanswered(order):
                maker.change(order.intent, status=OrderStatus.OPEN)
        for _ in range(4):
            maker.step()
            if "reduce" in maker.orders:
                maker.fill("reduce", price=maker.bid)
            maker.settle()
        maker.next_round()
    assert maker.prices()
    assert all(maker.could_reach(side) <= storm.largest for side in Side)


@settings(max_examples=60, deadline=None)
@given(events=LISTS, moment=st.integers(0, 59), name=st.sampled_from(sorted(OPTIONS)))
def test_a_restart_at_any_moment_changes_nothing(events: list[tuple[str, int]], moment: int, name: str) -> None:
    """A maker that is restarted somewhere from its saved state goes on exactly as one that was not."""

    def run(*, restarts: bool) -> list[Any]:
        storm, log = Storm(OPTIONS[name]), []
        for step, (kind, number) in enumerate(events):
            if restarts and step == moment:
                restart(storm, 0)
            if kind != "restart":
                storm.happen(kind, number)
                log.append((list(storm.maker.said), storm.maker.prices(), storm.maker.wakes_in()))
        return log

    assert run(restarts=False) == run(restarts=True)
