"""Sharpe and Sortino against closed forms, and where they have no value."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from account_scenes import DAY, HOUR, MINUTE, D
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.backtest.ratios import YEAR_NS, returns, sharpe, sortino

EQUITIES = st.lists(st.integers(90_000, 110_000).map(Decimal), min_size=3, max_size=50)


def test_returns_are_simple() -> None:
    """100 to 110 is 0.1, 110 to 99 is -0.1."""
    assert returns([D(100), D(110), D(99)]) == [0.1, -0.1]


@pytest.mark.parametrize("equity", [[], ["100"], ["100", "101"], ["100", "0", "5"], ["100", "-1", "5"]])
def test_too_little_or_ruined_equity_has_no_returns(equity: list[str]) -> None:
    """Fewer than two returns, or equity at or below zero, give None and not 0."""
    assert returns([D(value) for value in equity]) is None


def test_sharpe_of_two_returns() -> None:
    """0.1 and 0.3 a day: mean 0.2, sample deviation 0.1 x root 2, so root 2 a day and root 730 a year."""
    assert sharpe([0.1, 0.3], DAY) == pytest.approx(math.sqrt(730))


def test_sortino_of_two_returns() -> None:
    """0.3 and -0.1 a day: mean 0.1, downside 0.1 / root 2, so root 2 a day and root 730 a year."""
    assert sortino([0.3, -0.1], DAY) == pytest.approx(math.sqrt(730))


def test_a_year_has_365_days() -> None:
    """An hourly grid is annualised by the root of 8,760, a minute's by the root of 525,600."""
    assert YEAR_NS // HOUR == 8_760
    assert sharpe([0.1, 0.3], HOUR) == pytest.approx(math.sqrt(2 * 8_760))
    assert sharpe([0.1, 0.3], MINUTE) == pytest.approx(math.sqrt(2 * 525_600))


def test_what_does_not_vary_has_no_sharpe() -> None:
    """Equal returns, also if rounding makes them differ a little, and no returns at all give None."""
    assert sharpe([0.0, 0.0, 0.0], DAY) is None
    assert sharpe([0.1, 0.1, 0.1 + 1e-16], DAY) is None


def test_what_never_loses_has_no_sortino() -> None:
    """Without a return below 0 there is no downside to divide by."""
    assert sortino([0.1, 0.0, 0.2], DAY) is None
    assert sortino([0.0, 0.0], DAY) is None


@given(EQUITIES, st.integers(2, 1_000))
@settings(max_examples=100, deadline=None)
def test_the_size_of_the_account_does_not_matter(equity: list[Decimal], factor: int) -> None:
    """An account of any multiple has the same ratios."""
    small, large = returns(equity), returns([factor * value for value in equity])
    assert small is not None
    assert large is not None
    for ratio in (sharpe, sortino):
        one, other = ratio(small, HOUR), ratio(large, HOUR)
        assert (one is None) == (other is None)
        assert one == other or one == pytest.approx(other, rel=1e-6)


@given(st.lists(st.floats(-0.2, 0.2).map(lambda rate: round(rate, 4)), min_size=2, max_size=50))
@settings(max_examples=100, deadline=None)
def test_the_sign_is_that_of_the_mean(rates: list[float]) -> None:
    """Both ratios are positive where the mean return is, and losses mirrored to gains mirror Sharpe."""
    found = sharpe(rates, DAY)
    if found is not None:
        mirrored = sharpe([-rate for rate in rates], DAY)
        assert mirrored == pytest.approx(-found)
        assert found * math.fsum(rates) >= 0
        below = sortino(rates, DAY)
        assert below is None or below * found >= 0
