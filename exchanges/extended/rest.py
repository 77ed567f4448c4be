"""Extended's REST, call by call: one request each, within the venue's budget, its answer typed or raised.

The venue counts 1,000 requests a minute by address; how it counts is not documented, so the last
minute is what is kept under it, and a little below. Placing, cancelling and reading cost the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from pydantic import SecretStr

from exchanges.extended.envelope import PAGE, next_cursor, read_data, read_reply
from exchanges.extended.refusals import NotFound, explain
from exchanges.extended.wire import WireRestBook, WireStats, finite
from exchanges.extended.wire_account import (
    WireAccount,
    WireBalance,
    WireFees,
    WireLeverage,
    WireMassCancel,
    WireNewOrder,
    WireOrder,
    WirePayment,
    WirePlaced,
    WirePosition,
    WireTrade,
)
from exchanges.rate_limiter import Budget, Priority, RateLimiter
from exchanges.venue_http import VenueHttp
from helpers.clock import NS_PER_S, Clock
from helpers.errors import BadPayload
from helpers.money import plain
from helpers.transport import HttpResponse, Transport

T = TypeVar("T")
E = TypeVar("E", WireOrder, WireTrade, WirePayment)
Query = Sequence[tuple[str, str]]

USER_AGENT: Final = "runbot"
_BUDGETS: Final = (Budget(name="requests", weight=960, window_s=60, is_rolling=True),)
_COSTS: Final = MappingProxyType({"requests": 1.0})
_PUBLIC: Final = MappingProxyType(
    {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": USER_AGENT}
)
_MOST_PAGES: Final = 500
PATIENCE_S: Final = 5.0
"""An order that waits longer for its turn was decided on another market."""


class ExtendedRest:
    """Requests to Extended, public ones and, with an API key, those of one account."""

    def __init__(self, transport: Transport, base_url: str, clock: Clock, api_key: SecretStr | None = None) -> None:
        """Open nothing."""
        self._http = VenueHttp(transport, base_url, RateLimiter(clock, _BUDGETS), explain)
        self._api_key = api_key

    # -- public ---------------------------------------------------------------------------------

    async def markets(self) -> list[msgspec.Raw]:
        """List all markets; raw, because each is read by itself."""
        return await self._read("/info/markets", list[msgspec.Raw])

    async def stats(self, market: str) -> WireStats:
        """Read prices and funding of a market."""
        return await self._read(f"/info/markets/{market}/stats", WireStats)

    async def book(self, market: str) -> WireRestBook:
        """Read the whole book of a market."""
        return await self._read(f"/info/markets/{market}/orderbook", WireRestBook)

    async def server_time_ns(self, market: str) -> int:
        """Read the venue's clock off the Date header, which is whole seconds: the middle of the second.

        Raises:
            BadPayload: there is no such header.
        """
        response = await self._send("GET", f"/info/markets/{market}/stats")
        try:
            told = parsedate_to_datetime(response.headers["date"])
        except (KeyError, ValueError):
            raise BadPayload("Extended's answer has no date") from None
        return int(told.timestamp()) * NS_PER_S + NS_PER_S // 2

    # -- the account ------------------------------------------------------------------------------

    async def account(self) -> WireAccount:
        """Read which account the API key belongs to."""
        return await self._read("/user/account/info", WireAccount)

    async def balance(self) -> WireBalance | None:
        """Read the account's money; None where the venue says, by its documented 404, that there is none.

        Only a 404 in the venue's own envelope says so. One without it may come from anywhere, and raises.
        """
        try:
            return await self._read("/user/balance", WireBalance)
        except NotFound:
            return None

    async def fees(self, market: str) -> WireFees:
        """Read the account's fees on a market.

        Raises:
            BadPayload: the venue does not name them.
        """
        found = await self._read("/user/fees", list[WireFees], (("market", market),))
        for fees in found:
            if fees.market == market:
                return fees
        raise BadPayload(f"Extended does not say the fees on {market}")

    async def leverage(self, market: str) -> Decimal:
        """Read the account's leverage on a market.

        Raises:
            BadPayload: the venue does not name it.
        """
        found = await self._read("/user/leverage", list[WireLeverage], (("market", market),))
        for told in found:
            if told.market == market:
                return finite(told.leverage, "leverage")
        raise BadPayload(f"Extended does not say the leverage on {market}")

    async def positions(self) -> list[WirePosition]:
        """Read all open positions."""
        return await self._read("/user/positions", list[WirePosition])

    async def open_orders(self, market: str) -> list[WireOrder]:
        """Read all open orders on a market."""
        return [order async for page in self._pages("/user/orders", WireOrder, market) for order in page]

    async def orders_by_external_id(self, external_id: str) -> list[WireOrder]:
        """Read the orders that carry an id of ours; empty if the venue has none."""
        try:
            return await self._read(f"/user/orders/external/{external_id}", list[WireOrder])
        except NotFound:
            return []

    async def order(self, order_id: str) -> WireOrder | None:
        """Read an order by the venue's id; None if the venue has no such order."""
        try:
            return await self._read(f"/user/orders/{order_id}", WireOrder)
        except NotFound:
            return None

    async def closed_orders(self, market: str) -> AsyncIterator[list[WireOrder]]:
        """Give page after page of the closed orders on a market, newest first; none where the venue keeps no list."""
        with suppress(NotFound):
            async for page in self._pages("/user/orders/history", WireOrder, market):
                yield page

    async def trades(self, market: str, since_ms: int) -> list[WireTrade]:
        """Read our executions on a market at or after a time, newest first, each once."""
        found: dict[Any, WireTrade] = {}
        async for page in self._pages("/user/trades", WireTrade, market):
            found.update((trade.id, trade) for trade in page if trade.created_time >= since_ms)
            if any(trade.created_time < since_ms for trade in page):
                break
        return list(found.values())

    async def payments(self, market: str, since_ms: int) -> list[WirePayment]:
        """Read the funding settlements on a market since a time, newest first."""
        more = (("startTime", str(since_ms)),)
        pages = self._pages("/user/funding/history", WirePayment, market, more)
        return [payment async for page in pages for payment in page]

    # -- what acts --------------------------------------------------------------------------------

    async def place(self, order: WireNewOrder, last_look: Callable[[], None]) -> WirePlaced:
        """Send a signed order; the answer comes before the book has seen it.

        Args:
            order: what is sent.
            last_look: called when it is its turn; raises what keeps it from being sent.

        Raises:
            VenueRejected: the venue refuses it, or there was no room for it while its price was worth something.
        """
        body, priority = msgspec.json.encode(order), Priority.ORDER
        response = await self._send(
            "POST", "/user/order", body=body, priority=priority, patience_s=PATIENCE_S, last_look=last_look
        )
        return read_data(response, WirePlaced)

    async def set_leverage(self, market: str, leverage: Decimal) -> None:
        """Choose the account's leverage on a market; saying it twice is saying it once."""
        body = msgspec.json.encode({"market": market, "leverage": plain(leverage)})
        read_reply(await self._send("PATCH", "/user/leverage", body=body, priority=Priority.ORDER))

    async def cancel(self, external_id: str) -> None:
        """Cancel an order by our id."""
        query = (("externalId", external_id),)
        read_reply(await self._send("DELETE", "/user/order", query, priority=Priority.CANCEL))

    async def mass_cancel(self, market: str) -> None:
        """Cancel all orders on one market."""
        body = msgspec.json.encode(WireMassCancel(markets=[market]))
        read_reply(await self._send("POST", "/user/order/massCancel", body=body, priority=Priority.CANCEL))

    async def dead_man_switch(self, seconds: int) -> None:
        """Let the venue cancel everything unless it hears from us again within so long; 0 lets it forget that."""
        query = (("countdownTime", str(seconds)),)
        read_reply(await self._send("POST", "/user/deadmanswitch", query, priority=Priority.CANCEL))

    # -- inside -------------------------------------------------------------------------------------

    async def _read(self, path: str, kind: type[T], query: Query = ()) -> T:
        return read_data(await self._send("GET", path, query), kind)

    async def _pages(self, path: str, kind: type[E], market: str, more: Query = ()) -> AsyncIterator[list[E]]:
        """Give page after page of a list, newest first.

        Raises:
            BadPayload: the list has no end.
        """
        cursor, seen = "", set[str]()
        for _ in range(_MOST_PAGES):
            query: list[tuple[str, str]] = [("market", market), ("limit", str(PAGE)), *more]
            response = await self._send("GET", path, [*query, ("cursor", cursor)] if cursor else query)
            page: list[E] = read_data(response, list[kind])  # type: ignore[valid-type]  # the type is a value here
            yield page
            seen.add(cursor)
            cursor = next_cursor(read_reply(response).pagination, page)
            if not page or not cursor or cursor in seen:
                return
        raise BadPayload(f"Extended's list {path} has no end")

    async def _send(
        self,
        method: str,
        path: str,
        query: Query = (),
        *,
        body: bytes = b"",
        priority: Priority = Priority.READ,
        patience_s: float | None = None,
        last_look: Callable[[], None] | None = None,
    ) -> HttpResponse:
        return await self._http.send(
            method,
            path,
            query=query,
            headers=self.headers() if path.startswith("/user") else _PUBLIC,
            body=body,
            costs=_COSTS,
            priority=priority,
            patience_s=patience_s,
            last_look=last_look,
        )

    def headers(self) -> Mapping[str, str]:
        """Give the headers of a request for the account."""
        if self._api_key is None:
            return _PUBLIC
        return {**_PUBLIC, "X-Api-Key": self._api_key.get_secret_value()}


__all__ = ["PATIENCE_S", "USER_AGENT", "ExtendedRest"]
