"""The command `backtest`: its own options beside those of a run."""

from __future__ import annotations

import click

from console.choice import chosen_config
from console.options import StrategyCommand, choice_of


@click.command(cls=StrategyCommand)
@click.option("--report", is_flag=True, help="Write the charts and figures as one HTML page too.")
@click.option("--save/--no-save", default=True, help="Write the results into a folder of --runs-dir.  [default: yes]")
@click.pass_context
def backtest(ctx: click.Context, /, *, report: bool, save: bool, **flags: object) -> None:
    """Try a strategy on a recorded or an invented market, as fast as the machine can.

    Of an invented market 24 hours are traded, or what --duration says; a --tape is traded to its end.
    """
    config = chosen_config(flags, choice_of(ctx))
    # imported here: help and mistakes must not wait for the bot
    from console.backtest import backtest as run_backtest  # noqa: PLC0415
    from console.backtest_files import Wanted  # noqa: PLC0415

    ctx.exit(run_backtest(config, Wanted(save=save, report=report)))
