"""Where a perp market maker's quotes belong, to the tick."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import isqrt

import pytest
from desk import D, Desk
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import with_market

from helpers.enums import Side
from helpers.models import MarketData
from strategies.perp_market_maker.levels import Ladder, is_plausible, ladder, level_ticks, skew_shift
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy

NO_SHIFT = D(0)


def book(bid: str | Decimal = "62000.0", ask: str | Decimal = "62000.1", tick: str = "0.1") -> MarketData:
    """Give a market at these prices."""
    return Desk(PerpMarketMakerStrategy, market=with_market(tick_size=D(tick))).quote(bid, ask).data()


def texts(prices: tuple[Decimal, ...]) -> list[str]:
    """Write prices as the tables below do."""
    return [format(price.normalize(), "f") for price in prices]


@pytest.mark.parametrize(
    ("bid", "ask", "tick", "spread", "buys", "sells"),
    [
        # mid 62000.05 less 0.1 % = 61938.04995; then 0, 1.5, 4.24.., 7.79.. ticks farther, rounded down
        ("62000.0", "62000.1", "0.1", "0.2", "61938 61937.8 61937.6 61937.2", "62062.1 62062.3 62062.5 62062.9"),
        ("100", "102", "1", "2", "99 98 95 92", "103 104 107 110"),
        ("100", "102", "2", "2", "98 96 90 84", "104 106 112 118"),
        ("0.15999", "0.16", "0.00001", "0.2", "0.15983 0.15982 0.15979 0.15975", "0.16016 0.16017 0.1602 0.16024"),
        # a spread of nothing still leaves the touch alone
        ("62000.0", "62000.1", "0.1", "0.000001", "62000 61999.8 61999.6 61999.2", "62000.1 62000.3 62000.5 62000.9"),
    ],
)
def test_the_levels(bid: str, ask: str, tick: str, spread: str, buys: str, sells: str) -> None:
    """Level i rests at mid x (1 -+ spread / 2) -+ 1.5 x i^1.5 ticks, buys rounded down, sells up."""
    prices = ladder(book(bid, ask, tick), D(spread), 4, NO_SHIFT)
    assert (texts(prices.buys), texts(prices.sells)) == (buys.split(), sells.split())


def test_the_steps_are_exact_where_the_root_is() -> None:
    """Level 4 lies 12 ticks beyond the nearest, level 9 lies 40.5: no trace of a float."""
    assert [level_ticks(level) for level in (0, 1, 4, 9)] == [0, D("1.5"), 12, D("40.5")]
    assert str(level_ticks(2)).startswith("4.24264068711928514640506617262909")


@pytest.mark.parametrize(
    ("skew", "above", "largest", "shift"),
    [
        ("0.001", "2", "4", "31.000025"),
        ("0.001", "-2", "4", "-31.000025"),
        ("0.001", "9", "4", "62.00005"),
        ("0.001", "-9", "4", "-62.00005"),
        ("0.001", "0", "4", "0"),
        ("0", "2", "4", "0"),
        ("-0.5", "2", "4", "0"),
    ],
)
def test_the_shift(skew: str, above: str, largest: str, shift: str) -> None:
    """Prices move by mid x skew x (position / max_position, at most 1 either way), and only for a skew above 0."""
    assert skew_shift(D("62000.05"), D(skew), D(above), D(largest)) == D(shift)


def test_a_long_position_moves_both_sides_down() -> None:
    """Against the inventory: sells come nearer, buys go away; a short position mirrors it."""
    long = ladder(book(), D("0.2"), 2, D(31))
    assert (texts(long.buys), texts(long.sells)) == (["61907", "61906.8"], ["62031.1", "62031.3"])
    short = ladder(book(), D("0.2"), 2, D(-31))
    assert (texts(short.buys), texts(short.sells)) == (["61969", "61968.8"], ["62093.1", "62093.3"])


@pytest.mark.parametrize(
    ("shift", "first_buy", "first_sell"),
    [
        ("62.0", "61876", "62000.1"),
        # 62062.05005 less 62.1 would rest on the bid of 62000.0: the sells stay, the buys move
        ("62.1", "61875.9", "62062.1"),
        ("-62.0", "62000", "62124.1"),
        ("-62.05", "62000", "62124.2"),
        ("-62.1", "61938", "62124.2"),
    ],
)
def test_a_side_that_would_cross_does_not_move(shift: str, first_buy: str, first_sell: str) -> None:
    """The nearest price must not cross the book; then its whole side stays un-shifted, and the other moves."""
    prices = ladder(book(), D("0.2"), 3, D(shift))
    assert (texts(prices.buys)[0], texts(prices.sells)[0]) == (first_buy, first_sell)


def test_a_price_absurdly_far_is_none() -> None:
    """Zero, less than half of the ask and more than one and a half of the bid are no prices to ask for."""
    data = book("100", "102", "1")
    assert [is_plausible(D(price), data) for price in (0, 50, 51, 150, 151)] == [False, False, True, True, False]


TICKS = st.sampled_from(["0.1", "0.01", "0.5", "0.25", "1", "0.00001", "2", "0.3"])
TERMS = {
    "bid": st.integers(2_000, 10_000_000),
    "width": st.integers(1, 300),
    "tick": TICKS,
    "spread": st.integers(1, 20_000_000),
    "shift": st.integers(-(10**7), 10**7),
    "levels": st.integers(1, 20),
}


def quoted(bid: int, width: int, tick: str, spread: int, shift: int, levels: int) -> tuple[MarketData, Ladder]:
    """Give a market and its ladder: bid and width in ticks, spread in 1e-6 percent, shift in 1e-3 ticks."""
    data = book(bid * D(tick), (bid + width) * D(tick), tick)
    return data, ladder(data, D(spread) / 1_000_000, levels, D(shift) / 1000 * D(tick))


@settings(max_examples=300, deadline=None)
@given(**TERMS)
def test_any_ladder_is_sound(bid: int, width: int, tick: str, spread: int, shift: int, levels: int) -> None:
    """On the tick, strictly apart, never across the book, never across each other."""
    data, prices = quoted(bid, width, tick, spread, shift, levels)
    for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
        mine = prices.of(side)
        assert len(mine) == levels
        assert all(price % D(tick) == 0 for price in mine)
        assert all((near - far) * sign > 0 for near, far in pairwise(mine))
    assert prices.buys[0] < data.best_ask
    assert prices.sells[0] > data.best_bid
    assert prices.buys[0] < prices.sells[0]


@settings(max_examples=300, deadline=None)
@given(**TERMS)
def test_every_price_is_exact(bid: int, width: int, tick: str, spread: int, shift: int, levels: int) -> None:
    """Each un-shifted price is the one that whole-number arithmetic finds: no rounding reaches the tick."""
    _, prices = quoted(bid, width, tick, spread, 0, levels)
    half = Fraction(spread, 200_000_000)
    for level in range(levels):
        for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
            # In ticks: nearest -+ sqrt(9/4 x level^3), as a floor or a ceiling of a fraction less a root.
            nearest = sign * Fraction(2 * bid + width, 2) * (1 - sign * half)
            assert prices.of(side)[level] == sign * floor_less_root(nearest, Fraction(9 * level**3, 4)) * D(tick)


def floor_less_root(value: Fraction, squared: Fraction) -> int:
    """Give the floor of value - sqrt(squared), by whole numbers only."""
    guess = int(value) - isqrt(int(squared)) + 3
    while not (value >= guess and (value - guess) ** 2 >= squared):
        guess -= 1
    return guess
