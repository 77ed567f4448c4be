"""Return against risk, from equity sampled on a fixed grid and annualised over 365 days.

Markets that never close have 365 days a year. A ratio that has no value is None, never 0. Its
size says little where the run is short: the error of an annualised ratio is about one over the
square root of the run's length in years, whatever the grid.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from helpers.money import exact

YEAR_NS: Final = 365 * 86_400 * 1_000_000_000
_FEWEST: Final = 2
_NO_SPREAD: Final = 1e-9
"""A spread this small beside the mean is what rounding leaves of none."""


def returns(equity: Sequence[Decimal]) -> list[float] | None:
    """Give the simple returns of an equity sampled at equal steps: (after - before) / before.

    None if there are fewer than two, or if equity was not above zero all the time: then there is no rate.
    """
    if len(equity) <= _FEWEST or min(equity) <= 0:
        return None
    with exact():
        return [float(after - before) / float(before) for before, after in pairwise(equity)]


def sharpe(rates: Sequence[float], step_ns: int) -> float | None:
    """Give mean / standard deviation of the returns, times the square root of the steps in a year.

    The riskless rate is 0 and the deviation that of a sample (n - 1): W. F. Sharpe, "The Sharpe Ratio",
    Journal of Portfolio Management 21(1), 1994. None if the returns do not vary.
    """
    mean = statistics.fmean(rates)
    return _annual(mean, math.sqrt(statistics.variance(rates, mean)), step_ns)


def sortino(rates: Sequence[float], step_ns: int) -> float | None:
    """Give mean / downside deviation of the returns, times the square root of the steps in a year.

    The target is 0; the deviation is the root of the mean, over all returns, of min(return, 0) squared:
    F. A. Sortino and L. N. Price, "Performance Measurement in a Downside Risk Framework", Journal of
    Investing 3(3), 1994. None if no return is below 0.
    """
    below = math.sqrt(statistics.fmean(min(rate, 0.0) ** 2 for rate in rates))
    return _annual(statistics.fmean(rates), below, step_ns)


def _annual(mean: float, deviation: float, step_ns: int) -> float | None:
    if deviation <= _NO_SPREAD * abs(mean):
        return None
    return mean / deviation * math.sqrt(YEAR_NS / step_ns)
