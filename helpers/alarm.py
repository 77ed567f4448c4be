"""Waiting for what could change a strategy's mind: the Wake conditions, live.

Bursts coalesce: however much happens while the bot is busy, it wakes once and sees the newest.
"""

from __future__ import annotations

from helpers.clock import Bell, Clock
from helpers.decisions import WAKE_ON_EVERYTHING, Wake
from helpers.models import Bbo


class Alarm:
    """Rings when an armed condition holds, or when a time comes."""

    def __init__(self, clock: Clock) -> None:
        """Start armed for everything."""
        self._clock = clock
        self._bell = Bell()
        self._wake = WAKE_ON_EVERYTHING
        self._seen: Bbo | None = None

    def arm(self, wake: Wake, seen: Bbo | None = None) -> None:
        """Choose what rings from now on; `seen` is the book that the choice was made on."""
        self._wake = wake
        self._seen = seen

    def ring(self) -> None:
        """Ring whatever is armed: somebody wants a step now."""
        self._bell.ring()

    def on_orders(self) -> None:
        """Ring for news of our orders, if armed."""
        if self._wake.orders:
            self._bell.ring()

    def on_account(self) -> None:
        """Ring for news of position, balance or funding, if armed."""
        if self._wake.balances:
            self._bell.ring()

    def on_book(self, bbo: Bbo | None) -> None:
        """Ring for a change of the book, if armed for all or for where it stands now."""
        wake = self._wake
        if wake.book or (wake.prices and _moved(self._seen, bbo)) or (bbo is not None and price_holds(wake, bbo)):
            self._bell.ring()

    async def wait(self, deadline_ns: int | None) -> None:
        """Return when it rings or when the deadline comes."""
        await self._clock.wait(self._bell, deadline_ns)
        self._bell.silence()


def price_holds(wake: Wake, bbo: Bbo) -> bool:
    """Whether a price condition holds on this best bid and offer."""
    low, high = wake.price_at_or_below, wake.price_at_or_above
    if low is not None and bbo.bid is not None and bbo.bid <= low:
        return True
    return high is not None and bbo.ask is not None and bbo.ask >= high


def _moved(seen: Bbo | None, bbo: Bbo | None) -> bool:
    """Whether a best price is not what it was; compared with nothing, every book moved."""
    return seen is None or bbo is None or bbo.bid != seen.bid or bbo.ask != seen.ask
