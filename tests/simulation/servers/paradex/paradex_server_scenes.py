"""A client of the simulated Paradex, in memory and in virtual time: it signs, asks and listens."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlencode

import fast_stark_crypto
import msgspec
from worlds import START_NS

from helpers.transport import HttpRequest, Inbox, Stream
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.paradex.accounts import address_of, public_key
from simulation.servers.paradex.front import ParadexFront
from simulation.servers.paradex.public_rest import CHAIN_ID
from simulation.servers.paradex.stark import Messages
from simulation.servers.paradex.terms import ParadexTerms
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, run_virtual

BTC = "BTC-USD-PERP"
URL = "http://paradex.test/v1"
SETTLED_S = 0.1
"""Long enough for a request to reach the engine and its news to come back."""


class Reply(msgspec.Struct):
    """An HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


class StreamClient:
    """One stream: requests wait for their answer, pushes are kept."""

    def __init__(self, inbox: Inbox, stream: Stream) -> None:
        self.inbox = inbox
        self.stream = stream
        self.pushes: list[dict[str, Any]] = []
        self._ids = count(1)

    async def ask(self, method: str, params: Any = None) -> dict[str, Any]:
        """Send a request and give its answer."""
        request_id = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        while True:
            message = await self.next()
            if message.get("id") == request_id:
                return message

    def send(self, body: Any) -> None:
        """Send anything."""
        self.stream.send(msgspec.json.encode(body))

    async def next(self) -> dict[str, Any]:
        """Give the next message; a push is kept as well."""
        message: dict[str, Any] = msgspec.json.decode(await self.inbox.next())
        if "params" in message:
            self.pushes.append(message["params"])
        return message

    async def push(self, channel: str) -> dict[str, Any]:
        """Give the data of the next push on a channel that was not taken yet."""
        while True:
            for kept in self.pushes:
                if kept["channel"] == channel:
                    self.pushes.remove(kept)
                    data: dict[str, Any] = kept["data"]
                    return data
            await self.next()

    async def subscribe(self, channel: str) -> dict[str, Any]:
        """Subscribe to a channel."""
        return await self.ask("subscribe", {"channel": channel})

    async def drain(self) -> list[dict[str, Any]]:
        """Take what has come by now."""
        while self.inbox._messages:
            await self.next()
        taken, self.pushes = self.pushes, []
        return taken


class Scene:
    """One front and one client of it."""

    def __init__(self, clock: VirtualClock, terms: ParadexTerms | None, **options: Any) -> None:
        self.clock = clock
        self.front = ParadexFront(ServerOptions(start_ns=clock.now_ns(), **options), terms)
        clock.attach(self.front.venue)
        self.transport = MemoryTransport(self.front, clock)
        self.messages = Messages(CHAIN_ID)
        self.key = self.front.keys.private_key
        self.address = self.front.account_id
        self.bearer = ""

    # -- HTTP -----------------------------------------------------------------------------

    async def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> Reply:
        """Make a request."""
        all_headers = {"Authorization": f"Bearer {self.bearer}"} if self.bearer else {}
        all_headers.update(headers or {})
        url = f"{URL}{path}" + (f"?{urlencode(query)}" if query else "")
        sent = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        response = await self.transport.request(HttpRequest(method=method, url=url, headers=all_headers, body=sent))
        decoded = msgspec.json.decode(response.body) if response.body else None
        return Reply(response.status, decoded, dict(response.headers))

    async def get(self, path: str, **query: Any) -> Any:
        """Read something that is there."""
        reply = await self.ask("GET", path, **query)
        assert reply.status == 200, reply
        return reply.body

    async def refused(self, method: str, path: str, body: Any = None, **query: Any) -> str:
        """Ask for something that is refused; gives the code."""
        reply = await self.ask(method, path, body, **query)
        assert reply.status >= 400, reply
        return str(reply.body["error"])

    # -- log-in ---------------------------------------------------------------------------

    def login_headers(self, *, key: int | None = None, address: str | None = None, at_s: int | None = None) -> Any:
        """Sign a log-in."""
        key, address = self.key if key is None else key, address or self.address
        signed_s = self.clock.now_ns() // 10**9 if at_s is None else at_s
        expires_s = signed_s + 86_400
        return {
            "PARADEX-STARKNET-ACCOUNT": address,
            "PARADEX-STARKNET-SIGNATURE": sign(key, self.messages.auth(int(address, 16), signed_s, expires_s)),
            "PARADEX-TIMESTAMP": str(signed_s),
            "PARADEX-SIGNATURE-EXPIRATION": str(expires_s),
        }

    async def log_in(self, **query: Any) -> Reply:
        """Get a token and use it from here on."""
        path = f"/auth/{hex(public_key(self.key))}"
        reply = await self.ask("POST", path, headers=self.login_headers(), **query)
        if reply.status == 200:
            self.bearer = reply.body["jwt_token"]
        return reply

    def onboarding_headers(self, key: int) -> dict[str, str]:
        """Sign an onboarding."""
        address = address_of(public_key(key))
        return {
            "PARADEX-ETHEREUM-ACCOUNT": self.front.keys.l1_address,
            "PARADEX-STARKNET-ACCOUNT": address,
            "PARADEX-STARKNET-SIGNATURE": sign(key, self.messages.onboarding(int(address, 16))),
        }

    # -- orders -----------------------------------------------------------------------------

    def order(self, side: str = "BUY", size: str = "0.01", price: str | None = "80000", **more: Any) -> dict[str, Any]:
        """Write and sign an order."""
        body = {
            "market": BTC,
            "side": side,
            "type": "LIMIT" if price is not None else "MARKET",
            "size": size,
            "instruction": "GTC",
            "signature_timestamp": self.clock.now_ns() // 10**6,
            **({"price": price} if price is not None else {}),
            **more,
        }
        return self.signed(body)

    def signed(self, body: dict[str, Any]) -> dict[str, Any]:
        """Sign an order's body, as the change of an order if it has an id."""
        message = self.messages.order(
            int(self.address, 16),
            timestamp_ms=body["signature_timestamp"],
            market=body["market"],
            is_buy=body["side"] == "BUY",
            kind=body["type"],
            size=Decimal(body["size"]),
            price=Decimal(body.get("price") or 0),
            order_id=int(body["id"]) if "id" in body else None,
        )
        return {**body, "signature": sign(self.key, message)}

    async def place(self, *args: Any, **more: Any) -> dict[str, Any]:
        """Place an order and wait until it has met the engine; gives what the venue said at first."""
        reply = await self.ask("POST", "/orders", self.order(*args, **more))
        assert reply.status == 201, reply
        await self.settle()
        order: dict[str, Any] = reply.body
        return order

    async def last(self, order_id: str) -> dict[str, Any]:
        """Give an order, whatever became of it."""
        history = await self.get("/orders-history")
        return next(order for order in history["results"] if order["id"] == order_id)

    async def best(self) -> tuple[Decimal, Decimal]:
        """Give best bid and ask of BTC."""
        bbo = await self.get(f"/bbo/{BTC}")
        return Decimal(bbo["bid"]), Decimal(bbo["ask"])

    async def settle(self, seconds: float = SETTLED_S) -> None:
        """Let time pass."""
        await self.clock.sleep(seconds)

    # -- streams ----------------------------------------------------------------------------

    async def stream(self, *, authenticated: bool = False) -> StreamClient:
        """Open a stream, logged in or not."""
        inbox = Inbox()
        client = StreamClient(inbox, await self.transport.open_stream("ws://paradex.test/v1/ws", inbox))
        if authenticated:
            reply = await client.ask("auth", {"bearer": self.bearer})
            assert "node_id" in reply["result"]
        return client


def sign(key: int, message_hash: int) -> str:
    """Sign a hash as it goes over the wire."""
    r, s = fast_stark_crypto.sign(key, message_hash)
    return f'["{r}","{s}"]'


Play = Callable[[Scene], Coroutine[Any, Any, None]]


def played(terms: ParadexTerms | None = None, *, logs_in: bool = True, **options: Any) -> Callable[[Play], Any]:
    """Make a test of an async function of a scene."""

    def decorate(play: Play) -> Callable[[], None]:
        async def main(clock: VirtualClock) -> None:
            scene = Scene(clock, terms, **options)
            if logs_in:
                assert (await scene.log_in()).status == 200
            await play(scene)

        def test() -> None:
            run_virtual(main, start_ns=START_NS)

        test.__doc__ = play.__doc__
        return test

    return decorate
