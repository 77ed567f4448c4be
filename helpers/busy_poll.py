"""An event loop that never sleeps: it asks for news again and again, and burns one core doing so.

A sleeping process has to be woken by the kernel, which is most of the time between a message's
arrival and the answer to it. Who owns the core can have that time back. It is asyncio's own
loop; uvloop sleeps in its own way and cannot be kept from it.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Final

_LOOKS: Final = 8
"""Looks at the sockets between two looks at the timers, some microseconds in all."""


class RestlessSelector(selectors.DefaultSelector):
    """Asks for ready sockets without ever waiting for one."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Give the ready sockets, or none after a few looks, so that the loop can look at its timers."""
        looks = 1 if timeout is not None and timeout <= 0 else _LOOKS
        for _ in range(looks):
            ready = super().select(0)
            if ready:
                return ready
        return []


def busy_poll_loop() -> asyncio.AbstractEventLoop:
    """Make the loop; `asyncio.Runner(loop_factory=busy_poll_loop)` runs on it."""
    return asyncio.SelectorEventLoop(RestlessSelector())
