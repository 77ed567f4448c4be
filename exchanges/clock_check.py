"""Whether this machine's clock is near enough to a venue's: times are signed, and what is too far off is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from helpers.clock import NS_PER_S, Clock
from helpers.errors import UserError


async def refuse_wrong_clock(venue: str, clock: Clock, told: Callable[[], Awaitable[int]], most_s: float) -> None:
    """Ask the venue for its time and compare.

    Args:
        venue: its name.
        clock: ours.
        told: reads the venue's time, ns since the Unix epoch.
        most_s: what may lie between the two.

    Raises:
        UserError: more lies between them.
    """
    before_ns = clock.now_ns()
    theirs_ns = await told()
    skew_s = ((before_ns + clock.now_ns()) // 2 - theirs_ns) / NS_PER_S
    if abs(skew_s) > most_s:
        where = "ahead of" if skew_s > 0 else "behind"
        raise UserError(f"this machine's clock is {abs(skew_s):.0f} s {where} {venue}'s", "set it by NTP")


__all__ = ["refuse_wrong_clock"]
