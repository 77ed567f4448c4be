"""Leaving a venue: what is cancelled, what is closed, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_client import NO_AMEND, D, Desk, Reply, lost, make_client, open_desk

from exchanges.base import OrderResult, Position
from exchanges.shutdown import CLOSE_INTENT, close_position, leave
from helpers.decisions import AmendParams, OnStop, OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from simulation.virtual_loop import VirtualClock

S = OrderStatus


async def resting(desk: Desk, intent: str = "entry", quantity: str = "1", side: Side = Side.BUY) -> str:
    """Let an order rest and give its id."""
    key = desk.submit(intent, quantity, side=side)
    await desk.settle()
    return key


async def holding(desk: Desk, quantity: str = "1") -> None:
    """Hold a position."""
    desk.client.execute(await resting(desk, "buy", quantity), quantity)


def fills_markets(desk: Desk, *, tell: bool = True, late_s: float = 0.0) -> list[OrderParams]:
    """Let the venue execute each market order, and give the list of them."""
    place, sent = desk.client.place_order, []

    async def place_and_fill(ticker: str, key: str, params: OrderParams) -> OrderResult:
        sent.append(params)
        result = await place(ticker, key, params)
        if result.success and params.order_type is OrderType.MARKET:
            desk.clock._loop.call_later(late_s, lambda: desk.client.execute(key, params.quantity, tell=tell))  # type: ignore[attr-defined]  # the virtual clock
        return result

    desk.client.place_order = place_and_fill  # type: ignore[method-assign]  # this venue fills market orders
    return sent


# -- cancel and keep ----------------------------------------------------------------------------


async def test_orders_are_cancelled_and_the_position_stays(clock: VirtualClock, tmp_path: Path) -> None:
    """CANCEL takes every order out and says what is held."""
    desk = await open_desk(clock, tmp_path)
    await holding(desk)
    keys = [await resting(desk, intent) for intent in ("a", "b", "c")]
    lines = await leave(desk.session, OnStop.CANCEL, desk.recorder)
    assert lines == ["a long position of 1 BTC stays on fake"]
    assert [desk.client.orders[key].status for key in keys] == [S.CANCELLED] * 3


async def test_a_flat_account_leaves_nothing_to_say(clock: VirtualClock, tmp_path: Path) -> None:
    """Nothing open, nothing held: no line."""
    desk = await open_desk(clock, tmp_path)
    assert await leave(desk.session, OnStop.CANCEL, desk.recorder) == []


async def test_keep_leaves_everything(clock: VirtualClock, tmp_path: Path) -> None:
    """KEEP cancels nothing and says so."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    await resting(desk, "other")
    lines = await leave(desk.session, OnStop.KEEP, desk.recorder)
    assert lines == ["2 orders stay open on fake: on-stop is keep"]
    assert desk.client.orders[key].is_live


async def test_nothing_new_goes_out(clock: VirtualClock, tmp_path: Path) -> None:
    """An entry asked for just before the stop is not sent."""
    desk = await open_desk(clock, tmp_path)
    desk.submit("entry")
    await leave(desk.session, OnStop.CANCEL, desk.recorder)
    assert desk.client.count("place") == 0


async def test_an_order_on_its_way_is_waited_for_and_cancelled(clock: VirtualClock, tmp_path: Path) -> None:
    """An order the venue has not answered yet at the stop does not survive it."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=True, delay_s=2))
    key = desk.submit("entry")
    await clock.sleep(0.1)
    assert await leave(desk.session, OnStop.CANCEL, desk.recorder) == []
    assert desk.client.orders[key].status is S.CANCELLED


async def test_a_venue_that_refuses_at_first(clock: VirtualClock, tmp_path: Path) -> None:
    """A refused cancel is tried again before the bot leaves."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("cancel", Reply(acts=False), Reply(acts=False))
    assert await leave(desk.session, OnStop.CANCEL, desk.recorder) == []
    assert desk.client.orders[key].status is S.CANCELLED


async def test_a_venue_that_refuses_for_good(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that cannot be cancelled is named."""
    desk = await open_desk(clock, tmp_path)
    await resting(desk)
    desk.client.always("cancel", Reply(acts=False))
    lines = await leave(desk.session, OnStop.CANCEL, desk.recorder)
    assert lines == ["1 orders may still be open on fake: entry"]
    assert desk.client.count("cancel") == 3


async def test_a_venue_that_is_down(clock: VirtualClock, tmp_path: Path) -> None:
    """Leaving a silent venue takes half a minute, names what may live, and asks no more afterwards."""
    desk = await open_desk(clock, tmp_path)
    for number in range(7):
        await resting(desk, f"o{number}")
    desk.client.down()
    began = clock.now_ns()
    lines = await leave(desk.session, OnStop.CANCEL, desk.recorder)
    assert lines == ["7 orders may still be open on fake: o0, o1, o2, o3, o4"]
    assert clock.now_ns() - began == 30_000_000_000
    calls = len(desk.client.calls)
    await clock.sleep(100)
    assert len(desk.client.calls) == calls


async def test_an_answer_still_missing_is_said(clock: VirtualClock, tmp_path: Path) -> None:
    """Nothing lives, but one question had no answer in time."""
    desk = await open_desk(clock, tmp_path)
    await resting(desk)
    desk.session.executor._tasks.spawn(clock.sleep(100))
    lines = await leave(desk.session, OnStop.CANCEL, desk.recorder)
    assert lines == ["fake did not answer everything in time"]


async def test_a_replacement_does_not_outlive_the_stop(clock: VirtualClock, tmp_path: Path) -> None:
    """A close that is just being replaced at the stop is cancelled, and not placed again."""
    desk = await open_desk(clock, tmp_path, client=make_client(clock, NO_AMEND))
    desk.submit("close", reduce_only=True)
    await desk.settle()
    desk.client.script("cancel", Reply(delay_s=2))
    desk.session.executor.amend(AmendParams(intent="close", price=D(60_000), quantity=D(1)))
    assert await leave(desk.session, OnStop.CANCEL, desk.recorder) == []
    assert desk.client.count("place") == 1


# -- close --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("quantity", "side"), [("2", Side.SELL), ("-2", Side.BUY)])
async def test_close_flattens(clock: VirtualClock, tmp_path: Path, quantity: str, side: Side) -> None:
    """CLOSE cancels everything and takes the position off at market, reduce-only."""
    desk = await open_desk(clock, tmp_path)
    desk.client.trade_by_hand(side.opposite, "2")
    key = await resting(desk)
    sent = fills_markets(desk)
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == []
    assert [(each.side, each.quantity, each.reduce_only) for each in sent] == [(side, D(2), True)]
    assert (desk.client.held, desk.client.orders[key].status) == (0, S.CANCELLED)


async def test_close_with_nothing_held_sends_nothing(clock: VirtualClock, tmp_path: Path) -> None:
    """A flat account is left without an order."""
    desk = await open_desk(clock, tmp_path)
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == []
    assert desk.client.count("place") == 0


async def test_close_finds_what_nobody_told(clock: VirtualClock, tmp_path: Path) -> None:
    """An entry filled unheard, and one fills while it is being cancelled: both are closed."""
    desk = await open_desk(clock, tmp_path)
    unheard, racing = await resting(desk, "a"), await resting(desk, "b")
    desk.client.tells = False
    desk.client.execute(unheard, 1)
    desk.client.script("cancel", Reply(delay_s=1), Reply(delay_s=1))
    clock._loop.call_later(0.5, desk.client.execute, racing, "0.4")
    sent = fills_markets(desk)
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == []
    assert ([each.quantity for each in sent], desk.client.held) == ([D("1.4")], 0)


async def test_a_position_that_appears_late_is_closed(clock: VirtualClock, tmp_path: Path) -> None:
    """A position the bot had no idea of is found in the venue's books and closed."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.trade_by_hand(Side.BUY, "3")
    fills_markets(desk)
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == []
    assert desk.client.held == 0


async def test_a_close_whose_fill_is_told_late(clock: VirtualClock, tmp_path: Path) -> None:
    """The market order fills three seconds after its acknowledgement: nothing is closed twice."""
    desk = await open_desk(clock, tmp_path)
    await holding(desk)
    sent = fills_markets(desk, tell=False, late_s=3)
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == []
    assert (len(sent), desk.client.held) == (1, 0)


async def test_a_refused_close_is_tried_three_times(clock: VirtualClock, tmp_path: Path) -> None:
    """A venue that refuses the close is asked three times, and then people are told what they hold."""
    desk = await open_desk(clock, tmp_path)
    await holding(desk)
    desk.client.always("place", Reply(acts=False))
    placed = desk.client.count("place")
    lines = await leave(desk.session, OnStop.CLOSE, desk.recorder)
    assert lines == ["a long position of 1 BTC stays on fake"]
    assert desk.client.count("place") == placed + 3


async def test_a_close_without_an_answer_is_not_sent_again(clock: VirtualClock, tmp_path: Path) -> None:
    """While nobody knows what became of the closing order no second one leaves."""
    desk = await open_desk(clock, tmp_path)
    await holding(desk)
    placed = desk.client.count("place")
    desk.client.down()
    lines = await leave(desk.session, OnStop.CLOSE, desk.recorder)
    assert desk.client.count("place") == placed + 1
    assert lines == [
        "1 orders may still be open on fake: close-position",
        "a long position of 1 BTC stays on fake",
    ]


async def test_an_unknown_position_is_said_to_be_unknown(clock: VirtualClock, tmp_path: Path) -> None:
    """Unknown is not flat: nothing is closed, and people are told."""
    desk = await open_desk(clock, tmp_path)
    desk.session.beliefs.position = None
    assert await leave(desk.session, OnStop.CLOSE, desk.recorder) == ["the position on fake is unknown"]
    assert desk.client.count("place") == 0


async def test_one_close_at_a_time(clock: VirtualClock, tmp_path: Path) -> None:
    """A second close while the first is under way is not sent; with nothing held there is none."""
    desk = await open_desk(clock, tmp_path)
    assert not close_position(desk.session, "why")
    desk.session.beliefs.position = Position(ticker="BTC", quantity=D(-1))
    assert close_position(desk.session, "why")
    assert not close_position(desk.session, "why")
    order = desk.session.tracker.by_intent(CLOSE_INTENT)
    assert order is not None
    assert (order.side, order.reduce_only, order.order_type) == (Side.BUY, True, OrderType.MARKET)
    await desk.session.executor.abandon()


async def test_without_a_journal_nothing_is_closed_and_all_is_said(clock: VirtualClock, tmp_path: Path) -> None:
    """A disk that is full does not keep orders from being cancelled; the close is not sent, and people hear why."""
    desk = await open_desk(clock, tmp_path)
    await holding(desk)
    key = await resting(desk)
    desk.recorder.journal.abandon()
    desk.session.on_order(desk.client.info(key, status=S.PARTIALLY_FILLED, order_id="new"))
    lines = await leave(desk.session, OnStop.CLOSE, desk.recorder)
    assert lines == ["a long position of 1 BTC stays on fake"]
    assert desk.lines.texts("stop")[0].startswith("the position on fake is not closed: cannot write the journal")
    assert desk.client.orders[key].status is S.CANCELLED
