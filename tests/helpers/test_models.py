"""The nouns: what they compute from themselves, and that nobody changes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from worlds import MARKET

from helpers.enums import OrderStatus, PositionSide, Side
from helpers.models import Bbo, FundingRate, MarketData, Order, OrderInfo, Position

D = Decimal


def order(**more: Any) -> Order:
    """Give an order of ten."""
    fields: dict[str, Any] = {"intent": "entry", "quantity": D(10), "price": D(1), **more}
    return Order(client_order_id="1", side=Side.BUY, **fields)


def test_sides() -> None:
    """Each side has its opposite and its sign."""
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)


@pytest.mark.parametrize("status", OrderStatus, ids=lambda each: each.value)
def test_an_order_lives_until_its_end(status: OrderStatus) -> None:
    """Filled, cancelled, rejected and expired are ends; everything else, unknown too, may live at the venue."""
    ends = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}
    assert status.is_terminal == (status in ends)
    assert order(status=status).is_live == (status not in ends)


def test_what_remains() -> None:
    """Ordered less filled."""
    assert order(filled_quantity=D(4)).remaining_quantity == 6


@pytest.mark.parametrize(
    ("bid", "ask", "two_sided"),
    [("1", "2", True), ("2", "2", False), ("3", "2", False), (None, "2", False), ("1", None, False)],
)
def test_a_book_with_two_sides(bid: str | None, ask: str | None, two_sided: bool) -> None:
    """Both sides are there and the bid is below the ask."""
    bbo = Bbo(None if bid is None else D(bid), None, None if ask is None else D(ask), None, 0, 0)
    assert bbo.is_two_sided is two_sided


@pytest.mark.parametrize(
    ("quantity", "side"), [("2", PositionSide.LONG), ("-2", PositionSide.SHORT), ("0", PositionSide.FLAT)]
)
def test_the_side_of_a_position(quantity: str, side: PositionSide) -> None:
    """The sign says long or short."""
    assert Position(ticker="BTC", quantity=D(quantity)).side is side


def test_unrealised_pnl_is_unknown_without_prices() -> None:
    """It needs entry and mark price; a short earns when the price falls."""
    assert Position(ticker="BTC", quantity=D(-2), entry_price=D(100), mark_price=D(90)).unrealised_pnl == 20
    assert Position(ticker="BTC", quantity=D(2), entry_price=D(100)).unrealised_pnl is None
    assert Position(ticker="BTC", quantity=D(2), mark_price=D(100)).unrealised_pnl is None


@pytest.mark.parametrize(("hours", "hourly"), [(1, "0.0008"), (8, "0.0001"), (4, "0.0002")])
def test_funding_rates_are_compared_by_the_hour(hours: int, hourly: str) -> None:
    """A rate per interval is spread over its hours."""
    rate = FundingRate(ticker="BTC", rate=D("0.0008"), interval_ns=hours * 3_600_000_000_000, next_funding_ns=0)
    assert rate.hourly_rate == D(hourly)


def test_market_data() -> None:
    """The mid lies between the best prices, and an order is found by its intent."""
    mine = order()
    data = MarketData(
        exchange="paper",
        ticker="BTC",
        now_ns=0,
        best_bid=D(99),
        best_ask=D(102),
        bid_quantity=D(1),
        ask_quantity=D(1),
        book_time_ns=0,
        market=MARKET,
        orders=(mine,),
    )
    assert data.mid_price == D("100.5")
    assert data.order("entry") is mine
    assert data.order("close") is None
    assert (data.position, data.balance) == (None, None)


@pytest.mark.parametrize(
    "record",
    [
        MARKET,
        order(),
        Position(ticker="BTC", quantity=D(1)),
        OrderInfo(order_id="1", client_order_id=None, side=Side.BUY, size=D(1), price=None, status=OrderStatus.OPEN),
    ],
    ids=lambda record: type(record).__name__,
)
def test_records_are_frozen(record: Any) -> None:
    """Nobody changes a record that others look at."""
    name = record.__struct_fields__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(record, name, "other")
