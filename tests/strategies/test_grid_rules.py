"""The grid's arithmetic: pauses, steps, prices, stops."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import MARKET, START_NS, S

from helpers.enums import Side
from helpers.models import MarketData
from strategies.grid.rules import loss_price, margin_limit, step_allows, step_limit
from strategies.pauses import back_off_ns, cooling_ns
from strategies.prices import apart, beyond, first_met, fraction, inside_price, lost, not_crossing, profit_price

D = Decimal
TICK = D("0.01")


def data(bid: str | Decimal, ask: str | Decimal, tick: Decimal = MARKET.tick_size) -> MarketData:
    """Give a moment of a market."""
    return MarketData(
        exchange="paper",
        ticker="BTC",
        now_ns=START_NS,
        best_bid=D(bid),
        best_ask=D(ask),
        bid_quantity=D(1),
        ask_quantity=D(1),
        book_time_ns=START_NS,
        market=msgspec.structs.replace(MARKET, tick_size=tick),
    )


# -- pauses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closes", "max_orders", "waits"),
    [
        (0, 24, "0.25"),
        (3, 24, "0.25"),
        (4, 24, "0.5"),  # exactly one sixth
        (7, 24, "0.5"),
        (8, 24, "1"),  # exactly one third
        (15, 24, "1"),
        (16, 24, "2"),  # exactly two thirds
        (24, 24, "2"),
        (30, 24, "2"),
        # where the thirds are no whole numbers
        (4, 25, "0.25"),
        (5, 25, "0.5"),
        (8, 25, "0.5"),
        (9, 25, "1"),
        (16, 25, "1"),
        (17, 25, "2"),
        (0, 1, "0.25"),
        (1, 1, "2"),
    ],
)
def test_the_pause_grows_with_the_closes(closes: int, max_orders: int, waits: str) -> None:
    """A quarter of the wait, half from 1/6, all from 1/3, twice from 2/3 of the most closes, borders included."""
    assert cooling_ns(closes, max_orders, D(40), D(1)) == int(D(waits) * 40 * S)


def test_a_varied_pause_lasts_a_second_at_least() -> None:
    """The factor scales the pause; only where it is varied one second is the least."""
    assert cooling_ns(8, 24, D(10), D("1.5")) == 15 * S
    assert cooling_ns(8, 24, D(1), D("0.6")) == S
    assert cooling_ns(0, 24, D(1), D(1)) == S // 4
    assert cooling_ns(0, 24, D(0), D(1)) == 0


def test_backing_off_doubles_up_to_half_a_minute() -> None:
    """The pause after a refusal doubles from half a second and stays at thirty seconds."""
    assert [back_off_ns(refusals) / S for refusals in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert back_off_ns(10_000) == 30 * S


# -- take profit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "side", "tick", "price"),
    [
        ("0.008", Side.BUY, "0.01", "62004.96"),
        ("0.08", Side.BUY, "0.01", "62049.60"),
        ("0.8", Side.BUY, "0.01", "62496.00"),
        ("0.008", Side.SELL, "0.01", "61995.04"),
        ("0.08", Side.SELL, "0.01", "61950.40"),
        # rounded to the tick towards more profit
        ("0.008", Side.BUY, "0.1", "62005.0"),
        ("0.008", Side.SELL, "0.1", "61995.0"),
        ("0.008", Side.BUY, "1", "62005"),
        ("0.008", Side.SELL, "5", "61995"),
    ],
)
def test_take_profit_is_percent(percent: str, side: Side, tick: str, price: str) -> None:
    """0.008 is 0.008 percent: an entry at 62,000 closes at 62,004.96, neither at 62,049.60 nor at 62,496."""
    assert profit_price(D(62_000), side, D(percent), D(tick)) == D(price)


def test_percent_becomes_a_fraction() -> None:
    """One percent is a hundredth."""
    assert fraction(D("0.06")) == D("0.0006")


prices = st.decimals(min_value="0.5", max_value="200000", places=2)
percents = st.decimals(min_value="0.001", max_value="50", places=3)
sides = st.sampled_from(Side)
ticks = st.sampled_from([D("0.01"), D("0.05"), D("0.1"), D("0.5")])


@settings(max_examples=300, deadline=None)
@given(prices, percents, sides, ticks)
def test_a_close_never_earns_less_than_take_profit(entry: Decimal, percent: Decimal, side: Side, tick: Decimal) -> None:
    """Whatever is rounded, a close earns at least what was asked and less than one tick more; it lies on the tick."""
    close = profit_price(entry, side, percent, tick)
    earned = (close - entry) * side.sign
    asked = entry * percent / 100
    assert asked <= earned < asked + tick
    assert close % tick == 0


# -- prices -----------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.integers(100, 10**6), st.integers(1, 500), sides, ticks, st.integers(1, 10))
def test_an_entry_never_crosses(bid: int, spread: int, side: Side, tick: Decimal, offset: int) -> None:
    """An entry lies on the tick, and so many ticks from the opposite best price that it cannot take."""
    market = data(bid * tick, (bid + spread) * tick, tick)
    price = inside_price(market, side, offset)
    assert price % tick == 0
    distance = market.best_ask - price if side is Side.BUY else price - market.best_bid
    assert distance == offset * tick


@settings(max_examples=300, deadline=None)
@given(st.integers(100, 10**6), st.integers(1, 500), sides, ticks, st.integers(1, 2 * 10**6))
def test_a_close_is_moved_off_the_touch(bid: int, spread: int, side: Side, tick: Decimal, wanted: int) -> None:
    """A close keeps its price where it would not take, else it rests one tick inside: never worse than wanted."""
    market = data(bid * tick, (bid + spread) * tick, tick)
    price = not_crossing(wanted * tick, side, market)
    crosses = wanted * tick <= market.best_bid if side is Side.SELL else wanted * tick >= market.best_ask
    touch = market.best_bid if side is Side.SELL else market.best_ask
    assert price == (touch - side.sign * tick if crosses else wanted * tick)
    assert (price - wanted * tick) * side.sign <= 0


def test_whom_an_order_meets_first() -> None:
    """A buy meets the lowest sell first, a sell the highest buy."""
    assert first_met([D(3), D(1), D(2)], Side.BUY) == 1
    assert first_met([D(3), D(1), D(2)], Side.SELL) == 3
    assert first_met([], Side.BUY) is None


def test_own_orders_stay_a_tick_apart() -> None:
    """An order that would meet one of our own is moved one tick away from it; every other one stays."""
    assert apart(D(10), Side.BUY, D(10), TICK) == D("9.99")
    assert apart(D(10), Side.SELL, D(10), TICK) == D("10.01")
    assert apart(D(10), Side.BUY, D("10.01"), TICK) == apart(D(10), Side.SELL, D("9.99"), TICK) == D(10)
    assert apart(D(10), Side.BUY, None, TICK) == D(10)


# -- the step ------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(prices, prices, st.decimals(min_value=0, max_value=5, places=3), percents.filter(lambda value: value < 5), sides)
def test_the_step_rule(nearest: Decimal, touch: Decimal, step: Decimal, profit: Decimal, side: Side) -> None:
    """The limit is the rule of the ratio: the next close lies further than the step from the nearest one."""
    market = data(touch, touch + TICK) if side is Side.SELL else data(touch - TICK, touch)
    new_close = touch * (1 + side.sign * profit / 100)
    ratio = nearest / new_close if side is Side.BUY else new_close / nearest
    if abs(ratio - 1 - step / 100) > D("1e-20"):  # equal up to the last digit: either answer is right
        assert step_allows(market, side, step_limit(nearest, side, profit, step)) == (ratio > 1 + step / 100)


def test_the_step_in_figures() -> None:
    """A step of 0.06 % under a close at 62,049.60: the ask has to be below 61,962.8, a strict border."""
    limit = step_limit(D("62049.60"), Side.BUY, D("0.08"), D("0.06"))
    assert round(limit, 2) == D("61962.82")
    assert step_allows(data("61962.7", "61962.8"), Side.BUY, limit)
    assert not step_allows(data("61962.8", "61962.9"), Side.BUY, limit)
    assert not step_allows(data("99.9", "100"), Side.BUY, D(100))
    assert not step_allows(data("100", "100.1"), Side.SELL, D(100))


# -- limits ----------------------------------------------------------------------------------------------


def test_beyond_looks_at_the_side_an_entry_would_pay() -> None:
    """A buying grid is beyond a price once the ask is there, a selling one once the bid is."""
    market = data("100", "101")
    assert beyond(market, Side.BUY, D(101))
    assert not beyond(market, Side.BUY, D("101.1"))
    assert beyond(market, Side.SELL, D(100))
    assert not beyond(market, Side.SELL, D("99.9"))


def test_lost_looks_at_the_mid() -> None:
    """A loss stop is passed once the mid is through it; standing on it is not through."""
    market = data("100", "101")
    assert not lost(market, Side.BUY, D("100.5"))
    assert lost(market, Side.BUY, D("100.6"))
    assert not lost(market, Side.SELL, D("100.5"))
    assert lost(market, Side.SELL, D("100.4"))


def test_a_loss_in_percent_of_margin() -> None:
    """Two percent of margin at ten times leverage are 0.2 % of the price."""
    assert loss_price(D(62_000), Side.BUY, D(2), D(10)) == D("61876.0")
    assert loss_price(D(62_000), Side.SELL, D(2), D(10)) == D("62124.0")
    assert loss_price(D(62_000), Side.BUY, D(2), D(1)) == D(60_760)


def test_the_price_up_to_which_margin_suffices() -> None:
    """100 USD of margin at five times leverage carry 0.01 base up to 50,000."""
    assert margin_limit(D(100), D(5), D("0.01")) == 50_000
