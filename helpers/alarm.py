"""Waiting for what could change a strategy's mind: the Wake conditions, live.

Bursts coalesce: however much happens while the bot is busy, it wakes once and sees the newest.
"""

from __future__ import annotations

import asyncio

from helpers.clock import NS_PER_S, Clock
from helpers.decisions import WAKE_ON_EVERYTHING, Wake
from helpers.models import Bbo


class Alarm:
    """Rings when an armed condition holds, or when a time comes."""

    def __init__(self, clock: Clock) -> None:
        """Start armed for everything."""
        self._clock = clock
        self._rings = asyncio.Event()
        self._wake = WAKE_ON_EVERYTHING

    def arm(self, wake: Wake) -> None:
        """Choose what rings from now on."""
        self._wake = wake

    def ring(self) -> None:
        """Ring whatever is armed: somebody wants a step now."""
        self._rings.set()

    def on_orders(self) -> None:
        """Ring for news of our orders, if armed."""
        if self._wake.orders:
            self._rings.set()

    def on_account(self) -> None:
        """Ring for news of position, balance or funding, if armed."""
        if self._wake.balances:
            self._rings.set()

    def on_book(self, bbo: Bbo | None) -> None:
        """Ring for a change of the book, if armed for all or for where it stands now."""
        if self._wake.book or (bbo is not None and price_holds(self._wake, bbo)):
            self._rings.set()

    async def wait(self, deadline_ns: int | None) -> None:
        """Return when it rings or when the deadline comes."""
        if not self._rings.is_set():
            delay = None if deadline_ns is None else max(0.0, (deadline_ns - self._clock.now_ns()) / NS_PER_S)
            try:
                async with asyncio.timeout(delay):
                    await self._rings.wait()
            except TimeoutError:
                pass
        self._rings.clear()


def price_holds(wake: Wake, bbo: Bbo) -> bool:
    """Whether a price condition holds on this best bid and offer."""
    low, high = wake.price_at_or_below, wake.price_at_or_above
    if low is not None and bbo.bid is not None and bbo.bid <= low:
        return True
    return high is not None and bbo.ask is not None and bbo.ask >= high
