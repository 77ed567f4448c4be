"""A grid killed at any moment goes on where it was: every fill keeps its close, nothing is placed twice."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lives_of_strategies import first_life, second_life
from worlds import NO_DELAY, START_NS, TapeWriter, make_world, walk_tape

from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.enums import Side
from helpers.journal_reader import JournalReader
from simulation.tape import RowKind
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.grid.params import GridParams
from strategies.grid.strategy import GridStrategy
from strategies.grid.view import GridView

D = Decimal
OPTIONS: dict[str, Any] = {"wait_time": 2, "take_profit": "0.015"}


def grid(sessions: list[VenueSession], side: Side) -> GridStrategy:
    """Give a grid that trades often."""
    params = GridParams(direction=side, **OPTIONS)
    return GridStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


def lives(folder: Path, seed: int, side: Side) -> list[str]:
    """Kill a grid at a moment of the seed, let another one go on, and give what that one decided."""
    moment = random.Random(seed).uniform(1, 150)

    async def main(clock: VirtualClock) -> None:
        build = partial(grid, side=side)
        world = await first_life(clock, folder, walk_tape(seed, 1_200), build, moment)
        life = await second_life(clock, folder, world.venue, build, 120)
        await life.run()
        data = life.session.market_data()
        assert data is not None
        assert GridView(data, side, life.strategy.state).difference() == 0

    run_virtual(main, start_ns=START_NS)
    with JournalReader(folder / "second") as journal:
        return [decision.message for decision in journal.decisions()]


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["buy", "sell"])
@pytest.mark.parametrize("seed", range(12))
def test_a_killed_grid_goes_on(seed: int, side: Side, tmp_path: Path) -> None:
    """After a kill at any moment position and closes agree to the last lot, and no lot has to be dropped for it."""
    assert not [text for text in lives(tmp_path, seed, side) if "needs only" in text]


def test_a_fill_that_nobody_decided_on_is_kept(tmp_path: Path) -> None:
    """An entry fills while the book has one side only, so no decision follows: its lot is on disk with the fill."""
    tape = TapeWriter(620_000, 620_001)
    tape.quote(5, 620_000, 0, 100, 0).trade(6, RowKind.SELL, 619_990, 10_000)
    for second in range(7, 60):
        tape.quote(second, 619_990, 0, 100 + second % 2, 0)

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock,
            tmp_path,
            tape.tape(),
            lambda sessions: grid(sessions, Side.BUY),
            profile=NO_DELAY,
            on_stop=OnStop.KEEP,
        )
        life = asyncio.create_task(world.bot.run())
        await clock.sleep(30)
        with JournalReader(tmp_path / "test") as journal:
            assert [fill.price for fill in journal.fills()] == [D(62_000)]
            saved = journal.strategy_state()
        world.bot.request_stop("enough")
        await life
        assert saved is not None
        assert list(saved["lots"]) == ["close-1"]

    run_virtual(main, start_ns=START_NS)
