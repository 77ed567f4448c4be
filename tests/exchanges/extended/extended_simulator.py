"""A client on the simulated Extended, in memory and in virtual time."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from heard import Heard
from worlds import START_NS

from exchanges.base import ExchangeContext, OrderParams, OrderStatus, Side
from exchanges.extended.client import ExtendedClient
from exchanges.results import outcome
from helpers.ids import ClientOrderIds
from helpers.models import Market
from helpers.money import floor_to
from simulation.servers.extended.front import ExtendedFront
from simulation.servers.front import ServerRequest
from simulation.servers.memory_transport import MemoryTransport
from simulation.servers.world import ServerOptions
from simulation.virtual_loop import VirtualClock, run_virtual

D = Decimal


@dataclass
class Scene:
    """A client subscribed to BTC, its venue and what it heard."""

    client: ExtendedClient
    transport: MemoryTransport
    clock: VirtualClock
    heard: Heard
    market: Market

    async def send(self, **more: Any) -> tuple[str, Any]:
        """Send a small buy two per cent below the market, or what it is changed to."""
        bid, _ = await self.client.fetch_bbo_prices("BTC")
        price = floor_to(bid * D("0.98"), self.market.tick_size)
        fields: dict[str, Any] = {"side": Side.BUY, "quantity": D("0.001"), "price": price, "intent": "any"}
        key = self.client.context.ids.next()
        result = await outcome(self.client.place_order("BTC", key, OrderParams(**{**fields, **more})))
        return key, result

    async def status(self, key: str) -> OrderStatus | None:
        """Ask where an order stands."""
        info = await self.client.get_order_info("BTC", key)
        return None if info is None else info.status

    def posts(self) -> list[ServerRequest]:
        """Give the orders that were sent."""
        return [request for request in self.transport.requests if request.path == "/api/v1/user/order"]


def environment(front: ExtendedFront, url: str = "127.0.0.1:8003") -> dict[str, str]:
    """Give the simulated account's variables."""
    return dict(line.split("=", 1) for line in front.env_lines(f"http://{url}", f"ws://{url}"))


def on_simulator(check: Callable[[Scene], Awaitable[None]]) -> None:
    """Run a check in virtual time on a fresh venue."""

    async def main(clock: VirtualClock) -> None:
        front = ExtendedFront(ServerOptions(start_ns=clock.now_ns()))
        clock.attach(front.venue)
        transport = MemoryTransport(front, clock)
        context = ExchangeContext(
            "extended",
            clock,
            random.Random(3),
            ClientOrderIds(clock.now_ns()),
            transport=transport,
            environment=environment(front),
        )
        client, heard = ExtendedClient(context), Heard()
        try:
            await client.connect()
            await client.subscribe("BTC", heard)
            await check(Scene(client, transport, clock, heard, await client.get_market("BTC")))
        finally:
            await client.disconnect()

    run_virtual(main, start_ns=START_NS)
