"""The levels of a geometric grid: strictly increasing, exact at both ends, one ratio within the tick."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.enums import Side
from helpers.money import nearest_to
from strategies.geometric_grid.ladder import Ladder, level_prices, ratio_between

D = Decimal
ticks = st.sampled_from([D("0.00001"), D("0.01"), D("0.1"), D(1), D(5)])
counts = st.integers(2, 120)


def ladder(low: str = "60000", high: str = "64000", count: int = 9, *, neutral: bool = False) -> Ladder:
    """Give levels on a tick of 0.1."""
    bottom, top = D(low), D(high)
    ratio = ratio_between(bottom, top, count)
    prices = level_prices(bottom, ratio, 0, count, D("0.1"))
    assert prices is not None
    made = Ladder(low=bottom, ratio=ratio, tick=D("0.1"), first=0, prices=prices)
    return made.with_centre((bottom + top) / 2) if neutral else made


@given(ticks, st.integers(1, 10**7), st.integers(1, 10**7), counts)
def test_levels_are_increasing_and_end_where_they_should(tick: Decimal, bottom: int, width: int, count: int) -> None:
    """Both ends are exact, every level is on the tick and above the one below, or the range is too narrow for them."""
    low, high = bottom * tick, (bottom + width) * tick
    prices = level_prices(low, ratio_between(low, high, count), 0, count, tick)
    assert (prices is None) == (width < count - 1)
    if prices is None:
        return
    assert (prices[0], prices[-1], len(prices)) == (low, high, count)
    assert all(price % tick == 0 for price in prices)
    assert all(upper > lower for lower, upper in pairwise(prices))


@given(ticks, st.integers(10_000, 10**7), st.integers(1, 9), counts)
def test_neighbours_keep_the_ratio(tick: Decimal, bottom: int, tenths: int, count: int) -> None:
    """Where a step is a tick at least, every level is the formula's price to half a tick: p_k = lo x r^k."""
    low, high = bottom * tick, nearest_to(bottom * tick * (1 + D(tenths) / 10), tick)
    ratio = ratio_between(low, high, count)
    assume(low * (ratio - 1) >= tick)
    prices = level_prices(low, ratio, 0, count, tick)
    assert prices is not None
    for index, price in enumerate(prices):
        assert abs(price - low * ratio**index) <= tick / 2
    assert abs(ratio ** (count - 1) * low - high) < tick / 1000


def test_the_ratio_has_one_step_less_than_levels() -> None:
    """Five levels from 100 to 1600, both ends counted, are four doublings: the root is the (n - 1)-th."""
    assert level_prices(D(100), ratio_between(D(100), D(1600), 5), 0, 5, D(1)) == (100, 200, 400, 800, 1600)


def test_levels_nearer_than_a_tick_are_pushed_up() -> None:
    """Where two would round to one price the upper one moves a tick up, and the top stays where it is."""
    low, high = D(10), D(20)
    assert level_prices(low, ratio_between(low, high, 9), 0, 9, D(1)) == (10, 11, 12, 13, 14, 15, 17, 18, 20)
    assert level_prices(low, ratio_between(low, high, 11), 0, 11, D(1)) == tuple(range(10, 21))
    assert level_prices(low, ratio_between(low, high, 12), 0, 12, D(1)) is None


@given(st.integers(20_000, 200_000))
def test_a_moved_range_stays_on_its_own_levels(mid: int) -> None:
    """The mid lies in the middle of a moved range to half a step; levels in both ranges keep number and price."""
    before = ladder()
    after = before.centred(D(mid))
    assert after is not None
    assert len(after.prices) == 9
    middle = after.low * after.ratio ** (after.first + 4)
    assert abs((mid / middle).ln() / after.ratio.ln()) <= D("0.5001")
    for index in range(max(before.first, after.first), min(before.last, after.last) + 1):
        assert before.price(index) == after.price(index)


def test_a_range_does_not_move_where_the_tick_is_too_coarse() -> None:
    """Nine levels do not fit between 20.0 and 21.0 on a tick of 0.1 at this ratio: the range stays."""
    assert ladder().centred(D("3.2")) is None


@given(st.integers(590_000, 650_000), st.booleans())
def test_the_nearest_levels_are_found(mid: int, neutral: bool) -> None:
    """Buys stand below the mid, sells above it, the nearest first, none where it could not leave, none at the mid."""
    levels, price = ladder(neutral=neutral), D(mid) / 10
    for side in Side:
        found = list(levels.nearest(price, side))
        prices = [levels.price(index) or D(0) for index in found]
        assert prices == sorted(prices, reverse=side is Side.BUY)
        assert all((price - level) * side.sign > 0 for level in prices)
        right = [
            index
            for index in range(9)
            if levels.may_enter(index, side) and (price - levels.prices[index]) * side.sign > 0
        ]
        assert sorted(found) == right


def test_one_side_of_the_centre_buys_and_the_other_sells() -> None:
    """The level at or below the centre is the highest that buys; the ends have no level beyond to leave at."""
    levels = ladder(neutral=True)
    assert [index for index in range(9) if levels.may_enter(index, Side.BUY)] == [0, 1, 2, 3, 4]
    assert [index for index in range(9) if levels.may_enter(index, Side.SELL)] == [5, 6, 7, 8]
    assert [index for index in range(-1, 10) if ladder().may_enter(index, Side.BUY)] == [*range(8)]
    assert [index for index in range(-1, 10) if ladder().may_enter(index, Side.SELL)] == [*range(1, 9)]


def test_an_entry_leaves_one_level_away() -> None:
    """At its level the neighbour's price; off the levels one ratio from its own price, rounded for more profit."""
    levels = ladder()
    assert levels.exit_price(3, Side.BUY, levels.prices[3]) == levels.prices[4]
    assert levels.exit_price(3, Side.SELL, levels.prices[3]) == levels.prices[2]
    assert levels.exit_price(3, Side.BUY, D(10_000)) == D("10081.0")
    assert levels.exit_price(3, Side.SELL, D(10_000)) == D("9919.6")
    assert levels.exit_price(8, Side.BUY, D(64_000)) == D("64518.4")


def test_the_levels_around_a_price() -> None:
    """The nearest at or below and at or above, nothing beyond the ends."""
    levels = ladder()
    assert levels.around(D(59_000)) == (None, D(60_000))
    assert levels.around(D(60_000)) == (D(60_000), D(60_000))
    assert levels.around(D(65_000)) == (D(64_000), None)
    assert [levels.holds(D(price)) for price in (59_999, 60_000, 64_000, 64_001)] == [False, True, True, False]
