"""The envelope of every REST answer, and the venue's own error codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final

import msgspec

from simulation.servers.front import ServerResponse


class Code(IntEnum):
    """The venue's error codes, as far as this simulator raises them."""

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    NOT_FOUND = 404
    RATE_LIMITED = 429
    MARKET_NOT_FOUND = 1001
    INTERVAL = 1005
    MAINTENANCE = 1010
    POST_ONLY_MODE = 1011
    REDUCE_ONLY_MODE = 1012
    LEVERAGE_TOO_LOW = 1049
    LEVERAGE_TOO_HIGH = 1050
    LEVERAGE_MARGIN = 1052
    LEVERAGE_PRECISION = 1053
    PUBLIC_KEY = 1100
    SIGNATURE = 1101
    VAULT = 1102
    MIN_QUANTITY = 1120
    QUANTITY_STEP = 1121
    MAX_VALUE = 1122
    QUANTITY_PRECISION = 1123
    PRICE_STEP = 1124
    PRICE_PRECISION = 1125
    MAX_ORDERS = 1126
    MAX_POSITION = 1127
    FEE = 1128
    NO_PRICE = 1130
    ORDER_TYPE = 1132
    PARAMETERS = 1133
    DUPLICATE = 1134
    EXPIRATION = 1135
    REDUCE_TOO_MUCH = 1136
    REDUCE_NOTHING = 1137
    REDUCE_SAME_SIDE = 1138
    MARKET_NOT_IOC = 1139
    BALANCE = 1140
    PRICE = 1141
    EDIT_NOT_FOUND = 1142


_MESSAGES: Final[Mapping[Code, str]] = {
    Code.BAD_REQUEST: "Bad request",
    Code.UNAUTHORIZED: "Unauthorized",
    Code.NOT_FOUND: "Not found",
    Code.RATE_LIMITED: "Rate limited",
    Code.MARKET_NOT_FOUND: "Market not found",
    Code.INTERVAL: "Not supported interval",
    Code.MAINTENANCE: "Maintenance mode",
    Code.POST_ONLY_MODE: "Post only mode",
    Code.REDUCE_ONLY_MODE: "Reduce only mode",
    Code.LEVERAGE_TOO_LOW: "Leverage below min leverage",
    Code.LEVERAGE_TOO_HIGH: "Leverage exceeds max leverage",
    Code.LEVERAGE_MARGIN: "Insufficient margin for new leverage",
    Code.LEVERAGE_PRECISION: "Leverage has invalid precision",
    Code.PUBLIC_KEY: "Invalid Starknet public key",
    Code.SIGNATURE: "Invalid Starknet signature",
    Code.VAULT: "Invalid Starknet vault",
    Code.MIN_QUANTITY: "Order quantity less than min trade size",
    Code.QUANTITY_STEP: "Invalid quantity due to the wrong size increment",
    Code.MAX_VALUE: "Order value exceeds max order value",
    Code.QUANTITY_PRECISION: "Invalid quantity precision",
    Code.PRICE_STEP: "Invalid price due to wrong price movement",
    Code.PRICE_PRECISION: "Invalid price precision",
    Code.MAX_ORDERS: "Max open orders number exceeded",
    Code.MAX_POSITION: "Max position value exceeded",
    Code.FEE: "Trading fees are invalid",
    Code.NO_PRICE: "Order price is missing",
    Code.ORDER_TYPE: "Order type is not allowed",
    Code.PARAMETERS: "Invalid order parameters",
    Code.DUPLICATE: "Duplicate order",
    Code.EXPIRATION: "Invalid order expiration",
    Code.REDUCE_TOO_MUCH: "Reduce-only order size exceeds open position size",
    Code.REDUCE_NOTHING: "Position is missing for a reduce-only order",
    Code.REDUCE_SAME_SIDE: "Position is the same side as a reduce-only order",
    Code.MARKET_NOT_IOC: "Market order must have time in force IOC",
    Code.BALANCE: "New order cost exceeds available balance",
    Code.PRICE: "Invalid price value",
    Code.EDIT_NOT_FOUND: "Edit order not found",
}
_OWN_STATUS: Final = {Code.UNAUTHORIZED, Code.NOT_FOUND, Code.RATE_LIMITED}


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The venue says no."""

    def __init__(self, code: Code, debug: str = "") -> None:
        """Keep the code, and what more there is to say."""
        super().__init__(_MESSAGES[code])
        self.code = code
        self.debug = debug

    @property
    def status(self) -> int:
        """The HTTP status it travels with; which one the business codes have is not documented."""
        return int(self.code) if self.code in _OWN_STATUS else int(Code.BAD_REQUEST)


class Page:
    """One page of a list, newest first."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the rows; each has an id, and the last one's is the cursor of what follows."""
        self.rows = rows

    def pagination(self) -> dict[str, int]:
        """Describe where the next page begins."""
        count = {"count": len(self.rows)}
        return {"cursor": self.rows[-1]["id"], **count} if self.rows else count


def success(data: Any = None) -> ServerResponse:
    """Answer well; nothing but the status where there is no data."""
    body: dict[str, Any] = {"status": "OK"}
    if isinstance(data, Page):
        body |= {"data": data.rows, "pagination": data.pagination()}
    elif data is not None:
        body["data"] = data
    return ServerResponse(body=msgspec.json.encode(body))


def failure(refused: Refused) -> ServerResponse:
    """Answer with the venue's error."""
    error: dict[str, Any] = {"code": int(refused.code), "message": str(refused)}
    if refused.debug:
        error["debugInfo"] = refused.debug
    body = msgspec.json.encode({"status": "ERROR", "error": error})
    return ServerResponse(status=refused.status, body=body)


__all__ = ["Code", "Page", "Refused", "failure", "success"]
