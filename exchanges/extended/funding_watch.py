"""Funding settlements, which no stream tells: read a little after every full hour, and again in case one was late."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Final

from exchanges.extended.account_mapping import payment_of
from exchanges.extended.account_stream import AccountStream
from exchanges.extended.mapping import FUNDING_INTERVAL_NS, NS_PER_MS
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.reads import read
from helpers.clock import NS_PER_S
from helpers.errors import UserError, VenueError

_LOG = logging.getLogger("runbot.extended")
_LOOKS_NS: Final = (20 * NS_PER_S, 300 * NS_PER_S)
"""How long after the full hour to look."""
_LOOK_BACK_NS: Final = 2 * FUNDING_INTERVAL_NS
"""How late a payment may be listed."""
_KEPT: Final = 2_000


class FundingWatch:
    """Tells listeners of the payments on their markets, each once."""

    def __init__(self, network: ExtendedNetwork, feed: ExtendedPublicFeed, account: AccountStream) -> None:
        """Watch nothing yet."""
        self._network = network
        self._feed = feed
        self._account = account
        self._since_ns: dict[str, int] = {}
        """From when on the payments of a market may be news."""
        self._told: OrderedDict[str, None] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def follow(self, ticker: str) -> None:
        """Watch a market from now on."""
        self._since_ns.setdefault(ticker, self._network.clock.now_ns())
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="extended funding")

    async def close(self) -> None:
        """Watch no more; may be called twice."""
        task, self._task = self._task, None
        self._since_ns.clear()
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _run(self) -> None:
        clock = self._network.clock
        while True:
            now_ns = clock.now_ns()
            await clock.sleep((next_look_ns(now_ns) - now_ns) / NS_PER_S)
            for ticker in tuple(self._since_ns):
                await self._look(ticker)

    async def _look(self, ticker: str) -> None:
        """Read the newest payments of one market and tell what is news."""
        since_ns, asked_ns = self._since_ns[ticker], self._network.clock.now_ns()
        try:
            listing = await self._feed.listing(ticker)
            found = await read(lambda: self._network.rest.payments(listing.name, since_ns // NS_PER_MS))
            payments = [payment_of(wire, ticker) for wire in found if wire.market == listing.name]
        except (VenueError, UserError, OSError) as error:
            _LOG.warning("extended: the funding payments on %s cannot be read: %s", ticker, error)
            return
        if ticker in self._since_ns:  # a look that failed is made good by the next, however late that is
            self._since_ns[ticker] = max(since_ns, asked_ns - _LOOK_BACK_NS)
        listening = self._account.of_market(listing.name)
        for payment in sorted(payments, key=lambda each: each.time_ns):
            is_news = payment.time_ns >= since_ns and payment.payment_id not in self._told
            if is_news and listening is not None:
                self._told[payment.payment_id] = None
                listening[1].on_funding(payment)
        while len(self._told) > _KEPT:
            self._told.popitem(last=False)


def next_look_ns(now_ns: int) -> int:
    """Give the first time after now at which to look."""
    hour_ns = now_ns // FUNDING_INTERVAL_NS * FUNDING_INTERVAL_NS
    times = [hour_ns + hours * FUNDING_INTERVAL_NS + look_ns for hours in (0, 1) for look_ns in _LOOKS_NS]
    return min(time_ns for time_ns in times if time_ns > now_ns)


__all__ = ["FundingWatch", "next_look_ns"]
