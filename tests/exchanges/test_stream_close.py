"""The quota of connections in a storm, and closing at any moment: nothing is exceeded, nothing is left behind."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_scenes import Scene, WordVenue, others

from exchanges.stream import ConnectionQuota, StreamTerms
from helpers.errors import BadPayload, ConnectivityError
from simulation.virtual_loop import VirtualClock, run_virtual


@settings(max_examples=30, deadline=None)
@given(most=st.integers(1, 4), window_s=st.integers(1, 30), streams=st.integers(1, 6), seed=st.integers(0, 99))
def test_the_quota_holds_in_a_storm(most: int, window_s: int, streams: int, seed: int) -> None:
    """Streams that share a quota never open more in any window, and each of them gets its connection."""

    async def storm(clock: VirtualClock) -> list[float]:
        venue, quota = WordVenue(clock), ConnectionQuota(most=most, window_s=window_s)
        scenes = [Scene(clock, quota=quota, venue=venue, seed=seed + number) for number in range(streams)]
        await asyncio.gather(*(scene.stream.open() for scene in scenes))
        for _ in range(3):
            venue.refuses = seed % 4
            for stream in venue.streams:
                stream.end()
            await clock.sleep(40 + 2 * window_s * (streams + 4) / most)
            assert all(scene.stream.is_up for scene in scenes)
        for scene in scenes:
            await scene.stream.close()
        assert not others()
        return venue.attempts_s

    attempts = run_virtual(storm)
    assert len(attempts) >= 4 * streams
    for number in range(len(attempts) - most):
        assert attempts[number + most] - attempts[number] >= window_s - 1e-6


async def test_a_stream_that_waits_for_its_quota_can_be_closed(clock: VirtualClock) -> None:
    """Closing ends the waiting of who opens, and counts as no connection."""
    quota = ConnectionQuota(most=1, window_s=1000)
    first, second = Scene(clock, quota=quota), Scene(clock, quota=quota)
    await first.stream.open()
    opening = asyncio.create_task(second.stream.open())
    await clock.sleep(5)
    await second.stream.close()
    with pytest.raises(ConnectivityError, match="is closed"):
        await opening
    assert (clock.now_ns(), len(quota.opened_ns)) == (5_000_000_000, 1)
    await first.stream.close()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), when_ms=st.integers(0, 40_000))
def test_close_at_any_moment_leaves_nothing_behind(seed: int, when_ms: int) -> None:
    """Whatever goes on, opening, greeting, waiting, closing a dead one: after `close` no task and no stream is left."""

    async def scene_to_close(clock: VirtualClock) -> None:
        chance = random.Random(seed)
        scene = Scene(clock, StreamTerms(first_backoff_s=1, longest_backoff_s=4, silence_s=6, data_within_s=2))
        scene.venue.open_takes_s, scene.venue.close_takes_s = chance.choice([0, 1.5]), chance.choice([0, 3])
        work = asyncio.create_task(_lively(scene, chance))
        await clock.sleep(when_ms / 1000)
        await asyncio.gather(scene.stream.close(), scene.stream.close())
        await clock.sleep(0)
        assert others() <= {work}
        assert not any(stream.is_open for stream in scene.venue.streams)
        told, attempts = len(scene.told), len(scene.venue.attempts_s)
        await asyncio.wait({work})
        await clock.sleep(100)
        assert not others()
        assert (len(scene.told), len(scene.venue.attempts_s)) == (told, attempts)
        with pytest.raises(ConnectivityError, match="is closed"):
            await scene.stream.open()

    run_virtual(scene_to_close)


async def _lively(scene: Scene, chance: random.Random) -> None:
    """Use a stream while its venue does what it likes, until it is closed."""
    for number in range(1000):
        try:
            await (_use(scene, chance, f"c{number}") if number else scene.stream.open())
        except ConnectivityError as error:
            if "closed" in str(error):
                return


async def _use(scene: Scene, chance: random.Random, name: str) -> None:
    await scene.clock.sleep(chance.choice([0, 0.3, 2]))
    scene.venue.refuses = chance.choice([0, 0, 2])
    if chance.random() < 0.2:
        scene.venue.silent.add(name)
    await scene.stream.add(scene.channel(name, max_silence_s=3, can_end=chance.random() < 0.5))
    match chance.randrange(5):
        case 0:
            scene.venue.last.end()
        case 1:
            scene.stream.reset(name, "a gap")
        case 2:
            scene.stream.remove(name)
        case 3:
            scene.stream.reconnect("we want to")
        case _:
            scene.venue.last.say(chance.choice(["boom", "<html>", f"no {name} go away"]))


async def test_close_while_opening(clock: VirtualClock) -> None:
    """Who opens hears that it is closed, at once, whether it is connecting or greeting."""
    for greets in (False, True):
        scene = Scene(clock)
        scene.venue.open_takes_s = 0 if greets else 100
        scene.dialect.greet_waits = asyncio.get_running_loop().create_future
        opening = asyncio.create_task(scene.stream.open())
        await clock.sleep(1)
        await scene.stream.close()
        assert opening.done()
        with pytest.raises(ConnectivityError, match="closed by us"):
            await opening
        assert not others()
    assert clock.now_ns() == 2_000_000_000


async def test_a_stream_that_cannot_be_closed_is_told(clock: VirtualClock, caplog: pytest.LogCaptureFixture) -> None:
    """A transport's bug in closing is logged, and holds nobody up."""
    scene = Scene(clock)
    await scene.stream.open()

    async def fail() -> None:
        raise BadPayload("what now")

    scene.venue.last.close = fail  # type: ignore[method-assign]  # the bug
    await scene.stream.close()
    assert "a stream could not be closed" in caplog.text
