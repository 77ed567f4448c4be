"""A perp market maker in whole runs: on a broken book, and killed at any moment."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lives_of_strategies import first_life, second_life
from worlds import NO_DELAY, START_NS, TEN_MS, TapeWriter, make_world, walk_tape

from exchanges.venue_session import VenueSession
from helpers.risk_limits import RiskLimits
from simulation.tape import MemoryTape, RowKind
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.perp_market_maker.params import PerpMarketMakerParams
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy

D = Decimal
LIMITS = RiskLimits(kill_switch=None)


def maker(sessions: list[VenueSession], **options: Any) -> PerpMarketMakerStrategy:
    """Give a maker of 0.002 BTC."""
    params = PerpMarketMakerParams(**options)
    return PerpMarketMakerStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


def broken_tape() -> MemoryTape:
    """Give a market that loses a side, both sides, and its order, each for 20 s, then is well again."""
    tape = TapeWriter(620_000, 620_001)
    for second in range(1, 20):
        tape.quote(second, 620_000, 620_001, 100 + second % 2)
    tape.quote(20, 620_000, 0, 100, 0).quote(40, 0, 0, 0, 0).quote(60, 620_100, 620_050).quote(80, 620_020, 620_021)
    for second in range(81, 140):
        tape.quote(second, 620_020, 620_021, 100 + second % 2)
    tape.trade(140, RowKind.SELL, 619_000, 10_000)
    return tape.quote(141, 620_020, 620_021).quote(170, 620_020, 620_022).tape()


@pytest.mark.parametrize("cancel_before_place", [True, False])
def test_a_broken_book_is_left_and_come_back_to(*, cancel_before_place: bool, tmp_path: Path) -> None:
    """Quotes leave after book_patience, nothing is decided meanwhile, and the first good book gets new ones."""

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock,
            tmp_path,
            broken_tape(),
            lambda sessions: maker(sessions, cancel_before_place=cancel_before_place),
            profile=TEN_MS,
            limits=LIMITS,
        )
        life = asyncio.create_task(world.bot.run())
        await clock.sleep(15.5)
        assert len(world.session.tracker.live()) == 6
        await clock.sleep(10)
        assert world.session.tracker.live() == ()
        decisions = world.bot.recorder.decisions
        await clock.sleep(50)
        assert world.bot.recorder.decisions == decisions
        await clock.sleep(10)
        assert len(world.session.tracker.live()) == 6
        await life
        assert not world.lines.texts("refused")
        assert not world.lines.texts("rejected")
        assert world.bot.status().fills == 3
        held = world.session.beliefs.ledger.position
        assert held == D("0.006")

    run_virtual(main, start_ns=START_NS)


def test_a_trend_is_closed_at_market(tmp_path: Path) -> None:
    """Falling through both rounds of buys it passes the threshold: quotes leave, and the whole position is sold."""
    tape = TapeWriter(620_000, 620_001)
    tape.trade(5, RowKind.SELL, 619_000, 10_000).quote(6, 619_400, 619_401)
    tape.quote(16, 619_400, 619_401, 99).trade(20, RowKind.SELL, 618_000, 10_000).quote(21, 618_800, 618_801)

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, tape.quote(40, 618_800, 618_802).tape(), maker, profile=NO_DELAY, limits=LIMITS
        )
        await world.bot.run()
        texts = world.lines.texts("place_order")
        assert any(text.startswith("cancel all 3 quotes: position 0.008 is 0.008 beyond the target") for text in texts)
        assert [text for text in texts if "sell 0.008 BTC at market: position 0.008 is 0.008 beyond" in text]
        assert world.session.beliefs.ledger.position == 0

    run_virtual(main, start_ns=START_NS)


@pytest.mark.parametrize("cancel_before_place", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_maker_goes_on(seed: int, cancel_before_place: bool, tmp_path: Path) -> None:
    """Killed at any moment and started from its journal, it places nothing twice and keeps its limits."""
    moment = random.Random(seed).uniform(1, 60)
    options: dict[str, Any] = {
        "base_spread_pct": "0.02", "refresh_interval": 3, "cancel_before_place": cancel_before_place,
    }  # fmt: skip

    async def main(clock: VirtualClock) -> None:
        build = partial(maker, **options)
        world = await first_life(clock, tmp_path, walk_tape(seed, 600), build, moment, LIMITS)
        life = await second_life(clock, tmp_path, world.venue, build, 60, LIMITS)
        await life.run()
        session = life.session
        assert session.foreign == frozenset()
        assert len(session.tracker.live()) <= 7
        assert abs(session.beliefs.ledger.position) <= D("0.008")
        assert life.bot.status().fills > 0

    run_virtual(main, start_ns=START_NS)
