"""Several venues taken together: sums of what is known, and things done on all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_client import MID, D, Reply, lost
from two_venues import Pair, open_pair

from exchanges.base import FundingPayment
from helpers.decisions import OnStop, Wake
from helpers.enums import OrderStatus, Side
from helpers.errors import OrderStateError
from helpers.models import Balance, Position
from simulation.virtual_loop import VirtualClock

S = OrderStatus


async def hold(pair: Pair, on_a: str, on_b: str) -> None:
    """Hold positions on both venues."""
    for desk, quantity in ((pair.a, on_a), (pair.b, on_b)):
        if D(quantity):
            side = Side.BUY if D(quantity) > 0 else Side.SELL
            desk.client.trade_by_hand(side, str(abs(D(quantity))))


# -- what is known ------------------------------------------------------------------------------


async def test_sums_over_the_venues(clock: VirtualClock, tmp_path: Path) -> None:
    """Equity and PnL are those of all venues; the first venue is the primary one."""
    pair = await open_pair(clock, tmp_path)
    assert pair.group.equity() == 20_000
    pair.a.client.trade_by_hand(Side.BUY, "1", "61990")
    pair.b.client.trade_by_hand(Side.SELL, "1", "61980")
    pair.b.session.on_funding(
        FundingPayment(payment_id="f", ticker="BTC", amount=D(-3), rate=D(0), position=D(1), time_ns=0)
    )
    pnl = pair.group.pnl()
    assert (pnl.realised, pnl.unrealised, pnl.fees, pnl.funding, pnl.net) == (0, -10, 0, -3, -13)
    assert pair.group.equity() == 19_987
    assert pair.group.primary is pair.a.session
    assert list(pair.group) == [pair.a.session, pair.b.session]


async def test_equity_is_unknown_while_one_venue_does_not_say(clock: VirtualClock, tmp_path: Path) -> None:
    """A sum with a part missing is no sum."""
    pair = await open_pair(clock, tmp_path)
    pair.b.session.beliefs.begin(Position(ticker="BTC", quantity=D(0)), Balance(currency="USD", wallet=D(1)))
    pair.b.session.beliefs._anchor = None
    assert pair.group.equity() is None


async def test_only_open_positions_are_listed(clock: VirtualClock, tmp_path: Path) -> None:
    """Flat and unknown positions are none; the others are valued at the mid."""
    pair = await open_pair(clock, tmp_path)
    await hold(pair, "0", "-2")
    assert [(each.quantity, each.mark_price) for each in pair.group.positions()] == [(-2, MID)]
    pair.b.session.beliefs.position = None
    assert pair.group.positions() == []


async def test_a_bug_on_any_venue_is_a_failure(clock: VirtualClock, tmp_path: Path) -> None:
    """The first failure of any venue is the group's."""
    pair = await open_pair(clock, tmp_path)
    assert pair.group.failure is None
    error = OrderStateError("impossible")
    pair.b.session.executor.fail(error)
    assert pair.group.failure is error
    assert pair.bot.broken == [error]


# -- what is done -------------------------------------------------------------------------------


async def test_news_is_delivered_once_and_in_order(clock: VirtualClock, tmp_path: Path) -> None:
    """Fills and ends of both venues reach the reader, and are gone."""
    pair = await open_pair(clock, tmp_path)
    for desk in (pair.b, pair.a):
        key = desk.submit("entry")
        await desk.settle()
        desk.client.execute(key, 1)
    pair.group.deliver_news(pair.bot)
    pair.group.deliver_news(pair.bot)
    assert (len(pair.bot.filled), len(pair.bot.closed)) == (2, 2)


async def test_arming_and_sampling_reach_every_venue(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All clients hear what will be looked at, and every account is written down."""
    pair = await open_pair(clock, tmp_path)
    armed = []
    for desk in (pair.a, pair.b):
        monkeypatch.setattr(desk.client, "arm", lambda ticker, wake: armed.append((ticker, wake)))
    wake = Wake(book=False)
    pair.group.arm(wake)
    assert armed == [("BTC", wake)] * 2
    sampled = []
    monkeypatch.setattr(pair.recorder, "equity", lambda exchange, *_: sampled.append(exchange))
    pair.group.sample_equity()
    assert sampled == ["a", "b"]


async def test_closing_everything(clock: VirtualClock, tmp_path: Path) -> None:
    """All orders are cancelled and every position is closed, once, however often it is asked for."""
    pair = await open_pair(clock, tmp_path)
    await hold(pair, "1", "-2")
    keys = [desk.submit("entry") for desk in (pair.a, pair.b)]
    await pair.settle()
    pair.group.close_everything("why")
    pair.group.close_everything("why")
    await clock.sleep(0.5)
    for desk, key in zip((pair.a, pair.b), keys, strict=True):
        assert desk.client.orders[key].status is S.CANCELLED
        closing = desk.session.tracker.by_intent("close-position")
        assert closing is not None
        assert (closing.quantity, closing.pending_cancel) == (abs(desk.client.held), False)
        desk.client.execute(closing.client_order_id, closing.quantity)
    await pair.settle()
    assert (pair.a.client.held, pair.b.client.held) == (0, 0)


async def test_closing_chosen_positions(clock: VirtualClock, tmp_path: Path) -> None:
    """Of two equal positions only the chosen one is closed; a flat venue confuses nobody."""
    pair = await open_pair(clock, tmp_path)
    await hold(pair, "2", "2")
    shown = pair.group.positions()
    pair.group.close(shown[1:], shown, "why")
    assert pair.a.session.tracker.live() == ()
    assert [order.intent for order in pair.b.session.tracker.live()] == ["close-position"]
    await pair.b.session.executor.abandon()
    pair.a.client.trade_by_hand(Side.SELL, "2")
    shown = pair.group.positions()
    pair.group.close(shown, shown, "why")
    assert pair.a.session.tracker.live() == ()


async def test_only_reduce_holds_on_every_venue(clock: VirtualClock, tmp_path: Path) -> None:
    """After the word nothing that increases risk leaves for any venue."""
    pair = await open_pair(clock, tmp_path)
    keys = [desk.submit("entry") for desk in (pair.a, pair.b)]
    pair.group.only_reduce()
    await pair.settle()
    assert pair.a.client.count("place") + pair.b.client.count("place") == 0
    assert [desk.order(key).status for desk, key in zip((pair.a, pair.b), keys, strict=True)] == [S.REJECTED] * 2


async def test_the_truth_of_all_venues_is_checked_at_the_same_time(clock: VirtualClock, tmp_path: Path) -> None:
    """A slow venue does not delay the look at the other one, and each one's trouble is named."""
    pair = await open_pair(clock, tmp_path)
    pair.a.client.always("active", lost(acts=False, delay_s=10))
    pair.b.client.always("positions", lost(acts=False, delay_s=10))
    await pair.group.check_truth()
    assert clock.now_ns() == 0
    await pair.group.settle_truth()
    assert pair.lines.texts("health") == [
        "a does not answer: no reply within 10 s",
        "b does not answer: no reply within 10 s",
    ]
    assert clock.now_ns() == 10_000_000_000
    pair.a.client.heal()
    pair.b.client.heal()
    await pair.group.check_truth()
    await pair.group.settle_truth()
    assert len(pair.lines.texts("health")) == 2


async def test_a_venue_that_is_still_being_asked_is_not_asked_again(clock: VirtualClock, tmp_path: Path) -> None:
    """However often the bot's heart beats, a silent venue has one question open."""
    pair = await open_pair(clock, tmp_path)
    pair.a.client.calls.clear()
    pair.a.client.always("active", lost(acts=False, delay_s=10))
    for _ in range(3):
        await pair.group.check_truth()
        await clock.sleep(1)
    assert pair.a.client.count("active") == 1


async def test_all_venues_are_left_at_the_same_time(clock: VirtualClock, tmp_path: Path) -> None:
    """Orders at a healthy venue are cancelled at once while the other one is down; both are reported."""
    pair = await open_pair(clock, tmp_path)
    keys = [desk.submit("entry") for desk in (pair.a, pair.b)]
    await pair.settle()
    pair.a.client.down()
    cancelled_at = []
    end = pair.b.client.end
    pair.b.client.end = lambda *args, **more: (cancelled_at.append(clock.now_ns()), end(*args, **more))  # type: ignore[assignment]  # notes when
    began = clock.now_ns()
    lines = await pair.group.leave(OnStop.CANCEL)
    assert lines == ["1 orders may still be open on a: entry"]
    assert (cancelled_at, pair.b.client.orders[keys[1]].status) == ([began], S.CANCELLED)


async def test_trouble_at_one_venue_does_not_keep_the_other_from_being_left(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a bug while leaving one venue is only a line about it."""
    pair = await open_pair(clock, tmp_path)
    key = pair.b.submit("entry")
    await pair.settle()

    def fail() -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(pair.a.session.executor, "only_reduce", fail)
    assert await pair.group.leave(OnStop.CANCEL) == ["a was not left in good order: ZeroDivisionError('oops')"]
    assert pair.b.client.orders[key].status is S.CANCELLED


async def test_a_position_is_closed_on_the_venue_that_holds_it(clock: VirtualClock, tmp_path: Path) -> None:
    """Leaving with CLOSE sends one reduce-only order, to the venue with the position."""
    pair = await open_pair(clock, tmp_path)
    await hold(pair, "0", "2")
    pair.b.client.script("place", Reply(acts=False), Reply(acts=False), Reply(acts=False))
    lines = await pair.group.leave(OnStop.CLOSE)
    assert lines == ["a long position of 2 BTC stays on b"]
    assert (pair.a.client.count("place"), pair.b.client.count("place")) == (0, 3)


async def test_a_close_that_still_waits_ends_with_the_bot(clock: VirtualClock, tmp_path: Path) -> None:
    """Where its cancels are never answered, a waiting close is called off: nothing is sent after the bot left."""
    pair = await open_pair(clock, tmp_path)
    waited: list[str] = []

    async def waits() -> None:
        await clock.sleep(90)
        waited.append("sent")

    pair.group._closings.spawn(waits())
    await pair.group.leave(OnStop.KEEP)
    await clock.sleep(120)
    assert waited == []
