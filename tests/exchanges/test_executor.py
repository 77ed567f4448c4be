"""Carrying orders out against a scripted venue: nothing sent twice, nothing assumed, nothing left unasked."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_client import ALL, MID, NO_AMEND, D, Desk, FakeClient, Reply, lost, make_client, open_desk
from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.base import OrderResult
from helpers.decisions import AmendParams
from helpers.enums import OrderStatus, OrderType, Side, TimeInForce
from helpers.errors import (
    AuthError,
    BadPayload,
    ConnectivityError,
    JournalError,
    OrderStateError,
    RateLimited,
    UserError,
    VenueRejected,
)
from helpers.journal_reader import JournalReader
from helpers.models import Order
from simulation.virtual_loop import VirtualClock, run_virtual

S = OrderStatus


def amend(price: str, quantity: str, intent: str = "entry") -> AmendParams:
    """Describe a change of an order."""
    return AmendParams(intent=intent, price=D(price), quantity=D(quantity))


def replacing(clock: VirtualClock) -> FakeClient:
    """Give a client of a venue that cannot amend."""
    return make_client(clock, NO_AMEND)


async def resting(desk: Desk, quantity: str = "1", **more: Any) -> str:
    """Let an order rest at the venue and give its id."""
    key = desk.submit("entry", quantity, **more)
    await desk.settle()
    assert desk.order(key).status is S.OPEN
    return key


# -- placing ------------------------------------------------------------------------------------


async def test_an_accepted_order_is_open(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue's yes opens the order, under the venue's id, and is told once."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    assert desk.order(key).order_id == desk.client.orders[key].order_id
    assert [order.status for order in desk.bot.outcomes] == [S.OPEN]
    assert desk.client.count("place") == 1


async def test_an_intent_is_on_disk_before_it_leaves(clock: VirtualClock, tmp_path: Path) -> None:
    """While the venue has not answered yet, somebody else can already read the intent in the journal."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(delay_s=5))
    key = desk.submit("entry")
    with JournalReader(desk.recorder.journal.path) as journal:
        (written,) = journal.live_orders()
    assert (written.client_order_id, written.intent, written.status) == (key, "entry", S.INTENT)
    assert desk.client.count("place") == 0
    await desk.settle()


async def test_what_cannot_be_written_down_is_not_sent(clock: VirtualClock, tmp_path: Path) -> None:
    """Without a journal nothing leaves, and nothing is remembered as if it had."""
    desk = await open_desk(clock, tmp_path)
    desk.recorder.journal.abandon()
    with pytest.raises(JournalError):
        desk.submit("entry")
    await desk.settle()
    assert (desk.client.count("place"), desk.session.tracker.live()) == (0, ())


async def test_an_intent_has_one_live_order(clock: VirtualClock, tmp_path: Path) -> None:
    """A second order for an intent is refused while the first may live, even if nobody knows whether it does."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=False))
    desk.client.always("info", lost(acts=False))
    desk.submit("entry")
    await clock.sleep(60)
    with pytest.raises(OrderStateError, match="'entry' already has a live order"):
        desk.submit("entry")
    assert desk.client.count("place") == 1
    await desk.session.executor.abandon()


async def test_keys_that_are_refused_again_and_again_stop_the_bot(clock: VirtualClock, tmp_path: Path) -> None:
    """Three refusals of our keys in a row are a failure; another answer between them begins the count anew."""
    desk = await open_desk(clock, tmp_path)
    no, small = Reply(error=AuthError("unknown key")), Reply(error=VenueRejected("17", "too small"))
    desk.client.script("place", no, no, small, no, no, no)
    for number in range(5):
        desk.submit(f"entry-{number}")
        await desk.settle()
    assert desk.bot.broken == []
    desk.submit("entry-5")
    await desk.settle()
    assert [str(error) for error in desk.bot.broken] == [
        f"{desk.client.exchange} refused 3 orders in a row for our keys: unknown key"
    ]


@pytest.mark.parametrize("error", [VenueRejected("17", "too small"), AuthError("no"), UserError("odd", "mend")])
async def test_a_definite_refusal_is_rejected(clock: VirtualClock, tmp_path: Path, error: Exception) -> None:
    """Where the venue says no, the order is over at once, and outcome and end are told once, with its words."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(acts=False, error=error))
    key = desk.submit("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).reason) == (S.REJECTED, str(error))
    assert [order.status for order in desk.bot.outcomes] == [S.REJECTED]
    assert [order.client_order_id for order in desk.news().closed] == [key]
    assert desk.client.count("info") == 0


async def test_a_refusal_told_by_reply_and_stream_is_told_once(clock: VirtualClock, tmp_path: Path) -> None:
    """The reply that repeats what the stream said makes no second failure and no second end."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(acts=False, delay_s=1))
    key = desk.submit("entry")
    await clock.sleep(0.5)
    desk.client.put(key, Side.BUY, "1", status=S.REJECTED)
    desk.client.tell_order(key)
    await desk.settle()
    assert len(desk.bot.outcomes) == len(desk.news().closed) == 1


AMBIGUOUS = [ConnectivityError("500"), RateLimited("429", 3), TimeoutError(), OSError("reset"), BadPayload("<html>")]


@pytest.mark.parametrize("error", AMBIGUOUS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_reply_is_unknown_and_asked_about(
    clock: VirtualClock, tmp_path: Path, error: Exception, arrived: bool
) -> None:
    """Whatever kind of silence it is, the order is never sent again: the venue is asked what became of it."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", Reply(acts=arrived, error=error))
    key = desk.submit("entry")
    await clock.sleep(0.5)
    assert desk.order(key).status is S.UNKNOWN
    assert desk.order(key).is_live
    await desk.settle()
    assert desk.order(key).status is (S.OPEN if arrived else S.REJECTED)
    assert desk.client.count("place") == 1


async def test_not_found_takes_three_looks(clock: VirtualClock, tmp_path: Path) -> None:
    """An order may still be on its way: only the third 'no such order', seven seconds on, ends it."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=False))
    key = desk.submit("entry")
    await clock.sleep(6.9)
    assert (desk.order(key).status, desk.client.count("info")) == (S.UNKNOWN, 2)
    await desk.settle()
    assert (desk.order(key).status, desk.client.count("info")) == (S.REJECTED, 3)
    assert desk.order(key).reason == "the venue never had it"


async def test_an_order_that_arrives_between_two_looks(clock: VirtualClock, tmp_path: Path) -> None:
    """Not there at the first and the second look, and there at the third."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=False, late_s=5))
    key = desk.submit("entry")
    await desk.settle()
    assert desk.order(key).status is S.OPEN


async def test_an_order_that_arrives_after_it_was_given_up(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that turns up after three looks is not wanted any more: it is cancelled, and told of."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=False, late_s=20))
    key = desk.submit("entry")
    await clock.sleep(21)
    await desk.settle()
    assert (desk.order(key).status, desk.client.orders[key].status) == (S.REJECTED, S.CANCELLED)
    assert desk.lines.texts("health") == [f"order {key} was taken for over and rested at the venue: cancelled"]


async def test_old_news_of_a_refused_order_is_harmless(clock: VirtualClock, tmp_path: Path) -> None:
    """'Open', told late of an order that was refused meanwhile, makes one cancel that the venue refuses in silence."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(acts=False))
    key = desk.submit("entry")
    await desk.settle()
    desk.client.put(key, Side.BUY, "1", status=S.REJECTED)
    desk.session.on_order(desk.client.info(key, status=S.OPEN))
    await desk.settle()
    assert (desk.order(key).status, desk.client.count("cancel"), desk.lines.texts("health")) == (S.REJECTED, 1, [])


async def test_a_venue_that_is_down_is_asked_until_it_is_back(clock: VirtualClock, tmp_path: Path) -> None:
    """An hour of silence changes nothing: the order stays unknown, and is resolved soon after."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=True))
    desk.client.always("info", lost(acts=False))
    key = desk.submit("entry")
    await clock.sleep(3600)
    assert desk.order(key).status is S.UNKNOWN
    assert 350 < desk.client.count("info") < 370  # at most every ten seconds
    desk.client.always("info", None)
    await clock.sleep(10)
    assert desk.order(key).status is S.OPEN


async def test_looks_that_fail_are_no_looks(clock: VirtualClock, tmp_path: Path) -> None:
    """Only an answer can say that there is no such order; errors in between do not count."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=False))
    desk.client.script("info", Reply(), lost(acts=False), Reply(error=RateLimited("429")), Reply())
    key = desk.submit("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.client.count("info")) == (S.REJECTED, 5)


async def test_the_fill_comes_before_the_reply(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill that overtakes the acknowledgement fills the order; its end is told once, the outcome once."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", Reply(answer_s=2))
    key = desk.submit("entry")
    await clock.sleep(1)
    desk.client.execute(key, 1, tell=True)
    assert desk.order(key).status is S.FILLED
    await desk.settle()
    news = desk.news()
    assert (len(news.filled), [order.status for order in news.closed]) == (1, [S.FILLED])
    assert [order.status for order in news.outcomes] == [S.FILLED]
    assert desk.order(key).order_id is not None


async def test_filled_while_nobody_knew_whether_it_lived(clock: VirtualClock, tmp_path: Path) -> None:
    """An order whose reply was lost fills; the question finds the fill, once, though the stream tells it too."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=True))
    key = desk.submit("entry")
    await clock.sleep(0.5)
    fill = desk.client.execute(key, 1)
    await desk.settle()
    desk.session.on_fill(fill)
    assert (desk.order(key).status, len(desk.news().filled)) == (S.FILLED, 1)
    assert len(desk.news().closed) == 1
    assert desk.session.beliefs.ledger.position == 1


@pytest.mark.parametrize(
    "terms",
    [
        {"order_type": OrderType.MARKET, "price": None},
        {"time_in_force": TimeInForce.IOC},
        {"time_in_force": TimeInForce.FOK},
    ],
    ids=["market", "ioc", "fok"],
)
async def test_an_order_that_cannot_rest_is_looked_after(
    clock: VirtualClock, tmp_path: Path, terms: dict[str, Any]
) -> None:
    """The end of a taking order is found by asking where the streams are dead."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    key = desk.submit("hedge", **terms)
    await clock.sleep(0.5)
    desk.client.execute(key, "0.4")
    desk.client.end(key)
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).filled_quantity) == (S.CANCELLED, D("0.4"))
    assert desk.session.beliefs.ledger.position == D("0.4")


async def test_an_order_told_over_in_the_reply_is_looked_after(clock: VirtualClock, tmp_path: Path) -> None:
    """A reply that says 'filled' is followed up where no fill arrives."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    key = desk.submit("entry")
    done = OrderResult(success=True, status=S.FILLED)
    place = desk.client.place_order

    async def place_and_fill(*args: Any) -> OrderResult:
        await place(*args)
        desk.client.execute(key, 1)
        return done

    desk.client.place_order = place_and_fill  # type: ignore[method-assign]  # the venue of this test fills at once
    await desk.settle()
    assert desk.order(key).status is S.FILLED


async def test_nothing_more_goes_out_once_the_bot_stops(clock: VirtualClock, tmp_path: Path) -> None:
    """What was asked for but had not left is not sent; what reduces is."""
    desk = await open_desk(clock, tmp_path)
    entry = desk.submit("entry")
    close = desk.submit("close", reduce_only=True)
    desk.session.executor.only_reduce()
    await desk.settle()
    assert desk.order(entry).reason == "not sent: the bot is stopping"
    assert desk.client.calls == [*desk.client.calls[:-1], ("place", close)]
    assert desk.client.count("place") == 1


async def test_a_bug_in_a_client_stops_the_bot(clock: VirtualClock, tmp_path: Path) -> None:
    """An error that must not happen is told at once, and the order is asked about: it may live all the same."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(acts=True, error=ZeroDivisionError("oops")))
    key = desk.submit("entry")
    await desk.settle()
    assert repr(desk.session.executor.failure) == "ZeroDivisionError('oops')"
    assert desk.bot.broken == [desk.session.executor.failure]
    assert desk.order(key).status is S.OPEN


async def test_a_journal_that_fails_later_is_noticed_at_the_next_step(clock: VirtualClock, tmp_path: Path) -> None:
    """What became of an order is put off; when it cannot be written down, the bot hears of it as it catches up."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.recorder.journal.abandon()
    desk.session.on_order(desk.client.info(key, status=S.CANCELLED))
    assert desk.session.executor.failure is None
    with pytest.raises(JournalError):
        desk.recorder.catch_up()


# -- cancelling ---------------------------------------------------------------------------------


async def test_a_cancel_ends_the_order(clock: VirtualClock, tmp_path: Path) -> None:
    """One cancel, one end, told once; nobody has to wait for the next look."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    began = clock.now_ns()
    assert desk.session.executor.cancel("entry")
    assert desk.order(key).pending_cancel
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).pending_cancel) == (S.CANCELLED, False)
    assert (desk.client.count("cancel"), len(desk.news().closed), clock.now_ns()) == (1, 1, began)


async def test_there_must_be_something_to_cancel(clock: VirtualClock, tmp_path: Path) -> None:
    """An unknown intent, and one whose cancel is on its way, are not cancelled again."""
    desk = await open_desk(clock, tmp_path)
    await resting(desk)
    assert not desk.session.executor.cancel("other")
    assert desk.session.executor.cancel("entry")
    assert not desk.session.executor.cancel("entry")
    await desk.settle()
    assert desk.client.count("cancel") == 1


async def test_a_cancel_waits_for_the_order(clock: VirtualClock, tmp_path: Path) -> None:
    """A cancel asked for before the venue answered the order is sent after the answer."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(delay_s=3, answer_s=2))
    key = desk.submit("entry")
    desk.session.executor.cancel("entry")
    await clock.sleep(4.9)
    assert desk.client.count("cancel") == 0
    await desk.settle()
    assert (desk.order(key).status, desk.client.count("cancel")) == (S.CANCELLED, 1)


async def test_a_cancel_of_an_order_nobody_knows_of(clock: VirtualClock, tmp_path: Path) -> None:
    """After a lost reply the cancel goes out at once, without waiting for the questions to be answered."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=True, answer_s=1))
    desk.client.always("info", lost(acts=False))
    key = desk.submit("entry")
    desk.session.executor.cancel("entry")
    await clock.sleep(2)
    assert desk.client.orders[key].status is S.CANCELLED
    await desk.settle()
    assert desk.order(key).status is S.CANCELLED


async def test_a_cancel_overtakes_an_order_on_its_way(clock: VirtualClock, tmp_path: Path) -> None:
    """'No such order' does not end an order whose reply was lost: it may still arrive, and is cancelled then."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=False, late_s=4))
    key = desk.submit("entry")
    desk.session.executor.cancel("entry")
    await clock.sleep(3)
    assert desk.order(key).status is S.UNKNOWN
    await desk.settle()
    assert (desk.order(key).status, desk.client.orders[key].status) == (S.CANCELLED, S.CANCELLED)


async def test_cancelling_what_never_arrived(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that never reached the venue is over after three looks, cancelled or not."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", lost(acts=False))
    key = desk.submit("entry")
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert desk.order(key).status is S.REJECTED


@pytest.mark.parametrize("acts", [True, False])
async def test_a_cancel_without_an_answer_is_repeated(clock: VirtualClock, tmp_path: Path, acts: bool) -> None:
    """A cancel whose answer is lost, with or without effect, ends the order in the end."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.tells = False
    desk.client.script("cancel", lost(acts=acts))
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.client.orders[key].status) == (S.CANCELLED, S.CANCELLED)
    assert desk.client.count("cancel") == (1 if acts else 2)


async def test_a_cancel_that_comes_too_late(clock: VirtualClock, tmp_path: Path) -> None:
    """Refused because the order just filled: it is filled, all of it is counted, and nobody is alarmed."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.tells = False
    desk.client.execute(key, 1)
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.lines.texts("rejected")) == (S.FILLED, [])
    assert desk.session.beliefs.ledger.position == 1


async def test_a_cancel_after_a_partial_fill(clock: VirtualClock, tmp_path: Path) -> None:
    """The end is told with the fill in it, although the fill's own news never came."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.3", tell=False)
    desk.session.executor.cancel("entry")
    await desk.settle()
    (closed,) = desk.news().closed
    assert (closed.status, closed.filled_quantity, closed.client_order_id) == (S.CANCELLED, D("0.3"), key)


async def test_a_cancel_the_venue_refuses(clock: VirtualClock, tmp_path: Path) -> None:
    """An open order that the venue will not cancel is told of, and can be cancelled again."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("cancel", Reply(acts=False))
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).pending_cancel) == (S.OPEN, False)
    assert desk.lines.texts("rejected") == [f"cancel of order {key} was refused: not now"]
    assert desk.session.executor.cancel("entry")
    await desk.settle()
    assert desk.order(key).status is S.CANCELLED


async def test_a_refused_cancel_is_not_given_up_blindly(clock: VirtualClock, tmp_path: Path) -> None:
    """While the venue does not say where the order stands, a refused cancel is repeated."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("cancel", Reply(acts=False), Reply(acts=False))
    desk.client.script("info", lost(acts=False), lost(acts=False))
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.client.count("cancel")) == (S.CANCELLED, 3)


async def test_cancelling_what_is_no_longer_there(clock: VirtualClock, tmp_path: Path) -> None:
    """An order the venue had and has no more is over after three looks, not cancelled for ever."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    del desk.client.orders[key]
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).reason) == (S.CANCELLED, "the venue no longer knows it")
    assert desk.client.count("info") == 3


async def test_a_stale_answer_does_not_end_an_order(clock: VirtualClock, tmp_path: Path) -> None:
    """One or two looks at a copy that is behind do not end an order that rests."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("cancel", lost(acts=False), lost(acts=False), lost(acts=False), Reply(acts=False))
    desk.client.script("info", Reply(value=None), Reply(value=None))
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert desk.order(key).status is S.OPEN


# -- amending -----------------------------------------------------------------------------------


async def test_an_amend_is_taken_over(clock: VirtualClock, tmp_path: Path) -> None:
    """What the venue accepted is what we believe."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    assert desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    assert (desk.order(key).price, desk.order(key).quantity) == (61_500, 2)


async def test_a_refused_amend_changes_nothing(clock: VirtualClock, tmp_path: Path) -> None:
    """Where the venue says no the order is as it was, and somebody is told."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", Reply(acts=False))
    desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    assert (desk.order(key).price, desk.order(key).quantity) == (61_000, 1)
    assert desk.lines.texts("rejected") == ["amend of entry was refused: not now"]


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize("quantity", ["0.5", "2"])
async def test_an_amend_without_an_answer_is_asked_about(
    clock: VirtualClock, tmp_path: Path, acts: bool, quantity: str
) -> None:
    """After a lost reply the venue says which terms hold."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", lost(acts=acts))
    desk.client.script("info", lost(acts=False))
    desk.session.executor.amend(amend("61500", quantity))
    await desk.settle()
    order, there = desk.order(key), desk.client.orders[key]
    assert (order.price, order.quantity) == (there.price, there.size)
    assert desk.client.count("amend") == 1


@pytest.mark.parametrize("late_s", [2, 5])
async def test_an_amend_that_arrives_late(clock: VirtualClock, tmp_path: Path, late_s: float) -> None:
    """The old terms at the first look, and at the second, do not mean that the amend is lost."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", lost(acts=False, late_s=late_s))
    desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    assert (desk.order(key).price, desk.order(key).quantity) == (61_500, 2)


async def test_an_amend_of_an_order_that_vanished(clock: VirtualClock, tmp_path: Path) -> None:
    """Where the venue has no such order the old terms stay until its end is known."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    del desk.client.orders[key]
    desk.client.script("amend", lost(acts=False))
    desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    assert (desk.order(key).price, desk.order(key).quantity) == (61_000, 1)


async def test_the_larger_quantity_may_fill_before_the_answer(clock: VirtualClock, tmp_path: Path) -> None:
    """Both units of an order made larger fill while the amend's answer is on its way: nothing breaks."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", Reply(answer_s=5))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(1)
    desk.client.execute(key, 1)
    assert desk.order(key).is_live
    desk.client.execute(key, 1)
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).filled_quantity) == (S.FILLED, 2)
    assert (desk.bot.broken, len(desk.news().closed)) == ([], 1)


async def test_the_old_quantity_fills_and_the_amend_is_refused(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that filled as it was before its enlargement arrived is filled, not waiting for more."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", Reply(delay_s=2))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(1)
    desk.client.execute(key, 1)
    await desk.settle()
    (closed,) = desk.news().closed
    assert (closed.status, closed.quantity) == (S.FILLED, 1)


async def test_made_smaller_and_filled_with_the_answer_lost(clock: VirtualClock, tmp_path: Path) -> None:
    """Half of the order was taken away and the rest filled: it is over although less filled than was ordered."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", lost(acts=True))
    desk.session.executor.amend(amend("61500", "0.5"))
    await clock.sleep(0.5)
    desk.client.execute(key, "0.5")
    await desk.settle()
    assert (desk.order(key).status, desk.order(key).quantity) == (S.FILLED, D("0.5"))


async def test_what_cannot_be_amended(clock: VirtualClock, tmp_path: Path) -> None:
    """No order, one that is being amended, and one that is being cancelled are left alone."""
    desk = await open_desk(clock, tmp_path)
    assert not desk.session.executor.amend(amend("61500", "2"))
    await resting(desk)
    assert desk.session.executor.amend(amend("61500", "2"))
    assert not desk.session.executor.amend(amend("61400", "2"))
    await desk.settle()
    desk.session.executor.cancel("entry")
    assert not desk.session.executor.amend(amend("61300", "2"))
    await desk.settle()
    assert desk.client.count("amend") == 1


async def test_an_amend_waits_for_the_order(clock: VirtualClock, tmp_path: Path) -> None:
    """An amend asked for before the venue answered is sent afterwards, and not at all if the answer was no."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(answer_s=3), Reply(acts=False, delay_s=3))
    desk.submit("entry")
    desk.submit("other")
    desk.session.executor.amend(amend("61500", "2"))
    desk.session.executor.amend(amend("61500", "2", "other"))
    await clock.sleep(2)
    assert desk.client.count("amend") == 0
    await desk.settle()
    assert desk.client.count("amend") == 1


async def test_a_stop_holds_amends_back(clock: VirtualClock, tmp_path: Path) -> None:
    """Once the bot stops no entry is amended any more; a reduce-only order may be."""
    desk = await open_desk(clock, tmp_path)
    await resting(desk)
    close = desk.submit("close", reduce_only=True)
    await desk.settle()
    desk.session.executor.amend(amend("61500", "2"))
    desk.session.executor.amend(amend("61500", "2", "close"))
    desk.session.executor.only_reduce()
    await desk.settle()
    assert [key for call, key in desk.client.calls if call == "amend"] == [close]


async def test_terms_the_venue_lists_are_taken_over(clock: VirtualClock, tmp_path: Path) -> None:
    """What somebody changed at the venue is believed, but not while our own amend is on its way."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.session.executor.take_terms(desk.client.info(key, price=D(60_000), size=D(3)))
    assert (desk.order(key).price, desk.order(key).quantity) == (60_000, 3)
    desk.session.executor.amend(amend("61500", "2"))
    desk.session.executor.take_terms(desk.client.info(key, price=D(1), size=D(9)))
    assert desk.order(key).price == 60_000
    await desk.settle()
    desk.session.executor.take_terms(desk.client.info(key, client_order_id=None))
    assert desk.order(key).price == 61_500


# -- amending where the venue cannot ------------------------------------------------------------


async def test_cancel_and_replace(clock: VirtualClock, tmp_path: Path) -> None:
    """The old order is over for sure before the new one leaves, and the new one keeps everything else."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = await resting(desk, time_in_force=TimeInForce.GTT, expires_ns=99, post_only=True, metadata={"level": 3})
    assert desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    new = desk.session.tracker.by_intent("entry")
    assert new is not None
    assert (new.price, new.quantity, new.post_only, new.status) == (61_500, 2, True, S.OPEN)
    assert [call for call, _ in desk.client.calls if call in {"place", "cancel"}] == ["place", "cancel", "place"]
    assert desk.order(old).status is S.CANCELLED
    assert desk.session.executor._sent[new.client_order_id].expires_ns == 99


async def test_a_replacement_leaves_out_what_filled(clock: VirtualClock, tmp_path: Path) -> None:
    """Three tenths filled while the cancel was under way: only the rest of the new quantity is placed."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = await resting(desk)
    desk.client.script("cancel", Reply(delay_s=1))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(0.5)
    desk.client.execute(old, "0.3", tell=False)
    await desk.settle()
    new = desk.session.tracker.by_intent("entry")
    assert new is not None
    assert (new.quantity, desk.order(old).filled_quantity) == (D("1.7"), D("0.3"))


@pytest.mark.parametrize("quantity", ["0.3", "0.2"])
async def test_no_replacement_for_what_filled_enough(clock: VirtualClock, tmp_path: Path, quantity: str) -> None:
    """Where as much filled as is wanted, or more, nothing is placed."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = await resting(desk)
    desk.client.execute(old, "0.3")
    desk.session.executor.amend(amend("61500", quantity))
    await desk.settle()
    assert (desk.client.count("place"), desk.order(old).status) == (1, S.CANCELLED)


async def test_no_replacement_for_an_order_that_filled(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that filled before its cancel arrived is not replaced, however much more was wanted."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = await resting(desk)
    desk.client.script("cancel", Reply(delay_s=1))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(0.5)
    desk.client.execute(old, 1)
    await desk.settle()
    assert (desk.client.count("place"), desk.order(old).status) == (1, S.FILLED)


async def test_a_cancel_during_the_replacement_wins(clock: VirtualClock, tmp_path: Path) -> None:
    """Who cancels while the old order is being replaced gets no new order."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    await resting(desk)
    desk.client.script("cancel", Reply(delay_s=1))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(0.5)
    desk.session.executor.cancel("entry")
    await desk.settle()
    assert (desk.client.count("place"), desk.session.tracker.live()) == (1, ())


async def test_a_new_order_for_the_intent_makes_the_replacement_needless(clock: VirtualClock, tmp_path: Path) -> None:
    """Who placed the intent anew as soon as the old order was over keeps that order, and no second one."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = await resting(desk)
    desk.session.executor.amend(amend("61500", "2"))
    heard = desk.session.order_changed

    def place_anew(before: Order, after: Order) -> None:
        heard(before, after)
        if after.client_order_id == old and not after.is_live:
            desk.submit("entry", "5")

    desk.session.order_changed = place_anew  # type: ignore[method-assign]  # the quickest strategy there can be
    await desk.settle()
    assert [order.quantity for order in desk.session.tracker.live()] == [5]


@pytest.mark.parametrize("reduce_only", [True, False])
async def test_a_stop_during_the_replacement(clock: VirtualClock, tmp_path: Path, reduce_only: bool) -> None:
    """Once the bot stops, the old order goes and only what reduces is replaced."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    await resting(desk, reduce_only=reduce_only)
    desk.client.script("cancel", Reply(delay_s=1))
    desk.session.executor.amend(amend("61500", "2"))
    await clock.sleep(0.5)
    desk.session.executor.only_reduce()
    await desk.settle()
    assert len(desk.session.tracker.live()) == (1 if reduce_only else 0)


def left_behind(desk: Desk, **more: Any) -> str:
    """Let an order of an earlier session rest, of which only the order itself is known."""
    desk.client.put("9", Side.BUY, "1")
    desk.session.tracker.register(
        Order(intent="entry", client_order_id="9", side=Side.BUY, quantity=D(1), price=D(61_000), status=S.OPEN, **more)
    )
    return "9"


async def test_an_order_of_an_earlier_session_is_replaced(clock: VirtualClock, tmp_path: Path) -> None:
    """What it was asked for is read off the order itself."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = left_behind(desk, post_only=True, reduce_only=True)
    assert desk.session.executor.amend(amend("61500", "2"))
    await desk.settle()
    new = desk.session.tracker.by_intent("entry")
    assert new is not None
    assert (new.price, new.quantity, new.post_only, new.reduce_only) == (61_500, 2, True, True)
    assert desk.order(old).status is S.CANCELLED


async def test_an_order_whose_end_of_life_is_forgotten_is_not_replaced(clock: VirtualClock, tmp_path: Path) -> None:
    """A good-till-time order of an earlier session would live for ever: it is left as it is, and told."""
    desk = await open_desk(clock, tmp_path, client=replacing(clock))
    old = left_behind(desk, time_in_force=TimeInForce.GTT)
    assert not desk.session.executor.amend(amend("61500", "2"))
    assert desk.lines.texts("rejected") == ["amend of entry: nobody knows any more when it should end"]
    assert desk.order(old).status is S.OPEN


# -- fills the streams did not tell -----------------------------------------------------------------


async def test_missing_fills_are_read(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue counts four tenths filled and the stream told none: they are read, and told once."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.4", tell=False)
    desk.client.tell_order(key)
    desk.client.tell_order(key)
    await desk.settle()
    assert (desk.order(key).filled_quantity, len(desk.news().filled), desk.client.count("fills")) == (D("0.4"), 1, 3)


async def test_missing_fills_are_read_until_they_are_listed(clock: VirtualClock, tmp_path: Path) -> None:
    """A list that lags, and a venue that does not answer, are asked again; after five looks somebody is told."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.tells = False
    desk.client.execute(key, 1)
    desk.client.script("fills", *[Reply(value=())] * 3, lost(acts=False), *[Reply(value=())] * 3)
    desk.client.tell_order(key, tell=True)
    await desk.settle()
    assert desk.order(key).status is S.FILLED
    assert desk.lines.texts("health") == [
        "fake counts more filled of entry than it lists executions: it is asked on",
    ]


async def test_a_fill_that_came_late_needs_no_reading(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill right behind the order's news ends the search; it was a matter of order only."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    fill = desk.client.execute(key, 1, tell=False)
    desk.client.tell_order(key)
    assert desk.order(key).is_live
    desk.session.on_fill(fill)
    assert desk.order(key).status is S.FILLED
    await desk.settle()
    assert len(desk.news().closed) == 1


async def test_a_clock_that_is_behind_hides_no_fill(clock: VirtualClock, tmp_path: Path) -> None:
    """A venue whose clock is half a minute behind ours still gives the fills of a fresh order."""
    await clock.sleep(1_000)
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, 1, tell=False)
    desk.client.fills = [
        msgspec.structs.replace(fill, time_ns=fill.time_ns - 30_000_000_000) for fill in desk.client.fills
    ]
    desk.client.tell_order(key)
    await desk.settle()
    assert desk.order(key).status is S.FILLED


# -- waiting and giving up ------------------------------------------------------------------------


async def test_settling_waits_for_what_is_on_its_way(clock: VirtualClock, tmp_path: Path) -> None:
    """Settling says whether everything came to an end in time."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(delay_s=3))
    desk.submit("entry")
    assert not await desk.session.executor.settle(2)
    assert await desk.session.executor.settle(2)
    assert await desk.session.executor.settle(0)


async def test_abandoned_requests_stay_as_they_stand(clock: VirtualClock, tmp_path: Path) -> None:
    """Giving up asks no more and claims nothing: the journal still has the order as sent."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("place", Reply(delay_s=3))
    key = desk.submit("entry")
    await clock.sleep(1)
    desk.submit("never started")
    await desk.session.executor.abandon()
    await clock.sleep(10)
    assert (desk.client.count("place"), desk.order(key).status) == (1, S.SUBMITTED)
    desk.recorder.flush()
    with JournalReader(desk.recorder.journal.path) as journal:
        assert [order.status for order in journal.live_orders()] == [S.SUBMITTED, S.INTENT]


# -- whatever goes wrong --------------------------------------------------------------------------

FAULTS = st.sampled_from(
    [
        Reply(),
        Reply(answer_s=3),
        Reply(delay_s=2),
        Reply(acts=False),
        lost(acts=True),
        lost(acts=False),
        lost(acts=True, answer_s=4),
        lost(acts=False, late_s=3),
        Reply(acts=True, error=RateLimited("429")),
        Reply(acts=False, error=BadPayload("garbled")),
    ]
)
READ_FAULTS = st.sampled_from([Reply(), Reply(delay_s=2), lost(acts=False), Reply(error=RateLimited("429"))])
STEPS = st.sampled_from(["cancel", "amend", "fill", "fill unheard", "wait", "wait long", "end unheard", "place"])


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(STEPS, max_size=8),
    replies=st.lists(FAULTS, max_size=8),
    reads=st.lists(READ_FAULTS, max_size=6),
    can_amend=st.booleans(),
    hears=st.booleans(),
    seed=st.integers(0, 9),
)
def test_all_faults_end_in_the_truth(
    steps: list[str], replies: list[Reply], reads: list[Reply], can_amend: bool, hears: bool, seed: int
) -> None:
    """Whatever is lost, late or refused: nothing is sent twice, and in the end we know what the venue knows."""

    async def main(clock: VirtualClock) -> None:
        with tempfile.TemporaryDirectory() as folder:
            desk = await open_desk(clock, Path(folder), client=make_client(clock, ALL if can_amend else NO_AMEND))
            desk.client.tells = hears
            rng = random.Random(seed)
            for number, reply in enumerate(replies):
                desk.client.script(("place", "cancel", "amend")[number % 3], reply)
            for number, reply in enumerate(reads):
                desk.client.script(("info", "fills")[number % 2], reply)
            for step in ["place", *steps]:
                _take_step(desk, step, rng)
                await clock.sleep({"wait": 1, "wait long": 9}.get(step, 0.1))
            await desk.settle(300)
            desk.client.heal()
            await _compare(desk)
            desk.recorder.journal.abandon()

    run_virtual(main, start_ns=1_767_225_600_000_000_000)


def _take_step(desk: Desk, step: str, rng: random.Random) -> None:
    live = [key for key, order in desk.client.orders.items() if order.is_live]
    if step == "place" and desk.session.tracker.by_intent("entry") is None:
        desk.submit("entry")
    elif step == "cancel":
        desk.session.executor.cancel("entry")
    elif step == "amend":
        desk.session.executor.amend(amend("61500", rng.choice(["0.5", "1", "2"])))
    elif step.startswith("fill") and live:
        order = desk.client.orders[live[-1]]
        desk.client.execute(live[-1], rng.choice([order.size - order.filled, D("0.1")]), tell="unheard" not in step)
    elif step == "end unheard" and live:
        desk.client.end(live[-1], tell=False)


async def _compare(desk: Desk) -> None:
    """Look at the venue once more, as every running bot does, and compare."""
    client, session = desk.client, desk.session
    for order in session.tracker.live():
        await session.executor.look_at(order.client_order_id)
    await desk.settle(300)
    placed = [key for call, key in client.calls if call == "place"]
    assert len(placed) == len(set(placed))
    assert session.executor.failure is None
    assert session.beliefs.ledger.position == client.held
    for key, there in client.orders.items():
        ours = desk.order(key)
        assert (ours.is_live, ours.filled_quantity) == (there.is_live, there.filled)
        if ours.is_live:
            assert (ours.price, ours.quantity, ours.pending_cancel) == (there.price, there.size, False)
    closed = [order.client_order_id for order in desk.news().closed]
    assert len(closed) == len(set(closed))
    assert client.book.bid is not None
    assert client.book.bid < MID
