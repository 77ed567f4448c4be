"""Our clock beside a venue's."""

from __future__ import annotations

import pytest

from exchanges.clock_check import refuse_wrong_clock
from helpers.clock import NS_PER_S
from helpers.errors import UserError
from simulation.virtual_loop import VirtualClock


@pytest.mark.parametrize(("ahead_s", "says"), [(7, "7 s ahead of"), (-9, "9 s behind")])
async def test_a_clock_that_is_off_is_named_with_its_direction(clock: VirtualClock, ahead_s: int, says: str) -> None:
    """More than may lie between the two."""

    async def told() -> int:
        return clock.now_ns() - ahead_s * NS_PER_S

    with pytest.raises(UserError, match=f"this machine's clock is {says} Venue's: set it by NTP"):
        await refuse_wrong_clock("Venue", clock, told, 5.0)
    await refuse_wrong_clock("Venue", clock, told, 10.0)


async def test_the_way_to_the_venue_and_back_is_not_held_against_us(clock: VirtualClock) -> None:
    """Its time is compared with the middle of our waiting."""

    async def slowly() -> int:
        await clock.sleep(4)
        told_ns = clock.now_ns()
        await clock.sleep(4)
        return told_ns

    await refuse_wrong_clock("Venue", clock, slowly, 0.1)
