"""What one book message costs the real client of a venue: decode, book, best bid and offer, with no socket."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal
from typing import Final

from benchmarks.venue_frames import WRITERS
from benchmarks.venue_server import ORDERS, PacedFront, Tapped
from exchanges.base import ExchangeContext
from exchanges.factory import exchanges
from helpers.clock import monotonic_ns
from helpers.ids import ClientOrderIds
from helpers.models import Trade
from simulation.servers.factory import servers
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, run_virtual

_MESSAGES: Final = 5_000
_ROUNDS: Final = 3
_START_NS: Final = 1_767_225_600 * 1_000_000_000


class _Nobody:
    """Hears of the book and looks at the touch, as a bot does."""

    def on_book(self) -> None:
        """Hear nothing."""

    def on_trade(self, trade: Trade) -> None:
        """Hear nothing."""


def decode_us(name: str, levels: int) -> float:
    """Give the median cost of one message with so many changed levels, in microseconds."""
    found: list[float] = []

    async def main(clock: VirtualClock) -> None:
        front = servers.load(name)(ServerOptions(start_ns=clock.now_ns(), activity=0.05))
        paced = PacedFront(front, WRITERS[name](), ORDERS[name])
        clock.attach(front.venue)
        transport = MemoryTransport(paced, clock)
        lines = front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1")
        context = ExchangeContext(
            name,
            clock,
            random.Random(1),
            ClientOrderIds(0),
            transport=transport,
            environment=dict(line.split("=", 1) for line in lines),
        )
        feed = exchanges.load(name).public_feed(context)
        await feed.connect()
        await feed.subscribe("BTC", _Nobody())
        tapped = paced.stream
        assert isinstance(tapped, Tapped)  # noqa: S101 - the snapshot went through it
        stream = next(each for each in transport.streams if each.connection is tapped.connection)
        hear, best, tick = stream.listener.on_message, paced.writer.best_bid, Decimal(1)
        for _ in range(_ROUNDS):
            messages = []
            for number in range(_MESSAGES):
                deep = [(best - tick * (3 + (number + at) % 40), Decimal(at + 1)) for at in range(levels - 1)]
                messages.append(paced.writer.write([(best, Decimal(number % 7 + 1)), *deep]))
            began = monotonic_ns()
            for message in messages:
                hear(message)
                feed.top_of_book("BTC")
            found.append((monotonic_ns() - began) / _MESSAGES / 1_000)
        bbo = feed.top_of_book("BTC")
        assert bbo is not None and bbo.bid == best  # noqa: S101, PT018 - every message was taken in
        await feed.disconnect()

    run_virtual(main, start_ns=_START_NS)
    return statistics.median(found)
