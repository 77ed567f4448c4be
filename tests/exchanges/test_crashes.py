"""Killed at any instant, at any write: the next bot on the account finds everything and doubles nothing."""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from churner import churn
from lives import ACCOUNT, Build, Killed, check_invariants, closes_exceed_by, grid, live
from worlds import START_NS, D, make_venue, scripted, walk_tape

from simulation.profile import Latency, VenueProfile
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, run_virtual

MS = 1_000_000
PROFILE = VenueProfile(
    order_entry=Latency(base_ns=30 * MS, jitter_ns=40 * MS), response=Latency(base_ns=30 * MS, jitter_ns=40 * MS)
)
SECOND_LIFE_S = 100
ONE_ORDER = D("0.001")


def venue_for(seed: int) -> SimulatedVenue:
    """Open a venue on a lively market."""
    return make_venue(walk_tape(seed, rows=1_600, start=620_000), PROFILE)


async def go_on(clock: VirtualClock, folder: Path, venue: SimulatedVenue, build: Build) -> None:
    """Start the next bot, let it trade for a while, and look whether all is in order."""
    life = await live(clock, folder, venue, "life3", build)
    run = asyncio.create_task(life.bot.run())
    await clock.sleep(SECOND_LIFE_S)
    assert not run.done(), f"the bot stopped: {life.bot.stopped_because}"
    await check_invariants(clock, folder, life)
    exceeding = closes_exceed_by(life)
    await life.die(run)
    assert build is not grid or exceeding <= ONE_ORDER


# -- at any instant -----------------------------------------------------------------------------


def killed_at_an_instant(seed: int, build: Build) -> None:
    """Kill a bot after a random while, leave the account alone for a random while, and go on."""
    rng = random.Random(seed)

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, venue = Path(name), venue_for(seed)
            clock.attach(venue)
            life = await live(clock, folder, venue, "life1", build)
            run = asyncio.create_task(life.bot.run())
            await clock.sleep(rng.uniform(0.01, 120))
            await life.die(run)
            await clock.sleep(rng.choice([0, 0.05, 1, 30]))
            await go_on(clock, folder, venue, build)

    run_virtual(main, start_ns=START_NS)


@pytest.mark.parametrize("seed", range(16))
def test_a_grid_killed_at_any_instant(seed: int) -> None:
    """Orders, position and closes are in order again soon after the restart."""
    killed_at_an_instant(seed, grid)


@pytest.mark.parametrize("seed", range(100, 116))
def test_a_churner_killed_at_any_instant(seed: int) -> None:
    """Orders being placed, amended and cancelled at the kill are found and carried on."""
    killed_at_an_instant(seed, scripted(churn(seed)))


# -- at any write -------------------------------------------------------------------------------


def killed_at_a_write(seed: int, build: Build) -> None:
    """Kill one bot at a write to its journal and the next one at one of its first, and let a third go on."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder, venue = Path(name), venue_for(seed)
        at, before = rng.randint(2, 250), rng.random() < 0.5
        die_in_a_loop(folder, venue, "life1", build, at, before=before)
        at, before = rng.randint(1, 40), rng.random() < 0.5
        die_in_a_loop(folder, venue, "life2", build, at, before=before)

        async def main(clock: VirtualClock) -> None:
            clock.attach(venue)
            await go_on(clock, folder, venue, build)

        run_virtual(main, start_ns=venue.core.now_ns)


def die_in_a_loop(folder: Path, venue: SimulatedVenue, name: str, build: Build, at: int, *, before: bool) -> None:
    """Run a bot in a process of its own, so to speak, until a write kills it."""

    async def main(clock: VirtualClock) -> None:
        clock.attach(venue)
        life = await live(clock, folder, venue, name, build, dies_at=at, dies_before=before)
        run = asyncio.create_task(life.bot.run())
        run.add_done_callback(lambda task: task.cancelled() or task.exception())
        await clock.sleep(120)
        await life.die(run)

    with suppress(Killed):
        run_virtual(main, start_ns=venue.core.now_ns)
    venue.deliveries.unsubscribe(ACCOUNT)


@pytest.mark.parametrize("seed", range(16))
def test_a_grid_killed_at_any_write(seed: int) -> None:
    """Whichever line is the last one in the journal, the next bot goes on from it."""
    killed_at_a_write(seed, grid)


@pytest.mark.parametrize("seed", range(100, 116))
def test_a_churner_killed_at_any_write(seed: int) -> None:
    """The same with orders that are amended and cancelled all the time."""
    killed_at_a_write(seed, scripted(churn(seed)))
