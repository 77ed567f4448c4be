"""Rounding to a market's grid: in the direction that was named, never further than one step."""

from __future__ import annotations

from decimal import Decimal, Inexact

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MARKET

from helpers.enums import Side
from helpers.money import (
    ceil_to,
    exact,
    floor_to,
    is_multiple,
    minimum_quantity,
    nearest_to,
    passive_price,
    plain,
)

D = Decimal
VALUES = st.decimals("-1000000", "1000000", places=8)
PRICES = st.decimals("0.00000001", "1000000", places=8)
STEPS = st.sampled_from([D(step) for step in ("0.00001", "0.001", "0.1", "0.5", "1", "2.5", "10")])


@settings(max_examples=300, deadline=None)
@given(VALUES, STEPS)
def test_rounding_lands_on_the_grid_within_a_step(value: Decimal, step: Decimal) -> None:
    """Down is below or at the value, up above or at it, nearest at most half a step away, all on the grid."""
    down, up, near = floor_to(value, step), ceil_to(value, step), nearest_to(value, step)
    assert down <= value <= up
    assert up - down == (0 if is_multiple(value, step) else step)
    assert near in {down, up}
    assert abs(near - value) * 2 <= step
    assert all(is_multiple(each, step) for each in (down, up, near))


@settings(max_examples=100, deadline=None)
@given(VALUES, STEPS)
def test_rounding_again_changes_nothing(value: Decimal, step: Decimal) -> None:
    """What lies on the grid stays where it is, whichever way it is rounded."""
    on_grid = floor_to(value, step)
    assert floor_to(on_grid, step) == ceil_to(on_grid, step) == nearest_to(on_grid, step) == on_grid


@settings(max_examples=100, deadline=None)
@given(PRICES, STEPS)
def test_a_passive_price_never_crosses(price: Decimal, tick: Decimal) -> None:
    """A buy is rounded down and a sell up, away from the other side."""
    assert passive_price(price, Side.BUY, tick) == floor_to(price, tick) <= price
    assert passive_price(price, Side.SELL, tick) == ceil_to(price, tick) >= price


@settings(max_examples=200, deadline=None)
@given(PRICES, STEPS, st.decimals("0", "100", places=4), st.decimals("0", "5", places=4))
def test_the_minimum_quantity_is_the_least_that_passes(
    price: Decimal, step: Decimal, notional: Decimal, quantity: Decimal
) -> None:
    """It is on the step and meets both minimums, and one step less would not."""
    market = msgspec.structs.replace(MARKET, quantity_step=step, min_notional=notional, min_quantity=quantity)
    least = minimum_quantity(market, price)
    assert is_multiple(least, step)
    assert least >= quantity
    assert least * price >= notional
    less = least - step
    assert less < quantity or less * price < notional or less < 0


def test_halves_round_up() -> None:
    """Exactly between two steps the nearest one is the upper."""
    assert [nearest_to(D(value), D("0.1")) for value in ("0.05", "0.15", "0.25")] == [D("0.1"), D("0.2"), D("0.3")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+3", "1000"),
        ("0.00100", "0.001"),
        ("100.0", "100"),
        ("100", "100"),
        ("1E-8", "0.00000001"),
        ("0.0", "0"),
        ("-1.50", "-1.5"),
        ("NaN", "NaN"),
    ],
)
def test_numbers_are_written_plainly(value: str, text: str) -> None:
    """No exponent and no zeros behind, but never a digit less."""
    assert plain(D(value)) == text


@settings(max_examples=200, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value="-1e12", max_value="1e12"))
def test_writing_a_number_loses_nothing(value: Decimal) -> None:
    """What is written reads back as the same number."""
    assert D(plain(value)) == value


def test_exact_means_exact() -> None:
    """In the exact context a result that would be rounded raises; sixty digits are no trouble."""
    with exact():
        assert D("1e-30") * D("1e-29") + 1 > 1
        with pytest.raises(Inexact):
            D(1) / D(3)
