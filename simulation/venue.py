"""The simulated venue: markets on tapes, accounts, order entry with delays, funding, liquidation.

It is driven from outside (`next_event_ns`, `advance_to`) and touches neither sockets nor
tasks, so the same venue serves the paper client, backtests and protocol fronts. Tape and
agenda are followed in strict time order; at equal times the tape goes first.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from helpers.enums import MarketKind
from helpers.models import Market
from simulation.account import SimAccount
from simulation.account_news import AccountNews
from simulation.core import VenueCore
from simulation.deliveries import Deliveries
from simulation.executions import Executions
from simulation.funding import FundingSchedule, FundingTerms
from simulation.order_desk import OrderDesk
from simulation.order_records import OrderRecords
from simulation.profile import VenueProfile
from simulation.settlement import Settlement
from simulation.spot import NoFunding
from simulation.tape import RowKind, Tape
from simulation.venue_market import VenueMarket

Catalogue = Callable[[str], tuple[Market, Tape]]
"""Gives a market the venue may list, by ticker; raises UserError for one it may not."""


class SimulatedVenue:
    """One venue. Its parts do the work: `desk` takes orders, `deliveries` brings news back."""

    def __init__(
        self,
        profile: VenueProfile,
        rng: random.Random,
        start_ns: int,
        seed: int = 0,
        catalogue: Catalogue | None = None,
    ) -> None:
        """Open a venue without markets.

        Args:
            profile: fees, delays, limits.
            rng: draws the delays.
            start_ns: when it opens; nothing of a tape before that can be traded on.
            seed: of the funding rates.
            catalogue: markets to list when somebody first asks for them.
        """
        self.core = VenueCore(profile, rng, start_ns)
        self.deliveries = Deliveries(self.core)
        self.records = OrderRecords(self.core, self.deliveries)
        news = AccountNews(self.core, self.deliveries)
        self.desk = OrderDesk(self.core, self.records, news)
        self.settlement = Settlement(self.core, self.deliveries, self.records, self.desk, news)
        self._executions = Executions(self.core, self.deliveries, self.records, self.settlement.account_changed)
        self._seed = seed
        self._start_ns = start_ns
        self._catalogue = catalogue
        self._notify: Callable[[], None] = _nobody
        self._is_advancing = False
        self._tape_ns = -1
        """The tapes have been followed up to and including this time."""

    def list_market(self, market: Market, tape: Tape, funding: FundingTerms | None = None) -> None:
        """Add a market that follows a tape; without terms of its own its funding is invented, and spot has none."""
        if market.kind is MarketKind.SPOT:
            funding = NoFunding(market.funding_interval_ns)
        elif funding is None:
            # From the venue's start, so that the rates do not depend on when somebody first asks.
            funding = FundingSchedule(self._seed, market.ticker, market.funding_interval_ns, self._start_ns)
        listed = VenueMarket(market, tape, funding, self._executions.execute)
        self.core.markets[market.ticker] = listed
        self._tape_ns = -1
        listed.engine.skip_to(self.core.now_ns)
        self.settlement.schedule_funding(market.ticker)

    def find_market(self, ticker: str) -> VenueMarket:
        """Give a market, listing it first if the catalogue has it.

        Raises:
            UserError: there is no such market.
        """
        if ticker not in self.core.markets and self._catalogue is not None:
            market, tape = self._catalogue(ticker)
            if market.ticker not in self.core.markets:
                self.list_market(market, tape)
            return self.core.market(market.ticker)
        return self.core.market(ticker)

    def open_account(self, account_id: str) -> SimAccount:
        """Open an account with the profile's deposit, or give the one that is open."""
        profile = self.core.profile
        account = self.core.accounts.get(account_id) or SimAccount(account_id, profile.currency, profile.deposit)
        return self.core.accounts.setdefault(account_id, account)

    # -- time: the EventSource of a clock ---------------------------------------------------

    def next_event_ns(self, limit_ns: int | None) -> int | None:
        """Give the time of the first thing that can matter, at or before `limit_ns`."""
        due = self.core.agenda.next_ns()
        if due is not None and (limit_ns is None or due < limit_ns):
            limit_ns = due
        touch = self._first_touch(limit_ns)
        if touch is not None:
            return touch[0]
        return due if due is not None and (limit_ns is None or due <= limit_ns) else None

    def is_behind(self, now_ns: int) -> bool:
        """Whether something up to and including `now_ns` has still to happen."""
        return now_ns > self._tape_ns or self.core.agenda.is_due(now_ns)

    def advance_to(self, now_ns: int) -> None:
        """Let everything up to and including `now_ns` happen, in order.

        Who hears of something may look at the venue and finds it as it is then: no time passes under it.
        """
        if self._is_advancing or not self.is_behind(now_ns):
            return
        self._is_advancing = True
        try:
            self._advance_to(now_ns)
        finally:
            self._is_advancing = False

    def _advance_to(self, now_ns: int) -> None:
        agenda = self.core.agenda
        while True:
            due = agenda.next_ns()
            if due is None or due > now_ns:
                due = None
            elif due <= self._tape_ns:
                agenda.pop()()
                continue
            touch = self._first_touch(now_ns if due is None else due)
            if touch is not None:
                self._follow_tape(*touch)
            elif due is not None:
                self._pass_to(due)
            else:
                self._pass_to(now_ns)
                return

    def tape_grew(self, row_ns: int) -> None:
        """Take note of a new row of a tape that still grows; its time is not before the venue's."""
        self._tape_ns = min(self._tape_ns, row_ns - 1)

    def on_change(self, notify: Callable[[], None]) -> None:
        """Call `notify` when a request may have brought an earlier event."""
        self._notify = notify

    def changed(self) -> None:
        """Say that a request came in."""
        self._notify()

    def _first_touch(self, limit_ns: int | None) -> tuple[int, str] | None:
        first = None
        for ticker, vm in self.core.markets.items():
            at = vm.engine.next_touch_ns(limit_ns)
            if at is not None and (first is None or at < first[0]):
                first = (at, ticker)
        return first

    def _follow_tape(self, at_ns: int, ticker: str) -> None:
        self._tape_ns = at_ns - 1  # more rows may have this very time
        self.core.now_ns = at_ns
        if len(self.core.markets) > 1:
            self._move_others(at_ns, ticker)
        engine = self.core.market(ticker).engine
        row = engine.take_touch()
        if row.kind == _QUOTE:
            self.settlement.check_liquidation(ticker, row)
            self.deliveries.book_moved(ticker, row)
        if engine.cursor.is_over:
            self.deliveries.tape_ended(ticker)

    def _move_others(self, at_ns: int, ticker: str) -> None:
        """Bring the other markets to the moment before, and those listed earlier to the moment itself."""
        is_earlier = True
        for other, vm in self.core.markets.items():
            if other == ticker:
                is_earlier = False
            else:
                vm.engine.skip_to(at_ns if is_earlier else at_ns - 1)

    def _pass_to(self, now_ns: int) -> None:
        self.core.now_ns = max(self.core.now_ns, now_ns)
        self._tape_ns = max(self._tape_ns, now_ns)
        for vm in self.core.markets.values():
            vm.engine.skip_to(now_ns)


_QUOTE: Final = int(RowKind.QUOTE)  # a plain int: looking it up on the enum costs more than the comparison


def _nobody() -> None:
    """Hear nothing."""
