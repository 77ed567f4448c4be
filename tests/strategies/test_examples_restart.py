"""The examples killed at any moment, in whole runs: they go on where they were, and nothing is doubled."""

from __future__ import annotations

import asyncio
import random
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import START_NS, TEN_MS, context, make_world, walk_tape

from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.journal import Journal
from helpers.journal_reader import JournalReader
from helpers.journal_schema import SessionInfo
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import Observer
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import BaseStrategy, StrategyConfig
from strategies.examples.momentum import MomentumStrategy
from strategies.examples.scalping import ScalpingStrategy
from trading_bot import BotIdentity, TradingBot

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


async def second_life(
    clock: VirtualClock, folder: Path, venue: SimulatedVenue, kind: type[BaseStrategy[Any]]
) -> tuple[TradingBot, VenueSession]:
    """Start again from the journal of the one that died."""
    client = PaperClient(context(clock), venue, "tester")
    await client.connect()
    info = SessionInfo(
        session="second", strategy=kind.get_strategy_name(), exchange="paper", account_id="tester", ticker="BTC",
        seed=0, started_ns=clock.now_ns(),
    )  # fmt: skip
    recorder = Recorder(Journal.create(folder, info), clock, Observer())
    session = VenueSession(client, await client.get_market("BTC"), recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    with JournalReader(folder / "crashed") as journal:
        client.context.ids.resume_after(journal.last_client_order_id() or "0")
        await recover(session, journal.live_orders(), journal.fills(), recorder)
        state = journal.strategy_state()
    strategy = build(kind, [session])
    if state:
        strategy.restore_state(state)
    bot = TradingBot(
        BotIdentity("second", "BTC"), strategy, [session], RiskManager(RiskLimits(kill_switch=None)), recorder, clock,
        on_stop=OnStop.KEEP, duration_ns=100_000_000_000,
    )  # fmt: skip
    await bot.begin()
    return bot, session


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.get_strategy_name())
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_example_goes_on(seed: int, kind: type[BaseStrategy[Any]], tmp_path: Path) -> None:
    """After a kill at any moment the next life trades on; never more than one order, never more than one quantity."""

    async def main(clock: VirtualClock) -> None:
        tape = walk_tape(seed, 1_200)
        world = await make_world(
            clock, tmp_path, tape, lambda sessions: build(kind, sessions), profile=TEN_MS, on_stop=OnStop.KEEP
        )
        life = asyncio.create_task(world.bot.run())
        await clock.sleep(random.Random(seed).uniform(20, 120))
        shutil.copytree(tmp_path / "test", tmp_path / "crashed")
        world.bot.request_stop("killed")
        await life
        await world.client.disconnect()
        bot, session = await second_life(clock, tmp_path, world.venue, kind)
        life = asyncio.create_task(bot.run())
        while not life.done():
            await clock.sleep(0.1)
            position = session.beliefs.position
            assert position is not None
            assert abs(position.quantity) <= QUANTITY
            assert len(session.tracker.live()) <= 1
        await life
        assert bot.stopped_because == "the duration is over"
        assert bot.status().fills > 3

    run_virtual(main, start_ns=START_NS)
