"""One stream of one client: JSON-RPC 2.0 with the venue's microsecond stamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.servers.front import Connection
from simulation.servers.paradex.account_news import PrivateChannels
from simulation.servers.paradex.channels import Channel
from simulation.servers.paradex.directory import Directory
from simulation.servers.paradex.errors import (
    AUTH_REQUIRED,
    INVALID_BEARER,
    INVALID_PARAMS,
    INVALID_REQUEST,
    MALFORMED_BEARER,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    ApiRefusal,
    RpcRefusal,
)
from simulation.servers.paradex.stream_orders import Answer, StreamOrders
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.paradex.tokens import Token, Tokens
from simulation.venue import SimulatedVenue

_US: Final = 1_000
_PARTS: Final = 3
Method = Callable[[Any, Answer], Any]


class StreamServices(msgspec.Struct, frozen=True, kw_only=True):
    """What every session works with."""

    venue: SimulatedVenue
    terms: ParadexTerms
    tokens: Tokens
    directory: Directory
    private: PrivateChannels
    orders: StreamOrders
    node_id: str


class Session:
    """A stream. It may log in once for its whole life; then it may trade."""

    def __init__(self, services: StreamServices, connection: Connection) -> None:
        """Take a connection; end it when the venue's patience is over, if that is set."""
        self._services = services
        self._connection = connection
        self._token: Token | None = None
        self._public: dict[str, Channel] = {}
        self._private: dict[str, str] = {}
        """Accounts by private channel."""
        self._cancels_on_end = False
        self._orders: set[str] = set()
        """Orders sent over this stream."""
        self._is_over = False
        self._methods: dict[str, Method] = {
            "auth": self._auth,
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "order.cancel_on_disconnect": self._cancel_on_disconnect,
        }
        life_s = services.terms.stream_life_s
        if life_s is not None:
            venue = services.venue
            venue.core.agenda.at(venue.core.now_ns + round(life_s * NS_PER_S), self._expire)
            venue.changed()

    # -- the connection ---------------------------------------------------------------------------

    def on_message(self, message: bytes) -> None:
        """Answer a request."""
        received_us = self._now_us()
        request_id: Any = None

        def answer(result: dict[str, Any]) -> None:
            self._reply(request_id, received_us, result=result)

        try:
            body = _parse(message)
            request_id = body.get("id")
            method, params = _take_apart(body)
            result = self._call(method, params, answer)
        except RpcRefusal as refusal:
            self._reply(request_id, received_us, error=refusal.body())
        else:
            if result is not None:
                answer(result)

    def on_end(self) -> None:
        """Leave every channel, and cancel what was to be cancelled."""
        if self._is_over:
            return
        self._is_over = True
        for channel in self._public.values():
            channel.remove(self)
        for name, account in self._private.items():
            self._services.private.remove(account, name, self)
        if self._cancels_on_end:
            self._services.orders.abandon(self._token_or_refuse(), self._orders)

    def push(self, message: bytes) -> None:
        """Send a message."""
        if not self._is_over:
            self._connection.send(message)

    def _expire(self) -> None:
        if not self._is_over:
            self._connection.close(1001, "going away")

    def _reply(self, request_id: Any, received_us: int, **content: Any) -> None:
        sent_us = self._now_us()
        stamps = {"usIn": received_us, "usDiff": sent_us - received_us, "usOut": sent_us}
        self.push(msgspec.json.encode({"jsonrpc": "2.0", "id": request_id, **content, **stamps}))

    def _now_us(self) -> int:
        return self._services.venue.core.now_ns // _US

    # -- methods --------------------------------------------------------------------------------------

    def _call(self, method: str, params: Any, answer: Answer) -> dict[str, Any] | None:
        own = self._methods.get(method)
        if own is not None:
            return own(params, answer)  # type: ignore[no-any-return]  # methods give results or nothing
        if not self._services.orders.knows(method):
            raise RpcRefusal(METHOD_NOT_FOUND, "method does not exist")
        return self._services.orders.call(method, self._token_or_refuse(), params, answer, self._orders)

    def _auth(self, params: Any, _: Answer) -> dict[str, Any]:
        bearer = params.get("bearer") if isinstance(params, dict) else None
        if not isinstance(bearer, str) or bearer.count(".") != _PARTS - 1:
            raise RpcRefusal(MALFORMED_BEARER, "Malformed Bearer Token")
        try:
            self._token = self._services.tokens.read(bearer, self._services.venue.core.now_ns)
        except ApiRefusal as refusal:
            raise RpcRefusal(INVALID_BEARER, "Invalid Bearer Token", refusal.text) from None
        return {"node_id": self._services.node_id}

    def _subscribe(self, params: Any, answer: Answer) -> None:
        name = _channel_name(params, "subscribe")
        if name in self._public or name in self._private:
            raise RpcRefusal(INVALID_REQUEST, "invalid subscribe request", "already subscribed")
        if self._services.directory.is_private(name):
            account = self._private[name] = self._token_or_refuse().account
            self._services.private.add(account, name, self)
            answer({"channel": name})
        else:
            channel = self._public[name] = self._services.directory.public(name)
            answer({"channel": name})
            channel.add(self)

    def _unsubscribe(self, params: Any, _: Answer) -> dict[str, Any]:
        name = _channel_name(params, "unsubscribe")
        if name in self._public:
            self._public.pop(name).remove(self)
        elif name in self._private:
            self._services.private.remove(self._private.pop(name), name, self)
        else:
            raise RpcRefusal(INVALID_REQUEST, "invalid unsubscribe request", "not subscribed")
        return {"channel": name}

    def _cancel_on_disconnect(self, params: Any, _: Answer) -> dict[str, Any]:
        self._token_or_refuse()
        enabled = params.get("enabled") if isinstance(params, dict) else None
        if not isinstance(enabled, bool):
            raise RpcRefusal(INVALID_PARAMS, "invalid params", "enabled must be true or false")
        self._cancels_on_end = enabled
        return {"enabled": enabled}

    def _token_or_refuse(self) -> Token:
        if self._token is None:
            raise RpcRefusal(AUTH_REQUIRED, "Permission denied - authentication required")
        return self._token


def _parse(message: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(message)
    except msgspec.DecodeError:
        raise RpcRefusal(PARSE_ERROR, "Parse error") from None
    if not isinstance(body, dict):
        raise RpcRefusal(INVALID_REQUEST, "invalid request object")
    return body


def _take_apart(body: dict[str, Any]) -> tuple[str, Any]:
    method = body.get("method")
    if body.get("jsonrpc") != "2.0" or not isinstance(method, str) or not isinstance(body.get("id"), int | str):
        raise RpcRefusal(INVALID_REQUEST, "invalid request object")
    return method, body.get("params") or {}


def _channel_name(params: Any, what: str) -> str:
    name = params.get("channel") if isinstance(params, dict) else None
    if not isinstance(name, str):
        raise RpcRefusal(INVALID_REQUEST, f"invalid {what} request", "invalid channel")
    return name


__all__ = ["Session", "StreamServices"]
