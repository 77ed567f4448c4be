"""The synthetic venue's table of markets."""

from __future__ import annotations

from decimal import Decimal

import pytest

from helpers.enums import MarketKind
from helpers.errors import UserError
from helpers.money import is_multiple
from simulation.paper_markets import PAPER_MARKETS, PaperMarket, is_spot_ticker, paper_market


@pytest.mark.parametrize("ticker", ["BTC", "btc", "Btc"])
def test_a_ticker_is_found_in_any_case(ticker: str) -> None:
    """People type tickers as they like."""
    market = paper_market(ticker)
    assert market.ticker == "BTC"
    assert market.contract_id == "BTC-PERP"


def test_btc_has_the_rules_of_a_usual_venue() -> None:
    """The figures that documents and demonstrations rely on."""
    market = paper_market("BTC")
    assert (market.tick_size, market.quantity_step) == (Decimal("0.1"), Decimal("0.001"))
    assert (market.min_quantity, market.min_notional) == (Decimal("0.001"), Decimal(10))
    assert (market.max_leverage, market.maintenance_margin) == (Decimal(50), Decimal("0.01"))


@pytest.mark.parametrize("market", PAPER_MARKETS, ids=lambda market: market.ticker)
def test_every_market_is_consistent(market: PaperMarket) -> None:
    """Start price and minimum lie on the grid, and maintenance margin is below the initial margin."""
    assert is_multiple(market.start_price, market.tick_size)
    assert is_multiple(market.min_quantity, market.quantity_step)
    assert market.maintenance_margin < 1 / market.max_leverage
    assert market.contract_id == (market.ticker if is_spot_ticker(market.ticker) else f"{market.ticker}-PERP")
    assert (market.kind is MarketKind.SPOT) is is_spot_ticker(market.ticker)


@pytest.mark.parametrize("ticker", ["BTC", "ETH"])
def test_spot_is_the_same_market_paid_in_full(ticker: str) -> None:
    """A spot market differs from the perpetual in name, kind, leverage and margin alone."""
    perpetual, spot = paper_market(ticker), paper_market(f"{ticker.lower()}-spot")
    assert (spot.max_leverage, spot.maintenance_margin, spot.contract_id) == (1, 0, f"{ticker}-SPOT")
    differs = {name for name in spot.__struct_fields__ if getattr(spot, name) != getattr(perpetual, name)}
    assert differs == {"ticker", "contract_id", "kind", "max_leverage", "maintenance_margin"}


def test_tickers_are_unique_and_one_is_low_priced() -> None:
    """The table can be searched by ticker and covers prices below one."""
    assert len({market.ticker for market in PAPER_MARKETS}) == len(PAPER_MARKETS) == 7
    assert min(market.start_price for market in PAPER_MARKETS) < 1


def test_an_unknown_ticker_names_the_nearest_and_the_known() -> None:
    """A typing error is answered with what was probably meant."""
    with pytest.raises(UserError) as caught:
        paper_market("dogee")
    assert str(caught.value) == (
        "the synthetic venue has no market 'dogee': did you mean DOGE? "
        "known: BTC, ETH, SOL, XRP, DOGE, BTC-SPOT, ETH-SPOT"
    )


def test_a_ticker_like_none_gets_the_list_alone() -> None:
    """Nothing is guessed where nothing is near."""
    with pytest.raises(UserError, match=r"no market 'QQQQQ': known: BTC"):
        paper_market("QQQQQ")
