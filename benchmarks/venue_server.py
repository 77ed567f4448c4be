"""A venue simulator in a process and on a core of its own, whose book changes at a pace: how soon do orders come?

Started by benchmarks/venue_bench.py: VENUE CORE RATE SECONDS; prints its port and keys, then what it measured.
Most changes lie behind the touch; a few each second move it, and each of those is answered with one order.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

import msgspec

from benchmarks.venue_frames import WRITERS, BookWriter
from helpers.clock import NS_PER_S, WallClock, monotonic_ns
from simulation.servers.factory import servers
from simulation.servers.front import (
    Connection,
    Respond,
    ServerRequest,
    StreamPeer,
    VenueFront,
)
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions
from simulation.venue import SimulatedVenue

MOVES_PER_S: Final = 10
"""Changes of the touch: as many orders a second as the slowest budget of the three venues bears."""
_WARM_UP: Final = 10
ORDERS: Final = {
    "extended": ("POST", "/api/v1/user/order"),
    "lighter": ("POST", "/api/v1/sendTx"),
    "paradex": ("POST", "/v1/orders"),
}


class VenueResult(msgspec.Struct):
    """What was measured, in microseconds from just before a change left to the arrival of its order."""

    sent: int
    moves: int
    answered: int
    p50_us: float
    p99_us: float


class PacedFront(VenueFront):
    """A front whose book stream is taken over by the benchmark once its snapshot is out."""

    name: ClassVar[str] = "paced"

    def __init__(self, front: VenueFront, writer: BookWriter, order: tuple[str, str]) -> None:
        """Stand before a front."""
        super().__init__(front.options)
        self._front = front
        self._order = order
        self.writer = writer
        self.stream: Connection | None = None
        self.arrived_ns: list[int] = []

    @property
    def venue(self) -> SimulatedVenue:
        """The venue behind it."""
        return self._front.venue

    @property
    def account_id(self) -> str:
        """The account behind it."""
        return self._front.account_id

    def env_lines(self, http_url: str, stream_url: str) -> Sequence[str]:
        """Pass on."""
        return self._front.env_lines(http_url, stream_url)

    def handle(self, request: ServerRequest, respond: Respond) -> None:
        """Note when an order comes, then pass it on."""
        if (request.method, request.path) == self._order:
            self.arrived_ns.append(monotonic_ns())
        self._front.handle(request, respond)

    def accept(self, request: ServerRequest, connection: Connection) -> StreamPeer:
        """Look at what the front sends."""
        return self._front.accept(request, Tapped(self, connection))


class Tapped(Connection):
    """Passes on what the front sends, until the book is ours."""

    def __init__(self, front: PacedFront, connection: Connection) -> None:
        """Stand between a front and one client."""
        self._front = front
        self.connection = connection

    def send(self, message: bytes) -> None:
        """Learn the snapshot; hold back the book after it."""
        front = self._front
        said: Any = msgspec.json.decode(message)
        if isinstance(said, dict):
            if front.stream is self and front.writer.is_book(said):
                return
            if front.stream is None and front.writer.learn(said):
                front.stream = self
        self.connection.send(message)

    def inject(self, message: bytes) -> None:
        """Send a message of ours."""
        self.connection.send(message)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Pass on."""
        self.connection.close(code, reason)


async def measure(name: str, rate: int, seconds: int) -> VenueResult:
    """Serve one client: so many changes a second for so long, once its book stands."""
    clock = WallClock()
    front = servers.load(name)(ServerOptions(start_ns=clock.now_ns(), activity=0.05))
    paced = PacedFront(front, WRITERS[name](), ORDERS[name])
    server = SocketServer(paced, clock)
    await server.open("127.0.0.1", 0)
    clock.attach(front.venue)
    place = f"127.0.0.1:{server.port}"
    print(msgspec.json.encode(front.env_lines(f"http://{place}", f"ws://{place}")).decode(), flush=True)
    try:
        while paced.stream is None:
            await clock.sleep(0.01)
        await clock.sleep(1.0)  # the account's streams come after the book
        return await _paced(paced, clock, rate, seconds)
    finally:
        clock.detach(front.venue)
        await server.close()


async def _paced(front: PacedFront, clock: WallClock, rate: int, seconds: int) -> VenueResult:
    stream, writer = front.stream, front.writer
    assert isinstance(stream, Tapped)  # noqa: S101 - what accept made
    tick, deep = Decimal(1), Decimal(20)
    best, moved_ns, is_up = writer.best_bid, [], False
    begin, interval = monotonic_ns(), NS_PER_S // rate
    for number in range(1, rate * seconds + 1):
        due = begin + number * interval
        if (wait := due - monotonic_ns()) > 0:
            await clock.sleep(wait / NS_PER_S)
        if number % (rate // MOVES_PER_S):
            stream.inject(writer.write([(best - deep, Decimal(number % 9 + 1))]))
            continue
        is_up = not is_up
        if is_up:
            message = writer.write([(best, Decimal(0)), (best - tick, writer.bid_quantity)])
        else:
            message = writer.write([(best, writer.bid_quantity), (best - tick, Decimal(0))])
        moved_ns.append(monotonic_ns())
        stream.inject(message)
    await clock.sleep(0.5)
    return _result(rate * seconds, moved_ns, front.arrived_ns)


def _result(sent: int, moved_ns: list[int], arrived_ns: list[int]) -> VenueResult:
    """Give each move the first order after it and before the next one."""
    taken, index = [], 0
    for move, following in zip(moved_ns, [*moved_ns[1:], 1 << 62], strict=True):
        while index < len(arrived_ns) and arrived_ns[index] < move:
            index += 1
        if index < len(arrived_ns) and arrived_ns[index] < following:
            taken.append(arrived_ns[index] - move)
    counted = sorted(taken[_WARM_UP:])
    if not counted:
        raise SystemExit("no order came")
    return VenueResult(
        sent=sent,
        moves=len(moved_ns),
        answered=len(taken),
        p50_us=counted[len(counted) // 2] / 1_000,
        p99_us=counted[int(len(counted) * 0.99)] / 1_000,
    )


def main() -> None:
    """Measure as the command line says."""
    name, core, rate, seconds = sys.argv[1:5]
    os.sched_setaffinity(0, {int(core)})
    result = asyncio.run(measure(name, int(rate), int(seconds)))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main()
