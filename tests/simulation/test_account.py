"""Accounts: cash, equity, margin and liquidation price, to the last digit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from venue_scenes import D, changed

from helpers.enums import Liquidity, PositionSide, Side
from helpers.models import Fill, FundingPayment
from simulation.account import SimAccount

BTC = changed(max_leverage=D(10), maintenance_margin=D("0.05"))
ETH = changed(ticker="ETH", max_leverage=D(5), maintenance_margin=D("0.1"))
TERMS = {"BTC": BTC, "ETH": ETH}


def account(deposit: str = "1000") -> SimAccount:
    """Open an account."""
    return SimAccount("me", "USD", D(deposit))


def trade(some: SimAccount, ticker: str, side: Side, price: str, lots: int, fee: str = "0") -> None:
    """Book an execution of whole units."""
    fill = Fill(
        trade_id=f"t{len(some.fills)}",
        order_id="1",
        client_order_id="1",
        ticker=ticker,
        side=side,
        price=D(price),
        quantity=D(lots),
        fee=D(fee),
        liquidity=Liquidity.MAKER,
        time_ns=0,
    )
    some.apply_fill(fill, lots)


def pay(some: SimAccount, amount: str) -> None:
    """Book a funding payment on BTC."""
    payment = FundingPayment(payment_id="f", ticker="BTC", amount=D(amount), rate=D(0), position=D(0), time_ns=0)
    some.apply_funding(payment)


def test_a_new_account_holds_its_deposit() -> None:
    """Before any trade wallet, equity and what is available are the deposit."""
    balance = account().balance({}, {})
    assert (balance.wallet, balance.equity, balance.available) == (1000, 1000, 1000)
    assert balance.margin_used == 0
    assert balance.currency == "USD"


def test_wallet_and_equity() -> None:
    """Wallet is deposit + realised - fees + funding; equity adds the open position at the mark."""
    some = account()
    trade(some, "BTC", Side.BUY, "100", 3, "0.3")
    trade(some, "BTC", Side.SELL, "110", 1, "0.1")
    pay(some, "-0.25")
    assert some.wallet == D("1000") + 10 - D("0.4") - D("0.25")
    assert some.equity({"BTC": D("105.5")}) == some.wallet + 2 * D("5.5")


def test_sums_are_exact_beyond_28_digits() -> None:
    """Cash with more digits than Decimal's usual precision is not rounded."""
    some = account("1e15")
    pay(some, "0.000000000000000001")
    assert some.wallet - D("1e15") == D("0.000000000000000001").normalize()
    assert some.wallet == D("1000000000000000.000000000000000001")


def test_margin_in_use_is_notional_by_leverage() -> None:
    """Open positions bind their notional at the mark over the market's leverage, long or short, over all markets."""
    some, marks = account(), {"BTC": D(100), "ETH": D(20)}
    trade(some, "BTC", Side.BUY, "90", 3)
    trade(some, "ETH", Side.SELL, "20", 10)
    assert some.initial_margin(marks, TERMS) == 30 + 40
    assert some.maintenance_margin(marks, TERMS) == 15 + 20
    balance = some.balance(marks, TERMS)
    assert balance.margin_used == 70
    assert balance.available == some.equity(marks) - 70


def test_nothing_negative_is_available() -> None:
    """When equity is below what positions bind, nothing is available, not less."""
    some = account("10")
    trade(some, "BTC", Side.BUY, "100", 2)
    assert some.balance({"BTC": D(100)}, TERMS).available == 0


@pytest.mark.parametrize(("side", "buying", "selling"), [(Side.BUY, 0, 5), (Side.SELL, 5, 0)])
def test_only_the_opposite_side_reduces(side: Side, buying: int, selling: int) -> None:
    """A long is reduced by selling, a short by buying, a flat position by nothing."""
    some = account()
    assert some.reducible("BTC", is_buy=True) == 0
    trade(some, "BTC", side, "100", 5)
    assert some.reducible("BTC", is_buy=True) == buying
    assert some.reducible("BTC", is_buy=False) == selling


def test_positions_are_described() -> None:
    """A position carries side, entry price and the prices it is given."""
    some = account()
    trade(some, "BTC", Side.SELL, "100", 2)
    trade(some, "BTC", Side.SELL, "103", 1)
    position = some.position("BTC", D(99), D(400))
    assert (position.side, position.quantity, position.entry_price) == (PositionSide.SHORT, -3, 101)
    assert (position.mark_price, position.liquidation_price) == (99, 400)
    assert some.held() == ["BTC"]
    assert some.position("ETH", None, None).side is PositionSide.FLAT
    assert some.held() == ["BTC"]


prices = st.decimals("1", "1000", places=1)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(Side), prices, st.integers(1, 100), st.decimals("1", "10000", places=2))
def test_the_liquidation_price_is_where_equity_meets_maintenance(
    side: Side, price: Decimal, lots: int, deposit: Decimal
) -> None:
    """At the liquidation price equity equals maintenance margin; a step to the good side it is above."""
    some = SimAccount("me", "USD", deposit)
    trade(some, "BTC", side, str(price), lots)
    found = some.liquidation_price("BTC", {"BTC": price}, TERMS)
    if found is None:
        assert side is Side.BUY
        assert some.equity({"BTC": D(0)}) >= 0  # even worth nothing, the position is paid for
        return
    marks = {"BTC": found}
    gap = some.equity(marks) - some.maintenance_margin(marks, TERMS)
    assert abs(gap) < D("1e-15")
    safer = {"BTC": found + side.sign}
    assert some.equity(safer) > some.maintenance_margin(safer, TERMS)


def test_the_liquidation_price_counts_the_other_markets() -> None:
    """Loss and margin of other positions bring the liquidation price nearer."""
    some, marks = account("100"), {"BTC": D(100), "ETH": D(20)}
    trade(some, "BTC", Side.BUY, "100", 5)
    alone = some.liquidation_price("BTC", marks, TERMS)
    trade(some, "ETH", Side.SELL, "15", 3)
    beside = some.liquidation_price("BTC", marks, TERMS)
    assert alone is not None
    assert beside is not None
    assert beside > alone
    at = {**marks, "BTC": beside}
    assert abs(some.equity(at) - some.maintenance_margin(at, TERMS)) < D("1e-15")


def test_a_flat_market_has_no_liquidation_price() -> None:
    """Without a position nothing can be liquidated, also after one was closed."""
    some = account()
    assert some.liquidation_price("BTC", {"BTC": D(100)}, TERMS) is None
    trade(some, "BTC", Side.BUY, "100", 5)
    trade(some, "BTC", Side.SELL, "100", 5)
    assert some.liquidation_price("BTC", {"BTC": D(100)}, TERMS) is None


def test_a_ruined_short_is_beyond_liquidation_at_any_price() -> None:
    """A short whose account lost more than the sale brought is due at any price: zero, not never."""
    some = account("10")
    trade(some, "BTC", Side.SELL, "100", 1)
    pay(some, "-200")
    assert some.liquidation_price("BTC", {"BTC": D(100)}, TERMS) == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Side), prices, st.integers(1, 50)), min_size=1, max_size=20), prices)
def test_equity_is_cash_flow_and_positions(trades: list[tuple[Side, Decimal, int]], mark: Decimal) -> None:
    """Whatever was traded, equity is the deposit, all money paid and received, and the position at the mark."""
    some, cash = account(), D(1000)
    for side, price, lots in trades:
        fee = price * lots * D("0.00025")
        trade(some, "BTC", side, str(price), lots, str(fee))
        cash -= side.sign * price * lots + fee
    assume(some.lots["BTC"])
    assert some.equity({"BTC": mark}) == cash + some.lots["BTC"] * mark
