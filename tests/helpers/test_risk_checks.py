"""Pre-trade checks: each on both sides of its boundary, and exactly at it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Side
from helpers.models import Balance, Market, MarketData, Order, Position
from helpers.money import is_multiple, minimum_quantity
from helpers.risk_checks import (
    Exposure,
    check_age,
    check_band,
    check_intent,
    check_known,
    check_leverage,
    check_minimum,
    check_open_orders,
    check_order_notional,
    check_position,
    check_price,
    check_quantity,
    check_reduces,
    check_remaining,
    fitting_quantity,
    on_grid,
)

NOW_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
D = Decimal

MARKET = Market(
    exchange="paper",
    ticker="BTC",
    contract_id="BTC",
    quote="USD",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    min_quantity=D("0.001"),
    min_notional=D(10),
    maker_fee=D(0),
    taker_fee=D(0),
    max_leverage=D(50),
    maintenance_margin=D("0.01"),
    max_open_orders=50,
    funding_interval_ns=8 * 3600 * SECOND_NS,
)


def market_data(*, age_ns: int = 0, position: Position | None = None, balance: Balance | None = None) -> MarketData:
    """A book of 99.9 / 100.1 of a given age."""
    return MarketData(
        exchange="paper",
        ticker="BTC",
        now_ns=NOW_NS,
        best_bid=D("99.9"),
        best_ask=D("100.1"),
        bid_quantity=D(1),
        ask_quantity=D(1),
        book_time_ns=NOW_NS - age_ns,
        market=MARKET,
        position=position,
        balance=balance,
    )


def held(quantity: str) -> Position:
    """A position of this signed quantity."""
    return Position(ticker="BTC", quantity=D(quantity))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("0.3", True), ("0.1", True), ("0.35", False), ("0", False), ("-0.1", False)),
        *(("NaN", False), ("sNaN", False), ("Infinity", False), ("1E+40", False)),
    ],
)
def test_on_grid(value: str, expected: bool) -> None:
    """Only positive multiples are on the grid; what is no ordinary number is not, and raises nothing."""
    assert on_grid(D(value), D("0.1")) is expected


def test_intent() -> None:
    """An intent is free, or live already, or used a moment ago."""
    assert check_intent("a", {"b"}, {"c"}) is None
    assert check_intent("b", {"b"}, {"c"}) == "an order with the intent 'b' is live already"
    assert check_intent("c", {"b"}, {"c"}) == "the intent 'c' stands twice in one decision"


def test_quantity() -> None:
    """A quantity must be positive and on the step."""
    assert check_quantity(D("0.002"), MARKET) is None
    assert check_quantity(D("0.0025"), MARKET) == "quantity 0.0025 is not a multiple of the quantity step 0.001"
    assert check_quantity(D(0), MARKET) == "quantity 0 is not a positive number"
    assert check_quantity(D("-0.002"), MARKET) == "quantity -0.002 is not a positive number"
    assert check_quantity(D("NaN"), MARKET) == "quantity NaN is not a positive number"


def test_price() -> None:
    """A price must be positive and on the tick."""
    assert check_price(D("100.1"), MARKET) is None
    assert check_price(D("100.15"), MARKET) == "price 100.15 is not a multiple of the tick size 0.1"
    assert check_price(D(0), MARKET) == "price 0 is not a positive number"
    assert check_price(D("Infinity"), MARKET) == "price Infinity is not a positive number"


def test_minimum_quantity() -> None:
    """The market's minimum quantity is allowed, a step less is not, closing or not."""
    market = MARKET
    assert check_minimum(D("0.001"), D(10_000), market, closes_position=False) is None
    for closes in (False, True):
        reason = check_minimum(D("0.0009"), D(100_000), market, closes_position=closes)
        assert reason == "quantity 0.0009 is below the market's minimum of 0.001"


def test_minimum_notional() -> None:
    """Exactly the minimum notional is allowed; less only where it closes the whole position."""
    assert check_minimum(D("0.1"), D("100.0"), MARKET, closes_position=False) is None
    reason = check_minimum(D("0.1"), D("99.9"), MARKET, closes_position=False)
    assert reason == "order of 9.99 USD is below the market's minimum of 10 USD"
    assert check_minimum(D("0.1"), D("99.9"), MARKET, closes_position=True) is None


def test_remaining() -> None:
    """An amend must leave something to fill."""
    assert check_remaining(D("0.003"), D("0.002")) is None
    reason = check_remaining(D("0.002"), D("0.002"))
    assert reason == "new quantity 0.002 is not above the 0.002 that filled already"


BAND = D("0.05")


@pytest.mark.parametrize(
    ("side", "price", "passes"),
    [
        (Side.BUY, "105.105", True),
        (Side.BUY, "105.106", False),
        (Side.SELL, "94.905", True),
        (Side.SELL, "94.904", False),
        (Side.BUY, "50.05", True),
        (Side.BUY, "50.04", False),
        (Side.SELL, "149.85", True),
        (Side.SELL, "149.86", False),
        (Side.BUY, "100.0", True),
        (Side.SELL, "100.0", True),
    ],
)
def test_band(side: Side, price: str, passes: bool) -> None:
    """A limit price may reach 5 % beyond the opposite best price and rest 50 % behind it, and no further."""
    assert (check_band(side, D(price), market_data(), BAND) is None) is passes


def test_band_names_the_distance() -> None:
    """The reason says how far, from what, and which limit."""
    reason = check_band(Side.BUY, D("120.2"), market_data(), BAND)
    assert reason == "price 120.2 is 20.08 % through the best price 100.1, more than price_band 5 %"
    reason = check_band(Side.SELL, D(200), market_data(), BAND)
    assert reason == "price 200 is 100.20 % behind the best price 99.9, more than the fat-finger limit 50 %"


def test_band_of_reduce_only_looks_at_the_aggressive_side() -> None:
    """A far take-profit passes if reduce-only; a reduce-only price through the market does not."""
    assert check_band(Side.SELL, D(200), market_data(), BAND, reduce_only=True) is None
    assert check_band(Side.SELL, D(90), market_data(), BAND, reduce_only=True) is not None


def test_band_off() -> None:
    """Without a band every price passes."""
    assert check_band(Side.BUY, D(1000), market_data(), None) is None
    assert check_band(Side.BUY, D(1), market_data(), None) is None


def test_reduces() -> None:
    """Reduce-only must face a position; of an unknown one the venue is the judge."""
    assert check_reduces(Side.SELL, held("1")) is None
    assert check_reduces(Side.BUY, held("-1")) is None
    assert check_reduces(Side.BUY, None) is None
    assert check_reduces(Side.BUY, held("0")) == "reduce-only buy has nothing to reduce: the position is flat"
    assert check_reduces(Side.BUY, held("1.50")) == "reduce-only buy would enlarge the long position of 1.5"
    assert check_reduces(Side.SELL, held("-1")) == "reduce-only sell would enlarge the short position of -1"


def test_known() -> None:
    """Position and balance must both be known."""
    balance = Balance(currency="USD", wallet=D(1))
    assert check_known(market_data(position=held("0"), balance=balance)) is None
    reason = check_known(market_data(balance=balance))
    assert reason == "the position in BTC on paper is unknown: nothing may increase risk"
    reason = check_known(market_data(position=held("0")))
    assert reason == "the balance on paper is unknown: nothing may increase risk"


def test_age() -> None:
    """A book exactly as old as allowed passes, a nanosecond more does not; None never minds."""
    limit = 30 * SECOND_NS
    assert check_age(market_data(age_ns=limit), limit) is None
    assert check_age(market_data(age_ns=limit + 1), limit) is not None
    reason = check_age(market_data(age_ns=31_500_000_000), limit)
    assert reason == "the order book is 31.500 s old, above max_data_age 30 s"
    assert check_age(market_data(age_ns=10**15), None) is None


def test_order_notional() -> None:
    """Exactly the limit passes, a cent more does not."""
    assert check_order_notional(D(10_000), D(10_000)) is None
    assert check_order_notional(D("1E9"), None) is None
    reason = check_order_notional(D(12_400), D(10_000))
    assert reason == "order of 12,400.00 USD is above max_order_notional 10,000 USD"
    assert check_order_notional(D("10000.01"), D(10_000)) is not None


def test_open_orders() -> None:
    """Our own limit and the venue's both hold."""
    assert check_open_orders(39, 40, MARKET) is None
    assert check_open_orders(40, 40, MARKET) == "40 orders are live already, max_open_orders is 40"
    assert check_open_orders(49, None, MARKET) is None
    assert check_open_orders(50, 100, MARKET) == "50 orders are live already, paper allows 50"


def test_position() -> None:
    """The worst case may reach the limit and not pass it."""
    assert check_position(D(50_000), D(50_000)) is None
    assert check_position(D("1E9"), None) is None
    reason = check_position(D("50000.01"), D(50_000))
    assert reason == (
        "position and live orders could reach 50,000.01 USD with this order, above max_position_notional 50,000 USD"
    )


def test_leverage() -> None:
    """Exactly the leverage allowed passes; unknown or no equity never does."""
    assert check_leverage(D(50_000), D(10_000), D(5)) is None
    assert check_leverage(D("1E9"), None, None) is None
    reason = check_leverage(D(52_000), D(10_000), D(5))
    assert reason == "leverage could reach 5.200x with this order, above max_leverage 5x"
    reason = check_leverage(D(1), None, D(5))
    assert reason == "equity is unknown: leverage cannot be checked, so nothing may increase risk"
    assert check_leverage(D(1), D(0), D(5)) == "equity is 0.00 USD: nothing may increase risk"
    assert check_leverage(D(1), D(-3), D(5)) == "equity is -3.00 USD: nothing may increase risk"


def test_fitting_quantity() -> None:
    """What fits is rounded down to the step; less than the venue's minimum is nothing."""
    assert fitting_quantity(D("150.15"), D(100), D(100), MARKET) == D("1.501")
    assert fitting_quantity(D(10), D(100), D(100), MARKET) == D("0.1")
    assert fitting_quantity(D("9.99"), D(100), D(100), MARKET) == 0
    assert fitting_quantity(D(-5), D(100), D(100), MARKET) == 0


@settings(max_examples=100, deadline=None)
@given(
    room=st.decimals(min_value=-100, max_value=100_000, places=4),
    price=st.integers(min_value=1, max_value=2_000_000).map(lambda ticks: ticks * D("0.1")),
    above=st.decimals(min_value=0, max_value=100, places=2),
)
def test_fitting_quantity_fits(room: Decimal, price: Decimal, above: Decimal) -> None:
    """What fits is zero, or on the step, at least the minimum, inside the room, and a step more would not fit."""
    quantity = fitting_quantity(room, price + above, price, MARKET)
    if quantity:
        assert is_multiple(quantity, MARKET.quantity_step)
        assert quantity >= minimum_quantity(MARKET, price)
        assert quantity * (price + above) <= room < (quantity + MARKET.quantity_step) * (price + above)
    else:
        assert room < (minimum_quantity(MARKET, price) + MARKET.quantity_step) * (price + above)


def order(side: Side, quantity: str, price: str | None, filled: str = "0", *, reduce_only: bool = False) -> Order:
    """A live order."""
    return Order(
        intent=f"{side.value}-{quantity}-{price}",
        client_order_id="1",
        side=side,
        quantity=D(quantity),
        price=None if price is None else D(price),
        filled_quantity=D(filled),
        reduce_only=reduce_only,
    )


def test_exposure_adds_up_the_worst_case() -> None:
    """Each side counts the position and what is left of its own orders, at the ask or at a higher own price."""
    orders = (
        order(Side.BUY, "2", "90.0", "0.5"),
        order(Side.BUY, "1", None),
        order(Side.SELL, "3", "110.0"),
        order(Side.SELL, "9", "110.0", reduce_only=True),
    )
    exposure = Exposure(held("1"), orders, D(100))
    assert exposure.worst(Side.BUY) == 100 + 150 + 100
    assert exposure.worst(Side.SELL) == -100 + 330
    assert exposure.gross == 100 + 150 + 100 + 330
    exposure.add(Side.SELL, D(7))
    assert (exposure.worst(Side.SELL), exposure.gross) == (D(237), D(687))


def test_exposure_of_an_unknown_position_is_endless() -> None:
    """An unknown position is above every limit on both sides."""
    exposure = Exposure(None, (), D(100))
    assert exposure.worst(Side.BUY) == exposure.worst(Side.SELL) == exposure.gross == D("Infinity")
