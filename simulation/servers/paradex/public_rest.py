"""The endpoints that need no token."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from simulation.servers.front import ServerRequest
from simulation.servers.paradex.accounts import ACCOUNT_CLASS, PROXY_CLASS
from simulation.servers.paradex.errors import ApiRefusal
from simulation.servers.paradex.market_board import RESOLUTIONS, MarketBoard
from simulation.servers.paradex.pages import page, whole_number
from simulation.servers.paradex.terms import ParadexTerms
from simulation.venue import SimulatedVenue

CHAIN_ID: Final = "PRIVATE_SN_POTC_SEPOLIA"
_MS: Final = 1_000_000
_DEFAULT_DEPTH: Final = 20
_MOST_TRADES: Final = 1_000
_SYSTEM_CONFIG: Final = {
    "environment": "testnet",
    "starknet_gateway_url": "",
    "starknet_fullnode_rpc_url": "https://rpc.api.testnet.paradex.trade/rpc/v0_10",
    "starknet_fullnode_rpc_base_url": "https://rpc.api.testnet.paradex.trade",
    "starknet_chain_id": CHAIN_ID,
    "block_explorer_url": "https://voyager.testnet.paradex.trade/",
    "paraclear_address": "0x4638e3041366aa71720be63e32e53e1223316c7f0d56f7aa617542ed1e7554d",
    "paraclear_decimals": 8,
    "paraclear_account_proxy_hash": PROXY_CLASS,
    "paraclear_account_hash": ACCOUNT_CLASS,
    "oracle_address": "0x47c622ce5f7ff7fa17725df596f4f506364e49be0621eb142a75b44ee3689c6",
    "bridged_tokens": [
        {
            "name": "TEST USDC",
            "symbol": "USDC",
            "decimals": 6,
            "l1_token_address": "0x29A873159D5e14AcBd63913D4A7E2df04570c666",
            "l1_bridge_address": "0x8586e05adc0C35aa11609023d4Ae6075Cb813b4C",
            "l2_token_address": "0x6f373b346561036d98ea10fb3e60d2f459c872b1933b50b21fe6ef4fda3b75e",
            "l2_bridge_address": "0x46e9237f5408b5f899e72125dd69bd55485a287aaf24663d3ebe00d237fc7ef",
        }
    ],
    "l1_core_contract_address": "0x582CC5d9b509391232cd544cDF9da036e55833Af",
    "l1_operator_address": "0x11bACdFbBcd3Febe5e8CEAa75E0Ef6444d9B45FB",
    "l1_chain_id": "11155111",
    "liquidation_fee": "0.2",
    "partial_liquidation_buffer": "0.2",
    "partial_liquidation_share_increment": "0.05",
}
"""Addresses are of the right form and lead nowhere."""


class PublicRest:
    """Reads anybody may make."""

    def __init__(self, venue: SimulatedVenue, terms: ParadexTerms, boards: dict[str, MarketBoard]) -> None:
        """Show these boards, by ticker."""
        self._venue = venue
        self._terms = terms
        self._boards = {board.market.symbol: board for board in boards.values()}

    def config(self, _: ServerRequest) -> dict[str, Any]:
        """Answer GET /system/config."""
        return _SYSTEM_CONFIG

    def state(self, _: ServerRequest) -> dict[str, Any]:
        """Answer GET /system/state."""
        return {"status": self._terms.status_at(self._venue.core.now_ns).value}

    def time(self, _: ServerRequest) -> dict[str, Any]:
        """Answer GET /system/time."""
        return {"server_time": str(self._venue.core.now_ns // _MS)}

    def markets(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /markets."""
        symbol = request.parameter("market")
        boards = [self._board(symbol)] if symbol else list(self._boards.values())
        return {"results": [board.market.view() for board in boards]}

    def summaries(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /markets/summary."""
        symbol = request.parameter("market")
        if not symbol:
            raise ApiRefusal("INVALID_REQUEST_PARAMETER", "market is required")
        boards = list(self._boards.values()) if symbol == "ALL" else [self._board(symbol)]
        return {"results": [board.summary() for board in boards]}

    def klines(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /markets/klines."""
        board, resolution = self._board(request.parameter("symbol")), request.parameter("resolution") or "1"
        if resolution not in RESOLUTIONS:
            raise ApiRefusal("INVALID_REQUEST_PARAMETER", f"resolution must be one of {', '.join(RESOLUTIONS)}")
        start, end = whole_number(request, "start_at", 0), whole_number(request, "end_at", 2**62)
        return {"results": board.klines(int(resolution), start, end)}

    def order_book(self, request: ServerRequest, symbol: str) -> dict[str, Any]:
        """Answer GET /orderbook/{market}; there is no retail liquidity, so the interactive one is the same."""
        depth = whole_number(request, "depth", _DEFAULT_DEPTH)
        try:
            tick = Decimal(request.parameter("price_tick") or "0")
        except InvalidOperation:
            raise ApiRefusal("INVALID_REQUEST_PARAMETER", "price_tick must be a number") from None
        return self._board(symbol).book.snapshot(depth, tick)

    def bbo(self, _: ServerRequest, symbol: str) -> dict[str, Any]:
        """Answer GET /bbo/{market}."""
        return self._board(symbol).book.bbo()

    def trades(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /trades."""
        board = self._board(request.parameter("market"))
        trades = board.trades_after(0)
        return page(request, trades, lambda trade: trade.time_ns // _MS, board.trade_view, _MOST_TRADES)

    def funding(self, request: ServerRequest) -> dict[str, Any]:
        """Answer GET /funding/data: what it was at every hour since the venue opened, and is now."""
        funding = self._board(request.parameter("market")).funding
        points = [*funding.history, funding.view()]
        return page(request, points, lambda point: int(point["created_at"]), lambda point: point)

    def _board(self, symbol: str | None) -> MarketBoard:
        board = self._boards.get(symbol or "")
        if board is None:
            raise ApiRefusal("MARKET_NOT_FOUND", f"market {symbol} not found")
        return board


__all__ = ["CHAIN_ID", "PublicRest"]
