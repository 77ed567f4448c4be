"""Funding rates: the same for the same seed, small, and at whole intervals."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_scenes import START_NS, D, S

from simulation.funding import FundingSchedule

HOUR = 3600 * S


def schedule(seed: int = 1, ticker: str = "BTC", hours: int = 1, start_ns: int = START_NS) -> FundingSchedule:
    """Give a schedule."""
    return FundingSchedule(seed, ticker, hours * HOUR, start_ns)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from([1, 4, 8]))
def test_the_next_settlement_is_the_next_whole_interval(offset_s: int, hours: int) -> None:
    """Settlements are at whole intervals of UTC, strictly after now."""
    now = START_NS + offset_s * S
    due = schedule(hours=hours).next_ns(now)
    assert due % (hours * HOUR) == 0
    assert now < due <= now + hours * HOUR


def test_a_settlement_at_this_moment_is_over() -> None:
    """At the very instant of a settlement the next one is a whole interval away."""
    assert schedule().next_ns(START_NS) == START_NS + HOUR


def test_rates_do_not_depend_on_the_order_of_asking() -> None:
    """A rate is the same whether it is asked for first or after the earlier ones, once or twice."""
    forward, backward = schedule(), schedule()
    times = [START_NS + hour * HOUR for hour in range(1, 50)]
    rates = [forward.rate(at) for at in times]
    assert [backward.rate(at) for at in reversed(times)] == rates[::-1]
    assert [forward.rate(at) for at in times] == rates


def test_rates_differ_by_seed_and_market() -> None:
    """Another seed or another market has other rates."""
    due = START_NS + HOUR
    rates = {schedule().rate(due), schedule(seed=2).rate(due), schedule(ticker="ETH").rate(due)}
    assert len(rates) == 3


def test_a_time_before_the_first_settlement_has_the_first_rate() -> None:
    """Asked for a time before its start, the schedule gives its first rate."""
    some = schedule()
    assert some.rate(START_NS - 5 * HOUR) == some.rate(START_NS + HOUR)


@pytest.mark.parametrize("hours", [1, 8])
def test_rates_have_the_size_of_real_ones(hours: int) -> None:
    """Rates walk around 0.01 % per 8 h, scaled to the interval, bounded, with eight decimals."""
    some = schedule(hours=hours)
    rates = [some.rate(START_NS + number * hours * HOUR) for number in range(1, 3000)]
    share = D(hours) / 8
    assert all(abs(rate) <= D("0.004") * share for rate in rates)
    assert D("0.00005") * share < sum(rates) / len(rates) < D("0.00015") * share
    assert min(rates) < 0 < max(rates)
    assert all(rate == rate.quantize(D("0.00000001")) for rate in rates)


def test_rates_change_slowly() -> None:
    """A rate resembles the one before it."""
    some = schedule()
    rates = [float(some.rate(START_NS + number * HOUR)) for number in range(1, 1000)]
    mean = sum(rates) / len(rates)
    together = sum((one - mean) * (two - mean) for one, two in pairwise(rates))
    assert together / sum((rate - mean) ** 2 for rate in rates) > 0.7
