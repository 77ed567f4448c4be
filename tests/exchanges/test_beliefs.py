"""Believed position, PnL and equity of one account, from our fills and the venue's figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from order_samples import D, fill

from exchanges.beliefs import Beliefs, mid_of
from helpers.enums import Side
from helpers.errors import VenueError
from helpers.ledger import Ledger
from helpers.models import Balance, Bbo, FundingPayment, Position


class Market:
    """A book that a test moves."""

    def __init__(self, mid: str | None = "100", now_ns: int = 0) -> None:
        self.mid = mid
        self.now_ns = now_ns

    def __call__(self) -> Bbo | None:
        if self.mid is None:
            return None
        return Bbo(D(self.mid) - 1, D(1), D(self.mid) + 1, D(1), 0, self.now_ns)


def held(quantity: str, **more: str) -> Position:
    """Give what the venue says of the position."""
    return Position(ticker="BTC", quantity=D(quantity), **{name: D(value) for name, value in more.items()})


def money(equity: str | None = "1000") -> Balance:
    """Give what the venue says of the money."""
    return Balance(currency="USD", wallet=D(1000), equity=None if equity is None else D(equity))


def started(quantity: str = "0", equity: str | None = "1000", market: Market | None = None) -> Beliefs:
    """Give beliefs that began."""
    beliefs = Beliefs(market or Market())
    beliefs.begin(held(quantity), money(equity))
    return beliefs


def test_nothing_is_known_at_first() -> None:
    """Before the venue said anything, position and equity are unknown, and neither is zero."""
    beliefs = Beliefs(Market())
    assert (beliefs.position, beliefs.balance, beliefs.equity(), beliefs.valued_position()) == (None, None, None, None)
    beliefs.take_position(held("5"))
    assert beliefs.position is None


def test_equity_is_unknown_where_the_venue_does_not_say() -> None:
    """A balance without equity is no reason to make one up."""
    assert started(equity=None).equity() is None


def test_a_balance_is_valued_as_the_venue_valued_it() -> None:
    """Mark and balance told in one moment belong together; the mid may have moved on while they were on their way."""
    market = Market("100")
    beliefs = started(market=market)
    beliefs.take_fill(fill("t1", quantity="2"))
    beliefs.take_position(held("2", mark_price="105"))
    market.mid, market.now_ns = "110", 1_000_000_000
    beliefs.take_balance(money("1010"))
    assert beliefs.equity() == 1020
    market.mid = "120"
    assert beliefs.equity() == 1040


def test_an_old_mark_says_nothing_of_a_new_balance() -> None:
    """A balance that comes when the book has moved on is valued at the mid."""
    market = Market("100")
    beliefs = started(market=market)
    beliefs.take_fill(fill("t1", quantity="2"))
    beliefs.take_position(held("2", mark_price="90"))
    market.mid, market.now_ns = "110", 1_000_000_001
    beliefs.take_balance(money("1020"))
    assert beliefs.equity() == 1020


def test_pnl_begins_at_the_start() -> None:
    """A position held before the start has earned nothing yet; from there it does."""
    market = Market("100")
    beliefs = started("2", market=market)
    assert beliefs.pnl().net == 0
    market.mid = "110"
    assert (beliefs.pnl().net, beliefs.equity()) == (20, 1020)


@pytest.mark.parametrize(
    ("mid", "prices", "cost"),
    [
        ("100", {"mark_price": "90"}, 200),
        (None, {"mark_price": "90", "entry_price": "80"}, 180),
        (None, {"entry_price": "80"}, 160),
    ],
)
def test_a_position_is_valued_at_the_best_price_there_is(mid: str | None, prices: dict[str, str], cost: int) -> None:
    """The mid, else the venue's mark, else its entry price."""
    beliefs = Beliefs(Market(mid))
    beliefs.begin(held("2", **prices), money())
    assert beliefs.ledger.cost == cost


def test_a_position_without_any_price_stops_the_start() -> None:
    """Without a price the books would begin with a lie; a flat account needs none."""
    beliefs = Beliefs(Market(None))
    with pytest.raises(VenueError, match="no price is known for the position of 2 BTC"):
        beliefs.begin(held("2"), money())
    beliefs.begin(held("0"), money())
    assert beliefs.position == held("0")


def test_a_fill_moves_the_position_and_says_whether_it_reduced() -> None:
    """Buys and sells are counted, and only what shrinks the position reduces."""
    beliefs = started()
    assert not beliefs.take_fill(fill("1", quantity="3"))
    assert beliefs.take_fill(fill("2", quantity="1", side=Side.SELL))
    assert not beliefs.take_fill(fill("3", quantity="1"))
    assert beliefs.position is not None
    assert beliefs.position.quantity == 3


@settings(max_examples=60)
@given(trades=st.lists(st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 5), st.integers(90, 110))))
def test_the_entry_price_follows_our_fills(trades: list[tuple[Side, int, int]]) -> None:
    """From flat on, the average entry price is that of an exact ledger at every moment, and None when flat."""
    beliefs, ledger = started(), Ledger()
    for number, (side, quantity, price) in enumerate(trades):
        beliefs.take_fill(fill(str(number), quantity=str(quantity), price=str(price), side=side))
        ledger.apply_fill(side, D(price), D(quantity), D(0))
        assert beliefs.position is not None
        told, exact = beliefs.position.entry_price, ledger.entry_price
        assert (told is None) == (exact is None)
        if told is not None and exact is not None:
            assert abs(told - exact) < D("1e-15")


def test_an_entry_price_that_nobody_knows_stays_unknown() -> None:
    """What was held before at an unknown price makes the average unknown, until the position turns round."""
    beliefs = started()
    assert beliefs.position is not None
    beliefs.overrule(replace(beliefs.position, quantity=D(2), entry_price=None, mark_price=D(100)))
    beliefs.take_fill(fill("1", quantity="1"))
    assert beliefs.position.entry_price is None
    beliefs.take_fill(fill("2", quantity="4", price="101", side=Side.SELL))
    assert beliefs.position.entry_price == D(101)


def test_fills_before_the_start_count_for_the_ledger_only() -> None:
    """While the position is unknown a fill does not make it known."""
    beliefs = Beliefs(Market())
    beliefs.take_fill(fill("1", quantity="3"))
    assert beliefs.position is None


def test_the_quantity_is_ours_and_the_prices_are_the_venues() -> None:
    """News of the position gives entry, mark and liquidation price; what we hold follows our own fills."""
    beliefs = started()
    beliefs.take_fill(fill("1", quantity="3"))
    beliefs.take_position(held("9", entry_price="101", liquidation_price="50"))
    assert beliefs.position == held("3", entry_price="101", liquidation_price="50")


def test_a_false_flat_does_not_flatten() -> None:
    """A position of zero from a glitch changes nothing that is believed."""
    beliefs = started("2")
    beliefs.take_position(held("0"))
    assert beliefs.position is not None
    assert beliefs.position.quantity == 2


def test_positions_are_shown_at_the_mid() -> None:
    """The mid stands in for the mark; without one the venue's own mark stays."""
    market = Market("100")
    beliefs = started("2", market=market)
    valued = beliefs.valued_position()
    assert valued is not None
    assert valued.mark_price == 100
    beliefs.take_position(held("2", mark_price="100"))
    assert beliefs.valued_position() is beliefs.position
    market.mid = None
    assert beliefs.valued_position() is beliefs.position


def test_equity_follows_pnl_between_the_venues_figures() -> None:
    """From the venue's equity on, our own PnL is added; its next figure replaces the sum."""
    market = Market("100")
    beliefs = started("2", market=market)
    market.mid = "105"
    beliefs.take_funding(
        FundingPayment(payment_id="f", ticker="BTC", amount=D(-1), rate=D(0), position=D(2), time_ns=0)
    )
    assert beliefs.equity() == 1009
    beliefs.take_balance(money("1008"))
    assert beliefs.equity() == 1008
    beliefs.take_balance(money(None))
    assert beliefs.equity() == 1008


def test_a_balance_that_crosses_a_fill_is_off_by_its_cost_until_the_next() -> None:
    """Equity that already holds a fill whose news comes later counts its fee twice, and only until the next figure."""
    beliefs = started()
    beliefs.take_balance(money("997"))  # after a fee of 3 at the venue
    beliefs.take_fill(fill("1", quantity="1", price="100", fee=D(3)))
    assert beliefs.equity() == 994
    beliefs.take_balance(money("997"))
    assert beliefs.equity() == 997


def test_what_changed_outside_is_booked_at_the_mid() -> None:
    """Selling one of two by hand realises the gain so far; PnL goes on without a jump."""
    market = Market("100")
    beliefs = started("2", market=market)
    market.mid = "110"
    before = beliefs.pnl().net
    assert beliefs.overrule(held("1"))
    pnl = beliefs.pnl()
    assert (pnl.realised, pnl.unrealised, pnl.net) == (10, 10, before)
    assert beliefs.position == held("1")


def test_nothing_is_overruled_without_a_price() -> None:
    """While no price is known the change waits."""
    market = Market("100")
    beliefs = started("2", market=market)
    market.mid = None
    assert not beliefs.overrule(held("1"))
    assert beliefs.ledger.position == 2


QUANTITIES = st.integers(-5, 5).map(str)


@settings(max_examples=100, deadline=None)
@given(QUANTITIES, st.lists(st.tuples(QUANTITIES, st.integers(50, 150)), max_size=6))
def test_overruling_never_makes_money(start: str, changes: list[tuple[str, int]]) -> None:
    """However often the position changes outside, net PnL moves with the price and with nothing else."""
    market = Market("100")
    beliefs = started(start, market=market)
    expected, price = Decimal(0), Decimal(100)
    for quantity, mid in changes:
        expected += beliefs.ledger.position * (mid - price)
        market.mid, price = str(mid), Decimal(mid)
        if D(quantity) != beliefs.ledger.position:
            beliefs.overrule(held(quantity))
        assert abs(beliefs.pnl().net - expected) < D("1e-12")
        ledger = beliefs.ledger
        assert ledger.realised + ledger.unrealised(price) == ledger.cash_flow + ledger.position * price


def test_there_is_no_mid_with_one_side() -> None:
    """Half a book has no middle."""
    assert mid_of(None) is None
    assert mid_of(Bbo(D(1), D(1), None, None, 0, 0)) is None
    assert mid_of(Bbo(None, None, D(1), D(1), 0, 0)) is None
    assert mid_of(Bbo(D(1), D(1), D(2), D(1), 0, 0)) == D("1.5")
