"""The deepest and the longest fall."""

from __future__ import annotations

from account_scenes import D
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.backtest.drawdown import Drawdown, max_drawdown
from simulation.backtest.equity_curve import Step


def curve(*values: object) -> list[Step]:
    """Give a curve with a value every second."""
    return [Step(number, D(str(value))) for number, value in enumerate(values)]


def test_a_worked_example() -> None:
    """100, 120, 90, 110, 130, 104, 104: 30 deep at 25 %, recovered after 3; then 26 deep at 20 %, not recovered."""
    assert max_drawdown(curve(100, 120, 90, 110, 130, 104, 104)) == Drawdown(D(30), 25.0, 3)


def test_the_three_measures_may_belong_to_different_falls() -> None:
    """The deepest fall in money, the deepest in percent and the longest are each found on their own."""
    assert max_drawdown(curve(10, 5, 10, 100, 94, 100, 99, 99, 99, 99)) == Drawdown(D(6), 50.0, 4)


def test_what_never_falls_has_none() -> None:
    """A rising curve, a flat one and a single value have fallen by 0 for 0."""
    for values in ((1, 2, 3), (2, 2, 2), (5,)):
        assert max_drawdown(curve(*values)) == Drawdown(D(0), 0.0, 0)


def test_a_fall_without_recovery_lasts_to_the_end() -> None:
    """Time below the peak counts from the last moment at the peak."""
    assert max_drawdown(curve(5, 7, 7, 6, 6, 6)).longest_ns == 3


def test_without_money_at_the_start_there_is_no_percentage() -> None:
    """A fall from nothing has an amount and no share."""
    assert max_drawdown(curve(0, -5)) == Drawdown(D(5), None, 1)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_it_is_the_largest_fall_between_any_two_moments(values: list[int]) -> None:
    """Amount and share equal those found by trying every pair."""
    pairs = [(before, after) for i, before in enumerate(values) for after in values[i:]]
    found = max_drawdown(curve(*values))
    assert found.amount == max(before - after for before, after in pairs)
    assert found.percent is not None
    assert abs(found.percent - max(100 * (before - after) / before for before, after in pairs)) < 1e-9
    assert (found.longest_ns == 0) == (found.amount == 0)
