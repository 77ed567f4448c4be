"""The smallest venue protocol there can be: an echo over a simulated venue, to test what all fronts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from helpers.models import Market
from simulation.paper_markets import paper_market
from simulation.profile import Latency, VenueProfile
from simulation.servers.front import (
    Connection,
    Respond,
    ServerRequest,
    ServerResponse,
    StreamPeer,
    StreamRefused,
    VenueFront,
)
from simulation.servers.world import ServerOptions, open_server_venue
from simulation.venue import SimulatedVenue

SPEC = paper_market("BTC")
PROFILE = VenueProfile(order_entry=Latency(base_ns=1_000_000), response=Latency(base_ns=1_000_000))
MARKET = Market(
    exchange="toy",
    ticker="BTC",
    contract_id="BTC-TOY",
    quote="USD",
    tick_size=SPEC.tick_size,
    quantity_step=SPEC.quantity_step,
    min_quantity=SPEC.min_quantity,
    min_notional=SPEC.min_notional,
    maker_fee=PROFILE.maker_fee,
    taker_fee=PROFILE.taker_fee,
    max_leverage=SPEC.max_leverage,
    maintenance_margin=SPEC.maintenance_margin,
    max_open_orders=200,
    funding_interval_ns=PROFILE.funding_interval_ns,
)


class ToyFront(VenueFront):
    """Answers with what it was asked; says it again a second later where asked for `/later`."""

    name: ClassVar[str] = "toy"

    def __init__(self, options: ServerOptions) -> None:
        super().__init__(options)
        self._venue = open_server_venue("toy", {"BTC": SPEC}, {"BTC": MARKET}, PROFILE, options)
        self.peers: list[ToyPeer] = []

    @property
    def venue(self) -> SimulatedVenue:
        return self._venue

    @property
    def account_id(self) -> str:
        return "nobody"

    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        return (f"TOY_URL={http_url}", f"TOY_STREAM_URL={stream_url}")

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        said: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "key": request.headers.get("x-key"),
            "body": request.body.decode(),
        }
        answer = ServerResponse(
            status=int(request.parameter("status") or 200),
            body=msgspec.json.encode(said),
            headers={"X-Toy": "yes"},
        )
        if request.path == "/later":
            self._venue.core.agenda.at(self._venue.core.now_ns + 1_000_000_000, lambda: respond(answer))
        else:
            respond(answer)

    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        if request.path != "/stream":
            raise StreamRefused(ServerResponse(status=404, body=b'{"error":"no such stream"}'))
        peer = ToyPeer(connection)
        self.peers.append(peer)
        connection.send(b"welcome")
        return peer


class ToyPeer:
    """Echoes; "bye" makes the venue end the stream."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.heard: list[bytes] = []
        self.ends = 0

    def on_message(self, message: bytes) -> None:
        self.heard.append(message)
        if message == b"bye":
            self.connection.send(b"last words")
            self.connection.close(1001, "going away")
        else:
            self.connection.send(b"echo " + message)

    def on_end(self) -> None:
        self.ends += 1


def toy(start_ns: int, **more: Any) -> ToyFront:
    """Open a toy venue."""
    return ToyFront(ServerOptions(start_ns=start_ns, **more))
