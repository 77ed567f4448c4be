"""The client against the simulated Extended, which checks every signature as the venue does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from extended_simulator import Scene, on_simulator

from exchanges.base import OrderStatus
from exchanges.extended.client import ExtendedClient
from helpers.enums import OrderType, TimeInForce
from simulation.servers.memory_transport import Fault

D = Decimal


@pytest.mark.parametrize("was_heard", [True, False])
def test_a_lost_reply_is_unknown_and_then_known(was_heard: bool) -> None:
    """The order left once; the venue says whether it has it."""

    async def check(scene: Scene) -> None:
        fault = Fault(lose_reply=True) if was_heard else Fault(lose_request=True)
        scene.transport.faults = lambda request: fault if request.method == "POST" else None
        key, result = await scene.send()
        assert result.status is OrderStatus.UNKNOWN
        assert len(scene.posts()) == 1
        assert await scene.status(key) is (OrderStatus.OPEN if was_heard else None)

    on_simulator(check)


def test_a_post_only_order_that_would_take() -> None:
    """Taken by REST, refused by the book: REJECTED comes on the stream with the venue's reason."""

    async def check(scene: Scene) -> None:
        _, ask = await scene.client.fetch_bbo_prices("BTC")
        key, result = await scene.send(price=ask, post_only=True)
        assert result.status is OrderStatus.OPEN
        await scene.clock.sleep(1)
        told = [info for info in scene.heard.orders if info.client_order_id == key]
        assert (told[-1].status, told[-1].reason) == (OrderStatus.REJECTED, "POST_ONLY_FAILED")
        assert await scene.status(key) is OrderStatus.REJECTED

    on_simulator(check)


def test_streams_that_break_come_back() -> None:
    """The book is gone while nobody tells it, and there again; the account's gap is told once."""

    async def check(scene: Scene) -> None:
        scene.transport.refuses_streams = True
        scene.transport.cut()
        await scene.clock.sleep(0.2)
        assert scene.client.top_of_book("BTC") is None
        assert scene.heard.gaps == 0
        await scene.clock.sleep(10)
        scene.transport.refuses_streams = False
        await scene.clock.sleep(60)
        bbo = scene.client.top_of_book("BTC")
        assert bbo is not None
        assert bbo.is_two_sided
        assert scene.heard.gaps == 1

    on_simulator(check)


def test_half_an_hour_of_books_has_no_gap() -> None:
    """The stream's book stays the venue's own, level by level, and no frame is unreadable."""

    async def check(scene: Scene) -> None:
        opened = len(scene.transport.streams)
        for _ in range(30):
            await scene.clock.sleep(60)
            streamed = await scene.client.fetch_order_book("BTC", 5)
            assert streamed.bids[0].price < streamed.asks[0].price
        assert len(scene.transport.streams) == opened
        assert scene.heard.gaps == 0

    on_simulator(check)


def test_funding_is_told() -> None:
    """A position over the full hour pays or is paid, and the listener hears it once."""

    async def check(scene: Scene) -> None:
        await scene.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(3700)
        held = (await scene.client.position("BTC")).quantity
        assert [(payment.ticker, payment.position) for payment in scene.heard.payments] == [("BTC", held)]
        await scene.clock.sleep(300)
        assert len(scene.heard.payments) == 1
        payment = scene.heard.payments[0]
        assert payment.amount * payment.rate * held <= 0

    on_simulator(check)


def test_an_order_ends_by_itself() -> None:
    """A good-till-time order expires at its time, and the stream says so."""

    async def check(scene: Scene) -> None:
        ends = scene.clock.now_ns() + 60 * 10**9
        key, result = await scene.send(time_in_force=TimeInForce.GTT, expires_ns=ends)
        assert result.success
        await scene.clock.sleep(90)
        assert await scene.status(key) is OrderStatus.EXPIRED
        assert scene.heard.orders[-1].status is OrderStatus.EXPIRED

    on_simulator(check)


def test_the_dead_mans_switch_cancels() -> None:
    """Not called again in time, it takes every order away; switched off, none."""

    async def check(scene: Scene) -> None:
        key, _ = await scene.send()
        await scene.client.set_dead_man_switch(30)
        await scene.client.set_dead_man_switch(None)
        await scene.clock.sleep(60)
        assert await scene.status(key) is OrderStatus.OPEN
        await scene.client.set_dead_man_switch(30)
        await scene.clock.sleep(60)
        assert await scene.status(key) is OrderStatus.CANCELLED

    on_simulator(check)


def test_fills_are_the_same_from_stream_and_rest() -> None:
    """After a restart that knows no order, too: a new client finds the client order ids."""

    async def check(scene: Scene) -> None:
        key, _ = await scene.send(order_type=OrderType.MARKET, price=None, quantity=D("0.01"))
        await scene.clock.sleep(1)
        assert {fill.client_order_id for fill in scene.heard.fills} == {key}
        again = ExtendedClient(scene.client.context)
        assert set(await again.fetch_fills("BTC", 0)) == set(scene.heard.fills)

    on_simulator(check)
