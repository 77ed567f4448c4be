"""The maker after a crash: what was left is cancelled once, the volatility goes on, nothing doubles."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path

import pytest
from avellaneda_scenes import D, Scene
from desk import View
from lives_of_strategies import first_life, second_life
from worlds import START_NS, S, walk_tape

from exchanges.venue_session import VenueSession
from helpers.enums import OrderStatus
from helpers.journal_reader import JournalReader
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.avellaneda_stoikov.inventory import Mode
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy
from strategies.base_strategy import StrategyConfig

MOST = D("0.006")


def anew(scene: Scene, state: str | None) -> Scene:
    """Put a new strategy in its place that knows this saved state, or none."""
    scene.strategy = scene.kind(scene.config, View(scene.market))
    if state is not None:
        scene.strategy.restore_state(json.loads(state))
    scene.begin()
    return scene


@pytest.mark.parametrize("moment", ["newest", "older", "none"])
def test_what_was_left_is_cancelled_then_it_quotes(moment: str) -> None:
    """Whatever it remembers: old orders go first, all at once; new ones follow when they are gone."""
    scene = Scene()
    older = json.dumps(scene.maker.save_state())
    scene.next()
    scene.quote("62005.0").next()  # two orders a side: it died between the two steps
    state = {"newest": json.dumps(scene.maker.save_state()), "older": older, "none": None}[moment]
    anew(scene, state)
    result = scene.step()
    assert result is not None
    assert set(result.cancels) == {"bid-a", "bid-b", "ask-a", "ask-b"}
    assert len(result.cancels) == 4
    assert not result.orders
    assert scene.next() is None  # the cancels are on their way
    scene.settle()
    scene.know(25).rest()
    assert scene.sides() == {"bid": "61995.0", "ask": "62015.1"}


def test_an_unanswered_order_of_before_is_waited_for() -> None:
    """What the venue has not answered yet is left until it has; meanwhile nothing is quoted."""
    scene = Scene()
    scene.next()
    scene.change("bid-a", status=OrderStatus.UNKNOWN)
    anew(scene, json.dumps(scene.maker.save_state()))
    result = scene.next()
    assert result is not None
    assert result.cancels == ("ask-a",)
    assert scene.settle().next() is None
    scene.change("bid-a", status=OrderStatus.OPEN)
    result = scene.next()
    assert result is not None
    assert result.cancels == ("bid-a",)
    assert len(scene.settle().rest().sides()) == 2


def test_volatility_mode_and_back_off_survive() -> None:
    """A short restart goes on with the variance; a position on its way down goes on down."""
    scene = Scene().held("0.010").rest().held("0.008").rest()
    scene.maker.state.bid.back_off.refused(scene.now_ns)
    scene.restart().begin()
    state = scene.maker.state
    assert state.mode is Mode.LONG_REDUCE
    assert state.volatility.variance == 25
    assert state.bid.back_off.refusals == 1
    scene.rest()
    assert {order.reduce_only for order in scene.orders.values()} == {True}


def test_other_options_take_the_old_prices_along() -> None:
    """A restart with another sampling keeps what the samples covered, and takes the next one at once."""
    scene = Scene()
    saved = json.loads(json.dumps(scene.maker.save_state()))
    scene.config = StrategyConfig(
        "BTC", D("0.001"), AvellanedaStoikovParams(sample_interval=10, window=600, ewma_alpha="0.5"), random.Random(1)
    )
    scene.strategy = scene.kind(scene.config, View(scene.market))
    scene.strategy.restore_state(saved)
    volatility = scene.maker.state.volatility
    assert volatility.variance == 25
    assert volatility.average.alpha == D("0.5")
    assert volatility.sampler.interval_ns == 10 * S
    assert volatility.sampler.is_due(scene.now_ns)


def test_late_news_of_an_earlier_session_does_no_harm() -> None:
    """A fill or an end told after the restart, and told twice, changes neither orders nor pauses."""
    scene = Scene()
    scene.next()
    over = scene.change("bid-a", status=OrderStatus.FILLED, filled_quantity=D("0.001"), average_price=D(61_990))
    scene.restart()
    scene.orders.clear()
    scene.begin()
    for _ in range(2):
        scene.maker.notify_order_closed(over)
    scene.held("0.001").rest()
    assert scene.sides() == {"bid": "61987.0", "ask": "62007.1"}


# -- through the bot ---------------------------------------------------------------------------------


def maker(sessions: list[VenueSession]) -> AvellanedaStoikovStrategy:
    """Give one that trades often at a price of 10,000."""
    params = AvellanedaStoikovParams(kappa=10, window=5, requote_ticks=1, max_position_base=MOST)
    return AvellanedaStoikovStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


async def two_lives(clock: VirtualClock, folder: Path, seed: int) -> None:
    """Trade, die at a moment of the seed with orders left at the venue, start again from the journal."""
    moment = random.Random(seed).uniform(8, 120)
    world = await first_life(clock, folder, walk_tape(seed, 1_200), maker, moment)
    life = await second_life(clock, folder, world.venue, maker, 60)
    session = life.session
    left = {order.intent for order in session.tracker.live()}
    await life.run()
    with JournalReader(folder / "second") as journal:
        decisions = [decision.message for decision in journal.decisions()]
        positions = [fill.quantity * fill.side.sign for fill in journal.fills()]
    assert left == {text.split()[1].removesuffix(":") for text in decisions[0].split("; ") if "earlier session" in text}
    assert not [text for text in decisions[1:] if "earlier session" in text]
    assert len(positions) > 2
    assert session.beliefs.position is not None
    assert abs(session.beliefs.position.quantity) <= MOST
    live = [order.intent for order in session.tracker.live()]
    assert len(live) == len(set(live)) <= 4


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_maker_goes_on(seed: int, tmp_path: Path) -> None:
    """After a kill at any moment the orders left at the venue are cancelled once and quoting goes on."""

    async def main(clock: VirtualClock) -> None:
        await two_lives(clock, tmp_path, seed)

    run_virtual(main, start_ns=START_NS)


def test_a_decimal_survives_the_journal() -> None:
    """Saved and read back as JSON the state is the same to the last digit."""
    scene = Scene()
    scene.maker.state.volatility.average.value = Decimal(1) / 3
    saved = scene.maker.save_state()
    scene.restart()
    assert scene.maker.save_state() == {**saved, "refresh_due_ns": 0}
