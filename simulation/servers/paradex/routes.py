"""Which endpoint answers which path, what it counts as, and with which status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from simulation.servers.front import ServerRequest, ServerResponse
from simulation.servers.paradex.errors import ApiRefusal, not_found
from simulation.servers.paradex.logins import Logins
from simulation.servers.paradex.private_rest import PrivateRest
from simulation.servers.paradex.public_rest import PublicRest
from simulation.servers.paradex.rate_limits import CallKind, RateLimits
from simulation.servers.paradex.tokens import Token

_PREFIX: Final = "v1"
Handler = Callable[..., Any]


class Route(msgspec.Struct, frozen=True):
    """One endpoint."""

    method: str
    path: tuple[str, ...]
    """Segments after the version; one in braces is handed to the handler."""
    handler: Handler
    kind: CallKind = CallKind.PUBLIC
    status: int = 200

    def match(self, method: str, segments: tuple[str, ...]) -> tuple[str, ...] | None:
        """Give what stands in the braces; None if the path is another."""
        if method != self.method or len(segments) != len(self.path):
            return None
        if any(wanted != segment and wanted[0] != "{" for wanted, segment in zip(self.path, segments, strict=True)):
            return None
        return tuple(segment for wanted, segment in zip(self.path, segments, strict=True) if wanted[0] == "{")


class Router:
    """Answers requests. The first route that fits is taken."""

    def __init__(self, logins: Logins, limits: RateLimits, public: PublicRest, private: PrivateRest) -> None:
        """Send requests to these."""
        self._logins = logins
        self._limits = limits
        self._routes = (*_public(public), *_login(logins), *_orders(private), *_account(private))

    def answer(self, request: ServerRequest, now_ns: int) -> ServerResponse:
        """Answer a request.

        Raises:
            ApiRefusal: the venue says no.
        """
        route, arguments = self._find(request)
        token = None
        if route.kind in {CallKind.READ, CallKind.ORDER}:
            token = self._logins.identify(request, now_ns)
        headers = self._limits.call(_kind(route, token), request.address, token.account if token else "", now_ns)
        try:
            result = route.handler(request, *_context(route, token, now_ns), *arguments)
        except ApiRefusal as refusal:
            refusal.headers.update(headers)
            raise
        body = b"" if result is None else msgspec.json.encode(result)
        return ServerResponse(status=route.status, body=body, headers=headers)

    def _find(self, request: ServerRequest) -> tuple[Route, tuple[str, ...]]:
        version, *rest = [segment for segment in request.path.split("/") if segment] or [""]
        for route in self._routes if version == _PREFIX else ():
            arguments = route.match(request.method, tuple(rest))
            if arguments is not None:
                return route, arguments
        raise not_found(f"no route {request.method} {request.path}")


def _context(route: Route, token: Token | None, now_ns: int) -> tuple[Any, ...]:
    """Give what a handler gets beside the request: the time to log in at, or who calls."""
    if route.kind is CallKind.LOGIN:
        return (now_ns,)
    return () if token is None else (token,)


def _kind(route: Route, token: Token | None) -> CallKind:
    if route.kind is CallKind.ORDER and token is not None and token.is_interactive:
        return CallKind.INTERACTIVE_ORDER
    return route.kind


def _route(words: str, handler: Handler, kind: CallKind = CallKind.PUBLIC, status: int = 200) -> Route:
    method, _, path = words.partition(" ")
    return Route(method, tuple(path.split("/")[1:]), handler, kind, status)


def _public(rest: PublicRest) -> tuple[Route, ...]:
    return (
        _route("GET /system/config", rest.config),
        _route("GET /system/state", rest.state),
        _route("GET /system/time", rest.time),
        _route("GET /markets", rest.markets),
        _route("GET /markets/summary", rest.summaries),
        _route("GET /markets/klines", rest.klines),
        _route("GET /orderbook/{market}", rest.order_book),
        _route("GET /orderbook/{market}/interactive", rest.order_book),
        _route("GET /bbo/{market}", rest.bbo),
        _route("GET /bbo/{market}/interactive", rest.bbo),
        _route("GET /trades", rest.trades),
        _route("GET /funding/data", rest.funding),
    )


def _login(logins: Logins) -> tuple[Route, ...]:
    def log_in(request: ServerRequest, now_ns: int, key: str | None = None) -> dict[str, Any]:
        return logins.log_in(request, key, now_ns)

    def onboard(request: ServerRequest, _: int) -> None:
        logins.onboard(request)

    return (
        _route("POST /auth", log_in, CallKind.LOGIN),
        _route("POST /auth/{public_key}", log_in, CallKind.LOGIN),
        _route("POST /onboarding", onboard, CallKind.LOGIN),
        _route("GET /onboarding", logins.describe),
    )


def _orders(rest: PrivateRest) -> tuple[Route, ...]:
    order, read = CallKind.ORDER, CallKind.READ
    return (
        _route("POST /orders", rest.create, order, 201),
        _route("POST /orders/batch", rest.create_batch, order, 201),
        _route("DELETE /orders", rest.cancel_all, order),
        _route("DELETE /orders/batch", rest.cancel_batch, order),
        _route("PUT /orders/{order_id}", rest.modify, order),
        _route("DELETE /orders/{order_id}", rest.cancel, order, 204),
        _route("DELETE /orders/by_client_id/{client_id}", rest.cancel_named, order, 204),
        _route("GET /orders", rest.orders, read),
        _route("GET /orders-history", rest.history, read),
        _route("GET /orders/{order_id}", rest.order, read),
        _route("GET /orders/by_client_id/{client_id}", rest.order_named, read),
    )


def _account(rest: PrivateRest) -> tuple[Route, ...]:
    read = CallKind.READ
    return (
        _route("GET /account", rest.account, read),
        _route("GET /account/info", rest.info, read),
        _route("GET /account/margin", rest.margins, read),
        _route("POST /account/margin/{market}", rest.set_margin, read),
        _route("GET /balance", rest.balances, read),
        _route("GET /positions", rest.positions, read),
        _route("GET /fills", rest.fills, read),
        _route("GET /funding/payments", rest.payments, read),
    )


__all__ = ["Router"]
