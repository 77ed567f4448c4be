"""What public streams tell, as the simulated venue takes it."""

from __future__ import annotations

import random

import pytest
from venue_scenes import BUY, MARKET, MS, SELL, START_NS, D, S, changed

from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import ConnectivityError, UserError
from helpers.models import Bbo, BookLevel, FundingRate, Market, OrderBook, Trade
from simulation.live_funding import PublishedFunding
from simulation.live_market import LiveMarket, LiveSource
from simulation.profile import Latency, VenueProfile
from simulation.venue import SimulatedVenue

DELAYS = VenueProfile(order_entry=Latency(base_ns=20 * MS), response=Latency(base_ns=15 * MS))
FUNDING = FundingRate(ticker="BTC", rate=D("0.001"), interval_ns=3600 * S, next_funding_ns=START_NS + 3600 * S)


class Street:
    """A real market and the simulated venue that hears of it. Prices in ticks, quantities in lots."""

    def __init__(self, profile: VenueProfile = DELAYS, market: Market = MARKET) -> None:
        """Open at 1000/1001, fifty lots each; ten a tick behind them."""
        self.now_ns = START_NS
        self.said: list[str] = []
        self.bbo: Bbo | None = None
        self.venue = SimulatedVenue(profile, random.Random(1), START_NS)
        self.account = self.venue.open_account("me")
        self.show(1000, 1001)
        levels = (
            tuple(BookLevel(D(price) / 10, D(lots) / 1000) for price, lots in ((1000, 50), (995, 50))),
            tuple(BookLevel(D(price) / 10, D(lots) / 1000) for price, lots in ((1001, 50), (1006, 50))),
        )
        source = LiveSource(lambda: self.bbo, lambda: self.now_ns, self.said.append)
        self.live = LiveMarket(self.venue, market, OrderBook(*levels, START_NS), PublishedFunding(FUNDING), source)

    def show(self, bid: int, ask: int, bid_lots: int = 50, ask_lots: int = 50) -> None:
        """Change the best prices without telling."""
        shown = (bid / D(10), bid_lots / D(1000), ask / D(10), ask_lots / D(1000))
        self.bbo = Bbo(*shown, self.now_ns, self.now_ns)

    def quote(self, bid: int, ask: int, bid_lots: int = 50, ask_lots: int = 50) -> None:
        """Change the best prices."""
        self.show(bid, ask, bid_lots, ask_lots)
        self.live.on_book()

    def lose(self) -> None:
        """Interrupt the stream."""
        self.bbo = None
        self.live.on_book()

    def trade(self, side: Side | None, price: int, lots: int, *, age_s: float = 0) -> None:
        """Print a trade that happened some time ago."""
        time_ns = self.now_ns - round(age_s * S)
        self.live.on_trade(
            Trade(trade_id="1", price=price / D(10), quantity=lots / D(1000), taker_side=side, time_ns=time_ns)
        )

    def wait(self, seconds: float) -> None:
        """Let time pass, as a clock would drive it."""
        self.now_ns += round(seconds * S)
        self.venue.advance_to(self.now_ns)

    def order(self, key: str, side: Side, price: int | None, lots: int) -> None:
        """Send an order and wait until it has arrived."""
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        limit = None if price is None else price / D(10)
        params = OrderParams(intent=key, side=side, price=limit, quantity=lots / D(1000), order_type=kind)
        self.venue.desk.place("me", "BTC", key, params, lambda reply: None)
        self.wait(0.1)

    def filled(self, key: str) -> int:
        """Count the lots an order has filled."""
        return int(self.account.known[key].filled_size * 1000)


def test_our_order_waits_behind_what_the_street_displays() -> None:
    """Trades of the public stream serve the displayed lots first, then us, at our price and the maker's fee."""
    street = Street()
    street.order("a", BUY, 1000, 10)
    street.trade(SELL, 1000, 45)
    assert street.filled("a") == 0
    street.trade(SELL, 1000, 8)
    assert street.filled("a") == 3
    street.trade(BUY, 1000, 99)
    assert street.filled("a") == 3
    fill = street.account.fills[0]
    assert (fill.price, fill.fee) == (D(100), D(100) * D("0.003") * MARKET.maker_fee)
    assert fill.time_ns == street.now_ns


def test_a_market_order_takes_what_is_displayed_and_assumed() -> None:
    """Fifty lots at the best price, then what the book showed behind it: ten a tick."""
    street = Street()
    street.order("a", BUY, None, 65)
    assert [(fill.price, fill.quantity) for fill in street.account.fills] == [
        (D("100.1"), D("0.050")),
        (D("100.2"), D("0.010")),
        (D("100.3"), D("0.005")),
    ]


def test_orders_arrive_late() -> None:
    """An order meets the book of its arrival, not of its sending."""
    street = Street()
    params = OrderParams(intent="a", side=BUY, price=D("100.1"), quantity=D("0.01"))
    street.venue.desk.place("me", "BTC", "a", params, lambda reply: None)
    street.wait(0.010)
    street.quote(1002, 1003)
    street.wait(0.100)
    assert street.account.known["a"].status is OrderStatus.OPEN


def test_the_same_book_again_is_no_news() -> None:
    """Telling twice what is known adds no row."""
    street = Street()
    street.quote(1000, 1001, 50, 50)
    street.quote(1000, 1001, 50, 49)
    street.live.on_book()
    assert street.venue.core.market("BTC").engine.cursor.rows_passed == 2


def test_nothing_fills_while_the_stream_is_interrupted() -> None:
    """Neither trades nor our own taking count, no queue is left for free, and the person is told."""
    street = Street()
    street.order("rests", BUY, 1000, 10)
    street.wait(1)
    street.lose()
    street.lose()
    street.trade(SELL, 990, 500)
    street.order("takes", BUY, None, 10)
    assert (street.filled("rests"), street.filled("takes")) == (0, 0)
    assert street.account.known["takes"].status is OrderStatus.CANCELLED
    assert street.said == ["the public stream of BTC is interrupted: nothing fills until it is back"]


def test_after_an_interruption_orders_queue_anew() -> None:
    """What was served meanwhile nobody saw: all our orders stand behind what is displayed then, in their order."""
    street = Street()
    street.order("a", BUY, 1000, 10)
    street.trade(SELL, 1000, 50)
    street.order("b", BUY, 1000, 10)
    street.wait(1)
    street.lose()
    street.order("c", BUY, 1000, 10)
    street.wait(3)
    street.quote(1000, 1001, 30, 50)
    street.trade(SELL, 1000, 30)
    assert [street.filled(key) for key in "abc"] == [0, 0, 0]
    street.trade(SELL, 1000, 22)
    assert [street.filled(key) for key in "abc"] == [10, 10, 2]
    assert street.said[1] == "the public stream of BTC is back after 3.1 s: our orders queue anew"


def test_a_market_that_went_through_our_price_unseen_fills_us_when_it_is_seen() -> None:
    """Back below our price the opposite best quote fills at our price, up to its displayed lots."""
    street = Street()
    street.order("a", BUY, 1000, 80)
    street.lose()
    street.wait(2)
    street.quote(990, 991, 50, 60)
    assert street.filled("a") == 60
    assert {fill.price for fill in street.account.fills} == {D(100)}


def test_trades_older_than_the_book_are_part_of_it() -> None:
    """Trades told with a delay, at the start or after an interruption, are not counted twice."""
    street = Street()
    street.order("a", BUY, 1000, 10)
    street.trade(SELL, 990, 5, age_s=1)
    street.wait(5)
    street.trade(SELL, 990, 1, age_s=1)
    assert street.filled("a") == 1
    street.lose()
    street.wait(5)
    street.quote(1000, 1001)
    street.trade(SELL, 990, 5, age_s=1)
    assert street.filled("a") == 1


def test_a_clock_that_was_set_back_does_not_turn_the_venue_back() -> None:
    """Rows that come then have the venue's own time, and still fill."""
    street = Street()
    street.order("a", BUY, 1000, 10)
    reached = street.venue.core.now_ns
    street.now_ns -= 3600 * S
    street.show(990, 991)
    street.live.on_book()
    assert street.filled("a") == 10
    assert street.account.fills[0].time_ns == street.venue.core.now_ns == reached


def test_a_price_that_no_tape_can_hold_is_an_interruption() -> None:
    """A book that cannot be simulated is not traded on."""
    street = Street()
    street.bbo = Bbo(D("100"), D(1), D("1e9"), D(1), 0, 0)
    street.live.on_book()
    assert street.live.is_interrupted
    street.quote(1000, 1001)
    assert not street.live.is_interrupted


def test_a_market_needs_a_book_to_begin_with() -> None:
    """Without a trusted book, or with prices that cannot be simulated, nothing is listed."""
    street = Street()
    other, book = changed(ticker="ETH"), OrderBook((), (), 0)
    source = LiveSource(lambda: street.bbo, lambda: street.now_ns, street.said.append)
    street.bbo = None
    with pytest.raises(ConnectivityError, match="the public stream of ETH shows no book"):
        LiveMarket(street.venue, other, book, PublishedFunding(FUNDING), source)
    street.bbo = Bbo(D("1e9"), D(1), None, None, 0, 0)
    with pytest.raises(UserError, match="ETH cannot be simulated"):
        LiveMarket(street.venue, other, book, PublishedFunding(FUNDING), source)
    assert list(street.venue.core.markets) == ["BTC"]


def test_funding_is_settled_at_the_published_rate() -> None:
    """At the venue's own time: - position x mark x rate."""
    street = Street()
    street.order("a", BUY, None, 10)
    street.wait(3600)
    with_funding = street.account.ledgers["BTC"].funding
    assert with_funding == -D("0.010") * D("100.05") * D("0.001")
    street.live.funding.take(FUNDING)
    street.wait(3600)
    assert street.account.ledgers["BTC"].funding == 2 * with_funding
