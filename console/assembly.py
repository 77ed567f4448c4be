"""Putting a bot together from its configuration: venues, journal, recovery, strategy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal

from console.predecessor import Left
from console.records import JOURNAL_FILES, Records
from console.seams import ClientMaker
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.reads import read
from exchanges.recovery import recover
from exchanges.venue_session import VenueSession
from helpers.clock import Clock, WallClock
from helpers.config import TradingConfig
from helpers.config_view import shown_options
from helpers.errors import UserError, VenueError
from helpers.ids import ClientOrderIds
from helpers.journal_schema import SessionInfo
from helpers.models import Market
from helpers.money import ceil_to, is_multiple, minimum_quantity, plain
from helpers.params import Params
from helpers.recorder import Recorder
from helpers.risk_limits import nanoseconds
from helpers.risk_manager import RiskManager
from helpers.sessions import new_session_name
from helpers.status import Observer
from strategies.base_strategy import BaseStrategy, StrategyConfig
from strategies.factory import strategies
from trading_bot import BotIdentity, TradingBot

_HEADROOM = Decimal("0.9")
"""The default order stays above the venue's least notional while the price falls by up to a tenth."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A connected client and its market."""

    client: BaseExchangeClient
    market: Market


async def connect(
    config: TradingConfig, clients: Sequence[ClientMaker], clock: Clock, stack: AsyncExitStack
) -> list[Venue]:
    """Connect every venue of the run; the stack disconnects them.

    Raises:
        UserError: keys, ticker or tape are wrong.
        VenueError: a venue cannot be reached.
    """
    venues = []
    ids = ClientOrderIds(clock.now_ns())
    for wanted, make_client in zip(config.run.venues, clients, strict=True):
        client = make_client(
            ExchangeContext(
                label=wanted.label,
                clock=clock,
                random=random.Random(f"{wanted.label}:{config.run.seed}"),  # noqa: S311 - seeded on purpose
                ids=ids,
                environment=config.environment,
                seed=config.run.seed,
                tapes=config.run.tape,
                paper=config.paper,
            )
        )
        stack.push_async_callback(client.disconnect)
        await client.connect()
        venues.append(Venue(client, await read(lambda c=client: c.get_market(config.run.ticker))))  # type: ignore[misc]
    return venues


async def build(
    config: TradingConfig,
    venues: Sequence[Venue],
    clock: Clock,
    observer: Observer,
    stack: AsyncExitStack,
    records: Records = JOURNAL_FILES,
) -> TradingBot:
    """Open the journal, recover, and build the bot; on failure nothing is left behind.

    Raises:
        UserError: the quantity does not fit the market, or the journal cannot be written.
        VenueError: the venue does not answer.
    """
    first = venues[0]
    quantity = await _quantity(config, first)
    account_id = "+".join(venue.client.account_id for venue in venues)
    left = records.left_behind(config, account_id, first.market.ticker)
    journal = records.open(config, _session_info(config, first.market, account_id, clock, left))
    stack.callback(journal.abandon)
    try:
        bot = await _build(config, venues, clock, Recorder(journal, clock, observer), quantity, left)
        await bot.begin()
    except BaseException:
        journal.discard()
        raise
    return bot


async def _build(
    config: TradingConfig, venues: Sequence[Venue], clock: Clock, recorder: Recorder, quantity: Decimal, left: Left
) -> TradingBot:
    run = config.run
    ids = venues[0].client.context.ids
    if left.last_client_order_id is not None:
        ids.resume_after(left.last_client_order_id)
    age = config.risk.max_data_age
    max_age_ns = None if age is None else nanoseconds(age)
    sessions = [VenueSession(venue.client, venue.market, recorder, ids, max_age_ns) for venue in venues]
    for session in sessions:
        await session.client.subscribe(session.market.ticker, session)
        label = session.exchange
        await recover(session, left.orders.get(label, ()), left.fills.get(label, ()), recorder)
    market = sessions[0].market
    strategy = _strategy(config, sessions, quantity, market.ticker)
    if left.state:
        strategy.restore_state(left.state)
    return TradingBot(
        BotIdentity(recorder.journal.session.session, market.ticker),
        strategy,
        sessions,
        RiskManager(config.risk),
        recorder,
        clock,
        on_stop=run.on_stop,
        duration_ns=run.duration,
    )


def _strategy(
    config: TradingConfig, sessions: Sequence[VenueSession], quantity: Decimal, ticker: str
) -> BaseStrategy[Params]:
    strategy_class = strategies.load(config.run.strategy)
    settings = StrategyConfig(
        ticker=ticker,
        quantity=quantity,
        params=config.params,
        random=random.Random(f"strategy:{config.run.seed}"),  # noqa: S311 - seeded on purpose
    )
    return strategy_class(settings, *sessions)


async def _quantity(config: TradingConfig, venue: Venue) -> Decimal:
    """Check the person's quantity against the market, or take the least one that stays valid for a while."""
    market, wanted = venue.market, config.run.quantity
    price = await _price(venue)
    if wanted is None:
        return ceil_to(minimum_quantity(market, price * _HEADROOM), market.quantity_step)
    if not is_multiple(wanted, market.quantity_step):
        raise UserError(
            f"--quantity {plain(wanted)}: {market.ticker} on {market.exchange} trades in steps of "
            f"{plain(market.quantity_step)}",
            f"use {plain(ceil_to(wanted, market.quantity_step))}",
        )
    least = minimum_quantity(market, price)
    if wanted < least:
        raise UserError(
            f"--quantity {plain(wanted)}: the least order of {market.ticker} on {market.exchange} is {plain(least)}",
            f"use {plain(least)} or more",
        )
    return wanted


async def _price(venue: Venue) -> Decimal:
    book = await read(lambda: venue.client.fetch_order_book(venue.market.ticker, 1))
    if not book.bids or not book.asks:
        raise VenueError(f"{venue.market.exchange} has no two-sided book for {venue.market.ticker}")
    return (book.bids[0].price + book.asks[0].price) / 2


def _session_info(config: TradingConfig, market: Market, account_id: str, clock: Clock, left: Left) -> SessionInfo:
    run, now = config.run, clock.now_ns()
    # Named by real time, so that simulated runs, which all begin at the same moment, keep their order.
    named = WallClock().now_ns()
    return SessionInfo(
        session=new_session_name(named, run.strategy, run.exchange, market.ticker, run.runs_dir),
        strategy=run.strategy,
        exchange=run.exchange,
        account_id=account_id,
        ticker=market.ticker,
        quote=market.quote,
        seed=run.seed,
        started_ns=now,
        config={option.name: option.line for option in shown_options(config)},
        continues=left.session,
    )
