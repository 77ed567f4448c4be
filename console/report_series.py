"""The numbers behind a report's charts: the account over time, how far it fell, and thinning.

Long series are thinned to what a screen can show, never losing a high or a low.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from helpers.journal_schema import EquityPoint
from helpers.models import Fill

MOST_POINTS: Final = 5_000


@dataclass(slots=True)
class Series:
    """Values over time, oldest first."""

    times: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time_ns: int, value: float) -> None:
        """Add a value; one of the same time takes the place of the one before it."""
        if self.times and self.times[-1] == time_ns:
            self.values[-1] = value
            return
        self.times.append(time_ns)
        self.values.append(value)


@dataclass(frozen=True, slots=True)
class Charted:
    """What the charts show."""

    ticker: str
    quote: str
    points: Sequence[EquityPoint]
    fills: Mapping[str, Sequence[Fill]]
    """By venue."""
    purposes: Mapping[str, str]
    """What each order was for, by client order id."""


def series_of(pairs: Iterable[tuple[int, float]]) -> Series:
    """Collect (time, value) pairs, oldest first."""
    series = Series()
    for time_ns, value in pairs:
        series.add(time_ns, value)
    return series


def account_curve(points: Iterable[EquityPoint]) -> tuple[str, Series]:
    """Add the venues' equity up over time; where no venue tells it, their net profit instead.

    The curve starts when every venue that ever tells its equity has told it.
    """
    points = list(points)
    if any(point.equity is not None for point in points):
        told = [(point.time_ns, point.exchange, point.equity) for point in points if point.equity is not None]
        return "Equity", _total(told)
    return "Net PnL", _total([(point.time_ns, point.exchange, point.pnl.net) for point in points])


def _total(told: Sequence[tuple[int, str, Decimal]]) -> Series:
    venues = {exchange for _, exchange, _ in told}
    latest: dict[str, Decimal] = {}
    total = Series()
    for time_ns, exchange, value in told:
        latest[exchange] = value
        if len(latest) == len(venues):
            total.add(time_ns, float(sum(latest.values())))
    return total


def drawdown(curve: Series) -> Series:
    """Measure how far the curve lies below its highest point so far; never above zero."""
    peak = float("-inf")
    fallen = Series()
    for time_ns, value in zip(curve.times, curve.values, strict=True):
        peak = max(peak, value)
        fallen.add(time_ns, value - peak)
    return fallen


def thin(values: Sequence[float], most: int = MOST_POINTS) -> list[int]:
    """Choose the positions of at most `most` values: the ends, and the lowest and highest of each stretch."""
    count = len(values)
    if count <= most:
        return list(range(count))
    stretches = max(1, (most - 2) // 2)
    chosen = {0, count - 1}
    for number in range(stretches):
        stretch = range(number * count // stretches, (number + 1) * count // stretches)
        chosen |= {min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)}
    return sorted(chosen)
