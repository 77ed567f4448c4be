"""From Lighter's words to ours: sides, statuses, fees, signs, units of time and of funding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from lighter_payloads import ACCOUNT, account, order, position, stats, trade

from exchanges.lighter import mapping
from exchanges.lighter.account_wire import (
    Account,
    AccountAsset,
    AccountOrder,
    AccountPosition,
    PositionFunding,
    UserStats,
)
from exchanges.lighter.wire import MarketStats, Trade
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import BadPayload

D = Decimal
S = OrderStatus


def told_order(**changes: Any) -> AccountOrder:
    """One of our orders, read."""
    return msgspec.convert(order(**changes), AccountOrder)


def told_trade(**changes: Any) -> Trade:
    """A trade, read."""
    return msgspec.convert(trade(**changes), Trade)


def told_position(**changes: Any) -> AccountPosition:
    """A position, read."""
    return msgspec.convert(position(**changes), AccountPosition)


# -- time and numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", [1_777_941_383, 1_777_941_383_000, 1_777_941_383_000_000, 1_777_941_383 * 10**9])
def test_a_time_is_understood_in_any_unit(value: int) -> None:
    """Seconds, milliseconds and microseconds give the same nanoseconds; a zero gives the next candidate."""
    assert mapping.time_ns(value) == 1_777_941_383_000_000_000
    assert mapping.time_ns(0, value) == 1_777_941_383_000_000_000
    assert mapping.time_ns(0, 0) == 0


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1e400", "1e5", "1e-999", "9" * 50])
def test_what_is_no_number_is_an_error(text: str) -> None:
    """It never becomes zero."""
    with pytest.raises(BadPayload, match="no number"):
        mapping.number(text)


# -- orders -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "filled", "status"),
    [
        ("open", "0", S.OPEN),
        ("in-progress", "0", S.OPEN),
        ("pending", "0", S.OPEN),
        ("open", "0.0005", S.PARTIALLY_FILLED),
        ("filled", "0.001", S.FILLED),
        ("canceled", "0", S.CANCELLED),
        ("canceled-expired", "0", S.EXPIRED),
        ("canceled-post-only", "0", S.REJECTED),
        ("canceled-margin-not-allowed", "0", S.REJECTED),
        ("canceled-reduce-only", "0", S.REJECTED),
        ("canceled-reduce-only", "0.0005", S.CANCELLED),
        ("canceled-not-enough-liquidity", "0", S.CANCELLED),
        ("canceled-too-much-slippage", "0", S.CANCELLED),
        ("canceled-something-new", "0", S.CANCELLED),
        ("pondered", "0", S.UNKNOWN),
    ],
)
def test_every_word_for_a_status_has_its_place(word: str, filled: str, status: OrderStatus) -> None:
    """Refusals are told from cancels, and a word nobody knows yet ends nothing."""
    told = told_order(status=word, filled_base_amount=filled)
    assert mapping.order_status(told) is status


def test_an_order_is_told_completely() -> None:
    """Ids, side, price, sizes, flags and the microsecond arrive; the venue's word stands where it ended otherwise."""
    info = mapping.order_info(
        told_order(is_ask=True, reduce_only=True, time_in_force="post-only", status="canceled-post-only")
    )
    assert (info.order_id, info.client_order_id, info.side) == ("281476929510110", "1001", Side.SELL)
    assert (info.price, info.size, info.filled_size) == (D(60000), D("0.001"), 0)
    assert info.reduce_only
    assert info.post_only
    assert info.reason == "canceled-post-only"
    assert info.time_ns % 10**9 == 0


def test_orders_of_others_ids_have_none_of_ours() -> None:
    """Index 0 is no id; a market order's worst price is not its price; a plain cancel needs no reason."""
    assert mapping.order_info(told_order(client=0)).client_order_id is None
    assert mapping.order_info(told_order(type="market")).price is None
    assert mapping.order_info(told_order(status="canceled")).reason == ""


# -- executions ---------------------------------------------------------------------------------


def test_our_side_of_a_trade_is_found_by_the_account() -> None:
    """As the bid that took: bought, at the taker's fee, with our id."""
    (fill,) = mapping.fills(told_trade(), ACCOUNT, "BTC")
    assert (fill.side, fill.liquidity, fill.client_order_id) == (Side.BUY, Liquidity.TAKER, "1001")
    assert (fill.trade_id, fill.order_id, fill.ticker) == ("9", "281476929510110", "BTC")
    assert fill.fee == D(60000) * D("0.001") * D("0.000280")


def test_a_maker_pays_the_makers_fee() -> None:
    """The same trade with the bid resting; a fee that is not there is none."""
    (fill,) = mapping.fills(told_trade(is_maker_ask=False), ACCOUNT, "BTC")
    assert (fill.liquidity, fill.fee) == (Liquidity.MAKER, D(60000) * D("0.001") * D("0.000040"))
    bare = trade(is_maker_ask=False)
    del bare["maker_fee"]
    assert mapping.fills(msgspec.convert(bare, Trade), ACCOUNT, "BTC")[0].fee == 0


def test_trading_with_oneself_is_two_executions() -> None:
    """Both sides are told, under two ids; a trade of others is nobody's."""
    both = mapping.fills(told_trade(ask_account_id=ACCOUNT, ask_client_id=1002), ACCOUNT, "BTC")
    assert [(fill.side, fill.liquidity) for fill in both] == [
        (Side.BUY, Liquidity.TAKER),
        (Side.SELL, Liquidity.MAKER),
    ]
    assert len({fill.trade_id for fill in both}) == 2
    assert mapping.fills(told_trade(), 8, "BTC") == []


def test_the_taker_of_a_public_trade() -> None:
    """Where the ask rested, somebody bought."""
    assert mapping.public_trade(told_trade()).taker_side is Side.BUY
    assert mapping.public_trade(told_trade(is_maker_ask=False)).taker_side is Side.SELL


# -- position and money -------------------------------------------------------------------------


def test_a_position_has_its_sign() -> None:
    """Size and sign are two fields; the mark is what the venue values it at; empty prices are unknown."""
    held = mapping.position(told_position(), "BTC")
    assert (held.quantity, held.entry_price, held.mark_price) == (D("-0.002"), D(60000), D(60500))
    assert held.liquidation_price is None
    assert mapping.position(told_position(liquidation_price="70000"), "BTC").liquidation_price == 70000


def test_a_flat_position_has_no_prices() -> None:
    """Zero is zero, whatever stands beside it."""
    flat = mapping.position(told_position(position="0.00000", position_value="-0.000000", sign=0), "BTC")
    assert (flat.quantity, flat.entry_price, flat.mark_price) == (0, None, None)


@pytest.mark.parametrize("changes", [{"sign": 0}, {"sign": 2}, {"position": "-0.002"}])
def test_a_senseless_position_is_an_error(changes: dict[str, Any]) -> None:
    """A broken sign never turns a position round or makes it flat."""
    with pytest.raises(BadPayload, match="no sense"):
        mapping.position(told_position(**changes), "BTC")


def test_money_as_read() -> None:
    """Wallet is collateral with all its digits, equity adds what positions would bring."""
    fine = account(assets=[{"symbol": "USDC", "asset_id": 3, "margin_balance": "1000.000000123"}])
    balance = mapping.account_balance(msgspec.convert(fine, Account))
    assert (balance.wallet, balance.equity) == (D("1000.000000123"), D("999.000000123"))
    assert (balance.available, balance.margin_used, balance.currency) == (D(990), D(10), "USDC")


def test_money_as_streamed() -> None:
    """The same figures; a margin balance that is another figure is left alone."""
    told = UserStats(collateral="39.995369", portfolio_value="39.995169", available_balance="39.168314")
    fine = AccountAsset(symbol="USDC", asset_id=3, margin_balance="39.995369556")
    balance = mapping.stats_balance(told, [fine])
    assert (balance.wallet, balance.equity) == (D("39.995369556"), D("39.995169556"))
    other = AccountAsset(symbol="USDC", asset_id=3, margin_balance="10")
    assert mapping.stats_balance(told, [other]).wallet == D("39.995369")
    assert mapping.stats_balance(told, []).margin_used == D("0.826855")


# -- funding ------------------------------------------------------------------------------------


def test_the_streams_rate_is_percent_per_hour() -> None:
    """0.0012 percent is 0.000012 of the notional, at the next full hour."""
    told = msgspec.convert(stats()["market_stats"], MarketStats)
    rate = mapping.funding_rate("BTC", mapping.hourly_rate(told), 1_800_000_001 * 10**9)
    assert (rate.rate, rate.hourly_rate) == (D("0.000012"), D("0.000012"))
    assert rate.next_funding_ns == 1_800_003_600 * 10**9


def test_the_lists_rate_is_for_eight_hours() -> None:
    """A fraction per eight hours, an eighth of it per hour; a number keeps its digits."""
    assert mapping.from_eight_hours(0.0001) == D("0.0000125")


def test_on_the_full_hour_the_next_settlement_is_an_hour_away() -> None:
    """Never now, never past."""
    assert mapping.next_hour_ns(3_600 * 10**9) == 7_200 * 10**9
    assert mapping.next_hour_ns(3_600 * 10**9 - 1) == 3_600 * 10**9


def test_a_settlement_is_told_with_its_sign() -> None:
    """What was paid is negative, a short position is negative."""
    told = PositionFunding(
        timestamp=1_800_000_000,
        market_id=1,
        funding_id=4,
        change="-0.005",
        rate="0.0012",
        position_size="1.5",
        position_side="short",
    )
    paid = mapping.funding_payment(told, "BTC")
    assert (paid.payment_id, paid.amount, paid.position) == ("4", D("-0.005"), D("-1.5"))
    assert (paid.rate, paid.time_ns) == (D("0.0012"), 1_800_000_000 * 10**9)
