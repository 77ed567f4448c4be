"""The account over time: where it opens, how venues add up, how it is sampled."""

from __future__ import annotations

from decimal import Decimal

from account_scenes import DAY, HOUR, MINUTE, START_NS, D, S, point
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.backtest.equity_curve import Step, equity_curve, grid_step_ns, sampled


def at(second: float) -> int:
    """A time of the run."""
    return START_NS + round(second * S)


def test_a_curve_opens_before_the_first_profit_and_ends_with_the_run() -> None:
    """The opening equity is the first one told less what was earned until then; the last one holds to the end."""
    points = [point(60, "10003", earned="3"), point(120, "9999.5", earned="-0.5")]
    assert equity_curve(points, START_NS, at(150)) == [
        Step(START_NS, D("10000")),
        Step(at(60), D("10003")),
        Step(at(120), D("9999.5")),
        Step(at(150), D("9999.5")),
    ]


def test_venues_add_up_from_their_openings() -> None:
    """A venue that has not spoken yet counts with its opening equity."""
    points = [point(1, "101", earned="1", exchange="a"), point(2, "45", earned="-5", exchange="b")]
    curve = equity_curve(points, START_NS, at(2))
    assert curve is not None
    assert [step.value for step in curve] == [150, 151, 146]


def test_of_one_time_the_last_value_counts() -> None:
    """Two moments of one time are one step, but the opening is never replaced."""
    points = [point(0, "101", earned="1"), point(5, "7", earned="2"), point(5, "8", earned="3")]
    curve = equity_curve(points, START_NS, at(5))
    assert curve == [Step(at(0), D(100)), Step(at(0), D(101)), Step(at(5), D(103))]


def test_our_own_profit_counts_not_what_a_venue_told_late() -> None:
    """After the opening the curve follows our books, also where a venue's figure is another or missing."""
    points = [point(1, None, earned="-1"), point(2, "98", earned="-2"), point(3, "98", earned="4")]
    curve = equity_curve(points, START_NS, at(3))
    assert curve is not None
    assert [step.value for step in curve] == [100, 99, 98, 104]


def test_an_unknown_account_is_no_curve() -> None:
    """A venue that never tells its equity leaves none, and so do no moments at all."""
    assert equity_curve([point(1, "100"), point(2, None, exchange="b")], START_NS, at(3)) is None
    assert equity_curve([], START_NS, at(3)) is None


def test_the_grid_follows_the_length_of_the_run() -> None:
    """Up to seven days a minute, beyond an hour."""
    assert [grid_step_ns(span) for span in (0, HOUR, 7 * DAY, 7 * DAY + 1, 365 * DAY)] == [
        MINUTE,
        MINUTE,
        MINUTE,
        HOUR,
        HOUR,
    ]


def test_a_sample_is_the_value_in_force() -> None:
    """Samples are read at the start and at each full step; a change at that very time counts, later ones do not."""
    curve = [Step(0, D(1)), Step(0, D(2)), Step(10, D(3)), Step(19, D(4)), Step(21, D(5)), Step(29, D(5))]
    assert sampled(curve, 10) == [1, 3, 4]
    assert sampled(curve[:1], 10) == [1]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(-50, 50)), max_size=30), st.integers(1, 90))
@settings(max_examples=100, deadline=None)
def test_samples_hold_the_ends(moves: list[tuple[int, int]], step: int) -> None:
    """For any account the first sample is the opening, and with a grid as fine as time the last one is the end."""
    points = [point(second, str(1000 + earned), earned=str(earned)) for second, earned in sorted(moves)]
    points = points or [point(0, "1000")]
    curve = equity_curve(points, START_NS, at(600))
    assert curve is not None
    coarse, fine = sampled(curve, step * S), sampled(curve, S)
    assert coarse[0] == fine[0] == Decimal(1000)
    assert fine[-1] == 1000 + points[-1].pnl.net
    assert coarse == fine[::step]
