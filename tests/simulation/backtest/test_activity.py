"""What was traded and held."""

from __future__ import annotations

from decimal import Decimal

import pytest
from account_scenes import START_NS, D, S, fill, point
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Liquidity, Side
from helpers.models import Fill
from simulation.backtest.activity import exposure, maker_share, time_in_market, turnover, winning_share

BUY, SELL = Side.BUY, Side.SELL
FILLS = st.lists(
    st.builds(
        fill,
        st.integers(0, 100),
        st.sampled_from(Side),
        st.integers(1, 500).map(str),
        st.integers(1, 9).map(str),
        liquidity=st.sampled_from(Liquidity),
    ),
    max_size=30,
).map(lambda fills: sorted(fills, key=lambda each: each.time_ns))


def test_turnover_adds_up_both_sides() -> None:
    """Bought 2 at 100 and sold 1 at 110 is 310."""
    assert turnover([fill(1, BUY, "100", "2"), fill(2, SELL, "110", "1")]) == 310


def test_the_makers_share_is_by_notional() -> None:
    """A maker fill of 300 beside a taker fill of 100 is three quarters; without fills there is no share."""
    assert maker_share([fill(1, BUY, "300"), fill(2, SELL, "100", liquidity=Liquidity.TAKER)]) == 0.75
    assert maker_share([]) is None


def test_a_close_wins_against_the_average_entry() -> None:
    """Bought at 100 and 110: a sale at 106 wins, one at 104 loses, one at 105 does neither."""
    bought = [fill(1, BUY, "100", "2"), fill(2, BUY, "110", "2")]
    assert winning_share({"a": [*bought, fill(3, SELL, "106"), fill(4, SELL, "104")]}) == 0.5
    assert winning_share({"a": [*bought, fill(3, SELL, "105")]}) == 0


def test_without_a_close_nothing_won() -> None:
    """Fills that only open give None, and venues have books of their own."""
    assert winning_share({}) is None
    assert winning_share({"a": [fill(1, BUY)], "b": [fill(2, SELL, "200")]}) is None


def test_a_short_that_falls_wins() -> None:
    """Sold at 100 and bought back at 90 is a win; what turns round counts for what it closed."""
    assert winning_share({"a": [fill(1, SELL, "100"), fill(2, BUY, "90", "3"), fill(3, SELL, "80")]}) == 0.5


def test_time_in_the_market_is_between_the_fills() -> None:
    """In from 10 to 30 and from 90 on: 30 of 100 seconds."""
    fills = [fill(10, BUY), fill(30, SELL), fill(90, SELL)]
    assert time_in_market({"a": fills}, START_NS, START_NS + 100 * S) == 0.3


def test_venues_may_take_turns() -> None:
    """Time counts once, whichever venue holds something, also if positions cancel out."""
    fills = {"a": [fill(10, BUY), fill(50, SELL)], "b": [fill(20, SELL), fill(60, BUY)]}
    assert time_in_market(fills, START_NS, START_NS + 100 * S) == 0.5


def test_a_run_without_length_was_nowhere() -> None:
    """Neither time in the market nor exposure can be said of an instant; without fills the time is 0."""
    assert time_in_market({"a": [fill(0, BUY)]}, START_NS, START_NS) is None
    assert exposure([point(0, "100")], START_NS, START_NS) is None
    assert time_in_market({}, START_NS, START_NS + S) == 0


def test_exposure_is_a_mean_over_time() -> None:
    """Flat for 20 s, 50 % for 20 s, short of 100 % for 60 s of 100: 70 %."""
    points = [point(20, "200", position="1"), point(40, "100", position="-1")]
    assert exposure(points, START_NS, START_NS + 100 * S) == pytest.approx(0.7)


def test_exposure_of_venues_is_their_sum() -> None:
    """Positions are added without regard to their sign, and so are accounts."""
    points = [point(0, "100", position="1", exchange="a"), point(0, "300", position="-1", exchange="b")]
    assert exposure(points, START_NS, START_NS + S) == 0.5


@pytest.mark.parametrize(
    "bad", [point(1, None), point(1, "100", position="1", mid=None), point(1, "0", position="1"), point(1, "-5")]
)
def test_what_is_unknown_leaves_no_exposure(bad: object) -> None:
    """Unknown equity or price, or an account with nothing in it, give None and not 0."""
    assert exposure([point(0, "100"), bad], START_NS, START_NS + 2 * S) is None  # type: ignore[list-item]


def test_a_price_is_not_needed_for_nothing() -> None:
    """Flat, an unknown price does not matter."""
    assert exposure([point(0, "100", mid=None)], START_NS, START_NS + S) == 0


@given(FILLS)
@settings(max_examples=100, deadline=None)
def test_shares_are_shares(fills: list[Fill]) -> None:
    """Every share lies between 0 and 1, and turnover is what makers and takers have together."""
    end_ns = START_NS + 101 * S
    shares = (maker_share(fills), winning_share({"a": fills}), time_in_market({"a": fills}, START_NS, end_ns))
    assert all(share is None or 0 <= share <= 1 for share in shares)
    takers = turnover(each for each in fills if each.liquidity is Liquidity.TAKER)
    makers = turnover(each for each in fills if each.liquidity is Liquidity.MAKER)
    assert turnover(fills) == takers + makers
    held, seconds = Decimal(0), 0
    for second in range(101):
        held += sum((each.side.sign * each.quantity for each in fills if each.time_ns == START_NS + second * S), D(0))
        seconds += held != 0
    assert shares[2] == pytest.approx(seconds / 101)
