"""A stream under everything at once: whatever happened, once the venue is well again, everything is proven again."""

from __future__ import annotations

import asyncio
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from stream_scenes import Scene, others

from exchanges.stream import ConnectionQuota, StreamTerms
from helpers.errors import AuthError, ConnectivityError
from simulation.virtual_loop import VirtualClock, run_virtual

NAMES = "abcd"
TERMS = StreamTerms(
    first_backoff_s=0.5, longest_backoff_s=8, silence_s=15, data_within_s=4, lifetime_s=90, ping=b"alive"
)


class Faults:
    """Breaks a venue in every way, and mends it."""

    def __init__(self, scene: Scene, chance: random.Random) -> None:
        self.scene = scene
        self.chance = chance

    def strike(self) -> None:
        """Let one thing go wrong."""
        name = self.chance.choice(NAMES)
        self.chance.choice([self._on_the_line, self._at_the_door, self._with_a_channel])(name)

    def _on_the_line(self, name: str) -> None:
        line = self.scene.venue.last
        match self.chance.randrange(5):
            case 0:
                line.end()
            case 1:
                line.is_open = False  # half-open: nothing comes, sending fails
            case 2:
                line.say("boom")
            case 3:
                line.say("leave")
            case _:
                line.say(f"<html> {name}")

    def _at_the_door(self, name: str) -> None:
        venue = self.scene.venue
        match self.chance.randrange(3):
            case 0:
                venue.refuses = self.chance.randrange(6)
            case 1:
                venue.open_takes_s, venue.close_takes_s = self.chance.choice([0, 3, 30]), self.chance.choice([0, 9])
            case _:
                self.scene.dialect.greet_trouble = [AuthError("expired"), ConnectivityError(f"late {name}")]

    def _with_a_channel(self, name: str) -> None:
        venue = self.scene.venue
        match self.chance.randrange(5):
            case 0:
                venue.silent.add(name)
            case 1:
                venue.refused[name] = "not now"
            case 2:
                venue.last.say(f"gap {name}")
            case 3:
                venue.last.subscribed.discard(name)  # lost without a word
            case _:
                venue.last.subscribed.discard(name)
                venue.last.say(f"no {name} expired")

    def heal(self) -> None:
        """Let everything be well."""
        venue, dialect = self.scene.venue, self.scene.dialect
        venue.refuses, venue.open_takes_s, venue.close_takes_s = 0, 0, 0
        venue.silent.clear()
        venue.refused.clear()
        dialect.greet_trouble.clear()


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1_000_000), can_end=st.booleans(), with_quota=st.booleans())
def test_a_stream_recovers_from_everything(seed: int, can_end: bool, with_quota: bool) -> None:
    """Within minutes after the last fault all channels are proven; a proof is never told twice without a reset
    between; nothing is subscribed twice on a connection; the quota holds.
    """

    async def scene_of_faults(clock: VirtualClock) -> None:
        chance = random.Random(seed)
        quota = ConnectionQuota(most=5, window_s=20) if with_quota else None
        scene = Scene(clock, TERMS, quota, seed=seed)
        await scene.stream.open()
        for name in NAMES:
            await scene.stream.add(scene.channel(name, max_silence_s=6, can_end=can_end))
        flow = asyncio.create_task(scene.venue.flow(*NAMES))
        faults = Faults(scene, chance)
        for _ in range(chance.randrange(1, 40)):
            await clock.sleep(chance.choice([0, 0.1, 3, 12]))
            faults.strike()
        faults.heal()
        await _recovered(scene)
        _check_news(scene)
        assert scene.venue.doubles == []
        if with_quota:
            times = scene.venue.attempts_s
            assert all(later - earlier >= 20 - 1e-6 for earlier, later in zip(times, times[5:], strict=False))
        flow.cancel()
        await scene.stream.close()
        await asyncio.wait({flow})
        assert not others()

    run_virtual(scene_of_faults)


async def _recovered(scene: Scene) -> None:
    """Wait until all is well, and see that it stays so for a while."""
    async with asyncio.timeout(600):
        while True:
            while not scene.stream.is_up:
                await scene.clock.sleep(0.5)
            await scene.clock.sleep(7)  # a channel lost without a word shows within its own time
            if scene.stream.is_up:
                return


def _check_news(scene: Scene) -> None:
    proven: set[str] = set()
    for news in scene.told:
        verb, name = news.split()
        if verb == "proven":
            assert name not in proven
            proven.add(name)
        else:
            proven.discard(name)
    assert proven == set(NAMES)
