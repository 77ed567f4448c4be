"""Half an hour behind a bad line, many times over: afterwards we believe what is true, and nothing was done twice."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from churner import churn
from fake_client import make_journal
from faulty_client import FaultyClient, Line
from worlds import START_NS, TEN_MS, D, Lines, World, context, make_venue, scripted, walk_tape

from exchanges.base import Capability
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.ledger import Ledger
from helpers.models import Market
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import BaseStrategy, StrategyConfig
from strategies.factory import strategies
from trading_bot import BotIdentity, TradingBot

FAULTY_S = 1_800
HEALED_S = 240
Build = Callable[[list[VenueSession]], BaseStrategy[Any]]


class WithoutAmend(FaultyClient):
    """The same, on a venue that cannot amend."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        return super().capabilities - {Capability.AMEND}


def grid(sessions: list[VenueSession]) -> BaseStrategy[Any]:
    """Give a grid that trades often."""
    strategy_class = strategies.load("grid")
    params = strategy_class.params_model(take_profit="0.01", wait_time=5, max_orders=10)  # type: ignore[call-arg]  # the grid's own
    return strategy_class(StrategyConfig("BTC", D("0.001"), params, random.Random(1)), *sessions)


async def open_world(
    clock: VirtualClock, folder: Path, seed: int, build: Build, client_class: type[FaultyClient], on_stop: OnStop
) -> World:
    """Build a bot behind a bad line; only its start is undisturbed."""
    venue = make_venue(walk_tape(seed, rows=(FAULTY_S + HEALED_S) * 5, start=620_000), TEN_MS)
    clock.attach(venue)
    client = client_class(context(clock), venue, "tester").use(Line(random.Random(seed), is_healthy=True))
    await client.connect()
    journal, lines = make_journal(folder), Lines()
    recorder = Recorder(journal, clock, lines)
    market: Market = await client.get_market("BTC")
    session = VenueSession(client, market, recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    await recover(session, (), (), recorder)
    strategy = build([session])
    bot = TradingBot(
        BotIdentity("test", "BTC"),
        strategy,
        [session],
        RiskManager(RiskLimits(kill_switch=None)),
        recorder,
        clock,
        on_stop=on_stop,
        duration_ns=None,
    )
    await bot.begin()
    return World(venue, client, session, bot, lines, journal, strategy)


def campaign(seed: int, build: Build, client_class: type[FaultyClient] = FaultyClient) -> dict[str, int]:
    """Run a bot behind a bad line, heal it, compare, break it again, stop, and give the faults that struck."""

    async def main(clock: VirtualClock) -> dict[str, int]:
        with tempfile.TemporaryDirectory() as folder:
            world = await open_world(clock, Path(folder), seed, build, client_class, OnStop.CANCEL)
            assert isinstance(world.client, FaultyClient)
            life = asyncio.create_task(world.bot.run())
            world.client.line.is_healthy = False
            await clock.sleep(FAULTY_S)
            world.client.line.is_healthy = True
            await clock.sleep(HEALED_S)
            assert not life.done(), f"the bot stopped: {world.bot.stopped_because}"
            await compare(clock, world)
            await stop_behind_a_bad_line(clock, world, life)
            world.journal.abandon()
            return world.client.line.happened

    return run_virtual(main, start_ns=START_NS)


async def compare(clock: VirtualClock, world: World) -> None:
    """Compare what the bot believes with what the venue knows, at a moment when no news is on its way."""
    for _ in range(40):
        if believed(world) == known(world):
            break
        await clock.sleep(0.05)
    assert believed(world) == known(world)
    assert [text for text in world.lines.texts("health") if "outside the bot" in text] == []
    assert world.session.tracker.missing_fills() == ()


def believed(world: World) -> object:
    """Give what the bot believes: books and live orders."""
    orders = {
        order.client_order_id: (order.price, order.quantity, order.filled_quantity)
        for order in world.session.tracker.live()
    }
    return books(world.session.beliefs.ledger), orders


def known(world: World) -> object:
    """Give what the venue knows."""
    account = world.venue.core.accounts["tester"]
    infos = {key: account.known[key] for key in account.live}
    return books(account.ledger("BTC")), {key: (info.price, info.size, info.filled_size) for key, info in infos.items()}


def books(ledger: Ledger) -> object:
    """Give the figures that do not depend on the order in which fills were heard."""
    return ledger.position, ledger.fees, ledger.funding, ledger.cash_flow


async def stop_behind_a_bad_line(clock: VirtualClock, world: World, life: asyncio.Task[None]) -> None:
    """Stop while the line is bad again: nothing that increases risk leaves, and what remains is said."""
    assert isinstance(world.client, FaultyClient)
    world.client.line.is_healthy = False
    stopped_ns = clock.now_ns()
    world.bot.request_stop("enough")
    await life
    world.client.line.is_healthy = True
    await clock.sleep(20)  # what is still on its way arrives
    after = [sent for sent in world.client.sent if sent.at_ns > stopped_ns and not sent.reduce_only]
    assert after == []
    assert world.client.doubles == []
    left = world.venue.core.accounts["tester"].live
    assert not left or any("may still be open" in text for text in world.lines.texts("stop"))


@pytest.mark.parametrize("seed", range(8))
def test_churning_behind_a_bad_line(seed: int) -> None:
    """Orders placed, amended and cancelled all the time: not one is lost, doubled or forgotten."""
    faults = campaign(seed, scripted(churn(seed)))
    assert min(faults.get(name, 0) for name in ("request lost", "request late", "reply lost", "news lost")) > 10


@pytest.mark.parametrize("seed", range(100, 106))
def test_churning_where_nothing_can_be_amended(seed: int) -> None:
    """Cancel and replace behind a bad line never overfills and never leaves two orders."""
    campaign(seed, scripted(churn(seed)), WithoutAmend)


@pytest.mark.parametrize("seed", range(200, 208))
def test_a_grid_behind_a_bad_line(seed: int) -> None:
    """The grid trades on through everything."""
    campaign(seed, grid)
