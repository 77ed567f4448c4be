"""Ticks and lots to Decimals and back, exactly."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_scenes import INSTRUMENT, D

import simulation.scale
from simulation.scale import Scale

units = st.sampled_from(["1", "0.5", "0.1", "0.25", "0.001", "0.00000001", "5", "10"]).map(Decimal)
counts = st.integers(-(10**12), 10**12)


def scale(tick: Decimal, step: Decimal) -> Scale:
    """Give the scale of an instrument with this grid."""
    return Scale(msgspec.structs.replace(INSTRUMENT, tick_size=tick, quantity_step=step))


@settings(max_examples=100, deadline=None)
@given(units, units, counts)
def test_there_and_back(tick: Decimal, step: Decimal, count: int) -> None:
    """Every whole number of ticks or lots comes back as it went."""
    both = scale(tick, step)
    assert both.ticks(both.price(count)) == count
    assert both.lots(both.quantity(count)) == count
    assert both.price(count) == count * tick


@settings(max_examples=100, deadline=None)
@given(units, counts, st.decimals("0.01", "0.99", places=2))
def test_off_the_grid_is_none(unit: Decimal, count: int, part: Decimal) -> None:
    """What lies between two ticks or two lots is on neither."""
    both = scale(unit, unit)
    assert both.ticks((count + part) * unit) is None
    assert both.lots((count + part) * unit) is None


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1e60", "1e-60"])
def test_what_is_no_sensible_number_is_off_the_grid(value: str) -> None:
    """Numbers that cannot be counted in ticks are off the grid; they raise nothing."""
    assert scale(D("0.1"), D("0.1")).ticks(D(value)) is None


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prices are remembered up to a bound, and are right after it was reached."""
    monkeypatch.setattr(simulation.scale, "_MOST_REMEMBERED", 3)
    some = scale(D("0.1"), D(1))
    assert [some.price(ticks) for ticks in range(10)] == [D("0.1") * ticks for ticks in range(10)]
    assert len(some._prices) <= 3
    assert some.price(9) is some.price(9)
