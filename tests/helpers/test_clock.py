"""The wall clock: real time, and event sources driven by it. The only tests in which time really passes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from helpers.clock import Bell, WallClock, monotonic_ns

MS = 1_000_000


class Source:
    """Events at given times, in milliseconds after its making."""

    def __init__(self, clock: WallClock, *after_ms: float) -> None:
        self.clock = clock
        self.due = [clock.now_ns() + round(ms * MS) for ms in after_ms]
        self.happened: list[int] = []
        self.looks = 0
        self.notify: Callable[[], None] = lambda: None

    def next_event_ns(self, limit_ns: int | None) -> int | None:
        self.looks += 1
        due = min(self.due, default=None)
        return None if due is None or (limit_ns is not None and due > limit_ns) else due

    def advance_to(self, now_ns: int) -> None:
        self.happened += [due for due in self.due if due <= now_ns]
        self.due = [due for due in self.due if due > now_ns]

    def on_change(self, notify: Callable[[], None]) -> None:
        self.notify = notify


def test_events_happen_at_their_time() -> None:
    """Each event comes when it is due or a little later, in order; a detached source is left alone."""

    async def main() -> None:
        clock = WallClock()
        source = Source(clock, 0, 3, 6, 40_000)
        expected = source.due[:3]
        clock.attach(source)
        await clock.sleep(0.012)
        assert source.happened == expected
        assert source.looks <= 8  # it sleeps in between
        clock.detach(source)
        clock.detach(source)
        source.due.append(clock.now_ns())
        source.notify()
        await clock.sleep(0.002)
        assert source.happened == expected

    asyncio.run(main())


def test_a_change_wakes_the_clock() -> None:
    """An event that appears while the clock waits for a far one happens at its own time."""

    async def main() -> None:
        clock = WallClock()
        source = Source(clock)
        clock.attach(source)
        await clock.sleep(0.002)
        soon = clock.now_ns() + 2 * MS
        source.due.append(soon)
        source.notify()
        await clock.sleep(0.008)
        assert source.happened == [soon]
        clock.detach(source)

    asyncio.run(main())


def test_real_time_goes_forward() -> None:
    """The wall clock shows a year after 2024, and the monotonic one never goes back."""
    assert WallClock().now_ns() > 1_704_067_200_000_000_000
    readings = [monotonic_ns() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_bell_or_the_deadline_ends_a_wait() -> None:
    """A bell that rings ends it at once, one that has rung costs nothing, and without any the time does."""

    async def main() -> list[float]:
        clock, bell, took = WallClock(), Bell(), []

        async def timed(deadline_ms: float | None) -> float:
            began = monotonic_ns()
            await clock.wait(bell, None if deadline_ms is None else clock.now_ns() + round(deadline_ms * MS))
            return (monotonic_ns() - began) / MS

        asyncio.get_running_loop().call_later(0.002, bell.ring)
        took.append(await timed(5_000))
        took.append(await timed(None))
        bell.silence()
        took.append(await timed(3))
        bell.ring()
        return [*took, float(bell.rung)]

    rung, already, late, is_rung = asyncio.run(main())
    assert 1.5 <= rung < 2_000
    assert already < 50
    assert 2.5 <= late < 2_000
    assert is_rung
