"""The v2 stream: JSON-RPC over one connection for all topics; data frames are numbered from 0 over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import msgspec

from simulation.servers.extended.account_news import AccountNews
from simulation.servers.extended.account_state import AccountState
from simulation.servers.extended.ids import to_ms
from simulation.servers.extended.market_watch import is_interval
from simulation.servers.extended.topics import (
    ACCOUNT,
    CANDLES,
    FUNDING,
    ORDERBOOKS,
    PRICES,
    TRADES,
    Frame,
    PublicTopics,
    Subscription,
    Topic,
    is_market,
)
from simulation.servers.front import Connection

_PARSE, _REQUEST, _METHOD, _PARAMS, _UNAUTHORIZED = -32700, -32600, -32601, -32602, -32001
_SCOPES: Final = {
    "orderbooks": ORDERBOOKS,
    "trades": TRADES,
    "funding-rates": FUNDING,
    "prices": PRICES,
    "candles": CANDLES,
    "account": ACCOUNT,
}
_PRICES: Final = {"mark": "MP", "index": "IP"}
_CANDLES: Final = {"last", "mark", "index"}


class RpcError(Exception):
    """What is wrong with a request."""

    def __init__(self, code: int, text: str) -> None:
        """Keep the JSON-RPC code."""
        super().__init__(text)
        self.code = code


class _Ignored(Exception):  # noqa: N818 - no error: the venue just says nothing
    """A request that the venue does not answer at all."""


class RpcStream:
    """One connection and its subscriptions, by topic id."""

    def __init__(self, connection: Connection, state: AccountState, topics: PublicTopics, news: AccountNews) -> None:
        """Wait for requests."""
        self._connection = connection
        self._state = state
        self._topics = topics
        self._news = news
        self._seq = 0
        self._subscriptions: dict[str, Subscription] = {}

    def on_message(self, message: bytes) -> None:
        """Answer a request; the data of what was subscribed follows the answer."""
        request_id: str | None = None
        try:
            request = _read(message)
            request_id = request["id"]
            self._answer(request_id, request["method"], request.get("params") or {})
        except RpcError as error:
            told = {"code": error.code, "message": str(error)}
            self._send({"id": request_id, "error": told, "jsonrpc": "2.0"})
        except _Ignored:
            return

    def on_end(self) -> None:
        """End every subscription."""
        for name in list(self._subscriptions):
            self._stop(name)

    def _answer(self, request_id: str, method: str, params: Mapping[str, Any]) -> None:
        result: dict[str, Any] = {"method": method, "status": "OK"}
        match method:
            case "ping":
                self._reply(request_id, result)
            case "list-subscriptions":
                self._reply(request_id, {**result, "subscriptions": list(self._subscriptions)})
            case "subscribe":
                topic, name = self._topic(params)
                self._stop(name)
                self._reply(request_id, {**result, "subscription": name})
                self._start(topic, name)
            case "unsubscribe":
                _, name = self._topic(params)
                if not self._stop(name):
                    raise RpcError(_PARAMS, f"no subscription {name}")
                self._reply(request_id, {**result, "subscription": name})
            case _:
                raise RpcError(_METHOD, "Method not found")

    def _topic(self, params: Mapping[str, Any]) -> tuple[Topic, str]:
        scope, selector = _word(params, "scope"), params.get("selector") or {}
        if scope not in _SCOPES or not isinstance(selector, dict):
            raise RpcError(_PARAMS, "Invalid params")
        if scope == "account":
            account = _word(selector, "account")
            if (account, params.get("apiKey")) != (self._state.name, self._state.keys.api_key):
                raise RpcError(_UNAUTHORIZED, "Unauthorized")
            return Topic(ACCOUNT), f"account.{account}"
        topic = _public_topic(scope, selector)
        if not is_market(topic.market):
            raise RpcError(_PARAMS, "Invalid params")
        return topic, _topic_id(scope, selector)

    def _start(self, topic: Topic, name: str) -> None:
        if topic.scope != ACCOUNT:
            self._subscriptions[name] = self._topics.subscribe(topic, partial(self._tell, name, topic.scope))
            return
        for frame in self._news.snapshot():
            self._tell_account(name, frame, is_snapshot=True)
        self._subscriptions[name] = self._news.subscribe(partial(self._tell_account, name))

    def _stop(self, name: str) -> bool:
        subscription = self._subscriptions.pop(name, None)
        if subscription is None:
            return False
        source = self._news if subscription.topic.scope == ACCOUNT else self._topics
        source.unsubscribe(subscription)
        return True

    def _tell_account(self, name: str, frame: Frame, *, is_snapshot: bool = False) -> None:
        self._tell(name, ACCOUNT, Frame(frame.kind, {"isSnapshot": is_snapshot, **frame.data}))

    def _tell(self, name: str, scope: str, frame: Frame) -> None:
        data = {**frame.data, "ts": 0} if scope == PRICES else frame.data  # as seen on the live stream
        kind = f"{scope}.{frame.kind}" if frame.kind else scope
        stamp = {"ts": to_ms(self._state.now_ns), "seq": self._seq}
        self._seq += 1
        self._send({"type": kind, "data": data, **stamp, "subscription": name})

    def _reply(self, request_id: str, result: Mapping[str, Any]) -> None:
        self._send({"id": request_id, "result": result, "jsonrpc": "2.0"})

    def _send(self, body: Mapping[str, Any]) -> None:
        self._connection.send(msgspec.json.encode(body))


def _read(message: bytes) -> dict[str, Any]:
    try:
        request = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RpcError(_PARSE, "Parse error") from None
    if not isinstance(request, dict) or request.get("jsonrpc") != "2.0" or not isinstance(request.get("id"), str):
        raise RpcError(_REQUEST, "Invalid Request")
    if not isinstance(request.get("method"), str) or not isinstance(request.get("params") or {}, dict):
        raise RpcError(_REQUEST, "Invalid Request")
    return request


def _word(params: Mapping[str, Any], name: str) -> str:
    """Give a parameter that is a text; empty where there is none."""
    word = params.get(name)
    if not isinstance(word, str | None):
        raise RpcError(_PARAMS, "Invalid params")
    return word or ""


def _public_topic(scope: str, selector: Mapping[str, Any]) -> Topic:
    market, kind = _word(selector, "market") or None, _word(selector, "type")
    if scope == "orderbooks":
        depth = _word(selector, "depth") or "full"
        if depth not in {"full", "1"}:
            raise _Ignored
        return Topic(ORDERBOOKS, market, depth)
    if scope == "prices" and kind in _PRICES:
        return Topic(PRICES, market, _PRICES[kind])
    interval = _word(selector, "interval")
    if scope == "candles" and kind in _CANDLES and market is not None and is_interval(interval):
        return Topic(CANDLES, market, kind, interval)
    if scope in {"trades", "funding-rates"}:
        return Topic(_SCOPES[scope], market)
    raise RpcError(_PARAMS, "Invalid params")


def _topic_id(scope: str, selector: Mapping[str, Any]) -> str:
    market = selector.get("market") or "all"
    if scope == "orderbooks":
        depth = "1." if selector.get("depth") == "1" else ""
        return f"{scope}.{depth}{market}" + (".rfq" if selector.get("rfqOnly") else "")
    if scope == "prices":
        return f"{scope}.{selector['type']}.{market}"
    if scope == "candles":
        return f"{scope}.{selector['type']}.{market}.{selector['interval']}"
    return f"{scope}.{market}"


__all__ = ["RpcStream"]
