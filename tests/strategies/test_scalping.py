"""The scalping example, driven by hand: a round trip, restarts, anything."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalping_scenes import Scene, entered

from helpers.enums import OrderStatus, Side
from helpers.errors import UserError
from helpers.money import plain
from strategies.examples import scalping
from strategies.examples.scalping import ScalpingStrategy

D = Decimal
BOTH_WAYS = pytest.mark.parametrize("side", [Side.BUY, Side.SELL], ids=["buy", "sell"])


# -- a round trip ------------------------------------------------------------------------------------------


def test_it_is_short() -> None:
    """The file is what people copy: no more than 200 lines."""
    assert len(Path(scalping.__file__).read_text().splitlines()) <= 200


def test_it_says_what_a_round_trip_comes_to() -> None:
    """The first line is the arithmetic of a profit and of a stop, fees included."""
    assert Scene().begin() == "after fees a profit earns 0.016 % and a stop loses 0.067 % or more"


def test_one_round_trip() -> None:
    """A thick bid, an entry at the bid, its close at the profit, a pause, the next entry."""
    scene = Scene().touch(3, 1)
    assert scene.asked() == []
    assert scene.touch(4, 1).asked() == [("entry", "buy", "0.004", "62000.0")]
    assert scene.said == ["buy 0.004 BTC at 62000: 80 % of the touch is on this side"]
    assert scene.asked() == []
    assert scene.fill("entry").asked() == [("exit", "sell", "0.004", "62012.4")]
    assert scene.said[1:] == ["sell 0.004 BTC at 62012.4: take profit"]
    assert scene.wait(5).asked() == []
    assert scene.quote("62012.4").fill("exit").asked() == []
    assert scene.at_s() == 10
    assert scene.wait("9.9").asked() == []
    assert scene.wait("0.1").asked() == [("entry", "buy", "0.004", "62012.4")]


def test_the_mirror_image() -> None:
    """A thick ask, an entry at the ask, its close below."""
    scene = Scene().touch(1, 4)
    assert scene.asked() == [("entry", "sell", "0.004", "62000.1")]
    assert scene.fill("entry").asked() == [("exit", "buy", "0.004", "61987.6")]


@BOTH_WAYS
def test_a_stop_loss(side: Side) -> None:
    """At the stop the resting close is cancelled, and once it is gone the position is closed at market."""
    scene = entered(side)
    scene.step()
    entry = D("62000.0") if side is Side.BUY else D("62000.1")
    stop = entry * (1 - side.sign * D("0.0004"))
    wake = scene.strategy.next_wake(scene.data())
    assert (wake.price_at_or_below, wake.price_at_or_above) == ((stop, None) if side is Side.BUY else (None, stop))
    assert not wake.book
    assert not wake.prices
    near = D("61975.3") if side is Side.BUY else D("62024.9")
    assert scene.quote(near if side is Side.BUY else near - D("0.1")).asked() == []
    hit = near - side.sign * D("0.1")
    assert scene.quote(hit if side is Side.BUY else hit - D("0.1")).asked() == [("cancel", "exit", "", None)]
    scene.quote("62000")  # too late: what is given up stays so
    assert scene.asked() == []
    assert scene.settle().asked() == [("exit", side.opposite.value, "0.004", None)]
    assert (
        scene.said[-1] == f"{side.opposite.value} 0.004 BTC at market: stop loss, {plain(hit)} against {plain(entry)}"
    )


def test_an_old_position_is_closed() -> None:
    """After max_hold it is closed at market."""
    scene = entered()
    scene.step()
    assert scene.at_s() == 120
    assert scene.wait(120).asked() == [("cancel", "exit", "", None)]
    assert scene.settle().asked() == [("exit", "sell", "0.004", None)]
    assert scene.said[-1] == "sell 0.004 BTC at market: no profit within 120 s"
    scene.fill("exit", price="62000").step()
    scene.wait(10).step()
    assert scene.fill("entry").asked() == [("exit", "sell", "0.004", "62012.4")]  # the next one is not given up


def test_an_entry_that_does_not_fill_is_given_up() -> None:
    """After entry_patience it is cancelled; the next one waits a moment, longer each time."""
    scene, pauses = Scene().touch(9, 1), []
    for _ in range(4):
        assert scene.asked() == [("entry", "buy", "0.004", "62000.0")]
        assert scene.at_s() == 5
        assert scene.wait(5).asked() == [("cancel", "entry", "", None)]
        assert scene.asked() == []
        assert scene.settle().asked() == []
        pauses.append(scene.at_s())
        scene.wait(pauses[-1] or 0)
    assert pauses == [0.5, 1, 2, 4]


def test_it_is_woken_by_its_orders_and_by_the_account() -> None:
    """Whatever it waits for: news of an order, or of a position that somebody changed, is a reason to look."""
    scene = Scene()
    for act in (lambda: scene.touch(9, 1), scene.step, lambda: scene.fill("entry"), scene.step, scene.restart):
        act()
        wake = scene.strategy.next_wake(scene.data())
        assert (wake.orders, wake.balances) == (True, True)


def test_it_looks_at_quantities_only_while_it_may_enter() -> None:
    """Every quote wakes it while it is free to enter, none while an order is out, a position is held, or it pauses."""
    scene = Scene()
    wakes = [scene.strategy.next_wake(scene.data()).book]
    scene.touch(9, 1).step()
    wakes.append(scene.strategy.next_wake(scene.data()).book)
    scene.fill("entry").step()
    wakes.append(scene.strategy.next_wake(scene.data()).book)
    scene.fill("exit").step()
    wakes.append(scene.strategy.next_wake(scene.data()).book)
    scene.wait(10)
    scene.touch(1, 1)
    wakes.append(scene.strategy.next_wake(scene.data()).book)
    assert wakes == [True, False, False, False, True]


# -- news and restarts ------------------------------------------------------------------------------------------


def test_late_and_repeated_news() -> None:
    """A fill after the end of an entry is its price too; an old entry that is told again changes nothing."""
    scene = Scene().touch(9, 1)
    scene.step()
    old = scene.fill("entry", "0.001").change("entry", status=OrderStatus.CANCELLED)
    scene.end("entry")
    assert scene.asked() == [("exit", "sell", "0.001", "62012.4")]
    late = msgspec.structs.replace(old, filled_quantity=D("0.002"), average_price=D(61_990), updated_ns=scene.now_ns)
    scene.position = D("0.002")
    scene.strategy.notify_order_closed(late)
    scene.step()
    scene.settle().wait("0.5")
    assert scene.asked() == [("exit", "sell", "0.002", "62002.4")]
    scene.fill("exit").step()
    scene.wait(10).step()
    scene.wait(1).fill("entry")
    scene.strategy.notify_order_closed(late)
    assert scene.asked() == [("exit", "sell", "0.004", "62012.4")]


def test_a_restart_goes_on() -> None:
    """After a restart the close keeps its place, and price, stop and age are those of before."""
    scene = entered()
    scene.step()
    scene.wait(60).restart().begin()
    assert scene.asked() == []
    assert scene.at_s() == 60
    assert scene.strategy.next_wake(scene.data()).price_at_or_below == D("61975.2")


def test_a_state_older_than_the_order() -> None:
    """A crash before the state was saved: the live entry is found, and its fill gets its close."""
    scene = Scene().touch(9, 1)
    old = json.loads(json.dumps(scene.strategy.save_state()))
    scene.step()
    scene.strategy.restore_state(old)
    scene.begin()
    assert scene.asked() == []
    assert scene.fill("entry").asked() == [("exit", "sell", "0.004", "62012.4")]
    scene.strategy.restore_state(old)
    scene.begin()
    assert scene.quote("62003").asked() == []  # the close that rests is kept
    assert scene.strategy.save_state()["price"] == "62003.05"  # what it was entered at is lost: it counts from now


def test_without_any_state_it_finds_its_orders() -> None:
    """Nothing was saved: a live close is kept, an old entry is given up."""
    scene = entered()
    scene.step()
    scene.strategy = ScalpingStrategy(scene.config, scene.strategy.exchange_client)
    scene.begin()
    assert scene.asked() == []
    scene = Scene().touch(9, 1)
    scene.step()
    scene.strategy = ScalpingStrategy(scene.config, scene.strategy.exchange_client)
    scene.begin()
    assert scene.wait(5).asked() == [("cancel", "entry", "", None)]


def test_a_state_of_something_else_is_refused() -> None:
    """A saved state that cannot be read is one clear line."""
    with pytest.raises(UserError, match="cannot be read"):
        Scene().strategy.restore_state({"side": 5})


# -- always -------------------------------------------------------------------------------------------------------

KINDS = ["quote", "quote", "touch", "wait", "fill", "fill", "part", "end", "reject", "hand", "unknown", "settle"]
EVENTS = st.lists(st.tuples(st.sampled_from([*KINDS, "restart"]), st.integers(-30, 30)), max_size=60)


def happen(scene: Scene, kind: str, size: int) -> None:
    """Let something happen to it."""
    if kind == "quote":
        scene.quote(D(62_000) + size, D(62_001) + size)
    elif kind == "touch":
        scene.touch(abs(size) % 10 + 1, abs(size) % 7 + 1)
    elif kind == "wait":
        scene.wait(abs(size))
    elif kind == "hand":
        scene.position = D(size // 4) / 1000
    elif kind == "unknown":
        scene.position = None if scene.position is not None else D(0)
    elif kind in {"restart", "settle"}:
        getattr(scene, kind)()
    elif scene.orders:
        happen_to_order(scene, kind, next(iter(scene.orders)))


def happen_to_order(scene: Scene, kind: str, intent: str) -> None:
    """Let something happen to its order; no venue fills a reduce-only order beyond the position."""
    order = scene.orders[intent]
    room = order.remaining_quantity
    if order.reduce_only:
        room = min(room, max(D(0), -(scene.position or D(0)) * order.side.sign))
    if kind in {"end", "reject"}:
        scene.end(intent, OrderStatus.REJECTED if kind == "reject" else OrderStatus.CANCELLED)
    elif scene.position is not None and room:
        scene.fill(intent, "0.001" if kind == "part" else room, price=order.price or scene.bid)


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_whatever_happens(events: list[tuple[str, int]]) -> None:
    """One order at most; an entry only from nothing; a close of exactly what there is; then it comes to rest."""
    scene = Scene(imbalance="60", cooldown=1)
    for kind, size in events:
        happen(scene, kind, size)
        held, was_out = scene.position, bool(scene.orders)
        for intent, side, quantity, _ in scene.asked():
            if intent == "cancel":
                assert was_out
                continue
            assert not was_out
            assert held is not None
            if intent == "exit":
                assert (D(quantity), side) == (abs(held), "sell" if held > 0 else "buy")
            else:
                assert (held, quantity) == (0, "0.004")
        assert scene.asked() == []
        assert len(json.dumps(scene.strategy.save_state())) < 1_000


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(0, 59))
def test_a_restart_at_any_moment_changes_nothing(events: list[tuple[str, int]], moment: int) -> None:
    """One that is restarted somewhere from its saved state goes on exactly as one that was not."""

    def run(*, restarts: bool) -> list[Any]:
        scene, log = Scene(imbalance="60", cooldown=1), []
        for step, (kind, size) in enumerate(events):
            if restarts and step == moment:
                scene.restart().begin()
            happen(scene, kind, size)
            log.append((scene.asked(), scene.at_s()))
        return log

    assert run(restarts=False) == run(restarts=True)
