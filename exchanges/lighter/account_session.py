"""Our account's connection: opened once for all markets, subscribed to all of it, closed as a whole."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from exchanges.base import ExchangeContext
from exchanges.lighter.account_stream import AccountStream
from exchanges.lighter.dialect import LighterDialect, connection_quota, stream_terms
from exchanges.lighter.hourly import HourlyLooks
from exchanges.lighter.login import LighterLogin
from exchanges.lighter.public import LighterPublicFeed
from exchanges.stream import ReconnectingStream
from helpers.errors import ConnectivityError
from helpers.listener import EventListener
from helpers.transport import Transport

_SILENCE_S: Final = 150.0
"""An account may have no news for long; the venue's pings come in between."""


class AccountSession:
    """Everything that is streamed of one account."""

    def __init__(
        self, context: ExchangeContext, transport: Transport, url: str, login: LighterLogin, feed: LighterPublicFeed
    ) -> None:
        """Open nothing yet."""
        dialect = LighterDialect(url)
        self._context = context
        self._login = login
        self._feed = feed
        self._account = AccountStream(login.account_index, feed.markets, login.notes, context.clock, dialect)
        self._stream = dialect.stream = ReconnectingStream(
            transport,
            context.clock,
            context.random,
            dialect,
            stream_terms(_SILENCE_S),
            quota=connection_quota(),
            name=f"{context.label} account",
        )
        self._hourly: HourlyLooks | None = None
        self._opening = asyncio.Lock()

    async def follow(self, market_index: int, listener: EventListener) -> None:
        """Tell this listener of everything on one market; returns when the account is subscribed.

        Raises:
            ConnectivityError: it was not, in time.
        """
        self._account.listen(market_index, listener)
        async with self._opening:
            if self._hourly is None:
                await self._open()

    async def close(self) -> None:
        """End it; nobody is told any more."""
        self._account.leave()
        if self._hourly is not None:
            await self._hourly.stop()
        await self._stream.close()

    async def _open(self) -> None:
        token = self._login.tokens.for_subscription
        await self._stream.open()
        for channel in self._account.channels(token):
            await self._stream.add(channel)
        with suppress(ConnectivityError):  # refusals are found out without it, only later
            await self._stream.add(self._account.fate_channel(token))
        self._hourly = HourlyLooks(self._context.clock, self._look_for_funding, self._feed.refresh)

    async def _look_for_funding(self) -> None:
        self._account.tell_funding(await self._login.rest.fundings())


__all__ = ["AccountSession"]
