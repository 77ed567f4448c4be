"""A scripted Paradex for tests of the client: it answers what it was told to answer, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from heard import Heard
from paradex_samples import ACCOUNT, ETH_MARKET, MARKET, OPTION, ORDER, SUMMARY

from exchanges.base import ExchangeContext
from exchanges.paradex.client import ParadexClient
from helpers.clock import NS_PER_S, Clock
from helpers.errors import ConnectivityError
from helpers.ids import ClientOrderIds
from helpers.transport import NO_HEADERS, HttpRequest, HttpResponse, Stream, StreamListener

KEY = "0x4d3c2b1a0f9e8d7c6b5a493827160504030201f1e2d3c4b5a69788796a5b4c3"
ADDRESS = "0x129f3dc1b8962d8a87abc692424c78fda963ade0e1cd17bf3d1c26f8d41ee7a"
BASE = "http://paradex.test/v1"
BTC = "BTC-USD-PERP"
ENVIRONMENT = {"PARADEX_L2_PRIVATE_KEY": KEY, "PARADEX_L2_ADDRESS": ADDRESS, "PARADEX_URL": BASE}
BOOK = "order_book.BTC-USD-PERP.snapshot@15@50ms"
GONE = (404, {"error": "CLIENT_ORDER_ID_NOT_FOUND", "message": "no such order"})
NO_TOKEN = (401, {"message": "missing or malformed jwt: token is expired by 9.4s"})
LEVELS = [{"side": "BUY", "price": "80000", "size": "1"}, {"side": "SELL", "price": "80000.1", "size": "2"}]

Answer = tuple[int, Any] | Exception
Asked = Callable[[HttpRequest], Answer]


class FakeStream(Stream):
    """One connection: acknowledges calls, and sends a first summary and book where they are subscribed."""

    def __init__(self, venue: FakeVenue, listener: StreamListener) -> None:
        self.venue = venue
        self.listener = listener
        self.calls: list[dict[str, Any]] = []
        self._is_open = True

    @property
    def is_open(self) -> bool:
        return self._is_open

    def send(self, message: bytes) -> None:
        if not self._is_open:
            raise ConnectivityError("closed")
        call = msgspec.json.decode(message)
        self.calls.append(call)
        channel = call["params"].get("channel", "")
        error = self.venue.stream_errors.get(call["method"] if call["method"] == "auth" else channel)
        if error is not None:
            self.tell({"jsonrpc": "2.0", "id": call["id"], "error": {"code": error, "message": "no", "data": "x"}})
            return
        result = {"node_id": "n1"} if call["method"] == "auth" else {"channel": channel}
        self.tell({"jsonrpc": "2.0", "id": call["id"], "result": result, "usIn": 1, "usDiff": 1, "usOut": 2})
        if call["method"] == "subscribe":
            self._first(channel)

    def _first(self, channel: str) -> None:
        if channel.startswith("markets_summary."):
            self.news(channel, {**SUMMARY, "symbol": channel.removeprefix("markets_summary.")})
        if channel.startswith("order_book."):
            market = channel.split(".")[1]
            self.news(channel, book(5, market))

    def tell(self, message: Any) -> None:
        """Send a message in the loop's next round."""
        raw = message if isinstance(message, bytes) else msgspec.json.encode(message)
        asyncio.get_running_loop().call_soon(self._deliver, raw)

    def news(self, channel: str, data: Any) -> None:
        """Send news of a channel."""
        self.tell({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})

    def subscribed(self) -> list[str]:
        """List what was subscribed, in order."""
        return [call["params"]["channel"] for call in self.calls if call["method"] == "subscribe"]

    def cut(self) -> None:
        """Break the connection."""
        if self._is_open:
            self._is_open = False
            asyncio.get_running_loop().call_soon(self.listener.on_end, "cut")

    async def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self.listener.on_end("closed by us")

    def _deliver(self, raw: bytes) -> None:
        if self._is_open:
            self.listener.on_message(raw)


class FakeVenue:
    """A transport with a venue behind it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[HttpRequest] = []
        self.tokens = 0
        self.life_s = 300
        self.streams: list[FakeStream] = []
        self.stream_errors: dict[str, int] = {}
        self.is_closed = False
        self.answers: dict[str, list[Answer]] = {}
        """Answers to be given next, by "METHOD /path"; then the usual ones."""
        self.usual: dict[str, Asked] = {
            "GET /system/config": lambda _: (200, {"starknet_chain_id": "PRIVATE_SN_PARACLEAR_MAINNET"}),
            "GET /system/state": lambda _: (200, {"status": "ok"}),
            "GET /system/time": lambda _: (200, {"server_time": str(clock.now_ns() // 1_000_000)}),
            "GET /markets": lambda _: (200, {"results": [MARKET, ETH_MARKET, OPTION, 7]}),
            "GET /markets/summary": lambda _: (200, {"results": [SUMMARY]}),
            "GET /account": lambda _: (200, ACCOUNT),
            "GET /account/info": lambda _: (200, {"fees": {"maker_rate": "-0.00001", "taker_rate": "0.0003"}}),
            "POST /onboarding": lambda _: (201, {}),
            "POST /auth": self._log_in,
            "POST /orders": lambda request: (201, echo(request)),
        }

    def _log_in(self, request: HttpRequest) -> Answer:
        self.tokens += 1
        now_s = self.clock.now_ns() // NS_PER_S
        return 200, {"jwt_token": jwt(now_s, now_s + self.life_s, self.tokens)}

    # -- the transport ------------------------------------------------------------------------

    async def request(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        name = path_of(request)
        key = f"{request.method} {'/auth' if name.startswith('/auth/') else name}"
        waiting = self.answers.get(key)
        answer = waiting.pop(0) if waiting else self.usual.get(key, lambda _: (404, b""))(request)
        await self.clock.sleep(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return HttpResponse(status=status, headers={}, body=raw, received_ns=self.clock.now_ns())

    async def open_stream(self, url: str, listener: StreamListener, headers: Mapping[str, str] = NO_HEADERS) -> Stream:
        assert url == "ws://paradex.test/v1/ws"
        stream = FakeStream(self, listener)
        self.streams.append(stream)
        return stream

    async def close(self) -> None:
        self.is_closed = True

    # -- what tests ask -------------------------------------------------------------------------

    def script(self, key: str, *answers: Answer) -> None:
        """Answer these next."""
        self.answers.setdefault(key, []).extend(answers)

    def requests(self, key: str) -> list[HttpRequest]:
        """List what was asked, by "METHOD /path"."""
        return [each for each in self.asked if f"{each.method} {path_of(each)}" == key]

    def private(self) -> FakeStream:
        """Give the newest connection that is logged in."""
        return [stream for stream in self.streams if any(call["method"] == "auth" for call in stream.calls)][-1]

    def public(self) -> FakeStream:
        """Give the newest connection that is not."""
        return [stream for stream in self.streams if not any(call["method"] == "auth" for call in stream.calls)][-1]


def path_of(request: HttpRequest) -> str:
    """Give a request's path below the base."""
    return request.url.removeprefix(BASE).partition("?")[0]


def query_of(url: str) -> str:
    """Give the query of a URL."""
    return url.partition("?")[2]


def jwt(issued_s: int, expires_s: int, number: int = 1) -> str:
    """Make a token that says how long it lives."""
    claims = msgspec.json.encode({"iat": issued_s, "exp": expires_s, "n": number})
    return f"h.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.s{number}"


def echo(request: HttpRequest) -> dict[str, Any]:
    """Give the order that a request asks for, as the venue would take it."""
    body = msgspec.json.decode(request.body)
    fields = {name: body[name] for name in ("market", "side", "type", "size", "client_id", "instruction")}
    price = body.get("price", "0")
    return {
        **ORDER,
        **fields,
        "id": f"v{body['client_id']}",
        "price": price,
        "remaining_size": body["size"],
        "status": "NEW",
    }


def context_of(venue: FakeVenue, **environment: str) -> ExchangeContext:
    """Give what a client of the scripted venue is built with."""
    variables = {**ENVIRONMENT, **{f"PARADEX_{name.upper()}": value for name, value in environment.items()}}
    ids = ClientOrderIds(venue.clock.now_ns())
    return ExchangeContext("paradex", venue.clock, random.Random(1), ids, transport=venue, environment=variables)


async def connected(venue: FakeVenue, **environment: str) -> ParadexClient:
    """Give a connected client."""
    client = ParadexClient(context_of(venue, **environment))
    await client.connect()
    return client


async def settle(venue: FakeVenue) -> None:
    """Let everything that is on its way arrive."""
    for _ in range(20):
        await venue.clock.sleep(0)


async def subscribed(clock: Clock) -> tuple[FakeVenue, ParadexClient, Heard]:
    """Give a client that listens to one market."""
    venue, heard = FakeVenue(clock), Heard()
    client = await connected(venue)
    await client.subscribe("BTC", heard)
    return venue, client, heard


def book(number: int, market: str = BTC, levels: Any = None) -> dict[str, Any]:
    """Give a whole book as the stream tells it."""
    inserts = LEVELS if levels is None else levels
    return {"market": market, "seq_no": number, "update_type": "s", "last_updated_at": 7, "inserts": inserts}


async def keep_alive(venue: FakeVenue, seconds: int) -> None:
    """Let time pass with the summaries and books that a lively market sends."""
    for _ in range(seconds):
        await venue.clock.sleep(1)
        for stream in venue.streams:
            if stream.is_open and stream.subscribed():
                stream.news(f"markets_summary.{BTC}", SUMMARY)
                stream.news(BOOK, book(venue.clock.now_ns() // NS_PER_S))
    await settle(venue)
