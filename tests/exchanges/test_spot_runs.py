"""A bot on a spot market of the simulated venue: stops, closes, restarts, and what it believes of its money."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from worlds import (
    MS,
    START_NS,
    D,
    S,
    ScriptedStrategy,
    TapeWriter,
    World,
    context,
    limit,
    make_world,
    place,
    scripted,
    with_market,
)

from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop, OrderParams, StrategyAction, StrategyResult, Wake
from helpers.enums import MarketKind, OrderStatus, OrderType, Side
from helpers.models import MarketData
from helpers.risk_watch import RiskAction, RiskVerdict
from simulation.profile import Latency, VenueProfile
from simulation.tape import MemoryTape
from simulation.virtual_loop import VirtualClock, run_virtual

SPOT = with_market(kind=MarketKind.SPOT, max_leverage=D(1), maintenance_margin=D(0))
UNEVEN = VenueProfile(
    order_entry=Latency(base_ns=5 * MS, jitter_ns=40 * MS), response=Latency(base_ns=5 * MS, jitter_ns=40 * MS)
)
"""Requests overtake each other here."""
BOUGHT = OrderParams(intent="buy", side=Side.BUY, quantity=D("0.05"), order_type=OrderType.MARKET)
OFFERS = (limit("ask-1", Side.SELL, "63000", "0.02"), limit("ask-2", Side.SELL, "63100", "0.03"))

Script = Callable[[ScriptedStrategy, MarketData], StrategyResult | None]


def quiet_tape(seconds: int = 120) -> MemoryTape:
    """Give a market that stands at 62,000.0 / 62,000.1."""
    writer = TapeWriter(620_000, 620_001)
    for second in range(1, seconds):
        writer.quote(second, 620_000, 620_001, 100 + second % 2)
    return writer.tape()


def buys_and_offers(then: StrategyResult | None = None, at_s: int = 20) -> Script:
    """Buy at market, offer all of it, and at a time do something else."""
    steps: list[tuple[int, StrategyResult]] = [(0, place(BOUGHT)), (5, place(*OFFERS))]
    if then is not None:
        steps.append((at_s, then))

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(at=data.now_ns + S)
        return steps.pop(0)[1] if steps and data.now_ns >= START_NS + steps[0][0] * S else None

    return script


def in_world(tmp_path: Path, script: Script, check: Callable[[World], Awaitable[None]], **options: Any) -> None:
    """Build a bot on a scripted strategy and hand it to `check`."""

    async def main(clock: VirtualClock) -> None:
        options.setdefault("profile", UNEVEN)
        await check(await make_world(clock, tmp_path, quiet_tape(), scripted(script), market=SPOT, **options))

    run_virtual(main, start_ns=START_NS)


def no_refusals(world: World) -> None:
    """Nothing was refused or rejected."""
    assert world.lines.texts("rejected") == []
    assert world.lines.texts("refused") == []


# -- the end ------------------------------------------------------------------------------------


def test_a_stop_that_closes_frees_the_asset_first(tmp_path: Path) -> None:
    """Resting sells are cancelled, then what is held is sold at market; nothing is rejected, nothing stays."""

    async def check(world: World) -> None:
        await world.bot.run()
        no_refusals(world)
        account = world.venue.core.accounts["tester"]
        assert (account.held(), account.live) == ([], {})
        assert not [line for line in world.lines.texts("stop") if "stays" in line]

    in_world(tmp_path, buys_and_offers(), check, on_stop=OnStop.CLOSE, duration_s=30)


def test_a_stop_that_cancels_says_what_is_held(tmp_path: Path) -> None:
    """The asset stays, free of orders, and a line says so."""

    async def check(world: World) -> None:
        await world.bot.run()
        account = world.venue.core.accounts["tester"]
        assert (account.lots["BTC"], account.live) == (50, {})
        assert "0.05 BTC stays on paper" in world.lines.texts("stop")

    in_world(tmp_path, buys_and_offers(), check, on_stop=OnStop.CANCEL, duration_s=30)


# -- closing on the way --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_closing_waits_until_nothing_is_offered(tmp_path: Path, seed: int) -> None:
    """CLOSE_POSITION with sells resting never has its sell arrive before their cancels."""
    close = StrategyResult(action=StrategyAction.CLOSE_POSITION, message="enough")

    async def check(world: World) -> None:
        world.venue.core.rng.seed(seed)
        await world.bot.run()
        no_refusals(world)
        assert world.venue.core.accounts["tester"].held() == []

    in_world(tmp_path, buys_and_offers(close), check, duration_s=30)


@pytest.mark.parametrize("after_ms", [1, 20, 50])
def test_what_is_offered_anew_meanwhile_is_freed_too(tmp_path: Path, after_ms: int) -> None:
    """A strategy that goes on and offers the rest while its close waits: that sell is cancelled too, all is sold."""
    close = StrategyResult(action=StrategyAction.CLOSE_POSITION, message="enough")
    again = place(limit("ask-3", Side.SELL, "63200", "0.02"))
    bought = place(OrderParams(intent="buy", side=Side.BUY, quantity=D("0.07"), order_type=OrderType.MARKET))
    steps = [(0, bought), (5 * S, place(*OFFERS)), (20 * S, close), (20 * S + after_ms * MS, again)]

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        strategy.wake = Wake(at=data.now_ns + MS, book=False)
        return steps.pop(0)[1] if steps and data.now_ns >= START_NS + steps[0][0] else None

    async def check(world: World) -> None:
        await world.bot.run()
        no_refusals(world)
        account = world.venue.core.accounts["tester"]
        assert (account.held(), account.live) == ([], {})

    in_world(tmp_path, script, check, on_stop=OnStop.KEEP, duration_s=30)


def test_a_stop_right_after_a_close_still_closes(tmp_path: Path) -> None:
    """A close that waits for its cancels is not forgotten when the bot stops and would keep what is held."""
    close = StrategyResult(action=StrategyAction.CLOSE_POSITION, message="enough")

    async def check(world: World) -> None:
        await world.bot.run()
        no_refusals(world)
        assert world.venue.core.accounts["tester"].held() == []

    in_world(tmp_path, buys_and_offers(close), check, on_stop=OnStop.KEEP, duration_s=20.01)


def test_the_worst_position_is_closed_once_its_sells_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The risk manager's close cancels the sells, leaves the buys, and sells; asked twice it sells once."""
    bids = place(limit("bid", Side.BUY, "61000", "0.001"))

    async def check(world: World) -> None:
        watch, asked = world.bot._risk.watch, [25, 25]

        def worst(equity: Any, positions: Any, now: int, book_ns: Any) -> RiskVerdict:
            if asked and now >= START_NS + asked[0] * S:
                asked.pop(0)
                return RiskVerdict(
                    action=RiskAction.CLOSE_WORST_POSITIONS, reason="test", positions_to_close=tuple(positions)
                )
            return watch(equity, positions, now, book_ns)

        monkeypatch.setattr(world.bot._risk, "watch", worst)
        await world.bot.run()
        assert asked == []
        assert world.lines.texts("rejected") == []
        account = world.venue.core.accounts["tester"]
        assert account.held() == []
        assert [order.is_buy for order in account.live.values()] == [True]
        assert len([fill for fill in account.fills if fill.side is Side.SELL]) == 1

    in_world(tmp_path, buys_and_offers(bids), check, on_stop=OnStop.KEEP, duration_s=40)


# -- what the bot believes --------------------------------------------------------------------------


def test_the_bot_knows_its_equity_and_what_is_free(tmp_path: Path) -> None:
    """What the bot believes is what the venue says, with buys and sells resting and on a book that moved."""

    async def check(world: World) -> None:
        world.bot.request_stop("", None)
        await world.bot.run()
        told = await world.client.get_balance()
        assert world.session.beliefs.equity() == told.equity
        assert world.session.beliefs.balance is not None
        assert world.session.beliefs.balance.available == told.available

    bids = place(limit("bid", Side.BUY, "61000", "0.01"))
    in_world(tmp_path, buys_and_offers(bids), check, on_stop=OnStop.KEEP, duration_s=30)


def test_a_strategy_sees_what_its_orders_bind(tmp_path: Path) -> None:
    """By the time a buy rests, the balance in the market data is less by what it binds; a rejection is heard."""
    seen: list[Any] = []

    def script(strategy: ScriptedStrategy, data: MarketData) -> StrategyResult | None:
        assert data.balance is not None
        seen.append((data.order("bid"), data.balance.available))
        if len(seen) == 1:
            return place(limit("bid", Side.BUY, "61000", "0.1"))
        return place(limit("more", Side.BUY, "61000", "0.1")) if len(seen) == 5 else None

    async def check(world: World) -> None:
        await world.bot.run()
        for order, available in seen:
            if order is not None and order.status is OrderStatus.OPEN:
                assert available == 10_000 - 6_100 * D("1.00025")
        assert seen[-1][0].status is OrderStatus.OPEN
        assert world.lines.texts("rejected") == [
            "more: the buy needs 6101.53 USD with its fee, 3898.47 is free [INSUFFICIENT_BALANCE]"
        ]
        assert [order.status for order in world.strategy.closed] == [OrderStatus.REJECTED]

    in_world(tmp_path, script, check, on_stop=OnStop.KEEP, duration_s=30)


def test_a_restart_finds_asset_orders_and_cash(tmp_path: Path) -> None:
    """A new session on the same account takes over the sells, what is held and what is free."""

    async def check(world: World) -> None:
        await world.bot.run()
        left = world.session.tracker.live()
        assert {order.intent for order in left} == {"ask-1", "ask-2"}
        await world.client.disconnect()
        client = PaperClient(context(world.bot._clock), world.venue, "tester")
        await client.connect()
        session = VenueSession(client, SPOT, world.bot.recorder, client.context.ids, None)
        await client.subscribe("BTC", session)
        await recover(session, left, [], world.bot.recorder)
        assert session.beliefs.position is not None
        assert session.beliefs.position.quantity == D("0.05")
        assert {order.intent: order.status for order in session.tracker.live()} == dict.fromkeys(
            ("ask-1", "ask-2"), OrderStatus.OPEN
        )
        balance = await client.get_balance()
        assert session.beliefs.balance == balance
        assert balance.available == 10_000 - D("62000.1") * D("0.05") * D("1.00025")
        assert session.beliefs.equity() == balance.equity

    in_world(tmp_path, buys_and_offers(), check, on_stop=OnStop.KEEP, duration_s=30)


def test_the_funding_rate_of_spot_is_zero(tmp_path: Path) -> None:
    """A strategy that looks at funding sees a rate of nothing per hour."""

    async def check(world: World) -> None:
        rate = await world.client.get_funding_rate("BTC")
        assert (rate.rate, rate.hourly_rate, rate.interval_ns) == (0, 0, SPOT.funding_interval_ns)
        assert rate.next_funding_ns > world.venue.core.now_ns

    in_world(tmp_path, buys_and_offers(), check)
