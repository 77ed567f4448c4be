"""Requests on their way: waited for, called off, and never failing unseen."""

from __future__ import annotations

import asyncio

from exchanges.tasks import Tasks
from simulation.virtual_loop import VirtualClock


async def test_a_failure_is_told_and_the_first_is_kept(clock: VirtualClock) -> None:
    """Every error is told; the first one stays on record."""
    told: list[Exception] = []
    tasks = Tasks(told.append)

    async def fail_after(seconds: float, error: Exception) -> None:
        await clock.sleep(seconds)
        raise error

    tasks.spawn(fail_after(2, KeyError("second")))
    tasks.spawn(fail_after(1, ValueError("first")))
    assert await tasks.settle(3)
    assert [repr(error) for error in told] == ["ValueError('first')", "KeyError('second')"]
    assert tasks.failure is told[0]


async def test_what_a_request_sets_going_is_waited_for_too(clock: VirtualClock) -> None:
    """Settling waits for requests that came out of others meanwhile."""
    tasks = Tasks(lambda _: None)
    done: list[str] = []

    async def second() -> None:
        await clock.sleep(1)
        done.append("second")

    async def first() -> None:
        await clock.sleep(1)
        tasks.spawn(second())

    tasks.spawn(first())
    assert not await tasks.settle(1.5)
    assert await tasks.settle(1)
    assert done == ["second"]


async def test_calling_off_is_no_failure(clock: VirtualClock) -> None:
    """Requests that are called off, begun or not, end without an error."""
    told: list[Exception] = []
    tasks = Tasks(told.append)
    tasks.spawn(clock.sleep(10))
    await asyncio.wait_for(tasks.settle(1), 2)
    tasks.spawn(clock.sleep(10))
    await tasks.abandon()
    assert await tasks.settle(0)
    assert (told, tasks.failure) == ([], None)
