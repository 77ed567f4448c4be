"""Paradex over HTTP: its budgets, and what can be read without a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from exchanges.paradex.keys import ParadexPlace
from exchanges.paradex.mapping import MS
from exchanges.paradex.refusals import explain
from exchanges.paradex.wire import BookSnapshot, MarketInfo, Summary, SystemConfig, SystemState, SystemTime, Wire
from exchanges.rate_limiter import Budget, RateLimiter
from exchanges.venue_http import VenueHttp
from helpers.clock import Clock
from helpers.errors import BadPayload, VenueRejected
from helpers.transport import HttpResponse, Transport

T = TypeVar("T")

_MINUTE_S: Final = 60.0
BUDGETS: Final = (
    Budget(name="orders/s", weight=800, window_s=1.0),
    Budget(name="orders/min", weight=17_250, window_s=_MINUTE_S),
    Budget(name="reads/s", weight=120, window_s=1.0),
    Budget(name="reads/min", weight=600, window_s=_MINUTE_S),
    Budget(name="address", weight=1_500, window_s=_MINUTE_S),
    Budget(name="logins", weight=600, window_s=_MINUTE_S),
)
"""Orders and private reads are counted by account, everything together by address."""
ORDER_COST: Final = {"orders/s": 1.0, "orders/min": 1.0, "address": 1.0}
READ_COST: Final = {"reads/s": 1.0, "reads/min": 1.0, "address": 1.0}
LOGIN_COST: Final = {"logins": 1.0, "address": 1.0}
_PUBLIC_COST: Final = {"address": 1.0}


class Results(Wire, frozen=True):
    """A list, or one page of it."""

    results: tuple[msgspec.Raw, ...]
    next: str | None = None


def open_http(transport: Transport, place: ParadexPlace, clock: Clock) -> VenueHttp:
    """Give the venue's HTTP with fresh budgets; opens nothing."""
    return VenueHttp(transport, place.rest_base, RateLimiter(clock, BUDGETS), explain)


def decode(response: HttpResponse, kind: type[T]) -> T:
    """Read a reply.

    Raises:
        BadPayload: it cannot be read.
    """
    return parse(response.body, kind)


def parse(raw: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Read a message.

    Raises:
        BadPayload: it cannot be read.
    """
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadPayload(f"Paradex: not a readable {kind.__name__}: {error}", bytes(raw)) from None


class PublicRest:
    """Reads that need no key. Nothing is repeated here."""

    def __init__(self, http: VenueHttp) -> None:
        """Read through this HTTP."""
        self._http = http

    async def config(self) -> SystemConfig:
        """Read what signing needs to know."""
        return decode(await self._get("/system/config"), SystemConfig)

    async def state(self) -> str:
        """Read what can be done now: ok, post_only, cancel_only or maintenance."""
        return decode(await self._get("/system/state"), SystemState).status

    async def time_ns(self) -> int:
        """Read the venue's clock, exact to a millisecond."""
        told = decode(await self._get("/system/time"), SystemTime).server_time
        if not told.isdecimal():
            raise BadPayload(f"Paradex: {told!r} is no time")
        return int(told) * MS

    async def markets(self) -> tuple[MarketInfo, ...]:
        """Read every market whose terms can be read; what cannot be, options or spot for one, is not for us."""
        listed = []
        for raw in decode(await self._get("/markets"), Results).results:
            try:
                listed.append(parse(raw, MarketInfo))
            except BadPayload:
                continue
        return tuple(listed)

    async def summary(self, symbol: str) -> Summary:
        """Read one market's prices and funding rate.

        Raises:
            VenueRejected: the venue lists no such market.
        """
        page = decode(await self._get("/markets/summary", ("market", symbol)), Results)
        found = [parse(raw, Summary) for raw in page.results]
        for summary in found:
            if summary.symbol == symbol:
                return summary
        raise VenueRejected("MARKET_NOT_FOUND", f"Paradex tells nothing of {symbol}")

    async def book(self, symbol: str, depth: int) -> BookSnapshot:
        """Read up to `depth` levels a side."""
        return decode(await self._get(f"/orderbook/{symbol}", ("depth", str(depth))), BookSnapshot)

    async def _get(self, path: str, *query: tuple[str, str]) -> HttpResponse:
        asked: Sequence[tuple[str, str]] = query
        return await self._http.send("GET", path, query=asked, costs=_PUBLIC_COST)


__all__ = [
    "BUDGETS",
    "LOGIN_COST",
    "ORDER_COST",
    "READ_COST",
    "PublicRest",
    "Results",
    "decode",
    "open_http",
    "parse",
]
