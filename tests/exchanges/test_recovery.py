"""Start-up as recovery: whatever an earlier session left, nothing is lost, doubled or assumed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_client import MID, D, Desk, FakeClient, Reply, lost, make_client, open_desk

from helpers.decisions import AmendParams
from helpers.enums import OrderStatus, Side
from helpers.errors import ConnectivityError, RateLimited, VenueError, VenueRejected
from helpers.journal_reader import JournalReader
from helpers.models import Position
from simulation.virtual_loop import VirtualClock

S = OrderStatus


async def first_session(clock: VirtualClock, runs_dir: Path, client: FakeClient | None = None) -> Desk:
    """Start the session that will be killed, at a time no check is near."""
    await clock.sleep(3600)
    return await open_desk(clock, runs_dir, client=client, name="first")


async def kill(desk: Desk) -> None:
    """End a session as `kill -9` does: nothing more is written, sent or heard."""
    desk.recorder.flush()
    desk.recorder.journal.abandon()
    desk.client.listener = None
    await desk.session.executor.abandon()


async def restart(desk: Desk, runs_dir: Path, name: str = "second") -> Desk:
    """Start again on the same account from what the journal says."""
    with JournalReader(desk.recorder.journal.path) as journal:
        left, known = tuple(journal.live_orders()), tuple(journal.fills())
        last = journal.last_client_order_id()
    if last is not None:
        desk.client.context.ids.resume_after(last)
    again = await open_desk(desk.clock, runs_dir, client=desk.client, name=name, left=left, known=known)
    await again.settle()
    return again


async def resting(desk: Desk, intent: str = "entry", quantity: str = "1") -> str:
    """Let an order rest and give its id."""
    key = desk.submit(intent, quantity)
    await desk.settle()
    return key


# -- a first start ------------------------------------------------------------------------------


async def test_a_first_start_finds_out_where_it_stands(clock: VirtualClock, tmp_path: Path) -> None:
    """Position, balance and funding are the venue's; past fills are no news."""
    client = make_client(clock)
    client.trade_by_hand(Side.BUY, "2", tell=False)
    desk = await open_desk(clock, tmp_path, client=client)
    beliefs = desk.session.beliefs
    assert beliefs.position == Position(ticker="BTC", quantity=D(2), mark_price=MID)
    assert (beliefs.pnl().net, beliefs.equity()) == (0, 10_000)
    assert beliefs.funding is not None
    desk.session.on_fill(client.fills[0])
    assert (beliefs.ledger.position, desk.news().filled, desk.lines.lines) == (2, [], [])


@pytest.mark.parametrize("call", ["fills", "positions", "balance", "funding", "active"])
async def test_a_venue_that_is_down_stops_the_start(clock: VirtualClock, tmp_path: Path, call: str) -> None:
    """After five attempts the start fails; nothing is assumed to be zero or empty."""
    client = make_client(clock)
    client.always(call, lost(acts=False))
    with pytest.raises(ConnectivityError):
        await open_desk(clock, tmp_path, client=client)
    assert client.count(call) == 5
    assert client.count("place") == 0


async def test_an_order_that_cannot_be_asked_about_stops_the_start(clock: VirtualClock, tmp_path: Path) -> None:
    """Unknown is not over: without an answer on every order left the bot does not trade."""
    desk = await first_session(clock, tmp_path)
    await resting(desk)
    await kill(desk)
    desk.client.always("info", lost(acts=False))
    with pytest.raises(VenueError):
        await restart(desk, tmp_path)


async def test_a_short_outage_does_not_stop_the_start(clock: VirtualClock, tmp_path: Path) -> None:
    """Reads are repeated; one that the venue throttles waits as long as the venue says."""
    client = make_client(clock)
    client.script("positions", lost(acts=False), Reply(error=RateLimited("429", 30)))
    await open_desk(clock, tmp_path, client=client)
    assert clock.now_ns() == 31_000_000_000


async def test_a_refusal_stops_the_start_at_once(clock: VirtualClock, tmp_path: Path) -> None:
    """A definite no is not asked for again."""
    client = make_client(clock)
    client.always("balance", Reply(error=VenueRejected("5", "no such account")))
    with pytest.raises(VenueRejected):
        await open_desk(clock, tmp_path, client=client)
    assert client.count("balance") == 1


async def test_foreign_orders_are_reported_and_left_alone(clock: VirtualClock, tmp_path: Path) -> None:
    """An open order at the venue that is not ours is told of, and not touched."""
    client = make_client(clock)
    client.put("77", Side.SELL, "2", "63000")
    desk = await open_desk(clock, tmp_path, client=client)
    assert len(desk.lines.texts("recovered")) == 1
    assert client.orders["77"].is_live
    assert desk.session.tracker.live() == ()


# -- what the first session left ----------------------------------------------------------------


async def test_a_resting_order_is_carried_on(clock: VirtualClock, tmp_path: Path) -> None:
    """It keeps its intent, nobody hears of it, and it can be cancelled as before."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    second = await restart(first, tmp_path)
    assert (second.order(key).status, second.news().closed) == (S.OPEN, [])
    assert second.lines.texts("recovered") == ["order entry of the earlier session is open"]
    assert second.session.executor.cancel("entry")
    await second.settle()
    assert first.client.orders[key].status is S.CANCELLED
    assert first.client.count("place") == 1


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_intent_that_may_or_may_not_have_left(clock: VirtualClock, tmp_path: Path, arrived: bool) -> None:
    """Killed right after the intent was written: the venue is asked, three times before it counts as never sent."""
    first = await first_session(clock, tmp_path)
    key = first.submit("entry")
    await kill(first)
    if arrived:
        first.client.put(key, Side.BUY, "1")
    second = await restart(first, tmp_path)
    assert second.order(key).status is (S.OPEN if arrived else S.REJECTED)
    assert first.client.count("place") == 0
    assert first.client.count("info") == (1 if arrived else 4)


async def test_an_order_still_on_its_way_at_the_restart(clock: VirtualClock, tmp_path: Path) -> None:
    """Sent just before the kill, it arrives after the new session's first look: it is found, not forgotten."""
    first = await first_session(clock, tmp_path)
    first.client.script("place", Reply(answer_s=50))
    first.client.tells = False
    key = first.submit("entry")
    await clock.sleep(0.1)
    await kill(first)
    there = first.client.orders.pop(key)
    with JournalReader(first.recorder.journal.path) as journal:
        left = tuple(journal.live_orders())
    assert [order.status for order in left] == [S.SUBMITTED]
    second = await open_desk(clock, tmp_path, client=first.client, name="second", left=left)
    assert second.order(key).status is S.UNKNOWN
    assert second.session.tracker.by_intent("entry") is not None
    first.client.orders[key] = there
    await second.settle()
    assert second.order(key).status is S.OPEN


async def test_sent_and_accepted_but_the_reply_never_came(clock: VirtualClock, tmp_path: Path) -> None:
    """An order the first session did not know the outcome of is known to the second."""
    first = await first_session(clock, tmp_path)
    first.client.tells = False
    first.client.script("place", lost(acts=True))
    key = first.submit("entry")
    await clock.sleep(0.5)
    await kill(first)
    second = await restart(first, tmp_path)
    assert second.order(key).status is S.OPEN


@pytest.mark.parametrize(("quantity", "status"), [("0.4", S.PARTIALLY_FILLED), ("1", S.FILLED)])
async def test_filled_while_the_bot_was_down(
    clock: VirtualClock, tmp_path: Path, quantity: str, status: OrderStatus
) -> None:
    """The strategy hears of the fill once; the position is the venue's and does not count it again."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.execute(key, quantity)
    second = await restart(first, tmp_path)
    second.session.on_fill(first.client.fills[0])
    news = second.news()
    assert (second.order(key).status, second.session.beliefs.ledger.position) == (status, D(quantity))
    assert [(order.filled_quantity, fill.quantity) for order, fill in news.filled] == [(D(quantity), D(quantity))]
    assert len(news.closed) == (status is S.FILLED)
    assert second.session.beliefs.pnl().net == 0


async def test_filled_before_and_while_the_bot_was_down(clock: VirtualClock, tmp_path: Path) -> None:
    """Only the fill the first session had not counted is news; the average is over both."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    first.client.execute(key, "0.4", "61000")
    await kill(first)
    await clock.sleep(1)
    first.client.execute(key, "0.6", "60000")
    second = await restart(first, tmp_path)
    assert [fill.quantity for _, fill in second.news().filled] == [D("0.6")]
    assert second.order(key).average_price == 60_400


async def test_killed_and_restarted_again_and_again(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill in each of four lives of an order, some heard and some not, is counted and told exactly once."""
    desk = await first_session(clock, tmp_path)
    key = await resting(desk)
    told = []
    for life in range(4):
        await clock.sleep(10)
        desk.client.execute(key, "0.1", tell=life % 2 == 0)
        told += [fill.trade_id for _, fill in desk.news().filled]
        await kill(desk)
        desk = await restart(desk, tmp_path, f"life{life}")
    told += [fill.trade_id for _, fill in desk.news().filled]
    assert (desk.order(key).filled_quantity, desk.session.beliefs.ledger.position) == (D("0.4"), D("0.4"))
    assert told == [fill.trade_id for fill in desk.client.fills]


async def test_a_fill_that_was_missed_before_one_that_was_heard(clock: VirtualClock, tmp_path: Path) -> None:
    """The journal tells which of two equal fills was counted: the other one is news, although it is older."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    missed = first.client.execute(key, "0.2", tell=False)
    await clock.sleep(1)
    first.client.execute(key, "0.2")
    await kill(first)
    second = await restart(first, tmp_path)
    assert [fill.trade_id for _, fill in second.news().filled] == [missed.trade_id]
    assert second.order(key).filled_quantity == D("0.4")


async def test_a_fill_row_without_its_order_row(clock: VirtualClock, tmp_path: Path) -> None:
    """Killed between writing a fill and writing its order: the order catches up, the position counts it once."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    stale = first.order(key)
    first.client.execute(key, "0.4")
    await kill(first)
    known = tuple(first.client.fills)
    second = await open_desk(clock, tmp_path, client=first.client, name="second", left=(stale,), known=known)
    assert (second.order(key).filled_quantity, second.session.beliefs.ledger.position) == (D("0.4"), D("0.4"))
    assert second.order(key).status is S.PARTIALLY_FILLED


async def test_fills_the_venue_lists_no_more(clock: VirtualClock, tmp_path: Path) -> None:
    """What the journal says that filled stays filled where the venue's own list begins later."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    first.client.execute(key, "0.4")
    await kill(first)
    first.client.fills.clear()
    second = await restart(first, tmp_path)
    assert (second.order(key).status, second.order(key).filled_quantity) == (S.PARTIALLY_FILLED, D("0.4"))


async def test_cancelled_while_the_bot_was_down(clock: VirtualClock, tmp_path: Path) -> None:
    """Its end is told once, with what filled before it."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.execute(key, "0.4")
    first.client.end(key)
    second = await restart(first, tmp_path)
    (closed,) = second.news().closed
    assert (closed.status, closed.filled_quantity) == (S.CANCELLED, D("0.4"))


async def test_an_order_the_venue_no_longer_knows(clock: VirtualClock, tmp_path: Path) -> None:
    """It was open, and the venue has no such order: it is over."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    del first.client.orders[key]
    second = await restart(first, tmp_path)
    assert (second.order(key).status, len(second.news().closed)) == (S.CANCELLED, 1)


async def test_an_end_whose_fills_are_not_listed_yet(clock: VirtualClock, tmp_path: Path) -> None:
    """Filled, says the venue, and lists the fill later: until then the order is not over."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.execute(key, 1)
    first.client.script("fills", Reply(value=()), Reply(value=()))
    with JournalReader(first.recorder.journal.path) as journal:
        left = tuple(journal.live_orders())
    second = await open_desk(clock, tmp_path, client=first.client, name="second", left=left)
    assert second.order(key).is_live
    await second.settle()
    assert second.order(key).status is S.FILLED


async def test_amended_just_before_the_kill(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue's terms hold, so that more fills than the journal knew of break nothing."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.orders[key].size, first.client.orders[key].price = D(3), D(61_500)
    first.client.execute(key, 2)
    second = await restart(first, tmp_path)
    order = second.order(key)
    assert (order.status, order.quantity, order.filled_quantity, order.price) == (S.PARTIALLY_FILLED, 3, 2, 61_500)


async def test_an_amend_under_way_at_the_kill(clock: VirtualClock, tmp_path: Path) -> None:
    """Made larger just before the kill, an order fills more than the venue had at the restart: it was on disk."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    first.client.script("amend", Reply(acts=False, answer_s=50))
    first.session.executor.amend(AmendParams(intent="entry", price=D(61_500), quantity=D(2)))
    await clock.sleep(0.1)
    first.recorder.journal.abandon()  # no flush: what was only batched is lost
    first.client.listener = None
    await first.session.executor.abandon()
    with JournalReader(first.recorder.journal.path) as journal:
        left = tuple(journal.live_orders())
    second = await open_desk(clock, tmp_path, client=first.client, name="second", left=left)
    assert second.order(key).quantity == 2
    first.client.orders[key].size, first.client.orders[key].price = D(2), D(61_500)
    first.client.execute(key, 1)
    assert second.order(key).status is S.PARTIALLY_FILLED
    first.client.execute(key, 1)
    await second.settle()
    assert (second.order(key).status, second.session.executor.failure) == (S.FILLED, None)


async def test_an_amend_that_never_left(clock: VirtualClock, tmp_path: Path) -> None:
    """The order is as the venue has it once three looks show that no amend is coming."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    first.client.script("amend", Reply(acts=False, answer_s=50))
    first.session.executor.amend(AmendParams(intent="entry", price=D(61_500), quantity=D(2)))
    await clock.sleep(0.1)
    await kill(first)
    second = await restart(first, tmp_path)
    assert (second.order(key).price, second.order(key).quantity) == (61_000, 1)
    assert second.session.executor.amend(AmendParams(intent="entry", price=D(61_500), quantity=D(2)))
    await second.settle()
    assert second.order(key).quantity == 2


async def test_two_orders_for_one_intent_do_not_keep_the_bot_from_starting(clock: VirtualClock, tmp_path: Path) -> None:
    """Should a journal ever hold two, the first keeps the intent and the other is cancelled."""
    first = await first_session(clock, tmp_path)
    key, other = await resting(first), await resting(first, "other")
    left = (first.order(key), msgspec.structs.replace(first.order(other), intent="entry"))
    await kill(first)
    second = await open_desk(clock, tmp_path, client=first.client, name="second", left=left)
    await second.settle()
    assert (second.order(key).status, second.order(other).status) == (S.OPEN, S.CANCELLED)
    assert (second.order(key).intent, second.order(other).intent) == ("entry", f"entry/{other}")


async def test_a_cancel_under_way_at_the_kill(clock: VirtualClock, tmp_path: Path) -> None:
    """An order whose cancel got lost with the first session is cancelled by the second: so it was decided."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    first.client.script("cancel", lost(acts=False))
    first.session.executor.cancel("entry")
    await clock.sleep(0.5)
    await kill(first)
    second = await restart(first, tmp_path)
    assert (second.order(key).status, first.client.orders[key].status) == (S.CANCELLED, S.CANCELLED)


async def test_the_position_was_changed_by_hand_meanwhile(clock: VirtualClock, tmp_path: Path) -> None:
    """The venue's position is where the new session begins, whatever the journal's fills add up to."""
    first = await first_session(clock, tmp_path)
    first.client.execute(await resting(first), "1")
    await kill(first)
    first.client.trade_by_hand(Side.SELL, "1")
    second = await restart(first, tmp_path)
    assert (second.session.beliefs.ledger.position, second.session.beliefs.pnl().net) == (0, 0)


async def test_what_was_left_is_in_the_new_journal_before_anything_is_asked(
    clock: VirtualClock, tmp_path: Path
) -> None:
    """A second crash during recovery loses nothing: the orders are committed to the new journal first."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.always("fills", lost(acts=False))
    with pytest.raises(ConnectivityError):
        await restart(first, tmp_path)
    first.client.heal()
    with JournalReader(tmp_path / "second") as journal:
        left = tuple(journal.live_orders())
    assert [(order.client_order_id, order.status) for order in left] == [(key, S.OPEN)]
    third = await open_desk(clock, tmp_path, client=first.client, name="third", left=left)
    assert third.order(key).status is S.OPEN


# -- while recovery is under way ----------------------------------------------------------------


async def test_a_fill_between_two_reads_is_counted_once(clock: VirtualClock, tmp_path: Path) -> None:
    """A trade while position and fills are being read: they are read again until they belong together."""
    client = make_client(clock)
    client.script("fills", Reply(answer_s=1))
    client.script("positions", Reply(answer_s=1))
    clock._loop.call_later(0.5, client.trade_by_hand, Side.BUY, "1")
    clock._loop.call_later(1.5, client.trade_by_hand, Side.BUY, "2")
    desk = await open_desk(clock, tmp_path, client=client)
    assert desk.session.beliefs.ledger.position == client.held == 3


async def test_a_fill_after_the_position_was_read_is_counted(clock: VirtualClock, tmp_path: Path) -> None:
    """A trade while the rest is being read, told by the stream early, is counted when the session listens."""
    client = make_client(clock)
    client.script("balance", Reply(delay_s=1))
    clock._loop.call_later(0.5, client.trade_by_hand, Side.BUY, "1")
    desk = await open_desk(clock, tmp_path, client=client)
    assert desk.session.beliefs.ledger.position == client.held == 1


async def test_a_left_order_fills_while_it_is_taken_over(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill after the position was read counts in full: for the order, the position and the strategy, once."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.script("info", Reply(delay_s=1))
    clock._loop.call_later(0.5, first.client.execute, key, "0.4")
    second = await restart(first, tmp_path)
    assert second.order(key).filled_quantity == second.session.beliefs.ledger.position == D("0.4")
    assert len(second.news().filled) == 1


async def test_an_account_that_never_stands_still(clock: VirtualClock, tmp_path: Path) -> None:
    """Where a trade comes between every two reads the start fails rather than guess."""
    client = make_client(clock)
    read = client.get_account_positions

    async def read_and_trade() -> tuple[Position, ...]:
        client.trade_by_hand(Side.BUY, "1", tell=False)
        return await read()

    client.get_account_positions = read_and_trade  # type: ignore[method-assign]  # somebody trades all the time
    with pytest.raises(VenueError, match="trades too fast"):
        await open_desk(clock, tmp_path, client=client)


async def test_the_journal_knows_fills_of_while_the_bot_was_down(clock: VirtualClock, tmp_path: Path) -> None:
    """They are on record in the session that found them, and are no executions of its own."""
    first = await first_session(clock, tmp_path)
    key = await resting(first)
    await kill(first)
    first.client.execute(key, "0.4")
    second = await restart(first, tmp_path)
    second.recorder.flush()
    with JournalReader(second.recorder.journal.path) as journal:
        assert [fill.quantity for fill in journal.fills()] == [D("0.4")]
    assert second.recorder.fills == 0
