"""Which clock and which event loop a run gets: the choice of seams, made here and nowhere else.

Venues inside the process get virtual time, at the chosen pace; venues outside get the wall clock,
and with --paper a client that takes their public data and simulates the fills. No transport is made
here: a real client opens its own sockets when it needs them, on the clock it is given.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from console.key_files import check_key_file, hide_keys
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from exchanges.live_paper import LivePaperClient
from helpers.busy_poll import busy_poll_loop
from helpers.clock import Clock, WallClock
from helpers.config import PAPER_SECTION, TradingConfig
from helpers.config_sources import SourceKind
from helpers.errors import UserError
from helpers.run_options import named_as_paper
from simulation.paper_world import paper_start_ns, recorded_tape
from simulation.virtual_loop import VirtualClock, VirtualLoop

ClientMaker = Callable[[ExchangeContext], BaseExchangeClient]
"""Makes the client of one venue: its class, or something with more to say."""


@dataclass(frozen=True, slots=True)
class Seams:
    """What tells one kind of run from another."""

    clients: Sequence[ClientMaker]
    """One maker a venue."""
    clock: Clock
    loop_factory: Callable[[], asyncio.AbstractEventLoop]


def seams_of(config: TradingConfig) -> Seams:
    """Choose what a run is made of.

    Raises:
        UserError: the options do not fit the venues, a tape cannot be read, or others can read the keys.
    """
    hide_keys(config.environment)
    classes = client_classes(config)
    live = live_venues(config, classes)
    if not live:
        return simulated_seams(config, classes)
    if len(live) < len(classes):
        raise UserError(f"--exchange {config.run.exchange} mixes live and simulated venues", "trade one kind a run")
    _refuse_what_has_no_tape(config, live[0])
    clients: Sequence[ClientMaker] = classes
    if config.run.paper:
        clients = [partial(LivePaperClient.on, real) for real in classes]
    else:
        _refuse_paper_terms(config, live[0])
        check_key_file(config.run.env_file)
    return Seams(clients, WallClock(), busy_poll_loop if config.run.busy_poll else _fastest_loop())


def client_classes(config: TradingConfig) -> list[type[BaseExchangeClient]]:
    """Find the client class of each venue of a run."""
    return [exchanges.load(venue.name) for venue in config.run.venues]


def live_venues(config: TradingConfig, classes: Sequence[type[BaseExchangeClient]]) -> list[str]:
    """List the venues that are not simulated."""
    return [venue.name for venue, cls in zip(config.run.venues, classes, strict=True) if not cls.is_simulated]


def simulated_seams(config: TradingConfig, classes: Sequence[type[BaseExchangeClient]]) -> Seams:
    """Give virtual time, from the moment at which the market begins.

    Raises:
        UserError: the options do not fit a simulated venue, or a tape cannot be read.
    """
    if config.run.busy_poll:
        raise UserError("--busy-poll cannot be used on a simulated venue", "there is no network to wait for")
    loop = VirtualLoop(paper_start_ns(config.run.tape), config.run.speed)
    return Seams(classes, VirtualClock(loop), lambda: loop)


def with_ticker_of_tape(config: TradingConfig) -> TradingConfig:
    """Trade what the tape holds, unless a ticker was chosen."""
    run = config.run
    if not run.tape or config.sources["ticker"].kind is not SourceKind.DEFAULT:
        return config
    ticker = recorded_tape(run.tape).instrument.ticker
    return replace(config, run=run.model_copy(update={"ticker": ticker}))


def with_paper_labels(config: TradingConfig) -> TradingConfig:
    """Name real venues with simulated fills so that no record of the run can be taken for one of real trading.

    On venues that are simulated anyway --paper says nothing new.
    """
    if not (config.run.paper and live_venues(config, client_classes(config))):
        return config
    return replace(config, run=config.run.model_copy(update={"exchange": named_as_paper(config.run.exchange)}))


def _refuse_what_has_no_tape(config: TradingConfig, venue: str) -> None:
    if config.run.tape:
        raise UserError(f"--tape cannot be used on {venue}", "tapes are for --exchange paper")
    if config.run.speed != 1:
        raise UserError(f"--speed cannot be used on {venue}", "real venues run in real time")


def _refuse_paper_terms(config: TradingConfig, venue: str) -> None:
    for name, option in config.table.items():
        source = config.sources[name]
        if option.section == PAPER_SECTION and source.kind is not SourceKind.DEFAULT:
            place = "" if source.kind is SourceKind.FLAG else f" (from {source})"
            raise UserError(f"{option.flag}{place} cannot be used on {venue}", "it is for simulated fills: add --paper")


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:  # not made for this system; asyncio's own loop does
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
