"""A clock's time that never goes back: a wall clock that is set back must not stop a watchdog or a budget."""

from __future__ import annotations

import asyncio
from functools import partial

from helpers.clock import NS_PER_S, Bell, Clock, resolve

_LEAST_S = 1e-6
"""A shorter wait may be lost between two floats of the loop's own time."""


class SteadyTime:
    """Follows a clock forwards only. Its nanoseconds are good for differences, not for dates."""

    __slots__ = ("_clock_ns", "_read", "seen_ns")

    def __init__(self, clock: Clock) -> None:
        """Start where the clock is."""
        self._read = clock.now_ns
        self._clock_ns = self.seen_ns = clock.now_ns()
        """`seen_ns` is the time when it was last asked for."""

    def now_ns(self) -> int:
        """Nanoseconds; stands still while the clock goes back."""
        clock_ns = self._read()
        if clock_ns > self._clock_ns:
            self.seen_ns += clock_ns - self._clock_ns
        self._clock_ns = clock_ns
        return self.seen_ns

    async def wait(self, bell: Bell, due_ns: int | None) -> None:
        """Pause until a bell has rung or one of our times has come, maybe a moment sooner; None is no such time.

        As `Clock.wait`, which on a virtual loop is for the bot, who comes last at each instant. Who keeps
        connections and budgets comes before: with a timer of the loop, virtual where the loop is.
        """
        if bell.rung:
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        bell.on_ring = partial(resolve, woken)
        timer = None if due_ns is None else loop.call_later(self._delay_s(due_ns), bell.on_ring)
        try:
            await woken
        finally:
            bell.on_ring = None
            if timer is not None:
                timer.cancel()

    def _delay_s(self, due_ns: int) -> float:
        return max(_LEAST_S, (due_ns - self.now_ns()) / NS_PER_S)


__all__ = ["SteadyTime"]
