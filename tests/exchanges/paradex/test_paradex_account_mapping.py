"""Orders, executions, positions and money as Paradex tells them, in our words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paradex_samples import ACCOUNT, fill, order, position, typed

from exchanges.paradex import account_mapping as mapping
from exchanges.paradex.account_wire import AccountState, FundingPaymentInfo
from helpers.enums import Liquidity, OrderStatus, Side
from helpers.errors import BadPayload

D = Decimal
S = OrderStatus
OVER: dict[str, Any] = {"status": "CLOSED"}


@pytest.mark.parametrize(
    ("told", "status", "filled"),
    [
        ({"status": "NEW"}, S.OPEN, "0"),
        ({"status": "UNTRIGGERED"}, S.OPEN, "0"),
        ({"status": "OPEN"}, S.OPEN, "0"),
        ({"status": "OPEN", "remaining_size": "0.004"}, S.PARTIALLY_FILLED, "0.006"),
        ({**OVER, "remaining_size": "0"}, S.FILLED, "0.01"),
        ({**OVER, "remaining_size": "0", "cancel_reason": None}, S.FILLED, "0.01"),
        ({**OVER, "cancel_reason": "USER_CANCELED"}, S.CANCELLED, "0"),
        ({**OVER, "cancel_reason": "USER_CANCELED", "remaining_size": "0.004"}, S.CANCELLED, "0.006"),
        ({**OVER, "cancel_reason": "USER_CANCELED", "remaining_size": "0"}, S.CANCELLED, "0"),
        ({**OVER, "cancel_reason": "POST_ONLY_WOULD_CROSS"}, S.REJECTED, "0"),
        ({**OVER, "cancel_reason": "NOT_ENOUGH_MARGIN", "remaining_size": "0"}, S.REJECTED, "0"),
        ({**OVER, "cancel_reason": "NOT_ENOUGH_MARGIN", "remaining_size": "0.004"}, S.CANCELLED, "0.006"),
        (
            {**OVER, "cancel_reason": "NOT_ENOUGH_MARGIN", "avg_fill_price": "9", "remaining_size": "0"},
            S.CANCELLED,
            "0",
        ),
        ({**OVER, "cancel_reason": "ORDER_EXCEEDS_POSITION_LIMIT"}, S.REJECTED, "0"),
        ({**OVER, "cancel_reason": "SOMETHING_NEW"}, S.CANCELLED, "0"),
        (OVER, S.CANCELLED, "0"),
        ({"status": "SOMETHING_NEW"}, S.UNKNOWN, "0"),
        ({"status": "OPEN", "remaining_size": ""}, S.OPEN, "0"),
    ],
    ids=str,
)
def test_where_an_order_stands(told: dict[str, Any], status: OrderStatus, filled: str) -> None:
    """There is no status FILLED: what is left, and the reason of the end, tell the five ends apart."""
    info = mapping.order_info(order(**told))
    assert (info.status, info.filled_size) == (status, D(filled))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.integers(0, 10))
def test_no_word_of_the_venue_is_a_crash(status: str, reason: str, left: int) -> None:
    """Whatever the status and the reason say, the order can be read, and no more fills than was ordered."""
    info = mapping.order_info(order(status=status, cancel_reason=reason, remaining_size=f"0.00{left}"))
    assert 0 <= info.filled_size <= info.size


def test_an_order_is_read_completely() -> None:
    """Both ids, side, price, flags, time and reason."""
    info = mapping.order_info(order(side="SELL", instruction="POST_ONLY", flags=["REDUCE_ONLY"], cancel_reason="X"))
    assert (info.order_id, info.client_order_id, info.side) == ("1681493746016001", "77", Side.SELL)
    assert (info.size, info.price, info.post_only, info.reduce_only) == (D("0.01"), 80000, True, True)
    assert (info.time_ns, info.reason) == (1788501321560 * 10**6, "X")


def test_what_has_no_id_of_ours_and_no_price_has_none() -> None:
    """An order made in the web app, and a market order, whose price is told as 0."""
    info = mapping.order_info(order(client_id="", price="0", flags=None))
    assert (info.client_order_id, info.price, info.reduce_only) == (None, None, False)


@pytest.mark.parametrize("flaw", [{"side": "HOLD"}, {"size": "0"}, {"size": "x"}, {"remaining_size": "x"}], ids=str)
def test_an_unreadable_order_is_told(flaw: dict[str, Any]) -> None:
    """An order whose numbers or side cannot be read is not guessed at."""
    with pytest.raises(BadPayload):
        mapping.order_info(order(**flaw))


def test_an_execution_is_read_completely() -> None:
    """Ids, price, quantity, fee as money paid, and who took."""
    found = mapping.fill(fill(), "BTC", Side.BUY)
    assert (found.trade_id, found.order_id, found.client_order_id) == ("8615262148007718462", "1681493746016001", "77")
    assert (found.ticker, found.side, found.price, found.quantity) == ("BTC", Side.BUY, D("79999.9"), D("0.004"))
    assert (found.fee, found.liquidity, found.time_ns) == (D("0.0639"), Liquidity.TAKER, 1788501321560 * 10**6)


def test_a_rebate_is_a_negative_fee() -> None:
    """The venue's sign is ours."""
    found = mapping.fill(fill(fee="-0.02", liquidity="MAKER"), "BTC", Side.BUY)
    assert (found.fee, found.liquidity) == (D("-0.02"), Liquidity.MAKER)


def test_a_fee_in_another_coin_takes_nothing_from_the_quote() -> None:
    """A fee paid in the venue's own coin is no money of the quote."""
    assert mapping.fill(fill(fee="5", fee_currency="DIME"), "BTC", Side.BUY).fee == 0


def test_executions_of_other_kinds_have_ids_of_their_own() -> None:
    """The venue numbers liquidations by themselves: the same number twice is two executions."""
    assert mapping.trade_id(fill(fill_type="LIQUIDATION")) != mapping.trade_id(fill())
    assert mapping.trade_id(fill(fill_type=None)) == mapping.trade_id(fill())


@pytest.mark.parametrize(
    ("told", "quantity"),
    [
        ({}, "-0.345"),
        ({"side": "SHORT", "size": "0.345"}, "-0.345"),
        ({"side": "LONG", "size": "0.345"}, "0.345"),
        ({"side": None, "size": "-0.345"}, "-0.345"),
        ({"status": "CLOSED"}, "0"),
        ({"side": "LONG", "size": "0"}, "0"),
    ],
    ids=str,
)
def test_a_positions_sign(told: dict[str, Any], quantity: str) -> None:
    """Short is negative whether the size says so or the side does; closed is flat."""
    held = mapping.position(position(**told), "BTC", D(80000))
    assert held.quantity == D(quantity)
    assert (held.entry_price is None) == (held.quantity == 0)


def test_a_position_without_a_size_is_unreadable() -> None:
    """Nothing is not flat."""
    with pytest.raises(BadPayload, match="size"):
        mapping.position(position(size=""), "BTC", None)


def test_money_is_read_completely() -> None:
    """Cash, equity, what is free and what is bound."""
    money = mapping.balance(typed(AccountState, ACCOUNT))
    assert (money.currency, money.wallet, money.equity) == ("USDC", 10000, D("10010.5"))
    assert (money.available, money.margin_used) == (D("9000.25"), D("1010.25"))
    with pytest.raises(BadPayload, match="account_value"):
        mapping.balance(typed(AccountState, ACCOUNT, account_value=""))


def test_a_funding_payment_says_what_the_venue_says() -> None:
    """The amount and the time are told; rate and position are not, and nothing is made up for them."""
    told = typed(FundingPaymentInfo, {"id": "f", "market": "X", "payment": "-2", "created_at": 3})
    payment = mapping.funding_payment(told, "BTC")
    assert (payment.payment_id, payment.amount, payment.time_ns) == ("f", -2, 3_000_000)
    assert (payment.rate, payment.position) == (None, None)
