"""Parameters of a request: query and form body alike, read as the kinds they must be."""

from __future__ import annotations

from urllib.parse import parse_qsl

from simulation.servers.front import ServerRequest
from simulation.servers.lighter.errors import invalid_param

_LONGEST = 19
"""Digits of a 64-bit number."""


class Parameters:
    """The parameters of one request."""

    def __init__(self, request: ServerRequest) -> None:
        """Read query and form; the query wins."""
        form = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        self._values = {**dict(form), **dict(request.query)}
        self._headers = request.headers

    @property
    def token(self) -> str | None:
        """The auth token: the bare header, or the parameter `auth`."""
        return self._headers.get("authorization") or self._values.get("auth") or None

    def text(self, name: str) -> str:
        """Give a text.

        Raises:
            Refused: it is missing.
        """
        value = self._values.get(name)
        if not value:
            raise invalid_param(name)
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a text that may be missing."""
        return self._values.get(name) or None

    def number(self, name: str) -> int:
        """Give a number.

        Raises:
            Refused: it is missing or none.
        """
        value = self.optional_number(name)
        if value is None:
            raise invalid_param(name)
        return value

    def optional_number(self, name: str) -> int | None:
        """Give a number that may be missing.

        Raises:
            Refused: it is there and no number.
        """
        value = self._values.get(name)
        if value is None or value == "":
            return None
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > _LONGEST:
            raise invalid_param(name)
        return int(value)

    def limit(self, most: int, default: int | None = None) -> int:
        """Give the parameter `limit`.

        Raises:
            Refused: it is missing without a default, or out of range.
        """
        value = self.optional_number("limit")
        value = default if value is None else value
        if value is None or not 1 <= value <= most:
            raise invalid_param("limit")
        return value

    def market_id(self) -> int | None:
        """Give the parameter `market_id`; 255 and nothing are all markets."""
        value = self.optional_number("market_id")
        return None if value is None or value == _ALL_MARKETS else value


_ALL_MARKETS = 255

__all__ = ["Parameters"]
