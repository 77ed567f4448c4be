"""The variance of a price per second, and the moments at which prices are taken."""

from __future__ import annotations

import json
import math
import random
import statistics
from decimal import Decimal

import msgspec
import pytest
from worlds import S

from strategies.signals import EwmaVariance, Sampler

D = Decimal


def test_the_first_price_gives_no_variance() -> None:
    """A change needs two prices."""
    variance = EwmaVariance(D("0.2"))
    assert variance.add(D(100), 0) is None
    assert variance.add(D(103), S) == 9
    assert variance.count == 1


def test_later_changes_weigh_alpha() -> None:
    """9, then 9 + 0.2 x (1 - 9), then that + 0.2 x (16 - that)."""
    variance = EwmaVariance(D("0.2"))
    found = [variance.add(D(price), second * S) for second, price in enumerate((100, 103, 102, 106))]
    assert found == [None, 9, D("7.4"), D("9.12")]


def test_it_is_per_second() -> None:
    """The same change over four seconds is a quarter of the variance, over half a second twice."""
    variance = EwmaVariance(D(1))
    variance.add(D(100), 0)
    assert variance.add(D(102), 4 * S) == 1
    assert variance.add(D(104), 4 * S + S // 2) == 8


def test_two_prices_of_one_moment_count_once() -> None:
    """No time passed, so nothing can be said; the later price is the one that is gone on from."""
    variance = EwmaVariance(D("0.5"))
    variance.add(D(100), 0)
    variance.add(D(101), S)
    assert variance.add(D(105), S) == 1
    assert variance.add(D(105), 2 * S) == D("0.5")


def test_a_restart_skips_the_change_over_a_gap() -> None:
    """The variance of before goes on, the jump between is nobody's."""
    variance = EwmaVariance(D("0.5"))
    variance.add(D(100), 0)
    variance.add(D(102), S)
    variance.restart()
    assert variance.add(D(500), 60 * S) == 4
    assert variance.add(D(500), 61 * S) == 2
    assert variance.count == 2


@pytest.mark.parametrize("interval", [1, 5])
def test_it_finds_the_variance_of_a_random_walk(interval: int) -> None:
    """Whatever the sampling, a walk of 5 USD a root second has a variance of 25, to a few percent."""
    rng, price = random.Random(3), 62_000.0
    variance, found = EwmaVariance(D("0.05")), []
    for step in range(4_000):
        value = variance.add(D(repr(price)), step * interval * S)
        found.append(float(value or 25))
        price += rng.gauss(0, 5 * math.sqrt(interval))
    assert statistics.fmean(found) == pytest.approx(25, rel=0.08)


def test_a_saved_state_goes_on_to_the_last_digit() -> None:
    """As JSON text and back, the next value is the same."""
    variance = EwmaVariance(D("0.3"))
    for second in range(10):
        variance.add(D(100) + D(second) / 7, second * S)
    again = msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(variance))), EwmaVariance)
    assert again == variance
    assert again.add(D(90), 10 * S) == variance.add(D(90), 10 * S)


def test_samples_are_taken_at_fixed_times() -> None:
    """The first look at or after each due time counts; one a whole interval late begins a new series."""
    sampler = Sampler(10 * S)
    assert sampler.is_due(7 * S)
    assert not sampler.took(7 * S)  # the first
    assert not sampler.is_due(16 * S)
    assert sampler.is_due(17 * S)
    assert sampler.took(18 * S)
    assert sampler.due_ns == 28 * S
    assert sampler.took(37 * S)
    assert not sampler.took(57 * S)


def test_a_clock_that_is_set_back_begins_a_new_series() -> None:
    """Waiting for the old time would freeze a signal for as long as the clock went back."""
    sampler = Sampler(10 * S)
    sampler.took(1_000 * S)
    assert not sampler.is_due(1_000 * S)
    assert sampler.is_due(999 * S)
    assert not sampler.took(999 * S)
    assert not sampler.is_due(1_008 * S)
    assert sampler.is_due(1_009 * S)
    assert sampler.took(1_009 * S)
