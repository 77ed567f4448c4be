"""What a perp market maker refuses to begin with, and what it says first."""

from __future__ import annotations

from typing import Any

import pytest
from desk import View
from perp_market_maker_scenes import ROUND_S, Maker, quoting
from worlds import S, with_market

from helpers.enums import Capability, MarketKind
from helpers.errors import UserError
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"max_position": "0.0009"},
            "--max-position 0.0009: not even one order of 0.001 BTC fits: raise it",
        ),
        (
            {"target_position": "-0.005"},
            "--target-position -0.005 is beyond max_position 0.004: raise --max-position, or choose a nearer target",
        ),
        (
            {"max_orders": 3, "market": with_market(max_open_orders=6)},
            "--max-orders 3: two sides and a close are 7 orders, paper allows 6 at a time: use 2 or fewer",
        ),
        (
            {"market": with_market(kind=MarketKind.SPOT)},
            "perp_market_maker goes long and short, BTC on paper is a spot market: choose a perpetual market",
        ),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], text: str) -> None:
    """One clear line names the option and the way out."""
    with pytest.raises(UserError) as refused:
        Maker(**options).begin()
    assert str(refused.value) == text


def test_levels_absurdly_far_away_are_refused() -> None:
    """On a market whose tick is coarse many levels would lie at half the price and beyond."""
    maker = Maker(max_orders=50, market=with_market(tick_size=100))
    with pytest.raises(UserError, match=r"--max-orders 50: the farthest levels, 10500 and 113600, are absurdly far"):
        maker.quote("62000", "62100").begin()


@pytest.mark.parametrize(
    ("lacks", "text"),
    [
        (Capability.REDUCE_ONLY, "paper has no reduce-only orders"),
        (Capability.POST_ONLY, "--post-only: paper has no post-only orders: use --no-post-only"),
    ],
)
def test_a_venue_that_cannot_is_refused(lacks: Capability, text: str) -> None:
    """Closes need reduce-only, quotes need post-only unless the person does without."""
    maker = Maker()
    view = View(maker.market, capabilities=frozenset(Capability) - {lacks})
    maker.strategy = PerpMarketMakerStrategy(maker.config, view)
    with pytest.raises(UserError, match=text):
        maker.begin()


def test_the_first_line_is_the_arithmetic() -> None:
    """It says where quotes go, what a round trip earns, fees included, and what the position may be."""
    assert Maker().begin() == (
        "up to 3 orders of 0.001 BTC a side from 61938 and 62062.1, renewed every 15 s; "
        "one bought and one sold earn 0.1241 USD, 0.0025 of it for fees; "
        "position up to 0.004, closed at market when more than 0.003 beyond the target 0"
    )


def test_the_first_line_warns() -> None:
    """A spread below the fees and a threshold below one order are named as what they are."""
    text = Maker(base_spread_pct="0.003", position_threshold="0.0005").begin()
    assert "earn 0.0019 USD, 0.0025 of it for fees: they are not covered;" in text
    assert text.endswith("more than 0.0005 beyond the target 0: every single fill goes to the market at once")


@pytest.mark.parametrize(("threshold", "said"), [("0.003", False), ("0.004", True)])
def test_a_threshold_that_is_never_passed_is_named(threshold: str, *, said: bool) -> None:
    """A threshold of max_position or more: only a trade by hand could bring the close at market about."""
    text = Maker(position_threshold=threshold).begin()
    assert text.endswith("beyond the target 0, which its own quotes never bring about") is said


def test_sizes_nobody_gave_are_reckoned_in_orders() -> None:
    """max_position is one order more than a side, position_threshold is a side, whatever the market and quantity."""
    text = Maker(quantity="0.02", max_orders=5).begin()
    assert "position up to 0.12, closed at market when more than 0.1 beyond" in text


def test_quotes_on_a_doubtful_book_have_two_seconds() -> None:
    """book_patience is what it tells the bot; 0 takes them in at once."""
    assert Maker().strategy.withdraw_after_ns() == 2 * S
    assert Maker(book_patience="0.25").strategy.withdraw_after_ns() == S // 4
    assert Maker(book_patience=0).strategy.withdraw_after_ns() == 0


# -- restarts -----------------------------------------------------------------------------------------------


def test_a_restart_keeps_the_rhythm() -> None:
    """Quotes that rest are left until their round is over."""
    maker = quoting()
    maker.wait(4).restart().begin()
    assert maker.step() is None
    assert maker.wakes_in() == 11


def test_a_restart_without_a_state_begins_a_round() -> None:
    """Live quotes of a maker whose state is lost are adopted where they are in place, else all are renewed."""
    maker = quoting()
    maker.strategy = maker.fresh()
    maker.begin()
    assert maker.step() is None
    assert maker.wakes_in() == ROUND_S
    maker.strategy = maker.fresh()
    maker.quote("62010.0").begin()
    assert len(maker.asked().cancels) == 6
    maker.settle()
    assert len(maker.asked().orders) == 6


def test_a_close_of_the_last_session_is_waited_for() -> None:
    """A close at market that is still out when the state is lost is not sent a second time."""
    maker = quoting().held("0.004")
    maker.asked()
    maker.settle()
    maker.asked()
    maker.strategy = maker.fresh()
    maker.begin()
    assert maker.step() is None
    assert maker.next_round().step() is None


def test_levels_nobody_wants_any_more_leave() -> None:
    """Restarted with fewer levels, the ones beyond are cancelled at the next round, the others are kept."""
    maker = quoting(cancel_before_place=False)
    fewer = Maker(cancel_before_place=False, max_orders=1, max_position="0.01")
    fewer.orders, fewer.now_ns = maker.orders, maker.now_ns
    fewer.begin()
    assert fewer.asked().cancels == ("buy-2", "buy-3", "sell-2", "sell-3")
    assert set(fewer.prices()) == {"buy-1", "sell-1"}


def test_a_shorter_interval_counts_at_once() -> None:
    """A round that lies farther off than the interval was set by other options: it begins now."""
    maker = quoting(refresh_interval=3600)
    state = maker.strategy.save_state()
    sooner = Maker(refresh_interval=5)
    sooner.now_ns = maker.now_ns + S
    sooner.strategy.restore_state(state)
    assert len(sooner.asked().orders) == 6


def test_a_state_of_something_else_is_refused() -> None:
    """A saved state that cannot be read is one clear line."""
    with pytest.raises(UserError, match="cannot be read"):
        Maker().strategy.restore_state({"todo": 5})
