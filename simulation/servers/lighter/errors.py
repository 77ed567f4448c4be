"""Lighter's refusals: a code, a text, and the bodies they come in."""

from __future__ import annotations

import json
from typing import Any, Final

from simulation.servers.front import ServerResponse

BAD_REQUEST: Final = 400
TOO_MANY: Final = 429
NOT_FOUND: Final = 404


class Refused(Exception):  # noqa: N818 - reads as what happened
    """The venue's no, before anything was done."""

    def __init__(self, code: int, text: str, status: int = BAD_REQUEST) -> None:
        """Keep the venue's code, its words and the HTTP status."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status

    def response(self) -> ServerResponse:
        """Give it as the answer of a request."""
        return ServerResponse(status=self.status, body=encode({"code": self.code, "message": self.text}))


def encode(body: dict[str, Any]) -> bytes:
    """Write a body; compact, as the venue does."""
    return json.dumps(body, separators=(",", ":")).encode()


def invalid_param(name: str) -> Refused:
    """Give the refusal of a bad parameter."""
    return Refused(20001, f"invalid param: {name}")


def invalid_auth(why: str) -> Refused:
    """Give the refusal of a missing or bad auth token."""
    return Refused(20013, f"invalid auth: {why}")


def invalid_tx(what: str) -> Refused:
    """Give the refusal of a transaction that cannot be read."""
    return Refused(21501, f"invalid tx info: {what}")


def invalid_nonce(expected: int) -> Refused:
    """Give the refusal of a nonce that is not the next one."""
    return Refused(21104, f"invalid nonce: expected {expected}")


def too_many_requests() -> Refused:
    """Give the refusal of a rate limit."""
    return Refused(23000, "Too Many Requests!", TOO_MANY)


__all__ = [
    "BAD_REQUEST",
    "NOT_FOUND",
    "TOO_MANY",
    "Refused",
    "encode",
    "invalid_auth",
    "invalid_nonce",
    "invalid_param",
    "invalid_tx",
    "too_many_requests",
]
