"""Asking about orders: how often, how long, and what an answer changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_client import D, Reply, lost, make_client, open_desk
from order_samples import info

from exchanges.inquiry import Backoff, Inquiry, Look
from helpers.enums import OrderStatus
from helpers.errors import OrderStateError
from simulation.virtual_loop import VirtualClock

S = OrderStatus


async def test_the_pause_doubles_up_to_ten_seconds(clock: VirtualClock) -> None:
    """Waits of 1, 2, 4, 8, 10, 10 s, on the client's clock."""
    backoff = Backoff(make_client(clock))
    waited = []
    for _ in range(6):
        began = clock.now_ns()
        await backoff.wait()
        waited.append((clock.now_ns() - began) / 1e9)
    assert waited == [1, 2, 4, 8, 10, 10]


async def test_a_look_says_what_it_came_to(clock: VirtualClock, tmp_path: Path) -> None:
    """There, not there, and no answer are three different things."""
    desk = await open_desk(clock, tmp_path)
    key = desk.submit("entry")
    await desk.settle()
    inquiry = desk.session.executor._inquiry
    assert await inquiry.look_at(key) is Look.FOUND
    desk.client.script("info", Reply(value=None), lost(acts=False), Reply(error=OSError()))
    assert await inquiry.look_at(key) is Look.NOT_THERE
    assert await inquiry.look_at(key) is Look.SILENT
    assert await inquiry.look_at(key) is Look.SILENT
    assert desk.order(key).status is S.OPEN


async def test_an_answer_whose_fills_cannot_be_read_is_no_answer(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue's account of an order is not taken in before its fills were read."""
    desk = await open_desk(clock, tmp_path)
    key = desk.submit("entry")
    await desk.settle()
    desk.client.tells = False
    desk.client.end(key)
    desk.client.script("fills", lost(acts=False))
    assert await desk.session.executor._inquiry.look_at(key) is Look.SILENT
    assert desk.order(key).status is S.OPEN


async def test_only_our_own_orders_are_asked_about(clock: VirtualClock, tmp_path: Path) -> None:
    """An order nobody knows is no live one, has no state, and cannot be asked about."""
    desk = await open_desk(clock, tmp_path)
    inquiry: Inquiry = desk.session.executor._inquiry
    assert (inquiry.live("77"), inquiry.is_live("77"), inquiry.status("77")) == (None, False, None)
    inquiry.follow(info(S.OPEN, "77"))
    with pytest.raises(OrderStateError):
        await inquiry.look_at("77")


@pytest.mark.parametrize("quantity", ["0", "0.3"])
async def test_terms_that_cannot_be_true_are_ignored(clock: VirtualClock, tmp_path: Path, quantity: str) -> None:
    """A total below what filled, or of nothing, is no news to act on."""
    desk = await open_desk(clock, tmp_path)
    key = desk.submit("entry")
    await desk.settle()
    desk.client.execute(key, "0.4")
    desk.session.executor._inquiry.set_terms(key, D(1), D(quantity))
    assert (desk.order(key).price, desk.order(key).quantity) == (61_000, 1)
