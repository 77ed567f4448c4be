"""Carrying out what a strategy asks: reviewed, routed to its venue, and nothing lost in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from fake_client import MID, D
from two_venues import Pair, open_pair
from worlds import limit

from exchanges.dispatcher import Dispatcher
from helpers.decisions import AmendParams, OrderParams, Peg, PegReference, StrategyAction, StrategyResult
from helpers.enums import OrderStatus, OrderType, Side
from helpers.models import MarketData
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from simulation.virtual_loop import VirtualClock

S = OrderStatus


class Hand:
    """A dispatcher on two venues, and what it needs."""

    def __init__(self, pair: Pair, limits: RiskLimits) -> None:
        self.pair = pair
        risk = RiskManager(limits)
        risk.initialize(pair.group.equity(), 0)
        self.dispatcher = Dispatcher(pair.group, risk, pair.recorder)

    def data(self) -> MarketData:
        """Give the primary venue's moment."""
        data = self.pair.a.session.market_data()
        assert data is not None
        return data

    def do(self, action: StrategyAction = StrategyAction.PLACE_ORDER, *, stopping: bool = False, **more: Any) -> bool:
        """Carry a result out on the market as it is."""
        result = StrategyResult(action=action, message="why", **more)
        return self.dispatcher.carry_out(result, self.data(), stopping=stopping)

    def closed(self) -> list[tuple[str, str]]:
        """Give what the strategy heard to be over, with the reason."""
        self.pair.group.deliver_news(self.pair.bot)
        return [(order.intent, order.reason) for order in self.pair.bot.closed]


async def open_hand(clock: VirtualClock, tmp_path: Path, **limits: Any) -> Hand:
    """Give a dispatcher on two venues."""
    return Hand(await open_pair(clock, tmp_path), RiskLimits(kill_switch=None, **limits))


async def test_orders_go_to_the_venue_they_name(clock: VirtualClock, tmp_path: Path) -> None:
    """Without a name it is the first venue; the reason goes along."""
    hand = await open_hand(clock, tmp_path)
    buy = limit("x", Side.BUY, "61000")
    orders = (buy, msgspec.structs.replace(buy, exchange="b"), msgspec.structs.replace(buy, intent="y", exchange="a"))
    assert not hand.do(orders=orders)
    assert [order.intent for order in hand.pair.a.session.tracker.live()] == ["x", "y"]
    assert [order.intent for order in hand.pair.b.session.tracker.live()] == ["x"]
    await hand.pair.settle()


async def test_an_unknown_venue_is_refused_aloud(clock: VirtualClock, tmp_path: Path) -> None:
    """An order or amend for a venue the bot does not trade on is refused, told, and heard by the strategy."""
    hand = await open_hand(clock, tmp_path)
    order = limit("x", Side.BUY, "61000", exchange="c")
    change = AmendParams(intent="y", price=D(1), quantity=D(1), exchange="d")
    assert hand.do(orders=(order,), amends=(change,))
    assert hand.pair.lines.texts("refused") == [
        "x: there is no venue 'c' in this run",
        "y: there is no venue 'd' in this run",
    ]
    assert hand.closed() == [("x", "risk: there is no venue 'c' in this run")]


async def test_what_the_risk_manager_refuses_is_not_sent(clock: VirtualClock, tmp_path: Path) -> None:
    """The good one goes, the bad one is told to people and strategy, and a retry is asked for."""
    hand = await open_hand(clock, tmp_path)
    assert hand.do(orders=(limit("good", Side.BUY, "61000"), limit("bad", Side.BUY, "61000.05")))
    assert [order.intent for order in hand.pair.a.session.tracker.live()] == ["good"]
    assert hand.closed() == [("bad", "risk: price 61000.05 is not a multiple of the tick size 0.1")]
    await hand.pair.settle()
    assert hand.pair.a.client.count("place") == 1


async def test_what_is_trimmed_is_sent_smaller_and_told(clock: VirtualClock, tmp_path: Path) -> None:
    """An order that fits only in part goes out with what fits."""
    hand = await open_hand(clock, tmp_path, max_position_notional=D(100))
    assert not hand.do(orders=(limit("x", Side.BUY, "61000", "0.005"),))
    assert hand.pair.lines.texts("risk")[0].startswith("x: quantity trimmed from 0.005 to 0.001")
    assert [order.quantity for order in hand.pair.a.session.tracker.live()] == [D("0.001")]
    await hand.pair.settle()


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, MID + D("0.5")), (Side.SELL, MID - D("0.5"))])
async def test_an_order_without_a_price_takes_the_touch(
    clock: VirtualClock, tmp_path: Path, side: Side, price: object
) -> None:
    """A limit order without a price gets the opposite best; a market order stays without."""
    hand = await open_hand(clock, tmp_path)
    touch = OrderParams(intent="x", side=side, quantity=D("0.001"))
    market = OrderParams(intent="y", side=side, quantity=D("0.001"), order_type=OrderType.MARKET)
    assert not hand.do(orders=(touch, market))
    assert [order.price for order in hand.pair.a.session.tracker.live()] == [price, None]
    await hand.pair.a.session.executor.abandon()


async def test_a_venue_without_a_book_gets_no_orders(clock: VirtualClock, tmp_path: Path) -> None:
    """Orders and amends for a second venue that has no tradable book are refused, not lost."""
    hand = await open_hand(clock, tmp_path)
    hand.pair.b.client.book = msgspec.structs.replace(hand.pair.b.client.book, bid=None)
    change = AmendParams(intent="y", price=D(1), quantity=D(1), exchange="b")
    assert hand.do(orders=(limit("x", Side.BUY, "61000", exchange="b"),), amends=(change,))
    assert hand.pair.lines.texts("refused") == ["y: b has no tradable book", "x: b has no tradable book"]
    assert hand.closed() == [("x", "risk: b has no tradable book")]


async def test_cancels_reach_every_venue_and_need_no_book(clock: VirtualClock, tmp_path: Path) -> None:
    """An intent is cancelled wherever it lives."""
    hand = await open_hand(clock, tmp_path)
    buy = limit("x", Side.BUY, "61000")
    hand.do(orders=(buy, msgspec.structs.replace(buy, exchange="b")))
    await hand.pair.settle()
    hand.pair.b.client.book = msgspec.structs.replace(hand.pair.b.client.book, bid=None)
    assert not hand.do(cancels=("x", "nobody"))
    await hand.pair.settle()
    assert hand.pair.a.session.tracker.live() == hand.pair.b.session.tracker.live() == ()


async def test_amends_are_reviewed_and_sent(clock: VirtualClock, tmp_path: Path) -> None:
    """An amend the risk manager likes goes out; one it does not is refused and told."""
    hand = await open_hand(clock, tmp_path)
    hand.do(orders=(limit("x", Side.BUY, "61000"),))
    await hand.pair.settle()
    assert not hand.do(amends=(AmendParams(intent="x", price=D(61_500), quantity=D("0.001")),))
    await hand.pair.settle()
    assert [order.price for order in hand.pair.a.session.tracker.live()] == [61_500]
    assert hand.do(amends=(AmendParams(intent="nobody", price=D(61_500), quantity=D("0.001")),))
    assert hand.pair.lines.texts("refused") == ["nobody: no live order carries the intent 'nobody'"]


async def test_while_stopping_only_what_reduces_goes(clock: VirtualClock, tmp_path: Path) -> None:
    """An entry is refused, a reduce-only close is sent."""
    hand = await open_hand(clock, tmp_path)
    hand.pair.a.client.trade_by_hand(Side.BUY, "0.001")
    close = limit("close", Side.SELL, "63000", reduce_only=True)
    assert hand.do(orders=(limit("entry", Side.BUY, "61000"), close), stopping=True)
    await hand.pair.settle()
    assert [order.intent for order in hand.pair.a.session.tracker.live()] == ["close"]


async def test_an_intent_that_came_to_life_meanwhile_is_refused(clock: VirtualClock, tmp_path: Path) -> None:
    """Two live orders for one intent are never sent, not even on data that is a moment old; nothing breaks."""
    hand = await open_hand(clock, tmp_path)
    data = hand.data()
    hand.pair.a.submit("x", "0.001")
    order = limit("x", Side.BUY, "61000")
    result = StrategyResult(action=StrategyAction.PLACE_ORDER, message="why", orders=(order,))
    assert hand.dispatcher.carry_out(result, data, stopping=False)
    await hand.pair.settle()
    assert hand.pair.a.client.count("place") == 1
    assert hand.closed() == [("x", "risk: intent 'x' already has a live order")]


async def test_close_position_cancels_and_closes_everywhere(clock: VirtualClock, tmp_path: Path) -> None:
    """CLOSE_POSITION takes orders out and flattens on all venues."""
    hand = await open_hand(clock, tmp_path)
    hand.pair.b.client.trade_by_hand(Side.SELL, "2")
    hand.do(orders=(limit("x", Side.BUY, "61000"),))
    await hand.pair.settle()
    assert not hand.do(StrategyAction.CLOSE_POSITION)
    await clock.sleep(0.5)
    assert hand.pair.a.session.tracker.live() == ()
    assert [order.intent for order in hand.pair.b.session.tracker.live()] == ["close-position"]
    await hand.pair.b.session.executor.abandon()


async def test_nothing_asked_nothing_done(clock: VirtualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result without orders, cancels and amends does not even reach the risk manager."""
    hand = await open_hand(clock, tmp_path)
    monkeypatch.setattr(RiskManager, "review", lambda *_, **__: pytest.fail("there is nothing to review"))
    assert not hand.do(StrategyAction.STOP)


# -- orders that follow the book --------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "peg", "price"),
    [
        (Side.BUY, Peg(), MID - D("0.5")),
        (Side.SELL, Peg(offset=D("0.25")), MID + D("0.8")),
        (Side.BUY, Peg(reference=PegReference.MID, limit=D(61_000)), D(61_000)),
    ],
)
async def test_a_pegged_order_starts_where_its_peg_stands(
    clock: VirtualClock, tmp_path: Path, side: Side, peg: Peg, price: object
) -> None:
    """It leaves with the price that reference, offset and limit give on the book it was decided on."""
    hand = await open_hand(clock, tmp_path)
    assert not hand.do(orders=(OrderParams(intent="x", side=side, quantity=D("0.001"), peg=peg, post_only=True),))
    assert [(order.price, order.peg) for order in hand.pair.a.session.tracker.live()] == [(price, peg)]
    await hand.pair.settle()


async def test_an_order_that_cannot_follow_is_refused(clock: VirtualClock, tmp_path: Path) -> None:
    """The reason is told to people and strategy; the orders beside it go out."""
    hand = await open_hand(clock, tmp_path)
    priced = limit("both", Side.BUY, "61000", peg=Peg(), post_only=True)
    market = OrderParams(intent="m", side=Side.BUY, quantity=D("0.001"), peg=Peg(), order_type=OrderType.MARKET)
    assert hand.do(orders=(priced, limit("good", Side.BUY, "61000"), market))
    why = {
        "both": "an order that follows the book takes no price beside its peg",
        "m": "a market order has no price that could follow the book",
    }
    assert hand.pair.lines.texts("refused") == [f"{intent}: {text}" for intent, text in why.items()]
    assert hand.closed() == [(intent, f"risk: {text}") for intent, text in why.items()]
    assert {order.peg for order in hand.pair.bot.closed} == {Peg()}
    assert [order.intent for order in hand.pair.a.session.tracker.live()] == ["good"]
    await hand.pair.settle()
