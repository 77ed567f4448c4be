"""`runbot run`: one bot from configuration to summary.

The choice of seams happens here and nowhere else: venues inside the process get virtual time,
at the chosen pace; venues outside get the wall clock.
"""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Console

from console.assembly import build, connect
from console.lines import LineView
from console.summary import render_summary, summary_json
from console.view import LiveView
from exchanges.base import BaseExchangeClient
from exchanges.factory import exchanges
from helpers.clock import Clock, WallClock
from helpers.config import TradingConfig
from helpers.config_sources import SourceKind
from helpers.errors import UserError
from helpers.logs import setup_logging
from helpers.status import Observer, RunSummary
from simulation.paper_world import paper_start_ns, recorded_tape
from simulation.virtual_loop import VirtualClock, VirtualLoop
from trading_bot import TradingBot

_FRAME_S = 0.25
_FRAME_AT_FULL_SPEED_S = 600.0
"""Simulated seconds between two looks when nothing waits for real time."""


def run(config: TradingConfig) -> int:
    """Run a bot until it stops and give the exit code.

    Raises:
        UserError: something in the configuration is wrong; nothing was sent and nothing is left behind.
        RunbotError: the bot broke, after an orderly stop.
    """
    classes = [exchanges.load(venue.name) for venue in config.run.venues]
    is_simulated = _all_simulated(config, classes)
    config = _with_ticker_of_tape(config)
    observer = _observer(config)
    clock: Clock = WallClock()
    loop_factory = _fastest_loop()
    if is_simulated:
        loop = VirtualLoop(paper_start_ns(config.run.tape), config.run.speed)
        clock, loop_factory = VirtualClock(loop), lambda: loop
    setup_logging(config.run.log_level.value, None, clock.now_ns)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        try:
            summary, quote = runner.run(_main(config, classes, clock, observer))
        except asyncio.CancelledError:  # asked to leave at once, by a second signal
            raise KeyboardInterrupt from None
    _show(config, summary, quote)
    return 0


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        uvloop = importlib.import_module("uvloop")
    except ImportError:  # not made for this system; asyncio's own loop does
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _main(
    config: TradingConfig, classes: Sequence[type[BaseExchangeClient]], clock: Clock, observer: Observer
) -> tuple[RunSummary, str]:
    async with AsyncExitStack() as stack:
        venues = await connect(config, classes, clock, stack)
        bot = await build(config, venues, clock, observer, stack)
        stack.callback(observer.close)
        _listen_for_signals(bot)
        watching = asyncio.create_task(_show_status(bot, observer, clock, config))
        status = "failed"
        try:
            await bot.run()
            status = "finished"
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            observer.status(bot.status())
            summary = _summary(config, bot)
            bot.recorder.journal.close(clock.now_ns(), status, msgspec.to_builtins(summary))
        return summary, venues[0].market.quote


def _listen_for_signals(bot: TradingBot) -> None:
    """Stop in good order on the first Ctrl-C, SIGTERM or closed terminal, at once on the second."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked: list[str] = []

    def on_signal(name: str) -> None:
        if asked and task is not None:
            task.cancel()
        elif not asked:
            bot.recorder.event("stop", f"{name}: leaving in good order; the same again leaves at once")
        asked.append(name)
        bot.request_stop(name)

    for signal_name, said in (("SIGINT", "Ctrl-C"), ("SIGTERM", "SIGTERM"), ("SIGHUP", "the terminal was closed")):
        number = getattr(signal, signal_name, None)
        with suppress(NotImplementedError, ValueError):  # no such signals: Windows, or not the main thread
            if number is not None:
                loop.add_signal_handler(number, on_signal, said)


async def _show_status(bot: TradingBot, observer: Observer, clock: Clock, config: TradingConfig) -> None:
    speed = config.run.speed
    pause_s = _FRAME_AT_FULL_SPEED_S if speed is None else _FRAME_S * max(1.0, speed)
    while True:
        observer.status(bot.status())
        await clock.sleep(pause_s)


def _observer(config: TradingConfig) -> Observer:
    if config.run.json_output:
        return LineView(sys.stderr)
    return LiveView() if sys.stdout.isatty() else LineView(sys.stdout)


def _all_simulated(config: TradingConfig, classes: Sequence[type[BaseExchangeClient]]) -> bool:
    live = [venue.name for venue, cls in zip(config.run.venues, classes, strict=True) if not cls.is_simulated]
    if live and len(live) < len(classes):
        raise UserError(f"--exchange {config.run.exchange} mixes live and simulated venues", "trade one kind a run")
    if live and config.run.tape:
        raise UserError(f"--tape cannot be used on {live[0]}", "tapes are for --exchange paper")
    if live and config.run.speed != 1:
        raise UserError(f"--speed cannot be used on {live[0]}", "real venues run in real time")
    return not live


def _with_ticker_of_tape(config: TradingConfig) -> TradingConfig:
    """Trade what the tape holds, unless a ticker was chosen."""
    run = config.run
    if not run.tape or config.sources["ticker"].kind is not SourceKind.DEFAULT:
        return config
    ticker = recorded_tape(run.tape).instrument.ticker
    return replace(config, run=run.model_copy(update={"ticker": ticker}))


def _summary(config: TradingConfig, bot: TradingBot) -> RunSummary:
    status, pnl = bot.status(), bot.venues.pnl()
    return RunSummary(
        session=status.session,
        strategy=status.strategy,
        exchange=config.run.exchange,
        ticker=status.ticker,
        seed=config.run.seed,
        steps=status.steps,
        decisions=status.decisions,
        orders=status.orders_sent,
        fills=status.fills,
        round_trips=status.round_trips,
        realised_pnl=pnl.realised,
        unrealised_pnl=pnl.unrealised,
        fees=pnl.fees,
        funding=pnl.funding,
        max_drawdown=status.max_drawdown,
        trace_hash=bot.recorder.trace.hexdigest(),
        journal=_shown(bot.recorder.journal.path),
        stopped_because=bot.stopped_because,
    )


def _shown(path: Path | None) -> str:
    """Spell a path as short as it can be; nothing where there is no file."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _show(config: TradingConfig, summary: RunSummary, quote: str) -> None:
    if config.run.json_output:
        print(summary_json(summary))  # noqa: T201 - the line that was asked for
    else:
        Console().print(render_summary(summary, quote))


__all__ = ["run"]
