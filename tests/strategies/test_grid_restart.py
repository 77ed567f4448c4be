"""A grid killed at any moment goes on where it was: every fill keeps its close, nothing is placed twice."""

from __future__ import annotations

import asyncio
import random
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import NO_DELAY, START_NS, TEN_MS, S, TapeWriter, World, context, make_world, walk_tape

from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.enums import Side
from helpers.journal import Journal
from helpers.journal_reader import JournalReader
from helpers.journal_schema import SessionInfo
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import Observer
from simulation.tape import MemoryTape, RowKind
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.grid.params import GridParams
from strategies.grid.strategy import GridStrategy
from strategies.grid.view import GridView
from trading_bot import BotIdentity, TradingBot

D = Decimal
OPTIONS: dict[str, Any] = {"wait_time": 2, "take_profit": "0.015"}


def grid(sessions: list[VenueSession], side: Side) -> GridStrategy:
    """Give a grid that trades often."""
    params = GridParams(direction=side, **OPTIONS)
    return GridStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


async def first_life(clock: VirtualClock, folder: Path, tape: MemoryTape, side: Side, seconds: float) -> World:
    """Trade for so long, then die: what is on disk at that moment is all that is left, orders stay at the venue."""
    world = await make_world(
        clock, folder, tape, lambda sessions: grid(sessions, side), profile=TEN_MS, on_stop=OnStop.KEEP
    )
    life = asyncio.create_task(world.bot.run())
    await clock.sleep(seconds)
    shutil.copytree(folder / "test", folder / "crashed")
    world.bot.request_stop("killed")
    await life
    await world.client.disconnect()
    return world


async def second_life(
    clock: VirtualClock, folder: Path, venue: SimulatedVenue, side: Side, seconds: float
) -> tuple[TradingBot, GridStrategy, VenueSession]:
    """Start again from the journal of the one that died."""
    client = PaperClient(context(clock), venue, "tester")
    await client.connect()
    info = SessionInfo(
        session="second",
        strategy="grid",
        exchange="paper",
        account_id="tester",
        ticker="BTC",
        seed=0,
        started_ns=clock.now_ns(),
    )
    recorder = Recorder(Journal.create(folder, info), clock, Observer())
    market = await client.get_market("BTC")
    session = VenueSession(client, market, recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    with JournalReader(folder / "crashed") as journal:
        client.context.ids.resume_after(journal.last_client_order_id() or "0")
        await recover(session, journal.live_orders(), journal.fills(), recorder)
        state = journal.strategy_state()
    strategy = grid([session], side)
    if state:
        strategy.restore_state(state)
    bot = TradingBot(
        BotIdentity("second", "BTC"), strategy, [session], RiskManager(RiskLimits(kill_switch=None)), recorder, clock,
        on_stop=OnStop.KEEP, duration_ns=round(seconds * S),
    )  # fmt: skip
    await bot.begin()
    return bot, strategy, session


def lives(folder: Path, seed: int, side: Side) -> list[str]:
    """Kill a grid at a moment of the seed, let another one go on, and give what that one decided."""
    moment = random.Random(seed).uniform(1, 150)

    async def main(clock: VirtualClock) -> None:
        world = await first_life(clock, folder, walk_tape(seed, 1_200), side, moment)
        bot, strategy, session = await second_life(clock, folder, world.venue, side, 120)
        await bot.run()
        assert bot.stopped_because == "the duration is over"
        data = session.market_data()
        assert data is not None
        assert GridView(data, side, strategy.state).difference() == 0

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
