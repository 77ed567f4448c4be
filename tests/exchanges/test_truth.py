"""Running checks against the venue's own account: missed fills, vanished orders, strays, positions."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_client import MID, D, Desk, Reply, lost, open_desk

from exchanges.truth import check_truth
from helpers.enums import OrderStatus, Side
from helpers.errors import RateLimited
from helpers.models import Position
from simulation.virtual_loop import VirtualClock

S = OrderStatus


async def check(desk: Desk, wait_s: float = 60) -> str:
    """Look a minute later, as a running bot does, and let come of it what may."""
    await desk.clock.sleep(wait_s)
    trouble = await check_truth(desk.session, desk.recorder)
    await desk.settle()
    return trouble


async def resting(desk: Desk, intent: str = "entry", quantity: str = "1") -> str:
    """Let an order rest and give its id."""
    key = desk.submit(intent, quantity)
    await desk.settle()
    return key


def position(quantity: str) -> Reply:
    """Let a position read give this, whatever the truth is."""
    held = D(quantity)
    return Reply(value=(Position(ticker="BTC", quantity=held, mark_price=MID),) if held else ())


# -- all is well --------------------------------------------------------------------------------


async def test_where_all_agrees_nothing_is_said(clock: VirtualClock, tmp_path: Path) -> None:
    """One look at orders, position, money and funding; balance and funding rate are fresh afterwards."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.4")
    desk.client.wallet = D(9_999)
    desk.client.calls.clear()
    assert await check(desk) == ""
    assert [call for call, _ in desk.client.calls] == ["active", "positions", "balance", "funding"]
    assert desk.session.beliefs.equity() == 9_999
    assert desk.session.agreed_ns == clock.now_ns()
    assert desk.lines.lines[1:] == []


@pytest.mark.parametrize("error", [lost(acts=False), Reply(error=RateLimited("429")), Reply(error=OSError("reset"))])
@pytest.mark.parametrize("call", ["active", "positions", "balance", "funding"])
async def test_a_venue_that_does_not_answer_is_reported(
    clock: VirtualClock, tmp_path: Path, error: Reply, call: str
) -> None:
    """An outage is said in words and changes nothing that is believed."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.4")
    desk.client.script(call, error)
    assert (await check(desk)).startswith("fake does not answer: ")
    assert (desk.session.beliefs.ledger.position, desk.order(key).is_live) == (D("0.4"), True)


# -- fills that were missed ---------------------------------------------------------------------


@pytest.mark.parametrize("quantity", ["0.4", "1"])
async def test_a_missed_fill_is_found(clock: VirtualClock, tmp_path: Path, quantity: str) -> None:
    """A fill the stream did not tell, of part or all of an order, is counted for order and position."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.tells = False
    desk.client.execute(key, quantity)
    assert await check(desk) == ""
    assert desk.order(key).filled_quantity == desk.session.beliefs.ledger.position == D(quantity)
    assert desk.order(key).is_live == (quantity != "1")
    assert not any("outside the bot" in text for text in desk.lines.texts())


async def test_a_missed_fill_before_a_later_one_is_found(clock: VirtualClock, tmp_path: Path) -> None:
    """The fill that came after the missed one does not hide it: reading begins at the last agreement."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.1", tell=False)
    await clock.sleep(300)
    desk.client.execute(key, "0.2")
    await check(desk)
    assert desk.order(key).filled_quantity == desk.session.beliefs.ledger.position == D("0.3")


async def test_a_missed_fill_is_found_by_a_clock_that_is_behind(clock: VirtualClock, tmp_path: Path) -> None:
    """A venue clock half a minute behind dates the fill before the last agreement: it is found all the same."""
    await clock.sleep(1_000)
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    fill = desk.client.trade_by_hand(Side.BUY, "1")
    desk.client.fills = [msgspec.structs.replace(fill, time_ns=fill.time_ns - 30_000_000_000)]
    await check(desk, 1)
    assert (desk.session.beliefs.ledger.position, desk.recorder.fills) == (1, 1)


async def test_a_missed_trade_by_hand_is_found_as_a_fill(clock: VirtualClock, tmp_path: Path) -> None:
    """A trade outside the bot that the stream did not tell is booked at its own price."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.trade_by_hand(Side.BUY, "1", "60000")
    await check(desk)
    assert desk.session.beliefs.ledger.cost == 60_000


# -- the position -------------------------------------------------------------------------------


async def test_a_position_changed_outside_is_taken_over_and_told(clock: VirtualClock, tmp_path: Path) -> None:
    """A difference that no fill explains and that stays is believed: the venue's books are the truth."""
    desk = await open_desk(clock, tmp_path)
    desk.client.held = D(2)
    assert await check(desk) == ""
    assert desk.session.beliefs.ledger.position == 2
    assert desk.lines.texts("health") == [
        "position on fake is 2, our fills say 0: changed outside the bot, taken over",
    ]
    assert desk.session.beliefs.pnl().net == 0
    await check(desk)
    assert len(desk.lines.texts("health")) == 1


@pytest.mark.parametrize("glitches", [1, 2, 3])
async def test_a_glitch_is_not_believed(clock: VirtualClock, tmp_path: Path, glitches: int) -> None:
    """A venue that says flat for a moment does not flatten what we hold: every look must say the same."""
    desk = await open_desk(clock, tmp_path)
    desk.client.execute(await resting(desk), "0.4")
    desk.client.script("positions", *[position("0")] * glitches)
    await check(desk)
    assert (desk.session.beliefs.ledger.position, desk.lines.texts("health")) == (D("0.4"), [])


async def test_answers_that_contradict_each_other_are_not_believed(clock: VirtualClock, tmp_path: Path) -> None:
    """Three looks, three answers: nothing is taken over."""
    desk = await open_desk(clock, tmp_path)
    desk.client.script("positions", position("5"), position("5"), position("6"), position("5"))
    await check(desk)
    assert (desk.session.beliefs.ledger.position, desk.lines.texts("health")) == (0, [])


async def test_a_fill_on_its_way_is_no_difference(clock: VirtualClock, tmp_path: Path) -> None:
    """Position news that is ahead of the fill's own is cleared up by the fill, and nothing is taken over."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    fill = desk.client.execute(key, "0.4", tell=False)
    desk.client.script("fills", Reply(value=()))
    desk.client.script("active", Reply(value=(desk.client.info(key, filled_size=D(0)),)))
    looking = clock.now_ns()
    await clock.sleep(1)

    async def tell_later() -> None:
        await clock.sleep(1)
        desk.session.on_fill(fill)

    desk.session.executor._tasks.spawn(tell_later())
    assert await check(desk, 0) == ""
    assert clock.now_ns() > looking
    assert (desk.session.beliefs.ledger.position, desk.lines.texts("health")) == (D("0.4"), [])


async def test_nothing_is_decided_while_the_position_is_in_doubt(clock: VirtualClock, tmp_path: Path) -> None:
    """From the look that shows a difference until it is settled there is no market data, and the bot says why."""
    desk = await open_desk(clock, tmp_path)
    assert desk.session.market_data() is not None
    desk.client.held = D(2)
    seen: list[str] = []

    async def look_meanwhile() -> None:
        await clock.sleep(61)
        seen.append(desk.session.book_trouble(desk.session.bbo(), clock.now_ns()))
        assert desk.session.market_data() is None

    desk.session.executor._tasks.spawn(look_meanwhile())
    await check(desk)
    assert seen == ["the venue says that the position is 2, our fills say 0"]
    assert desk.session.market_data() is not None


async def test_what_comes_while_looking_ends_the_look(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill that arrives while the position is being read makes the comparison worthless, so none is made."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.always("positions", Reply(answer_s=1))

    async def fill_meanwhile() -> None:
        await clock.sleep(60.5)
        desk.client.execute(key, "0.4")

    desk.session.executor._tasks.spawn(fill_meanwhile())
    read = desk.client.count("fills")
    await check(desk)
    assert (desk.session.beliefs.ledger.position, desk.client.count("fills")) == (D("0.4"), read)


async def test_nothing_is_taken_over_without_a_price(clock: VirtualClock, tmp_path: Path) -> None:
    """While nobody knows a price the position stays as believed, and is taken over once there is one."""
    desk = await open_desk(clock, tmp_path)
    book, desk.client.held = desk.client.book, D(2)
    desk.client.book = msgspec.structs.replace(book, bid=None)
    desk.client.always("positions", Reply(value=(Position(ticker="BTC", quantity=D(2)),)))
    await check(desk)
    assert (desk.session.beliefs.ledger.position, desk.lines.texts("health")) == (0, [])
    desk.client.book = book
    await check(desk)
    assert desk.session.beliefs.ledger.position == 2


# -- orders -------------------------------------------------------------------------------------


async def test_an_order_that_vanished_is_over(clock: VirtualClock, tmp_path: Path) -> None:
    """Ended at the venue without a word: what the venue says of it counts, with its fills."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.tells = False
    desk.client.execute(key, "0.4")
    desk.client.end(key, S.EXPIRED)
    await check(desk)
    assert (desk.order(key).status, desk.order(key).filled_quantity) == (S.EXPIRED, D("0.4"))
    assert len(desk.news().closed) == 1


async def test_an_order_the_venue_forgot_is_over(clock: VirtualClock, tmp_path: Path) -> None:
    """Neither listed nor known by its id: it is gone."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    del desk.client.orders[key]
    await check(desk)
    assert (desk.order(key).status, desk.order(key).reason) == (S.CANCELLED, "the venue no longer knows it")


async def test_a_fresh_order_may_not_be_listed_yet(clock: VirtualClock, tmp_path: Path) -> None:
    """An order of three seconds ago that the list lacks is given time; so is one whose outcome is unknown."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("active", Reply(value=()))
    desk.client.script("info", Reply(value=None))
    await check(desk, 3)
    assert desk.order(key).is_live
    desk.client.heal()
    desk.client.always("info", lost(acts=False))
    desk.client.script("place", lost(acts=True))
    desk.client.tells = False
    unknown = desk.submit("other")
    desk.client.script("active", Reply(value=(desk.client.info(key),)))
    await clock.sleep(60)
    assert await check_truth(desk.session, desk.recorder) == ""
    assert desk.order(unknown).status is S.UNKNOWN
    await desk.session.executor.abandon()


async def test_a_list_that_lacks_an_order_is_not_enough(clock: VirtualClock, tmp_path: Path) -> None:
    """An order the list forgot but the venue knows by its id stays; so it does if the venue cannot be asked."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.always("active", Reply(value=()))
    await check(desk)
    desk.client.script("info", lost(acts=False))
    await check(desk)
    assert desk.order(key).status is S.OPEN


async def test_an_unknown_order_that_rests_is_open(clock: VirtualClock, tmp_path: Path) -> None:
    """The list of resting orders answers what happened to a lost reply."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=True))
    desk.client.always("info", lost(acts=False))
    key = desk.submit("entry")
    await check(desk)
    assert desk.order(key).status is S.OPEN


async def test_an_order_that_should_be_over_is_cancelled(clock: VirtualClock, tmp_path: Path) -> None:
    """Taken for lost, and yet it rests: it is cancelled and told, and what it filled is counted."""
    desk = await open_desk(clock, tmp_path)
    desk.client.tells = False
    desk.client.script("place", lost(acts=False, late_s=20))
    key = desk.submit("entry")
    await clock.sleep(21)
    desk.client.execute(key, "0.4")
    await check(desk)
    assert desk.client.orders[key].status is S.CANCELLED
    assert desk.lines.texts("health") == [f"order {key} was taken for over and rested at the venue: cancelled"]
    assert desk.session.beliefs.ledger.position == D("0.4")


async def test_an_order_that_just_ended_may_still_be_listed(clock: VirtualClock, tmp_path: Path) -> None:
    """A list that lags behind a cancel of three seconds ago is no reason to cancel again."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    listed = desk.client.info(key)
    desk.session.executor.cancel("entry")
    await desk.settle()
    desk.client.script("active", Reply(value=(listed,)))
    await check(desk, 3)
    assert desk.client.count("cancel") == 1


async def test_terms_changed_at_the_venue_are_taken_over(clock: VirtualClock, tmp_path: Path) -> None:
    """An order made larger by hand is believed, before its fills break anything."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.orders[key].size, desk.client.orders[key].price = D(3), D(60_000)
    await check(desk)
    desk.client.execute(key, 3)
    assert (desk.order(key).status, desk.order(key).price, desk.bot.broken) == (S.FILLED, 60_000, [])


async def test_foreign_orders_are_told_once(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that somebody else placed is reported when it is first seen, and never touched."""
    desk = await open_desk(clock, tmp_path)
    desk.client.put("77", Side.SELL, "2", "63000")
    for _ in range(3):
        await check(desk)
    order_id = desk.client.orders["77"].order_id
    assert desk.lines.texts("recovered") == [
        f"open order {order_id} (sell 2 at 63000) is not this bot's: it is left alone",
    ]
    assert desk.client.orders["77"].is_live
    assert desk.client.count("cancel") == 0


async def test_a_foreign_market_order_has_no_price(clock: VirtualClock, tmp_path: Path) -> None:
    """An order without a price is described as one at market."""
    desk = await open_desk(clock, tmp_path)
    desk.client.put("77", Side.SELL, "2").price = None
    await check(desk)
    assert "(sell 2 at market)" in desk.lines.texts("recovered")[0]
