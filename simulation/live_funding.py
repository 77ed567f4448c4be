"""Funding at the rates a real venue publishes, for a simulated account on its live market.

A venue whose next settlement lies on no whole hour has none: it accrues all the time, and says
"one interval from now" whenever it is asked. There every whole hour settles its part.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from helpers.clock import NS_PER_S
from helpers.models import FundingRate

_FINEST: Final = Decimal("1e-12")
"""Rates are kept to this, so that payments are exact to the last digit."""
_HOUR_NS: Final = 3600 * NS_PER_S


class PublishedFunding:
    """The newest rate a venue told, and the one of the settlement before."""

    def __init__(self, told: FundingRate) -> None:
        """Begin with what the venue says now."""
        self._newest = told
        self._before = told
        self._accrues = told.next_funding_ns % _HOUR_NS != 0

    def take(self, told: FundingRate) -> None:
        """Take in what the venue says now; it may speak of the settlement after next already."""
        if told.next_funding_ns > self._newest.next_funding_ns:
            self._before = self._newest
        self._newest = told

    @property
    def interval_ns(self) -> int:
        """Time from one settlement to the next; venues change it."""
        return _HOUR_NS if self._accrues else self._newest.interval_ns

    def next_ns(self, now_ns: int) -> int:
        """Give the time of the first settlement after now."""
        due = 0 if self._accrues else self._newest.next_funding_ns
        late = now_ns - due
        return due if late < 0 else due + (late // self.interval_ns + 1) * self.interval_ns

    def rate(self, settlement_ns: int) -> Decimal:
        """Give the rate told for this settlement; where none was, the newest one told before it."""
        newest = self._newest
        if self._accrues:
            rate = newest.rate * _HOUR_NS / newest.interval_ns
        else:
            rate = newest.rate if newest.next_funding_ns <= settlement_ns else self._before.rate
        return rate.quantize(_FINEST, ROUND_HALF_EVEN)
