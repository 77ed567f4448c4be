"""The examples killed at any moment, in whole runs: they go on where they were, and nothing is doubled."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lives_of_strategies import first_life, second_life
from worlds import START_NS, walk_tape

from exchanges.venue_session import VenueSession
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import BaseStrategy, StrategyConfig
from strategies.examples.momentum import MomentumStrategy
from strategies.examples.scalping import ScalpingStrategy

D = Decimal
QUANTITY = D("0.002")
EXAMPLES: dict[type[BaseStrategy[Any]], dict[str, Any]] = {
    MomentumStrategy: {"lookback_period": 3, "bar_length": 1, "threshold": 0},
    ScalpingStrategy: {"imbalance": 60, "cooldown": 0, "take_profit": "0.005", "stop_loss": "0.02", "max_hold": 20},
}


def build(kind: type[BaseStrategy[Any]], sessions: list[VenueSession]) -> BaseStrategy[Any]:
    """Give an example that trades often."""
    params = kind.params_model(**EXAMPLES[kind])
    return kind(StrategyConfig("BTC", QUANTITY, params, random.Random(5)), *sessions)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.get_strategy_name())
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_example_goes_on(seed: int, kind: type[BaseStrategy[Any]], tmp_path: Path) -> None:
    """After a kill at any moment the next life trades on; never more than one order, never more than one quantity."""

    async def main(clock: VirtualClock) -> None:
        make = partial(build, kind)
        moment = random.Random(seed).uniform(20, 120)
        world = await first_life(clock, tmp_path, walk_tape(seed, 1_200), make, moment)
        second = await second_life(clock, tmp_path, world.venue, make, 100)
        session = second.session
        life = asyncio.create_task(second.run())
        while not life.done():
            await clock.sleep(0.1)
            position = session.beliefs.position
            assert position is not None
            assert abs(position.quantity) <= QUANTITY
            assert len(session.tracker.live()) <= 1
        await life
        assert second.bot.status().fills > 3

    run_virtual(main, start_ns=START_NS)
