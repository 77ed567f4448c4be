"""The grid as a whole, driven by hand: start, cycle, stops, guard, restart. Every scene in both directions."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from grid_scenes import BOTH_WAYS, CENTRE, Scene, at_once
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import S, with_market

from helpers.errors import UserError
from helpers.models import OrderStatus, Side
from strategies.base_strategy import OnStop, StrategyAction
from strategies.grid_state import CycleState, GridState

D = Decimal


# -- the start ---------------------------------------------------------------------------------------


def test_the_start_says_what_an_entry_comes_to() -> None:
    """The first line names the resulting close, the gain of a round trip and the fees in it."""
    assert Scene(take_profit="0.08").begin() == (
        "take profit 0.08 %: buy 0.001 BTC at 62000 closes at 62049.6, 0.0496 USD a round trip, 0.0025 of it for fees"
    )
    assert "sell 0.001 BTC at 62000 closes at 61950.4" in Scene(Side.SELL, take_profit="0.08").begin()


def test_the_start_warns_of_fees() -> None:
    """A take profit that fees eat up is allowed, and said."""
    assert Scene(take_profit="0.003").begin().endswith("; the fees are not covered: every round trip loses")
    assert "fees are not covered" not in Scene(take_profit="0.004").begin()


def test_the_start_says_what_boost_costs() -> None:
    """With boost there is no close to price: the fees of maker and taker are named instead."""
    assert Scene(boost=True).begin() == (
        "boost: buy 0.001 BTC at 62000 closes at market at once, 0.0167 USD fees a round trip"
    )


@BOTH_WAYS
@pytest.mark.parametrize(
    ("options", "bid"),
    [({"stop_price": CENTRE}, "62000.0"), ({"stop_loss_price": CENTRE}, "61999.9")],
)
def test_a_stop_that_would_act_at_once_is_refused(side: Side, options: dict[str, Any], bid: str) -> None:
    """A stop on the wrong side of the market is a mistake, named with the option and the market."""
    scene = Scene(side, **options).quote(bid, "62000.0")
    with pytest.raises(UserError, match=r"--stop.*price 62000: the market is at .*, the grid would stop at once"):
        scene.begin()
    scene.quote("62000.0" if "stop_loss_price" in options else "61999.8").begin()


def test_leverage_above_the_market_is_refused() -> None:
    """What margin is reckoned with cannot be more than the venue gives."""
    with pytest.raises(UserError, match="--leverage 60: BTC on paper allows 50 at most"):
        Scene(leverage=60).begin()
    Scene(leverage=50).begin()


def test_margin_for_no_entry_is_refused() -> None:
    """A cap below one entry's margin would never let one out."""
    with pytest.raises(UserError, match=r"--max-margin 61.9: one entry needs 62.00 USD: raise it"):
        Scene(max_margin="61.9").begin()
    Scene(max_margin=62).begin()
    Scene(max_margin="6.2", leverage=10).begin()


@BOTH_WAYS
def test_a_position_of_somebody_else_is_refused(side: Side) -> None:
    """More than two orders of position that no close covers: the grid does not begin; two it does, and says so."""
    scene = Scene(side)
    scene.held = D("0.003")
    shown = "0.003" if side is Side.BUY else "-0.003"
    with pytest.raises(UserError, match=rf"there is a position of {shown} BTC that no close of this grid covers"):
        scene.begin()
    scene.held = D("-0.003")
    with pytest.raises(UserError, match="--no-position-guard"):
        scene.begin()
    scene.held = D("0.002")
    assert scene.begin().endswith("; 0.002 BTC of the position has no close")


def test_without_the_guard_any_position_will_do() -> None:
    """--no-position-guard trades beside a position of somebody else, for hours."""
    scene = Scene(position_guard=False)
    scene.held = D(1)
    scene.begin()
    scene.step()
    assert scene.waits().at_s == 10
    assert scene.wait(3600).step() is None


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


# -- stops ------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_stop_price_keeps_what_is_there(side: Side) -> None:
    """At stop_price the entry is cancelled first; then the bot stops and leaves position and closes alone."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.lot()
    scene.wait(60).asked()
    assert scene.quote("62009.8").step() is None
    assert scene.waits().ahead == D("62010")
    result = scene.quote("62009.9").step()
    assert result is not None
    assert (result.action, result.cancels, result.orders) == (StrategyAction.PLACE_ORDER, ("entry-2",), ())
    assert result.message == f"cancel entry-2 at 62000: the market reached stop_price {scene.p('62010')}"
    assert scene.step() is None
    assert scene.waits().ahead is None
    result = scene.end("entry-2").step()
    assert result is not None
    assert (result.action, result.on_stop, result.cancels) == (StrategyAction.STOP, OnStop.KEEP, ())
    assert result.message == f"the market reached stop_price {scene.p('62010')}: position and closes are kept"


@BOTH_WAYS
def test_stop_price_is_not_taken_back(side: Side) -> None:
    """Once reached, the stop holds although the market turns, and what filled meanwhile gets its close first."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.step()
    scene.quote("62009.9").step()
    scene.quote("62000.0").fill("entry-1")
    assert scene.asked() == [("close-1", D("62012.4"))]
    scene.change("close-1", status=OrderStatus.SUBMITTED)
    assert scene.step() is None
    scene.change("close-1", status=OrderStatus.OPEN)
    result = scene.step()
    assert result is not None
    assert result.action is StrategyAction.STOP


@BOTH_WAYS
def test_stop_price_waits_for_a_refused_close(side: Side) -> None:
    """A close that the venue refused is placed again before the grid leaves, and the wait for that is known."""
    scene = Scene(side, stop_price=Scene(side).p("62010"))
    scene.begin()
    scene.step()
    scene.fill("entry-1").quote("62009.9")
    assert scene.asked(refuse=True) == [("close-1", D("62012.4"))]
    assert scene.step() is None
    assert scene.waits().at_s == 0.5
    assert scene.wait("0.5").asked() == [("close-1", D("62012.4"))]
    result = scene.step()
    assert result is not None
    assert result.action is StrategyAction.STOP


@BOTH_WAYS
def test_stop_loss_price_closes(side: Side) -> None:
    """When the mid passes stop_loss_price the bot stops and closes the position; the wait is for that price."""
    scene = Scene(side, stop_loss_price=Scene(side).p("61990"))
    scene.begin()
    scene.lot()
    assert scene.waits().behind == D(61_990)
    assert scene.quote("61989.9", "61990.1").step() is None
    result = scene.quote("61989.9", "61990.0").step()
    assert result is not None
    assert (result.action, result.on_stop) == (StrategyAction.STOP, OnStop.CLOSE)
    assert result.message == f"the mid passed stop_loss_price {scene.p('61990')}: the position is closed"


# -- the guard ----------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_guard_stops_beyond_two_orders(side: Side) -> None:
    """Every minute position and closes are compared: a difference of two orders passes, one step more stops."""
    scene = Scene(side, wait_time=3600)
    scene.begin()
    scene.lot()
    scene.held = D("0.003")
    assert scene.wait("59.999").step() is None
    assert scene.waits().at_s == pytest.approx(0.001)
    assert scene.wait("0.001").step() is None
    scene.held = D("0.004")
    assert scene.wait("59.999").step() is None
    result = scene.wait("0.001").step()
    assert result is not None
    assert (result.action, result.on_stop) == (StrategyAction.STOP, None)
    assert result.message == (
        "position and closes differ by 0.003 BTC: look at the account; --no-position-guard goes on regardless"
    )


def test_the_guard_counts_everything_that_is_known() -> None:
    """Resting closes, missing closes, dust and a partly filled entry all account for position."""
    scene = Scene(market=with_market(min_quantity=D("0.003")), quantity="0.003", wait_time=0)
    scene.begin()
    scene.lot()
    scene.wait(1).asked()
    scene.fill("entry-2", "0.001").end("entry-2")
    assert scene.wait(1).asked() == [("entry-3", CENTRE)]
    scene.fill("entry-3", "0.002")
    scene.end("close-1")
    assert scene.held == D("0.006")
    scene.wait(60)
    assert scene.asked() == [("close-1", D("62012.4"))]
    scene.held += D("0.007")
    result = scene.wait(60).step()
    assert result is not None
    assert "differ by 0.007 BTC" in result.message


def test_an_unknown_position_is_compared_with_nothing() -> None:
    """While the position is unknown the guard stays silent: unknown is not zero."""
    scene = Scene(wait_time=3600)
    scene.begin()
    for _ in range(3):
        scene.lot()
    scene.held = None
    assert scene.wait(60).step() is None


def test_orders_of_others_are_not_counted() -> None:
    """The bot's own closing order and orders of unknown names are neither entries nor closes nor numbers."""
    scene = Scene()
    scene.begin()
    scene.lot()
    stranger = scene.change("close-1")
    for intent in ("close-position", "close", "entry-x", "hedge-7"):
        scene.orders[intent] = stranger.__class__(
            intent=intent, client_order_id=intent, side=Side.SELL, quantity=D("0.5"), price=D(1)
        )
    assert scene.wait(30).asked() == [("entry-2", CENTRE)]
    scene.end("close-position")
    assert list(scene.grid.state.lots) == ["close-1"]


# -- restart --------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_state_survives_as_json(side: Side) -> None:
    """What is saved is plain JSON, and a grid that reads it back knows the same."""
    scene = Scene(side, random_timing=True, dynamic_profit=True)
    scene.begin()
    scene.lot()
    scene.end("close-1", OrderStatus.REJECTED)
    before = scene.grid.save_state()
    assert GridState.load(json.loads(json.dumps(before))).save() == before
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
