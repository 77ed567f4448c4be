"""Tokens for private data, made anew before they end: short ones for requests, long ones for subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from helpers.clock import NS_PER_S, Clock

_REQUEST_LIFE_S: Final = 600
_RENEWED_S: Final = 120
"""How long before its end a request's token is replaced."""
STREAM_LIFE_S: Final = 7 * 3600
"""The venue allows eight hours; a connection is opened anew after six, with new tokens."""
CONNECTION_LIFE_S: Final = 6 * 3600.0


class AuthTokens:
    """Makes tokens for one key."""

    def __init__(self, clock: Clock, make: Callable[[int], str]) -> None:
        """Sign with `make`, which takes the Unix time in seconds at which the token ends."""
        self._clock = clock
        self._make = make
        self._token = ""
        self._made_s = self._ends_s = 0

    def for_request(self) -> str:
        """Give a token that is good for the coming request."""
        now_s = self._now_s()
        if not self._made_s <= now_s < self._ends_s - _RENEWED_S:  # nor is it good for longer if our clock steps back
            self._made_s, self._ends_s = now_s, now_s + _REQUEST_LIFE_S
            self._token = self._make(self._ends_s)
        return self._token

    def for_subscription(self) -> str:
        """Make a token that outlives a connection."""
        return self._make(self._now_s() + STREAM_LIFE_S)

    def _now_s(self) -> int:
        return self._clock.now_ns() // NS_PER_S


__all__ = ["CONNECTION_LIFE_S", "AuthTokens"]
