"""The alarm rings exactly when an armed condition holds, or when the time comes."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.alarm import Alarm, price_holds
from helpers.clock import NS_PER_S
from helpers.decisions import WAKE_ON_EVERYTHING, Wake
from helpers.models import Bbo
from simulation.virtual_loop import VirtualClock, run_virtual

D = Decimal
QUIET = Wake(orders=False, book=False, balances=False)


def book(bid: int | None, ask: int | None) -> Bbo:
    """Give a book with these best prices."""
    return Bbo(
        None if bid is None else D(bid), None if bid is None else D(1), None if ask is None else D(ask), D(1), 0, 0
    )


async def rings(clock: VirtualClock, alarm: Alarm) -> bool:
    """Say whether the alarm rings before a second is over."""
    began = clock.now_ns()
    await alarm.wait(began + NS_PER_S)
    return clock.now_ns() < began + NS_PER_S


# -- conditions ---------------------------------------------------------------------------------

PRICES = st.none() | st.integers(90, 110)
WAKES = st.builds(
    Wake,
    orders=st.booleans(),
    book=st.booleans(),
    balances=st.booleans(),
    price_at_or_below=st.none() | st.integers(90, 110).map(Decimal),
    price_at_or_above=st.none() | st.integers(90, 110).map(Decimal),
)
BOOKS = st.none() | st.builds(book, PRICES, PRICES)


@settings(max_examples=300, deadline=None)
@given(WAKES, st.sampled_from(["orders", "account", "book"]), BOOKS)
def test_it_rings_if_and_only_if_a_condition_holds(wake: Wake, news: str, bbo: Bbo | None) -> None:
    """Orders, account and book ring what is armed for them; a price rings where bid or ask is there."""

    async def main(clock: VirtualClock) -> bool:
        alarm = Alarm(clock)
        alarm.arm(wake)
        {"orders": alarm.on_orders, "account": alarm.on_account, "book": lambda: alarm.on_book(bbo)}[news]()
        return await rings(clock, alarm)

    low, high = wake.price_at_or_below, wake.price_at_or_above
    price_is_there = bbo is not None and (
        (low is not None and bbo.bid is not None and bbo.bid <= low)
        or (high is not None and bbo.ask is not None and bbo.ask >= high)
    )
    expected = {"orders": wake.orders, "account": wake.balances, "book": wake.book or price_is_there}
    assert run_virtual(main) is expected[news]


@pytest.mark.parametrize(
    ("bid", "ask", "holds"), [(101, 109, False), (100, 109, True), (101, 110, True), (99, 111, True)]
)
def test_a_price_condition_includes_its_price(bid: int, ask: int, holds: bool) -> None:
    """At or below is about the bid, at or above about the ask, and both include the price itself."""
    assert price_holds(Wake(price_at_or_below=D(100), price_at_or_above=D(110)), book(bid, ask)) is holds


async def test_it_starts_armed_for_everything(clock: VirtualClock) -> None:
    """Before anybody chose, everything rings."""
    for news in ("on_orders", "on_account"):
        alarm = Alarm(clock)
        getattr(alarm, news)()
        assert await rings(clock, alarm)
    alarm = Alarm(clock)
    alarm.on_book(None)
    assert await rings(clock, alarm)
    assert Wake() == WAKE_ON_EVERYTHING


# -- waiting ------------------------------------------------------------------------------------


async def test_ringing_by_hand_needs_no_arming(clock: VirtualClock) -> None:
    """Somebody who wants a step now gets it."""
    alarm = Alarm(clock)
    alarm.arm(QUIET)
    alarm.ring()
    assert await rings(clock, alarm)


async def test_a_burst_rings_once(clock: VirtualClock) -> None:
    """However much happens while nobody waits, the next wait returns at once and the one after it does not."""
    alarm = Alarm(clock)
    for _ in range(100):
        alarm.on_orders()
    assert await rings(clock, alarm)
    assert not await rings(clock, alarm)


async def test_the_deadline_comes(clock: VirtualClock) -> None:
    """Without news the wait ends exactly at the deadline."""
    alarm = Alarm(clock)
    await alarm.wait(12_345_678_901)
    assert clock.now_ns() == 12_345_678_901


async def test_a_deadline_that_is_over_does_not_wait(clock: VirtualClock) -> None:
    """A time in the past ends the wait at once."""
    alarm = Alarm(clock)
    await clock.sleep(5)
    await alarm.wait(1)
    assert clock.now_ns() == 5 * NS_PER_S


async def test_without_a_deadline_it_waits_for_news(clock: VirtualClock) -> None:
    """The wait ends when the news comes, in the middle of it."""
    alarm = Alarm(clock)
    asyncio.get_running_loop().call_later(3, alarm.on_orders)
    await alarm.wait(None)
    assert clock.now_ns() == 3 * NS_PER_S


async def test_news_before_the_deadline_ends_the_wait(clock: VirtualClock) -> None:
    """The earlier of the two counts, and the other is forgotten."""
    alarm = Alarm(clock)
    asyncio.get_running_loop().call_later(3, alarm.on_account)
    await alarm.wait(10 * NS_PER_S)
    assert clock.now_ns() == 3 * NS_PER_S
    assert not await rings(clock, alarm)
