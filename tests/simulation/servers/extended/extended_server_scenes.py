"""A simulated Extended without a network: requests in, answers out, time moved by hand; orders signed by x10."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import msgspec
from worlds import MS, START_NS, S

from simulation.servers.extended.front import ExtendedFront
from simulation.servers.front import ServerRequest, ServerResponse, StreamPeer
from simulation.servers.world import ServerOptions

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own imports warn of what it uses
    from x10.config import MAINNET_CONFIG, TESTNET_CONFIG
    from x10.core.stark_account import StarkPerpetualAccount
    from x10.models.market import MarketModel
    from x10.models.order import OrderSide, OrderType, TimeInForce
    from x10.signing.order_object import create_order_object

D = Decimal
ENOUGH_S = 0.05
"""Longer than any message takes."""
STREAMS = "/stream.extended.exchange"


class Answer(msgspec.Struct, frozen=True):
    """An HTTP answer, read."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        """What was asked for."""
        assert self.body["status"] == "OK", self.body
        return self.body.get("data")

    @property
    def code(self) -> int:
        """The venue's error code."""
        assert self.body["status"] == "ERROR", self.body
        return int(self.body["error"]["code"])


class Wire:
    """The client's end of a stream."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.peer: StreamPeer | None = None

    def send(self, message: bytes) -> None:
        """Keep a frame."""
        self.frames.append(msgspec.json.decode(message))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Nothing here closes a stream."""

    def kinds(self) -> list[str]:
        """Give the types of the frames."""
        return [frame.get("type", "") for frame in self.frames]

    def take(self) -> list[dict[str, Any]]:
        """Give the frames since the last time."""
        frames, self.frames = self.frames, []
        return frames

    def rpc(self, request: Any) -> None:
        """Send a request."""
        assert self.peer is not None
        self.peer.on_message(request if isinstance(request, bytes) else msgspec.json.encode(request))


class Scene:
    """One front and its clock."""

    def __init__(
        self, *, start_ns: int = START_NS, make: Callable[..., ExtendedFront] = ExtendedFront, **options: Any
    ) -> None:
        self.front = make(ServerOptions(start_ns=start_ns, **options))
        self.now_ns = start_ns
        self._nonces = 0
        self.config = TESTNET_CONFIG

    # -- time and requests ------------------------------------------------------------------

    def wait(self, seconds: float = ENOUGH_S) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * S)
        self.front.venue.advance_to(self.now_ns)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request and let no more time pass than its answer takes."""
        answers: list[ServerResponse] = []
        self.front.handle(self.request(method, path, body, headers), answers.append)
        while not answers:
            self.wait(0.001)
        (answer,) = answers
        return Answer(answer.status, msgspec.json.decode(answer.body), answer.headers)

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> ServerRequest:
        """Make a request with the account's key."""
        path, _, query = path.partition("?")
        pairs = tuple(tuple(part.split("=", 1)) for part in query.split("&") if part)
        usual = {"user-agent": "tests", "x-api-key": self.front.keys.api_key}
        return ServerRequest(
            method=method,
            path=path if path.startswith(STREAMS) else f"/api/v1/{path}",
            query=pairs,  # type: ignore[arg-type]  # pairs of two, as split
            headers=usual if headers is None else headers,
            body=body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body),
        )

    def get(self, path: str) -> Any:
        """Read something."""
        return self.ask("GET", path).data

    def stream(self, path: str, headers: Mapping[str, str] | None = None) -> Wire:
        """Open a stream below /stream.extended.exchange."""
        wire = Wire()
        wire.peer = self.front.accept(self.request("GET", f"{STREAMS}/{path}", headers=headers), wire)
        return wire

    # -- orders -----------------------------------------------------------------------------

    @cached_property
    def markets(self) -> dict[str, MarketModel]:
        """The markets as x10 reads them."""
        return {row["name"]: MarketModel.model_validate(row) for row in self.get("info/markets")}

    def touch(self, side: str, market: str = "BTC-USD") -> Decimal:
        """Give the best bid or ask."""
        return D(self.get(f"info/markets/{market}/orderbook")[side][0]["price"])

    def order(self, side: str = "BUY", *, away: int = 50, price: Any = None, **more: Any) -> dict[str, Any]:
        """Let x10 make an order: a post-only one, some ticks away from the touch, where nothing else is said."""
        name = more.pop("market", "BTC-USD")
        market, keys = self.markets[name], self.front.keys
        tick = market.trading_config.min_price_change
        if price is None:
            price = self.touch("bid", name) - away * tick if side == "BUY" else self.touch("ask", name) + away * tick
        self._nonces += 1
        account = StarkPerpetualAccount(keys.vault, hex(keys.private_key), hex(keys.public_key), keys.api_key)
        terms: dict[str, Any] = {
            "account": account,
            "market": market,
            "amount_of_synthetic": D(more.pop("qty", "0.001" if name == "BTC-USD" else "1")),
            "price": D(price),
            "side": OrderSide(side),
            "starknet_domain": self.config.signing.starknet_domain,
            "post_only": True,
            "expire_time": self.time() + timedelta(seconds=more.pop("expires_s", 3600)),
            "nonce": self._nonces,
            "taker_fee": D("0.00025"),
        }
        return create_order_object(**(terms | more)).to_api_request_json(exclude_none=True)

    def time(self) -> datetime:
        """Give the venue's time."""
        return datetime.fromtimestamp(self.now_ns / S, UTC)

    def place(self, *args: Any, **more: Any) -> Answer:
        """Send an order."""
        return self.ask("POST", "user/order", self.order(*args, **more))

    def rest(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Send an order, wait until the book has it, and give the venue's account of it."""
        placed = self.place(*args, **more).data
        self.wait()
        order: dict[str, Any] = self.get(f"user/orders/{placed['id']}")
        return order

    def market_order(self, side: str, qty: str, *, market: str = "BTC-USD", **more: Any) -> dict[str, Any]:
        """Trade at once, as the venue's clients do."""
        price = self.touch("ask", market) * D("1.0075") if side == "BUY" else self.touch("bid", market) * D("0.9925")
        tick = self.markets[market].trading_config.min_price_change
        more = {"order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC, "post_only": False} | more
        return self.rest(side, market=market, qty=qty, price=price // tick * tick, **more)


__all__ = [
    "MAINNET_CONFIG",
    "MS",
    "START_NS",
    "STREAMS",
    "Answer",
    "D",
    "OrderType",
    "S",
    "Scene",
    "TimeInForce",
    "Wire",
]
