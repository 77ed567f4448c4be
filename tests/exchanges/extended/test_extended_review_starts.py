"""A second life on one account, a wrong clock, and connections that break one at a time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from extended_simulator import Scene, on_simulator
from heard import Heard

from exchanges.base import OrderStatus
from exchanges.extended.client import ExtendedClient
from helpers.clock import NS_PER_S
from helpers.enums import OrderType
from helpers.errors import UserError
from helpers.ids import ClientOrderIds
from simulation.virtual_loop import VirtualClock


async def restarted(scene: Scene) -> Scene:
    """Give another run on the account, with the same seed and nothing else of the first."""
    ids = ClientOrderIds(scene.clock.now_ns())
    again, heard = ExtendedClient(replace(scene.client.context, random=random.Random(3), ids=ids)), Heard()
    await again.connect()
    await again.subscribe("BTC", heard)
    return replace(scene, client=again, heard=heard)


def test_a_restarted_run_uses_no_nonce_again() -> None:
    """Two runs with one seed on one account: the venue takes the orders of both."""

    async def check(scene: Scene) -> None:
        for _ in range(5):
            assert (await scene.send())[1].success
        await scene.clock.sleep(30)
        again = await restarted(scene)
        for _ in range(5):
            result = (await again.send())[1]
            assert result.success, result.error_message
        await again.client.disconnect()

    on_simulator(check)


class SkewedClock(VirtualClock):
    """A clock that is wrong by so many seconds."""

    def __init__(self, right: VirtualClock, wrong_by_s: int) -> None:
        self._right = right
        self._wrong_by_ns = wrong_by_s * NS_PER_S

    def now_ns(self) -> int:
        return self._right.now_ns() + self._wrong_by_ns


@pytest.mark.parametrize(("wrong_by_s", "words"), [(40, "ahead of Extended"), (-40, "behind Extended")])
def test_a_clock_that_would_hide_executions_is_refused(wrong_by_s: int, words: str) -> None:
    """Missed fills are asked for from a minute back: a clock that is nearly as far off is no clock to trade by."""

    async def check(scene: Scene) -> None:
        await scene.clock.sleep(1)
        for seconds, is_fine in ((wrong_by_s, False), (wrong_by_s // 2, True)):
            clock = SkewedClock(scene.clock, seconds)
            it = ExtendedClient(replace(scene.client.context, clock=clock))
            try:
                if is_fine:
                    await it.connect()
                else:
                    with pytest.raises(UserError, match=words):
                        await it.connect()
            finally:
                await it.disconnect()

    on_simulator(check)


def test_a_restarted_run_finds_what_the_first_one_left() -> None:
    """By client order id: what rests can be cancelled, what filled is told with its order, what never was is None."""

    async def check(scene: Scene) -> None:
        resting, _ = await scene.send()
        filled, _ = await scene.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(30)
        await scene.client.disconnect()
        again = await restarted(scene)
        assert await again.status(resting) is OrderStatus.OPEN
        assert await again.status(filled) is OrderStatus.FILLED
        assert await again.status("12345") is None
        assert {fill.client_order_id for fill in await again.client.fetch_fills("BTC", 0)} == {filled}
        assert (await again.client.cancel_order("BTC", resting)).success
        await again.clock.sleep(1)
        assert await again.status(resting) is OrderStatus.CANCELLED
        await again.client.disconnect()

    on_simulator(check)


def test_two_processes_on_one_key_see_each_other_as_strangers() -> None:
    """Both trade; each hears of the other's orders under ids that it never gave, and takes none for its own."""

    async def check(scene: Scene) -> None:
        await scene.clock.sleep(2)
        other = await restarted(scene)
        ours, _ = await scene.send(order_type=OrderType.MARKET, price=None)
        theirs, _ = await other.send(order_type=OrderType.MARKET, price=None)
        await scene.clock.sleep(20)
        assert ours != theirs
        for one in (scene, other):
            assert {fill.client_order_id for fill in one.heard.fills} == {ours, theirs}
            assert [fill.trade_id for fill in await one.client.fetch_fills("BTC", 0)] == [
                fill.trade_id for fill in one.heard.fills
            ]
        await other.client.disconnect()

    on_simulator(check)


@pytest.mark.parametrize(("topic", "gaps", "has_book"), [("account", 1, True), ("mark", 0, True), ("books", 0, False)])
def test_topics_break_and_come_back_one_by_one(topic: str, gaps: int, has_book: bool) -> None:
    """Each has its own connection: what breaks is doubted, and nothing else."""
    place = ("books", "mark", "account").index(topic)

    async def check(scene: Scene) -> None:
        scene.transport.streams[place].end("cut by the test")
        await scene.clock.sleep(0.01)
        assert (scene.client.top_of_book("BTC") is not None) is has_book
        await scene.clock.sleep(60)
        assert scene.client.top_of_book("BTC") is not None
        assert scene.heard.gaps == gaps
        assert sum(stream.is_open for stream in scene.transport.streams) == 3

    on_simulator(check)
