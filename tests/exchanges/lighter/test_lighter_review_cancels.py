"""Cancels on Lighter go through: past orders that wait for their budget, past answers that do not come, past doubt."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from lighter_front_scenes import Scene, only, scene, scene_on

from exchanges.lighter.turns import Turns
from exchanges.rate_limiter import Priority
from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus
from simulation.servers.front import Respond, ServerRequest, ServerResponse
from simulation.servers.lighter.options import Tier
from simulation.servers.memory_transport import Fault, MemoryTransport
from simulation.virtual_loop import VirtualClock

D = Decimal
BUSY = Fault(answer=ServerResponse(status=503, body=b"busy"))


async def cancelled_in_s(at: Scene, key: str) -> float:
    """Cancel, and give how long the answer took."""
    start_ns = at.clock.now_ns()
    assert (await at.client.cancel_order("BTC", key)).success
    return (at.clock.now_ns() - start_ns) / NS_PER_S


async def test_a_cancel_passes_a_burst_of_orders_on_the_smallest_tier(clock: VirtualClock) -> None:
    """Sixty orders want a minute's sixty requests: the cancel behind them leaves at once, the last ones not at all."""
    at = await scene(clock, tier=Tier.STANDARD)
    await at.client.place_order("BTC", "1", at.resting())
    orders = [asyncio.create_task(at.client.place_order("BTC", str(key), at.resting())) for key in range(2, 62)]
    await clock.sleep(2)
    assert any(not order.done() for order in orders)
    assert await cancelled_in_s(at, "1") < 1
    results = await asyncio.gather(*orders)
    assert {result.error_message for result in results if not result.success} == {
        "Lighter's limits had no room for it in 10 s [not sent]"
    }
    sent = [result.client_order_id for result in results if result.success]
    await clock.sleep(1)
    assert len(at.account.live) == len(sent) > 20
    await at.client.disconnect()


async def test_a_cancel_passes_reads_that_wait(clock: VirtualClock) -> None:
    """Neither the look for an order that nobody here sent nor the next nonce stands in line behind other reads."""
    at = await scene(clock, tier=Tier.STANDARD)
    await at.client.place_order("BTC", "1", at.resting())
    at = await at.again()
    reads = [asyncio.create_task(at.client.get_balance()) for _ in range(80)]
    await clock.sleep(1)
    assert await cancelled_in_s(at, "1") < 1
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await at.client.disconnect()


async def test_a_cancel_passes_orders_whose_answers_do_not_come(clock: VirtualClock) -> None:
    """It waits for the one that is on its way, and not for those behind it."""
    at = await scene(clock)
    await at.client.place_order("BTC", "1", at.resting())
    at.transport.faults = only("sendTx", Fault(lose_request=True), times=1)
    orders = [asyncio.create_task(at.client.place_order("BTC", str(key), at.resting())) for key in range(2, 12)]
    await clock.sleep(0.001)
    cancel = asyncio.create_task(at.client.cancel_order("BTC", "1"))
    await cancel
    assert cancel.result().success
    assert sum(order.done() for order in orders) == 1
    results = await asyncio.gather(*orders)
    assert [result.status for result in results] == [OrderStatus.UNKNOWN] + [OrderStatus.OPEN] * 9
    await clock.sleep(1)
    assert len(at.account.live) == 9
    await at.client.disconnect()


@pytest.mark.parametrize(("name", "times"), [("nextNonce", 1), ("sendTx", 3)])
async def test_a_cancel_that_did_not_leave_is_not_refused(clock: VirtualClock, name: str, times: int) -> None:
    """No nonce to be had, or none that fits: whoever cancels must try again, and not take it for refused."""
    at = await scene(clock)
    await at.client.place_order("BTC", "1", at.resting())
    wrong = ServerResponse(status=400, body=b'{"code":21104,"message":"invalid nonce"}')
    at.transport.faults = only("sendTx", Fault(lose_reply=True))
    await at.client.place_order("BTC", "2", at.resting())
    fault = BUSY if name == "nextNonce" else Fault(answer=wrong)
    at.transport.faults = only(name, fault, times)
    result = await at.client.cancel_order("BTC", "1")
    assert (result.success, result.status) == (False, OrderStatus.UNKNOWN)
    assert (await at.client.cancel_order("BTC", "1")).success
    await clock.sleep(1)
    assert list(at.account.live) != []
    assert all(info.client_order_id != "1" for info in await at.client.get_active_orders("BTC"))
    await at.client.disconnect()


async def test_what_a_minute_allows_is_never_exceeded(clock: VirtualClock) -> None:
    """The venue counts the last minute: a saved-up burst and what came back meanwhile are not twice the limit."""
    at = await scene(clock, tier=Tier.STANDARD)
    answers: list[int] = []
    handle = at.front.handle

    def listening(request: ServerRequest, respond: Respond) -> None:
        def tell(response: ServerResponse) -> None:
            answers.append(response.status)
            respond(response)

        handle(request, tell)

    at.front.handle = listening  # type: ignore[method-assign]  # listens in
    await clock.sleep(120)
    for _ in range(100):
        await at.client.get_balance()
    for key in range(1, 100):
        while (await at.client.place_order("BTC", str(key), at.resting())).is_refused:
            assert len(answers) < 500
    assert 429 not in answers
    await at.client.disconnect()


async def test_two_processes_on_one_key_both_get_through(clock: VirtualClock) -> None:
    """Each finds its nonce taken by the other, reads the next and signs anew: nothing is placed twice or left out."""
    first = await scene(clock)
    second = await scene_on(first.front, clock, MemoryTransport(first.front, clock))
    for key in range(10):
        both = [
            first.client.place_order("BTC", str(1_000 + key), first.resting()),
            second.client.place_order("BTC", str(2_000 + key), second.resting()),
        ]
        assert all(result.success for result in await asyncio.gather(*both))
    await clock.sleep(1)
    assert len(first.account.live) == 20
    for at, base in ((first, 1_000), (second, 2_000)):
        for key in range(10):
            assert (await at.client.cancel_order("BTC", str(base + key))).success
    await clock.sleep(1)
    assert len(first.account.live) == 0
    await first.client.disconnect()
    await second.client.disconnect()


async def test_a_cancel_that_the_venue_refuses_is_refused(clock: VirtualClock) -> None:
    """It answered, and said no: the order is not active."""
    at = await scene(clock)
    await at.client.place_order("BTC", "1", at.resting())
    no = ServerResponse(status=400, body=b'{"code":21600,"message":"given order is not an active limit order"}')
    at.transport.faults = only("sendTx", Fault(answer=no))
    assert (await at.client.cancel_order("BTC", "1")).is_refused
    await at.client.disconnect()


async def test_turns_go_to_the_most_urgent(clock: VirtualClock) -> None:
    """In the order they came within a priority; who was called off while waiting is passed."""
    turns, went = Turns(), []

    async def go(name: str, priority: Priority) -> None:
        async with turns.turn(priority):
            went.append(name)
            await clock.sleep(1)

    names = {"a": Priority.ORDER, "b": Priority.ORDER, "c": Priority.ORDER, "d": Priority.CANCEL, "e": Priority.ORDER}
    tasks = {name: asyncio.create_task(go(name, priority)) for name, priority in names.items()}
    await clock.sleep(0.5)
    tasks["b"].cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert went == ["a", "d", "c", "e"]
    await go("f", Priority.READ)
    assert went[-1] == "f"


async def test_a_turn_that_nobody_takes_goes_on(clock: VirtualClock) -> None:
    """Called and called off in one moment: the next in line is called instead, and the line does not stand still."""
    turns, went = Turns(), []

    async def go(name: str) -> None:
        async with turns.turn(Priority.ORDER):
            went.append(name)

    async with turns.turn(Priority.ORDER):
        first, second = (asyncio.create_task(go(name)) for name in ("first", "second"))
        await clock.sleep(1)
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert first.cancelled()
    assert went == ["second"]
