"""Taking quotes out of a market whose book cannot be trusted any more.

A strategy is not asked while there is no tradable book, so it says in advance how long its quotes
may rest without one (BaseStrategy.withdraw_after_ns). Orders that only reduce the position stay.
"""

from __future__ import annotations

from exchanges.venue_group import VenueGroup
from exchanges.venue_session import VenueSession
from helpers.recorder import Recorder


class QuoteWithdrawal:
    """Watches the books of all venues of one bot."""

    def __init__(self, venues: VenueGroup, recorder: Recorder, patience_ns: int) -> None:
        """Cancel quotes on a venue after `patience_ns` without a tradable book."""
        self._venues = venues
        self._recorder = recorder
        self._patience_ns = patience_ns
        self._since: dict[str, int] = {}
        """Since when a venue's book cannot be traded on."""

    def look(self, now_ns: int) -> int | None:
        """Cancel what has rested long enough; give when to look again at the latest, ns."""
        looks = [self._look_at(session, now_ns) for session in self._venues]
        return min((look for look in looks if look is not None), default=None)

    def _look_at(self, session: VenueSession, now_ns: int) -> int | None:
        bbo = session.bbo()
        trouble = session.book_trouble(bbo, now_ns)
        if not trouble:
            self._since.pop(session.exchange, None)
            return session.stale_from_ns()
        due_ns = self._since.setdefault(session.exchange, now_ns) + self._patience_ns
        if now_ns < due_ns:
            return due_ns
        self._withdraw(session, trouble)
        return None

    def _withdraw(self, session: VenueSession, trouble: str) -> None:
        resting = [o.intent for o in session.tracker.live() if not (o.reduce_only or o.pending_cancel)]
        for intent in resting:
            session.executor.cancel(intent)
        if resting:
            self._recorder.event("health", f"{session.exchange}: {trouble}: cancelled {', '.join(resting)}")
