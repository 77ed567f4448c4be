"""Killed at any instant, at any write: the next bot on the account finds everything and doubles nothing."""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from churner import churn
from lives import Build, Killed, Life, check_invariants, closes_exceed_by, grid, live
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


async def go_on(clock: VirtualClock, folder: Path, venue: SimulatedVenue, build: Build, after: str, name: str) -> Life:
    """Start the next bot, let it trade for a while, and give it while it lives."""
    life = await live(clock, folder, venue, name, build, after=after)
    run = asyncio.create_task(life.bot.run())
    await clock.sleep(SECOND_LIFE_S)
    assert not run.done(), f"the bot stopped: {life.bot.stopped_because}"
    await check_invariants(clock, folder, life)
    exceeding = closes_exceed_by(life)
    await life.die(run)
    assert build is not grid or exceeding <= ONE_ORDER
    return life


# -- at any instant -----------------------------------------------------------------------------


def killed_at_an_instant(seed: int, build: Build) -> None:
    """Kill a bot after a random while, leave the account alone for a random while, and go on."""
    rng = random.Random(seed)

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder, venue = Path(name), venue_for(seed)
            clock.attach(venue)
            life = await live(clock, folder, venue, "first", build)
            run = asyncio.create_task(life.bot.run())
            await clock.sleep(rng.uniform(0.01, 120))
            await life.die(run)
            await clock.sleep(rng.choice([0, 0.05, 1, 30]))
            await go_on(clock, folder, venue, build, "first", "second")

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
        at, before = rng.randint(2, 400), rng.random() < 0.5
        die_in_a_loop(folder, venue, "first", build, None, at, before=before)
        # It must have read what the first one left: no journal can know more than was written into it.
        at, before = rng.randint(9, 30), rng.random() < 0.5
        die_in_a_loop(folder, venue, "second", build, "first", at, before=before)

        async def main(clock: VirtualClock) -> None:
            clock.attach(venue)
            await go_on(clock, folder, venue, build, "second", "third")

        run_virtual(main, start_ns=venue.core.now_ns)


def die_in_a_loop(
    folder: Path, venue: SimulatedVenue, name: str, build: Build, after: str | None, at: int, *, before: bool
) -> None:
    """Run a bot in a process of its own, so to speak, until a write kills it."""
    lives: list[Life] = []

    async def main(clock: VirtualClock) -> None:
        clock.attach(venue)
        life = await live(clock, folder, venue, name, build, after=after, dies_at=at, dies_before=before, known=lives)
        run = asyncio.create_task(life.bot.run())
        await clock.sleep(120)
        await life.die(run)

    start_ns = START_NS if after is None else venue.core.now_ns
    with suppress(Killed):
        run_virtual(main, start_ns=start_ns)
    for life in lives:
        life.forget()


@pytest.mark.parametrize("seed", range(16))
def test_a_grid_killed_at_any_write(seed: int) -> None:
    """Whichever line is the last one in the journal, the next bot goes on from it."""
    killed_at_a_write(seed, grid)


@pytest.mark.parametrize("seed", range(100, 116))
def test_a_churner_killed_at_any_write(seed: int) -> None:
    """The same with orders that are amended and cancelled all the time."""
    killed_at_a_write(seed, scripted(churn(seed)))
