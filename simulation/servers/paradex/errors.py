"""How Paradex refuses: the bodies of its HTTP errors and the codes of its JSON-RPC errors."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from simulation.servers.front import ServerResponse

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
METHOD_ERROR: Final = 100
MALFORMED_BEARER: Final = 40110
INVALID_BEARER: Final = 40111
AUTH_REQUIRED: Final = 40300
RATE_LIMITED: Final = 42901


class ApiRefusal(Exception):  # noqa: N818 - reads as what happened
    """The venue says no to one request."""

    def __init__(self, code: str, text: str, status: int = 400, headers: dict[str, str] | None = None) -> None:
        """Keep what goes into the answer.

        Args:
            code: the venue's word for it; empty where its answer has none.
            text: the venue's sentence.
            status: of HTTP.
            headers: to send along.
        """
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.status = status
        self.headers = headers or {}

    def response(self) -> ServerResponse:
        """Give the HTTP answer."""
        body = {"error": self.code, "message": self.text, "data": None} if self.code else {"message": self.text}
        return ServerResponse(status=self.status, body=msgspec.json.encode(body), headers=self.headers)


class RpcRefusal(Exception):  # noqa: N818 - reads as what happened
    """The venue says no to one message of a stream."""

    def __init__(self, code: int, text: str, data: str = "") -> None:
        """Keep what goes into the answer."""
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.data = data

    def body(self) -> dict[str, Any]:
        """Give the error object."""
        error: dict[str, Any] = {"code": self.code, "message": self.text}
        if self.data:
            error["data"] = self.data
        return error


def unauthorised(detail: str = "") -> ApiRefusal:
    """Refuse a token; this answer has no error code."""
    text = "missing or malformed jwt"
    return ApiRefusal("", f"{text}: {detail}" if detail else text, 401)


def not_found(text: str) -> ApiRefusal:
    """Refuse what is not there."""
    return ApiRefusal("NOT_FOUND", text, 404)


def invalid(text: str) -> ApiRefusal:
    """Refuse a form that breaks a rule."""
    return ApiRefusal("VALIDATION_ERROR", text)


__all__ = [
    "AUTH_REQUIRED",
    "INVALID_BEARER",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "MALFORMED_BEARER",
    "METHOD_ERROR",
    "METHOD_NOT_FOUND",
    "PARSE_ERROR",
    "RATE_LIMITED",
    "ApiRefusal",
    "RpcRefusal",
    "invalid",
    "not_found",
    "unauthorised",
]
