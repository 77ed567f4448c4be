"""`runbot run`: one bot from configuration to summary, watched while it trades."""

from __future__ import annotations

import sys

from rich.console import Console

from console.lines import LineView
from console.records import JOURNAL_FILES
from console.seams import seams_of, with_paper_labels, with_ticker_of_tape
from console.summary import render_summary, summary_json
from console.trading import trade
from console.view import LiveView
from helpers.clock import Clock
from helpers.config import TradingConfig
from helpers.status import Observer, RunSummary
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
    seams = seams_of(config)
    config = with_paper_labels(with_ticker_of_tape(config))
    observer = _observer(config)
    done = trade(
        config, seams, observer, JOURNAL_FILES, lambda bot: _show_status(bot, observer, seams.clock, config.run.speed)
    )
    _show(config, done.summary, done.quote)
    return 0


async def _show_status(bot: TradingBot, observer: Observer, clock: Clock, speed: float | None) -> None:
    pause_s = _FRAME_AT_FULL_SPEED_S if speed is None else _FRAME_S * max(1.0, speed)
    while True:
        observer.status(bot.status())
        await clock.sleep(pause_s)


def _observer(config: TradingConfig) -> Observer:
    if config.run.json_output:
        return LineView(sys.stderr)
    return LiveView() if sys.stdout.isatty() else LineView(sys.stdout)


def _show(config: TradingConfig, summary: RunSummary, quote: str) -> None:
    if config.run.json_output:
        print(summary_json(summary))  # noqa: T201 - the line that was asked for
    else:
        Console().print(render_summary(summary, quote))


__all__ = ["run"]
