"""The whole bot on simulated venues, wired as a run is, without console and files.

Strategy, risk manager, executor, ledger, client and venue are the product's; the journal is kept in
memory. What a benchmark measures with it is therefore all that a backtest does.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from exchanges.base import ExchangeContext
from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.ids import ClientOrderIds
from helpers.journal_schema import SessionInfo
from helpers.memory_journal import MemoryJournal
from helpers.models import Fill, Market
from helpers.params import Params
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import Observer
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, Tape
from simulation.venue import SimulatedVenue
from simulation.virtual_loop import VirtualClock, VirtualLoop
from strategies.base_strategy import BaseStrategy, StrategyConfig
from trading_bot import BotIdentity, TradingBot

FREE: Final = VenueProfile(
    deposit=Decimal(10_000_000),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    order_entry=Latency(base_ns=0),
    response=Latency(base_ns=0),
)
"""A venue without fees and delays, and with money enough for any strategy here."""
# Nothing that could stop a benchmark; what has no "off" needs losses that FREE's deposit never sees.
_UNLIMITED: Final = RiskLimits(
    max_order_notional=None,
    max_position_notional=None,
    max_open_orders=None,
    price_band=None,
    max_leverage=None,
    max_data_age=None,
    max_drawdown=None,
    stall_timeout=None,
    kill_switch=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One simulated venue: the tape its one market follows, its terms, the seed of its funding rates."""

    tape: Tape
    profile: VenueProfile = FREE
    seed: int = 7


class WholeBot:
    """A bot that has begun, and can be run once."""

    def __init__(
        self,
        strategy: type[BaseStrategy[Any]],
        stands: Mapping[str, Stand],
        *,
        quantity: Decimal,
    ) -> None:
        """Open the venues, and let the bot look at the market for the first time.

        Args:
            strategy: runs with the defaults of its parameters.
            stands: the venues by label, the strategy's own first.
            quantity: of an order, in base units.
        """
        start_ns = max(stand.tape.start_ns for stand in stands.values())
        self._loop = VirtualLoop(start_ns)
        self._runner = asyncio.Runner(loop_factory=lambda: self._loop)
        self._clock = VirtualClock(self._loop)
        self._ids = ClientOrderIds(start_ns)
        self.ticker = next(iter(stands.values())).tape.instrument.ticker
        self.stands = stands
        self.journal = MemoryJournal(self._session_info(strategy))
        self._recorder = Recorder(self.journal, self._clock, Observer())
        self.bot = self._runner.run(self._begin(strategy, quantity))

    def run(self) -> None:
        """Trade until a tape ends."""
        with self._runner as runner:
            runner.run(self.bot.run())

    @property
    def fills(self) -> list[Fill]:
        """All executions, in the order they were heard of."""
        return list(self.journal.fills.values())

    def _session_info(self, strategy: type[BaseStrategy[Any]]) -> SessionInfo:
        return SessionInfo(
            session="bench",
            strategy=strategy.get_strategy_name(),
            exchange=",".join(self.stands),
            account_id="bench",
            ticker=self.ticker,
            seed=7,
            started_ns=self._clock.now_ns(),
        )

    async def _begin(self, strategy: type[BaseStrategy[Any]], quantity: Decimal) -> TradingBot:
        sessions = [await self._session(label, stand) for label, stand in self.stands.items()]
        params: Params = strategy.params_model()
        config = StrategyConfig(ticker=self.ticker, quantity=quantity, params=params, random=random.Random(7))
        bot = TradingBot(
            BotIdentity("bench", self.ticker),
            strategy(config, *sessions),
            sessions,
            RiskManager(_UNLIMITED),
            self._recorder,
            self._clock,
            on_stop=OnStop.KEEP,
            duration_ns=None,
        )
        await bot.begin()
        return bot

    async def _session(self, label: str, stand: Stand) -> VenueSession:
        venue = SimulatedVenue(stand.profile, random.Random(7), self._clock.now_ns(), stand.seed)
        venue.list_market(_market(label, stand.profile, stand.tape.instrument), stand.tape)
        self._clock.attach(venue)
        context = ExchangeContext(label=label, clock=self._clock, random=random.Random(7), ids=self._ids)
        client = PaperClient(context, venue, account_id="bench")
        await client.connect()
        session = VenueSession(client, await client.get_market(self.ticker), self._recorder, self._ids, None)
        await client.subscribe(self.ticker, session)
        await recover(session, (), (), self._recorder)
        return session


def _market(label: str, profile: VenueProfile, instrument: Instrument) -> Market:
    return Market(
        exchange=label,
        ticker=instrument.ticker,
        contract_id=f"{instrument.ticker}-PERP",
        quote=instrument.quote,
        tick_size=instrument.tick_size,
        quantity_step=instrument.quantity_step,
        min_quantity=instrument.quantity_step,
        min_notional=Decimal(10),
        maker_fee=profile.maker_fee,
        taker_fee=profile.taker_fee,
        max_leverage=Decimal(50),
        maintenance_margin=Decimal("0.01"),
        max_open_orders=profile.max_open_orders,
        funding_interval_ns=profile.funding_interval_ns,
    )
