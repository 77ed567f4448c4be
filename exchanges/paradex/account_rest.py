"""An account over HTTP: its reads and its acts, each sent once.

After a 401 there is a new login, and whatever can be said twice is sent once more with it: reads,
changes, cancels. A new order is not. The venue itself looks at the token before anything else,
but who stands before it may have passed the order on twice, and the reply is one node's; an order
that filled at once would not even keep its id taken. So its outcome is unknown, and it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from exchanges.paradex.account_wire import (
    AccountInfo,
    AccountState,
    FillInfo,
    MarginInfo,
    MarginsInfo,
    OrderState,
    PositionInfo,
)
from exchanges.paradex.login import Login
from exchanges.paradex.refusals import NOT_THERE, TokenRefused
from exchanges.paradex.rest import ORDER_COST, READ_COST, Results, decode, parse
from exchanges.rate_limiter import Priority
from exchanges.venue_http import VenueHttp
from helpers.errors import BadPayload, ConnectivityError, VenueRejected
from helpers.transport import HttpResponse

T = TypeVar("T")

_PAGE: Final = "500"
_MOST_PAGES: Final = 400
_PATIENCE_S: Final = 5.0
"""A new order that waits longer for its budget is not sent: its price is old by then."""
_JSON: Final = {"Content-Type": "application/json"}


class AccountRest:
    """Requests in the name of one account."""

    def __init__(self, http: VenueHttp, login: Login) -> None:
        """Send through this HTTP, with this login."""
        self._http = http
        self._login = login

    # -- reads ----------------------------------------------------------------------------

    async def info(self) -> AccountInfo:
        """Read who the account is, and its fees."""
        return decode(await self._read("/account/info"), AccountInfo)

    async def state(self) -> AccountState:
        """Read its money."""
        return decode(await self._read("/account"), AccountState)

    async def margin(self, symbol: str) -> MarginInfo:
        """Read the leverage chosen on a market.

        Raises:
            BadPayload: the venue does not name it.
        """
        told = decode(await self._read("/account/margin", (("market", symbol),)), MarginsInfo)
        for margin in told.configs:
            if margin.market == symbol:
                return margin
        raise BadPayload(f"Paradex does not say the leverage on {symbol}")

    async def positions(self) -> tuple[PositionInfo, ...]:
        """Read its positions; one that was closed may still be listed."""
        return await self._list("/positions", (), PositionInfo)

    async def open_orders(self, symbol: str) -> tuple[OrderState, ...]:
        """Read what rests, or is on its way into the book, on one market."""
        listed = await self._list("/orders", (("market", symbol),), OrderState)
        return tuple(state for state in listed if state.market == symbol)

    async def order(self, order_id: str) -> OrderState:
        """Read an order by the venue's id."""
        return decode(await self._read(f"/orders/{order_id}"), OrderState)

    async def find_order(self, symbol: str, client_id: str) -> OrderState | None:
        """Read an order by our id, open or over; None only if the venue knows it in neither place."""
        try:
            listed: tuple[OrderState, ...] = (
                decode(await self._read(f"/orders/by_client_id/{client_id}"), OrderState),
            )
        except VenueRejected as error:
            if error.code not in NOT_THERE:
                raise
            query = (("client_id", client_id), ("market", symbol))
            listed = await self._list("/orders-history", query, OrderState, most_pages=1)
        found = [state for state in listed if state.client_id == client_id]
        if listed and not found:
            raise BadPayload(f"Paradex gives other orders than {client_id}, which was asked for")
        return max(found, key=lambda state: state.created_at, default=None)

    async def fills(self, symbol: str, since_ms: int) -> tuple[FillInfo, ...]:
        """Read executions on one market since a time, all pages of them."""
        query = [("market", symbol), ("page_size", _PAGE)]
        if since_ms > 0:
            query.append(("start_at", str(since_ms)))
        return await self._list("/fills", query, FillInfo)

    # -- acts -----------------------------------------------------------------------------

    async def place(self, body: bytes, last_look: Callable[[], None]) -> OrderState:
        """Send an order; `last_look` is called when it is its turn and raises what keeps it from being sent."""
        return decode(await self._act("POST", "/orders", body=body, last_look=last_look), OrderState)

    async def modify(self, order_id: str, body: bytes) -> OrderState:
        """Send a change of an order."""
        return decode(await self._act("PUT", f"/orders/{order_id}", body=body), OrderState)

    async def set_margin(self, symbol: str, margin: MarginInfo) -> None:
        """Choose leverage and kind of margin on a market; saying it twice is saying it once."""
        body = msgspec.json.encode({"leverage": margin.leverage, "margin_type": margin.margin_type})
        await self._act("POST", f"/account/margin/{symbol}", body=body)

    async def cancel(self, symbol: str, client_id: str) -> None:
        """Ask for a cancel by our id."""
        query = (("market", symbol),)
        await self._act("DELETE", f"/orders/by_client_id/{client_id}", query=query, priority=Priority.CANCEL)

    async def cancel_all(self, symbol: str) -> None:
        """Ask for the cancel of everything on one market."""
        await self._act("DELETE", "/orders", query=(("market", symbol),), priority=Priority.CANCEL)

    async def place_batch(self, body: bytes, last_look: Callable[[], None]) -> HttpResponse:
        """Send up to ten orders as one request."""
        return await self._act("POST", "/orders/batch", body=body, last_look=last_look)

    async def cancel_batch(self, client_ids: Sequence[str]) -> HttpResponse:
        """Ask for the cancel of several orders as one request."""
        body = msgspec.json.encode({"client_order_ids": list(client_ids)})
        return await self._act("DELETE", "/orders/batch", body=body, priority=Priority.CANCEL)

    # -- inside ---------------------------------------------------------------------------

    async def _list(
        self, path: str, query: Sequence[tuple[str, str]], kind: type[T], most_pages: int = _MOST_PAGES
    ) -> tuple[T, ...]:
        found: list[T] = []
        cursors: set[str] = set()
        cursor: str | None = ""
        while cursor is not None and len(cursors) < most_pages:
            cursors.add(cursor)
            more = (("cursor", cursor),) if cursor else ()
            page = decode(await self._read(path, (*query, *more)), Results)
            found.extend(parse(raw, kind) for raw in page.results)
            cursor = page.next or None
            if cursor in cursors:
                raise BadPayload(f"Paradex: the pages of {path} go round in a circle")
        if cursor is not None and most_pages > 1:
            raise BadPayload(f"Paradex: more than {most_pages} pages of {path}")
        return tuple(found)

    async def _read(self, path: str, query: Sequence[tuple[str, str]] = ()) -> HttpResponse:
        return await self._send("GET", path, query, b"", READ_COST, Priority.READ)

    async def _act(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        priority: Priority = Priority.ORDER,
        last_look: Callable[[], None] | None = None,
    ) -> HttpResponse:
        return await self._send(method, path, query, body, ORDER_COST, priority, last_look)

    async def _send(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        body: bytes,
        costs: Mapping[str, float],
        priority: Priority,
        last_look: Callable[[], None] | None = None,
    ) -> HttpResponse:
        """Send; what has a last look is a new order: sent once, and not at all when it had to wait too long."""
        is_once = last_look is not None

        async def send(token: str) -> HttpResponse:
            headers = {"Authorization": f"Bearer {token}", **(_JSON if body else {})}
            return await self._http.send(
                method,
                path,
                query=query,
                headers=headers,
                body=body,
                costs=costs,
                priority=priority,
                patience_s=_PATIENCE_S if is_once else None,
                last_look=last_look,
            )

        token = await self._login.token()
        try:
            return await send(token)
        except TokenRefused as error:
            token = await self._login.renew(token)
            if is_once:
                raise ConnectivityError(
                    f"there is a new login, and what came with the old one is asked for: {error}"
                ) from None
            return await send(token)


__all__ = ["AccountRest"]
