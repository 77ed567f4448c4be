"""How news reaches the customers: delayed, in order, to who subscribed, and the book as it was armed."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_scenes import BUY, MS, SELL, START_NS, D, Listener, Rows, S, Scene, changed

from helpers.decisions import OrderParams, Wake
from helpers.enums import OrderStatus, OrderType
from helpers.models import Fill, OrderInfo, Position
from simulation.profile import Latency, VenueProfile

SLOW = VenueProfile(order_entry=Latency(base_ns=20 * MS), response=Latency(base_ns=30 * MS))


def books(scene: Scene) -> list[int]:
    """List the seconds at which the book was heard of."""
    return [(at - START_NS) // S for at, _, _, what, _ in scene.heard if what == "book"]


# -- delays and order -----------------------------------------------------------------------------


def test_both_ways_take_their_time() -> None:
    """An order is in the market after the order-entry delay; its owner knows after the response delay as well."""
    scene = Scene(Rows().sold(0.019, 1010, 5).sold(1, 1010, 5).quote(9, 1, 2), profile=SLOW)
    scene.place("a", BUY, 1010, 50)
    scene.to(2)
    assert [fill.time_ns for fill in scene.account().fills] == [START_NS + 20 * MS]
    assert scene.replied_ns["a"] == START_NS + 50 * MS


def test_news_is_told_in_the_order_it_happened() -> None:
    """Reply, fill, order, position and balance of one execution come in this order, whatever the jitter."""
    for seed in range(30):
        jitter = VenueProfile(order_entry=Latency(base_ns=0), response=Latency(base_ns=0, jitter_ns=50 * MS))
        scene = Scene(Rows().quote(9, 1, 2), profile=jitter, seed=seed)
        params = OrderParams(intent="a", side=BUY, quantity=D("0.06"), order_type=OrderType.MARKET)
        scene.venue.desk.place(
            "me", "BTC", "a", params, lambda _, scene=scene: scene.heard.append((0, "me", "BTC", "reply", None))
        )
        scene.to(5)
        kinds = [what for _, _, _, what, _ in scene.heard]
        assert kinds == ["reply", *["fill", "order", "position", "balance"] * 2]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 30), min_size=2, max_size=15))
def test_an_account_hears_of_its_requests_in_the_order_of_arrival(seed: int, pauses: list[int]) -> None:
    """Replies and news of one account never overtake each other, and are never earlier than both delays allow."""
    profile = VenueProfile(
        order_entry=Latency(base_ns=20 * MS, jitter_ns=40 * MS), response=Latency(base_ns=10 * MS, jitter_ns=40 * MS)
    )
    scene, sent = Scene(Rows(), profile=profile, seed=seed), {}
    at = 0.0
    for number, pause in enumerate(pauses):
        at += pause / 1000
        scene.to(at)
        sent[str(number)] = scene.venue.core.now_ns
        scene.place(str(number), BUY, 990, 1)
    scene.to(at + 1)
    arrived = {key: info.time_ns for key, info in scene.account().known.items()}
    assert all(arrived[key] >= sent[key] + 20 * MS for key in sent)
    assert all(scene.replied_ns[key] >= arrived[key] + 10 * MS for key in sent)
    by_arrival = sorted(sent, key=lambda key: (arrived[key], int(scene.account().known[key].order_id)))
    assert all(scene.replied_ns[one] <= scene.replied_ns[two] for one, two in pairwise(by_arrival))


def test_what_is_told_of_a_fill() -> None:
    """The owner hears of the execution, the order after it, the position and the money."""
    scene = Scene(Rows(), markets=[changed(max_leverage=D(10), maintenance_margin=D("0.05"))])
    scene.place("a", SELL, None, 60)
    fill: Fill = scene.news("fill")[1]
    info: OrderInfo = scene.news("order")[1]
    position: Position = scene.news("position")[1]
    assert (fill.client_order_id, fill.order_id, fill.ticker, fill.side) == ("a", info.order_id, "BTC", SELL)
    assert (fill.price, fill.quantity, fill.fee) == (D("99.9"), D("0.01"), D("99.9") * D("0.01") * D("0.0005"))
    assert (info.status, info.filled_size, info.price, info.size) == (OrderStatus.FILLED, D("0.06"), None, D("0.06"))
    assert (position.quantity, position.mark_price) == (D("-0.06"), D("100.05"))
    assert position.entry_price == (D(100) * 50 + D("99.9") * 10) / 60
    assert position.liquidation_price is not None
    balance = scene.news("balance")[-1]
    assert balance.wallet == 10_000 - scene.account().fills[0].fee - fill.fee
    assert balance.margin_used == D("0.06") * D("100.05") / 10


def test_maker_and_taker_fees() -> None:
    """What rests pays the maker rate, what takes the taker rate, on price x quantity; a rebate is a negative fee."""
    scene = Scene(Rows().sold(1, 999, 5).quote(9, 1, 2), markets=[changed(maker_fee=D("-0.0001"))])
    scene.place("maker", BUY, 1000, 5)
    scene.place("taker", BUY, None, 5)
    scene.to(1)
    fees = {fill.client_order_id: fill.fee for fill in scene.account().fills}
    assert fees == {"taker": D("100.1") * D("0.005") * D("0.0005"), "maker": D("-0.0001") * D(100) * D("0.005")}
    assert scene.account().wallet == 10_000 - sum(fees.values(), Decimal(0))


# -- who hears ------------------------------------------------------------------------------------


def test_news_goes_to_its_account_and_market() -> None:
    """A fill is heard by its owner on its market, and by nobody else."""
    both = [changed(), changed(ticker="ETH")]
    scene = Scene(Rows().quote(9, 1, 2), Rows().quote(9, 1, 2), markets=both, accounts=("me", "you"))
    scene.place("a", BUY, None, 5, ticker="ETH")
    assert {(who, ticker) for _, who, ticker, _, _ in scene.heard} == {("me", "ETH")}


def test_who_has_left_hears_nothing() -> None:
    """News that is under way when a customer leaves is dropped, and nothing follows."""
    scene = Scene(Rows().quote(1, 1002, 1003).quote(9, 1, 2), profile=SLOW, accounts=("me", "you"))
    scene.venue.deliveries.arm("me", "BTC", Wake())
    scene.place("a", BUY, None, 5)
    scene.to(0.03)
    scene.venue.deliveries.unsubscribe("me")
    scene.to(20)
    assert [news for news in scene.heard if news[1] == "me"] == []
    assert len(scene.news("end", "you")) == 1
    assert scene.account().lots["BTC"] == 5


def test_who_left_holds_nobody_up() -> None:
    """The quotes a customer had asked for are no events any more when it has left."""
    scene = Scene(Rows().quote(1, 1002, 1003).quote(9, 1, 2))
    scene.venue.deliveries.arm("me", "BTC", Wake())
    assert scene.venue.next_event_ns(None) == START_NS + S
    scene.venue.deliveries.unsubscribe("me")
    assert scene.venue.next_event_ns(None) == START_NS + 9 * S


# -- the book -------------------------------------------------------------------------------------

MOVES = [(1, 1003, 1004), (2, 998, 999), (3, 1003, 1005), (4, 1003, 1010), (5, 0, 1010), (6, 1003, 0), (7, 1000, 1001)]


def moving() -> Rows:
    """Write a tape with a few moves and trades between."""
    rows = Rows()
    for second, bid, ask in MOVES:
        rows.quote(second, bid, ask).sold(second + 0.5, 1000, 5)
    return rows.quote(99, 1000, 1001)


@pytest.mark.parametrize(
    ("wake", "seconds"),
    [
        (Wake(book=True), [1, 2, 3, 4, 5, 6, 7]),
        (Wake(book=False), []),
        (Wake(book=False, price_at_or_below=D("99.8")), [2, 5]),
        (Wake(book=False, price_at_or_below=D("99.89")), [2, 5]),
        (Wake(book=False, price_at_or_below=D("100")), [2, 5, 7]),
        (Wake(book=False, price_at_or_above=D("100.5")), [3, 4, 5]),
        (Wake(book=False, price_at_or_above=D("100.41")), [3, 4, 5]),
        (Wake(book=False, price_at_or_above=D("101"), price_at_or_below=D("99.8")), [2, 4, 5]),
    ],
)
def test_the_book_wakes_as_it_was_armed(wake: Wake, seconds: list[int]) -> None:
    """Every quote, none, or those with the bid at or below (a missing bid counts) or the ask at or above a price."""
    scene = Scene(moving())
    scene.venue.deliveries.arm("me", "BTC", wake)
    scene.to(10)
    assert books(scene) == seconds


def test_who_has_armed_nothing_hears_of_every_quote() -> None:
    """Until it says what it will look at, a customer is told of everything; subscribing anew changes nothing."""
    scene = Scene(moving(), accounts=())
    scene.venue.open_account("me")
    for _ in range(2):
        scene.venue.deliveries.subscribe("me", "BTC", Listener(scene.venue, "me", "BTC", scene.heard))
    scene.to(4)
    assert books(scene) == [1, 2, 3, 4]
    scene.venue.deliveries.arm("me", "BTC", Wake(book=False))
    scene.venue.deliveries.subscribe("me", "BTC", Listener(scene.venue, "me", "BTC", scene.heard))
    scene.to(10)
    assert books(scene) == [1, 2, 3, 4]


def test_each_customer_is_woken_by_its_own_condition_only() -> None:
    """What others armed, and rows that touch others' orders, wake nobody else."""
    scene = Scene(moving(), accounts=("me", "you"))
    scene.venue.deliveries.arm("me", "BTC", Wake(book=False, price_at_or_above=D(101)))
    scene.venue.deliveries.arm("you", "BTC", Wake(book=True))
    scene.place("theirs", SELL, 1003, 5, account="you")
    scene.to(10)
    assert [(at - START_NS) // S for at, who, _, what, _ in scene.heard if (who, what) == ("me", "book")] == [4, 5]


def test_a_customer_may_leave_while_it_is_told() -> None:
    """Leaving from within the news is safe for the others."""

    class Leaver(Listener):
        def on_book(self) -> None:
            super().on_book()
            scene.venue.deliveries.unsubscribe("me")

    scene = Scene(moving(), accounts=("me", "you"))
    scene.venue.deliveries.subscribe("me", "BTC", Leaver(scene.venue, "me", "BTC", scene.heard))
    for account in ("me", "you"):
        scene.venue.deliveries.arm(account, "BTC", Wake())
    scene.to(3)
    woken = [who for _, who, _, what, _ in scene.heard if what == "book"]
    assert woken == ["me", "you", "you", "you"]
