"""One bot from its seams to its summary, whatever it trades on: the way that every run takes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from console.assembly import Venue, build, connect
from console.records import Records
from console.seams import Seams
from console.start_trouble import told_at_start
from helpers.clock import monotonic_ns
from helpers.config import TradingConfig
from helpers.logs import setup_logging
from helpers.status import Observer, RunSummary
from trading_bot import TradingBot

Watch = Callable[[TradingBot], Coroutine[Any, Any, None]]
"""Looks at a bot beside its run, until it is cancelled; changes nothing."""


@dataclass(frozen=True, slots=True)
class Traded:
    """A run that came to its end."""

    summary: RunSummary
    quote: str
    """Currency of the amounts."""
    venues: Sequence[Venue]
    took_ns: int
    """Real time of the run itself, without what came before and after."""


def trade(
    config: TradingConfig, seams: Seams, observer: Observer, records: Records, watch: Watch | None = None
) -> Traded:
    """Run a bot until it stops.

    Raises:
        UserError: something in the configuration is wrong; nothing was sent and nothing is left behind.
        RunbotError: the bot broke, after an orderly stop.
        KeyboardInterrupt: somebody asked twice for a stop.
    """
    setup_logging(config.run.log_level.value, None, seams.clock.now_ns)
    with asyncio.Runner(loop_factory=seams.loop_factory) as runner:
        try:
            return runner.run(_trade(config, seams, observer, records, watch))
        except asyncio.CancelledError:  # asked to leave at once, by a second signal
            raise KeyboardInterrupt from None


async def _trade(
    config: TradingConfig, seams: Seams, observer: Observer, records: Records, watch: Watch | None
) -> Traded:
    async with AsyncExitStack() as stack:
        with told_at_start(config):
            venues = await connect(config, seams.clients, seams.clock, stack)
            bot = await build(config, venues, seams.clock, observer, stack, records)
        stack.callback(observer.close)
        _listen_for_signals(bot)
        watching = None if watch is None else asyncio.create_task(watch(bot))
        status, began_ns = "failed", monotonic_ns()
        try:
            await bot.run()
            status = "finished"
        finally:
            took_ns = monotonic_ns() - began_ns
            await _end(watching)
            observer.status(bot.status())
            summary = _summary(config, bot)
            bot.recorder.journal.close(seams.clock.now_ns(), status, msgspec.to_builtins(summary))
        return Traded(summary, venues[0].market.quote, venues, took_ns)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


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
        funding=pnl.funding if status.has_funding else None,
        max_drawdown=status.max_drawdown,
        trace_hash=bot.recorder.trace.hexdigest(),
        journal=shown_path(bot.recorder.journal.path),
        stopped_because=bot.stopped_because,
    )


def shown_path(path: Path | None) -> str:
    """Spell a path as short as it can be; nothing where there is no file."""
    if path is None:
        return ""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
