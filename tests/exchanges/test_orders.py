"""The order's state table: every row, every gap, and what holds however an order is driven."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from order_samples import D, order

from exchanges.orders import OrderEvent, apply, apply_amend, apply_fill, with_pending_cancel
from helpers.enums import OrderStatus
from helpers.errors import OrderStateError
from helpers.models import Order

S, E = OrderStatus, OrderEvent

ROWS = {
    (S.INTENT, E.SENT): S.SUBMITTED,
    (S.INTENT, E.REPLY_LOST): S.UNKNOWN,
    (S.INTENT, E.REJECTED): S.REJECTED,
    (S.SUBMITTED, E.REPLY_LOST): S.UNKNOWN,
    (S.SUBMITTED, E.ACCEPTED): S.OPEN,
    (S.SUBMITTED, E.REJECTED): S.REJECTED,
    (S.SUBMITTED, E.CANCELLED): S.CANCELLED,
    (S.SUBMITTED, E.EXPIRED): S.EXPIRED,
    (S.UNKNOWN, E.REPLY_LOST): S.UNKNOWN,
    (S.UNKNOWN, E.ACCEPTED): S.OPEN,
    (S.UNKNOWN, E.REJECTED): S.REJECTED,
    (S.UNKNOWN, E.CANCELLED): S.CANCELLED,
    (S.UNKNOWN, E.EXPIRED): S.EXPIRED,
    (S.UNKNOWN, E.NOT_FOUND): S.REJECTED,
    (S.OPEN, E.ACCEPTED): S.OPEN,
    (S.OPEN, E.REPLY_LOST): S.OPEN,
    (S.OPEN, E.REJECTED): S.REJECTED,
    (S.OPEN, E.CANCELLED): S.CANCELLED,
    (S.OPEN, E.EXPIRED): S.EXPIRED,
    (S.OPEN, E.NOT_FOUND): S.CANCELLED,
    (S.PARTIALLY_FILLED, E.ACCEPTED): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, E.REPLY_LOST): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, E.REJECTED): S.CANCELLED,
    (S.PARTIALLY_FILLED, E.CANCELLED): S.CANCELLED,
    (S.PARTIALLY_FILLED, E.EXPIRED): S.EXPIRED,
    (S.PARTIALLY_FILLED, E.NOT_FOUND): S.CANCELLED,
}
OVER = [status for status in S if status.is_terminal]
ROWS |= {(status, event): status for status in OVER for event in E if event is not E.SENT}
GAPS = [pair for pair in product(S, E) if pair not in ROWS]

FILLS = {
    S.SUBMITTED: S.PARTIALLY_FILLED,
    S.UNKNOWN: S.PARTIALLY_FILLED,
    S.OPEN: S.PARTIALLY_FILLED,
    S.PARTIALLY_FILLED: S.PARTIALLY_FILLED,
    S.CANCELLED: S.CANCELLED,
    S.EXPIRED: S.EXPIRED,
    S.REJECTED: S.CANCELLED,
}


def at(status: OrderStatus) -> Order:
    """Give an order of ten units in a state."""
    filled = {S.PARTIALLY_FILLED: "4", S.FILLED: "10"}.get(status, "0")
    return order(status=status, filled_quantity=D(filled), average_price=D(100) if D(filled) else None)


# -- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "event"), ROWS, ids=lambda each: each.value)
def test_a_row_of_the_table(status: OrderStatus, event: OrderEvent) -> None:
    """Each state and event lead to the state the table names."""
    assert apply(at(status), event, 7).status is ROWS[status, event]


@pytest.mark.parametrize(("status", "event"), GAPS, ids=lambda each: each.value)
def test_a_gap_in_the_table(status: OrderStatus, event: OrderEvent) -> None:
    """A state and an event that have no row are refused, in words."""
    with pytest.raises(OrderStateError, match=f"order 1 is {status.value}: it cannot be {event.value}"):
        apply(at(status), event, 7)


@pytest.mark.parametrize("status", OVER, ids=lambda each: each.value)
def test_news_of_an_order_that_is_over_is_none(status: OrderStatus) -> None:
    """Whatever comes after the end gives the very same order, so that nobody is told twice."""
    before = at(status)
    assert all(apply(before, event, 7, reason="late") is before for event in E if event is not E.SENT)


def test_a_second_acknowledgement_is_no_news() -> None:
    """The same acknowledgement twice changes nothing; one that brings the venue's id does."""
    first = apply(order(status=S.OPEN), E.ACCEPTED, 7, order_id="v9")
    assert (first.order_id, first.updated_ns) == ("v9", 7)
    assert apply(first, E.ACCEPTED, 8, order_id="v9") is first
    assert apply(first, E.ACCEPTED, 8) is first


def test_an_event_leaves_its_marks() -> None:
    """Time and reason are kept, and an order that is over has no cancel on its way."""
    after = apply(order(status=S.OPEN, pending_cancel=True), E.CANCELLED, 7, reason="asked for")
    assert (after.updated_ns, after.reason, after.pending_cancel) == (7, "asked for", False)


# -- fills ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", FILLS, ids=lambda each: each.value)
def test_a_partial_fill(status: OrderStatus) -> None:
    """A fill that does not complete the order belongs to it, whether it lives or is over."""
    before = at(status)
    after = apply_fill(before, D(100), D(1), 7)
    assert after.status is FILLS[status]
    assert after.filled_quantity == before.filled_quantity + 1


@pytest.mark.parametrize("status", FILLS, ids=lambda each: each.value)
def test_the_last_fill(status: OrderStatus) -> None:
    """A fill that completes the order makes it filled, from every state."""
    before = at(status)
    after = apply_fill(before, D(100), before.remaining_quantity, 7)
    assert (after.status, after.pending_cancel, after.remaining_quantity) == (S.FILLED, False, 0)


@pytest.mark.parametrize("status", [S.INTENT, S.FILLED], ids=lambda each: each.value)
def test_no_fill_without_having_been_sent_nor_beyond_the_end(status: OrderStatus) -> None:
    """An order that never left cannot fill, and a filled one cannot fill more."""
    with pytest.raises(OrderStateError):
        apply_fill(at(status), D(100), D(1), 7)


@pytest.mark.parametrize("quantity", ["6.001", "0", "-1"])
def test_a_fill_of_an_impossible_size(quantity: str) -> None:
    """More than remains, nothing, or less than nothing does not fill."""
    with pytest.raises(OrderStateError, match=r"4 of 10 are filled"):
        apply_fill(at(S.PARTIALLY_FILLED), D(100), D(quantity), 7)


def test_the_average_price_is_weighted() -> None:
    """Three units at 100 and one at 104 average 101."""
    once = apply_fill(order(status=S.OPEN), D(100), D(3), 1)
    assert apply_fill(once, D(104), D(1), 2).average_price == 101


# -- amends and pending cancels ---------------------------------------------------------------


def test_an_amend_changes_price_and_quantity() -> None:
    """What the venue confirmed is taken over; the same terms again are no news."""
    after = apply_amend(at(S.OPEN), D(99), D(12), 7)
    assert (after.price, after.quantity, after.status, after.updated_ns) == (99, 12, S.OPEN, 7)
    assert apply_amend(after, D(99), D(12), 8) is after


def test_an_amend_down_to_what_filled_completes_the_order() -> None:
    """Ten of which four filled, made four, is filled, and no cancel of it is on its way."""
    after = apply_amend(order(status=S.PARTIALLY_FILLED, filled_quantity=D(4), pending_cancel=True), D(100), D(4), 7)
    assert (after.status, after.pending_cancel) == (S.FILLED, False)


@pytest.mark.parametrize(
    ("status", "quantity"), [*((over, "10") for over in OVER), (S.PARTIALLY_FILLED, "3.9"), (S.OPEN, "0")]
)
def test_an_impossible_amend(status: OrderStatus, quantity: str) -> None:
    """An order that is over cannot be amended, nor one to less than it filled, nor to nothing."""
    with pytest.raises(OrderStateError, match="it cannot become"):
        apply_amend(at(status), D(99), D(quantity), 7)


def test_a_pending_cancel_is_noted_on_live_orders_only() -> None:
    """The note comes and goes with the cancel, and an order that is over never carries it."""
    pending = with_pending_cancel(at(S.OPEN), pending=True, now_ns=7)
    assert pending.pending_cancel
    assert with_pending_cancel(pending, pending=True, now_ns=8) is pending
    assert not with_pending_cancel(pending, pending=False, now_ns=8).pending_cancel
    assert not with_pending_cancel(at(S.CANCELLED), pending=True, now_ns=8).pending_cancel


# -- whatever happens -------------------------------------------------------------------------

EVENTS = st.sampled_from(list(E))
UNITS = st.integers(-1, 12).map(Decimal)
PRICES = st.decimals("0.01", "1000000", places=2)


class AnyOrder(RuleBasedStateMachine):
    """Drives one order with events, fills and amends in any order and of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.order = order()
        self.fills: list[tuple[Decimal, Decimal]] = []
        self.was_over = False
        self.now = 0

    def take(self, after: Order) -> None:
        """Keep the order after a move."""
        self.was_over = self.was_over or not self.order.is_live
        self.order = after

    @rule(event=EVENTS)
    def happen(self, event: OrderEvent) -> None:
        """Let an event come; the table may have no row for it."""
        self.now += 1
        if (self.order.status, event) in ROWS:
            self.take(apply(self.order, event, self.now))
        else:
            with pytest.raises(OrderStateError):
                apply(self.order, event, self.now)

    @rule(price=PRICES, quantity=UNITS)
    def fill(self, price: Decimal, quantity: Decimal) -> None:
        """Let a fill come; it may be too large."""
        self.now += 1
        try:
            after = apply_fill(self.order, price, quantity, self.now)
        except OrderStateError:
            too_much = quantity > self.order.remaining_quantity
            assert quantity <= 0 or too_much or self.order.status is S.INTENT
            return
        self.fills.append((price, quantity))
        self.take(after)

    @precondition(lambda self: self.order.is_live)
    @rule(price=PRICES, quantity=UNITS)
    def amend(self, price: Decimal, quantity: Decimal) -> None:
        """Let an amend come; it may be below what filled."""
        self.now += 1
        if quantity > 0 and quantity >= self.order.filled_quantity:
            self.take(apply_amend(self.order, price, quantity, self.now))

    @rule(pending=st.booleans())
    def cancel(self, *, pending: bool) -> None:
        """Let a cancel leave or be refused."""
        self.take(with_pending_cancel(self.order, pending, self.now))

    @invariant()
    def what_filled_is_the_sum_of_the_fills(self) -> None:
        """Nothing is counted twice or lost, and never more than was ordered."""
        assert self.order.filled_quantity == sum((quantity for _, quantity in self.fills), Decimal(0))
        assert 0 <= self.order.filled_quantity <= self.order.quantity

    @invariant()
    def an_order_that_is_over_stays_over(self) -> None:
        """It may still fill, but it never lives again."""
        assert not (self.was_over and self.order.is_live)

    @invariant()
    def the_average_lies_between_the_prices(self) -> None:
        """The average price is no better than the best fill and no worse than the worst."""
        prices = [price for price, _ in self.fills]
        assert (self.order.average_price is None) == (not prices)
        if self.order.average_price is not None:
            assert min(prices) <= self.order.average_price <= max(prices)

    @invariant()
    def the_state_says_what_filled(self) -> None:
        """Filled means all of it; open, unsent and rejected mean none of it; in part means in part."""
        status, filled = self.order.status, self.order.filled_quantity
        assert (status is S.FILLED) == (filled == self.order.quantity)
        if status in {S.INTENT, S.SUBMITTED, S.UNKNOWN, S.OPEN, S.REJECTED}:
            assert filled == 0
        if status is S.PARTIALLY_FILLED:
            assert 0 < filled < self.order.quantity

    @invariant()
    def nothing_is_pending_after_the_end(self) -> None:
        """An order that is over has no cancel on its way."""
        assert self.order.is_live or not self.order.pending_cancel


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnyOrder = AnyOrder.TestCase
