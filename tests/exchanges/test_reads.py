"""Repeating reads: what is read again, when, and what is not."""

from __future__ import annotations

import pytest

from exchanges.reads import read
from helpers.errors import BadPayload, ConnectivityError, RateLimited, VenueRejected
from simulation.virtual_loop import VirtualClock


class Venue:
    """Fails as it is told, and then answers."""

    def __init__(self, clock: VirtualClock, *errors: Exception) -> None:
        self.clock = clock
        self.errors = list(errors)
        self.asked: list[float] = []

    async def answer(self) -> str:
        self.asked.append(self.clock.now_ns() / 1e9)
        if self.errors:
            raise self.errors.pop(0)
        return "truth"


async def test_an_answer_is_read_once(clock: VirtualClock) -> None:
    """Nothing is asked twice that was answered."""
    venue = Venue(clock)
    assert await read(venue.answer) == "truth"
    assert venue.asked == [0]


async def test_silence_is_asked_again_with_growing_pauses(clock: VirtualClock) -> None:
    """After 1, 2, 4 and 8 s the venue is asked again."""
    venue = Venue(clock, ConnectivityError("a"), OSError("b"), TimeoutError(), ConnectivityError("c"))
    assert await read(venue.answer) == "truth"
    assert venue.asked == [0, 1, 3, 7, 15]


async def test_the_fifth_failure_is_the_answer(clock: VirtualClock) -> None:
    """A venue that stays silent is not taken for an empty one: the error is raised."""
    venue = Venue(clock, *(ConnectivityError(str(number)) for number in range(9)))
    with pytest.raises(ConnectivityError, match="4"):
        await read(venue.answer)


async def test_the_venue_says_how_long_to_wait(clock: VirtualClock) -> None:
    """Throttled, a read waits as long as it is asked to, but no longer than a minute."""
    venue = Venue(clock, RateLimited("429", 20), RateLimited("429", 0.5), RateLimited("429"), RateLimited("429", 900))
    assert await read(venue.answer) == "truth"
    assert venue.asked == [0, 20, 22, 26, 86]


@pytest.mark.parametrize("error", [VenueRejected("1", "no"), BadPayload("<html>"), ZeroDivisionError()])
async def test_a_definite_answer_is_not_asked_for_again(clock: VirtualClock, error: Exception) -> None:
    """A refusal, a reply nobody can read and a bug are raised at once."""
    venue = Venue(clock, error)
    with pytest.raises(type(error)):
        await read(venue.answer)
    assert venue.asked == [0]
