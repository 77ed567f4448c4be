"""Orders as the venue writes them."""

from __future__ import annotations

from typing import Any, Final

from simulation.servers.lighter.tx_file import block_height
from simulation.servers.lighter.wire_orders import OrderTif, OrderType, WireOrder

_TYPES: Final = {
    OrderType.LIMIT: "limit",
    OrderType.MARKET: "market",
    OrderType.STOP_LOSS: "stop-loss",
    OrderType.STOP_LOSS_LIMIT: "stop-loss-limit",
    OrderType.TAKE_PROFIT: "take-profit",
    OrderType.TAKE_PROFIT_LIMIT: "take-profit-limit",
    OrderType.TWAP: "twap",
}
_TIFS: Final = {
    OrderTif.IOC: "immediate-or-cancel",
    OrderTif.GTT: "good-till-time",
    OrderTif.POST_ONLY: "post-only",
}
_ZERO_FIELDS: Final = {
    "trigger_status": "na",
    "trigger_time": 0,
    "parent_order_index": 0,
    "parent_order_id": "0",
    "to_trigger_order_id_0": "0",
    "to_trigger_order_id_1": "0",
    "to_cancel_order_id_0": "0",
    "integrator_fee_collector_index": "0",
    "integrator_taker_fee": "0",
    "integrator_maker_fee": "0",
    "order_flags": 0,
}


def order_view(order: WireOrder, account_index: int) -> dict[str, Any]:
    """Describe an order."""
    market = order.market
    return {
        "order_index": order.index,
        "client_order_index": order.client_index,
        "order_id": str(order.index),
        "client_order_id": str(order.client_index),
        "market_index": market.market_id,
        "owner_account_index": account_index,
        "initial_base_amount": market.size_text(market.size(order.lots)),
        "price": market.price_text(order.price),
        "nonce": order.nonce,
        "remaining_base_amount": market.size_text(market.size(order.remaining_lots)),
        "is_ask": order.is_ask,
        "base_size": order.lots,
        "base_price": order.ticks,
        "filled_base_amount": market.size_text(market.size(order.filled_lots)),
        "filled_quote_amount": f"{order.filled_quote:.6f}",
        "side": "sell" if order.is_ask else "buy",
        "type": _TYPES[order.order_type],
        "time_in_force": _TIFS[order.tif],
        "reduce_only": order.reduce_only,
        "trigger_price": market.price_text(market.price(order.trigger_ticks)),
        "order_expiry": order.expiry_ms,
        "status": order.status,
        "order_version": order.version,
        "market_symbol": market.ticker,
        "market_kind": "perps",
        **_ZERO_FIELDS,
        **_times(order),
    }


def _times(order: WireOrder) -> dict[str, int]:
    created_ms, updated_ms = order.created_ns // 1_000_000, order.updated_ns // 1_000_000
    return {
        "block_height": block_height(order.updated_ns),
        "timestamp": created_ms,
        "created_at": created_ms,
        "updated_at": updated_ms,
        "transaction_time": order.updated_ns // 1000,
    }


__all__ = ["order_view"]
