"""Whatever happens to a ladder: its mirror image, a restart at any moment, and how it comes to rest."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from trend_ladder_scenes import CENTRE, Scene, begun

from helpers.enums import OrderStatus, Side
from strategies.saved_state import load, save
from strategies.trend_ladder.state import LadderState

D = Decimal

moves = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), st.integers(-90, 90), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
        st.tuples(st.just("hand"), st.integers(-3, 3), st.just(0)),
        st.tuples(st.just("move"), st.integers(0, 9), st.integers(-9, 9)),
        st.tuples(st.sampled_from(["fill", "partial", "cancel", "reject"]), st.integers(0, 9), st.just(0)),
    ),
    min_size=5,
    max_size=60,
)
BUSY: dict[str, Any] = {
    "quantity": "0.003", "wait_time": 8, "min_wait": 2, "max_wait": 16, "max_orders": 8, "take_profit_usd": "3",
}  # fmt: skip


def act(scene: Scene, kind: str, number: int, more: int) -> None:
    """Do one thing of a scenario."""
    intents = list(scene.orders)
    intent = intents[number % len(intents)] if intents else ""
    if kind == "quote":
        scene.quote(CENTRE + D(number) / 10, CENTRE + D(number + more) / 10)
    elif kind == "wait":
        scene.wait(number)
    elif kind == "hand":
        scene.held = (scene.held or D(0)) + D(number) / 1000
    elif intent and kind == "move":
        sign = scene.side.sign
        scene.change(intent, price=(scene.orders[intent].price or D(0)) + sign * D(more) / 10)
    elif intent and kind in {"fill", "partial"}:
        rest = scene.orders[intent].remaining_quantity
        scene.fill(intent, "0.001" if kind == "partial" and rest > D("0.001") else None)
    elif intent:
        scene.end(intent, OrderStatus.CANCELLED if kind == "cancel" else OrderStatus.REJECTED)


def play(side: Side, scenario: list[tuple[str, int, int]], *, restart_at: int | None = None, **more: Any) -> list[Any]:
    """Play a scenario and give what the ladder did and waited for, mirrored back."""
    scene = begun(side, **{**BUSY, **more})
    log: list[Any] = []
    for moment, move in enumerate(scenario):
        if moment == restart_at:
            scene.restart().begin()
        act(scene, *move)
        result = scene.step()
        orders = () if result is None else result.orders
        placed = [(o.intent, o.side is side, o.quantity, scene.p(o.price or D(0))) for o in orders]
        log.append((move, placed, () if result is None else result.cancels, scene.wakes_in()))
        assert len(scene.orders) <= 8 + 4
    return log


@settings(max_examples=150, deadline=None)
@given(moves, st.sampled_from(["cancel_first", "place_first"]))
def test_a_short_ladder_is_the_mirror_image(scenario: list[tuple[str, int, int]], mode: str) -> None:
    """Whatever happens, a short ladder in the mirrored market does what the long one does, mirrored."""
    assert play(Side.BUY, scenario, requote_mode=mode) == play(Side.SELL, scenario, requote_mode=mode)


BY_HAND_ONLY = [("quote", 0, 1), ("wait", 1, 0), ("wait", 1, 0), ("hand", 1, 0), ("wait", 5, 0), ("cancel", 0, 0)]
"""A lot that no entry made, while the only entry ends unfilled: the pause counts from that lot, restarted or not."""


@settings(max_examples=100, deadline=None)
@example(BY_HAND_ONLY, 5)
@given(moves, st.integers(0, 59))
def test_a_restart_at_any_moment_changes_nothing(scenario: list[tuple[str, int, int]], moment: int) -> None:
    """A ladder that is restarted somewhere from its saved state goes on exactly as one that was not."""
    assert play(Side.BUY, scenario) == play(Side.BUY, scenario, restart_at=moment)


@settings(max_examples=100, deadline=None)
@given(moves, st.booleans())
def test_left_alone_it_comes_to_rest(scenario: list[tuple[str, int, int]], partial: bool) -> None:
    """After anything, a still market and a venue that answers lead to take-profits for exactly the position."""
    scene = begun(**{**BUSY, "partial_tp": partial, "max_corrections": 100, "imbalance_multiplier": 1000})
    for move in scenario:
        act(scene, *move)
        scene.step()
    scene.cash = None  # no more entries
    for _ in range(60):
        for intent in [order.intent for order in scene.orders.values() if not order.reduce_only]:
            scene.end(intent)
        scene.settle().wait(10).step()
    assert scene.step() is None
    resting = sum(order.remaining_quantity * -order.side.sign for order in scene.orders.values())
    assert scene.position is not None
    assert abs(scene.position - resting) < D("0.001") or len(scene.ladder.state.lots) >= 8


def test_the_state_survives_as_json() -> None:
    """What is saved is plain JSON, and a ladder that reads it back knows the same."""
    scene = begun(rungs=2, direction="long")
    scene.refused("tp-1")
    before = scene.ladder.save_state()
    assert save(load(LadderState, json.loads(json.dumps(before)))) == before
    assert scene.restart().ladder.save_state() == before
