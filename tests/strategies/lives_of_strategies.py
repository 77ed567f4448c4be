"""A bot that dies at a moment, and the one that goes on from its journal: any strategy, on the simulated venue."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worlds import TEN_MS, S, World, context, make_world

from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import Clock
from helpers.decisions import OnStop
from helpers.journal import Journal
from helpers.journal_reader import JournalReader
from helpers.journal_schema import SessionInfo
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import Observer
from simulation.tape import MemoryTape
from simulation.venue import SimulatedVenue
from strategies.base_strategy import BaseStrategy
from trading_bot import BotIdentity, TradingBot

Build = Callable[[list[VenueSession]], BaseStrategy[Any]]
LIMITS = RiskLimits(kill_switch=None)


@dataclass
class Life:
    """A bot that has begun and not yet run."""

    bot: TradingBot
    strategy: Any
    session: VenueSession

    async def run(self) -> None:
        """Trade until the time is over."""
        await self.bot.run()
        assert self.bot.stopped_because == "the duration is over"


async def first_life(
    clock: Clock, folder: Path, tape: MemoryTape, build: Build, seconds: float, limits: RiskLimits = LIMITS
) -> World:
    """Trade for so long, then die: what is on disk at that moment is all that is left, orders stay at the venue."""
    world = await make_world(clock, folder, tape, build, profile=TEN_MS, limits=limits, on_stop=OnStop.KEEP)
    life = asyncio.create_task(world.bot.run())
    await clock.sleep(seconds)
    shutil.copytree(folder / "test", folder / "crashed")
    world.bot.request_stop("killed")
    await life
    await world.client.disconnect()
    return world


async def second_life(
    clock: Clock,
    folder: Path,
    venue: SimulatedVenue,
    build: Build,
    seconds: float,
    limits: RiskLimits = LIMITS,
    *,
    notes: bool = True,
) -> Life:
    """Begin again from the journal of the one that died, with what its strategy saved or without."""
    client = PaperClient(context(clock), venue, "tester")
    await client.connect()
    info = SessionInfo(
        session="second", strategy="any", exchange="paper", account_id="tester", ticker="BTC", seed=0,
        started_ns=clock.now_ns(),
    )  # fmt: skip
    recorder = Recorder(Journal.create(folder, info), clock, Observer())
    session = VenueSession(client, await client.get_market("BTC"), recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    with JournalReader(folder / "crashed") as journal:
        client.context.ids.resume_after(journal.last_client_order_id() or "0")
        await recover(session, journal.live_orders(), journal.fills(), recorder)
        state = journal.strategy_state()
    strategy = build([session])
    if state and notes:
        strategy.restore_state(state)
    bot = TradingBot(
        BotIdentity("second", "BTC"), strategy, [session], RiskManager(limits), recorder, clock,
        on_stop=OnStop.KEEP, duration_ns=round(seconds * S),
    )  # fmt: skip
    await bot.begin()
    return Life(bot, strategy, session)
