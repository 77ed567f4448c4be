"""TradingBot: runs any strategy on any venue. It decides nothing and is the only one that sends.

Each step: deliver news, ask the risk manager, show the strategy the market, have its orders
reviewed, send what is approved. Then the bot sleeps until something holds that the strategy
said could change its mind. Venues come connected and recovered; the stop leaves them in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from exchanges.dispatcher import Dispatcher
from exchanges.venue_group import VenueGroup
from exchanges.venue_session import VenueSession
from exchanges.withdrawal import QuoteWithdrawal
from helpers.alarm import Alarm
from helpers.clock import NS_PER_S, Clock
from helpers.decisions import OnStop, StrategyAction, StrategyResult, Wake
from helpers.enums import OrderStatus
from helpers.models import MarketData, Order, Position
from helpers.recorder import Recorder
from helpers.risk_manager import RiskManager
from helpers.risk_watch import RiskAction, RiskVerdict
from helpers.status import BotStatus
from strategies.base_strategy import BaseStrategy

_HEARTBEAT_NS = 60 * NS_PER_S
"""The longest sleep: risk is watched and the venue's truth compared at least this often."""
_PAUSE_NS = 30 * NS_PER_S
_AFTER_REFUSAL_NS = 5 * NS_PER_S
_SHORTEST_SLEEP_NS = 1_000_000
"""A time condition that is already over must not make the bot spin."""


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """What a bot is called."""

    session: str
    ticker: str


class TradingBot:
    """The loop."""

    def __init__(
        self,
        identity: BotIdentity,
        strategy: BaseStrategy[Any],
        sessions: Sequence[VenueSession],
        risk: RiskManager,
        recorder: Recorder,
        clock: Clock,
        *,
        on_stop: OnStop,
        duration_ns: int | None,
    ) -> None:
        """Take over venues that are connected and recovered, the first being the strategy's own."""
        self.identity = identity
        self.strategy = strategy
        self.recorder = recorder
        self.venues = VenueGroup(sessions, recorder)
        self.steps = 0
        self.stopped_because = ""
        self._dispatcher = Dispatcher(self.venues, risk, recorder)
        patience_ns = strategy.withdraw_after_ns()
        self._withdrawal = None if patience_ns is None else QuoteWithdrawal(self.venues, recorder, patience_ns)
        self._risk = risk
        self._alarm = Alarm(clock)
        self._clock = clock
        self._on_stop = on_stop
        self._started_ns = clock.now_ns()
        self._ends_ns = None if duration_ns is None else self._started_ns + duration_ns
        self._heartbeat_ns = self._started_ns + _HEARTBEAT_NS
        self._flush_ns = self._started_ns
        self._state = "starting"
        self._health = "ok"
        self._failure: BaseException | None = None
        self._saved_state: object = None
        self.venues.bind(self)

    # -- life -----------------------------------------------------------------------------

    async def begin(self) -> None:
        """Let risk manager and strategy look at the market for the first time; sends nothing.

        Raises:
            UserError: the parameters make no sense on this market.
            RunbotError: there is no book to trade on.
        """
        self._risk.initialize(self.venues.equity(), self._clock.now_ns())
        said = await self.strategy.initialize(await self.venues.first_data(self._clock))
        # Committed together: a session that came to its start has what it took over.
        self._save_state()
        self.recorder.event("start", said or f"{self.strategy.get_strategy_name()} on {self.identity.ticker}")
        self.recorder.flush()

    async def run(self) -> None:
        """Trade until the duration is over, somebody asks for a stop, or something breaks.

        What broke is raised after the stop.
        """
        try:
            while not self.stopped_because:
                next_ns = await self._step()
                self._failure = self._failure or self.venues.failure
                if self._failure is not None:
                    break
                await self._alarm.wait(next_ns)
        except Exception as error:  # noqa: BLE001 - whatever broke, the venues are left in good order first
            self._failure = error
        finally:
            self.request_stop(f"failed: {self._failure}" if self._failure is not None else "cancelled")
            await self._end()
        if self._failure is not None:
            raise self._failure

    def request_stop(self, reason: str, on_stop: OnStop | None = None) -> None:
        """Stop in good order after the current step; the first reason counts."""
        if self.stopped_because:
            return
        self.stopped_because = reason
        self._on_stop = on_stop or self._on_stop
        self.venues.only_reduce()
        self._alarm.ring()

    async def _end(self) -> None:
        self._state = "stopping"
        self.recorder.event("stop", self.stopped_because)
        for line in await self.venues.leave(self._on_stop):
            self.recorder.event("stop", line)
        self.venues.deliver_news(self.strategy)
        self._save_state()
        self.venues.sample_equity()
        self._state = "stopped"

    # -- one step ---------------------------------------------------------------------------

    async def _step(self) -> int:
        """Look, decide, send; give the time of the latest next step, ns."""
        self.steps += 1
        now = self._clock.now_ns()
        if self.venues.deliver_news(self.strategy):
            self._save_state()
        if now >= self._heartbeat_ns:
            await self._heartbeat(now)
        if self._ends_ns is not None and now >= self._ends_ns:
            self.request_stop("the duration is over")
            return now
        positions = self.venues.positions()
        verdict = self._watch(positions, now)
        if verdict.action is not RiskAction.NONE:
            return self._obey(verdict, positions, now)
        self._state = "running"
        data = self.venues.primary.market_data()
        if data is None:
            self._health = self.venues.primary.book_trouble(self.venues.primary.bbo(), now)
            return self._sleep(Wake(), now)
        self._health = verdict.reason or "ok"
        if await self.strategy.should_execute(data):
            return self._execute(await self.strategy.execute_strategy(data), data, now)
        return self._sleep(self.strategy.next_wake(data), now)

    def _execute(self, result: StrategyResult, data: MarketData, now: int) -> int:
        self.recorder.decision(result)
        if result.action is StrategyAction.STOP:  # first, so that nothing of it increases risk
            self.request_stop(result.message, result.on_stop)
        refused = self._dispatcher.carry_out(result, data, stopping=bool(self.stopped_because))
        self._save_state()
        if result.action is StrategyAction.WAIT:
            return self._sleep(Wake(book=False, at=now + int(result.wait_time * NS_PER_S)), now)
        wake = self.strategy.next_wake(self.venues.primary.market_data() or data)
        if refused:
            # Nothing will tell the strategy to try again, so let it, after a while.
            retry = now + _AFTER_REFUSAL_NS
            wake = msgspec.structs.replace(wake, at=retry if wake.at is None else min(wake.at, retry))
        return self._sleep(wake, now)

    def _sleep(self, wake: Wake, now: int) -> int:
        if now >= self._flush_ns:
            # Intents are committed when they are made; the rest may wait, but not for long.
            self._flush_ns = now + NS_PER_S
            self.recorder.flush()
        else:
            self.recorder.catch_up()
        latest = self._heartbeat_ns if self._ends_ns is None else min(self._heartbeat_ns, self._ends_ns)
        if self._withdrawal is not None:
            wake = msgspec.structs.replace(wake, prices=True)  # a side that vanishes has to be seen
            latest = min(latest, self._withdrawal.look(now) or latest)
        self._alarm.arm(wake, self.venues.primary.bbo())
        self.venues.arm(wake)
        if wake.at is None:
            return latest
        return min(latest, wake.at if wake.at > now else now + _SHORTEST_SLEEP_NS)

    def _watch(self, positions: Sequence[Position], now: int) -> RiskVerdict:
        bbo = self.venues.primary.bbo()
        return self._risk.watch(
            self.venues.equity(),
            positions,
            now,
            None if bbo is None else bbo.received_ns,
        )

    def _obey(self, verdict: RiskVerdict, positions: Sequence[Position], now: int) -> int:
        self.recorder.event("risk", verdict.reason)
        if verdict.action is RiskAction.PAUSE:
            self._state, self._health = "paused", verdict.reason
            return self._sleep(Wake(book=False, balances=False, at=now + _PAUSE_NS), now)
        if verdict.action is RiskAction.CLOSE_WORST_POSITIONS:
            self.venues.close(verdict.positions_to_close, positions, verdict.reason)
            return self._sleep(Wake(), now)
        is_emergency = verdict.action is RiskAction.EMERGENCY_STOP
        self.request_stop(verdict.reason, OnStop.CLOSE if is_emergency else None)
        return now

    async def _heartbeat(self, now: int) -> None:
        self._heartbeat_ns = now + _HEARTBEAT_NS
        await self.venues.check_truth()
        if self.steps == 1:
            await self.venues.settle_truth()  # the first decision is made on what the venues say
        self.venues.sample_equity()
        self._save_state()  # what it has seen since its last decision: a crash loses a minute of it at most

    def _save_state(self) -> None:
        state = self.strategy.save_state()
        if state != self._saved_state:
            self._saved_state = state
            self.recorder.strategy_state(state)

    # -- what the venues tell (BotEvents) ---------------------------------------------------------

    def on_orders(self) -> None:
        """Wake for news of our orders."""
        self._alarm.on_orders()

    def on_book(self) -> None:
        """Wake for the book."""
        self._alarm.on_book(self.venues.primary.bbo())

    def on_account(self) -> None:
        """Wake for position, balance or funding."""
        self._alarm.on_account()

    def on_gap(self) -> None:
        """Compare with the venues' own accounts at once."""
        self._heartbeat_ns = 0
        self._alarm.ring()

    def on_end(self, reason: str) -> None:
        """Stop: no more data will come."""
        self.request_stop(reason)

    def on_order_outcome(self, order: Order) -> None:
        """Count failures in a row for the risk manager."""
        if order.status is OrderStatus.REJECTED:
            self._risk.record_order_failure(self._clock.now_ns())
            self.recorder.event("rejected", f"{order.intent}: {order.reason}")
        else:
            self._risk.record_order_success()

    def on_broken(self, error: Exception) -> None:
        """Stop: something that must not happen did."""
        self._failure = self._failure or error
        self.request_stop(f"failed: {error}")

    # -- what people see --------------------------------------------------------------------------

    def status(self) -> BotStatus:
        """Show the bot at this moment."""
        return BotStatus(
            session=self.identity.session,
            strategy=self.strategy.get_strategy_name(),
            ticker=self.identity.ticker,
            started_ns=self._started_ns,
            now_ns=self._clock.now_ns(),
            state=self._state,
            health=self._health,
            venues=tuple(session.status() for session in self.venues),
            pnl=self.venues.pnl(),
            steps=self.steps,
            decisions=self.recorder.decisions,
            orders_sent=self.recorder.orders,
            fills=self.recorder.fills,
            round_trips=self.recorder.round_trips,
            max_drawdown=self._risk.drawdown,
            recent=tuple(self.recorder.recent),
        )
