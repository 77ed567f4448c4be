"""Figures as people read them: no digit that matters lost, none invented."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import formats

AMOUNTS = st.decimals(min_value="-1e9", max_value="1e9", places=8)


@pytest.mark.parametrize(
    ("value", "tick", "text"),
    [
        ("61999.9", "0.1", "61,999.9"),
        ("62000", "0.1", "62,000.0"),
        ("62000.05", "0.1", "62,000.05"),
        ("61950.123456", "0.1", "61,950.12"),
        ("62000.5", "0.5", "62,000.5"),
        ("62000.25", "0.5", "62,000.25"),
        ("62000", "1", "62,000"),
        ("62005", "10", "62,005.0"),
        ("0.00001234", "0.00000001", "0.00001234"),
        ("0.00001234", "1E-8", "0.00001234"),
        ("1.5", "0.10", "1.5"),
    ],
)
def test_price_has_the_digits_of_its_tick(value: str, tick: str, text: str) -> None:
    """A price on the grid has the grid's digits, one between two ticks has one more."""
    assert formats.price(Decimal(value), Decimal(tick)) == text


def test_missing_figures_are_not_zero() -> None:
    """None is written as "-" or "unknown"."""
    assert formats.price(None, Decimal("0.1")) == "-"
    assert formats.quantity(None) == "-"
    assert formats.money(None) == "unknown"
    assert formats.signed(None) == "unknown"
    assert formats.bps(Decimal(1), Decimal(0)) == "-"
    assert formats.percent(Decimal(1), Decimal(0)) == "-"


@pytest.mark.parametrize(
    ("value", "text"),
    [("0.0010", "0.001"), ("1E+3", "1,000"), ("100", "100"), ("1234567.8900", "1,234,567.89"), ("1E-8", "0.00000001")],
)
def test_quantity_is_exact_and_plain(value: str, text: str) -> None:
    """A quantity has no exponent and no trailing zeros."""
    assert formats.quantity(Decimal(value)) == text


@given(AMOUNTS)
@settings(max_examples=100, deadline=None)
def test_quantity_loses_nothing(value: Decimal) -> None:
    """What a quantity shows is the quantity."""
    assert Decimal(formats.quantity(value).replace(",", "")) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0.00"),
        ("-0", "0.00"),
        ("0.0124", "+0.0124"),
        ("-0.0124", "-0.0124"),
        ("0.00001234", "+0.0000123"),
        ("12.3456", "+12.3456"),
        ("-12345.678", "-12,345.68"),
    ],
)
def test_signed_shows_tiny_amounts(value: str, text: str) -> None:
    """Profits carry +, losses -, zero neither; a tiny amount keeps three digits."""
    assert formats.signed(Decimal(value)) == text


@given(AMOUNTS.filter(bool))
@settings(max_examples=100, deadline=None)
def test_no_amount_looks_like_zero(value: Decimal) -> None:
    """On its own, every amount that is not zero shows a digit that is not zero, and its sign."""
    text = formats.signed(value)
    assert any(digit in text for digit in "123456789")
    assert text[0] == ("+" if value > 0 else "-")


def test_amounts_side_by_side_share_their_decimals() -> None:
    """The smallest amount sets the decimals, unless a large one stands beside it."""
    assert formats.money_decimals([]) == 2
    assert formats.money_decimals([Decimal(0), Decimal(5000)]) == 2
    assert formats.money_decimals([Decimal("12.3"), Decimal("0.0124")]) == 4
    assert formats.money_decimals([Decimal("12.3"), Decimal("0.0000124")]) == 7
    assert formats.money_decimals([Decimal("12345.6"), Decimal("0.0000124")]) == 4


def test_spread_in_ticks_and_basis_points() -> None:
    """A spread is counted in ticks and told in basis points with two digits that mean something."""
    assert formats.ticks(Decimal("0.1"), Decimal("0.1")) == "1 tick"
    assert formats.ticks(Decimal("0.2"), Decimal("0.1")) == "2 ticks"
    assert formats.ticks(Decimal("0.15"), Decimal("0.1")) == "1.5 ticks"
    assert formats.bps(Decimal("0.2"), Decimal(62000)) == "0.032 bps"
    assert formats.bps(Decimal("15.5"), Decimal(62000)) == "2.50 bps"
    assert formats.bps(Decimal(0), Decimal(62000)) == "0.00 bps"


def test_percent_is_signed() -> None:
    """A distance in percent says its direction."""
    assert formats.percent(Decimal(-10), Decimal(62000)) == "-0.016%"
    assert formats.percent(Decimal(620), Decimal(62000)) == "+1.000%"


def test_pnl_colours() -> None:
    """Green for a profit, red for a loss, none for zero, faint for unknown."""
    values = (Decimal(1), Decimal(-1), Decimal(0), None)
    assert [formats.pnl_style(value) for value in values] == ["green", "red", "", "dim"]


def test_times_are_utc() -> None:
    """Nanoseconds become a date, or the time of day alone; odd times are shown as the nearest date there is."""
    time_ns = 1_767_225_612_345_999_999
    assert formats.timestamp(time_ns) == "2026-01-01 00:00:12"
    assert formats.timestamp(time_ns, millis=True) == "2026-01-01 00:00:12.345"
    assert formats.clock_time(time_ns) == "00:00:12"
    assert formats.timestamp(-1) == "1970-01-01 00:00:00"
    assert formats.timestamp(10**30) == "9999-12-31 23:59:59"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.9, "0s"), (12, "12s"), (125, "2m 05s"), (3720, "1h 02m"), (273_600, "3d 04h"), (-5, "0s")],
)
def test_duration_has_two_units(seconds: float, text: str) -> None:
    """A time span is told by its two largest units."""
    assert formats.duration(int(seconds * 1_000_000_000)) == text


def test_spark_levels_span_the_range() -> None:
    """The lowest value is at the bottom, the highest at the top, a flat line in the middle."""
    assert formats.spark_levels([Decimal(1), Decimal(2), Decimal(3)], 8) == [0, 4, 7]
    assert formats.spark_levels([Decimal(5)] * 3, 8) == [3, 3, 3]
    assert formats.spark_levels([], 8) == []


def test_spark_rows_stack() -> None:
    """Two rows of eight signs draw sixteen levels: the upper row begins where the lower is full."""
    values = [Decimal(level) for level in range(16)]
    assert formats.spark_rows(values, 2, "▁▂▃▄▅▆▇█") == ["        ▁▂▃▄▅▆▇█", "▁▂▃▄▅▆▇█████████"]


def test_clean_takes_the_sting_out_of_foreign_words() -> None:
    """A venue's words cannot break a line or steer the terminal."""
    assert formats.clean("no\n\x1b[2Jmoney\t") == "no [2Jmoney"


def test_count_has_separators() -> None:
    """12345 is 12,345."""
    assert formats.count(12345) == "12,345"
