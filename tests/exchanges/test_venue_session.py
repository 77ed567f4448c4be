"""One venue as the bot uses it: what a strategy may see, and what becomes of what the streams tell."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_client import MID, D, Desk, open_desk
from order_samples import fill, info, order
from worlds import MARKET

from exchanges.base import Bbo, FundingPayment
from exchanges.bot_events import Nobody
from exchanges.venue_session import VenueSession
from helpers.enums import OrderStatus, Side
from helpers.errors import JournalError, OrderStateError
from helpers.journal_reader import JournalReader
from helpers.models import Balance, Position
from simulation.virtual_loop import VirtualClock

S = OrderStatus


def book(bid: str | None, ask: str | None, received_ns: int = 0) -> Bbo:
    """Give a book with these best prices."""
    one = D(1)
    return Bbo(
        None if bid is None else D(bid),
        None if bid is None else one,
        None if ask is None else D(ask),
        None if ask is None else one,
        received_ns,
        received_ns,
    )


async def resting(desk: Desk, intent: str = "entry", quantity: str = "1", side: Side = Side.BUY) -> str:
    """Let an order rest and give its id."""
    key = desk.submit(intent, quantity, side=side)
    await desk.settle()
    return key


# -- what a strategy sees -----------------------------------------------------------------------


async def test_a_moment_of_the_market(clock: VirtualClock, tmp_path: Path) -> None:
    """Market data holds the book, our orders, position, balance and funding of this very moment."""
    desk = await open_desk(clock, tmp_path)
    await resting(desk)
    data = desk.session.market_data()
    assert data is not None
    assert (data.exchange, data.ticker, data.best_bid, data.best_ask) == ("fake", "BTC", MID - D("0.5"), MID + D("0.5"))
    assert [each.intent for each in data.orders] == ["entry"]
    assert data.position is not None
    assert data.balance is not None
    assert data.funding is not None
    assert data.market is desk.session.market
    assert desk.session.capabilities is desk.client.capabilities


@pytest.mark.parametrize(
    ("bbo", "trouble"),
    [
        (None, "no order book yet"),
        (book("100", None), "the book has one side only"),
        (book(None, "100"), "the book has one side only"),
        (book("100", "100"), "the book is locked or crossed"),
        (book("101", "100"), "the book is locked or crossed"),
        (book("100", "101", 89_000_000_000), "the book is 11 s old"),
    ],
)
async def test_a_book_that_cannot_be_trusted(
    clock: VirtualClock, tmp_path: Path, bbo: Bbo | None, trouble: str
) -> None:
    """No strategy is asked on a book that is missing, one-sided, crossed or old, and people are told why."""
    await clock.sleep(100)
    desk = await open_desk(clock, tmp_path)
    session = VenueSession(desk.client, MARKET, desk.recorder, desk.client.context.ids, 10_000_000_000)
    desk.client.book = bbo  # type: ignore[assignment]  # no book yet is one of the cases
    assert session.market_data() is None
    assert session.book_trouble(bbo, clock.now_ns()) == trouble


async def test_a_fresh_book_may_be_as_old_as_the_limit(clock: VirtualClock, tmp_path: Path) -> None:
    """Exactly at the limit it is still good; without a limit it never grows old."""
    desk = await open_desk(clock, tmp_path)
    session = VenueSession(desk.client, MARKET, desk.recorder, desk.client.context.ids, 10)
    assert session.book_trouble(book("100", "101", 5), 15) == ""
    assert desk.session.book_trouble(book("100", "101", 5), 10**18) == ""


async def test_missing_quantities_count_as_nothing(clock: VirtualClock, tmp_path: Path) -> None:
    """A venue that gives no quantities at the touch still gives a market."""
    desk = await open_desk(clock, tmp_path)
    desk.client.book = Bbo(D(1), None, D(2), None, 0, 0)
    data = desk.session.market_data()
    assert data is not None
    assert (data.bid_quantity, data.ask_quantity) == (0, 0)


async def test_what_people_see(clock: VirtualClock, tmp_path: Path) -> None:
    """The status of a venue shows market, book, valued position, orders and equity."""
    desk = await open_desk(clock, tmp_path)
    desk.client.execute(await resting(desk), "0.5")
    status = desk.session.status()
    assert (status.exchange, status.equity, len(status.orders)) == ("fake", 10_000, 1)
    assert status.position is not None
    assert (status.position.quantity, status.position.mark_price) == (D("0.5"), MID)


# -- before it knows where it stands --------------------------------------------------------------


async def test_news_waits_until_the_session_knows_where_it_stands(clock: VirtualClock, tmp_path: Path) -> None:
    """What the streams tell during recovery is taken in afterwards, in order; figures are read anew anyway."""
    desk = await open_desk(clock, tmp_path)
    session = VenueSession(desk.client, MARKET, desk.recorder, desk.client.context.ids, None)
    session.tracker.register(order("1", "a", "1", status=S.UNKNOWN))
    session.on_order(info(S.OPEN, "1", size="1"))
    session.on_fill(fill("t1", "1"))
    session.on_position(Position(ticker="BTC", quantity=D(9)))
    session.on_balance(Balance(currency="USD", wallet=D(1), equity=D(1)))
    assert session.tracker.known("1").status is S.UNKNOWN
    session.beliefs.begin(Position(ticker="BTC", quantity=D(2)), Balance(currency="USD", wallet=D(5), equity=D(5)))
    session.listen()
    assert session.tracker.known("1").status is S.FILLED
    assert (session.beliefs.ledger.position, session.beliefs.balance) == (
        3,
        Balance(currency="USD", wallet=D(5), equity=D(5)),
    )
    session.on_fill(fill("t2", None))
    assert session.beliefs.ledger.position == 4
    session.listen()
    assert session.beliefs.ledger.position == 4


async def test_without_a_bot_nobody_is_disturbed(clock: VirtualClock, tmp_path: Path) -> None:
    """Between recovery and the bot's own start news is taken in, and what must not happen is kept for the bot."""
    desk = await open_desk(clock, tmp_path)
    desk.session.bind(Nobody())
    key = await resting(desk)
    desk.client.execute(key, "0.5")
    desk.client.trade_by_hand(Side.BUY, "0.5")
    desk.session.on_book()
    desk.session.on_end("over")
    desk.session.on_fill(fill("too much", key, "9"))
    assert isinstance(desk.session.executor.failure, OrderStateError)


# -- fills ----------------------------------------------------------------------------------------


async def test_a_fill_is_counted_once_everywhere(clock: VirtualClock, tmp_path: Path) -> None:
    """Order, position, journal, counters and news know it once, however often it is told."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    told = desk.client.execute(key, "0.4")
    desk.session.on_fill(told)
    desk.session.on_fill(msgspec.structs.replace(told, fee=D(9)))
    assert desk.order(key).filled_quantity == D("0.4")
    assert desk.session.beliefs.ledger.position == D("0.4")
    assert (desk.recorder.fills, len(desk.news().filled)) == (1, 1)
    desk.recorder.flush()
    with JournalReader(desk.recorder.journal.path) as journal:
        assert [written.trade_id for written in journal.fills()] == [told.trade_id]


async def test_news_comes_in_order(clock: VirtualClock, tmp_path: Path) -> None:
    """The strategy hears of the last fill, with the order as it stands, before it hears of the end."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.execute(key, "0.4")
    desk.client.execute(key, "0.6")
    heard: list[str] = []

    class Reader:
        def notify_order_filled(self, order: object, fill: object) -> None:
            heard.append(f"filled {getattr(order, 'filled_quantity')}")  # noqa: B009 - whatever it is

        def notify_order_closed(self, order: object) -> None:
            heard.append("closed")

    while desk.session.news:
        desk.session.news.popleft()(Reader())  # type: ignore[arg-type]  # it takes anything
    assert heard == ["filled 0.4", "filled 1.0", "closed"]


async def test_a_fill_of_nobodys_order_moves_the_position(clock: VirtualClock, tmp_path: Path) -> None:
    """A trade made by hand is booked and wakes whoever looks at the account; no order of ours moves."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    before = desk.order(key)
    desk.client.trade_by_hand(Side.SELL, "0.4")
    assert desk.session.beliefs.ledger.position == D("-0.4")
    assert (desk.order(key), desk.bot.rings[-1], desk.news().filled) == (before, "account", [])
    assert "not our order" in desk.lines.texts("fill")[0]


async def test_a_fill_on_another_market_is_none_of_ours(clock: VirtualClock, tmp_path: Path) -> None:
    """News of another market, sent by mistake, is not booked here."""
    desk = await open_desk(clock, tmp_path)
    desk.session.on_fill(fill("t9", None, ticker="ETH"))
    desk.session.on_position(Position(ticker="ETH", quantity=D(9), entry_price=D(7)))
    desk.session.on_funding(payment("f1", ticker="ETH"))
    assert (desk.session.beliefs.ledger.position, desk.session.beliefs.ledger.funding) == (0, 0)
    assert desk.session.beliefs.position == Position(ticker="BTC", quantity=D(0))


async def test_more_than_was_ordered_stops_the_bot_and_is_booked(clock: VirtualClock, tmp_path: Path) -> None:
    """An overfill must not happen; when it does the position has it, and the bot stops."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.session.on_fill(fill("t9", key, "5"))
    assert isinstance(desk.bot.broken[0], OrderStateError)
    assert (desk.session.beliefs.ledger.position, desk.order(key).filled_quantity) == (5, 0)
    assert desk.session.tracker.has_trade("t9")


async def test_a_late_fill_is_told_with_the_end_again(clock: VirtualClock, tmp_path: Path) -> None:
    """A fill that comes to light after the end is told, and the end with it, now with what really filled."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.client.end(key)
    assert [each.filled_quantity for each in desk.news().closed] == [0]
    desk.client.execute(key, "0.4")
    news = desk.news()
    assert len(news.filled) == 1
    assert [each.filled_quantity for each in news.closed] == [0, D("0.4")]


async def test_round_trips_are_reducing_orders_that_filled(clock: VirtualClock, tmp_path: Path) -> None:
    """An entry is none, a close in two fills is one, a close that was cancelled half filled is none."""
    desk = await open_desk(clock, tmp_path)
    desk.client.execute(await resting(desk, "entry", "3"), 3)
    assert desk.recorder.round_trips == 0
    close = await resting(desk, "close", "2", Side.SELL)
    desk.client.execute(close, 1)
    assert desk.recorder.round_trips == 0
    desk.client.execute(close, 1)
    assert desk.recorder.round_trips == 1
    half = await resting(desk, "half", "1", Side.SELL)
    desk.client.execute(half, "0.5")
    desk.client.end(half)
    desk.client.trade_by_hand(Side.SELL, "0.5")
    assert (desk.recorder.round_trips, desk.session.beliefs.ledger.position) == (1, 0)


# -- orders ---------------------------------------------------------------------------------------


async def test_each_change_is_told_once(clock: VirtualClock, tmp_path: Path) -> None:
    """Repeated and late news of an order wakes nobody, makes no outcome and no second end."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    rings = len(desk.bot.rings)
    desk.client.tell_order(key)
    assert len(desk.bot.rings) == rings
    desk.client.end(key)
    desk.client.tell_order(key)
    desk.session.on_order(desk.client.info(key, status=S.OPEN))
    assert len(desk.bot.rings) == rings + 1
    assert (len(desk.news().closed), len(desk.bot.outcomes)) == (1, 1)


async def test_our_own_doing_wakes_nobody(clock: VirtualClock, tmp_path: Path) -> None:
    """That an order or its cancel left is no news; a fill of an order whose cancel is under way is."""
    desk = await open_desk(clock, tmp_path)
    desk.client.always("cancel", None)
    key = await resting(desk)
    assert desk.bot.rings == ["orders"]
    desk.session.executor.cancel("entry")
    assert desk.bot.rings == ["orders"]
    desk.client.execute(key, "0.4")
    assert desk.bot.rings == ["orders", "orders"]
    await desk.settle()


async def test_an_outcome_is_told_when_the_venue_first_decides(clock: VirtualClock, tmp_path: Path) -> None:
    """Accepted once, though the order then loses its cancel, fills in part and ends."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.session.executor.cancel("entry")
    desk.client.execute(key, "0.4")
    await desk.settle()
    assert [each.status for each in desk.bot.outcomes] == [S.OPEN]


async def test_foreign_orders_are_ignored(clock: VirtualClock, tmp_path: Path) -> None:
    """News of orders that are not ours changes nothing and asks nothing."""
    desk = await open_desk(clock, tmp_path)
    calls = len(desk.client.calls)
    desk.session.on_order(info(S.FILLED, "77", filled="10"))
    desk.session.on_order(info(S.OPEN, None))
    await desk.settle()
    assert (len(desk.client.calls), desk.bot.rings) == (calls, [])


async def test_a_refused_order_is_news_for_the_strategy_only(clock: VirtualClock, tmp_path: Path) -> None:
    """What the risk manager kept back is heard as rejected, and wakes nobody."""
    desk = await open_desk(clock, tmp_path)
    desk.session.refuse(order("", status=S.REJECTED))
    assert (len(desk.news().closed), desk.bot.rings) == (1, [])


# -- funding, book, end -----------------------------------------------------------------------------


def payment(payment_id: str, amount: str = "-3", ticker: str = "BTC") -> FundingPayment:
    """Give a funding payment."""
    return FundingPayment(
        payment_id=payment_id, ticker=ticker, amount=D(amount), rate=D("0.0001"), position=D(1), time_ns=0
    )


async def test_funding_is_booked_once(clock: VirtualClock, tmp_path: Path) -> None:
    """The same payment again changes nothing; the account is news."""
    desk = await open_desk(clock, tmp_path)
    for payment_id in ("f1", "f1", "f2"):
        desk.session.on_funding(payment(payment_id))
    assert desk.session.beliefs.ledger.funding == -6
    assert desk.bot.rings == ["account", "account"]


async def test_book_and_end_are_passed_on(clock: VirtualClock, tmp_path: Path) -> None:
    """The bot hears of the book and of the end of the data."""
    desk = await open_desk(clock, tmp_path)
    desk.session.on_book()
    desk.session.on_end("the recording is over")
    assert desk.bot.rings == ["book", "end: the recording is over"]


async def test_figures_are_taken_in(clock: VirtualClock, tmp_path: Path) -> None:
    """Balance and position news reach what is believed."""
    desk = await open_desk(clock, tmp_path)
    desk.session.on_balance(Balance(currency="USD", wallet=D(7), equity=D(8)))
    desk.session.on_position(Position(ticker="BTC", quantity=D(0), entry_price=D(5)))
    assert desk.session.beliefs.equity() == 8
    assert desk.session.beliefs.position == Position(ticker="BTC", quantity=D(0), entry_price=D(5))


async def test_another_sum_of_free_money_wakes(clock: VirtualClock, tmp_path: Path) -> None:
    """A balance with another available amount is news for the bot; the same one again is none."""
    desk = await open_desk(clock, tmp_path)
    for available in (5, 5, 6, None):
        known = None if available is None else D(available)
        desk.session.on_balance(Balance(currency="USD", wallet=D(7), equity=D(8), available=known))
    assert desk.bot.rings == ["account"] * 3


# -- what must not happen -----------------------------------------------------------------------------


async def test_an_error_in_a_callback_stops_the_bot_and_not_the_stream(clock: VirtualClock, tmp_path: Path) -> None:
    """A journal that cannot be written while news comes in is told to the bot; the client never sees it."""
    desk = await open_desk(clock, tmp_path)
    key = await resting(desk)
    desk.recorder.journal.abandon()
    desk.client.execute(key, "0.4")
    assert [type(error) for error in desk.bot.broken] == [JournalError]
    assert desk.session.executor.failure is desk.bot.broken[0]


async def test_a_bug_in_a_callback_stops_the_bot_too(
    clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that went wrong, it does not vanish."""
    desk = await open_desk(clock, tmp_path)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.session.beliefs, "take_funding", fail)
    desk.session.on_funding(payment("f1"))
    assert [type(error) for error in desk.bot.broken] == [ZeroDivisionError]
