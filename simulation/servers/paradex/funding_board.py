"""Funding as the venue publishes it: a rate per eight hours and an index that grows all the time.

The venue accrues funding every second, as size x (index - index at the last change). The simulated
venue behind this front settles once an hour instead, at the mark price and the rate of that hour.
So what is published here (index, premium, rate) is continuous and true to the venue's formulas,
while the money moves in hourly steps: a position shows no running funding between two of them.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Any, Final

from simulation.servers.market_feed import Ticker
from simulation.servers.paradex.markets import FUNDING_PERIOD_HOURS, ParadexMarket
from simulation.servers.paradex.order_file import shown
from simulation.venue import SimulatedVenue

_MS: Final = 1_000_000
_HOUR_NS: Final = 3_600_000_000_000
_KEPT: Final = 5_000
_ZERO: Final = Decimal(0)
_INDEX_STEP: Final = Decimal("1e-15")


class FundingBoard:
    """Rate, premium and index of one market, now and hour by hour."""

    def __init__(self, venue: SimulatedVenue, market: ParadexMarket) -> None:
        """Begin with an index of zero."""
        self._venue = venue
        self._market = market
        self._index = _ZERO
        self._counted_ns = venue.core.now_ns
        self.history: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        """Oldest first."""
        self._ticker = Ticker(venue, _HOUR_NS, self._note)
        self._ticker.start()
        self._note()

    def rate(self) -> Decimal:
        """Give the rate per funding period."""
        funding = self._venue.core.market(self._market.ticker).funding
        hourly = funding.rate(funding.next_ns(self._venue.core.now_ns)) * _HOUR_NS / funding.interval_ns
        return hourly * FUNDING_PERIOD_HOURS

    def index(self) -> Decimal:
        """Give the index, grown up to now."""
        now_ns = self._venue.core.now_ns
        grown = self._premium() * (now_ns - self._counted_ns) / (FUNDING_PERIOD_HOURS * _HOUR_NS)
        self._index = (self._index + grown).quantize(_INDEX_STEP)
        self._counted_ns = now_ns
        return self._index

    def view(self) -> dict[str, Any]:
        """Show it as the venue does."""
        rate = self.rate()
        return {
            "market": self._market.symbol,
            "funding_index": f"{self.index():f}",
            "funding_premium": shown(self._premium()),
            "funding_rate": shown(rate),
            "funding_rate_8h": shown(rate * 8 / FUNDING_PERIOD_HOURS),
            "funding_period_hours": FUNDING_PERIOD_HOURS,
            "created_at": self._venue.core.now_ns // _MS,
        }

    def _premium(self) -> Decimal:
        return self.rate() * (self._venue.core.market(self._market.ticker).mark_price() or _ZERO)

    def _note(self) -> None:
        self.history.append(self.view())


__all__ = ["FundingBoard"]
