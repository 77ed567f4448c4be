"""Funding rates of a simulated market: a slow mean-reverting walk around the usual 0.01 % per 8 h.

Payment = -position x mark price x rate, at every whole interval of UTC: positive rates make
longs pay shorts. Rates have eight decimals, so that payments are exact.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Final, Protocol

_HOURS_8: Final = 8 * 3_600_000_000_000
_MEAN_8H: Final = 1e-4
_PERSISTENCE: Final = 0.9
_NOISE_8H: Final = 1e-4
_CAP_8H: Final = 4e-3


class FundingTerms(Protocol):
    """When a market settles its funding, and at which rates."""

    @property
    def interval_ns(self) -> int:
        """Time from one settlement to the next."""
        ...

    def next_ns(self, now_ns: int) -> int:
        """Give the time of the first settlement after now."""
        ...

    def rate(self, settlement_ns: int) -> Decimal:
        """Give the rate of the settlement at this time, per interval."""
        ...


class FundingSchedule:
    """Rates by interval, made in order from the first one that is asked for."""

    def __init__(self, seed: int, ticker: str, interval_ns: int, start_ns: int) -> None:
        """Begin with the interval that contains `start_ns`."""
        self.interval_ns = interval_ns
        self._random = random.Random(f"funding:{seed}:{ticker}")  # noqa: S311 - seeded on purpose
        self._scale = interval_ns / _HOURS_8
        self._first = start_ns // interval_ns + 1
        self._value = _MEAN_8H
        self._rates: list[Decimal] = []

    def next_ns(self, now_ns: int) -> int:
        """Give the time of the first settlement after now."""
        return (now_ns // self.interval_ns + 1) * self.interval_ns

    def rate(self, settlement_ns: int) -> Decimal:
        """Give the rate of the settlement at this time, per interval."""
        index = max(0, settlement_ns // self.interval_ns - self._first)
        while len(self._rates) <= index:
            self._rates.append(self._draw())
        return self._rates[index]

    def _draw(self) -> Decimal:
        walk = _MEAN_8H + _PERSISTENCE * (self._value - _MEAN_8H) + self._random.gauss(0.0, _NOISE_8H)
        self._value = max(-_CAP_8H, min(_CAP_8H, walk))
        return Decimal(f"{self._value * self._scale:.8f}")
