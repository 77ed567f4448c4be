"""What the maker looks at before the first quote, and when it begins."""

from __future__ import annotations

from typing import Any

import pytest
from avellaneda_scenes import D, Scene
from desk import Desk, View
from worlds import MARKET, with_market

from helpers.enums import Capability, MarketKind
from helpers.errors import UserError
from helpers.models import Market
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy


def begin(market: Market = MARKET, **options: Any) -> str:
    """Let one with these options, or the defaults, look at the market."""
    return Desk(AvellanedaStoikovStrategy, market=market, **options).begin()


def test_the_first_line_says_what_it_comes_to() -> None:
    """Largest position, spread, shift, earnings and fees of a round trip at a named volatility; when it begins."""
    assert begin() == (
        "up to 0.01 BTC long or short; at a volatility of 50 % a year bid and ask are 62.6 apart, and each 0.001 held "
        "shifts both by 1.7; a round trip earns 0.0626 USD, 0.0025 of it for fees; "
        "the first quotes follow after 60 s of prices"
    )


def test_it_warns_of_fees() -> None:
    """A spread that the maker fees eat up is named before it costs anything."""
    text = "the fees are not covered: every round trip loses"
    assert text not in begin()
    assert text in begin(with_market(maker_fee=D("0.001")))
    assert text in begin(kappa=10, min_spread_bps="0.1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gamma": "0.08", "gamma_max": "0.03"}, "--gamma-max 0.03 is below gamma 0.08: the fuller the position"),
        ({"gamma_max": "0.001"}, "--gamma-max 0.001 is below gamma 0.005"),
        ({"beta_max": "1.3"}, "--beta-max 1.3 is below beta 1.4"),
        ({"max_position_base": "0.0009"}, "--max-position-base 0.0009: one order is 0.001 BTC"),
        ({"window": 1}, "--window 1: with a sample each 1 s it holds fewer than 2"),
        ({"min_spread_abs": 6_300}, "quote 3150 USD from a mid of 62000.05 at the closest"),
        ({"gamma": "0.0001", "kappa": "0.0001"}, "quote 6930 USD from a mid of 62000.05"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    """One line that names the option, and another that says how to mend it."""
    with pytest.raises(UserError, match=r"leave|raise|choose") as refused:
        begin(**options)
    assert message in str(refused.value)


def test_a_spot_market_is_refused() -> None:
    """Nobody can be short there."""
    with pytest.raises(UserError, match="spot market"):
        begin(with_market(kind=MarketKind.SPOT))


@pytest.mark.parametrize("missing", [Capability.POST_ONLY, Capability.REDUCE_ONLY])
def test_a_venue_without_its_kinds_of_orders_is_refused(missing: Capability) -> None:
    """Each of its orders would be refused, or the way out would be."""
    desk = Desk(AvellanedaStoikovStrategy)
    view = View(MARKET, capabilities=frozenset(Capability) - {missing})
    desk.strategy = AvellanedaStoikovStrategy(desk.config, view)
    with pytest.raises(UserError, match=f"{missing.value.replace('_', '-')} orders"):
        desk.begin()


def test_a_tick_that_is_too_large_is_named() -> None:
    """More than the farthest quote: no option could help."""
    with pytest.raises(UserError, match="one tick of 4000 is more than 5 % of the mid"):
        begin(with_market(tick_size=D(4_000)))


def test_equal_largest_values_are_taken() -> None:
    """No growth is a choice; a falling one is a slip."""
    assert begin(gamma="0.02", gamma_max="0.02", beta="1", beta_max="1", window=2)


def fresh(**options: Any) -> Desk:
    """Give one that knows no prices, having looked at the market."""
    desk = Desk(AvellanedaStoikovStrategy, **options)
    desk.begin()
    return desk


def swing(desk: Desk, seconds: int) -> bool:
    """Let the mid swing by 6 USD each second; say whether it asked for anything."""
    asked = False
    for second in range(seconds):
        desk.quote(62_000 + 6 * (second % 2))
        asked = desk.step() is not None or asked
        desk.wait(1)
    return asked


def test_the_first_quote_needs_a_window_of_prices() -> None:
    """Sixty changes of the mid, one each second; then quotes with the volatility that was seen."""
    desk = fresh()
    assert not swing(desk, 60)
    assert swing(desk, 1)
    assert len(desk.orders) == 2
    assert "volatility 6 USD a root second" in desk.said[-1]


def test_a_short_gap_costs_one_change_a_long_one_the_window() -> None:
    """After a gap below the window the old variance goes on, without the change that spans it; else all anew."""
    desk = fresh()
    swing(desk, 61)
    desk.wait(30).quote(70_000).step()
    assert "volatility 6 USD a" in desk.said[-1]
    desk.settle().wait(60).quote(62_000)
    result = desk.step()
    assert result is not None
    assert len(result.cancels) == len(desk.orders)
    assert "only 0 s of the 60 s of prices that the volatility needs" in result.message
    desk.settle()
    assert not swing(desk, 60)
    assert swing(desk, 2)


def test_looking_more_often_measures_nothing_else() -> None:
    """Looks between two samples leave the variance as it is."""
    often, seldom = fresh(), fresh()
    for second in range(70):
        for desk in (often, seldom):
            desk.quote(62_000 + 6 * (second % 2)).step()
        for tenth in range(1, 10):
            often.wait("0.1").quote(62_000 + tenth).step()
        often.wait("0.1")
        seldom.wait(1)
    states = [desk.strategy.state.volatility for desk in (often, seldom)]  # type: ignore[attr-defined]  # ours
    assert states[0] == states[1]


def test_quotes_may_rest_a_moment_without_a_book() -> None:
    """book_patience is handed to the bot, in ns."""
    assert Scene().maker.withdraw_after_ns() == 2_000_000_000
    assert Scene(book_patience="0.5").maker.withdraw_after_ns() == 500_000_000
