"""Averages and the moments at which prices are taken."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies.saved_state import load, save
from strategies.signals import Atr, Ema, Sampler

D = Decimal
S = 1_000_000_000
prices = st.lists(st.decimals(1, 100_000, places=2), min_size=1, max_size=60)


# -- Ema -------------------------------------------------------------------------------------------------


def test_the_average_moves_by_its_weight() -> None:
    """Period 3 weighs the newest price one half; the first price is the first average."""
    ema = Ema(3)
    assert [ema.add(D(price)) for price in (10, 12, 8, 8)] == [D(10), D(11), D("9.5"), D("8.75")]


def test_a_period_of_one_is_the_price() -> None:
    """Weight 2 / (1 + 1) = 1."""
    ema = Ema(1)
    assert [ema.add(D(price)) for price in (10, 30, 20)] == [D(10), D(30), D(20)]


def test_it_is_warm_after_a_whole_period() -> None:
    """Not one price earlier."""
    ema, warm = Ema(3), []
    for price in (1, 2, 3, 4):
        ema.add(D(price))
        warm.append(ema.is_warm)
    assert warm == [False, False, True, True]


@given(prices, st.integers(1, 100))
def test_an_average_lies_between_the_prices(series: list[Decimal], period: int) -> None:
    """Whatever comes, it never leaves their range (but for the last digit)."""
    ema = Ema(period)
    for price in series:
        ema.add(price)
    assert ema.value is not None
    assert min(series) - D("1e-20") <= ema.value <= max(series) + D("1e-20")


@given(st.decimals(-50, 50, places=2), st.integers(1, 60))
def test_on_a_straight_line_it_trails_by_half_a_period(slope: Decimal, period: int) -> None:
    """After long enough the average rises like the line and lies (period - 1) / 2 steps behind it."""
    ema, price = Ema(period), D(10_000)
    for _ in range(40 * period):
        price += slope
        before, after = ema.value, ema.add(price)
    assert price - after == pytest.approx(slope * (period - 1) / 2, abs=D("1e-6"))
    if before is not None and period > 1:
        assert after - before == pytest.approx(slope, abs=D("1e-6"))


# -- Atr ---------------------------------------------------------------------------------------------------


def test_the_range_includes_the_gap_to_the_last_close() -> None:
    """A bar that opens beyond the last close has its gap in its range; the first has nothing to compare with."""
    atr = Atr(1)
    assert atr.add(D(12), D(10), D(11)) == 2
    assert atr.add(D(15), D(14), D(14)) == 4
    assert atr.add(D(10), D(9), D(9)) == 5
    assert atr.add(D(10), D(8), D(9)) == 2


def test_wilder_s_smoothing() -> None:
    """The first ranges are averaged plainly, each later one weighs 1 / period."""
    atr, ranges = Atr(3), (3, 6, 9, 3, 6)
    values = [atr.add(D(100 + width), D(100), D(100)) for width in ranges]
    assert values[:3] == [D(3), D("4.5"), D(6)]
    assert values[3] == 5
    assert values[4] == pytest.approx(D(16) / 3)


def test_an_atr_is_warm_after_a_whole_period() -> None:
    """Not one bar earlier."""
    atr, warm = Atr(2), []
    for _ in range(3):
        atr.add(D(2), D(1), D(1))
        warm.append(atr.is_warm)
    assert warm == [False, True, True]


@given(prices, st.integers(1, 30))
def test_a_range_is_never_negative(series: list[Decimal], period: int) -> None:
    """And zero where nothing moves."""
    moving, still = Atr(period), Atr(period)
    for price in series:
        assert moving.add(price + 1, price, price) >= 1 - D("1e-20")
        assert still.add(D(5), D(5), D(5)) == 0


# -- Sampler ---------------------------------------------------------------------------------------------------


def test_samples_are_an_interval_apart() -> None:
    """However often it is asked; the first look is a sample, and no regular one."""
    sampler, taken = Sampler(5 * S), []
    for tenth in range(1, 171):
        now = tenth * S // 10
        if sampler.is_due(now):
            taken.append((tenth, sampler.took(now)))
    assert taken == [(1, False), (51, True), (101, True), (151, True)]


def test_a_late_look_is_late_only_once() -> None:
    """The next sample follows an interval after the late one; a whole interval late begins a new series."""
    sampler = Sampler(5 * S)
    sampler.took(10 * S)
    assert sampler.took(19 * S)
    assert sampler.due_ns == 24 * S
    assert not sampler.took(29 * S)


def test_the_signals_go_on_after_a_restart() -> None:
    """Saved as JSON text and read back, each goes on to the last digit."""
    ema, atr, sampler = Ema(7), Atr(3), Sampler(5 * S)
    for price in (D(3), D(1), D("0.7")):
        ema.add(price)
        atr.add(price + 1, price, price)
    sampler.took(3 * S)
    again = [load(type(each), json.loads(json.dumps(save(each)))) for each in (ema, atr, sampler)]
    assert again == [ema, atr, sampler]
    assert Ema.add(again[0], D(9)) == ema.add(D(9))  # type: ignore[arg-type]  # it is one
