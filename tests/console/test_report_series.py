"""The numbers behind the charts: sums over venues, drawdown, and thinning that loses no extreme."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from console.report_series import Series, account_curve, drawdown, series_of, thin
from helpers.journal_schema import EquityPoint
from helpers.status import PnL

D = Decimal
VALUES = st.lists(st.floats(-1e6, 1e6), max_size=300)


@settings(max_examples=200, deadline=None)
@given(values=VALUES, most=st.integers(4, 50))
def test_thinning_keeps_ends_and_extremes(values: list[float], most: int) -> None:
    """At most so many positions, in order, with the ends, the highest and the lowest among them."""
    chosen = thin(values, most)
    assert len(chosen) <= most
    assert chosen == sorted(set(chosen))
    if values:
        assert (chosen[0], chosen[-1]) == (0, len(values) - 1)
        assert max(values[i] for i in chosen) == max(values)
        assert min(values[i] for i in chosen) == min(values)
    if len(values) <= most:
        assert len(chosen) == len(values)


def test_a_long_session_is_thinned() -> None:
    """A hundred thousand values become at most five thousand, and a lone spike stays."""
    values = [0.0] * 100_000
    values[54_321] = 1.0
    chosen = thin(values)
    assert len(chosen) <= 5_000
    assert 54_321 in chosen


@settings(max_examples=100, deadline=None)
@given(values=VALUES)
def test_drawdown_is_the_distance_to_the_peak_so_far(values: list[float]) -> None:
    """Never above zero, zero at each new high, and the value less the highest so far."""
    fallen = drawdown(series_of(enumerate(values))).values
    assert fallen == [value - max(values[: i + 1]) for i, value in enumerate(values)]


def test_the_last_value_of_a_moment_counts() -> None:
    """Two values of one time are one point."""
    assert series_of([(1, 5.0), (1, 6.0), (2, 7.0)]) == Series([1, 2], [6.0, 7.0])


def test_equity_adds_up_over_venues() -> None:
    """The sum begins when both venues have told theirs; a moment that tells none changes nothing."""
    told = [("a", None), ("b", "5"), ("a", "1"), ("b", None), ("b", "7")]
    points = [
        EquityPoint(time_ns=n, exchange=name, equity=None if v is None else D(v), position=D(0), mid=None, pnl=PnL())
        for n, (name, v) in enumerate(told)
    ]
    assert account_curve(points) == ("Equity", Series([2, 4], [6.0, 8.0]))
