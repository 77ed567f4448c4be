"""Whatever happens to a geometric grid: its books are the position, its orders are bounded and never meet."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from geometric_grid_scenes import DUSTY, GridScene, View
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import OrderStatus, Side
from helpers.models import Order
from helpers.money import minimum_quantity
from strategies.geometric_grid.state import Counted

D = Decimal
LEVELS = 9
DUST = D("0.003")
"""Below this much may be carried besides what the grid said it would hold at most."""
CASES: dict[str, dict[str, Any]] = {
    "neutral": {},
    "long": {"mode": "long"},
    "short": {"mode": "short", "orders_per_side": 5},
    "moving": {"recenter_on_move": True, "lower_price": "61000", "upper_price": "62600"},
    "moving, long": {"mode": "long", "recenter_on_move": True, "lower_price": "61000", "upper_price": "62600"},
    "dust": {"market": DUSTY, "orders_per_side": 2},
    "takers": {"post_only": False, "requote_ticks": 5},
}
KINDS = ["quote", "cross", "fill", "partial", "cancel", "reject", "refuse", "wait", "again", "unanswered", "restart"]
EVENTS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10**6)), min_size=10, max_size=50)
FOREIGN = st.lists(
    st.tuples(st.sampled_from([*KINDS, "hand", "older", "forgotten", "unknown"]), st.integers(0, 10**6)),
    min_size=10,
    max_size=50,
)


class Ledger(GridScene):
    """A grid to which things happen, and what has to hold after each of them."""

    def __init__(self, case: str) -> None:
        super().__init__(**CASES[case])
        self.over: list[Order] = []
        self.older: Any = {}
        found = re.search(r"at most (?:([\d.]+) BTC long)?(?: and )?(?:([\d.]+) BTC short)?", self.begin())
        assert found is not None
        self.longest, self.shortest = (D(most or 0) for most in found.groups())
        self.hold()

    def _over(self, intent: str) -> None:
        self.over.append(self.orders[intent])
        super()._over(intent)

    def happen(self, kind: str, size: int) -> None:
        """Let something happen, and the grid decide until it rests."""
        live = list(self.orders)
        intent = live[size % len(live)] if live else ""
        if kind == "quote":
            self.quote(max(D(50_000), self.bid + D(size % 6_001 - 3_000) / 10), None)
        elif kind == "cross":
            self.cross()
        elif kind in {"fill", "partial"} and intent:
            self.execute(intent, part=kind == "partial", size=size)
        elif intent and kind in {"cancel", "reject", "unanswered"}:
            self.disturb(kind, self.orders[intent])
        elif kind == "wait":
            self.wait(size % 40)
        elif kind == "again" and self.over:
            self.refill(self.over[size % len(self.over)])
        elif kind in {"restart", "older", "forgotten"}:
            self.return_as(kind)
        elif kind in {"hand", "unknown"}:
            self.change_position(kind, size)
        self.hold(refuse=kind == "refuse")

    def disturb(self, kind: str, order: Order) -> None:
        """End an order, or let its fate become unknown, or known again."""
        if kind == "unanswered":
            is_known = order.status is not OrderStatus.UNKNOWN
            self.change(order.intent, status=OrderStatus.UNKNOWN if is_known else OrderStatus.OPEN)
        else:
            self.end(order.intent, OrderStatus.CANCELLED if kind == "cancel" else OrderStatus.REJECTED)

    def change_position(self, kind: str, size: int) -> None:
        """Trade by hand, or let the position become unknown, or known again."""
        if kind == "unknown":
            self.position = self.explained if self.position is None else None
        elif self.position is not None:
            self.position += D(size % 21 - 10) / 1000

    def cross(self) -> None:
        """Fill what the market has reached, the best prices first."""
        for order in sorted(self.orders.values(), key=lambda order: -order.side.sign * (order.price or D(0))):
            assert order.price is not None
            touch = self.ask if order.side is Side.BUY else self.bid
            if order.intent in self.orders and (touch - order.price) * order.side.sign <= 0:
                self.execute(order.intent)

    def execute(self, intent: str, *, part: bool = False, size: int = 0) -> None:
        """Fill as a venue does: reduce-only no more than there is to reduce."""
        order = self.orders[intent]
        if self.position is None:
            return
        quantity = order.remaining_quantity
        if part:
            quantity = max(D("0.001"), (quantity * (size % 89) / 100).quantize(D("0.001")))
        if order.reduce_only:
            quantity = min(quantity, max(D(0), -self.position * order.side.sign))
        if quantity:
            self.fill(intent, min(quantity, order.remaining_quantity))
        else:
            self.end(intent)

    def return_as(self, kind: str) -> None:
        """Restart with the newest state, with one that is a decision older, or with none."""
        if kind == "restart":
            self.restart()
        else:
            self.strategy = self.kind(self.config, View(self.market))
            if kind == "older":
                self.strategy.restore_state(self.older)
            elif not D(60_000) < self.bid < D(64_000):
                self.quote("61800.0")  # without notes, and outside its range, it would not begin
        self.begin()

    def hold(self, *, refuse: bool = False) -> None:
        """Let it decide until it rests, and look at every decision."""
        for _ in range(14):
            self.older = json.loads(json.dumps(self.strategy.save_state()))
            before = dict(self.orders)
            result = self.step(refuse=refuse)
            self.look()
            if result is None:
                return
            for params in result.orders:
                assert params.price is not None
                touch = self.ask if params.side is Side.BUY else self.bid
                assert (params.price - touch) * params.side.sign < 0, "it takes"
                assert params.quantity >= minimum_quantity(self.market, params.price)
                assert not any(
                    (params.price - (order.price or D(0))) * params.side.sign >= 0
                    for order in before.values()
                    if order.side is not params.side
                ), "it would meet an order of ours"
                if params.reduce_only and self.position is not None:
                    assert params.quantity <= -self.position * params.side.sign
            assert not any(before[intent].pending_cancel for intent in result.cancels)
            self.settle()
        raise AssertionError("it does not come to rest")

    def look(self) -> None:
        """Check what holds at every moment."""
        assert len(self.buys()) <= self.config.params.orders_per_side
        assert len(self.sells()) <= self.config.params.orders_per_side
        assert len({lot > 0 for lot in self.lots.values()}) <= 1, "lots of both signs"
        assert len(json.dumps(self.strategy.save_state())) < 8_000
        assert len(self.state.withdrawn) <= len(self.orders) + 1
        assert self.strategy.next_wake(self.data()).orders


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=20, deadline=None)
@given(EVENTS)
def test_the_books_are_the_position(case: str, events: list[tuple[str, int]]) -> None:
    """Fills, parts, cancels, refusals, lost answers and restarts at any moment: position = lots + dust, as was said."""
    ledger = Ledger(case)
    for kind, size in events:
        ledger.happen(kind, size)
        assert ledger.explained == ledger.position
        assert ledger.state.outside == 0
        assert ledger.position is not None
        assert -ledger.shortest < ledger.position + DUST
        assert ledger.position - DUST < ledger.longest
        assert len(ledger.lots) <= LEVELS
        reducing = [order for order in ledger.orders.values() if order.intent.startswith("exit-")]
        assert all(order.reduce_only for order in reducing), "an exit that does not reduce"
        assert len(reducing) <= LEVELS


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=20, deadline=None)
@given(FOREIGN)
def test_whatever_others_do_the_books_follow(case: str, events: list[tuple[str, int]]) -> None:
    """Trades by hand, lost and older notes, unknown positions: a moment later the books are the position again."""
    ledger = Ledger(case)
    for kind, size in events:
        ledger.happen(kind, size)
    if ledger.position is None:
        ledger.position = ledger.explained
    for order in list(ledger.orders.values()):
        if order.status is OrderStatus.UNKNOWN:
            ledger.change(order.intent, status=OrderStatus.OPEN)
    for _ in range(4):
        ledger.cross()  # an order that the market has reached fills, and is left alone until it does
        ledger.wait(31).hold()
    assert ledger.explained == ledger.position
    covered = {intent for intent in ledger.orders if intent.startswith("exit-")}
    for intent, lot in ledger.state.lots.items():
        blocked = lot.quantity and abs(lot.quantity) < minimum_quantity(ledger.market, lot.target)
        assert intent in covered or blocked, "a lot without an exit"
    assert covered <= set(ledger.lots), "an exit without a lot"


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=10, deadline=None)
@given(EVENTS, st.integers(0, 59))
def test_a_restart_changes_nothing(case: str, events: list[tuple[str, int]], moment: int) -> None:
    """A grid that is restarted from its saved state at some moment goes on as one that was not."""

    def run(*, restarts: bool) -> tuple[list[str], list[Any]]:
        ledger, wakes = Ledger(case), []
        for step, (kind, size) in enumerate(events):
            if restarts and step == moment:
                ledger.restart().begin()
            ledger.happen("wait" if kind == "restart" else kind, size)
            wakes.append(ledger.strategy.next_wake(ledger.data()))
        return ledger.said, wakes

    assert run(restarts=True) == run(restarts=False)


def test_what_is_remembered_of_orders_is_bounded() -> None:
    """Of orders that are over only the latest are remembered, live ones always."""
    counted = Counted(filled={str(number): D(1) for number in range(500)})
    counted.forget({"0", "3"})
    assert len(counted.filled) == 62
    assert {"0", "3", "499", "440"} <= counted.filled.keys()
