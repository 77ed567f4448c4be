"""What all parts of a simulated venue share: its terms, markets, accounts, agenda and time."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import NoReturn

from helpers.errors import UserError
from helpers.models import Market
from helpers.registry import nearest
from simulation.account import SimAccount
from simulation.agenda import Agenda
from simulation.profile import VenueProfile
from simulation.venue_market import VenueMarket


class VenueCore:
    """Shared state; the parts act on it, nothing else does."""

    def __init__(self, profile: VenueProfile, rng: random.Random, start_ns: int) -> None:
        """Begin at a time with no markets and no accounts."""
        self.profile = profile
        self.rng = rng
        self.now_ns = start_ns
        self.agenda = Agenda()
        self.markets: dict[str, VenueMarket] = {}
        self.accounts: dict[str, SimAccount] = {}
        self._ids = 0
        self._terms: dict[str, Market] = {}

    def next_id(self) -> int:
        """Number orders, trades and payments."""
        self._ids += 1
        return self._ids

    def market(self, ticker: str) -> VenueMarket:
        """Find a market.

        Raises:
            UserError: the venue does not list it.
        """
        return self.markets.get(ticker) or self._no_such_market(ticker)

    def _no_such_market(self, ticker: str) -> NoReturn:
        known = ", ".join(sorted(self.markets))
        raise UserError(f"there is no market {ticker!r}", f"{nearest(ticker.upper(), self.markets)}known: {known}")

    def terms(self) -> dict[str, Market]:
        """The metadata of all markets."""
        if len(self._terms) != len(self.markets):
            self._terms = {ticker: venue_market.market for ticker, venue_market in self.markets.items()}
        return self._terms

    def marks(self) -> dict[str, Decimal]:
        """The mark prices of all markets that have one."""
        prices = {}
        for ticker, venue_market in self.markets.items():
            price = venue_market.mark_price()
            if price is not None:
                prices[ticker] = price
        return prices
