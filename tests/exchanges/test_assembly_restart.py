"""What the program itself hands from one session to the next when one of them dies during its start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from lives import ACCOUNT, Killed
from worlds import START_NS, make_venue, walk_tape

from console.assembly import build, connect
from exchanges.base import EventListener, ExchangeContext
from exchanges.paper import PaperClient
from helpers.config import TradingConfig, build_config
from helpers.journal import Journal
from helpers.status import Observer
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.factory import strategies
from trading_bot import TradingBot


def client_class(venues: dict[str, SimulatedVenue]) -> type[PaperClient]:
    """Give the class of clients of these venues, by label, on one account each that outlives the process."""

    class SteadyClient(PaperClient):
        dies_at_subscription = False

        def __init__(self, context: ExchangeContext) -> None:
            super().__init__(context, venues[context.label], ACCOUNT)

        async def subscribe(self, ticker: str, listener: EventListener) -> None:
            if self.dies_at_subscription:
                raise Killed
            await super().subscribe(ticker, listener)

    return SteadyClient


def config_for(runs_dir: Path, exchange: str) -> TradingConfig:
    """Give the configuration of a grid that trades often."""
    flags = {
        "exchange": exchange, "ticker": "BTC", "quantity": "0.001", "runs_dir": str(runs_dir), "wait_time": "2",
        "take_profit": "0.01", "kill_switch": "off", "max_data_age": "off",
    }  # fmt: skip
    return build_config(flags, {}, runs_dir, lambda name: strategies.load(name).params_model)


async def start(
    config: TradingConfig, cls: type[PaperClient], clock: VirtualClock, stack: AsyncExitStack
) -> TradingBot:
    """Start a bot as the program does."""
    venues = await connect(config, [cls] * len(config.run.venues), clock, stack)
    return await build(config, venues, clock, Observer(), stack)


async def trade_and_die(bot: TradingBot, clock: VirtualClock, seconds: float) -> None:
    """Trade for a while and die without leaving anything in order."""

    async def do_nothing() -> None:
        """A dead bot does nothing."""

    run = asyncio.create_task(bot.run())
    await clock.sleep(seconds)
    bot.recorder.flush()
    bot.recorder.journal.abandon()
    bot._end = do_nothing  # type: ignore[method-assign]  # it is dead
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    for session in bot.venues:
        await session.executor.abandon()


def in_three_lives(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kill_second: Callable[[type[PaperClient], pytest.MonkeyPatch], None],
    check: Callable[[TradingBot, TradingBot], None],
) -> None:
    """Let one bot trade and die, a second one die during its start, and compare a third one with the first."""
    # As `kill -9` does it: nobody is left to tidy up.
    monkeypatch.setattr(Journal, "discard", Journal.abandon)

    async def main(clock: VirtualClock) -> None:
        venue = make_venue(walk_tape(5, start=620_000))
        clock.attach(venue)
        cls, config = client_class({"paper": venue}), config_for(tmp_path, "paper")
        async with AsyncExitStack() as stack:
            first = await start(config, cls, clock, stack)
            await trade_and_die(first, clock, 60)
        with monkeypatch.context() as patch:
            kill_second(cls, patch)
            async with AsyncExitStack() as stack:
                with pytest.raises(Killed):
                    await start(config, cls, clock, stack)
        async with AsyncExitStack() as stack:
            check(first, await start(config, cls, clock, stack))

    run_virtual(main, start_ns=START_NS)


def live_ids(bot: TradingBot) -> set[str]:
    """Give the orders a bot believes to be alive."""
    return {order.client_order_id for order in bot.venues.primary.tracker.live()}


def test_a_session_that_died_before_it_recovered_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Orders left by the session before the one that died during its start are still found."""

    def kill(cls: type[Any], patch: pytest.MonkeyPatch) -> None:
        patch.setattr(cls, "dies_at_subscription", True)

    def check(first: TradingBot, third: TradingBot) -> None:
        assert live_ids(first) <= live_ids(third)

    in_three_lives(tmp_path, monkeypatch, kill, check)


def test_a_session_that_died_before_its_first_decision_keeps_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the strategy remembered is in the new journal as soon as the orders are."""

    def kill(cls: type[Any], patch: pytest.MonkeyPatch) -> None:
        def die(*_: object) -> None:
            raise Killed

        patch.setattr(TradingBot, "begin", die)

    def check(first: TradingBot, third: TradingBot) -> None:
        assert first.strategy.save_state()["lots"] == third.strategy.save_state()["lots"]

    in_three_lives(tmp_path, monkeypatch, kill, check)


def test_each_venue_takes_over_its_own_orders(tmp_path: Path) -> None:
    """An order left at the first of two venues is asked about there and nowhere else."""

    async def main(clock: VirtualClock) -> None:
        venues = {label: make_venue(walk_tape(5, start=620_000)) for label in ("a", "b")}
        for venue in venues.values():
            clock.attach(venue)
        cls, config = client_class(venues), config_for(tmp_path, "paper:a,paper:b")
        async with AsyncExitStack() as stack:
            first = await start(config, cls, clock, stack)
            await trade_and_die(first, clock, 60)
        assert live_ids(first)
        async with AsyncExitStack() as stack:
            second = await start(config, cls, clock, stack)
            _, other = second.venues
            assert [order for order in other.tracker.live() if order.client_order_id in live_ids(first)] == []
            assert all(other.tracker.get(key) is None for key in live_ids(first))

    run_virtual(main, start_ns=START_NS)
