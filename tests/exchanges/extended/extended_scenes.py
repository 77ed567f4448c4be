"""A scripted Extended: answers by path, streams that tests speak on, and an account's keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from extended_samples import BTC, bad, good, market_like_btc, snapshot

from exchanges.base import ExchangeContext
from exchanges.extended.client import ExtendedClient
from exchanges.extended.signing import crypto
from helpers.clock import Clock
from helpers.errors import ConnectivityError
from helpers.ids import ClientOrderIds
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, StreamListener

PRIVATE = 0x1C9053C053EDF324AEC366A34C6901B1095B07AF69495BFFEC7D7FE21EFFB1B
PUBLIC: int = crypto().get_public_key(PRIVATE)
VAULT = 10002
API_KEY = "f4aa1c0de5f4aa1c0de5f4aa1c0de5ff"
ENVIRONMENT = {
    "EXTENDED_API_KEY": API_KEY,
    "EXTENDED_STARK_KEY_PUBLIC": hex(PUBLIC),
    "EXTENDED_STARK_KEY_PRIVATE": hex(PRIVATE),
    "EXTENDED_VAULT": str(VAULT),
    "EXTENDED_URL": "http://127.0.0.1:8003/api/v1",
}

Answer = HttpResponse | Exception | Callable[[HttpRequest], HttpResponse]


@dataclass
class OpenStream:
    """One stream that a client opened; tests speak on it."""

    url: str
    listener: StreamListener
    headers: Mapping[str, str]
    is_open: bool = True

    def send(self, message: bytes) -> None:
        raise AssertionError(f"nothing is said on Extended's streams: {message!r}")

    def say(self, frame: Any) -> None:
        """Let the venue say something."""
        self.listener.on_message(frame if isinstance(frame, bytes) else msgspec.json.encode(frame))

    def end(self) -> None:
        """Break it."""
        if self.is_open:
            self.is_open = False
            self.listener.on_end("broken by the test")

    async def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.listener.on_end("closed by us")


@dataclass
class ScriptedVenue:
    """A transport that answers as it was told, the first rule that fits the method and path first."""

    rules: dict[str, Answer] = field(default_factory=dict)
    asked: list[HttpRequest] = field(default_factory=list)
    streams: list[OpenStream] = field(default_factory=list)
    greeting: Callable[[OpenStream], None] = lambda stream: None
    """What the venue says on each stream as soon as it is open."""
    is_down: bool = False
    is_closed: bool = False

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        found = self.rules.get(what(request))
        if found is None:
            return bad(404, "no rule", 404)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, HttpResponse) else found(request)

    async def open_stream(
        self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS
    ) -> OpenStream:
        if self.is_down:
            raise ConnectivityError("no stream: the venue is down")
        stream = OpenStream(url, listener, headers)
        self.streams.append(stream)
        self.greeting(stream)
        return stream

    async def close(self) -> None:
        self.is_closed = True

    def sent(self, rule: str) -> list[HttpRequest]:
        """Give the requests of one method and path."""
        return [request for request in self.asked if what(request) == rule]

    def stream(self, part: str) -> OpenStream:
        """Give the newest stream with this in its address."""
        return next(stream for stream in reversed(self.streams) if part in stream.url)


def what(request: HttpRequest) -> str:
    """Give method and path below the base: "GET /user/balance"."""
    return f"{request.method} {urlsplit(request.url).path.removeprefix('/api/v1')}"


def query(request: HttpRequest) -> dict[str, str]:
    """Give the query of a request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def standing_venue() -> ScriptedVenue:
    """Give a venue with an account, money, two markets and books."""
    account = {"status": "ACTIVE", "l2Key": hex(PUBLIC), "l2Vault": str(VAULT), "accountId": 7}
    fees = [{"market": "BTC-USD", "makerFeeRate": "0.00000", "takerFeeRate": "0.00025", "builderFeeRate": "0"}]
    rules: dict[str, Answer] = {
        "GET /info/markets": good([BTC, market_like_btc("ETH-USD")]),
        "GET /info/markets/BTC-USD/stats": good(BTC["marketStats"]),
        "GET /user/account/info": good(account),
        "GET /user/fees": lambda request: good([{**fees[0], "market": query(request)["market"]}]),
        "GET /user/balance": good({"collateralName": "USD", "balance": "1000.5", "equity": "1001"}),
    }
    return ScriptedVenue(rules, greeting=greet)


def greet(stream: OpenStream) -> None:
    """Say first what the venue says first."""
    if "/orderbooks/" in stream.url:
        stream.say(snapshot(stream.url.rpartition("/")[2]))


def context(clock: Clock, venue: ScriptedVenue, **environment: str) -> ExchangeContext:
    """Give what a client is built with."""
    return ExchangeContext(
        "extended",
        clock,
        random.Random(7),
        ClientOrderIds(clock.now_ns()),
        transport=venue,
        environment={**ENVIRONMENT, **environment},
    )


def client(clock: Clock, venue: ScriptedVenue, **environment: str) -> ExtendedClient:
    """Give a client of a scripted venue."""
    return ExtendedClient(context(clock, venue, **environment))
