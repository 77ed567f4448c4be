"""A Lighter of a few lines for tests: answers that the test writes, streams in its hands, no simulator."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import msgspec
from lighter_payloads import ENVIRONMENT, MARKETS, NOW_MS, SNAPSHOTS, account

from exchanges.base import ExchangeContext
from exchanges.lighter.client import LighterClient
from exchanges.lighter.public import LighterPublicFeed
from helpers.clock import Clock
from helpers.errors import ConnectivityError
from helpers.ids import ClientOrderIds
from helpers.models import Trade
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, StreamListener

Answer = Callable[[HttpRequest], tuple[int, Any]]


class FakeStream:
    """One connection, the venue's end in the hands of the test."""

    def __init__(self, venue: FakeLighter, listener: StreamListener) -> None:
        self._venue = venue
        self.listener = listener
        self.sent: list[dict[str, Any]] = []
        self.is_open = True

    def send(self, message: bytes) -> None:
        if not self.is_open:
            raise ConnectivityError("the stream is closed")
        told = msgspec.json.decode(message)
        self.sent.append(told)
        if told["type"] == "subscribe":
            self._venue.on_subscribe(self, told["channel"])

    async def close(self) -> None:
        self.is_open = False
        self.listener.on_end("closed by us")

    def say(self, frame: dict[str, Any]) -> None:
        """Send a frame now."""
        self.listener.on_message(msgspec.json.encode(frame))

    def later(self, frame: dict[str, Any]) -> None:
        """Send a frame in the loop's next round."""
        asyncio.get_running_loop().call_soon(self._say_if_open, frame)

    def end(self, reason: str = "the connection was lost") -> None:
        """Break it."""
        if self.is_open:
            self.is_open = False
            self.listener.on_end(reason)

    def _say_if_open(self, frame: dict[str, Any]) -> None:
        if self.is_open:
            self.say(frame)

    def subscriptions(self) -> list[str]:
        """Give what was subscribed, in order."""
        return [told["channel"] for told in self.sent if told["type"] == "subscribe"]


class FakeLighter:
    """A Transport with the venue behind it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.requests: list[HttpRequest] = []
        self.streams: list[FakeStream] = []
        self.snapshots: dict[str, Any] = {**SNAPSHOTS}
        self.errors: dict[str, dict[str, Any]] = {}
        """What a subscription is answered with instead of a snapshot."""
        self.nonce = 7
        self.is_closed = False
        self.answers: dict[str, Answer] = {
            "/": lambda _: (200, {"status": 200, "network_id": 1, "timestamp": clock.now_ns() // 10**9}),
            "orderBookDetails": lambda _: (200, {"code": 200, "order_book_details": MARKETS}),
            "accountLimits": lambda _: (
                200,
                {
                    "code": 200,
                    "user_tier": "premium",
                    "current_maker_fee_tick": 28,
                    "current_taker_fee_tick": 196,
                },
            ),
            "account": lambda _: (200, {"code": 200, "accounts": [account()]}),
            "nextNonce": lambda _: (200, {"code": 200, "nonce": self.nonce}),
            "sendTx": lambda _: (200, {"code": 200, "tx_hash": "", "predicted_execution_time_ms": NOW_MS}),
            "accountOrders": lambda _: (200, {"code": 200, "orders": []}),
            "apikeys": lambda _: (200, {"code": 200, "api_keys": [{"api_key_index": 4, "public_key": "ab"}]}),
        }

    # -- the transport ----------------------------------------------------------------------

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.get(name_of(request))
        if answer is None:
            status, body = 404, {"code": 29404, "message": "not found"}
        else:
            status, body = answer(request)
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return HttpResponse(status=status, headers={}, body=raw, received_ns=self._clock.now_ns())

    async def open_stream(
        self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS
    ) -> FakeStream:
        assert url.endswith("/stream")
        stream = FakeStream(self, listener)
        self.streams.append(stream)
        stream.later({"type": "connected", "session_id": "x"})
        return stream

    async def close(self) -> None:
        self.is_closed = True

    # -- what tests look at -------------------------------------------------------------------

    def on_subscribe(self, stream: FakeStream, channel: str) -> None:
        """Answer a subscription."""
        family = channel.split("/", maxsplit=1)[0]
        if channel in self.errors:
            stream.later(self.errors[channel])
        elif channel in self.snapshots:
            frame = {"channel": channel.replace("/", ":"), "type": f"subscribed/{family}", "timestamp": NOW_MS}
            stream.later({**frame, **self.snapshots[channel]})

    def stream_of(self, channel: str) -> FakeStream:
        """Find the newest connection on which a channel was subscribed."""
        return next(stream for stream in reversed(self.streams) if channel in stream.subscriptions())

    def update(self, channel: str, payload: dict[str, Any]) -> None:
        """Send news on a channel, named as it was subscribed."""
        family = channel.split("/", maxsplit=1)[0]
        frame = {"channel": channel.replace("/", ":"), "type": f"update/{family}", "timestamp": NOW_MS}
        self.stream_of(channel).say({**frame, **payload})

    def asked(self, name: str) -> list[HttpRequest]:
        """Give the requests for one thing."""
        return [request for request in self.requests if name_of(request) == name]

    def sent_txs(self) -> list[tuple[int, dict[str, Any]]]:
        """Give type and content of the transactions that were sent."""
        return [tx_of(request) for request in self.asked("sendTx")]

    def refuse(self, name: str, code: int, message: str, status: int = 400) -> None:
        """Refuse everything of one kind from now on."""
        self.answers[name] = lambda _: (status, {"code": code, "message": message})


def name_of(request: HttpRequest) -> str:
    """Say what a request is for."""
    return urlsplit(request.url).path.removeprefix("/api/v1/") or "/"


def query_of(request: HttpRequest) -> dict[str, str]:
    """Give a request's parameters."""
    return dict(parse_qsl(urlsplit(request.url).query))


def tx_of(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """Read a transaction out of its form."""
    form = parse_qs(request.body.decode())
    return int(form["tx_type"][0]), msgspec.json.decode(form["tx_info"][0])


def context(clock: Clock, **environment: str) -> ExchangeContext:
    """Give what a client is built with."""
    return ExchangeContext(
        "lighter",
        clock,
        random.Random(1),
        ClientOrderIds(clock.now_ns()),
        environment={**ENVIRONMENT, **environment},
    )


async def connected(clock: Clock, **environment: str) -> tuple[FakeLighter, LighterClient]:
    """Give a connected client and its venue."""
    venue = FakeLighter(clock)
    client = LighterClient(context(clock, **environment), venue)
    await client.connect()
    return venue, client


class Watcher:
    """Hears a market's public streams."""

    def __init__(self) -> None:
        self.books = 0
        self.trades: list[Trade] = []

    def on_book(self) -> None:
        self.books += 1

    def on_trade(self, trade: Trade) -> None:
        self.trades.append(trade)


async def watching(clock: Clock) -> tuple[FakeLighter, LighterPublicFeed, Watcher]:
    """Give a public feed that follows BTC."""
    venue = FakeLighter(clock)
    feed = LighterPublicFeed(on(context(clock), venue))
    await feed.connect()
    watcher = Watcher()
    await feed.subscribe("BTC", watcher)
    return venue, feed, watcher


def on(given: ExchangeContext, venue: FakeLighter) -> ExchangeContext:
    """Give a context whose transport reaches the scripted venue."""
    return dataclasses.replace(given, transport=venue)
