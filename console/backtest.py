"""`runbot backtest`: the bot of `runbot run` on virtual time, its records kept in memory and judged at the end.

Nothing that decides differs from a run: the same wiring, strategies, risk manager and venue. Only
where the session is written and what is shown are different, so the trace is the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from console.backtest_files import MEND, Wanted, check, has_parquet, save
from console.backtest_progress import follow
from console.backtest_result import BacktestResult, result_of
from console.backtest_table import render_backtest
from console.progress import Bar
from console.records import MemoryRecords
from console.seams import client_classes, live_venues, simulated_seams, with_ticker_of_tape
from console.trading import Traded, trade
from helpers.clock import NS_PER_S
from helpers.config import TradingConfig
from helpers.config_sources import SourceKind
from helpers.errors import UserError
from helpers.status import Observer
from simulation.kernel import is_compiled
from simulation.paper_world import recorded_end_ns, recorded_tape
from simulation.tape_files import untold

DEFAULT_DURATION_NS: Final = 24 * 3600 * NS_PER_S
"""How much of an invented market is traded, for that one never ends."""


def backtest(config: TradingConfig, wanted: Wanted) -> int:
    """Run a backtest, show its figures and give the exit code.

    Raises:
        UserError: something in the configuration is wrong, or a package is missing; nothing is left behind.
        RunbotError: the bot broke; nothing is left behind.
    """
    check(wanted)
    config = _bounded(config)
    with MemoryRecords(has_folder=wanted.save) as records:
        result = result_of(_trade(config, records), records)
        try:
            save(result, records, wanted)
        except UserError:
            _show(config, replace(result, folder=""))  # the work was done
            raise
    _show(config, result)
    if not config.run.json_output:
        for note in _notes(wanted):
            click.echo(note, err=True)
    return 0


def _notes(wanted: Wanted) -> Iterator[str]:
    """Say what the machine lacks."""
    if wanted.save and not has_parquet():
        yield f"no Parquet files without pyarrow: {MEND}"
    if not is_compiled():
        yield "the search of tapes runs uncompiled, slower by far: install a C compiler and call make install again"


def _bounded(config: TradingConfig) -> TradingConfig:
    """Give the configuration with an end to it.

    Raises:
        UserError: it is nothing that a backtest can do.
    """
    run = config.run
    live = live_venues(config, client_classes(config))
    if live:
        raise UserError(f"a backtest cannot trade on {live[0]}", "backtest on --exchange paper, or use runbot run")
    if run.speed is not None and config.sources["speed"].kind is SourceKind.FLAG:
        raise UserError("--speed is for runbot run", "a backtest goes as fast as it can: leave it out")
    bounds: dict[str, object] = {"speed": None}
    if run.tape:
        _read(run.tape, is_shown=not run.json_output)
    elif run.duration is None:
        bounds["duration"] = DEFAULT_DURATION_NS
    config = with_ticker_of_tape(config)
    return replace(config, run=config.run.model_copy(update=bounds))


def _read(tapes: Sequence[Path], *, is_shown: bool) -> None:
    with Bar() as bar:
        recorded_tape(tapes, bar.tell if is_shown else untold)


def _trade(config: TradingConfig, records: MemoryRecords) -> Traded:
    seams = simulated_seams(config, client_classes(config))
    end_ns = _end_ns(config, seams.clock.now_ns())
    if config.run.json_output or end_ns is None or not sys.stderr.isatty():
        return trade(config, seams, Observer(), records)
    with Bar() as bar:
        return trade(config, seams, Observer(), records, lambda _: follow(bar, seams.clock, end_ns))


def _end_ns(config: TradingConfig, start_ns: int) -> int | None:
    """Give the time at which the run ends at the latest; None if it ends with a tape of unknown length."""
    run = config.run
    ends = [None if run.duration is None else start_ns + run.duration, recorded_end_ns(run.tape) if run.tape else None]
    return min((end for end in ends if end is not None), default=None)


def _show(config: TradingConfig, result: BacktestResult) -> None:
    if config.run.json_output:
        print(result.line())  # noqa: T201 - the line that was asked for
    else:
        Console().print(render_backtest(result))
