"""The chances of the synthetic market, as tables of quantiles that one integer picks from.

Picking from a table is several times faster than drawing from a distribution. Values are
rounded, so that the last digit of a platform's log or exp cannot change a tape. Equal shares
of each distribution have one entry each, so means and variances are right but for the very ends.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final, NamedTuple

NS: Final = 1_000_000_000


class Spell(NamedTuple):
    """A stretch of time in one mood."""

    volatility: float
    """Relative to the market's."""
    pace: float
    """Gaps between bursts, relative to the market's."""
    mean_s: int
    """Mean length."""
    weight: int
    """Chance, out of ten."""


QUIET: Final = Spell(0.58, 1.35, 600, 3)
NORMAL: Final = Spell(1.00, 1.00, 480, 5)
WILD: Final = Spell(1.87, 0.55, 240, 2)
SPELLS: Final = tuple(spell for spell in (QUIET, NORMAL, WILD) for _ in range(spell.weight))
"""Ten entries; the volatilities are such that their mean square over time is 1."""

FAST_S: Final = 0.06
"""Mean gap inside a burst."""
LONGEST: Final = 4.0
"""Longest gap, in mean gaps between bursts: real venues are not silent for longer either."""

Gap = tuple[int, float, float]
"""Nanoseconds, standard deviation of the fair value over them in ticks, share of the bounce that dies."""


def _middles(count: int) -> list[float]:
    return [(index + 0.5) / count for index in range(count)]


def exponential(count: int) -> list[float]:
    """Quantiles with mean 1."""
    return [round(-math.log1p(-p), 6) for p in _middles(count)]


def normal(count: int) -> list[float]:
    """Quantiles with mean 0 and variance 1."""
    return [round(NormalDist().inv_cdf(p), 6) for p in _middles(count)]


def lots_around(median: float, sigma: float) -> list[int]:
    """Quantiles of a lognormal in whole lots, at least 1; 1024 of them."""
    return [max(1, round(median * math.exp(sigma * z))) for z in NORMAL_1024]


def gaps(fast: float, slow_s: float, swing_1s: float, bounce_s: float) -> list[Gap]:
    """Mix fast and slow gaps; 1024 of them.

    Args:
        fast: share of gaps inside a burst.
        slow_s: mean gap between bursts.
        swing_1s: standard deviation of the fair value over a second, in ticks.
        bounce_s: time constant of the bounce.
    """
    return [(gap_ns, swing_1s * root, dies) for gap_ns, root, dies in _gaps_of_one(fast, slow_s, bounce_s)]


@lru_cache(maxsize=64)
def _gaps_of_one(fast: float, slow_s: float, bounce_s: float) -> list[Gap]:
    """Give gaps for a deviation of one; a market has six such tables and begins a spell every ten minutes."""
    fast_count = round(fast * 1024)
    seconds = [FAST_S * e for e in exponential(fast_count)]
    seconds += [slow_s * min(e, LONGEST) for e in exponential(1024 - fast_count)]
    return [(round(s * NS), math.sqrt(s), s / bounce_s) for s in seconds]


NORMAL_4096: Final = normal(4096)
NORMAL_1024: Final = normal(1024)
EXPONENTIAL_1024: Final = exponential(1024)
