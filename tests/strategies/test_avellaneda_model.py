"""The mathematics of the maker against numbers worked out elsewhere."""

from __future__ import annotations

import pytest
from avellaneda_scenes import D
from hypothesis import given
from hypothesis import strategies as st
from worlds import MARKET, START_NS, with_market

from helpers.enums import Side
from helpers.models import Market, MarketData
from strategies.avellaneda_stoikov.model import (
    Theory,
    appetite,
    half_spread,
    least_half_spread,
    quote_price,
    reservation_price,
    theory,
    tolerances,
)
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams


def moment(bid: str = "62000.0", ask: str = "62000.1", market: Market = MARKET) -> MarketData:
    """Give a moment of a market with nothing of ours in it."""
    return MarketData(
        exchange="paper", ticker="BTC", now_ns=START_NS, best_bid=D(bid), best_ask=D(ask), bid_quantity=D(1),
        ask_quantity=D(1), book_time_ns=START_NS, market=market,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("orders_held", "tau", "expected"),
    [(0, "1", "100"), (2, "1", "99.2"), (-5, "1", "102"), (2, "0.25", "99.8"), (3, "0", "100")],
)
def test_the_reservation_price_is_the_paper_s(orders_held: int, tau: str, expected: str) -> None:
    """With beta 1: r = s - q gamma sigma^2 (T - t), for the paper's s = 100, gamma = 0.1 and sigma = 2."""
    assert reservation_price(D(100), D(orders_held), D("0.1"), D(1), D(4), D(tau)) == D(expected)


def test_beta_multiplies_the_shift_and_gamma_is_in_it() -> None:
    """The shift is beta q gamma sigma^2 tau: 62,000 less 1.4 x 2 x 0.02 x 30 x 6."""
    assert reservation_price(D(62_000), D(2), D("0.02"), D("1.4"), D(30), D(6)) == D("61989.92")


@pytest.mark.parametrize(
    ("gamma", "kappa", "variance", "tau", "expected"),
    [
        # gamma sigma^2 tau + (2 / gamma) ln(1 + gamma / kappa), halved; the logarithms are tabulated values.
        ("0.1", "1.5", "4", "1", "0.845385"),  # 0.2 + 10 x 0.0645385
        ("0.01", "1.5", "4", "1", "0.684454"),  # 0.02 + 100 x 0.00664454
        ("0.5", "1.5", "4", "1", "1.575364"),  # 1 + 2 x 0.287682
        ("0.02", "0.03", "30", "6", "27.341281"),  # 1.8 + 50 x 0.510826
    ],
)
def test_the_half_spread_is_the_paper_s(gamma: str, kappa: str, variance: str, tau: str, expected: str) -> None:
    """Half the paper's bid-ask distance, to a millionth."""
    found = half_spread(D(gamma), D(kappa), D(variance), D(tau))
    assert abs(found - D(expected)) < D("0.000001")


def test_the_average_spread_of_the_paper_s_run() -> None:
    """Over T - t from 1 to 0 the distance averages 1.49 for gamma 0.1: the spread that the paper's table names."""
    average = 2 * half_spread(D("0.1"), D("1.5"), D(4), D("0.5"))
    assert round(average, 2) == D("1.49")


def test_gamma_and_beta_grow_to_their_largest() -> None:
    """Three times and twice what they are without a position, in a straight line."""
    params = AvellanedaStoikovParams(gamma="0.02", beta="1.4", kappa=2)
    assert appetite(params, D(62_000), D(0)) == (D("0.02"), D("1.4"), D(2))
    assert appetite(params, D(62_000), D("0.5")) == (D("0.04"), D("2.1"), D(2))
    assert appetite(params, D(62_000), D(1)) == (D("0.06"), D("2.8"), D(2))
    chosen = AvellanedaStoikovParams(gamma="0.02", gamma_max="0.03", beta="1.4", beta_max="1.4")
    assert appetite(chosen, D(62_000), D(1))[:2] == (D("0.03"), D("1.4"))


def test_gamma_never_falls_as_the_position_grows() -> None:
    """A gamma that follows a falling price may overtake the chosen gamma_max; then it stays where it is."""
    params = AvellanedaStoikovParams(gamma_max="0.006")
    assert appetite(params, D(62_000), D(1)).gamma == D("0.006")
    assert appetite(params, D(31_000), D(1)).gamma == appetite(params, D(31_000), D(0)).gamma == D("0.01")


def test_the_growth_stops_at_the_largest_position() -> None:
    """A position far beyond the largest counts in q, but no more in gamma and beta."""
    params = AvellanedaStoikovParams(gamma="0.02", beta=1)
    view = theory(params, moment(), D(25), D(40), D(10))
    assert view.reservation == D("62000.05") - 2 * 40 * D("0.06") * 25 * 6


def test_left_off_gamma_and_kappa_follow_the_price() -> None:
    """0.005 and 0.03 at 62,000; a market at a thousandth of the price is quoted a thousandth as wide."""
    params = AvellanedaStoikovParams()
    assert appetite(params, D(62_000), D(0)) == (D("0.005"), D("1.4"), D("0.03"))
    assert appetite(params, D(62), D(0)) == (D(5), D("1.4"), D(30))
    wide = theory(params, moment("62000", "62000.1"), D(30), D(3), D(10))
    fine = with_market(tick_size=D("0.0001"))
    narrow = theory(params, moment("62.0000", "62.0001", fine), D("0.00003"), D(3), D(10))
    assert abs(wide.reservation / 1000 - narrow.reservation) < D("1e-20")
    assert abs(wide.half_spread / 1000 - narrow.half_spread) < D("1e-20")


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        ({"min_spread_bps": None}, "0.1"),
        ({"min_spread_abs": 5, "min_spread_bps": None}, "2.5"),
        ({"min_spread_bps": 2}, "6.2"),
        ({"min_spread_abs": 5, "min_spread_bps": 2}, "6.2"),
        ({"min_spread_abs": 50, "min_spread_bps": 2}, "25"),
    ],
)
def test_the_floors(least: dict[str, int | None], expected: str) -> None:
    """A tick, half of min_spread_abs, half of min_spread_bps of the mid: the largest counts."""
    params = AvellanedaStoikovParams(**least)
    assert least_half_spread(params, D(62_000), MARKET) == D(expected)
    assert theory(params, moment(), D(0), D(0), D(10)).half_spread >= D(expected)


def test_the_floor_is_under_the_theory() -> None:
    """A calm market and quick fills would be quoted too tight for the fees."""
    params = AvellanedaStoikovParams(kappa=1000, min_spread_abs=20)
    assert theory(params, moment(), D(0), D(0), D(10)).half_spread == 10


@pytest.mark.parametrize(
    ("reservation", "half", "join", "bid", "ask"),
    [
        ("62000.05", "10", False, "61990.0", "62010.1"),  # both rounded away from the market
        ("62000.05", "0.1", False, "61999.9", "62000.2"),  # never at the touch
        ("62000.05", "0.01", True, "62000.0", "62000.1"),  # at it, if wanted
        ("61900", "10", False, "61890", "62000.2"),  # long: the ask comes down to a tick behind the touch
        ("62100", "10", False, "61999.9", "62110"),  # short: the mirror image
        ("61900", "10", True, "61890", "62000.1"),
        ("20000", "10", False, "58900.0", "62000.2"),  # 5 % from the mid at most
        ("99999", "10", False, "61999.9", "65100.1"),
    ],
)
def test_the_book_has_its_word(reservation: str, half: str, join: bool, bid: str, ask: str) -> None:
    """The touch, the tick and the farthest distance bound what the theory wants."""
    view = Theory(D(reservation), D(half))
    assert quote_price(view, Side.BUY, moment(), join_touch=join) == D(bid)
    assert quote_price(view, Side.SELL, moment(), join_touch=join) == D(ask)


@pytest.mark.parametrize(
    ("ticks", "tick", "near", "far"),
    [
        (None, "0.1", "2.5", "5"),
        (None, "8", "2.5", "8"),  # the price wanted flips by a tick: the farther one may stay
        (None, "20", "2.5", "20"),
        (30, "0.1", "2.5", "3"),
        (10, "0.1", "1", "1"),
        (10, "8", "2.5", "8"),
        (0, "8", "0", "0"),
    ],
)
def test_how_far_a_quote_may_stand_off(ticks: int | None, tick: str, near: str, far: str) -> None:
    """Of a half-spread of 10: a quarter nearer, half or a tick farther, and never more than requote_ticks."""
    params = AvellanedaStoikovParams(requote_ticks=ticks)
    assert tolerances(params, Theory(D(62_000), D(10)), D(tick)) == (D(near), D(far))


def test_there_may_be_no_price_for_a_bid() -> None:
    """At the lowest price there is, nothing is a tick behind the best bid."""
    view = Theory(D("0.1"), D("0.1"))
    assert quote_price(view, Side.BUY, moment("0.1", "0.2"), join_touch=False) is None
    assert quote_price(view, Side.SELL, moment("0.1", "0.2"), join_touch=False) == D("0.3")


@given(
    held=st.integers(-30, 30),
    variance=st.integers(0, 10**6),
    spread=st.integers(1, 10_000),
    join=st.booleans(),
    bid=st.integers(10, 10**7),
)
def test_quotes_never_cross_and_always_lean_back(held: int, variance: int, spread: int, join: bool, bid: int) -> None:
    """Whatever is held: behind or at the touch, on the tick, within 5 % of the mid, and the reservation leans back."""
    tick = MARKET.tick_size
    data = moment(str(bid * tick), str((bid + spread) * tick))
    view = theory(AvellanedaStoikovParams(), data, D(variance), D(held), D(10))
    assert (view.reservation - data.mid_price) * held <= 0
    assert (view.reservation == data.mid_price) is (held * variance == 0)
    for side, best in ((Side.BUY, data.best_bid), (Side.SELL, data.best_ask)):
        price = quote_price(view, side, data, join_touch=join)
        if price is None:
            assert side is Side.BUY
            assert best == tick
            continue
        assert price % tick == 0
        assert (best - price) * side.sign >= (0 if join else tick)
        assert abs(price - data.mid_price) <= max(data.mid_price / 20, spread * tick / 2) + 2 * tick
