"""What may happen to the maker's orders: parts, refusals, news that comes twice or late, hands that trade beside it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace
from top_of_book_scenes import Maker, at_once, decided
from worlds import MARKET, S

from helpers.enums import OrderStatus, Side

D = Decimal
BUY, BOTH = ["buy 0.001 at 62000"], ["sell 0.001 at 62000.1", "buy 0.001 at 62000"]


def wakes_in(maker: Maker) -> float | None:
    """Give the seconds until the time it asks to be woken at."""
    at = maker.maker.next_wake(maker.data()).at
    return None if at is None else (at - maker.now_ns) / S


# -- parts ---------------------------------------------------------------------------------------------------


def test_a_buy_that_fills_in_parts() -> None:
    """While a part of it rests it is one buy and only moved; what it bought is offered once it is over."""
    maker = Maker(quantity="0.004")
    maker.does_first("buy 0.004 at 62000").fill("buy-1", "0.001")
    assert maker.does() == []
    assert maker.quote("62001").does() == ["amend buy-1 62001"]
    assert maker.orders["buy-1"].quantity == D("0.004")
    maker.fill("buy-1", "0.002").end("buy-1")
    assert maker.does() == ["sell 0.003 at 62001.1", "buy 0.004 at 62001"]


def test_less_than_an_order_may_be_waits() -> None:
    """A part below the market's minimum is kept and goes out with the next one."""
    maker = Maker(quantity="0.004", market=replace(MARKET, min_quantity=D("0.003")))
    maker.does_first("buy 0.004 at 62000").fill("buy-1", "0.001").end("buy-1")
    maker.does_first("buy 0.004 at 62000")
    assert "too little for an order" in maker.said[-1]
    maker.fill("buy-2")
    assert maker.does() == ["sell 0.005 at 62000.1", "buy 0.004 at 62000"]


def test_a_sell_that_fills_in_parts() -> None:
    """What is left of it goes on resting; only what no sell offers is offered."""
    maker = Maker(quantity="0.002").does_first("buy 0.002 at 62000").fill("buy-1")
    maker.does_first("sell 0.002 at 62000.1", "buy 0.002 at 62000").fill("sell-2", "0.001")
    assert maker.does() == []
    maker.fill("buy-3").quote("61990")
    assert maker.does() == ["sell 0.002 at 61990.1", "buy 0.002 at 61990"]


# -- refusals --------------------------------------------------------------------------------------------------


def test_a_refused_buy_backs_off() -> None:
    """After 0.5 s, then 1, 2 s and so on, and it wakes for it; what the venue takes ends that."""
    maker = Maker()
    assert maker.does(refuse=True) == BUY
    for pause in ("0.5", "1", "2"):
        assert maker.does() == []
        assert wakes_in(maker) == float(pause)
        assert maker.wait(pause).does(refuse=True) == BUY
    assert maker.wait(4).does() == BUY
    maker.does_first().end("buy-5")
    assert maker.does() == BUY


def test_a_refused_sell_holds_the_buy_back() -> None:
    """Sell first: while inventory cannot be offered nothing more is bought; then all of it goes out in one."""
    maker = Maker().does_first(*BUY).fill("buy-1")
    assert maker.does(refuse=True) == BOTH
    assert maker.does() == []
    assert maker.wait("0.5").does() == BOTH


def test_a_sell_refused_later_is_offered_again_beside_the_buy() -> None:
    """A post-only refusal that comes after the buy rests does not leave inventory without an offer."""
    maker = Maker().does_first(*BUY).fill("buy-1")
    maker.does_first(*BOTH).end("sell-2", OrderStatus.REJECTED)
    assert maker.does() == []
    assert maker.wait("0.5").does() == ["sell 0.001 at 62000.1"]


def test_what_is_refused_at_once_is_heard_before_it_sleeps() -> None:
    """An order the risk manager did not let out wakes nobody: it looks again at once, and then backs off."""
    maker = Maker()
    maker.does()
    del maker.orders["buy-1"]
    assert wakes_in(maker) == 0
    maker.does_first("buy 0.001 at 62000")
    assert wakes_in(maker) is None


def test_an_amend_on_its_way_is_not_asked_for_again() -> None:
    """One that did nothing is asked for again after 0.5 s, then 1 s; an order that moved is free at once."""
    maker = Maker().does_first(*BUY)
    before = maker.orders["buy-1"]
    assert maker.wait(1).quote("62001").does() == ["amend buy-1 62001"]
    maker.orders["buy-1"] = before
    assert maker.quote("62005").does() == []
    assert wakes_in(maker) == 0.5
    assert maker.wait("0.5").does() == ["amend buy-1 62005"]
    maker.orders["buy-1"] = before
    assert maker.wait("0.5").does() == []
    assert maker.wait("0.5").does() == ["amend buy-1 62005"]
    assert maker.wait("0.1").quote("62008").does() == ["amend buy-1 62008"]
    assert wakes_in(maker) == 0.5


def test_a_buy_the_market_went_through_is_not_amended() -> None:
    """Its fill is on its way: the venue could only refuse."""
    maker = Maker().does_first(*BUY)
    assert maker.quote("61990", "62000").does() == []
    assert maker.fill("buy-1").does() == ["sell 0.001 at 62000", "buy 0.001 at 61990"]


def test_a_sell_the_market_went_through_holds_the_buy_back() -> None:
    """Its fill is on its way: until then a buy would meet it."""
    maker = Maker().does_first(*BUY).fill("buy-1").does_first(*BOTH).quote("62010")
    assert maker.does() == []
    assert maker.fill("sell-2").does() == ["amend buy-3 62010"]


def test_a_price_at_which_the_order_became_too_small() -> None:
    """A buy below the minimum notional at the new price is cancelled, and why no other follows is said once."""
    maker = Maker(market=replace(MARKET, min_notional=D(62))).does_first(*BUY)
    assert maker.quote("61999.5").does() == []
    assert maker.quote("61990").rest("buy-1", "61900").does() == ["cancel buy-1"]
    maker.settle()
    assert maker.does() == []
    assert maker.said[-1] == "no buy: 0.001 is below the minimum 0.002"
    assert maker.step() is None


# -- news twice and late ---------------------------------------------------------------------------------------


def test_an_end_that_is_told_twice_counts_once() -> None:
    """A cancelled sell is offered again once, whatever the news says."""
    maker = Maker().holds("0.01").does_first(*BOTH)
    sell = maker.orders["sell-1"]
    maker.end("sell-1")
    maker.maker.notify_order_closed(replace(sell, status=OrderStatus.CANCELLED))
    assert maker.does() == ["sell 0.001 at 62000.1"]


def test_a_fill_after_the_end_is_taken_off() -> None:
    """What a cancelled sell turns out to have sold is not offered again."""
    maker = Maker().holds("0.01").does_first(*BOTH)
    sell = maker.orders["sell-1"]
    maker.end("sell-1")
    maker.maker.notify_order_closed(
        replace(sell, status=OrderStatus.FILLED, filled_quantity=sell.quantity, average_price=sell.price)
    )
    maker.holds("0.009")
    assert maker.does() == []


# -- hands beside it -------------------------------------------------------------------------------------------


def test_a_position_sold_by_hand() -> None:
    """Sells that nothing is held for are cancelled, the highest first; what they offered is forgotten."""
    maker = Maker().holds("0.003").rest("sell-7", "62100", "0.002").rest("sell-8", "62200").rest("buy-9", "62000")
    maker.holds("0.002")
    assert maker.does() == ["cancel sell-8"]
    assert maker.said == ["cancelled sell-8: only 0.002 BTC are held"]
    assert maker.settle().does() == []
    maker.holds("0")
    assert maker.does() == ["cancel sell-7"]
    assert maker.settle().does() == []


def test_a_position_bought_by_hand() -> None:
    """It counts at once: beyond the limit buying pauses and all of it is offered."""
    maker = Maker().does_first(*BUY).holds("0.02")
    assert maker.does() == ["cancel buy-1", "sell 0.02 at 62000.1"]


def test_a_short_opened_by_hand() -> None:
    """Sells are taken back, buys go on and cover it."""
    maker = Maker().does_first(*BUY).fill("buy-1").does_first(*BOTH).holds("-0.002")
    assert maker.does() == ["cancel sell-2"]
    assert maker.said[-1] == "cancelled sell-2: only 0 BTC are held"
    maker.settle().fill("buy-3")
    assert maker.does() == BUY


def test_an_unknown_position() -> None:
    """Nothing is bought, nothing offered; orders whose limit cannot be looked at are withdrawn; then it goes on."""
    maker = Maker().does_first(*BUY).fill("buy-1").does_first(*BOTH).holds(None)
    assert maker.does() == ["cancel buy-3"]
    assert maker.settle().does() == []
    assert maker.holds("0.001").does() == BUY


def test_the_buy_is_withdrawn_without_a_book() -> None:
    """It says for how long quotes may rest; when it finds the buy gone it goes through the steps."""
    maker = Maker(book_patience="1.5")
    assert maker.maker.withdraw_after_ns() == 1_500_000_000
    maker.does_first(*BUY).end("buy-1")
    assert maker.quote("62100").does() == ["buy 0.001 at 62100"]


# -- bounds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1, 3, 20])
def test_sells_are_bounded(most: int) -> None:
    """In a market that only falls sells pile up to max_sells; then nothing is bought, and all held is offered."""
    maker = Maker(max_sells=most, max_exposure=None)
    bid = D(62_000)
    for _ in range(30):
        maker.step()
        bid -= 10
        maker.wait(1).quote(bid)
        for name in [name for name, order in maker.orders.items() if order.side is Side.BUY]:
            maker.fill(name)
    sells = [order for order in maker.orders.values() if order.side is Side.SELL]
    assert len(sells) == most
    assert maker.step() is None
    assert sum(order.quantity for order in sells) == maker.position == most * D("0.001")
    maker.fill(sells[0].intent)
    assert maker.does() == [f"buy 0.001 at {bid}"]


def test_the_market_s_own_limit_bounds_them_too() -> None:
    """One place is left for the buy."""
    maker = Maker(market=replace(MARKET, max_open_orders=3)).holds("0.003").rest("sell-8", "62200")
    assert maker.rest("sell-9", "62100").does() == []
    assert maker.said == ["no buy: 2 of 2 sells rest"]


def test_executing_without_asking_first_decides_anew() -> None:
    """execute_strategy alone decides on what it is shown; with nothing to do it says so."""
    maker = Maker()
    assert decided(at_once(maker.maker.execute_strategy(maker.data()))) == BUY
    assert decided(at_once(maker.rest("buy-9", "62000").maker.execute_strategy(maker.data()))) == []
