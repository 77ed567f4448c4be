"""The venues of one bot taken together: sums of what is known, and what is done on all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal

from exchanges.bot_events import BotEvents, NewsReader
from exchanges.shutdown import CLOSE_INTENT, close_position, leave
from exchanges.tasks import Tasks
from exchanges.truth import check_truth
from exchanges.venue_session import VenueSession
from helpers.clock import Clock
from helpers.decisions import OnStop, Wake
from helpers.enums import MarketKind, Side
from helpers.errors import RunbotError
from helpers.models import MarketData, Order, Position
from helpers.recorder import Recorder
from helpers.status import PnL

_ZERO = Decimal(0)
_LONGEST_CHECK_S = 60.0
_LONGEST_CLOSE_S = 30.0
_ATTEMPTS = 3
"""Rounds of cancels before a position is closed all the same."""
_FIRST_BOOK_S = 30


class VenueGroup:
    """One or several venue sessions; the first is the strategy's own."""

    def __init__(self, sessions: Sequence[VenueSession], recorder: Recorder) -> None:
        """Take sessions that are connected and recovered."""
        self._sessions = tuple(sessions)
        self._recorder = recorder
        self.primary = self._sessions[0]
        self._alone = self.primary if len(self._sessions) == 1 else None
        """The one session where there is but one: most of what is asked at every step is then no sum."""
        self._checks = Tasks(self.primary.executor.fail)
        self._closings = Tasks(self.primary.executor.fail)
        """Positions to be closed when the sells that offer them are cancelled."""
        self._being_checked: set[str] = set()
        """Venues that have been asked for their account of things and have not answered."""

    def __iter__(self) -> Iterator[VenueSession]:
        """Go through the sessions, the primary first."""
        return iter(self._sessions)

    def bind(self, bot: BotEvents) -> None:
        """Tell this bot of everything from now on."""
        for session in self._sessions:
            session.bind(bot)

    # -- what is known --------------------------------------------------------------------

    def equity(self) -> Decimal | None:
        """Equity of all venues; None while that of one is unknown."""
        if self._alone is not None:
            return self._alone.beliefs.equity()
        parts = [session.beliefs.equity() for session in self._sessions]
        known = [part for part in parts if part is not None]
        return sum(known, _ZERO) if len(known) == len(parts) else None

    def positions(self) -> list[Position]:
        """Open positions that are known."""
        found = []
        for session in self._sessions:
            position = session.beliefs.valued_position()
            if position is not None and position.quantity:
                found.append(position)
        return found

    def pnl(self) -> PnL:
        """Profit of all venues since the session began."""
        parts = [session.beliefs.pnl() for session in self._sessions]
        return PnL(
            realised=sum((part.realised for part in parts), _ZERO),
            unrealised=sum((part.unrealised for part in parts), _ZERO),
            fees=sum((part.fees for part in parts), _ZERO),
            funding=sum((part.funding for part in parts), _ZERO),
        )

    @property
    def failure(self) -> BaseException | None:
        """A bug that ended one of the requests; None if there was none."""
        return next((s.executor.failure for s in self._sessions if s.executor.failure is not None), None)

    async def first_data(self, clock: Clock) -> MarketData:
        """Wait until the primary venue has a book to trade on, half a minute at most.

        Raises:
            RunbotError: it has none.
        """
        session = self.primary
        for _ in range(_FIRST_BOOK_S):
            data = session.market_data()
            if data is not None:
                return data
            await clock.sleep(1.0)
        trouble = session.book_trouble(session.bbo(), clock.now_ns())
        raise RunbotError(f"{session.exchange} gives no tradable book for {session.market.ticker}: {trouble}")

    # -- what is done -----------------------------------------------------------------------

    def arm(self, wake: Wake) -> None:
        """Tell every venue what the bot will look at."""
        for session in self._sessions:
            session.arm(wake)

    def deliver_news(self, reader: NewsReader) -> bool:
        """Tell of fills and ends of orders, oldest first; say whether there were any."""
        any_news = False
        for session in self._sessions:
            while session.news:
                any_news = True
                session.news.popleft()(reader)
        return any_news

    def only_reduce(self) -> None:
        """Send nothing that increases risk any more."""
        for session in self._sessions:
            session.executor.only_reduce()

    def close_everything(self, reason: str) -> None:
        """Cancel all our orders and close all positions at market."""
        for session in self._sessions:
            for order in session.tracker.live():
                if order.intent != CLOSE_INTENT:
                    session.executor.cancel(order.intent)
            self._close(session, reason)

    def close(self, chosen: Sequence[Position], shown: Sequence[Position], reason: str) -> None:
        """Close positions, given as the very objects that `positions` gave: two venues may hold equal ones."""
        held = (session for session in self._sessions if session.beliefs.position and session.beliefs.position.quantity)
        for session, position in zip(held, shown, strict=True):
            if any(position is each for each in chosen):
                self._close(session, reason)

    def _close(self, session: VenueSession, reason: str) -> None:
        """Close at market: at once, or on spot when no sell of ours offers the asset any more."""
        if session.market.kind is MarketKind.PERP or not _sells(session):
            close_position(session, reason)
        else:
            self._closings.spawn(self._free_and_close(session, reason))

    async def _free_and_close(self, session: VenueSession, reason: str) -> None:
        for _ in range(_ATTEMPTS):  # the strategy goes on meanwhile, and may offer anew
            for order in _sells(session):
                session.executor.cancel(order.intent)
            if not await session.executor.settle(_LONGEST_CLOSE_S) or not _sells(session):
                break
        close_position(session, reason)

    async def check_truth(self) -> None:
        """Compare with the venues' own accounts, now where nothing can be silent, beside the bot's steps elsewhere."""
        for session in self._sessions:
            if session.client.is_complete:
                await self._check(session)
            elif session.exchange not in self._being_checked:
                self._being_checked.add(session.exchange)
                self._checks.spawn(self._check(session))

    async def settle_truth(self) -> None:
        """Wait until every comparison that was begun has ended."""
        await self._checks.settle(_LONGEST_CHECK_S)

    async def _check(self, session: VenueSession) -> None:
        try:
            trouble = await check_truth(session, self._recorder)
        finally:
            self._being_checked.discard(session.exchange)
        if trouble:
            self._recorder.event("health", trouble)

    async def leave(self, on_stop: OnStop) -> list[str]:
        """Leave all venues in good order, at the same time, and list what remains there."""
        await self._checks.abandon()
        await self._closings.settle(_LONGEST_CLOSE_S)
        await self._closings.abandon()
        leaving = (self._leave(session, on_stop) for session in self._sessions)
        return [line for lines in await asyncio.gather(*leaving) for line in lines]

    async def _leave(self, session: VenueSession, on_stop: OnStop) -> list[str]:
        try:
            return await leave(session, on_stop, self._recorder)
        except Exception as error:  # noqa: BLE001 - one venue's trouble must not keep the others from being left
            return [f"{session.exchange} was not left in good order: {error!r}"]

    def sample_equity(self) -> None:
        """Write the accounts down as they are now."""
        for session in self._sessions:
            session.sample_equity()


def _sells(session: VenueSession) -> list[Order]:
    return [order for order in session.tracker.live() if order.side is Side.SELL and order.intent != CLOSE_INTENT]
