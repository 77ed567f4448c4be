"""The Lighter client on the simulator of its protocol, in memory, with the network in the test's hands."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from heard import Heard

from exchanges.base import ExchangeContext
from exchanges.lighter.client import LighterClient
from helpers.decisions import OrderParams
from helpers.enums import Side
from helpers.ids import ClientOrderIds
from simulation.servers.front import ServerRequest
from simulation.servers.lighter.front import LighterFront
from simulation.servers.lighter.options import LighterOptions
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock

D = Decimal


@dataclass
class Scene:
    """A client that follows BTC, and the venue behind it."""

    clock: VirtualClock
    front: LighterFront
    transport: MemoryTransport
    client: LighterClient
    heard: Heard

    @property
    def account(self) -> Any:
        """The account as the venue has it."""
        return self.front.venue.core.accounts[self.front.account_id]

    def touch(self, side: Side) -> Decimal:
        """Give the best price of a side."""
        bbo = self.client.top_of_book("BTC")
        assert bbo is not None
        assert bbo.bid is not None
        assert bbo.ask is not None
        return bbo.bid if side is Side.BUY else bbo.ask

    def resting(self, quantity: str = "0.001", side: Side = Side.BUY, **changes: Any) -> OrderParams:
        """Give an order far from the touch."""
        price = (self.touch(side) * (D("0.97") if side is Side.BUY else D("1.03"))).quantize(D(1))
        return OrderParams(side=side, quantity=D(quantity), price=price, intent="test", **changes)

    async def again(self) -> Scene:
        """Let the process die, and give the next one's client on the same venue, connected and subscribed."""
        await self.client.disconnect()
        return await scene_on(self.front, self.clock)


async def scene(clock: VirtualClock, **options: Any) -> Scene:
    """Give a client on a fresh venue; the signer lives by the wall clock, so deadlines are not looked at."""
    front = LighterFront(LighterOptions(start_ns=clock.now_ns(), checks_deadline=False, **options))
    clock.attach(front.venue)
    return await scene_on(front, clock)


async def scene_on(front: LighterFront, clock: VirtualClock, transport: MemoryTransport | None = None) -> Scene:
    """Give another client on a venue."""
    transport = transport or MemoryTransport(front, clock)
    lines = front.env_lines("http://127.0.0.1:1", "ws://127.0.0.1:1")
    seams = ExchangeContext(
        "lighter",
        clock,
        random.Random(1),
        ClientOrderIds(clock.now_ns()),
        transport=transport,
        environment=dict(line.split("=", 1) for line in lines),
    )
    found = Scene(clock, front, transport, LighterClient(seams), Heard())
    await found.client.connect()
    await found.client.subscribe("BTC", found.heard)
    return found


def only(name: str, fault: Fault, times: int = 1) -> Any:
    """Give a plan of faults: the next so many requests of one kind."""
    left = [times]

    def plan(request: ServerRequest) -> Fault | None:
        if not request.path.endswith(name) or not left[0]:
            return None
        left[0] -= 1
        return fault

    return plan
