"""How often a client may call: token buckets by IP and by account, and the headers that tell of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from helpers.clock import NS_PER_S
from simulation.servers.paradex.errors import ApiRefusal

Rate = tuple[int, int]
"""So many calls in so many seconds."""


class CallKind(Enum):
    """What a call counts as."""

    PUBLIC = "public"
    LOGIN = "login"
    READ = "read"
    ORDER = "order"
    INTERACTIVE_ORDER = "interactive_order"


_PER_IP: Final[dict[CallKind, Sequence[Rate]]] = {
    CallKind.LOGIN: ((600, 60),),
    CallKind.PUBLIC: ((1500, 60),),
    CallKind.READ: ((1500, 60),),
    CallKind.ORDER: ((1500, 60),),
    CallKind.INTERACTIVE_ORDER: ((1500, 60),),
}
_PER_ACCOUNT: Final[dict[CallKind, Sequence[Rate]]] = {
    CallKind.READ: ((120, 1), (600, 60)),
    CallKind.ORDER: ((800, 1), (17_250, 60)),
    CallKind.INTERACTIVE_ORDER: ((3, 1), (30, 60), (300, 3600), (1000, 86_400)),
}
_STREAMS: Final[Sequence[Rate]] = ((20, 1), (600, 60))
_SHARED: Final = "all calls"


class TokenBucket:
    """Full at first; refilled at a constant rate."""

    def __init__(self, rate: Rate, now_ns: int) -> None:
        """Fill it."""
        self.limit, self.window_s = rate
        self._tokens = float(self.limit)
        self._filled_ns = now_ns

    def fill(self, now_ns: int) -> None:
        """Add what has come since it was last looked at."""
        gained = (now_ns - self._filled_ns) / NS_PER_S * self.limit / self.window_s
        self._tokens = min(float(self.limit), self._tokens + gained)
        self._filled_ns = now_ns

    @property
    def remaining(self) -> int:
        """Calls that may be made at once."""
        return int(self._tokens + 1e-9)

    @property
    def full_ns(self) -> int:
        """When it is full again if nobody calls."""
        return self._filled_ns + round((self.limit - self._tokens) * self.window_s / self.limit * NS_PER_S)

    def take(self) -> None:
        """Count a call."""
        self._tokens -= 1


class RateLimits:
    """The buckets of all addresses and accounts."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._buckets: dict[tuple[str, Rate], TokenBucket] = {}

    def call(self, kind: CallKind, address: str, account: str, now_ns: int) -> dict[str, str]:
        """Count a call and give the headers of its answer.

        Args:
            kind: what it counts as.
            address: where it comes from; empty for a message of a stream.
            account: whose it is; empty if nobody logged in.
            now_ns: the venue's time.

        Raises:
            ApiRefusal: too many.
        """
        buckets = []
        if address:
            shared = "login" if kind is CallKind.LOGIN else _SHARED
            buckets += self._of(f"{address} {shared}", _PER_IP[kind], now_ns)
        if account:
            buckets += self._of(f"{account} {kind.value}", _PER_ACCOUNT.get(kind, ()), now_ns)
        return _take(buckets)

    def stream(self, address: str, now_ns: int) -> None:
        """Count a new stream.

        Raises:
            ApiRefusal: too many.
        """
        _take(self._of(f"{address} streams", _STREAMS, now_ns))

    def _of(self, who: str, rates: Sequence[Rate], now_ns: int) -> list[TokenBucket]:
        found = []
        for rate in rates:
            bucket = self._buckets.get((who, rate))
            if bucket is None:
                bucket = self._buckets[who, rate] = TokenBucket(rate, now_ns)
            bucket.fill(now_ns)
            found.append(bucket)
        return found


def _take(buckets: Sequence[TokenBucket]) -> dict[str, str]:
    for bucket in buckets:
        if bucket.remaining < 1:
            raise ApiRefusal("", "rate limit exceeded", 429, _headers(bucket))
    for bucket in buckets:
        bucket.take()
    tightest = min(buckets, key=lambda bucket: bucket.remaining / bucket.limit, default=None)
    return {} if tightest is None else _headers(tightest)


def _headers(bucket: TokenBucket) -> dict[str, str]:
    return {
        "x-ratelimit-limit": str(bucket.limit),
        "x-ratelimit-remaining": str(bucket.remaining),
        "x-ratelimit-reset": str(-(-bucket.full_ns // NS_PER_S)),
        "x-ratelimit-window": str(bucket.window_s),
    }


__all__ = ["CallKind", "RateLimits", "TokenBucket"]
