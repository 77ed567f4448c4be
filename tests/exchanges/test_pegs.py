"""Following the book on a scripted venue: one amend at a time, no move lost, nothing after the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_client import ALL, NO_AMEND, D, Desk, Reply, lost, make_client, open_desk
from order_samples import order

from exchanges.base import Bbo
from exchanges.pegs import without_us
from exchanges.shutdown import leave
from helpers.decisions import OnStop, Peg, PegReference, Wake
from helpers.enums import Capability, OrderStatus, Side, TimeInForce
from helpers.errors import VenueRejected
from helpers.journal_reader import JournalReader
from helpers.models import Order
from helpers.money import plain
from simulation.virtual_loop import VirtualClock

S = OrderStatus
FOLLOWED = ALL - {Capability.PEG}
REPLACED = NO_AMEND - {Capability.PEG}
REFUSED = Reply(acts=False, error=VenueRejected("NO", "it would take"))
TERMS: dict[str, Any] = {"peg": Peg(), "price": "61999.5", "quantity": "0.5", "post_only": True}


async def follower(clock: VirtualClock, tmp_path: Path, can: frozenset[Capability] = FOLLOWED, **more: Any) -> Desk:
    """Open a session on a venue whose orders do not follow by themselves."""
    return await open_desk(clock, tmp_path, client=make_client(clock, can), **more)


async def resting(desk: Desk, intent: str = "entry", **terms: Any) -> str:
    """Let a pegged order rest and give its id."""
    key = desk.submit(intent, **{**TERMS, **terms})
    await desk.clock.sleep(0.001)
    return key


def quote(desk: Desk, bid: str | None, ask: str | None, quantity: str = "1") -> None:
    """Move the book and tell the session."""
    one = D(quantity)
    desk.client.book = Bbo(
        None if bid is None else D(bid), one, None if ask is None else D(ask), one, 0, desk.clock.now_ns()
    )
    desk.session.on_book()


async def move(desk: Desk, bid: str | None, ask: str | None, quantity: str = "1") -> None:
    """Move the book and let everything come of it that comes at once."""
    quote(desk, bid, ask, quantity)
    await desk.clock.sleep(0.001)


def price(desk: Desk, key: str) -> str:
    """Give an order's price at the venue."""
    return plain(desk.client.orders[key].price or D(0))


# -- when an amend is sent ----------------------------------------------------------------------


async def test_it_follows_the_best_price(clock: VirtualClock, tmp_path: Path) -> None:
    """Each move of the prices is one amend, at the peg's price and the order's quantity; standing still is none."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    assert desk.client.count("amend") == 0
    await move(desk, "61990", "61991")
    assert (price(desk, key), desk.order(key).price, desk.client.orders[key].size) == ("61990", D(61990), D("0.5"))
    await move(desk, "61990", "61995", "7")
    assert desk.client.count("amend") == 1
    await move(desk, "62010", "62011")
    assert (price(desk, key), desk.client.count("amend")) == ("62010", 2)


async def test_a_venue_that_follows_is_left_to_it(clock: VirtualClock, tmp_path: Path) -> None:
    """It is given the peg, nothing is amended, and the price it tells is taken over without waking anybody."""
    desk = await open_desk(clock, tmp_path)
    sent: list[Peg | None] = []
    real = desk.client.place_order

    async def place(ticker: str, key: str, params: Any) -> Any:
        sent.append(params.peg)
        return await real(ticker, key, params)

    desk.client.place_order = place  # type: ignore[method-assign]  # listens in on what is sent
    key = await resting(desk)
    desk.bot.rings.clear()
    await move(desk, "61990", "61991")
    assert (sent, desk.client.count("amend"), desk.session.pegs.following) == ([Peg()], 0, {})
    desk.client.orders[key].price = D(61990)
    desk.client.tell_order(key)
    assert desk.order(key).price == 61990
    assert desk.bot.rings == ["book"]


async def test_a_venue_that_cannot_follow_is_not_told_of_pegs(clock: VirtualClock, tmp_path: Path) -> None:
    """It gets a plain limit order at the starting price."""
    desk = await follower(clock, tmp_path)
    sent: list[Any] = []
    real = desk.client.place_order

    async def place(ticker: str, key: str, params: Any) -> Any:
        sent.append(params)
        return await real(ticker, key, params)

    desk.client.place_order = place  # type: ignore[method-assign]  # listens in on what is sent
    key = await resting(desk)
    assert [(params.peg, params.price) for params in sent] == [(None, D("61999.5"))]
    assert desk.order(key).peg == Peg()


async def test_a_burst_of_quotes_is_one_amend(clock: VirtualClock, tmp_path: Path) -> None:
    """However many quotes come in one moment, the newest counts."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    for bid in ("61990", "61980", "61970"):
        quote(desk, bid, "61991")
    await clock.sleep(0.001)
    assert (price(desk, key), desk.client.count("amend")) == ("61970", 1)


async def test_moves_before_the_venue_has_it_are_not_lost(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that is still on its way waits for its answer and follows then."""
    desk = await follower(clock, tmp_path)
    desk.client.script("place", Reply(delay_s=2))
    key = await resting(desk)
    await move(desk, "61995", "61996")
    await move(desk, "61990", "61991")
    await clock.sleep(2)
    assert (price(desk, key), desk.client.count("amend")) == ("61990", 1)


async def test_a_move_while_an_amend_is_under_way_is_not_lost(clock: VirtualClock, tmp_path: Path) -> None:
    """One amend at a time; after its answer the newest book counts."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", Reply(delay_s=1, answer_s=1))
    for bid in ("61990", "61980", "61970"):
        await move(desk, bid, "61991")
    assert desk.client.count("amend") == 1
    await clock.sleep(2)
    assert (price(desk, key), desk.client.count("amend")) == ("61970", 2)


async def test_a_refused_amend_waits_for_the_next_move(clock: VirtualClock, tmp_path: Path) -> None:
    """Quantities are no move; the second refusal in a row is told, the others are not."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", REFUSED, REFUSED, REFUSED)
    await move(desk, "61990", "61991")
    await move(desk, "61990", "61991", "7")
    assert (desk.client.count("amend"), desk.order(key).price) == (1, D("61999.5"))
    assert desk.lines.texts("rejected") == []
    for ask in ("61992", "61993"):
        await move(desk, "61990", ask)
        assert desk.lines.texts("rejected") == ["amend of entry was refused: it would take [NO]"]
    await move(desk, "61990", "61994")
    assert (price(desk, key), desk.client.count("amend")) == ("61990", 4)
    desk.client.script("amend", REFUSED, REFUSED)
    await move(desk, "61980", "61994")
    assert len(desk.lines.texts("rejected")) == 1
    await move(desk, "61980", "61995")
    assert len(desk.lines.texts("rejected")) == 2


async def test_standing_right_ends_a_row_of_refusals(clock: VirtualClock, tmp_path: Path) -> None:
    """Once the market came back to the order, the next refusal is a first one."""
    desk = await follower(clock, tmp_path)
    await resting(desk)
    desk.client.script("amend", REFUSED, REFUSED)
    await move(desk, "61990", "61991")
    await move(desk, "61999.5", "62000.5")
    await move(desk, "61990", "61991")
    assert (desk.client.count("amend"), desk.lines.texts("rejected")) == (2, [])


async def test_a_move_before_a_refusal_is_not_tried(clock: VirtualClock, tmp_path: Path) -> None:
    """A refusal says that the order stays until the prices move once more, whatever happened before it came."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", Reply(acts=False, error=REFUSED.error, delay_s=1))
    await move(desk, "61990", "61991")
    await move(desk, "61980", "61992")
    await clock.sleep(2)
    assert (price(desk, key), desk.client.count("amend")) == ("61999.5", 1)
    await move(desk, "61980", "61993")
    assert (price(desk, key), desk.client.count("amend")) == ("61980", 2)


async def test_a_lost_answer_is_asked_about_before_the_next(clock: VirtualClock, tmp_path: Path) -> None:
    """Nobody knows the price meanwhile, so nothing else is sent; then it goes on from what holds."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("amend", lost(acts=True))
    await move(desk, "61990", "61991")
    await move(desk, "61980", "61991")
    assert desk.client.count("amend") == 1
    await clock.sleep(10)
    assert (price(desk, key), desk.order(key).price, desk.client.count("amend")) == ("61980", D(61980), 2)


@pytest.mark.parametrize(("bid", "ask"), [(None, "61991"), ("61992", "61991"), ("61991", "61991")])
async def test_a_book_that_says_nothing_moves_nothing(
    clock: VirtualClock, tmp_path: Path, bid: str | None, ask: str
) -> None:
    """Without its side, locked or crossed: the order stays, and follows when there is a price again."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    await move(desk, bid, ask)
    assert (desk.client.count("amend"), price(desk, key)) == (0, "61999.5")
    await move(desk, "61980", "61981")
    assert price(desk, key) == "61980"


async def test_an_order_that_is_being_cancelled_stays(clock: VirtualClock, tmp_path: Path) -> None:
    """A cancel under way ends the following; where the venue refuses it, it goes on."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.script("cancel", Reply(acts=False, error=VenueRejected("NO", "not now"), delay_s=1))
    assert desk.session.executor.cancel("entry")
    await move(desk, "61990", "61991")
    assert desk.client.count("amend") == 0
    await clock.sleep(3)
    assert (desk.order(key).status, price(desk, key)) == (S.OPEN, "61990")


async def test_several_orders_follow_each_their_own(clock: VirtualClock, tmp_path: Path) -> None:
    """Buys and sells, with offsets and limits; a plain order is left alone."""
    desk = await follower(clock, tmp_path)
    keys = [
        await resting(desk, "a", peg=Peg(offset=D("1.5"), limit=D(61_980))),
        await resting(desk, "b", peg=Peg(reference=PegReference.MID), side=Side.SELL),
        await resting(desk, "c", peg=None, price="61000"),
    ]
    await move(desk, "61990", "61991")
    assert [price(desk, key) for key in keys] == ["61980", "61990.5", "61000"]
    await move(desk, "61970", "61973")
    assert [price(desk, key) for key in keys] == ["61968.5", "61971.5", "61000"]


async def test_a_filled_order_is_forgotten(clock: VirtualClock, tmp_path: Path) -> None:
    """A part leaves the rest following; the end is the end."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.2")
    await move(desk, "61990", "61991")
    assert (price(desk, key), desk.client.orders[key].size) == ("61990", D("0.5"))
    desk.client.execute(key, "0.3")
    assert desk.session.pegs.following == {}
    await move(desk, "61980", "61981")
    assert desk.client.count("amend") == 1


# -- what others notice -------------------------------------------------------------------------


async def test_following_wakes_nobody(clock: VirtualClock, tmp_path: Path) -> None:
    """A price that followed is no news of our orders; a fill is."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk)
    desk.bot.rings.clear()
    await move(desk, "61990", "61991")
    assert (desk.bot.rings, desk.order(key).price) == (["book"], D(61990))
    desk.client.execute(key, "0.2")
    assert desk.bot.rings == ["book", "orders"]


async def test_nothing_is_said_and_every_price_is_written_down(clock: VirtualClock, tmp_path: Path) -> None:
    """No line for a move; the journal has the order with its peg where it stands."""
    desk = await follower(clock, tmp_path)
    await resting(desk, peg=Peg(offset=D("0.5"), limit=D(61_995)))
    said = len(desk.lines.lines)
    await move(desk, "61990", "61991")
    assert len(desk.lines.lines) == said
    desk.recorder.flush()
    assert desk.recorder.journal.path is not None
    with JournalReader(desk.recorder.journal.path) as journal:
        (written,) = journal.live_orders()
    assert (written.price, written.peg) == (D("61989.5"), Peg(offset=D("0.5"), limit=D(61_995)))


async def test_the_client_is_told_to_look_at_prices(clock: VirtualClock, tmp_path: Path) -> None:
    """While an order follows, prices are added to what the bot looks at, anew after each look; then no more."""
    desk = await follower(clock, tmp_path)
    armed: list[Wake] = []
    desk.client.arm = lambda ticker, wake: armed.append(wake)  # type: ignore[method-assign]  # keeps what it is told
    quiet, busy = Wake(book=False, at=7), Wake(book=True)
    desk.session.arm(quiet)
    assert armed == [quiet]
    key = await resting(desk)
    assert armed[-1] == Wake(book=False, prices=True, at=7)
    looks = len(armed)
    await move(desk, "61990", "61991")
    assert len(armed) > looks
    desk.session.arm(busy)
    assert armed[-1] is busy
    desk.client.end(key)
    desk.session.arm(quiet)
    assert armed[-1] is quiet


async def test_an_error_stops_the_bot(clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks while following does not vanish in the event loop."""
    desk = await follower(clock, tmp_path)
    await resting(desk)
    broken = RuntimeError("a bug")

    def break_down(ticker: str) -> Bbo:
        raise broken

    monkeypatch.setattr(desk.client, "top_of_book", break_down)
    desk.session.on_book()
    await clock.sleep(0.001)
    assert desk.bot.broken == [broken]


# -- replacing where the venue cannot amend -----------------------------------------------------


async def test_a_venue_that_cannot_amend_gets_another_order(clock: VirtualClock, tmp_path: Path) -> None:
    """Cancelled, its end awaited, placed anew under the same intent: and the new one follows."""
    desk = await follower(clock, tmp_path, REPLACED)
    first = await resting(desk)
    await move(desk, "61990", "61991")
    (second,) = desk.session.tracker.live()
    assert (desk.order(first).status, second.intent, second.price, second.peg) == (
        S.CANCELLED,
        "entry",
        D(61990),
        Peg(),
    )
    await move(desk, "61980", "61981")
    (third,) = desk.session.tracker.live()
    assert (third.price, list(desk.session.pegs.following)) == (D(61980), [third.client_order_id])


async def test_an_order_nobody_can_replace_stays(clock: VirtualClock, tmp_path: Path) -> None:
    """One whose end of life an earlier session knew cannot be placed anew: told once, and left where it is."""
    client = make_client(clock, REPLACED)
    client.put("7", Side.BUY, "0.5", "61999.5")
    left = pegged(client_order_id="7", time_in_force=TimeInForce.GTT)
    desk = await open_desk(clock, tmp_path, client=client, left=(left,))
    for bid in ("61990", "61980", "61970"):
        await move(desk, bid, "61991")
    assert (client.count("cancel"), price(desk, "7")) == (0, "61999.5")
    assert desk.lines.texts("rejected") == ["amend of entry: nobody knows any more when it should end"]


# -- the beginning and the end ------------------------------------------------------------------


def pegged(**more: Any) -> Order:
    """Give an order that an earlier session left."""
    fields = {"price": D("61999.5"), "status": S.OPEN, "peg": Peg(), **more}
    return order(quantity="0.5", key=fields.pop("client_order_id"), **fields)


async def test_a_start_goes_on_following(clock: VirtualClock, tmp_path: Path) -> None:
    """The order an earlier session left is brought to its price at once, and follows from there."""
    client = make_client(clock, FOLLOWED)
    client.put("7", Side.BUY, "0.5", "61999.5")
    client.book = Bbo(D(61_950), D(1), D(61_951), D(1), 0, 0)
    desk = await open_desk(clock, tmp_path, client=client, left=(pegged(client_order_id="7"),))
    assert client.count("amend") == 0
    await clock.sleep(0.001)
    assert price(desk, "7") == "61950"
    await move(desk, "61940", "61941")
    assert price(desk, "7") == "61940"


async def test_nothing_follows_after_a_stop(clock: VirtualClock, tmp_path: Path) -> None:
    """From the first moment of a stop an order stays where it is; a reduce-only one follows until all is left."""
    desk = await follower(clock, tmp_path)
    plain, reducing = (
        await resting(desk),
        await resting(desk, "exit", price="62000.5", side=Side.SELL, reduce_only=True),
    )
    desk.session.executor.only_reduce()
    await move(desk, "61990", "61991")
    assert [price(desk, key) for key in (plain, reducing)] == ["61999.5", "61991"]
    await desk.session.executor.abandon()
    await move(desk, "61980", "61981")
    assert desk.client.count("amend") == 1


async def test_a_stop_replaces_nothing(clock: VirtualClock, tmp_path: Path) -> None:
    """Where following means to cancel and place anew, a stop leaves the order as it is."""
    desk = await follower(clock, tmp_path, REPLACED)
    await resting(desk)
    desk.session.executor.only_reduce()
    await move(desk, "61990", "61991")
    assert desk.client.count("cancel") == 0


async def test_a_start_goes_on_replacing(clock: VirtualClock, tmp_path: Path) -> None:
    """The order that takes the place of an earlier session's follows as that one did."""
    client = make_client(clock, REPLACED)
    client.put("7", Side.BUY, "0.5", "61999.5")
    left = pegged(client_order_id="7", peg=Peg(offset=D(1)), post_only=True)
    desk = await open_desk(clock, tmp_path, client=client, left=(left,))
    await clock.sleep(0.001)
    await move(desk, "61990", "61991")
    (now,) = desk.session.tracker.live()
    assert (now.price, now.peg, now.post_only) == (D(61989), Peg(offset=D(1)), True)


async def test_leaving_cancels_what_follows(clock: VirtualClock, tmp_path: Path) -> None:
    """The orderly stop cancels a pegged order in the middle of an amend, and nothing is sent after it."""
    desk = await follower(clock, tmp_path, REPLACED)
    key = await resting(desk)
    desk.client.script("cancel", Reply(delay_s=1))
    await move(desk, "61990", "61991")
    assert await leave(desk.session, OnStop.CANCEL, desk.recorder) == []
    await move(desk, "61980", "61981")
    assert (desk.client.count("place"), desk.order(key).status, desk.session.tracker.live()) == (1, S.CANCELLED, ())


# -- our own orders in the book -----------------------------------------------------------------


def book(bid: str, bid_quantity: str | None, ask: str, ask_quantity: str | None) -> Bbo:
    """Give a book."""
    bids, asks = (None if each is None else D(each) for each in (bid_quantity, ask_quantity))
    return Bbo(D(bid), bids, D(ask), asks, 0, 0)


@pytest.mark.parametrize(
    ("bid_quantity", "ask_quantity", "bid", "ask"),
    [("2", "9", None, "101"), ("3", "5", "100", None), (None, None, None, None), ("3", "6", "100", "101")],
)
def test_a_side_that_shows_nobody_but_us_is_unknown(
    bid_quantity: str | None, ask_quantity: str | None, bid: str | None, ask: str | None
) -> None:
    """Ours are 2 at 100 and 5 at 101: somebody else has to stand there too."""
    ours = [
        order("1", quantity="3", filled_quantity=D(1), price=D(100)),
        order("2", quantity="5", price=D(101), side=Side.SELL),
        order("3", quantity="50", price=D(99)),
    ]
    left = without_us(book("100", bid_quantity, "101", ask_quantity), ours)
    assert (left.bid, left.ask) == (None if bid is None else D(bid), None if ask is None else D(ask))


async def test_an_order_does_not_follow_itself(clock: VirtualClock, tmp_path: Path) -> None:
    """One that improves the best bid becomes the best bid, and stays until somebody else stands there too."""
    desk = await follower(clock, tmp_path)
    key = await resting(desk, peg=Peg(offset=D("-0.1")), price="61999.6")
    await move(desk, "61999.6", "62000.5", "0.5")
    assert (desk.client.count("amend"), price(desk, key)) == (0, "61999.6")
    await move(desk, "61999.6", "62000.5", "0.6")
    assert price(desk, key) == "61999.7"
