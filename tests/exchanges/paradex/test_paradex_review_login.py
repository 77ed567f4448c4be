"""The login that lives five minutes, wherever it matters: long runs, broken lines, wrong clocks, outages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from pathlib import Path

import pytest
from paradex_review_scenes import open_front, take_seat
from paradex_samples import ORDER
from paradex_scenes import NO_TOKEN, FakeVenue, connected, settle

from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus, Side
from helpers.errors import ConnectivityError, UserError
from simulation.servers.paradex.terms import ParadexTerms
from simulation.virtual_loop import VirtualClock

S = OrderStatus


class WrongClock:
    """A clock that is off."""

    def __init__(self, right: VirtualClock, off_ns: int) -> None:
        self._right = right
        self.off_ns = off_ns

    def now_ns(self) -> int:
        return self._right.now_ns() + self.off_ns

    def sleep(self, seconds: float) -> Awaitable[None]:
        return self._right.sleep(seconds)

    def __getattr__(self, name: str) -> object:
        return getattr(self._right, name)


async def test_no_request_of_a_long_run_meets_an_expired_login(clock: VirtualClock, tmp_path: Path) -> None:
    """Busy and idle times, lines cut at every age of a token: the venue never once answers 401."""
    seat = await take_seat(clock, await open_front(clock, activity=0.05), tmp_path)
    for pause_s in (100, 179, 181, 239, 279, 281, 299, 301, 600, 7, 1_000):
        order = seat.submit(Side.BUY, "0.002", 20_000)
        await clock.sleep(1)
        assert seat.order(order).status is S.OPEN
        seat.session.executor.cancel("a")
        seat.transport.cut()
        await clock.sleep(pause_s)
        assert seat.order(order).status is S.CANCELLED
        assert seat.client.top_of_book("BTC") is not None
    assert 401 not in seat.wire.statuses()
    assert seat.wire.count("GET", "/account/info") == 1
    await seat.leave()


@pytest.mark.parametrize("off_s", [-3_600, -4, 4, 3_600])
async def test_a_wrong_clock_expires_no_login(clock: VirtualClock, tmp_path: Path, off_s: int) -> None:
    """How long a token lives is counted from when it came. A clock that is far off is refused at once."""
    front = await open_front(clock, activity=0.05)
    wrong = WrongClock(clock, off_s * NS_PER_S)
    seating = take_seat(clock, front, tmp_path, client_clock=wrong)  # type: ignore[arg-type]  # a clock all the same
    if abs(off_s) > 100:
        with pytest.raises(UserError, match="clock"):
            await seating
        return
    seat = await seating
    await clock.sleep(700)
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(2)
    assert seat.order(order).status is S.OPEN
    assert 401 not in seat.wire.statuses()
    await seat.leave()


async def test_a_clock_that_is_set_back_while_running_hangs_nothing(clock: VirtualClock, tmp_path: Path) -> None:
    """A token looks younger than it is: the venue says so, reads go on, orders of another hour are refused for sure."""
    front = await open_front(clock, activity=0.05)
    wrong = WrongClock(clock, 0)
    seat = await take_seat(clock, front, tmp_path, client_clock=wrong)  # type: ignore[arg-type]  # a clock all the same
    await clock.sleep(60)
    wrong.off_ns = -3_600 * NS_PER_S
    await clock.sleep(400)
    assert (await seat.client.get_balance()).wallet > 0
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(2)
    assert seat.order(order).status is S.REJECTED
    wrong.off_ns = 0
    assert (await seat.client.get_balance()).wallet > 0
    order = seat.submit(Side.BUY, "0.002", 20_000)
    await clock.sleep(2)
    assert seat.order(order).status is S.OPEN
    await seat.leave()


async def test_a_venue_that_ends_streams_is_come_back_to(clock: VirtualClock, tmp_path: Path) -> None:
    """Every stream is ended after ten minutes: each time there is a login for the next one, and orders are heard."""
    terms = ParadexTerms(stream_life_s=600)
    seat = await take_seat(clock, await open_front(clock, terms=terms, activity=0.05), tmp_path)
    for _ in range(4):
        await clock.sleep(610)
        order = seat.submit(Side.BUY, "0.002")
        await clock.sleep(0.5)
        assert seat.order(order).status is S.FILLED
    assert seat.position == seat.held()
    assert 401 not in seat.wire.statuses()
    await seat.leave()


async def test_an_outage_of_the_login_is_waited_out_once(clock: VirtualClock) -> None:
    """Who waits for one login shares its failure: the twentieth cancel does not stand in line for twenty time-outs."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(400)
    began = clock.now_ns()
    venue.script("POST /auth", ConnectivityError("no answer"))
    results = await asyncio.gather(*(client.cancel_order("BTC", str(number)) for number in range(20)))
    assert {result.status for result in results} == {S.UNKNOWN}
    assert sum("/auth/" in request.url for request in venue.asked) == 2  # the first login, and one that failed
    assert clock.now_ns() - began < NS_PER_S
    venue.script("DELETE /orders/by_client_id/1", (204, b""))
    assert (await client.cancel_order("BTC", "1")).success
    await client.disconnect()


async def test_leaving_lets_nobody_wait_for_a_login(clock: VirtualClock) -> None:
    """A request that waits for a login while the client leaves fails as a lost connection, not as a cancelled task."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(400)
    waiting = asyncio.create_task(client.get_balance())
    await clock.sleep(0)
    await client.disconnect()
    with pytest.raises(ConnectivityError, match="given up"):
        await waiting


async def test_who_stops_waiting_for_a_login_stops_nobody_else(clock: VirtualClock) -> None:
    """One request is cancelled while several wait for one login: the others get it."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    await clock.sleep(400)
    first, second = (asyncio.create_task(client.get_balance()) for _ in range(2))
    await clock.sleep(0)
    first.cancel()
    assert (await second).wallet == 10_000
    assert venue.tokens == 2
    await client.disconnect()


async def test_tokens_that_are_revoked_before_their_time_are_replaced(clock: VirtualClock) -> None:
    """Every kind of request that may be repeated goes through; each costs one login and no more."""
    venue = FakeVenue(clock)
    client = await connected(venue)
    venue.script("PUT /orders/1681493746016001", NO_TOKEN, (200, ORDER))
    venue.script("GET /orders/by_client_id/77", (200, ORDER), NO_TOKEN, (200, ORDER))
    venue.script("DELETE /orders", NO_TOKEN, (200, b""))
    await client.amend_order("BTC", "77", Decimal(ORDER["price"]), Decimal(ORDER["size"]))
    assert (await client.cancel_all("BTC")).success
    await settle(venue)
    assert venue.tokens == 4
    await client.disconnect()
