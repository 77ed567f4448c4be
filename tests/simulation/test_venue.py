"""The venue as a whole: listing, accounts, what drives it, two markets, the end of a tape."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from venue_scenes import BUY, INSTRUMENT, MARKET, MS, NO_DELAY, START_NS, D, Listener, Rows, S, Scene, changed

from helpers.decisions import Wake
from helpers.errors import UserError
from helpers.models import Market
from simulation.profile import Latency, VenueProfile
from simulation.tape import MemoryTape, Tape
from simulation.venue import SimulatedVenue

ETH = changed(ticker="ETH")


# -- markets and accounts -------------------------------------------------------------------------


def catalogue(ticker: str) -> tuple[Market, Tape]:
    """List BTC, however it is written."""
    if ticker.upper() != "BTC":
        raise UserError(f"no {ticker}", "use BTC")
    return MARKET, Rows().tape()


def test_markets_are_listed_when_first_asked_for() -> None:
    """A venue with a catalogue lists a market once, however often and in whatever case it is asked for."""
    venue = SimulatedVenue(NO_DELAY, random.Random(1), START_NS, catalogue=catalogue)
    assert venue.core.markets == {}
    first = venue.find_market("btc")
    assert venue.find_market("BTC") is venue.find_market("btc") is first
    with pytest.raises(UserError, match="no XRP"):
        venue.find_market("XRP")


def test_an_unknown_market_names_the_known_ones() -> None:
    """A ticker the venue does not list is one clear line with the nearest one."""
    venue = Scene(Rows()).venue
    with pytest.raises(UserError, match="there is no market 'BTV'") as caught:
        venue.find_market("BTV")
    assert "BTC" in str(caught.value)


def test_a_market_listed_later_begins_at_that_moment() -> None:
    """What a tape holds from before the listing is past: the book in force is there, its trades are not."""
    scene = Scene(Rows().quote(1, 1010, 1011).sold(2, 1010, 500).sold(3, 1010, 500).quote(10, 1020, 1021))
    scene.to(2)
    later = changed(ticker="ETH")
    scene.venue.list_market(later, Rows().quote(1, 1010, 1011).sold(2, 1010, 500).quote(10, 1020, 1021).tape())
    vm = scene.venue.core.market("ETH")
    bbo = vm.bbo()
    assert bbo is not None
    assert (bbo.bid, bbo.venue_time_ns) == (D(101), START_NS + 2 * S)
    assert scene.venue.next_event_ns(START_NS + 9 * S) is None
    scene.place("a", BUY, 1011, 5, ticker="ETH")
    assert scene.fills("a") == [(1011, 5)]


def test_the_funding_rate_does_not_depend_on_when_a_market_is_listed() -> None:
    """Rates are those of the venue's hours, not of the asking."""
    early, late = (SimulatedVenue(NO_DELAY, random.Random(1), START_NS) for _ in range(2))
    early.list_market(MARKET, Rows().tape())
    late.advance_to(START_NS + 10 * 3600 * S)
    late.list_market(MARKET, Rows().tape())
    due = START_NS + 11 * 3600 * S
    assert late.core.market("BTC").funding.rate(due) == early.core.market("BTC").funding.rate(due)


def test_an_account_is_opened_once() -> None:
    """Opening an account again gives the one that is open, with what it has."""
    scene = Scene(Rows())
    scene.place("a", BUY, None, 5)
    assert scene.venue.open_account("me") is scene.account()
    assert scene.venue.open_account("new").wallet == NO_DELAY.deposit


def test_a_market_without_a_book_says_so() -> None:
    """Before the first row there is no best bid or offer, no mark, and an empty book; a missing side is None."""
    rows = Rows().quote(2, 1000, 0)
    rows.chunk.time_ns[0] = START_NS + S
    scene = Scene(rows)
    vm = scene.venue.core.market("BTC")
    assert (vm.bbo(), vm.mark_price(), scene.venue.core.marks()) == (None, None, {})
    assert vm.book(5).bids == vm.book(5).asks == ()
    scene.to(2)
    bbo = vm.bbo()
    assert bbo is not None
    assert (bbo.bid, bbo.ask, bbo.ask_quantity, vm.mark_price()) == (D(100), None, None, D(100))
    assert len(vm.book(2).bids) == 2


@pytest.mark.parametrize(
    ("bid", "ask", "mark"),
    [(1000, 1003, "100.15"), (1000, 0, "100.0"), (0, 1003, "100.3"), (1003, 1000, "100.15"), (0, 0, "99.95")],
)
def test_the_mark_price(bid: int, ask: int, mark: str) -> None:
    """The mark is the mid, the one side that is there, or, in an empty book, what it was."""
    scene = Scene(Rows(999, 1000).quote(1, bid, ask).quote(9, 1, 2))
    assert scene.to(1).venue.core.marks() == {"BTC": D(mark)}


def test_a_fill_in_an_empty_book_marks_at_the_trade() -> None:
    """A trade while nothing is displayed gives the mark, so that a position always has one."""
    rows = Rows(0, 0).sold(1, 1000, 5).quote(2, 0, 0).quote(9, 1, 2)
    scene = Scene(rows)
    assert scene.venue.core.marks() == {}
    scene.place("a", BUY, 1000, 5)
    assert scene.to(2).fills("a") == [(1000, 5)]
    assert scene.venue.core.marks() == {"BTC": D(100)}
    assert scene.account().equity(scene.venue.core.marks()) == scene.account().wallet


# -- time -----------------------------------------------------------------------------------------


def test_nothing_to_wait_for_but_funding() -> None:
    """With no orders and nothing armed, the next event is the end of the tape, then funding, hour after hour."""
    scene = Scene(Rows().quote(1, 1005, 1006).sold(2, 1, 500).quote(3, 1000, 1001))
    venue = scene.venue
    assert venue.next_event_ns(START_NS + 2 * S) is None
    assert venue.next_event_ns(None) == START_NS + 3 * S
    scene.to(3)
    assert venue.next_event_ns(None) == START_NS + 3600 * S
    assert venue.next_event_ns(START_NS + 3600 * S - 1) is None
    scene.to(3600)
    assert venue.next_event_ns(None) == START_NS + 7200 * S


def test_the_next_event_is_the_row_that_touches_an_order() -> None:
    """An order makes the row that would fill it an event; cancelled, it is none any more."""
    scene = Scene(Rows().sold(1, 1001, 5).sold(2, 1000, 5).sold(3, 1000, 46).quote(9, 1000, 1001))
    scene.place("a", BUY, 1000, 5)
    assert scene.venue.next_event_ns(None) == START_NS + 3 * S  # 50 lots are ahead: 5 go at second 2
    scene.cancel("a")
    assert scene.venue.next_event_ns(None) == START_NS + 9 * S


def test_requests_and_replies_are_events() -> None:
    """The arrival of a request, and of its reply, are events at their times."""
    scene = Scene(Rows(), profile=VenueProfile(order_entry=Latency(base_ns=7), response=Latency(base_ns=5)))
    scene.to(1)
    scene.place("a", BUY, 990, 5)
    now = scene.venue.core.now_ns
    assert scene.venue.next_event_ns(None) == now + 7
    scene.venue.advance_to(now + 7)
    assert scene.account().known.keys() == {"a"}
    assert "a" not in scene.replies
    assert scene.venue.next_event_ns(None) == now + 12
    scene.venue.advance_to(now + 12)
    assert scene.replied_ns["a"] == now + 12


def test_time_never_goes_back() -> None:
    """Asked to advance to a time that is past, the venue stays where it is."""
    scene = Scene(Rows().quote(1, 1005, 1006))
    scene.to(5)
    scene.to(2)
    assert scene.now_s == 5
    assert scene.venue.core.marks() == {"BTC": D("100.55")}


def test_a_change_is_told_to_who_drives_the_venue() -> None:
    """A clock that sleeps is told when a request may have brought an earlier event; nobody listening is fine."""
    venue, calls = Scene(Rows()).venue, []
    venue.changed()
    venue.on_change(lambda: calls.append(1))
    venue.changed()
    assert calls == [1]


def test_two_markets_are_one_timeline() -> None:
    """Fills on two markets come in order of time; at one time in the order of listing."""
    btc = Rows().sold(1, 999, 5).sold(4, 999, 5).sold(5, 999, 5).quote(9, 1000, 1001)
    eth = Rows().sold(2, 999, 5).sold(3, 999, 5).sold(5, 999, 5).quote(9, 1000, 1001)
    scene = Scene(btc, eth, markets=[MARKET, ETH])
    scene.place("btc", BUY, 1000, 90)
    scene.place("eth", BUY, 1000, 90, ticker="ETH")
    scene.to(9)
    heard = [((fill.time_ns - START_NS) // S, fill.ticker) for fill in scene.news("fill")]
    assert heard == [(1, "BTC"), (2, "ETH"), (3, "ETH"), (4, "BTC"), (5, "BTC"), (5, "ETH")]


def tell_equity(btc: Rows, eth: Rows, *, watched: bool) -> Decimal:
    """Hold 0.01 BTC from 100.1, buy 0.005 ETH at 100.0 in second 4; give the equity told then, less the wallet."""
    scene = Scene(btc.quote(9, 1000, 1001), eth.sold(4, 999, 5).quote(9, 1000, 1001), markets=[MARKET, ETH])
    scene.place("btc", BUY, None, 10)
    scene.to(2).place("eth", BUY, 1000, 5, ticker="ETH")
    scene.venue.deliveries.arm("me", "BTC", Wake(book=watched))
    scene.to(4)
    balance = scene.news("balance")[-1]
    return Decimal(balance.equity - balance.wallet)


@pytest.mark.parametrize("watched", [True, False])
def test_at_one_time_markets_move_in_the_order_of_listing(watched: bool) -> None:
    """A fill on the second market sees the first one's quote of that instant, whether anybody watches it or not."""
    unrealised = tell_equity(Rows().quote(1, 1002, 1003).quote(4, 1100, 1101), Rows(), watched=watched)
    assert unrealised == D("0.01") * (D("110.05") - D("100.1")) + D("0.005") * D("0.05")


@pytest.mark.parametrize("watched", [True, False])
def test_a_fill_sees_the_other_markets_as_they_are_then(watched: bool) -> None:
    """Quotes of the other markets from before a fill count when the money is told, whether anybody watched them."""
    unrealised = tell_equity(Rows().quote(1, 1002, 1003).quote(3, 1100, 1101), Rows(), watched=watched)
    assert unrealised == D("0.01") * (D("110.05") - D("100.1")) + D("0.005") * D("0.05")
    eth = Rows().quote(1, 1002, 1003).quote(3, 1100, 1101).quote(9, 1, 2)
    scene = Scene(Rows().sold(4, 999, 5).quote(9, 1, 2), eth, markets=[MARKET, ETH])
    scene.place("eth", BUY, None, 10, ticker="ETH")
    scene.to(2).place("btc", BUY, 1000, 5)
    scene.venue.deliveries.arm("me", "ETH", Wake(book=watched))
    balance = scene.to(4).news("balance")[-1]
    assert balance.equity - balance.wallet == unrealised


def test_rows_of_one_time_are_followed_one_by_one() -> None:
    """Several quotes at one instant each happen: what was taken comes back with the first of them that changes."""
    rows = Rows().quote(1, 1000, 1001, ask_lots=7).quote(1, 1000, 1001, ask_lots=50).quote(9, 1, 2)
    scene = Scene(rows)
    scene.place("a", BUY, None, 50)
    scene.to(1).place("b", BUY, None, 50)
    assert scene.fills("b") == [(1001, 50)]


# -- the end of a tape ----------------------------------------------------------------------------


def test_the_end_is_told_once_at_the_last_row() -> None:
    """Everyone on that market hears of its end when its last row has happened, and nobody else."""
    scene = Scene(
        Rows().quote(4, 1000, 1002), Rows().quote(8, 1000, 1001), markets=[MARKET, ETH], accounts=("me", "you")
    )
    for second in range(10):
        scene.to(second)
    told = [(at, who, ticker) for at, who, ticker, what, _ in scene.heard if what == "end"]
    fourth, eighth = START_NS + 4 * S, START_NS + 8 * S
    assert told == [(at, who, t) for at, t in ((fourth, "BTC"), (eighth, "ETH")) for who in ("me", "you")]
    assert scene.news("end")[0] == "the recording is over"


def test_after_the_end_the_venue_goes_on() -> None:
    """Orders, replies and funding work on after the last row, on the last book."""
    scene = Scene(Rows().quote(4, 1000, 1002))
    scene.to(10).place("a", BUY, None, 5)
    assert scene.fills("a") == [(1002, 5)]
    scene.to(3600)
    assert len(scene.news("funding")) == 1


def test_who_comes_after_the_end_hears_of_it() -> None:
    """A customer who subscribes when the tape is over is told so, after the response delay."""
    scene = Scene(Rows(), profile=VenueProfile(response=Latency(base_ns=3 * MS)))
    scene.to(5)
    scene.heard.clear()
    scene.venue.open_account("late")
    scene.venue.deliveries.subscribe("late", "BTC", Listener(scene.venue, "late", "BTC", scene.heard))
    scene.to(6)
    assert scene.heard == [(START_NS + 5 * S + 3 * MS, "late", "BTC", "end", "the recording is over")]


def test_news_is_told_one_after_the_other_even_to_who_looks() -> None:
    """A customer that reads the venue while it is told finds it as it is then; the next news comes afterwards."""
    scene = Scene(Rows().quote(1, 1000, 1002).quote(1, 1000, 1003).quote(2, 1000, 1001))
    diary: list[str] = []

    class Reader(Listener):
        def on_book(self) -> None:
            bbo = scene.venue.core.market("BTC").bbo()
            assert bbo is not None
            diary.append(f"told of {bbo.ask}")
            scene.venue.advance_to(START_NS + 9 * S)
            assert scene.venue.core.market("BTC").bbo() == bbo
            diary.append("looked")

        def on_end(self, reason: str) -> None:
            diary.append(f"{reason} at {scene.now_s:g} s")

    scene.venue.deliveries.subscribe("me", "BTC", Reader(scene.venue, "me", "BTC", scene.heard))
    scene.venue.deliveries.arm("me", "BTC", Wake(book=True))
    scene.to(9)
    told = [step for ask in ("100.2", "100.3", "100.1") for step in (f"told of {ask}", "looked")]
    assert diary == [*told, "the recording is over at 2 s"]


def test_a_customer_that_fails_does_not_stop_the_venue() -> None:
    """An error in a customer is its caller's; afterwards time passes as before."""

    class Failing(Listener):
        def on_book(self) -> None:
            raise RuntimeError("my own mistake")

    scene = Scene(Rows().quote(1, 1000, 1002).quote(9, 1000, 1001))
    scene.venue.deliveries.subscribe("me", "BTC", Failing(scene.venue, "me", "BTC", scene.heard))
    scene.venue.deliveries.arm("me", "BTC", Wake(book=True))
    with pytest.raises(RuntimeError, match="my own mistake"):
        scene.to(1)
    assert scene.to(5).now_s == 5


def test_an_instrument_without_levels_behind_the_best() -> None:
    """One assumed level is enough: there is then nothing behind the displayed lots."""
    tape = MemoryTape(
        type(INSTRUMENT)(
            ticker="BTC", quote="USD", source="x", tick_size=D("0.1"), quantity_step=D("0.001"), depth_lots=(9,)
        ),
        [Rows().chunk],
    )
    scene = Scene(tape)
    scene.place("a", BUY, None, 90)
    assert scene.fills("a") == [(1001, 50)]
