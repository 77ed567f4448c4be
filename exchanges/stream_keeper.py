"""Keeps one connection open: opens, greets, watches, and opens another after a while, until it is closed.

One task does it all; what happens in between rings its bell.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol

from exchanges.backoff import Backoff
from exchanges.channels import Channels
from exchanges.connection_quota import ConnectionQuota
from exchanges.steady_time import SteadyTime
from exchanges.stream_closers import StreamClosers
from exchanges.stream_link import StreamLink
from exchanges.stream_terms import StreamTerms
from exchanges.subscription import after_ns, earliest_ns
from helpers.clock import NS_PER_S, Bell, Clock
from helpers.errors import AuthError, BadPayload, ConnectivityError, RateLimited, VenueError
from helpers.transport import Transport

_LOG = logging.getLogger("runbot.stream")
_LEVELS = {True: logging.INFO, False: logging.WARNING}
"""Of the news that a connection is over, by whether we wanted it."""


class Speech(Protocol):
    """The parts of a venue's dialect that a connection needs."""

    def url(self) -> str:
        """Give where to connect to."""
        ...

    def headers(self) -> Mapping[str, str]:
        """Give the headers of the handshake."""
        ...

    def on_message(self, message: bytes) -> None:
        """Read one message."""
        ...


class StreamKeeper:
    """Has one connection, or is on its way to the next."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        rng: random.Random,
        speech: Speech,
        greet: Callable[[], Awaitable[None]],
        terms: StreamTerms,
        quota: ConnectionQuota | None,
        name: str,
    ) -> None:
        """Open nothing yet.

        Args:
            transport: opens connections.
            clock: for waits and deadlines.
            rng: draws the jitter.
            speech: what the venue's connection speaks.
            greet: does what comes before subscriptions.
            terms: how it is kept.
            quota: of connections, shared with other streams; None is unlimited.
            name: for log lines and error texts.
        """
        self._transport = transport
        self._clock = clock
        self._rng = rng
        self._speech = speech
        self._greet = greet
        self._terms = terms
        self._quota = quota
        self._name = name
        self._bell = Bell()
        """Rings for who keeps, or for who opens."""
        self._backoff = Backoff(rng, terms.first_backoff_s, terms.longest_backoff_s)
        self._wait_s = 0.0
        """How long to wait before the next attempt."""
        self._opening = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closers = StreamClosers(name)
        self._is_closed = False
        self.time = SteadyTime(clock)
        """What everything here is stamped with."""
        self.channels = Channels(self.time, self._backoff, terms, name, self._bell)
        """What is subscribed on every connection."""
        self.link: StreamLink | None = None
        """The connection as it is now, or the last one."""
        self.unreadable = 0
        """Messages that could not be read so far."""

    async def open(self) -> None:
        """Connect for the first time, and keep connected from then on. Again does nothing.

        Raises:
            ConnectivityError: the venue cannot be reached, or does not greet.
            AuthError: it refuses us.
        """
        async with self._opening:
            if self._task is not None and not self._is_closed:
                return
            try:
                await self._connect()
            except (AuthError, ConnectivityError):
                raise
            except VenueError as error:
                raise ConnectivityError(f"{self._name}: not greeted: {error}") from error
            self._task = asyncio.get_running_loop().create_task(self._keep(), name=f"keep {self._name}")

    def give_up(self, reason: str) -> None:
        """End the connection as it is now; another is opened."""
        if self.link is not None:
            self.link.give_up(reason, is_planned=True)

    async def close(self) -> None:
        """End it for good; may be called twice."""
        self._is_closed = True
        self.channels.close("is closed")
        self.give_up("closed by us")
        self._bell.ring()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        async with self._opening:  # who opens sees that it is over, and leaves nothing behind
            pass
        await self._closers.settle()

    # -- one connection ---------------------------------------------------------------------

    async def _connect(self) -> None:
        """Open, greet and subscribe; whatever goes wrong, nothing stays open."""
        await self._take_turn()
        self.channels.begin()
        speech, life_s = self._speech, self._terms.lifetime_s
        link = self.link = StreamLink(self._name, self.time, speech.on_message, self._note_unreadable, self._lost)
        try:
            await link.open(lambda: self._transport.open_stream(speech.url(), link, speech.headers()), self._closers)
            await link.greet(self._greet, self._terms.data_within_s)
        except BaseException as error:
            link.give_up(str(error) or type(error).__name__)
            raise
        if life_s is not None:
            link.renewal_ns = after_ns(link.opened_ns, life_s * (1 - self._rng.random() / 20))
        self.channels.attach(link)

    async def _take_turn(self) -> None:
        """Wait until another connection may be opened."""
        while not self._is_closed:
            wait_ns = None if self._quota is None else self._quota.take(self._clock.now_ns())
            if wait_ns is None:
                return
            self._bell.silence()
            await self.time.wait(self._bell, self.time.now_ns() + wait_ns)
        raise ConnectivityError(f"{self._name}: is closed")

    def _note_unreadable(self, error: BadPayload) -> None:
        self.unreadable += 1
        if self.unreadable & (self.unreadable - 1) == 0:  # 1, 2, 4, 8, ...: a flood must not fill the log
            _LOG.warning("%s: %d unreadable so far, now: %s", self._name, self.unreadable, error)

    def _lost(self, link: StreamLink) -> None:
        """Take note that a connection is over: its data are worthless, and another is due."""
        if link.stream is not None and not link.has_ended:
            self._closers.release(link.stream)
        if self._is_closed:
            return
        is_good = link.proofs > 0 or (link.greeted_ns is not None and not self.channels.table)
        if is_good and self.time.now_ns() - link.opened_ns >= self._terms.longest_backoff_s * NS_PER_S:
            self._backoff.start_over()
            self._wait_s = 0.0 if link.is_planned else self._backoff.next_s()
        else:
            self._wait_s = self._backoff.next_s()
        if link.greeted_ns is not None:
            _LOG.log(_LEVELS[link.is_planned], "%s: lost: %s", self._name, link.reason)
        self.channels.detach(link)
        self._bell.ring()

    # -- the keeper ---------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Watch the connection while there is one, and open another when there is none, until cancelled."""
        while True:
            try:
                if self.link is not None and self.link.is_greeted:
                    await self._watch(self.link)
                else:
                    await self._come_back()
            except Exception:  # noqa: BLE001 - a bug in a dialect must not end the keeping
                _LOG.exception("%s: a venue's code failed", self._name)
                self.give_up("a venue's code failed")

    async def _watch(self, link: StreamLink) -> None:
        """Do what is due, and wait for the next."""
        self._bell.silence()
        now_ns = self.time.now_ns()
        terms = self._terms
        quiet_ns = after_ns(link.heard_ns, terms.silence_s)
        if quiet_ns is not None and now_ns >= quiet_ns:
            link.give_up(f"nothing came for {terms.silence_s:g} s")
        elif link.renewal_ns is not None and now_ns >= link.renewal_ns:
            link.give_up("its time is up", is_planned=True)
        else:
            ping_ns = self._ping(link, now_ns)
            due_ns = earliest_ns(quiet_ns, link.renewal_ns, ping_ns, self.channels.tend(now_ns))
            await self.time.wait(self._bell, due_ns)

    def _ping(self, link: StreamLink, now_ns: int) -> int | None:
        """Say what the venue wants to hear regularly, if it is time; give the next time."""
        if not self._terms.ping:
            return None
        due_ns = after_ns(link.pinged_ns, self._terms.ping_interval_s)
        if due_ns is None or now_ns < due_ns:
            return due_ns
        link.pinged_ns = now_ns
        with suppress(ConnectivityError):  # the link is over by itself then
            link.send(self._terms.ping)
        return after_ns(now_ns, self._terms.ping_interval_s)

    async def _come_back(self) -> None:
        """Wait, and try to connect."""
        await self._clock.sleep(self._wait_s)
        try:
            await self._connect()
        except AuthError as error:
            self._wait_s = self._backoff.longest_s()
            _LOG.error("%s: refused, tried again in %.0f s: %s", self._name, self._wait_s, error)
        except VenueError as error:
            asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
            self._wait_s = max(self._wait_s, asked_s or 0.0)
            _LOG.warning("%s: not connected, tried again in %.1f s: %s", self._name, self._wait_s, error)
        else:
            _LOG.info("%s: connected again", self._name)


__all__ = ["Speech", "StreamKeeper"]
