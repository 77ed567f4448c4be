"""The venues that the contract suite runs on. Adding one is one builder and one line in VENUES."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from heard import Heard
from worlds import INSTRUMENT, MARKET, TEN_MS, TapeWriter, context

from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from exchanges.paper import PaperClient
from helpers.ids import ClientOrderIds
from simulation.servers.factory import servers
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.tape import MemoryTape
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock


@dataclass
class Venue:
    """One venue under test: a connected client with a fresh, flat account, subscribed to both markets."""

    client: BaseExchangeClient
    clock: VirtualClock
    ticker: str
    other: str
    misspelt: str
    """A ticker that does not exist and is close to `ticker`."""
    heard: Heard = field(default_factory=Heard)

    async def wait(self, seconds: float = 1.0) -> None:
        """Let the venue's news arrive."""
        await self.clock.sleep(seconds)


Builder = Callable[[VirtualClock], Awaitable[Venue]]


def _lively(bid: int, ticker: str) -> MemoryTape:
    """Give an hour of a market that stands still and shows a sign of life every second."""
    writer = TapeWriter(bid, bid + 1, 500)
    for second in range(1, 3_600):
        writer.quote(second, bid, bid + 1, 500 + second % 2, 500)
    return writer.tape(msgspec.structs.replace(INSTRUMENT, ticker=ticker))


async def paper(clock: VirtualClock) -> Venue:
    """Give the simulated venue in memory."""
    venue = SimulatedVenue(TEN_MS, random.Random(1), clock.now_ns())
    for ticker, bid in (("BTC", 620_000), ("ETH", 30_000)):
        market = msgspec.structs.replace(MARKET, ticker=ticker, contract_id=f"{ticker}-PERP")
        venue.list_market(market, _lively(bid, ticker))
    clock.attach(venue)
    return Venue(PaperClient(context(clock), venue, "tester"), clock, "BTC", "ETH", "BTCX")


def simulated(name: str) -> Builder:
    """Give the client of a real venue, unchanged, on the simulator of its protocol in memory."""

    async def build(clock: VirtualClock) -> Venue:
        front = servers.load(name)(ServerOptions(start_ns=clock.now_ns(), activity=0.5))
        clock.attach(front.venue)
        lines = front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1")
        seams = ExchangeContext(
            name,
            clock,
            random.Random(1),
            ClientOrderIds(clock.now_ns()),
            transport=MemoryTransport(front, clock),
            environment=dict(line.split("=", 1) for line in lines),
        )
        return Venue(exchanges.load(name)(seams), clock, "BTC", "ETH", "BTCX")

    return build


VENUES: Final[tuple[tuple[str, Builder], ...]] = (
    ("paper", paper),
    *((name, simulated(name)) for name in servers.names()),
)
