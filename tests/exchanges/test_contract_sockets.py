"""The contract in short, over real loopback sockets and real time: what memory cannot show, the bytes on a line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from heard import Heard

from exchanges.base import BaseExchangeClient, ExchangeContext, OrderParams, OrderStatus, Side
from exchanges.factory import exchanges
from helpers.clock import WallClock
from helpers.enums import OrderType
from helpers.ids import ClientOrderIds
from helpers.money import ceil_to, floor_to, minimum_quantity
from simulation.servers.factory import servers
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions

D = Decimal
_PATIENCE_S = 8.0


async def until(holds: Callable[[], bool]) -> None:
    """Wait for news, in real time and not for ever."""
    async with asyncio.timeout(_PATIENCE_S):
        while not holds():
            await WallClock().sleep(0.005)


async def trade_once(client: BaseExchangeClient, heard: Heard) -> None:
    """Rest an order and cancel it, take one, and read everything back."""
    market, ids = await client.get_market("BTC"), client.context.ids
    bid, ask = await client.fetch_bbo_prices("BTC")
    assert bid < ask
    price = floor_to(bid * D("0.98"), market.tick_size)
    quantity = ceil_to(2 * minimum_quantity(market, price), market.quantity_step)
    rests, takes = ids.next(), ids.next()

    placed = await client.place_order(
        "BTC", rests, OrderParams(intent="rest", side=Side.BUY, price=price, quantity=quantity, post_only=True)
    )
    assert placed.status is OrderStatus.OPEN, placed.error_message
    await until(lambda: any(info.client_order_id == rests for info in heard.orders))
    assert [info.client_order_id for info in await client.get_active_orders("BTC")] == [rests]
    assert (await client.cancel_order("BTC", rests)).success
    await until(lambda: any(info.status is OrderStatus.CANCELLED for info in heard.orders))

    market_order = OrderParams(intent="take", side=Side.BUY, quantity=quantity, order_type=OrderType.MARKET)
    assert (await client.place_order("BTC", takes, market_order)).success
    await until(lambda: sum(fill.quantity for fill in heard.fills) == quantity)
    info = await client.get_order_info("BTC", takes)
    assert info is not None
    assert info.status is OrderStatus.FILLED
    assert (await client.position("BTC")).quantity == quantity
    fills = await client.fetch_fills("BTC", 0)
    assert {fill.trade_id for fill in fills} == {fill.trade_id for fill in heard.fills}
    assert (await client.get_balance()).wallet < D(10_000) + 1


def on_sockets(name: str, check: Callable[[BaseExchangeClient, Heard], Awaitable[None]]) -> None:
    """Run a check on a venue's client, unchanged, against its simulator on a free port."""

    async def main() -> None:
        clock = WallClock()
        front = servers.load(name)(ServerOptions(start_ns=clock.now_ns()))
        server = SocketServer(front, clock)
        await server.open("127.0.0.1", 0)
        clock.attach(front.venue)
        place = f"127.0.0.1:{server.port}"
        lines = front.env_lines(f"http://{place}", f"ws://{place}")
        environment = dict(line.split("=", 1) for line in lines)
        ids = ClientOrderIds(clock.now_ns())
        client = exchanges.load(name)(ExchangeContext(name, clock, random.Random(1), ids, environment=environment))
        heard = Heard()
        try:
            await client.connect()
            await client.subscribe("BTC", heard)
            await check(client, heard)
        finally:
            await client.disconnect()
            clock.detach(front.venue)
            await server.close()

    asyncio.run(main())


@pytest.mark.parametrize("name", servers.names())
def test_the_contract_in_short_holds_on_sockets(name: str) -> None:
    """Connect, stream, place, cancel, take, and read back, over HTTP and WebSockets of this machine."""
    on_sockets(name, trade_once)
