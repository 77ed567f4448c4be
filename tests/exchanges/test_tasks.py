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


# -- at once ------------------------------------------------------------------------------------


async def test_what_never_pauses_is_done_at_once(clock: VirtualClock) -> None:
    """Such a request is over when spawn returns; one that pauses has come as far as its pause."""
    tasks, done = Tasks(lambda _: None, at_once=True), []

    async def work(seconds: float) -> None:
        done.append(("begun", seconds))
        if seconds:
            await clock.sleep(seconds)
            await clock.sleep(seconds)
        done.append(("over", seconds))

    tasks.spawn(work(0))
    assert done == [("begun", 0), ("over", 0)]
    tasks.spawn(work(1))
    assert done[2:] == [("begun", 1)]
    began = clock.now_ns()
    assert await tasks.settle(5)
    assert (done[3:], clock.now_ns() - began) == ([("over", 1)], 2_000_000_000)


async def test_failures_at_once_and_later_are_told(clock: VirtualClock) -> None:
    """An error before the first pause, or after, is never lost."""
    told: list[Exception] = []
    tasks = Tasks(told.append, at_once=True)

    async def fail(seconds: float) -> None:
        if seconds:
            await clock.sleep(seconds)
        raise ValueError(seconds)

    tasks.spawn(fail(0))
    assert [error.args for error in told] == [(0,)]
    tasks.spawn(fail(1))
    assert await tasks.settle(2)
    assert [error.args for error in told] == [(0,), (1,)]
    assert tasks.failure is told[0]


async def test_what_is_called_off_hears_of_it(clock: VirtualClock) -> None:
    """Work that has paused is cancelled where it stands, cleans up, and may go on cleaning up."""
    tasks, heard = Tasks(lambda _: None, at_once=True), []

    async def work() -> None:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            heard.append("cancelled")
            await clock.sleep(1)
            heard.append("cleaned up")
            raise

    tasks.spawn(work())
    await clock.sleep(1)
    await tasks.abandon()
    assert heard == ["cancelled", "cleaned up"]
