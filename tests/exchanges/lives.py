"""Bots that die and bots that come after them, on one account of one simulated venue."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worlds import D, Lines, context

from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.journal import Journal
from helpers.journal_reader import JournalReader
from helpers.journal_schema import SessionInfo
from helpers.models import Fill, Order
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock
from strategies.base_strategy import BaseStrategy, StrategyConfig
from strategies.factory import strategies
from trading_bot import BotIdentity, TradingBot

ACCOUNT = "tester"
Build = Callable[[list[VenueSession]], BaseStrategy[Any]]


class Killed(KeyboardInterrupt):
    """The process is gone, in the middle of whatever it did. Nothing in the bot may survive this."""


class MortalJournal(Journal):
    """A journal that kills the process at one of its writes or commits."""

    dies_at: int | None = None
    dies_before: bool = True
    writes: int = 0

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        self._come(before=True)
        rows = super()._write(statement, values)
        self._come(before=False)
        return rows

    def flush(self) -> None:
        self._come(before=True)
        super().flush()
        self._come(before=False)

    def _come(self, *, before: bool) -> None:
        self.writes += before
        if self.writes == self.dies_at and before is self.dies_before:
            self.abandon()
            raise Killed


@dataclass
class Life:
    """One bot from its start to its death."""

    venue: SimulatedVenue
    client: PaperClient
    session: VenueSession
    bot: TradingBot
    lines: Lines
    journal: MortalJournal

    async def die(self, run: asyncio.Task[None]) -> None:
        """Die as `kill -9` does: nothing is written, cancelled or said any more. What was sent is under way."""
        self.journal.abandon()
        self.venue.deliveries.unsubscribe(ACCOUNT)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        await self.session.executor.abandon()


async def _do_nothing() -> None:
    """Not leave in good order: these bots die."""


async def live(
    clock: VirtualClock,
    runs_dir: Path,
    venue: SimulatedVenue,
    name: str,
    build: Build,
    *,
    dies_at: int | None = None,
    dies_before: bool = True,
) -> Life:
    """Start a bot as the program does: from what the lives before it left in their journals.

    Args:
        clock: drives the venue.
        runs_dir: where the journals are.
        venue: goes on from life to life.
        name: of the session.
        build: makes the strategy.
        dies_at: the write that kills it.
        dies_before: whether it dies before or after that write.
    """
    client = PaperClient(context(clock), venue, ACCOUNT)
    await client.connect()
    left, fills, state = _left_behind(runs_dir, client)
    journal = _journal(clock, runs_dir, name)
    journal.dies_at, journal.dies_before = dies_at, dies_before
    lines = Lines()
    recorder = Recorder(journal, clock, lines)
    session = VenueSession(client, await client.get_market("BTC"), recorder, client.context.ids, None)
    await client.subscribe("BTC", session)
    # Batched, so that it is committed with the orders that were left, or not at all.
    recorder.strategy_state(state or {})
    await recover(session, left, fills, recorder)
    strategy = build([session])
    if state:
        strategy.restore_state(state)
    risk = RiskManager(RiskLimits(kill_switch=None))
    identity = BotIdentity(name, "BTC")
    bot = TradingBot(identity, strategy, [session], risk, recorder, clock, on_stop=OnStop.CANCEL, duration_ns=None)
    bot._end = _do_nothing  # type: ignore[method-assign]  # it will be dead
    await bot.begin()
    return Life(venue, client, session, bot, lines, journal)


def _left_behind(runs_dir: Path, client: PaperClient) -> tuple[list[Order], list[Fill], Mapping[str, Any] | None]:
    """Read the newest journal that got as far as to hold anything."""
    for folder in sorted(runs_dir.iterdir(), reverse=True):
        with JournalReader(folder) as journal:
            if journal.orders() or journal.strategy_state():
                client.context.ids.resume_after(journal.last_client_order_id() or "")
                return journal.live_orders(), journal.fills(), journal.strategy_state()
    return [], [], None


def _journal(clock: VirtualClock, runs_dir: Path, name: str) -> MortalJournal:
    info = SessionInfo(
        session=name,
        strategy="grid",
        exchange="paper",
        account_id=ACCOUNT,
        ticker="BTC",
        seed=0,
        started_ns=clock.now_ns(),
    )
    journal = MortalJournal.create(runs_dir, info)
    assert isinstance(journal, MortalJournal)
    return journal


def grid(sessions: list[VenueSession]) -> BaseStrategy[Any]:
    """Give a grid that trades often."""
    strategy_class = strategies.load("grid")
    params = strategy_class.params_model(take_profit="0.01", wait_time=2, max_orders=10)  # type: ignore[call-arg]  # the grid's own
    return strategy_class(StrategyConfig("BTC", D("0.001"), params, random.Random(1)), *sessions)


async def check_invariants(clock: VirtualClock, runs_dir: Path, life: Life) -> None:
    """Fail if anything was lost, doubled or assumed, at a moment when no news is on its way."""
    account, session = life.venue.core.accounts[ACCOUNT], life.session
    for _ in range(100):
        believed = ({order.client_order_id for order in session.tracker.live()}, session.beliefs.ledger.position)
        if believed == (set(account.live), account.ledger("BTC").position):
            break
        await clock.sleep(0.05)
    # Every order at the venue is ours and known, or was reported; what we believe to hold is what we hold.
    told = " ".join(life.lines.texts("recovered"))
    for key in set(account.live) - {order.client_order_id for order in session.tracker.live()}:
        assert f"open order {account.known[key].order_id} " in told
    assert {order.client_order_id for order in session.tracker.live()} <= set(account.live)
    assert session.beliefs.ledger.position == account.ledger("BTC").position
    assert session.executor.failure is None
    # Never two live orders for one intent, over all lives.
    intents = [order.intent for order in _written(runs_dir) if order.client_order_id in account.live]
    assert len(intents) == len(set(intents))
    # No execution is on record twice, and none of one of our orders is missing from our books' side of it.
    for order in session.tracker.live():
        assert order.filled_quantity == account.known[order.client_order_id].filled_size


def closes_exceed_by(life: Life) -> Any:
    """Give by how much the resting reduce-only orders exceed the position, at the venue."""
    account = life.venue.core.accounts[ACCOUNT]
    resting = sum(order.remaining for order in account.live.values() if order.reduce_only)
    return D(resting - abs(account.lots.get("BTC", 0))) * D("0.001")


def _written(runs_dir: Path) -> list[Order]:
    """List every order of every life, each once."""
    orders: dict[str, Order] = {}
    for folder in runs_dir.iterdir():
        with JournalReader(folder) as journal:
            orders |= {order.client_order_id: order for order in journal.orders()}
    return list(orders.values())
