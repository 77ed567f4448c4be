"""A ladder killed at any moment goes on where it was: every fill keeps its take-profit, nothing is placed twice."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, View
from hypothesis import given, settings
from hypothesis import strategies as st
from lives_of_strategies import first_life, second_life
from msgspec.structs import replace
from trend_ladder_scenes import BOTH_WAYS, DIRECTIONS, Scene, begun
from worlds import START_NS, walk_tape

from exchanges.venue_session import VenueSession
from helpers.enums import Side
from helpers.errors import UserError
from helpers.journal_reader import JournalReader
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.trend_ladder.params import TrendLadderParams
from strategies.trend_ladder.strategy import TrendLadderStrategy

D = Decimal


# -- by hand ------------------------------------------------------------------------------------------------


def restarted(scene: Scene, state: Any) -> Scene:
    """Start again from this state, or from none."""
    scene.strategy = scene.kind(scene.config, View(scene.market))
    if state is not None:
        scene.strategy.restore_state(json.loads(json.dumps(state)))
    scene.begin()
    return scene


def quiet(scene: Scene, seconds: int = 30) -> Scene:
    """Let time pass with a venue that answers, but without entries."""
    scene.cash = None
    for _ in range(seconds):
        scene.wait(1).settle().step()
    scene.cash = D(10_000)
    return scene


def covered(scene: Desk) -> Decimal:
    """Give what the live take-profits would close."""
    return sum((order.remaining_quantity for order in scene.orders.values() if order.reduce_only), D(0))


@BOTH_WAYS
def test_the_orders_alone_are_enough(side: Side) -> None:
    """Without any saved state live take-profits are known again by their names, where they rest; none is doubled."""
    scene = quiet(restarted(begun(side, rungs=5), None))
    assert covered(scene) == D("0.005")
    assert {scene.price(intent) for intent in scene.orders} == {D(62_005)}
    assert scene.wait(60).asked() == [("entry-6", D(62_000))]


def test_the_orders_alone_tell_when_the_last_entry_may_have_been() -> None:
    """Nobody knows, so a whole pause begins."""
    scene = restarted(begun(rungs=1), None)
    assert scene.asked() == []
    assert scene.wakes_in() == 60


def test_a_position_whose_orders_are_gone_too() -> None:
    """Small: it gets a take-profit. Large: a person has to look."""
    for rungs in (2, 4):
        scene = begun(rungs=rungs)
        scene.orders.clear()
        if rungs == 2:
            assert covered(quiet(restarted(scene, None))) == D("0.002")
        else:
            with pytest.raises(UserError, match="close it first"):
                restarted(scene, None)


@BOTH_WAYS
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_state_one_step_older_than_the_orders(side: Side, data: st.DataObject) -> None:
    """Whatever the last step did: afterwards take-profits are for exactly the position, and no number is used twice."""
    scene, saved, used = begun(side, quantity="0.002"), [], set()
    for _ in range(data.draw(st.integers(1, 12))):
        saved.append(json.loads(json.dumps(scene.ladder.save_state())))
        what = data.draw(st.sampled_from(["enter", "fill", "part", "end", "wait"]))
        intents = list(scene.orders)
        intent = data.draw(st.sampled_from(intents)) if intents else ""
        if what == "enter":
            scene.wait(60)
        elif what == "wait" or not intent:
            scene.wait(1)
        elif what == "end":
            scene.end(intent)
        else:
            rest = scene.orders[intent].remaining_quantity
            scene.fill(intent, "0.001" if what == "part" and rest > D("0.001") else None)
        scene.step()
        used |= set(scene.orders)
    live = set(scene.orders)
    quiet(restarted(scene, saved[-1]))
    for order in [order for order in scene.orders.values() if not order.reduce_only]:
        scene.end(order.intent)
    quiet(scene)
    assert scene.held is not None
    assert covered(scene) == scene.held
    fresh = set(scene.orders) - live
    numbers = {intent.partition("-")[2].partition(".")[0] for intent in live}
    assert all(intent.partition("-")[2].partition(".")[0] not in numbers or intent.startswith("tp") for intent in fresh)


@pytest.mark.parametrize("both", [True, False])
def test_a_state_older_than_a_replacement(both: bool) -> None:
    """A replacement that the state does not know is the lot's take-profit; the one before goes if it still rests."""
    scene = begun(rungs=1, requote_mode="place_first")
    old = scene.ladder.save_state()
    before = scene.orders["tp-1"]
    scene.orders["tp-1.2"] = replace(before, intent="tp-1.2", client_order_id="new")
    if not both:
        del scene.orders["tp-1"]
    quiet(restarted(scene, old))
    assert list(scene.orders) == ["tp-1.2"]


def test_take_profits_that_a_stop_cancelled_come_back() -> None:
    """The default of --on-stop: the lots are saved, and each gets its take-profit at its own target."""
    scene = begun()
    for price in ("62000", "61990", "61980"):
        scene.quote(price).rung()
    for intent in list(scene.orders):
        scene.end(intent)
    quiet(scene.wait(3_600).restart())
    assert {scene.price(intent) for intent in scene.orders} == {D(62_005), D(61_995), D("61985")}


def test_a_state_of_something_else_is_refused() -> None:
    """In one line."""
    with pytest.raises(UserError, match="cannot be read"):
        begun().ladder.restore_state({"lots": 5})


# -- in whole runs --------------------------------------------------------------------------------------------


def ladder(sessions: list[VenueSession], side: Side) -> TrendLadderStrategy:
    """Give a ladder that trades often."""
    params = TrendLadderParams(
        direction=DIRECTIONS[side], take_profit_usd="1.5", wait_time=4, min_wait=2, max_wait=8, max_orders=20
    )
    return TrendLadderStrategy(StrategyConfig("BTC", D("0.004"), params, random.Random(5)), *sessions)


@pytest.mark.parametrize("remembers", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["long", "short"])
@pytest.mark.parametrize("seed", range(5))
def test_a_killed_ladder_goes_on(seed: int, side: Side, remembers: bool, tmp_path: Path) -> None:
    """After a kill at any moment position and take-profits agree to the last lot."""

    async def main(clock: VirtualClock) -> None:
        build = partial(ladder, side=side)
        moment = random.Random(seed).uniform(1, 150)
        world = await first_life(clock, tmp_path, walk_tape(seed, 1_200), build, moment)
        life = await second_life(clock, tmp_path, world.venue, build, 120, notes=remembers)
        await life.run()
        data = life.session.market_data()
        assert data is not None
        assert data.position is not None
        resting = sum(order.remaining_quantity for order in data.orders if order.reduce_only)
        moving = sum(order.filled_quantity for order in data.orders if not order.reduce_only)
        assert abs(data.position.quantity * side.sign - resting - moving) <= D("0.004")
        assert len(data.orders) <= 24

    run_virtual(main, start_ns=START_NS)
    with JournalReader(tmp_path / "second") as journal:
        messages = [decision.message for decision in journal.decisions()]
    assert messages
    if remembers:
        assert not [text for text in messages if "differs" in text]
