"""Who may come in, on the simulated Extended: keys, networks, the doctor, public data without keys, real sockets."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import Any

import pytest
from extended_simulator import Scene, environment, on_simulator
from heard import Heard

from exchanges.base import ExchangeContext, OrderParams, OrderStatus, Side
from exchanges.extended.client import ExtendedClient
from exchanges.socket_transport import SocketTransport
from helpers.clock import WallClock
from helpers.enums import TimeInForce
from helpers.errors import AuthError, ConnectivityError
from helpers.ids import ClientOrderIds
from helpers.money import ceil_to
from simulation.servers.extended.front import ExtendedFront
from simulation.servers.sockets import SocketServer
from simulation.servers.world import ServerOptions

D = Decimal


def test_what_a_doctor_says_of_it() -> None:
    """Every step succeeds, the signed order is accepted and ends unfilled."""

    async def check(scene: Scene) -> None:
        lines = [await step.look() for step in ExtendedClient(scene.client.context).checkup("BTC")]
        assert "ended unfilled as meant" in lines[-1]
        assert (await scene.client.position("BTC")).quantity == 0

    on_simulator(check)


def test_keys_that_the_venue_does_not_know() -> None:
    """Another API key is refused with the variable's name; so is a signature for another network."""

    async def check(scene: Scene) -> None:
        context = scene.client.context
        variables = {**context.environment, "EXTENDED_API_KEY": "0" * 32}
        stranger = ExtendedClient(
            ExchangeContext(
                "x", scene.clock, context.random, context.ids, transport=scene.transport, environment=variables
            )
        )
        with pytest.raises(AuthError, match="EXTENDED_API_KEY"):
            await stranger.connect()
        network = {"mainnet": "testnet", "testnet": "mainnet"}[context.environment["EXTENDED_ENVIRONMENT"]]
        variables = {**context.environment, "EXTENDED_ENVIRONMENT": network}
        elsewhere = ExtendedClient(
            ExchangeContext(
                "x", scene.clock, context.random, context.ids, transport=scene.transport, environment=variables
            )
        )
        # At once: a longer life than the other network takes would be refused before the signature is looked at.
        ioc: dict[str, Any] = {"time_in_force": TimeInForce.IOC, "intent": "any"}
        params = OrderParams(side=Side.BUY, quantity=D("0.001"), price=D(60000), **ioc)
        with pytest.raises(AuthError, match="EXTENDED_ENVIRONMENT"):
            await elsewhere.place_order("BTC", "5", params)

    on_simulator(check)


def test_public_trades_reach_a_listener() -> None:
    """Without keys: books and trades of one market, no trade twice."""

    async def check(scene: Scene) -> None:
        heard, feed = Heard(), ExtendedClient.public_feed(scene.client.context)
        await feed.connect()
        await feed.subscribe("ETH", heard)
        await scene.clock.sleep(300)
        assert heard.trades
        assert len({trade.trade_id for trade in heard.trades}) == len(heard.trades)
        assert heard.books > 10
        await feed.disconnect()

    on_simulator(check)


def test_on_real_sockets() -> None:
    """The same over loopback: connect, follow, place, find, cancel."""

    async def main() -> None:
        clock, heard = WallClock(), Heard()
        front = ExtendedFront(ServerOptions(start_ns=clock.now_ns()))
        server = SocketServer(front, clock)
        clock.attach(front.venue)
        await server.open("127.0.0.1", 0)
        context = ExchangeContext(
            "extended",
            clock,
            random.Random(3),
            ClientOrderIds(clock.now_ns()),
            environment=environment(front, f"127.0.0.1:{server.port}"),
        )
        client = ExtendedClient(context)
        try:
            await client.connect()
            await client.subscribe("BTC", heard)
            bid, ask = await client.fetch_bbo_prices("BTC")
            assert bid < ask
            price = ceil_to(bid * D("0.97"), (await client.get_market("BTC")).tick_size)
            params = OrderParams(side=Side.BUY, quantity=D("0.001"), price=price, intent="any")
            assert (await client.place_order("BTC", "5", params)).success
            info = await client.get_order_info("BTC", "5")
            assert info is not None
            assert (await client.cancel_order("BTC", "5")).success
            async with asyncio.timeout(2):
                while not heard.orders or heard.orders[-1].status is not OrderStatus.CANCELLED:
                    await clock.sleep(0.02)
            assert isinstance(client._parts.network.transport, SocketTransport)
        finally:
            await client.disconnect()
            await server.close()
            clock.detach(front.venue)
        with pytest.raises(ConnectivityError):
            await client.connect()
        await client.disconnect()

    asyncio.run(main())
