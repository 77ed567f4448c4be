"""The order desk: what is refused and why."""

from __future__ import annotations

from typing import Any

import pytest
from venue_scenes import BUY, SELL, START_NS, D, Rows, Scene, changed, code

from helpers.decisions import OrderParams
from helpers.enums import OrderStatus, OrderType, TimeInForce
from simulation import order_records

GTT, FOK = TimeInForce.GTT, TimeInForce.FOK
OPEN = OrderStatus.OPEN


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ({"quantity": "0"}, "BAD_QUANTITY"),
        ({"quantity": "-0.001"}, "BAD_QUANTITY"),
        ({"quantity": "0.0015"}, "BAD_QUANTITY"),
        ({"quantity": "NaN"}, "BAD_QUANTITY"),
        ({"quantity": "Infinity"}, "BAD_QUANTITY"),
        ({"price": "100.05"}, "BAD_PRICE"),
        ({"price": "0"}, "BAD_PRICE"),
        ({"price": "-1"}, "BAD_PRICE"),
        ({"price": None}, "BAD_PRICE"),
        ({"quantity": "0.004"}, "BELOW_MINIMUM"),  # of quantity
        ({"quantity": "0.099", "price": "99.9"}, "BELOW_MINIMUM"),  # of notional
        ({"quantity": "0.099", "price": None, "order_type": OrderType.MARKET}, "BELOW_MINIMUM"),
        ({"quantity": "0.004", "reduce_only": True}, "REDUCE_ONLY"),
        ({"time_in_force": GTT}, "BAD_EXPIRY"),
        ({"time_in_force": GTT, "expires_ns": START_NS}, "BAD_EXPIRY"),
        ({"price": "100.1", "post_only": True}, "POST_ONLY"),
        ({"quantity": "4998"}, "INSUFFICIENT_MARGIN"),
        ({}, ""),
        ({"time_in_force": GTT, "expires_ns": START_NS + 1}, ""),
        ({"quantity": "0.1", "price": "100"}, ""),
        ({"quantity": "0.1", "price": None, "order_type": OrderType.MARKET}, ""),
        ({"quantity": "4997", "price": "100"}, ""),
    ],
)
def test_orders_are_refused_with_a_code(terms: dict[str, Any], wanted: str) -> None:
    """Grid, minimums, expiry, post-only, reduce-only and margin each have their code; what is right is accepted."""
    scene = Scene(Rows(), markets=[changed(min_quantity=D("0.005"), min_notional=D(10))])
    values: dict[str, Any] = {"side": BUY, "intent": "a", "quantity": "0.2", "price": "99.9", **terms}
    values["quantity"] = D(values["quantity"])
    values["price"] = None if values["price"] is None else D(values["price"])
    assert code(scene.send("a", OrderParams(**values))) == wanted
    assert scene.account().fills == [] or not wanted


def test_too_many_open_orders_are_refused() -> None:
    """The venue's limit counts resting orders of this account on this market; market orders are no open orders."""
    scene = Scene(Rows(), Rows(), markets=[changed(max_open_orders=2), changed(ticker="ETH")], accounts=("me", "you"))
    scene.place("eth", BUY, 990, 1, ticker="ETH")
    scene.place("theirs", BUY, 990, 1, account="you")
    assert [code(scene.place(key, BUY, 990, 1)) for key in "abc"] == ["", "", "TOO_MANY_ORDERS"]
    assert code(scene.place("market", BUY, None, 1)) == ""
    scene.cancel("a")
    assert code(scene.place("d", BUY, 990, 1)) == ""


def test_old_orders_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the venue knows of an account does not grow for ever: the newest stay, and every order that lives."""
    monkeypatch.setattr(order_records, "KEPT", 20)
    scene = Scene(Rows())
    scene.place("lives", BUY, 990, 1)
    for number in range(200):
        assert code(scene.place(str(number), BUY, 990, 1)) == ""
        scene.cancel(str(number))
        known = scene.account().known
        assert len(known) <= 21
        assert {"lives", str(number)} <= known.keys()


def test_a_client_order_id_is_used_once() -> None:
    """An id that was ever given to an order, live, ended or refused, is refused and leaves that order as it was."""
    scene = Scene(Rows())
    scene.place("live", BUY, 990, 5)
    scene.place("filled", BUY, None, 5)
    scene.place("refused", BUY, 1001, 5, post_only=True)
    before = dict(scene.account().known)
    for key in ("live", "filled", "refused"):
        assert code(scene.place(key, BUY, 980, 7)) == "DUPLICATE_ID"
        assert code(scene.place(key, BUY, 980, 7, time_in_force=GTT)) != ""
    assert scene.account().known == before
    assert scene.account().live.keys() == {"live"}
    assert code(scene.place("", BUY, 980, 7)) == "BAD_ID"


def test_two_accounts_may_use_the_same_id() -> None:
    """Client order ids belong to an account."""
    scene = Scene(Rows(), accounts=("me", "you"))
    assert code(scene.place("a", BUY, 990, 5)) == ""
    assert code(scene.place("a", BUY, 990, 5, account="you")) == ""
    scene.cancel("a", account="you")
    assert (scene.status("a"), scene.status("a", "you")) == (OPEN, OrderStatus.CANCELLED)


def test_reduce_only_needs_something_to_reduce() -> None:
    """Flat or on the position's own side a reduce-only order is refused; FOK also if it is larger than the position."""
    scene = Scene(Rows())
    assert code(scene.place("flat", SELL, 1002, 5, reduce_only=True)) == "REDUCE_ONLY"
    scene.place("open", BUY, None, 10)
    assert code(scene.place("same", BUY, 990, 5, reduce_only=True)) == "REDUCE_ONLY"
    assert code(scene.place("fok", SELL, 1000, 11, reduce_only=True, time_in_force=FOK)) == "REDUCE_ONLY"
    assert code(scene.place("resting", SELL, 1002, 11, reduce_only=True)) == ""
    assert code(scene.place("all", SELL, 1000, 10, reduce_only=True, time_in_force=FOK)) == ""
    assert scene.fills("all") == [(1000, 10)]


# -- margin ---------------------------------------------------------------------------------------

TEN = changed(max_leverage=D(10))
"""With 10,000 of deposit and leverage 10, a thousand units at 100 are affordable."""


def test_margin_is_needed_for_what_rests_and_what_comes() -> None:
    """Orders of one side add up; the other side counts for itself, for both cannot be held at once."""
    scene = Scene(Rows(), markets=[TEN])
    assert code(scene.place("a", BUY, 1000, 600_000)) == ""
    assert code(scene.place("b", BUY, 1000, 400_000)) == "INSUFFICIENT_MARGIN"
    assert code(scene.place("c", BUY, 1000, 390_000)) == ""
    assert code(scene.place("d", SELL, 1001, 990_000)) == ""
    scene.cancel("a")
    assert code(scene.place("e", BUY, 1000, 400_000)) == ""


def test_margin_counts_what_rests_on_other_markets() -> None:
    """What the orders of one market could bind is not free for another."""
    scene = Scene(Rows(), Rows(), markets=[TEN, changed(ticker="ETH", max_leverage=D(10))])
    assert code(scene.place("btc", BUY, 1000, 600_000)) == ""
    assert code(scene.place("eth", SELL, 1001, 400_000, ticker="ETH")) == "INSUFFICIENT_MARGIN"
    assert code(scene.place("eth-2", SELL, 1001, 390_000, ticker="ETH")) == ""


def thin(lots: int) -> Rows:
    """Write a tape whose best levels hold very much."""
    return Rows(bid_lots=lots, ask_lots=lots)


def test_an_order_that_reduces_and_then_flips_needs_margin_for_what_is_new() -> None:
    """Closing needs none; turning a position round needs it only for what goes beyond the old size."""
    scene = Scene(thin(10_000_000), markets=[TEN])
    scene.place("open", SELL, None, 900_000)
    assert code(scene.place("turn", BUY, 990, 1_800_000)) == ""
    assert code(scene.place("beyond", BUY, 990, 150_000)) == "INSUFFICIENT_MARGIN"
    scene.cancel("turn")
    assert code(scene.place("turned", BUY, None, 1_800_000)) == ""
    assert scene.account().lots["BTC"] == 900_000
    assert code(scene.place("close", SELL, None, 900_000)) == ""
    assert scene.account().lots["BTC"] == 0


def test_reduce_only_needs_no_margin() -> None:
    """What can only shrink the position is accepted with no margin left, and binds none."""
    scene = Scene(thin(10_000_000), markets=[TEN])
    scene.place("open", SELL, None, 990_000)
    assert code(scene.place("more", SELL, None, 50_000)) == "INSUFFICIENT_MARGIN"
    assert code(scene.place("stop", BUY, 1000, 3_000_000, reduce_only=True)) == ""
    assert code(scene.place("turn", BUY, 1000, 1_980_000)) == ""
