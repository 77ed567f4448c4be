"""Small worlds for tests: a tape written row by row, a venue on it, a client, a session, a bot."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from exchanges.base import ExchangeContext
from exchanges.paper import PaperClient
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import Clock
from helpers.decisions import OnStop, OrderParams, StrategyAction, StrategyResult, Wake
from helpers.enums import Side
from helpers.ids import ClientOrderIds
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.models import Fill, Market, MarketData, Order
from helpers.params import Params
from helpers.recorder import Recorder
from helpers.risk_limits import RiskLimits
from helpers.risk_manager import RiskManager
from helpers.status import DecisionLine, Observer
from simulation.profile import Latency, VenueProfile
from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk
from simulation.venue import SimulatedVenue
from strategies.base_strategy import BaseStrategy, StrategyConfig
from trading_bot import BotIdentity, TradingBot

START_NS = 1_767_225_600 * 1_000_000_000
S = 1_000_000_000
MS = 1_000_000
D = Decimal

INSTRUMENT = Instrument(
    ticker="BTC",
    quote="USD",
    source="synthetic",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    depth_lots=(100, 200, 300, 400, 500),
)

MARKET = Market(
    exchange="paper",
    ticker="BTC",
    contract_id="BTC-PERP",
    quote="USD",
    tick_size=D("0.1"),
    quantity_step=D("0.001"),
    min_quantity=D("0.001"),
    min_notional=D(10),
    maker_fee=D("0.00002"),
    taker_fee=D("0.00025"),
    max_leverage=D(50),
    maintenance_margin=D("0.01"),
    max_open_orders=200,
    funding_interval_ns=3600 * S,
)

NO_DELAY = VenueProfile(order_entry=Latency(base_ns=0), response=Latency(base_ns=0))
"""A venue that acts and answers in the same instant."""
TEN_MS = VenueProfile(order_entry=Latency(base_ns=10 * MS), response=Latency(base_ns=10 * MS))


class TapeWriter:
    """Writes a tape in seconds, ticks and lots, carrying the best bid and offer along."""

    def __init__(self, bid: int = 1000, ask: int = 1001, lots: int = 100) -> None:
        """Begin at second 0 with this book, `lots` on both sides."""
        self.chunk = TapeChunk()
        self._bbo = (bid, lots, ask, lots)
        self.quote(0, bid, ask, lots, lots)

    def quote(self, second: float, bid: int, ask: int, bid_lots: int = 100, ask_lots: int = 100) -> TapeWriter:
        """Change the book."""
        self._bbo = (bid, bid_lots, ask, ask_lots)
        self.chunk.append(START_NS + round(second * S), RowKind.QUOTE, *self._bbo)
        return self

    def trade(self, second: float, kind: RowKind, price: int, lots: int) -> TapeWriter:
        """Print a trade; the book stays as it is."""
        self.chunk.append(START_NS + round(second * S), kind, *self._bbo, price, lots)
        return self

    def tape(self, instrument: Instrument = INSTRUMENT) -> MemoryTape:
        """Give the tape."""
        return MemoryTape(instrument, [self.chunk])


def walk_tape(seed: int, rows: int = 2_000, start: int = 100_000, step_s: float = 0.25) -> MemoryTape:
    """Give a random walk with trades at the touch, as a tape of `rows` rows."""
    rng = random.Random(seed)
    writer, bid = TapeWriter(start, start + 1, 50), start
    for row in range(1, rows):
        second = row * step_s
        if rng.random() < 0.4:
            kind = rng.choice([RowKind.BUY, RowKind.SELL])
            writer.trade(second, kind, bid + 1 if kind is RowKind.BUY else bid, rng.randint(1, 30))
        else:
            bid = max(1_000, bid + rng.choice([-9, -3, -1, 0, 1, 3, 9]))
            writer.quote(second, bid, bid + rng.randint(1, 2), rng.randint(1, 90), rng.randint(1, 90))
    return writer.tape()


def make_venue(tape: MemoryTape, profile: VenueProfile = NO_DELAY, market: Market = MARKET) -> SimulatedVenue:
    """Open a venue with one market on a tape, at the tape's start."""
    venue = SimulatedVenue(profile, random.Random(1), tape.start_ns)
    venue.list_market(market, tape)
    return venue


def context(clock: Clock, label: str = "paper") -> ExchangeContext:
    """Give what a client is built with."""
    return ExchangeContext(label, clock, random.Random(1), ClientOrderIds(clock.now_ns()))


class Lines(Observer):
    """An observer that keeps every line."""

    def __init__(self) -> None:
        self.lines: list[DecisionLine] = []

    def line(self, line: DecisionLine) -> None:
        """Keep a line."""
        self.lines.append(line)

    def texts(self, kind: str | None = None) -> list[str]:
        """Give the texts of one kind, or of all."""
        return [line.text for line in self.lines if kind is None or line.kind == kind]


class ScriptParams(Params):
    """A scripted strategy has no parameters."""


Script = Callable[["ScriptedStrategy", MarketData], StrategyResult | None]


class ScriptedStrategy(BaseStrategy[ScriptParams]):
    """Does what a function says at each step; keeps what it hears."""

    params_model = ScriptParams
    script: Script
    wake: Wake

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.fills: list[tuple[Order, Fill]] = []
        self.closed: list[Order] = []
        self.seen: list[MarketData] = []
        self.memory: dict[str, Any] = {}
        self.wake = Wake()

    @classmethod
    def get_strategy_name(cls) -> str:
        return "scripted"

    async def should_execute(self, market_data: MarketData) -> bool:
        self.seen.append(market_data)
        self._result = self.script(self, market_data)
        return self._result is not None

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        assert self._result is not None
        return self._result

    def next_wake(self, market_data: MarketData) -> Wake:
        return self.wake

    def notify_order_filled(self, order: Order, fill: Fill) -> None:
        self.fills.append((order, fill))

    def notify_order_closed(self, order: Order) -> None:
        self.closed.append(order)

    def save_state(self) -> dict[str, Any]:
        return dict(self.memory)

    def restore_state(self, state: Any) -> None:
        self.memory = dict(state)


def scripted(script: Script) -> Callable[[Iterable[VenueSession]], ScriptedStrategy]:
    """Give a builder of a strategy that follows `script`."""

    def build(sessions: Iterable[VenueSession]) -> ScriptedStrategy:
        config = StrategyConfig(ticker="BTC", quantity=D("0.001"), params=ScriptParams(), random=random.Random(1))
        strategy = ScriptedStrategy(config, *sessions)
        strategy.script = script
        return strategy

    return build


@dataclass
class World:
    """One bot on one simulated venue."""

    venue: SimulatedVenue
    client: PaperClient
    session: VenueSession
    bot: TradingBot
    lines: Lines
    journal: Journal
    strategy: Any = field(default=None)


async def make_world(
    clock: Clock,
    runs_dir: Path,
    tape: MemoryTape,
    build: Callable[[list[VenueSession]], BaseStrategy[Any]],
    *,
    profile: VenueProfile = NO_DELAY,
    market: Market = MARKET,
    limits: RiskLimits | None = None,
    on_stop: OnStop = OnStop.CANCEL,
    duration_s: float | None = None,
    client_class: type[PaperClient] = PaperClient,
    max_data_age_ns: int | None = None,
) -> World:
    """Build a bot, ready to `await world.bot.run()`. The clock must already show the tape's start."""
    venue = make_venue(tape, profile, market)
    clock.attach(venue)
    client = client_class(context(clock), venue, "tester")
    await client.connect()
    info = SessionInfo(
        session="test",
        strategy="scripted",
        exchange="paper",
        account_id="tester",
        ticker="BTC",
        seed=0,
        started_ns=clock.now_ns(),
    )
    journal = Journal.create(runs_dir, info)
    lines = Lines()
    recorder = Recorder(journal, clock, lines)
    limits = limits or RiskLimits(kill_switch=None)
    session = VenueSession(client, market, recorder, client.context.ids, max_data_age_ns)
    await client.subscribe("BTC", session)
    await recover(session, [], [], recorder)
    strategy = build([session])
    bot = TradingBot(
        BotIdentity("test", "BTC"),
        strategy,
        [session],
        RiskManager(limits),
        recorder,
        clock,
        on_stop=on_stop,
        duration_ns=None if duration_s is None else round(duration_s * S),
    )
    await bot.begin()
    return World(venue, client, session, bot, lines, journal, strategy)


def place(*orders: OrderParams, message: str = "test") -> StrategyResult:
    """Give a result that places orders."""
    return StrategyResult(action=StrategyAction.PLACE_ORDER, orders=orders, message=message)


def limit(intent: str, side: Side, price: str, quantity: str = "0.001", **more: Any) -> OrderParams:
    """Give a limit order."""
    return OrderParams(intent=intent, side=side, price=D(price), quantity=D(quantity), **more)


def with_market(**changes: Any) -> Market:
    """Give the test market with some terms changed."""
    return msgspec.structs.replace(MARKET, **changes)
