"""A geometric grid through the bot: killed at any moment it goes on where it was, and it sits bad books out."""

from __future__ import annotations

import asyncio
import random
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from worlds import NO_DELAY, START_NS, TEN_MS, S, TapeWriter, World, context, make_world, walk_tape

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
from simulation.tape import RowKind
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.geometric_grid.params import GeometricGridParams
from strategies.geometric_grid.strategy import GeometricGridStrategy
from trading_bot import BotIdentity, TradingBot

D = Decimal


def grid(sessions: list[VenueSession]) -> GeometricGridStrategy:
    """Give a grid that trades often."""
    params = GeometricGridParams(range_pct=D("0.15"))
    return GeometricGridStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


async def first_life(clock: VirtualClock, folder: Path, seed: int, seconds: float) -> World:
    """Trade for so long, then die: what is on disk at that moment is all that is left, orders stay at the venue."""
    world = await make_world(clock, folder, walk_tape(seed, 1_000), grid, profile=TEN_MS, on_stop=OnStop.KEEP)
    life = asyncio.create_task(world.bot.run())
    await clock.sleep(seconds)
    shutil.copytree(folder / "test", folder / "crashed")
    world.bot.request_stop("killed")
    await life
    await world.client.disconnect()
    return world


async def second_life(
    clock: VirtualClock, folder: Path, venue: SimulatedVenue, *, notes: bool
) -> tuple[TradingBot, GeometricGridStrategy, VenueSession]:
    """Start again from the journal of the one that died, with its notes or without."""
    client = PaperClient(context(clock), venue, "tester")
    await client.connect()
    info = SessionInfo(
        session="second", strategy="geometric_grid", exchange="paper", account_id="tester", ticker="BTC", seed=0,
        started_ns=clock.now_ns(),
    )  # fmt: skip
    recorder = Recorder(Journal.create(folder, info), clock, Observer())
    session = VenueSession(client, await client.get_market("BTC"), recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    with JournalReader(folder / "crashed") as journal:
        client.context.ids.resume_after(journal.last_client_order_id() or "0")
        await recover(session, journal.live_orders(), journal.fills(), recorder)
        state = journal.strategy_state()
    strategy = grid([session])
    if state and notes:
        strategy.restore_state(state)
    bot = TradingBot(
        BotIdentity("second", "BTC"), strategy, [session], RiskManager(RiskLimits(kill_switch=None)), recorder, clock,
        on_stop=OnStop.KEEP, duration_ns=60 * S,
    )  # fmt: skip
    await bot.begin()
    return bot, strategy, session


@pytest.mark.parametrize("notes", [True, False], ids=["notes", "no notes"])
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_grid_goes_on(seed: int, notes: bool, tmp_path: Path) -> None:
    """After a kill at any moment the books are the position; with its notes nothing has to be put right for it."""
    moment = random.Random(seed).uniform(1, 150)

    async def main(clock: VirtualClock) -> None:
        world = await first_life(clock, tmp_path, seed, moment)
        bot, strategy, session = await second_life(clock, tmp_path, world.venue, notes=notes)
        await bot.run()
        assert bot.stopped_because == "the duration is over"
        data = session.market_data()
        assert data is not None
        assert data.position is not None
        state = strategy.state
        held = sum((lot.quantity for lot in state.lots.values()), state.dust) + (state.outside or 0)
        assert held == data.position.quantity
        covered = sum(order.remaining_quantity for order in data.orders if order.intent.startswith("exit-"))
        assert covered == abs(held - (state.outside or 0))

    run_virtual(main, start_ns=START_NS)
    with JournalReader(tmp_path / "second") as journal:
        said = [decision.message for decision in journal.decisions()]
    assert not notes or not [text for text in said if "without an order of this grid" in text]


def test_bad_books_are_sat_out(tmp_path: Path) -> None:
    """One-sided, crossed and silent books decide nothing; a fill among them has its exit when the book is back."""
    tape = TapeWriter(620_000, 620_001)
    tape.quote(5, 620_000, 0, 100, 0).trade(6, RowKind.SELL, 618_000, 10_000)
    tape.quote(8, 0, 619_000, 0, 100).quote(9, 619_500, 619_000).quote(10, 0, 0, 0, 0)
    for second in range(40, 60):
        tape.quote(second, 619_000 + second % 2, 619_010)

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, tape.tape(), grid, profile=NO_DELAY, on_stop=OnStop.KEEP, duration_s=58
        )
        await world.bot.run()
        assert world.bot.stopped_because == "the duration is over"
        state = world.strategy.state
        data = world.session.market_data()
        assert data is not None
        assert data.position is not None
        assert data.position.quantity > 0
        assert sum(lot.quantity for lot in state.lots.values()) == data.position.quantity
        exits = [order for order in data.orders if order.intent.startswith("exit-")]
        assert sum(order.remaining_quantity for order in exits) == data.position.quantity
        assert not world.lines.texts("rejected")
        assert not world.lines.texts("refused")

    run_virtual(main, start_ns=START_NS)
