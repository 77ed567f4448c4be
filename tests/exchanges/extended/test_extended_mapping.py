"""From the venue's words to ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from extended_samples import BTC, market_like_btc, order, raw, trade
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.extended.account_mapping import balance_of, fill_of, order_of, our_id, payment_of, position_of
from exchanges.extended.listings import Listings
from exchanges.extended.mapping import book_of, funding_of, side_of, trade_of
from exchanges.extended.wire import WirePublicTrade, WireRestBook, WireStats
from exchanges.extended.wire_account import WireBalance, WireOrder, WirePayment, WirePosition, WireTrade
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import BadPayload, UserError
from helpers.ids import MAX_CLIENT_ORDER_ID

D = Decimal
HOUR = 3600 * 10**9
NOW = 1_767_225_600 * 10**9


def read(kind: Any, told: Any) -> Any:
    """Read something as it comes from the wire."""
    return msgspec.json.decode(msgspec.json.encode(told), type=kind)


def listings(*markets: dict[str, Any]) -> Listings:
    """Give the venue's markets."""
    found = Listings()
    found.replace(raw(list(markets)), "extended")
    return found


# -- markets --------------------------------------------------------------------------------------


def test_a_market() -> None:
    """Steps, minimums and margin from the metadata; the lowest tier's risk factor, wherever it stands."""
    market = listings(BTC).find("btc").market
    assert (market.ticker, market.contract_id, market.quote) == ("BTC", "BTC-USD", "USD")
    assert (market.tick_size, market.quantity_step, market.min_quantity) == (D(1), D("0.00001"), D("0.0001"))
    assert (market.maintenance_margin, market.max_leverage, market.max_open_orders) == (D("0.02"), D(50), 200)
    assert market.funding_interval_ns == HOUR


def test_markets_that_are_none_of_ours() -> None:
    """Other kinds are not listed; one that cannot be read hides no other; a market is found by either name."""
    spot, broken = market_like_btc("DOGE-USD", type="SPOT"), {"name": "X-USD"}
    found = listings(spot, broken, BTC, market_like_btc("TSLA_24_5-USD"))
    assert found.tickers() == ("BTC", "TSLA_24_5")
    assert found.find("BTC-USD") is found.find("btc")
    assert (found.ticker_of("BTC-USD"), found.ticker_of("DOGE-USD")) == ("BTC", None)


@pytest.mark.parametrize("config", [{"minPriceChange": "0"}, {"minOrderSizeChange": "-1"}, {"maxLeverage": "NaN"}])
def test_a_market_that_makes_no_sense_is_not_listed(config: dict[str, str]) -> None:
    """If it is the only one, the list cannot be read."""
    broken = {**BTC, "tradingConfig": {**BTC["tradingConfig"], **config}}
    assert listings(broken, market_like_btc("ETH-USD")).tickers() == ("ETH",)
    with pytest.raises(BadPayload, match="no market"):
        listings(broken)


def test_margin_without_tiers_is_the_initial_one() -> None:
    """One over the largest leverage, which is never too little."""
    bare = {**BTC, "tradingConfig": {**BTC["tradingConfig"], "riskFactorConfig": []}}
    assert listings(bare).find("BTC").market.maintenance_margin == D("0.02")


@pytest.mark.parametrize(
    ("more", "words"),
    [({"isRfq": True}, "quotes"), ({"status": "DELISTED"}, "DELISTED"), ({"active": False}, "not active")],
)
def test_a_market_that_cannot_be_traded_says_why(more: dict[str, Any], words: str) -> None:
    """It is listed, and asking to trade it is one clear line."""
    found = listings({**BTC, **more})
    assert found.find("BTC").name == "BTC-USD"
    with pytest.raises(UserError, match=words):
        found.tradable("BTC")


def test_a_reduce_only_market_can_be_left() -> None:
    """Who holds a position there must be able to close it."""
    assert listings({**BTC, "status": "REDUCE_ONLY"}).tradable("BTC").trouble == ""


def test_a_misspelt_ticker_names_the_nearest() -> None:
    """One line with what was probably meant."""
    with pytest.raises(UserError, match="did you mean BTC"):
        listings(BTC, market_like_btc("ETH-USD")).find("BTCX")


def test_the_sdks_recorded_market(shared_data: Any) -> None:
    """The market of the venue's own test data is read, fields of today missing or not."""
    body = (shared_data / "frames" / "extended" / "sdk_markets.json").read_bytes()
    found = Listings()
    found.replace(
        msgspec.json.decode(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["data"], type=list[msgspec.Raw]), "x"
    )
    assert found.find("BTC").market.tick_size == D("0.1")


# -- prices ---------------------------------------------------------------------------------------


def test_funding_is_hourly_and_ahead() -> None:
    """The field that is called a rate is a time; where it is over or missing, the next full hour."""
    for told, due in ((NOW // 10**6 + 60_000, NOW + 60 * 10**9), (NOW // 10**6, NOW + HOUR), (None, NOW + HOUR)):
        rate = funding_of(WireStats(funding_rate=D("0.000013"), next_funding_rate=told), "BTC", NOW)
        assert (rate.rate, rate.interval_ns, rate.next_funding_ns) == (D("0.000013"), HOUR, due)
    for missing in (None, D("NaN")):
        with pytest.raises(BadPayload):
            funding_of(WireStats(funding_rate=missing), "BTC", NOW)


def test_a_book_of_rest_is_put_in_order() -> None:
    """Best first, no more than asked for, no empty level."""
    told = {"bid": [{"price": "9", "qty": "1"}, {"price": "10", "qty": "2"}], "ask": [{"price": "11", "qty": "0"}]}
    book = book_of(read(WireRestBook, {"market": "BTC-USD", **told}), 1, 5)
    assert [(level.price, level.quantity) for level in book.bids] == [(D(10), D(2))]
    assert (book.asks, book.venue_time_ns) == ((), 5)


def test_a_public_trade() -> None:
    """Its side is the taker's; an unknown side is none."""
    told = {"i": 2064908781480841219, "m": "BTC-USD", "S": "BUY", "tT": "LIQUIDATION", "T": 7, "p": "1.5", "q": "2"}
    found = trade_of(read(WirePublicTrade, told))
    assert (found.trade_id, found.taker_side, found.time_ns) == ("2064908781480841219", Side.BUY, 7_000_000)
    assert trade_of(read(WirePublicTrade, {**told, "S": "?"})).taker_side is None
    with pytest.raises(BadPayload):
        side_of("?")


# -- the account ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("NEW", OrderStatus.OPEN),
        ("UNTRIGGERED", OrderStatus.OPEN),
        ("TRIGGERED", OrderStatus.OPEN),
        ("PARTIALLY_FILLED", OrderStatus.PARTIALLY_FILLED),
        ("FILLED", OrderStatus.FILLED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("REJECTED", OrderStatus.REJECTED),
        ("UNKNOWN", OrderStatus.UNKNOWN),
        ("INVENTED_TOMORROW", OrderStatus.UNKNOWN),
    ],
)
def test_every_status_and_any_other(told: str, status: OrderStatus) -> None:
    """What is not known is of unknown standing, with whatever reason, and never an error."""
    info = order_of(read(WireOrder, order(status=told, statusReason="ACCOUNT_LIQUIDATION")))
    assert (info.status, info.reason) == (status, "ACCOUNT_LIQUIDATION")


def test_an_order() -> None:
    """Ids as texts, times in ns, the reason NONE is none, a market order has no price of its own."""
    info = order_of(read(WireOrder, order(filledQty="0.004", statusReason="NONE", reduceOnly=True)))
    assert (info.order_id, info.client_order_id) == ("1791389621914243072", "77")
    assert (info.size, info.filled_size, info.price, info.reason) == (D("0.01"), D("0.004"), D(65000), "")
    assert info.reduce_only
    assert info.time_ns == 1_767_225_600_500 * 10**6
    assert order_of(read(WireOrder, order(type="MARKET"))).price is None


def test_what_filled_of_a_cancelled_order() -> None:
    """As told, else what is left beside the cancelled part, else nothing."""
    told = order(status="CANCELLED", cancelledQty="0.006")
    del told["filledQty"]
    assert order_of(read(WireOrder, told)).filled_size == D("0.004")
    del told["cancelledQty"]
    assert order_of(read(WireOrder, told)).filled_size == 0


@settings(max_examples=100, deadline=None)
@given(text=st.one_of(st.text(max_size=20), st.integers(0, 2**60).map(str)))
def test_only_our_ids_are_ours(text: str) -> None:
    """Decimal numbers below 2^48 and nothing else: others trade on the account too."""
    ours = our_id(text)
    if ours is not None:
        assert ours == text
        assert 0 < int(text) <= MAX_CLIENT_ORDER_ID
    elif text.isascii() and text.isdecimal():
        assert not 0 < int(text) <= MAX_CLIENT_ORDER_ID or len(text) > 15


def test_foreign_ids() -> None:
    """A hash of 76 digits, a missing id, digits of another script."""
    assert [our_id(text) for text in ("7" * 76, None, "\u0667", "0", "281474976710656")] == [None] * 5
    assert our_id("281474976710655") == "281474976710655"


def test_a_fill() -> None:
    """Ids as texts, fee with its sign, maker or taker by the venue's word."""
    fill = fill_of(read(WireTrade, trade(fee="-0.01", isTaker=False)), "BTC", "77")
    assert (fill.trade_id, fill.order_id, fill.client_order_id) == ("1791389621914243073", "1791389621914243072", "77")
    assert (fill.fee, fill.liquidity, fill.side, fill.ticker) == (D("-0.01"), Liquidity.MAKER, Side.BUY, "BTC")


def test_a_position_gets_its_sign_from_its_side() -> None:
    """Size has none on the wire; closed or empty is flat; a side that is none is no position."""
    told = {"market": "BTC-USD", "side": "SHORT", "size": "0.5", "openPrice": "9", "liquidationPrice": "0"}
    position = position_of(read(WirePosition, told), "BTC")
    assert (position.quantity, position.entry_price, position.liquidation_price) == (D("-0.5"), D(9), None)
    assert position_of(read(WirePosition, {**told, "side": "LONG"}), "BTC").quantity == D("0.5")
    assert position_of(read(WirePosition, {**told, "status": "CLOSED"}), "BTC").quantity == 0
    assert position_of(read(WirePosition, {**told, "status": "NOBODY_KNOWS"}), "BTC").quantity == D("-0.5")
    for broken in ({"side": "?"}, {"size": "NaN"}, {"size": "-0.5"}):
        with pytest.raises(BadPayload):
            position_of(read(WirePosition, {**told, **broken}), "BTC")


def test_money() -> None:
    """What the venue does not say stays unknown."""
    balance = balance_of(read(WireBalance, {"collateralName": "USD", "balance": "5", "equity": "6"}))
    assert (balance.wallet, balance.equity, balance.available) == (D(5), D(6), None)


@pytest.mark.parametrize("fee", ["0.845", "-0.845"])
@pytest.mark.parametrize(
    ("side", "rate", "amount"),
    [("LONG", "0.000013", "-0.845"), ("SHORT", "0.000013", "0.845"), ("LONG", "-0.000013", "0.845")],
)
def test_a_payment_is_signed_by_side_and_rate(fee: str, side: str, rate: str, amount: str) -> None:
    """Longs pay a positive rate, whatever sign the venue gives the fee."""
    told = {"id": 1, "market": "BTC-USD", "side": side, "size": "1", "fundingFee": fee, "fundingRate": rate}
    payment = payment_of(read(WirePayment, {**told, "paidTime": 9}), "BTC")
    assert (payment.amount, payment.time_ns, payment.payment_id) == (D(amount), 9_000_000, "1")
    assert payment.position == (1 if side == "LONG" else -1)
    with pytest.raises(BadPayload):
        payment_of(read(WirePayment, {**told, "side": "?", "paidTime": 9}), "BTC")
