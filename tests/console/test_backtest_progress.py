"""How far a backtest has come."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from io import StringIO

from rich.console import Console

from console.backtest_progress import follow
from console.progress import Bar
from simulation.virtual_loop import VirtualClock

S = 1_000_000_000


class Told(Bar):
    """A bar that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(Console(file=StringIO()))
        self.heard: list[tuple[str, float]] = []

    def tell(self, what: str, share: float) -> None:
        self.heard.append((what, share))


async def watched(clock: VirtualClock, end_ns: int, seconds: float) -> list[tuple[str, float]]:
    """Follow the clock for a while."""
    bar = Told()
    task = asyncio.create_task(follow(bar, clock, end_ns))
    await clock.sleep(seconds)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return bar.heard


async def test_the_bar_hears_of_simulated_time(clock: VirtualClock) -> None:
    """A run of 1,000 seconds is looked at every second: time and share are those of its clock."""
    heard = await watched(clock, clock.now_ns() + 1_000 * S, 250.5)
    assert len(heard) == 251
    assert heard[0] == ("backtest 1970-01-01 00:00:00", 0.0)
    assert heard[250] == ("backtest 1970-01-01 00:04:10", 0.25)


async def test_a_run_without_length_divides_by_nothing(clock: VirtualClock) -> None:
    """An end that has come already does no harm."""
    heard = await watched(clock, clock.now_ns(), 0.5)
    assert heard[0][1] == 0.0
