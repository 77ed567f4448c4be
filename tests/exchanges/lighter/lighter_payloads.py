"""Lighter's messages as tests need them: plain, complete, and changed by keyword."""

from __future__ import annotations

from typing import Any

from worlds import START_NS

KEY = "0b8e0f63c24d8baacd9d29ad4e9a4b73c4a8d2bb8b16dc4fa9d7c2e1d3a8b1f0e8d3a4c5b6e7f001"
OTHER_KEY = "1" * 78 + "01"
ACCOUNT = 65
KEY_INDEX = 5
ADDRESS = "0x" + "ab" * 20
ENVIRONMENT = {
    "LIGHTER_ACCOUNT_INDEX": str(ACCOUNT),
    "LIGHTER_API_KEY_INDEX": str(KEY_INDEX),
    "LIGHTER_API_KEY_PRIVATE_KEY": KEY,
}
NOW_MS = START_NS // 1_000_000


def market(symbol: str = "BTC", market_id: int = 1, **changes: Any) -> dict[str, Any]:
    """One market as the venue lists it."""
    return {
        "symbol": symbol,
        "market_id": market_id,
        "market_type": "perp",
        "status": "active",
        "taker_fee": "0.0280",
        "maker_fee": "0.0040",
        "min_base_amount": "0.00020",
        "min_quote_amount": "10.000000",
        "order_quote_limit": "281474976.710655",
        "size_decimals": 5,
        "price_decimals": 1,
        "default_initial_margin_fraction": 500,
        "min_initial_margin_fraction": 200,
        "maintenance_margin_fraction": 120,
        "market_config": {"force_reduce_only": False, "trading_hours": ""},
        **changes,
    }


MARKETS = [
    market(),
    market("ETH", 0, size_decimals=4, price_decimals=2, min_base_amount="0.0050"),
    market("SOL", 2, status="inactive", size_decimals=3, price_decimals=3),
    market("USDC", 2048, market_type="spot"),
]


def order(client: int = 1001, **changes: Any) -> dict[str, Any]:
    """One of our orders as the venue writes it."""
    return {
        "order_index": 281476929510110,
        "client_order_index": client,
        "market_index": 1,
        "owner_account_index": ACCOUNT,
        "initial_base_amount": "0.00100",
        "filled_base_amount": "0.00000",
        "price": "60000.0",
        "is_ask": False,
        "type": "limit",
        "time_in_force": "good-till-time",
        "reduce_only": False,
        "status": "open",
        "timestamp": NOW_MS,
        "updated_at": NOW_MS // 1000,
        "transaction_time": NOW_MS * 1000,
        **changes,
    }


def trade(trade_id: int = 9, **changes: Any) -> dict[str, Any]:
    """A trade in which we took from the ask."""
    return {
        "trade_id": trade_id,
        "market_id": 1,
        "type": "trade",
        "size": "0.00100",
        "price": "60000.0",
        "ask_id": 281476929510999,
        "bid_id": 281476929510110,
        "ask_client_id": 0,
        "bid_client_id": 1001,
        "ask_account_id": 7,
        "bid_account_id": ACCOUNT,
        "is_maker_ask": True,
        "timestamp": NOW_MS,
        "taker_fee": 280,
        "maker_fee": 40,
        "transaction_time": NOW_MS * 1000,
        **changes,
    }


def account(**changes: Any) -> dict[str, Any]:
    """An account as the venue writes it."""
    return {
        "index": ACCOUNT,
        "account_index": ACCOUNT,
        "collateral": "1000.000000",
        "available_balance": "990.000000",
        "cross_initial_margin_requirement": "10.000000",
        "positions": [position()],
        "assets": [{"symbol": "USDC", "asset_id": 3, "margin_balance": "1000.000000"}],
        **changes,
    }


def position(**changes: Any) -> dict[str, Any]:
    """A position as the venue writes it."""
    return {
        "market_id": 1,
        "symbol": "BTC",
        "sign": -1,
        "position": "0.00200",
        "avg_entry_price": "60000.0",
        "position_value": "121.000000",
        "unrealized_pnl": "-1.000000",
        "liquidation_price": "",
        **changes,
    }


def book(nonce: int = 10, bids: Any = (("60000.0", "1.5"),), asks: Any = (("60000.1", "2"),)) -> dict[str, Any]:
    """A book's snapshot."""
    return {"order_book": _book(nonce, 0, bids, asks)}


def change(begin: int, nonce: int, bids: Any = (), asks: Any = ()) -> dict[str, Any]:
    """Changes of a book."""
    return {"order_book": _book(nonce, begin, bids, asks)}


def _book(nonce: int, begin: int, bids: Any, asks: Any) -> dict[str, Any]:
    sides = {"bids": bids, "asks": asks}
    levels = {name: [{"price": price, "size": size} for price, size in side] for name, side in sides.items()}
    return {"code": 0, **levels, "offset": 1, "nonce": nonce, "begin_nonce": begin, "last_updated_at": NOW_MS * 1000}


def stats(**changes: Any) -> dict[str, Any]:
    """Statistics of a market."""
    told = {"market_id": 1, "symbol": "BTC", "mark_price": "60000.5", "index_price": "60001.0", "mid_price": "60000.0"}
    return {"market_stats": {**told, "current_funding_rate": "0.0012", "funding_rate": "0.0010", **changes}}


MONEY = {"collateral": "1000.000000", "portfolio_value": "999.000000", "available_balance": "990.000000"}

SNAPSHOTS: dict[str, Any] = {
    "order_book/1": book(),
    "order_book/0": book(5, (("2000.00", "3"),), (("2000.01", "4"),)),
    "market_stats/1": stats(),
    "market_stats/0": stats(market_id=0, symbol="ETH", mid_price="2000.00"),
    "trade/1": {"trades": [trade(3)], "liquidation_trades": []},
    f"account_all_orders/{ACCOUNT}": {"orders": {}},
    f"account_all_trades/{ACCOUNT}": {"trades": [trade(3)]},
    f"account_all_positions/{ACCOUNT}": {"positions": {"1": position()}, "shares": []},
    f"user_stats/{ACCOUNT}": {"stats": MONEY},
    f"account_all_assets/{ACCOUNT}": {
        "assets": {"3": {"symbol": "USDC", "asset_id": 3, "margin_balance": "1000.000000"}}
    },
    f"account_all/{ACCOUNT}": {"funding_histories": {}, "positions": {}, "trades": {}},
    f"account_tx/{ACCOUNT}": {"txs": []},
}
