"""The bot: steps, news, refusals, risk, stops; on scripted strategies and small tapes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from worlds import (
    START_NS,
    TEN_MS,
    S,
    ScriptedStrategy,
    TapeWriter,
    World,
    limit,
    make_world,
    place,
    scripted,
    walk_tape,
)

from exchanges.base import OrderResult
from exchanges.paper import PaperClient
from helpers.decisions import AmendParams, OnStop, OrderParams, StrategyAction, StrategyResult, Wake
from helpers.enums import OrderStatus, OrderType, Side
from helpers.errors import ConnectivityError, RunbotError
from helpers.journal_reader import JournalReader
from helpers.models import MarketData
from helpers.risk_limits import RiskLimits
from simulation.tape import MemoryTape
from simulation.virtual_loop import VirtualClock, run_virtual

Script = Callable[[ScriptedStrategy, MarketData], StrategyResult | None]
D = Decimal


def quiet_tape(seconds: int = 3600) -> MemoryTape:
    """Give a market that stands at 62,000.0 / 62,000.1, with a sign of life every second."""
    writer = TapeWriter(620_000, 620_001)
    for second in range(1, seconds):
        writer.quote(second, 620_000, 620_001, 100 + second % 2)
    return writer.tape()


def in_world(
    tmp_path: Path, tape: MemoryTape, script: Script, check: Callable[[World], Awaitable[None]], **options: Any
) -> None:
    """Build a bot on a scripted strategy and hand it to `check`."""

    async def main(clock: VirtualClock) -> None:
        await check(await make_world(clock, tmp_path, tape, scripted(script), **options))

    run_virtual(main, start_ns=START_NS)


def once(result: StrategyResult) -> Script:
    """Say one thing at the first step and nothing afterwards."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        return result if len(strategy.seen) == 1 else None

    return script


def nothing(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
    """Never want anything."""
    return None


BUY = limit("entry", Side.BUY, "61999.5")
TAKE = OrderParams(intent="take", side=Side.BUY, quantity=D("0.002"), order_type=OrderType.MARKET)


# -- a step ------------------------------------------------------------------------------------------


def test_an_order_fills_and_the_strategy_hears_of_it(tmp_path: Path) -> None:
    """A resting buy that the market comes to is filled, booked and told to the strategy before its next step."""
    tape = TapeWriter(620_000, 620_001).quote(5, 619_990, 619_991).quote(10, 620_000, 620_001).tape()

    async def check(world: World) -> None:
        await world.bot.run()
        ((order, fill),) = world.strategy.fills
        assert (order.intent, fill.price, fill.quantity) == ("entry", D("61999.5"), D("0.001"))
        assert world.session.beliefs.ledger.position == D("0.001")
        assert [closed.status for closed in world.strategy.closed] == [OrderStatus.FILLED]

    in_world(tmp_path, tape, once(place(BUY)), check, duration_s=20)


def test_several_orders_of_one_result_are_sent_at_once(tmp_path: Path) -> None:
    """Orders of one result reach the venue together, not one reply after the other."""
    orders = [limit(f"rung-{number}", Side.BUY, f"{61_990 - number}") for number in range(5)]

    async def check(world: World) -> None:
        await world.bot.run()
        arrived = {info.time_ns for info in world.venue.core.accounts["tester"].known.values() if info.size}
        assert len(world.venue.core.accounts["tester"].known) == 5
        assert max(arrived) - START_NS < 5 * S

    in_world(tmp_path, quiet_tape(60), once(place(*orders)), check, duration_s=1, profile=TEN_MS, on_stop=OnStop.KEEP)


def test_the_intent_is_written_before_the_order_leaves(tmp_path: Path) -> None:
    """When the client is asked to place an order, the journal on disk already has it."""
    seen: list[str] = []

    class Looking(PaperClient):
        async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
            with JournalReader(tmp_path / "test") as journal:
                seen.extend(order.intent for order in journal.orders())
            return await super().place_order(ticker, client_order_id, params)

    async def check(world: World) -> None:
        await world.bot.run()
        assert seen == ["entry"]

    in_world(tmp_path, quiet_tape(60), once(place(BUY)), check, duration_s=5, client_class=Looking)


def test_a_limit_without_a_price_takes_the_touch(tmp_path: Path) -> None:
    """A limit order without a price is sent at the ask (buy) or the bid (sell)."""
    order = OrderParams(intent="touch", side=Side.BUY, quantity=D("0.001"))

    async def check(world: World) -> None:
        await world.bot.run()
        ((_, fill),) = world.strategy.fills
        assert fill.price == D("62000.1")

    in_world(tmp_path, quiet_tape(60), once(place(order)), check, duration_s=5)


def test_cancel_and_amend_by_intent(tmp_path: Path) -> None:
    """A result can change one live order and cancel another, by the strategy's own names for them."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(BUY, limit("other", Side.BUY, "61998"))
        if data.order("other") and not data.order("other").pending_cancel and len(data.orders) == 2:
            return StrategyResult(
                action=StrategyAction.PLACE_ORDER,
                cancels=("other",),
                amends=(AmendParams(intent="entry", price=D(61_997), quantity=D("0.003")),),
            )
        return None

    async def check(world: World) -> None:
        await world.bot.run()
        (order,) = world.session.tracker.live()
        assert (order.intent, order.price, order.quantity) == ("entry", D(61_997), D("0.003"))

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=5, on_stop=OnStop.KEEP)


def test_wait_sleeps_through_the_book_but_not_through_orders(tmp_path: Path) -> None:
    """WAIT lets its time pass however the book moves; an order of ours that moves ends it."""
    tape = TapeWriter(620_000, 620_001)
    for second in range(1, 100):
        tape.quote(second, 620_000 - second, 620_001 - second)

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(limit("deep", Side.BUY, "61995"))
        return StrategyResult(action=StrategyAction.WAIT, message="resting", wait_time=80)

    async def check(world: World) -> None:
        await world.bot.run()
        times = [(data.now_ns - START_NS) / S for data in world.strategy.seen]
        assert [round(at) for at in times] == [0, 0, 51]
        assert [order.intent for order, _ in world.strategy.fills] == ["deep"]

    in_world(tmp_path, tape.tape(), script, check, duration_s=60)


def test_close_position_cancels_and_flattens(tmp_path: Path) -> None:
    """CLOSE_POSITION cancels what rests and closes the position reduce-only at market."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(TAKE, BUY)
        if data.position is not None and data.position.quantity and data.order("close-position") is None:
            return StrategyResult(action=StrategyAction.CLOSE_POSITION, message="enough")
        return None

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.session.beliefs.ledger.position == 0
        assert world.session.tracker.live() == ()
        with JournalReader(tmp_path / "test") as journal:
            closing = [order for order in journal.orders() if order.intent == "close-position"]
        assert [(order.reduce_only, order.status) for order in closing] == [(True, OrderStatus.FILLED)]

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=10, on_stop=OnStop.KEEP)


def test_the_same_decision_is_written_once(tmp_path: Path) -> None:
    """Saying the same thing at every step is one decision, not thousands."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        return StrategyResult(action=StrategyAction.WAIT, message="too quiet", wait_time=1)

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.bot.steps > 20
        assert world.bot.recorder.decisions == 1

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=30)


def test_a_time_that_is_over_does_not_spin(tmp_path: Path) -> None:
    """A strategy that asks to be woken in the past is woken a thousand times a second at most."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(book=False, at=data.now_ns - 1)
        return None

    async def check(world: World) -> None:
        await world.bot.run()
        assert 900 <= world.bot.steps <= 1_100

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=1)


# -- books that cannot be traded on ------------------------------------------------------------------


@pytest.mark.parametrize("broken", [(620_000, 0), (0, 620_001), (620_005, 620_001), (620_001, 620_001)])
def test_a_strategy_never_sees_a_broken_book(tmp_path: Path, broken: tuple[int, int]) -> None:
    """While the book is one-sided, crossed or locked the strategy is not asked; afterwards it is again."""
    bid, ask = broken
    tape = TapeWriter(620_000, 620_001).quote(5, bid, ask).quote(10, 620_000, 620_001).quote(15, 619_999, 620_001)

    async def check(world: World) -> None:
        await world.bot.run()
        times = [(data.now_ns - START_NS) // S for data in world.strategy.seen]
        assert times
        assert not [at for at in times if 5 <= at < 10]
        assert max(times) >= 10
        assert all(data.best_bid < data.best_ask for data in world.strategy.seen)

    in_world(tmp_path, tape.tape(), nothing, check, duration_s=20)


def test_no_book_at_all_is_an_error(tmp_path: Path) -> None:
    """A venue that gives no tradable book for half a minute is an error that says so; nothing was sent."""
    tape = TapeWriter(620_000, 0).quote(100, 620_000, 0).tape()

    async def main(clock: VirtualClock) -> None:
        with pytest.raises(RunbotError, match="no tradable book for BTC: the book has one side only"):
            await make_world(clock, tmp_path, tape, scripted(nothing))

    run_virtual(main, start_ns=START_NS)


# -- refusals ----------------------------------------------------------------------------------------


def test_a_refused_order_is_told_and_may_be_tried_again_later(tmp_path: Path) -> None:
    """The strategy hears of an order the risk manager refused, sees the reason, and is woken within five seconds."""
    huge = limit("huge", Side.BUY, "61999.5", "1")

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(book=False, balances=False)
        return place(huge) if len(strategy.seen) <= 2 else None

    async def check(world: World) -> None:
        await world.bot.run()
        assert [round((data.now_ns - START_NS) / S) for data in world.strategy.seen] == [0, 5, 10]
        assert [closed.status for closed in world.strategy.closed] == [OrderStatus.REJECTED] * 2
        assert "above max_order_notional" in world.strategy.closed[0].reason
        assert world.venue.core.accounts["tester"].known == {}
        assert len(world.lines.texts("refused")) == 2

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=12)


def test_a_venue_refusal_is_shown_and_counted(tmp_path: Path) -> None:
    """An order the venue refuses ends REJECTED with the venue's words, for the strategy and on the screen."""
    crossing = limit("entry", Side.BUY, "62000.1", post_only=True)

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.strategy.closed[0].status is OrderStatus.REJECTED
        assert "POST_ONLY" in world.lines.texts("rejected")[0]

    in_world(tmp_path, quiet_tape(60), once(place(crossing)), check, duration_s=5)


# -- risk ---------------------------------------------------------------------------------------------


def falling_tape() -> MemoryTape:
    """Give a market that loses 20 % within a minute."""
    writer = TapeWriter(620_000, 620_001, 10_000)
    for second in range(1, 120):
        price = 620_000 - min(second, 60) * 2_000
        writer.quote(second, price, price + 1, 10_000, 10_000)
    return writer.tape()


def test_an_emergency_closes_everything_and_stops(tmp_path: Path) -> None:
    """At -15 % of the account the position is closed at market and the bot stops, whatever --on-stop says."""
    big = OrderParams(intent="big", side=Side.BUY, quantity=D("0.7"), order_type=OrderType.MARKET)
    limits = RiskLimits(kill_switch=None, max_order_notional=None, max_drawdown=None, price_band=None)

    async def check(world: World) -> None:
        await world.bot.run()
        assert "emergency" in world.bot.stopped_because or "15" in world.bot.stopped_because
        assert world.session.beliefs.ledger.position == 0
        assert world.venue.core.accounts["tester"].lots["BTC"] == 0

    in_world(tmp_path, falling_tape(), once(place(big)), check, duration_s=100, limits=limits, on_stop=OnStop.KEEP)


def test_drawdown_stops_as_the_person_chose(tmp_path: Path) -> None:
    """A drawdown beyond the limit stops the bot; with --on-stop keep the position stays."""
    big = OrderParams(intent="big", side=Side.BUY, quantity=D("0.1"), order_type=OrderType.MARKET)
    limits = RiskLimits(kill_switch=None, max_drawdown=D(5))

    async def check(world: World) -> None:
        await world.bot.run()
        assert "drawdown" in world.bot.stopped_because
        assert world.session.beliefs.ledger.position == D("0.1")
        assert any("stays on paper" in text for text in world.lines.texts("stop"))

    in_world(tmp_path, falling_tape(), once(place(big)), check, duration_s=100, limits=limits, on_stop=OnStop.KEEP)


def test_a_silent_feed_pauses_the_bot(tmp_path: Path) -> None:
    """Without any fresh book the bot pauses, says so, and goes on when the book comes back."""
    tape = TapeWriter(620_000, 620_001).quote(600, 620_000, 620_002).quote(1_000, 620_000, 620_001).tape()

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.lines.texts("risk")
        times = [(data.now_ns - START_NS) // S for data in world.strategy.seen]
        assert not [at for at in times if 185 < at < 600]
        assert max(times) >= 600

    in_world(tmp_path, tape, nothing, check, duration_s=700)


# -- stopping -----------------------------------------------------------------------------------------


def test_nothing_that_increases_risk_leaves_after_a_stop_began(tmp_path: Path) -> None:
    """An order decided in the very step in which the stop comes is refused, and the strategy hears of it."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) > 1:
            return None
        return StrategyResult(action=StrategyAction.STOP, orders=(BUY,), message="enough")

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.bot.stopped_because == "enough"
        assert world.venue.core.accounts["tester"].known == {}
        assert world.strategy.closed[0].status is OrderStatus.REJECTED

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=10)


@pytest.mark.parametrize(
    ("on_stop", "resting", "position"),
    [(OnStop.CANCEL, 0, "0.002"), (OnStop.KEEP, 1, "0.002"), (OnStop.CLOSE, 0, "0")],
)
def test_on_stop(tmp_path: Path, on_stop: OnStop, resting: int, position: str) -> None:
    """cancel: no orders, position kept; keep: both stay; close: neither."""

    async def check(world: World) -> None:
        await world.bot.run()
        account = world.venue.core.accounts["tester"]
        assert len(account.live) == resting
        assert account.ledgers["BTC"].position == D(position)
        assert world.session.beliefs.ledger.position == D(position)

    in_world(tmp_path, quiet_tape(60), once(place(TAKE, BUY)), check, duration_s=10, on_stop=on_stop, profile=TEN_MS)


def test_a_strategy_can_stop_its_own_way(tmp_path: Path) -> None:
    """STOP with on_stop overrides what the person chose for a normal stop."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(TAKE)
        return StrategyResult(action=StrategyAction.STOP, message="loss stop", on_stop=OnStop.CLOSE)

    async def check(world: World) -> None:
        await world.bot.run()
        assert world.session.beliefs.ledger.position == 0
        assert world.bot.stopped_because == "loss stop"

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=10)


def test_a_bug_in_a_strategy_leaves_in_good_order(tmp_path: Path) -> None:
    """An exception in a strategy cancels the orders first and is raised afterwards."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        if len(strategy.seen) == 1:
            return place(BUY)
        raise ZeroDivisionError

    async def check(world: World) -> None:
        with pytest.raises(ZeroDivisionError):
            await world.bot.run()
        assert world.venue.core.accounts["tester"].live == {}
        assert world.bot.stopped_because.startswith("failed")

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=10)


def test_a_bug_in_a_client_stops_the_bot(tmp_path: Path) -> None:
    """An exception that no client should raise is not swallowed: the bot stops and raises it."""

    class Broken(PaperClient):
        async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
            raise KeyError(client_order_id)

    async def check(world: World) -> None:
        with pytest.raises(KeyError):
            await world.bot.run()

    in_world(tmp_path, quiet_tape(600), once(place(BUY)), check, duration_s=500, client_class=Broken)


def test_a_lost_reply_is_asked_about(tmp_path: Path) -> None:
    """A reply that is lost after the venue took the order leads to one order, found and owned."""

    class Losing(PaperClient):
        lost = 0

        async def place_order(self, ticker: str, client_order_id: str, params: OrderParams) -> OrderResult:
            await super().place_order(ticker, client_order_id, params)
            type(self).lost += 1
            raise ConnectivityError("connection reset")

    async def check(world: World) -> None:
        await world.bot.run()
        assert Losing.lost == 1
        (order,) = world.session.tracker.live()
        assert (order.intent, order.status) == ("entry", OrderStatus.OPEN)

    in_world(tmp_path, quiet_tape(60), once(place(BUY)), check, duration_s=30, client_class=Losing, on_stop=OnStop.KEEP)


def test_status_shows_what_is_true(tmp_path: Path) -> None:
    """The status has state, counts, position and the newest lines."""

    async def check(world: World) -> None:
        assert world.bot.status().state == "starting"
        await world.bot.run()
        status = world.bot.status()
        assert (status.state, status.health, status.fills, status.orders_sent) == ("stopped", "ok", 1, 2)
        (venue,) = status.venues
        assert venue.position is not None
        assert venue.position.quantity == D("0.002")
        assert venue.equity == D(10_000) + status.pnl.net
        assert status.recent[-1].kind == "stop"

    in_world(tmp_path, quiet_tape(60), once(place(TAKE, BUY)), check, duration_s=10)


def test_strategy_state_is_kept(tmp_path: Path) -> None:
    """What a strategy wants to find again is in the journal after a run."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.memory = {"steps": len(strategy.seen)}
        return place(BUY) if len(strategy.seen) == 1 else None

    async def check(world: World) -> None:
        await world.bot.run()
        world.journal.flush()
        with JournalReader(tmp_path / "test") as journal:
            assert dict(journal.strategy_state() or {}) == {"steps": len(world.strategy.seen)}

    in_world(tmp_path, quiet_tape(60), script, check, duration_s=10)


def test_what_a_strategy_saw_is_kept_every_minute(tmp_path: Path) -> None:
    """A strategy that decides nothing loses a minute of its notes at most when the bot dies."""
    kept: list[int] = []

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.memory = {"second": (data.now_ns - START_NS) // S}
        with JournalReader(tmp_path / "test") as journal:
            kept.append(dict(journal.strategy_state() or {"second": 0})["second"])
        strategy.wake = Wake(book=False, at=data.now_ns + 10 * S)
        return None

    async def check(world: World) -> None:
        await world.bot.run()
        assert kept[-1] >= 120

    in_world(tmp_path, quiet_tape(200), script, check, duration_s=195)


def test_a_walk_keeps_the_books_equal(tmp_path: Path) -> None:
    """After a busy run the bot's books equal the venue's to the last digit."""

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        number = len(strategy.seen)
        if number % 7 or len(data.orders) > 6:
            return None
        side = Side.BUY if number % 2 else Side.SELL
        price = data.best_bid if side is Side.BUY else data.best_ask
        return place(OrderParams(intent=f"o{number}", side=side, quantity=D("0.002"), price=price))

    async def check(world: World) -> None:
        await world.bot.run()
        theirs, ours = world.venue.core.accounts["tester"].ledgers["BTC"], world.session.beliefs.ledger
        assert len(world.strategy.fills) > 30
        for name in ("position", "cost", "realised", "fees", "funding"):
            assert getattr(ours, name) == getattr(theirs, name)

    in_world(tmp_path, walk_tape(3), script, check, duration_s=480, profile=TEN_MS)
