"""Paradex messages as the venue writes them, for tests to change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from exchanges.paradex import mapping
from exchanges.paradex.account_wire import FillInfo, OrderState, PositionInfo
from exchanges.paradex.wire import MarketInfo
from helpers.decisions import OrderParams
from helpers.enums import Side
from helpers.models import Market

T = TypeVar("T")
D = Decimal

MARKET: dict[str, Any] = {
    "symbol": "BTC-USD-PERP",
    "base_currency": "BTC",
    "quote_currency": "USD",
    "settlement_currency": "USDC",
    "order_size_increment": "0.00001",
    "price_tick_size": "0.1",
    "min_notional": "10",
    "open_at": 0,
    "expiry_at": 0,
    "asset_kind": "PERP",
    "market_kind": "cross",
    "price_bands_width": "0.05",
    "max_open_orders": 150,
    "delta1_cross_margin_params": {"imf_base": "0.02", "imf_shift": "0", "imf_factor": "0", "mmf_factor": "0.5"},
    "max_order_size": "100",
    "funding_period_hours": 8,
    "fee_config": {
        "interactive_fee": {"maker_fee": {"fee": "0"}, "taker_fee": {"fee": "0"}},
        "api_fee": {"maker_fee": {"fee": "0"}, "taker_fee": {"fee": "0.0002"}},
    },
    "trading_mode": "STANDARD",
    "something_new": {"of": ["no", "concern"]},
}
ETH_MARKET: dict[str, Any] = {
    **MARKET,
    "symbol": "ETH-USD-PERP",
    "base_currency": "ETH",
    "price_tick_size": "0.01",
    "order_size_increment": "0.0001",
}
OPTION: dict[str, Any] = {"symbol": "SOL-USD-18SEP26-74-C", "asset_kind": "OPTION", "base_currency": "SOL"}

ORDER: dict[str, Any] = {
    "id": "1681493746016001",
    "account": "0x1",
    "market": "BTC-USD-PERP",
    "side": "BUY",
    "type": "LIMIT",
    "size": "0.01",
    "remaining_size": "0.01",
    "price": "80000",
    "status": "OPEN",
    "cancel_reason": "",
    "client_id": "77",
    "instruction": "GTC",
    "flags": [],
    "avg_fill_price": "",
    "created_at": 1788501321000,
    "last_updated_at": 1788501321560,
    "seq_no": 10,
}
FILL: dict[str, Any] = {
    "id": "8615262148007718462",
    "order_id": "1681493746016001",
    "client_id": "77",
    "market": "BTC-USD-PERP",
    "side": "BUY",
    "size": "0.004",
    "price": "79999.9",
    "fee": "0.0639",
    "fee_currency": "USDC",
    "liquidity": "TAKER",
    "fill_type": "FILL",
    "created_at": 1788501321560,
}
POSITION: dict[str, Any] = {
    "id": "p1",
    "market": "BTC-USD-PERP",
    "side": "SHORT",
    "status": "OPEN",
    "size": "-0.345",
    "average_entry_price": "80000.5",
    "liquidation_price": "99000",
    "seq_no": 5,
    "last_updated_at": 1788501321560,
}
ACCOUNT: dict[str, Any] = {
    "account": "0x1",
    "account_value": "10010.5",
    "total_collateral": "10000",
    "free_collateral": "9000.25",
    "initial_margin_requirement": "1010.25",
    "maintenance_margin_requirement": "505",
    "margin_cushion": "9505",
    "settlement_asset": "USDC",
    "status": "ACTIVE",
    "updated_at": 1788501321560,
    "seq_no": 3,
}
SUMMARY: dict[str, Any] = {
    "symbol": "BTC-USD-PERP",
    "mark_price": "80717.42257416",
    "bid": "80715.8",
    "bid_size": "0.02471",
    "ask": "80722.5",
    "ask_size": "0.00019",
    "funding_rate": "0.00007378239272",
    "created_at": 1788488807060,
}


def typed(kind: type[T], sample: dict[str, Any], **changes: Any) -> T:
    """Give a sample with some fields changed, as it would be read."""
    return msgspec.json.decode(msgspec.json.encode({**sample, **changes}), type=kind)


def order(**changes: Any) -> OrderState:
    """Give an order as the venue tells it."""
    return typed(OrderState, ORDER, **changes)


def fill(**changes: Any) -> FillInfo:
    """Give an execution as the venue tells it."""
    return typed(FillInfo, FILL, **changes)


def position(**changes: Any) -> PositionInfo:
    """Give a position as the venue tells it."""
    return typed(PositionInfo, POSITION, **changes)


def market(**changes: Any) -> Market:
    """Give a market's terms as we read them."""
    return mapping.market(typed(MarketInfo, MARKET, **changes), "paradex")


def buy(price: str | None = "80000", quantity: str = "0.01", **more: Any) -> OrderParams:
    """Give a wanted order."""
    fields: dict[str, Any] = {"side": Side.BUY, "intent": "test", **more}
    return OrderParams(price=None if price is None else D(price), quantity=D(quantity), **fields)
