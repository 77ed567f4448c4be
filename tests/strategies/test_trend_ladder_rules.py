"""The ladder's arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import MARKET, S, with_market

from helpers.enums import Side
from helpers.models import Position
from strategies.trend_ladder.rules import least_quantity, parts, pause_ns, requote_pause_ns, target_price

D = Decimal


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 60), (6, 60), (7, 225), (13, 225), (14, 450), (26, 450), (27, 900), (40, 900)]
)
def test_the_density_table(count: int, seconds: int) -> None:
    """Of 40: under a sixth the shortest pause, then half the base, the base, and twice the base from two thirds."""
    assert pause_ns(count, 40, D(450), D(60), D(900)) == seconds * S


@pytest.mark.parametrize(
    ("wait", "low", "high", "expected"),
    [(10, 60, 900, [60, 60, 60, 60]), (5_000, 60, 900, [60, 900, 900, 900]), (100, 0, 120, [0, 50, 100, 120])],
)
def test_the_pause_stays_between_its_bounds(wait: int, low: int, high: int, expected: list[int]) -> None:
    """Each tier but the first is clamped; the first is the lower bound."""
    pauses = [pause_ns(count, 6, D(wait), D(low), D(high)) // S for count in (0, 1, 2, 4)]
    assert pauses == expected


def test_the_profit_is_a_distance_in_price() -> None:
    """5 USD, not 5 %; rounded so that it is never less than asked."""
    tick = D("0.1")
    assert target_price(D(62_000), Side.BUY, D(5), tick) == D(62_005)
    assert target_price(D(62_000), Side.SELL, D(5), tick) == D(61_995)
    assert target_price(D("62000.01"), Side.BUY, D(5), tick) == D("62005.1")
    assert target_price(D("61999.99"), Side.SELL, D(5), tick) == D("61994.9")


def test_the_pauses_between_requotes() -> None:
    """15 s, doubled up to two minutes, however many there were."""
    assert [requote_pause_ns(count, D(15), D(120)) // S for count in (0, 1, 2, 3, 4, 5_000)] == [
        15, 30, 60, 120, 120, 120,
    ]  # fmt: skip


def test_the_least_that_gets_a_take_profit() -> None:
    """The market's least quantity, or its least notional at the price of the position."""
    market = with_market(min_notional=D(100))
    assert least_quantity(market, Position(ticker="BTC", quantity=D(1))) == D("0.001")
    assert least_quantity(market, Position(ticker="BTC", quantity=D(1), entry_price=D(62_000))) == D("0.002")


@given(st.integers(1, 5_000), st.integers(1, 500), st.integers(1, 100), st.integers(1, 3))
def test_parts_are_the_whole(total: int, lot: int, least: int, most: int) -> None:
    """At most so many, together the whole, none below the least if the whole is not, a lot each if that is enough."""
    step = MARKET.quantity_step
    split = parts(total * step, lot * step, least * step, most, step)
    assert sum(split) == total * step
    assert 1 <= len(split) <= most
    assert all(part % step == 0 and part > 0 for part in split)
    assert total < least or min(split) >= least * step
    if least <= lot and lot * most >= total and len(split) == -(-total // lot):
        assert max(split) <= lot * step or total % lot < least
