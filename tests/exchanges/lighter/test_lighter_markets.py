"""Lighter's markets: terms from metadata, numbers and tickers in both directions, and no unit lost on the way."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lighter_payloads import MARKETS, market

from exchanges.lighter.markets import Fees, LighterMarkets, ticker_of, with_fees
from exchanges.lighter.wire import MarketDetails
from helpers.errors import BadPayload, UserError, VenueRejected

D = Decimal


def markets(*listed: dict[str, object]) -> LighterMarkets:
    """Read a list of markets."""
    return LighterMarkets("lighter", msgspec.convert(list(listed or MARKETS), list[MarketDetails]))


def test_terms_come_from_metadata() -> None:
    """Tick, step, minimums, fees as fractions, leverage and margin are what the venue lists."""
    btc = markets().find("BTC").market
    assert (btc.tick_size, btc.quantity_step) == (D("0.1"), D("0.00001"))
    assert (btc.min_quantity, btc.min_notional) == (D("0.0002"), D(10))
    assert (btc.maker_fee, btc.taker_fee) == (D("0.00004"), D("0.00028"))
    assert (btc.max_leverage, btc.maintenance_margin) == (50, D("0.012"))
    assert (btc.contract_id, btc.quote, btc.exchange) == ("1", "USDC", "lighter")
    assert btc.funding_interval_ns == 3600 * 10**9


def test_the_recorded_market_is_read(shared_data: Path) -> None:
    """What the live venue once answered gives ETH with its true terms."""
    body = json.loads((shared_data / "frames/lighter/nautilus_http_order_book_details.json").read_text())
    eth = markets(*body["order_book_details"]).find("ETH")
    assert (eth.index, eth.market.tick_size, eth.market.min_quantity) == (0, D("0.01"), D("0.005"))
    assert eth.is_active


def test_every_market_of_the_live_table_goes_to_and_fro(shared_data: Path) -> None:
    """For each of the perpetual markets once listed, number gives ticker and ticker gives number."""
    table = json.loads(
        gzip.decompress((shared_data / "frames/contract_tables/lighter_markets_20260506.json.gz").read_bytes())
    )
    rows = [row for row in table["contracts"].values() if row["contract_type"] == "perp"]
    known = markets(*(market(row["symbol"], row["market_id"]) for row in rows))
    assert len(known.tickers) == len(rows) > 100
    for row in rows:
        found = known.at(row["market_id"])
        assert found is not None
        assert found.market.ticker == row["symbol"]
        assert known.find(row["symbol"]).index == row["market_id"]


def test_only_perpetual_markets_are_listed() -> None:
    """The spot market 2048 is none of them, and no other market stands in for it."""
    known = markets()
    assert known.tickers == ("BTC", "ETH", "SOL")
    assert known.at(2048) is None
    assert ticker_of(known.at(2048), 2048) == "2048"
    assert ticker_of(known.at(1), 1) == "BTC"


def test_an_unknown_ticker_names_the_nearest() -> None:
    """The line says what was probably meant."""
    with pytest.raises(UserError, match=r"no perpetual market 'BTCX'.*did you mean BTC"):
        markets().find("BTCX")
    assert markets().find("btc").market.ticker == "BTC"


def test_a_closed_market_cannot_be_traded() -> None:
    """It is found, and refused where something is to be done on it."""
    known = markets()
    assert known.find("SOL").index == 2
    with pytest.raises(UserError, match="SOL cannot be traded"):
        known.tradable("SOL")


@pytest.mark.parametrize("twin", [market("BTC", 9), market("XBT", 1)])
def test_twins_are_an_error(twin: dict[str, object]) -> None:
    """Two markets of one ticker or of one number are never guessed apart."""
    with pytest.raises(BadPayload, match="twice"):
        markets(market(), twin)


def test_unreadable_terms_are_an_error() -> None:
    """A minimum that is no number, and a leverage without end, stop the connection."""
    for broken in (market(min_base_amount="?"), market(min_initial_margin_fraction=0)):
        with pytest.raises(BadPayload, match="terms of BTC"):
            markets(broken)


@settings(max_examples=100, deadline=None)
@given(ticks=st.integers(1, 2**32 - 1), steps=st.integers(1, 2**48 - 1))
def test_units_are_exact(ticks: int, steps: int) -> None:
    """Any number of ticks and steps comes back as the same number."""
    btc = markets().find("BTC")
    assert btc.price_units(ticks * btc.market.tick_size) == ticks
    assert btc.quantity_units(steps * btc.market.quantity_step) == steps


@pytest.mark.parametrize("price", ["60000.05", "NaN", "Infinity"])
def test_what_lies_between_two_ticks_is_refused(price: str) -> None:
    """Nothing is rounded on the way to the venue."""
    with pytest.raises(VenueRejected, match="no multiple"):
        markets().find("BTC").price_units(D(price))


def test_what_lies_between_two_steps_is_refused() -> None:
    """Nor is a quantity."""
    with pytest.raises(VenueRejected, match="no multiple"):
        markets().find("BTC").quantity_units(D("0.000015"))


def test_an_accounts_fees_replace_the_usual_ones() -> None:
    """They are millionths on the wire; without them the market's own stay."""
    btc = markets().find("BTC").market
    ours = with_fees(btc, Fees.from_ticks(28, 196))
    assert (ours.maker_fee, ours.taker_fee) == (D("0.000028"), D("0.000196"))
    assert with_fees(btc, None) is btc
