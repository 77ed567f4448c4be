"""Sleeping must change nothing: any strategy beside one of the same kind that is woken by everything."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from worlds import MARKET, START_NS, make_world

from exchanges.venue_session import VenueSession
from helpers.models import Market, MarketData
from helpers.risk_limits import RiskLimits
from helpers.status import DecisionLine
from simulation.profile import VenueProfile
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import BaseStrategy, StrategyConfig, Wake

# Drawdown is measured at steps, so a bot that steps more often sees deeper ones: no limit on it here.
LIMITS = RiskLimits(kill_switch=None, max_drawdown=None)


def sleepless(kind: type[BaseStrategy[Any]]) -> type[BaseStrategy[Any]]:
    """Give the same strategy, woken by everything besides by what it names."""

    class Sleepless(kind):  # type: ignore[misc,valid-type]  # a class made for one test
        def next_wake(self, market_data: MarketData) -> Wake:
            return replace(super().next_wake(market_data), book=True, orders=True, balances=True)

    return Sleepless


@dataclass
class Ran:
    """What a bot did."""

    trace: str
    steps: int
    fills: int
    lines: list[DecisionLine]


def run(
    kind: type[BaseStrategy[Any]],
    folder: Path,
    tape: Any,
    profile: VenueProfile,
    seconds: float,
    *,
    quantity: str = "0.002",
    market: Market = MARKET,
    **options: Any,
) -> Ran:
    """Run a bot to the end of a tape or of its time."""
    done: list[Ran] = []

    def build(sessions: list[VenueSession]) -> BaseStrategy[Any]:
        params = kind.params_model(**options)
        return kind(StrategyConfig("BTC", Decimal(quantity), params, random.Random(5)), *sessions)

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, folder, tape, build, profile=profile, market=market, limits=LIMITS, duration_s=seconds
        )
        await world.bot.run()
        status = world.bot.status()
        done.append(Ran(world.bot.recorder.trace.hexdigest(), status.steps, status.fills, world.lines.lines))

    run_virtual(main, start_ns=START_NS)
    return done[0]


def compare(own: Ran, every: Ran) -> None:
    """Say at which line they part, before the hashes do."""
    for mine, theirs in zip(own.lines, every.lines, strict=False):
        assert mine == theirs
    assert own.trace == every.trace
