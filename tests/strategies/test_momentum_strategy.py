"""The momentum example, driven by hand: what it wants, restarts, anything."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, at_once
from hypothesis import given, settings
from hypothesis import strategies as st
from momentum_scenes import bar, desk, long, look, warm

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
from strategies.base_strategy import StrategyAction
from strategies.examples import momentum
from strategies.examples.momentum import MomentumStrategy

D = Decimal


# -- opening and closing ---------------------------------------------------------------------------------


def test_it_is_short() -> None:
    """The file is what people copy: no more than 150 lines."""
    assert len(Path(momentum.__file__).read_text().splitlines()) <= 150


def test_it_says_when_it_begins() -> None:
    """The first line names the time of the first decision; after a restart it counts the bars that are of use."""
    scene = Desk(MomentumStrategy, lookback_period=3)
    assert scene.begin() == "momentum over 3 bars: the first decision falls within 20 s"
    assert look(scene) == bar(scene, "62000") == []
    assert scene.restart().begin() == "momentum over 3 bars: the first decision falls within 10 s"
    assert bar(scene, "62400") == [("buy", "0.001", False)]
    scene.end("trade").wait(20)
    assert scene.restart().begin() == "momentum over 3 bars: the first decision falls within 20 s"


def test_it_buys_what_rises_and_sells_it_when_it_falls_behind() -> None:
    """Above the average by more than the threshold it buys, below the average it sells all; it says why."""
    scene = long()
    assert scene.said == ["buy 0.004 BTC at market to open: the last bar was 0.322 % above the average"]
    assert bar(scene, "62350") == []
    assert bar(scene, "62100") == [("sell", "0.004", True)]
    assert scene.said[1:] == ["sell 0.004 BTC at market to close: the last bar was 0.141 % below the average"]


def test_it_sells_what_falls_too() -> None:
    """Below the average it opens a short, which it closes above the average."""
    scene = warm(desk())
    assert bar(scene, "61600") == [("sell", "0.004", False)]
    scene.fill("trade", price="61600")
    assert bar(scene, "61900") == [("buy", "0.004", True)]


def test_without_shorts_it_only_buys() -> None:
    """With --no-short a fall opens nothing."""
    scene = warm(desk(short=False))
    assert bar(scene, "61600") == []
    assert bar(scene, "63000") == [("buy", "0.004", False)]


def test_the_threshold_itself_is_not_enough() -> None:
    """With threshold 0 a price at the average opens nothing, one tick above does."""
    scene = warm(desk(threshold="0"))
    assert bar(scene, "62000") == []
    assert bar(scene, "62000.1") == [("buy", "0.004", False)]


def test_it_opens_on_a_new_bar_only() -> None:
    """Between two bars the price moves nothing; the price of the bar is what counts."""
    scene = warm(desk())
    assert bar(scene, "63000", "9.999") == []
    assert bar(scene, "62000", "0.001") == []
    assert bar(scene, "63000", 10) == [("buy", "0.004", False)]


def test_a_turn_takes_two_bars() -> None:
    """Where the price turns, it closes first, and opens the other way a bar later: never two orders at once."""
    scene = long()
    assert bar(scene, "61000") == [("sell", "0.004", True)]
    assert bar(scene, "60900") == []
    scene.fill("trade", price="61000")
    assert look(scene) == []
    assert bar(scene, "60000") == [("sell", "0.004", False)]


def test_a_hole_in_the_bars_begins_anew() -> None:
    """Where bars are missing, the average begins anew, and nothing is decided before it is warm."""
    scene = long()
    assert bar(scene, "60000", 20) == []
    assert bar(scene, "59000") == []
    assert bar(scene, "58000") == [("sell", "0.004", True)]


# -- restart ----------------------------------------------------------------------------------------------


def test_it_goes_on_after_a_restart() -> None:
    """The average goes on from the saved state; no new bars are needed."""
    scene = warm(desk()).restart()
    scene.begin()
    assert bar(scene, "62400") == [("buy", "0.004", False)]


def test_a_state_older_than_the_order_doubles_nothing() -> None:
    """A crash after the order and before its state: the live order, or the position, holds the next one back."""
    scene = warm(desk())
    old = json.loads(json.dumps(scene.strategy.save_state()))
    bar(scene, "62400")
    scene.strategy.restore_state(old)
    scene.begin()
    assert look(scene) == []
    scene.fill("trade", price="62400")
    assert look(scene) == bar(scene, "62500") == []
    assert bar(scene, "61000") == [("sell", "0.004", True)]


def test_without_any_state_it_finds_its_order_and_its_position() -> None:
    """Nothing was saved: it warms up again, and then closes what it finds."""
    scene = long()
    scene.strategy = MomentumStrategy(scene.config, scene.strategy.exchange_client)
    scene.begin()
    assert look(scene) == bar(scene, "61500") == []
    assert bar(scene, "61000") == [("sell", "0.004", True)]


@pytest.mark.parametrize("options", [{"lookback_period": 4}, {"bar_length": 5}])
def test_other_bars_begin_anew(options: dict[str, Any]) -> None:
    """A state of another lookback or bar length is not mixed in."""
    saved = warm(desk()).strategy.save_state()
    other = desk(**options)
    own = other.strategy.save_state()
    other.strategy.restore_state(saved)
    assert other.strategy.save_state() == own


def test_a_state_of_something_else_is_refused() -> None:
    """A saved state that cannot be read is one clear line."""
    with pytest.raises(UserError, match="cannot be read"):
        desk().strategy.restore_state({"average": 5})


# -- always ---------------------------------------------------------------------------------------------------

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["price", "price", "fill", "part", "end", "reject", "hand", "unknown", "late", "restart"]),
        st.integers(-30, 30),
    ),
    max_size=60,
)


def happen(scene: Desk, kind: str, size: int) -> None:
    """Let something happen to it."""
    if kind == "price":
        scene.quote(D(62_000) + size * 20).wait(1 + (size == 0))
    elif kind == "hand":
        scene.position = D(size) / 1000
    elif kind == "unknown":
        scene.position = None if scene.position is not None else D(0)
    elif kind == "restart":
        scene.restart().begin()
    elif kind == "late":
        scene.wait(D(abs(size)) / 10)
    elif "trade" in scene.orders:
        happen_to_order(scene, kind)


def happen_to_order(scene: Desk, kind: str) -> None:
    """Let something happen to its order."""
    if kind in {"end", "reject"}:
        scene.end("trade", OrderStatus.REJECTED if kind == "reject" else OrderStatus.CANCELLED)
    elif scene.position is not None:
        scene.fill("trade", "0.001" if kind == "part" else None, price=scene.bid)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_whatever_happens(events: list[tuple[str, int]]) -> None:
    """One order at most; it opens only from nothing, never beyond one quantity; it closes what there is, no more."""
    scene = desk(bar_length="1", threshold="0.01")
    for kind, size in events:
        happen(scene, kind, size)
        held, was_out = scene.position, bool(scene.orders)
        for side, quantity, reduces in look(scene):
            assert not was_out
            assert held is not None
            if reduces:
                assert D(quantity) == abs(held)
                assert (side == Side.SELL.value) == (held > 0)
            else:
                assert (held, quantity) == (0, "0.004")
        assert look(scene) == []
        assert len(json.dumps(scene.strategy.save_state())) < 1_000


def test_nothing_decided_is_nothing_to_do() -> None:
    """execute_strategy without a decision says so."""
    assert at_once(desk().strategy.execute_strategy(desk().data())).action is StrategyAction.NONE
