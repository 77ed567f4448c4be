"""Orders on the simulated Paradex under the worst that can happen to them: none is lost, doubled or orphaned."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from paradex_review_scenes import MS, D, open_front, take_seat
from worlds import START_NS

from exchanges.truth import check_truth
from helpers.clock import NS_PER_S
from helpers.decisions import AmendParams
from helpers.enums import OrderStatus, Side, TimeInForce
from helpers.transport import HttpResponse
from simulation.profile import Latency
from simulation.servers.memory_transport import Fault
from simulation.servers.paradex.terms import ParadexTerms, StateWindow, SystemStatus
from simulation.virtual_loop import VirtualClock

EXPIRED = b'{"message":"missing or malformed jwt: token is expired by 9.4s"}'
S = OrderStatus


@pytest.mark.parametrize("kind", ["market", "ioc", "resting"])
async def test_a_401_after_the_venue_took_the_order_doubles_nothing(
    clock: VirtualClock, tmp_path: Path, kind: str
) -> None:
    """Somebody on the way says that the login is over, and the order lives: there is one, and it becomes known."""
    seat = await take_seat(clock, await open_front(clock), tmp_path)
    seat.wire.instead["POST"] = HttpResponse(status=401, headers={}, body=EXPIRED, received_ns=0)
    # Until there is a new login the order may be over, and its id free for another.
    seat.transport.faults = lambda request: Fault(delay_s=1) if "/auth/" in request.path else None
    more: dict[str, Any] = {"time_in_force": TimeInForce.IOC} if kind == "ioc" else {}
    order = seat.submit(Side.BUY, "0.002", {"market": None, "ioc": -30, "resting": 20_000}[kind], **more)
    await clock.sleep(15)
    assert len(seat.account.known) == 1
    assert seat.order(order).status is (S.OPEN if kind == "resting" else S.FILLED)
    assert seat.position == seat.held() == (0 if kind == "resting" else D("0.002"))
    await seat.leave()


async def test_a_401_before_the_venue_took_the_order_is_a_rejection(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue is asked three times and has none: the intent is free again within seconds, nothing was doubled."""
    seat = await take_seat(clock, await open_front(clock), tmp_path)
    refusal = HttpResponse(status=401, headers={}, body=EXPIRED, received_ns=0)
    seat.transport.faults = lambda request: Fault(lose_request=True) if request.method == "POST" else None
    seat.wire.instead["POST"] = refusal
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(1)
    seat.transport.faults = lambda _: None
    await clock.sleep(30)
    assert seat.order(order).status is S.REJECTED
    assert seat.account.known == {}
    await seat.leave()


async def test_everything_lost_at_once(clock: VirtualClock, tmp_path: Path) -> None:
    """The order left, its reply is lost and every stream is cut: it fills unheard, and is booked once."""
    seat = await take_seat(clock, await open_front(clock), tmp_path)
    seat.transport.faults = lambda request: Fault(lose_reply=True) if request.method == "POST" else None
    order = seat.submit(Side.SELL, "0.003")
    await clock.sleep(0)
    seat.transport.refuses_streams = True
    seat.transport.cut()
    await clock.sleep(20)
    assert seat.order(order).status is S.FILLED
    assert seat.position == seat.held() == D("-0.003")
    seat.transport.refuses_streams = False
    seat.transport.faults = lambda _: None
    await clock.sleep(60)
    assert await check_truth(seat.session, seat.recorder) == ""
    assert seat.session.beliefs.ledger.fees == seat.account.ledger("BTC").fees
    assert seat.position == D("-0.003")
    await seat.leave()


async def test_an_amend_whose_reply_and_news_are_lost_is_found_out(clock: VirtualClock, tmp_path: Path) -> None:
    """The change took effect unheard: its terms are asked for, and believed."""
    seat = await take_seat(clock, await open_front(clock), tmp_path)
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(1)
    seat.transport.faults = lambda request: Fault(lose_reply=True) if request.method == "PUT" else None
    price = seat.order(order).price
    assert price is not None
    lower = price - 10
    seat.session.executor.amend(AmendParams(intent="a", price=lower, quantity=D("0.004")))
    await clock.sleep(0)
    seat.transport.refuses_streams = True
    seat.transport.cut()
    await clock.sleep(40)
    (info,) = seat.resting()
    assert (info.price, info.size) == (lower, D("0.004"))
    assert (seat.order(order).price, seat.order(order).quantity) == (lower, D("0.004"))
    await seat.leave()


async def test_an_amend_that_meets_a_fill_never_fills_more_than_was_wanted(clock: VirtualClock, tmp_path: Path) -> None:
    """Changes chase a touch that takes them: whatever comes first, believed and true quantities are the same."""
    seat = await take_seat(clock, await open_front(clock, activity=2), tmp_path)
    for number in range(30):
        order = seat.submit(Side.BUY, "0.002", 0, intent=str(number))
        await clock.sleep(0.05 * (number % 5))
        before = seat.order(order)
        if before.is_live and before.price is not None:
            wanted = AmendParams(intent=str(number), price=before.price + D("0.5") * (number % 3), quantity=D("0.003"))
            seat.session.executor.amend(wanted)
        await clock.sleep(0.5)
        seat.session.executor.cancel(str(number))
    await clock.sleep(20)
    assert seat.session.executor.failure is None
    assert seat.resting() == [] == list(seat.session.tracker.live())
    assert seat.position == seat.held() > 0
    assert all(info.filled_size <= D("0.003") for info in seat.account.known.values())
    await seat.leave()


@pytest.mark.parametrize("status", [SystemStatus.CANCEL_ONLY, SystemStatus.POST_ONLY, SystemStatus.MAINTENANCE])
async def test_maintenance_refuses_for_sure_and_passes(
    clock: VirtualClock, tmp_path: Path, status: SystemStatus
) -> None:
    """A taking order is refused, not unknown; what rested rests on or is cancelled; afterwards all is as before."""
    begins_ns = START_NS + 30 * NS_PER_S
    window = StateWindow(start_ns=begins_ns, end_ns=begins_ns + 60 * NS_PER_S, status=status)
    seat = await take_seat(clock, await open_front(clock, terms=ParadexTerms(windows=(window,))), tmp_path)
    resting = seat.submit(Side.BUY, "0.002", 20_000, intent="rests")
    await clock.sleep(31)
    taking = seat.submit(Side.BUY, "0.002", intent="takes")
    await clock.sleep(15)
    assert seat.order(taking).status is S.REJECTED
    assert seat.order(resting).status is S.OPEN
    await clock.sleep(60)
    again = seat.submit(Side.BUY, "0.002", intent="takes")
    seat.session.executor.cancel("rests")
    await clock.sleep(15)
    assert (seat.order(again).status, seat.order(resting).status) == (S.FILLED, S.CANCELLED)
    assert seat.position == seat.held()
    await seat.leave()


async def test_a_cancel_before_the_order_is_in_the_book_still_cancels(clock: VirtualClock, tmp_path: Path) -> None:
    """Accepted is not placed: a cancel meanwhile is queued behind the order, and nothing is left resting."""
    terms = ParadexTerms(entry=Latency(base_ns=2_500 * MS))
    seat = await take_seat(clock, await open_front(clock, terms=terms), tmp_path)
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(1)
    assert seat.order(order).status is S.OPEN  # accepted, and not in the book yet
    seat.session.executor.cancel("a")
    await clock.sleep(15)
    assert seat.order(order).status is S.CANCELLED
    assert seat.resting() == []
    await seat.leave()


async def test_cancels_do_not_wait_for_reads(clock: VirtualClock, tmp_path: Path) -> None:
    """Reads have used up their budget and stand in line for minutes: a cancel and an order go at once."""
    seat = await take_seat(clock, await open_front(clock), tmp_path)
    seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(1)
    reads = [asyncio.create_task(seat.client.get_balance()) for _ in range(1_200)]
    await clock.sleep(5)
    waiting = sum(not read.done() for read in reads)
    began = clock.now_ns()
    result = await seat.client.cancel_all("BTC")
    assert waiting > 400
    assert result.success
    assert clock.now_ns() - began < NS_PER_S
    assert 429 not in seat.wire.statuses()
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)
    await seat.leave()
