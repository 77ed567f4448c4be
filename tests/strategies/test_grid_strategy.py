"""The grid as a whole, driven by hand: its cycle, its restarts, its mirror image."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene, at_once
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import S

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
from strategies.base_strategy import StrategyAction
from strategies.grid.state import CycleState, GridState
from strategies.saved_state import load, save

D = Decimal


# -- the cycle -----------------------------------------------------------------------------------------


@BOTH_WAYS
def test_one_cycle(side: Side) -> None:
    """Ready, entry, waiting, filled, close at take profit, the next entry after the pause."""
    scene = Scene(side)
    scene.begin()
    assert scene.grid.state.cycle_state is CycleState.READY
    result = scene.step()
    assert result is not None
    (entry,) = result.orders
    assert (entry.intent, entry.side, entry.quantity, scene.p(str(entry.price))) == (
        "entry-1", side, D("0.001"), CENTRE,
    )  # fmt: skip
    assert (entry.post_only, entry.reduce_only) == (True, False)
    assert result.action is StrategyAction.PLACE_ORDER
    assert result.message == f"{side.value} 0.001 BTC at 62000: 0 of 25 closes rest"
    assert scene.grid.state.cycle_state is CycleState.WAITING_FOR_FILL
    assert scene.step() is None

    result = scene.wait(1).fill("entry-1").step()
    assert result is not None
    (close,) = result.orders
    assert (close.intent, close.side, close.quantity, scene.p(str(close.price))) == (
        "close-1", side.opposite, D("0.001"), D("62012.4"),
    )  # fmt: skip
    assert (close.post_only, close.reduce_only) == (True, True)
    assert result.message == f"{side.opposite.value} 0.001 BTC at {scene.p('62012.4')}: take profit"
    assert scene.grid.state.cycle_state is CycleState.READY

    assert scene.wait("8.75").step() is None
    assert scene.wait("0.000000001").asked() == [("entry-2", CENTRE)]


def test_executing_without_asking_first_decides_anew() -> None:
    """execute_strategy alone decides on what it is shown; with nothing to do it says so."""
    scene = Scene()
    scene.begin()
    assert [order.intent for order in at_once(scene.grid.execute_strategy(scene.data())).orders] == ["entry-1"]
    scene.step()
    assert at_once(scene.grid.execute_strategy(scene.data())).action is StrategyAction.NONE


# -- restart --------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_state_survives_as_json(side: Side) -> None:
    """What is saved is plain JSON, and a grid that reads it back knows the same."""
    scene = Scene(side, random_timing=True, dynamic_profit=True)
    scene.begin()
    scene.lot()
    scene.end("close-1", OrderStatus.REJECTED)
    before = scene.grid.save_state()
    assert save(load(GridState, json.loads(json.dumps(before)))) == before
    assert scene.restart().grid.save_state() == before


@BOTH_WAYS
def test_a_restart_goes_on(side: Side) -> None:
    """After a restart closes are not placed twice, missing ones are, and numbers are not used again."""
    scene = Scene(side, wait_time=3600)
    scene.begin()
    scene.lot()
    scene.lot()
    scene.end("close-2")
    scene.restart().begin()
    assert scene.asked() == []
    assert scene.wait("0.5").asked() == [("close-2", D("62012.4"))]
    assert scene.wait(7200).asked() == [("entry-3", CENTRE)]


def test_news_of_the_time_it_was_down() -> None:
    """An entry that filled and a close that was cancelled meanwhile are heard before the first step and acted upon."""
    scene = Scene(wait_time=3600)
    scene.begin()
    scene.lot()
    scene.wait(3601).asked()
    scene.restart().begin()
    scene.fill("entry-2")
    scene.end("close-1")
    assert scene.asked() == [("close-2", D("62012.4"))]
    assert scene.wait(1).asked() == [("close-1", D("62012.4"))]


def test_a_state_older_than_the_orders() -> None:
    """A crash before the state was saved doubles no close and uses no number twice: the live orders tell."""
    scene = Scene(wait_time=3600)
    scene.begin()
    old = json.loads(json.dumps(scene.grid.save_state()))
    scene.lot()
    scene.grid.restore_state(old)
    scene.begin()
    assert scene.step() is None
    assert scene.wait(3601).asked() == [("entry-2", CENTRE)]
    scene.fill("entry-2").end("close-1")
    assert scene.asked() == [("close-2", D("62012.4"))]
    # what close-1 was entered at is lost; its own price is asked for again
    assert scene.wait(1).asked() == [("close-1", D("62012.4"))]


def test_a_number_that_is_only_in_the_news_is_not_used_again() -> None:
    """An entry that the saved state does not know and that ended while the bot was down still had its number."""
    scene = Scene(wait_time=0)
    scene.begin()
    old = json.loads(json.dumps(scene.grid.save_state()))
    scene.asked()
    entry = scene.orders.pop("entry-1")
    scene.grid.restore_state(old)
    scene.begin()
    scene.orders["entry-1"] = entry
    scene.fill("entry-1")
    assert scene.wait(1).asked() == [("close-1", D("62012.4")), ("entry-2", CENTRE)]


def test_a_close_that_filled_before_the_state_was_saved() -> None:
    """A lot that the position has no room for any more is dropped, and said; the guard is content."""
    scene = Scene(wait_time=3600)
    scene.begin()
    scene.lot()
    old = json.loads(json.dumps(scene.grid.save_state()))
    scene.fill("close-1")
    scene.grid.restore_state(old)
    scene.begin()
    result = scene.step()
    assert result is not None
    assert result.orders == ()
    assert result.message == "close-1 needs only 0 BTC: the position is smaller"
    assert scene.step() is None


def test_a_restart_after_everything_was_closed() -> None:
    """Stopped with --on-stop close, the next start finds no position and begins anew instead of refusing."""
    scene = Scene(wait_time=1)
    scene.begin()
    for _ in range(4):
        scene.lot()
    for intent in list(scene.orders):
        scene.end(intent)
    scene.held = D(0)
    scene.restart().begin()
    result = scene.wait(2).step()
    assert result is not None
    assert result.message.count("needs only 0 BTC") == 4
    assert [order.intent for order in result.orders] == ["entry-5"]


def test_the_guard_looks_at_once_after_a_restart() -> None:
    """A position that the restored grid cannot account for stops it at its first step, not at the start."""
    scene = Scene(wait_time=3600)
    scene.begin()
    scene.lot()
    scene.held = D("0.005")
    scene.restart().begin()
    result = scene.step()
    assert result is not None
    assert result.action is StrategyAction.STOP
    assert "differ by 0.004 BTC" in result.message


def test_a_state_of_something_else_is_refused() -> None:
    """A saved state that cannot be read is one clear line, not a traceback."""
    with pytest.raises(UserError, match=r"cannot be read .*: close what it left and choose a fresh --runs-dir"):
        Scene().grid.restore_state({"lots": 5})


# -- both directions -------------------------------------------------------------------------------------------

moves = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), st.integers(-40, 40), st.integers(1, 3)),
        st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
        st.tuples(st.sampled_from(["fill", "partial", "cancel", "reject"]), st.integers(0, 9), st.just(0)),
    ),
    min_size=5,
    max_size=60,
)
# With these figures no limit lies so near a tick that the second-order difference between
# x (1 + tp) and x (1 - tp) could move it to another one within 40 ticks of CENTRE.
MIRRORED = {
    "take_profit": "0.0213",
    "grid_step": "0.0105",
    "wait_time": "4",
    "max_orders": 8,
    "stop_loss_percentage": "0.0557",
}


def play(side: Side, scenario: list[tuple[str, int, int]]) -> list[Any]:
    """Play a scenario and give what the grid did and waited for, mirrored back."""
    scene = Scene(side, quantity="0.002", pause_price=Scene(side).p("62003.05"), **MIRRORED)
    scene.begin()
    log: list[Any] = []
    for kind, number, spread in scenario:
        intents = list(scene.orders)
        intent = intents[number % len(intents)] if intents else ""
        if kind == "quote":
            scene.quote(CENTRE + D(number) / 10, CENTRE + D(number + spread) / 10)
        elif kind == "wait":
            scene.wait(number)
        elif intent and kind in {"fill", "partial"}:
            price = None if scene.orders[intent].price is not None else str(CENTRE)
            rest = scene.orders[intent].remaining_quantity
            scene.fill(intent, "0.001" if kind == "partial" and rest > D("0.001") else None, price=price)
        elif intent:
            scene.end(intent, OrderStatus.CANCELLED if kind == "cancel" else OrderStatus.REJECTED)
        result = scene.step()
        orders = [] if result is None else [
            (order.intent, order.side is side, order.quantity, order.price and scene.p(order.price), order.post_only)
            for order in result.orders
        ]  # fmt: skip
        wait = scene.waits()
        log.append((kind, orders, () if result is None else result.cancels, wait.at_s))
    return log


@settings(max_examples=150, deadline=None)
@given(moves)
def test_a_selling_grid_is_the_mirror_image(scenario: list[tuple[str, int, int]]) -> None:
    """Whatever happens, a selling grid in the mirrored market does what the buying one does, mirrored."""
    assert play(Side.BUY, scenario) == play(Side.SELL, scenario)


@settings(max_examples=100, deadline=None)
@given(moves, st.integers(0, 59))
def test_a_restart_at_any_moment_changes_nothing(scenario: list[tuple[str, int, int]], moment: int) -> None:
    """A grid that is restarted somewhere from its saved state goes on exactly as one that was not."""

    def run(*, restarts: bool) -> list[Any]:
        scene, log = Scene(quantity="0.002", position_guard=False, **MIRRORED), []
        scene.begin()
        for step, (kind, number, spread) in enumerate(scenario):
            if restarts and step == moment:
                scene.restart().begin()
            if kind == "quote":
                scene.quote(CENTRE + D(number) / 10, CENTRE + D(number + spread) / 10)
            elif kind == "wait":
                scene.wait(number)
            elif scene.orders:
                intent = list(scene.orders)[number % len(scene.orders)]
                if kind in {"fill", "partial"}:
                    scene.fill(intent, price=None if scene.orders[intent].price is not None else str(CENTRE))
                else:
                    scene.end(intent)
            log.append((scene.asked(), scene.waits()))
        return log

    assert run(restarts=False) == run(restarts=True)


def test_the_clock_of_the_scene() -> None:
    """The scenes' seconds are exact nanoseconds, on which the borders above rely."""
    scene = Scene()
    start = scene.now_ns
    assert scene.wait("0.000000001").now_ns - start == 1
    assert scene.wait("8.75").now_ns - start == 8_750_000_001 == int(D("8.750000001") * S)
