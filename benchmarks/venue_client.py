"""A real venue's client, unchanged, in a process and on a core of its own: one order for each move of the best bid.

Started by benchmarks/venue_bench.py: VENUE CORE SECONDS, with the simulator's .env lines on stdin.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from decimal import Decimal
from typing import Final

import msgspec

from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from helpers.clock import NS_PER_S, WallClock, monotonic_ns
from helpers.decisions import OrderParams
from helpers.enums import Side, TimeInForce
from helpers.ids import ClientOrderIds
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position
from helpers.money import ceil_to, floor_to, minimum_quantity

_TICKER: Final = "BTC"
_AWAY: Final = Decimal("0.97")
_WARM_ORDERS: Final = 3


class Chaser:
    """Answers each new best bid with an order that cannot fill and does not stay."""

    def __init__(self, client: BaseExchangeClient) -> None:
        """Wait until armed."""
        self.client = client
        self.orders = 0
        self.refused: list[str] = []
        self.is_armed = False
        self._bid: Decimal | None = None
        self._params: OrderParams | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def prepare(self) -> None:
        """Work the order out beforehand, and send a few so that every connection stands."""
        market = await self.client.get_market(_TICKER)
        bid, _ = await self.client.fetch_bbo_prices(_TICKER)
        price = floor_to(bid * _AWAY, market.tick_size)
        quantity = ceil_to(minimum_quantity(market, price) * 2, market.quantity_step)
        self._bid = bid
        self._params = OrderParams(
            intent="bench", side=Side.BUY, price=price, quantity=quantity, time_in_force=TimeInForce.IOC
        )
        for _ in range(_WARM_ORDERS):
            await self._send()
        self.is_armed = True

    def on_book(self) -> None:
        """Send an order if the best bid moved."""
        if not self.is_armed:
            return
        bbo = self.client.top_of_book(_TICKER)
        if bbo is None or bbo.bid == self._bid:
            return
        self._bid = bbo.bid
        task = asyncio.get_running_loop().create_task(self._send())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        assert self._params is not None  # noqa: S101 - prepared
        self.orders += 1
        result = await self.client.place_order(_TICKER, self.client.context.ids.next(), self._params)
        if not result.success:
            self.refused.append(result.error_message)

    def on_order(self, info: OrderInfo) -> None:
        """Hear nothing."""

    def on_fill(self, fill: Fill) -> None:
        """Hear nothing."""

    def on_position(self, position: Position) -> None:
        """Hear nothing."""

    def on_balance(self, balance: Balance) -> None:
        """Hear nothing."""

    def on_funding(self, payment: FundingPayment) -> None:
        """Hear nothing."""

    def on_gap(self) -> None:
        """Hear nothing."""

    def on_end(self, reason: str) -> None:
        """Hear nothing."""


class ChaserResult(msgspec.Struct):
    """What the client can say of itself."""

    orders: int
    refused: list[str]
    cpu_share: float


async def chase(name: str, lines: list[str], seconds: float) -> ChaserResult:
    """Answer for so long."""
    clock = WallClock()
    client = exchanges.load(name)(
        ExchangeContext(
            name,
            clock,
            random.Random(1),
            ClientOrderIds(clock.now_ns()),
            environment=dict(line.split("=", 1) for line in lines),
        )
    )
    chaser = Chaser(client)
    await client.connect()
    await client.subscribe(_TICKER, chaser)
    await chaser.prepare()
    cpu_s, began_ns = sum(os.times()[:2]), monotonic_ns()
    await clock.sleep(seconds)
    share = (sum(os.times()[:2]) - cpu_s) * NS_PER_S / (monotonic_ns() - began_ns)
    await client.disconnect()
    return ChaserResult(orders=chaser.orders, refused=chaser.refused[:3], cpu_share=share)


def main() -> None:
    """Answer as the command line says."""
    import uvloop  # noqa: PLC0415 - the loop of a live run

    name, core, seconds = sys.argv[1:4]
    os.sched_setaffinity(0, {int(core)})
    lines: list[str] = msgspec.json.decode(sys.stdin.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(chase(name, lines, float(seconds)))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main()
