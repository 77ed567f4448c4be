"""Markets, books and trades as Paradex tells them, in our words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_samples import ETH_MARKET, MARKET, OPTION, market, typed

from exchanges.paradex import mapping
from exchanges.paradex.markets import MarketList
from exchanges.paradex.wire import BookLevel, BookSnapshot, MarketInfo, PublicTrade
from helpers.enums import Side
from helpers.errors import BadPayload, UserError
from helpers.models import BookLevel as Level

D = Decimal
NOW_NS = 1_788_501_321_000_000_000
HOUR_NS = 3_600_000_000_000


def test_a_markets_terms_are_the_venues() -> None:
    """Tick, step, minimum, margin and the fees of orders that come over the interface."""
    terms = market()
    assert (terms.exchange, terms.ticker, terms.contract_id, terms.quote) == (
        "paradex", "BTC", "BTC-USD-PERP", "USD",
    )  # fmt: skip
    assert (terms.tick_size, terms.quantity_step, terms.min_quantity) == (D("0.1"), D("0.00001"), D("0.00001"))
    assert (terms.min_notional, terms.maker_fee, terms.taker_fee) == (10, 0, D("0.0002"))
    assert (terms.max_leverage, terms.maintenance_margin, terms.max_open_orders) == (50, D("0.01"), 150)
    assert terms.funding_interval_ns == 8 * HOUR_NS


@pytest.mark.parametrize(
    "flaw",
    [
        {"price_tick_size": ""},
        {"price_tick_size": "0"},
        {"price_tick_size": "0.000000001"},
        {"order_size_increment": "-1"},
        {"order_size_increment": None},
        {"min_notional": "ten"},
        {"min_notional": "NaN"},
        {"max_open_orders": 0},
        {"funding_period_hours": 0},
        {"delta1_cross_margin_params": {}},
        {"fee_config": {}},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_refused(flaw: dict[str, Any]) -> None:
    """A missing or impossible term is unknown, never zero and never guessed."""
    with pytest.raises(BadPayload):
        market(**flaw)


def test_a_funding_rate_has_accrued_after_one_period() -> None:
    """There are no settlement instants: who holds for one period from now pays the rate."""
    rate = mapping.funding_rate("BTC", D("0.00008"), 8 * HOUR_NS, NOW_NS)
    assert rate.hourly_rate == D("0.00001")
    assert rate.next_funding_ns == NOW_NS + 8 * HOUR_NS


def test_a_book_is_best_first_whatever_its_order() -> None:
    """Both sides are sorted and cut to the depth asked for."""
    told = typed(
        BookSnapshot,
        {
            "market": "X",
            "seq_no": 1,
            "last_updated_at": 5,
            "bids": [["1", "7"], ["2", "8"]],
            "asks": [["4", "1"], ["3", "2"]],
        },
    )
    book = mapping.order_book(told, 1)
    assert book.bids == (Level(D(2), D(8)),)
    assert book.asks == (Level(D(3), D(2)),)
    assert book.venue_time_ns == 5_000_000


def test_levels_go_by_side() -> None:
    """Bids and asks, in the order in which they were told; a level without a side is an error."""
    levels = [
        BookLevel(side=side, price=price, size="1") for side, price in (("SELL", "3"), ("BUY", "1"), ("BUY", "2"))
    ]
    assert mapping.levels_by_side(levels) == ([("1", "1"), ("2", "1")], [("3", "1")])
    with pytest.raises(BadPayload, match="no side"):
        mapping.levels_by_side([BookLevel(side="HOLD", price="1", size="1")])


def test_a_trade_keeps_the_takers_side() -> None:
    """A side nobody knows is None, not a guess."""
    told = {"id": "9", "market": "X", "side": "SELL", "price": "5", "size": "2", "created_at": 7}
    trade = mapping.trade(typed(PublicTrade, told))
    assert (trade.trade_id, trade.price, trade.quantity, trade.time_ns) == ("9", 5, 2, 7_000_000)
    assert trade.taker_side is Side.SELL
    assert mapping.trade(typed(PublicTrade, told, side="?")).taker_side is None


def test_a_wrong_side_cannot_be_read() -> None:
    """An order without a side is unreadable."""
    with pytest.raises(BadPayload, match="no side"):
        mapping.side_of("LONG")


@settings(max_examples=100, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_numbers_are_read_to_the_last_digit(value: D) -> None:
    """What the venue writes is what is known; nothing goes through float."""
    assert mapping.number(format(value, "f")) == value


@pytest.mark.parametrize("text", ["", None])
def test_no_number_is_none(text: str | None) -> None:
    """Empty and null mean that the venue does not know."""
    assert mapping.number(text) is None
    with pytest.raises(BadPayload, match="missing"):
        mapping.required(text, "it")


# -- the list of markets ---------------------------------------------------------------------


def listed(*samples: dict[str, Any]) -> MarketList:
    """Give a list of markets."""
    return MarketList("paradex", [typed(MarketInfo, sample) for sample in samples])


def test_only_perpetuals_are_listed() -> None:
    """Options share a base with a perpetual and must not take its place."""
    found = listed(ETH_MARKET, OPTION, MARKET)
    assert found.tickers() == ("BTC", "ETH")
    assert found.ticker_of("ETH-USD-PERP") == "ETH"
    assert found.ticker_of("SOL-USD-18SEP26-74-C") is None


def test_an_unknown_ticker_names_the_nearest_market() -> None:
    """A slip of the finger is answered with what was probably meant."""
    with pytest.raises(UserError, match="did you mean BTC"):
        listed(MARKET).find("BTCX")
    with pytest.raises(UserError, match="there are 1: BTC"):
        listed(MARKET).find("zzzzzz")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trading_mode": "RFQ_ONLY"}, "no order book"),
        ({"open_at": NOW_NS // 1_000_000 + 1}, "not open yet"),
        ({"expiry_at": NOW_NS // 1_000_000}, "expired"),
    ],
)
def test_a_market_that_cannot_be_traded_now_is_refused(change: dict[str, Any], words: str) -> None:
    """No order book, not open or over: said before anything is sent."""
    assert listed(MARKET).market("BTC", NOW_NS).ticker == "BTC"
    with pytest.raises(UserError, match=words):
        listed({**MARKET, **change}).market("BTC", NOW_NS)
