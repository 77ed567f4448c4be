"""A market, orders and a manager to review them with: what the tests of the risk manager share."""

from __future__ import annotations

from decimal import Decimal

from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side
from helpers.models import Balance, Market, MarketData, Order, Position
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager

D = Decimal
NOW_NS = 1_800_000_000_000_000_000
SECOND_NS = 1_000_000_000
EQUITY = D(10_000)

MARKET = Market(
    exchange="paper",
    ticker="BTC",
    contract_id="BTC",
    quote="USD",
    tick_size=D("0.1"),
    quantity_step=D("0.01"),
    min_quantity=D("0.02"),
    min_notional=D(15),
    maker_fee=D(0),
    taker_fee=D(0),
    max_leverage=D(50),
    maintenance_margin=D("0.01"),
    max_open_orders=200,
    funding_interval_ns=8 * 3600 * SECOND_NS,
)


def market_data(*orders: Order, position: str | None = "0", equity: Decimal | None = EQUITY) -> MarketData:
    """A fresh book of 999.9 / 1000.0 with these live orders."""
    return MarketData(
        exchange="paper",
        ticker="BTC",
        now_ns=NOW_NS,
        best_bid=D("999.9"),
        best_ask=D("1000.0"),
        bid_quantity=D(1),
        ask_quantity=D(1),
        book_time_ns=NOW_NS,
        market=MARKET,
        orders=orders,
        position=None if position is None else Position(ticker="BTC", quantity=D(position)),
        balance=Balance(currency="USD", wallet=EQUITY, equity=equity),
    )


def buy(quantity: str, price: str | None = "1000.0", intent: str = "entry") -> OrderParams:
    """A limit buy."""
    return OrderParams(side=Side.BUY, quantity=D(quantity), price=None if price is None else D(price), intent=intent)


def close(quantity: str, price: str | None = "1010.0", intent: str = "close") -> OrderParams:
    """A reduce-only sell, at market without a price."""
    return OrderParams(
        side=Side.SELL,
        quantity=D(quantity),
        price=None if price is None else D(price),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        intent=intent,
        reduce_only=True,
    )


def resting(
    intent: str, side: Side, quantity: str, price: str, filled: str = "0", *, reduce_only: bool = False
) -> Order:
    """A live order."""
    return Order(
        intent=intent,
        client_order_id=intent,
        side=side,
        quantity=D(quantity),
        price=D(price),
        filled_quantity=D(filled),
        reduce_only=reduce_only,
    )


def manager(**limits: object) -> RiskManager:
    """A manager that began with 10,000 USD."""
    risk = RiskManager(RiskLimits.model_validate(limits))
    risk.initialize(EQUITY, NOW_NS)
    return risk
