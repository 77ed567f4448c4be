"""The ledger: average cost, exact to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.enums import Side
from helpers.ledger import Ledger
from helpers.money import exact

D = Decimal


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals between two bounds with up to `places` decimals."""
    return st.decimals(D(low), D(high), allow_nan=False, allow_infinity=False, places=places)


PRICES = decimals("0.0001", "200000", 4)
FILLS = st.tuples(
    st.just("fill"), st.sampled_from(Side), PRICES, decimals("0.000001", "50", 6), decimals("-10", "10", 8)
)
FUNDINGS = st.tuples(st.just("funding"), decimals("-100", "100", 12))
EVENTS = st.lists(st.one_of(FILLS, FILLS, FILLS, FUNDINGS), max_size=40)


def play(ledger: Ledger, events: list[tuple]) -> list[Decimal]:
    """Book all events; give what each fill realised."""
    realised = []
    for kind, *values in events:
        if kind == "fill":
            realised.append(ledger.apply_fill(*values))
        else:
            ledger.apply_funding(*values)
    return realised


def test_a_round_trip_realises_the_difference_of_prices() -> None:
    """Buying 2 at 100 and selling them at 103 realises 6; fees stand apart."""
    ledger = Ledger()
    assert ledger.apply_fill(Side.BUY, D(100), D(2), D("0.1")) == 0
    assert ledger.apply_fill(Side.SELL, D(103), D(2), D("0.2")) == 6
    assert (ledger.position, ledger.cost, ledger.realised, ledger.fees) == (0, 0, 6, D("0.3"))
    assert ledger.entry_price is None
    assert ledger.cash_flow == D("5.7")


def test_a_short_gains_when_the_price_falls() -> None:
    """Selling 3 at 50 and buying one back at 40 realises 10 and leaves the entry price."""
    ledger = Ledger()
    ledger.apply_fill(Side.SELL, D(50), D(3), D(0))
    assert ledger.apply_fill(Side.BUY, D(40), D(1), D(0)) == 10
    assert (ledger.position, ledger.cost, ledger.entry_price) == (-2, -100, 50)
    assert ledger.unrealised(D(45)) == 10


def test_the_entry_price_is_the_average_of_what_was_added() -> None:
    """One at 100 and three at 108 stand at 106, before and after a part of them is sold."""
    ledger = Ledger()
    ledger.apply_fill(Side.BUY, D(100), D(1), D(0))
    ledger.apply_fill(Side.BUY, D(108), D(3), D(0))
    assert ledger.entry_price == 106
    assert ledger.apply_fill(Side.SELL, D(110), D(2), D(0)) == 8
    assert ledger.entry_price == 106


def test_a_fill_through_zero_closes_and_opens() -> None:
    """Selling 5 while 2 are held realises on 2 and opens a short of 3 at the fill's price."""
    ledger = Ledger()
    ledger.apply_fill(Side.BUY, D(10), D(2), D(0))
    assert ledger.apply_fill(Side.SELL, D(12), D(5), D(0)) == 4
    assert (ledger.position, ledger.cost, ledger.entry_price) == (-3, -36, 12)


@pytest.mark.parametrize(
    ("first", "released"),
    [(Side.BUY, D("33.333333333333333333")), (Side.SELL, D("-33.333333333333333334"))],
)
def test_the_released_cost_is_rounded_down(first: Side, released: Decimal) -> None:
    """A third of a cost of 100 is rounded down to 1e-18 on both sides, and the rest stays in the position."""
    ledger = Ledger(first.sign * D(3), first.sign * D(100))
    ledger.apply_fill(first.opposite, D(40), D(1), D(0))
    assert ledger.cost == first.sign * D(100) - released
    assert ledger.realised == first.sign * D(40) - released


def test_a_position_held_before_counts_at_its_cost() -> None:
    """A ledger opened on a position realises against the cost it was given."""
    ledger = Ledger(D(2), D(200))
    assert ledger.entry_price == 100
    assert ledger.apply_fill(Side.SELL, D(110), D(2), D(1)) == 20
    assert ledger.cash_flow == 19


def test_a_flat_position_has_no_cost() -> None:
    """A cost without a position is refused."""
    with pytest.raises(ValueError, match="no cost"):
        Ledger(D(0), D(1))


@pytest.mark.parametrize("quantity", [D(0), D(-1)])
def test_a_fill_of_nothing_is_refused(quantity: Decimal) -> None:
    """A quantity that is not positive is an error and changes nothing."""
    ledger = Ledger()
    with pytest.raises(ValueError, match="is none"):
        ledger.apply_fill(Side.BUY, D(1), quantity, D(1))
    assert (ledger.position, ledger.fees) == (0, 0)


def test_pnl_without_a_mark_counts_the_position_at_cost() -> None:
    """pnl(None) has no unrealised part; pnl(mark) has it, and net adds everything up."""
    ledger = Ledger()
    ledger.apply_fill(Side.BUY, D(100), D(2), D("0.5"))
    ledger.apply_funding(D("-0.25"))
    assert ledger.pnl(None).unrealised == 0
    pnl = ledger.pnl(D(101))
    assert (pnl.realised, pnl.unrealised, pnl.fees, pnl.funding) == (0, 2, D("0.5"), D("-0.25"))
    assert pnl.net == D("1.25")


def test_books_are_exact_where_the_default_context_is_not() -> None:
    """Products of more than 28 digits are kept whole."""
    ledger = Ledger()
    price, quantity = D("123456789.123456789123"), D("987654321.987654321987")
    ledger.apply_fill(Side.BUY, price, quantity, D(0))
    with exact():
        assert ledger.cost == price * quantity
        assert ledger.cash_flow == -price * quantity
    assert ledger.unrealised(price) == 0
    assert Ledger(D(1), ledger.cost).cash_flow.copy_negate().compare_total(ledger.cost) == 0


@settings(max_examples=200, deadline=None)
@given(events=EVENTS, mark=PRICES, position=decimals("-5", "5", 3))
def test_equity_equals_cash_plus_position_to_the_last_digit(
    events: list[tuple], mark: Decimal, position: Decimal
) -> None:
    """Realised - fees + funding + unrealised == cash flow + position x mark, for any history."""
    ledger = Ledger(position, position * 7)
    play(ledger, events)
    with exact():
        books = ledger.realised - ledger.fees + ledger.funding + (ledger.position * mark - ledger.cost)
        assert books == ledger.cash_flow + ledger.position * mark
        assert ledger.pnl(mark).net == books


@settings(max_examples=200, deadline=None)
@given(events=EVENTS)
def test_the_figures_are_the_sums_of_what_happened(events: list[tuple]) -> None:
    """Position, fees, funding, cash and realised are the plain sums over fills and payments."""
    ledger = Ledger()
    realised = play(ledger, events)
    fills = [values for kind, *values in events if kind == "fill"]
    payments = [values[0] for kind, *values in events if kind == "funding"]
    with exact():
        assert ledger.position == sum(side.sign * quantity for side, _, quantity, _ in fills)
        assert ledger.fees == sum(fee for *_, fee in fills)
        assert ledger.funding == sum(payments)
        assert ledger.realised == sum(realised)
        flow = sum(-side.sign * price * quantity - fee for side, price, quantity, fee in fills)
        assert ledger.cash_flow == flow + sum(payments)


@settings(max_examples=200, deadline=None)
@given(events=EVENTS)
def test_the_entry_price_lies_within_the_prices_paid(events: list[tuple]) -> None:
    """Cost has the sign of the position, is nothing when flat, and never leaves the range of prices."""
    ledger = Ledger()
    play(ledger, events)
    prices = [price for kind, *values in events if kind == "fill" for price in [values[1]]]
    if not ledger.position:
        assert ledger.cost == 0
    else:
        entry = ledger.entry_price
        assert entry is not None
        assert min(prices) - D("1e-9") <= entry <= max(prices) + D("1e-9")
