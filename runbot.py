"""The command line: arguments to configuration to a run. The only reader of the process's environment.

Exit codes: 0 done, 1 the run failed, 2 the person's input is wrong (one line on stderr), 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from console.choice import Surroundings, choose, chosen_config
from console.options import StrategyCommand, choice_of, surroundings, usage_problem, write_epilog, write_sections
from helpers.errors import RunbotError, UserError
from helpers.logs import mask, one_line
from helpers.registry import nearest

# name: where the command is ("": here), what it does
_COMMANDS: Final = {
    "run": ("", "Trade. This is what runbot does when no command is named."),
    "backtest": ("console.backtest_command:backtest", "Try a strategy on a recorded or an invented market."),
    "config": ("console.commands:config", "Show every option: its value, unit and where it came from."),
    "strategies": ("console.commands:list_strategies", "List the strategies, or one with its parameters."),
    "exchanges": ("console.commands:list_exchanges", "List the venues and what they can do."),
    "sessions": ("console.commands:sessions", "List the runs that were made."),
    "report": ("console.commands:report", "Write a run's report as one HTML page."),
    "doctor": ("console.doctor:doctor", "Look at keys, clock, connection and account before a bot trades there."),
    "venue": (
        "console.venue_command:venue",
        "Serve a real venue's protocol on this machine, with nothing real behind it.",
    ),
    "inspect": ("console.inspect_command:inspect_frames", "Print what recorded frames of a venue say."),
    "tape": ("console.tape_commands:tape", "Import, describe or make recorded markets."),
}
_ARGS: Final = "runbot.args"


class Runbot(click.Group):
    """Commands that are imported only when called, `run` as the default, errors as one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order people need them."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name == "run":
            return run
        module, _, name = _COMMANDS.get(cmd_name, ("", ""))[0].partition(":")
        command: click.Command | None = getattr(importlib.import_module(module), name) if module else None
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before a line that names no command."""
        ctx.meta[_ARGS] = tuple(args)
        first = args[0] if args else "-"
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)  # the shell asks how the line could go on
        if first in {"-h", "--help", "--version"}:
            args = [first]
        elif first.startswith("-"):
            args = ["run", *args]
        elif first not in _COMMANDS:
            raise UserError(f"unknown command {first!r}", f"{nearest(first, _COMMANDS)}known: {', '.join(_COMMANDS)}")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the options of a run."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])
        write_sections(ctx, formatter, choose(ctx.meta[_ARGS], surroundings(ctx)).table)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where else options can stand."""
        del ctx
        write_epilog(formatter)

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Run a command line and leave with its exit code."""
        here = Surroundings(dict(os.environ), Path.cwd())
        settings = {"prog_name": "runbot", "obj": here, **extra, "standalone_mode": False}
        try:
            code = super().main(args, **settings)
            sys.stdout.flush()
        except click.UsageError as error:
            _leave(usage_problem(error), 2)
        except UserError as error:
            _leave(str(error), 2)
        except RunbotError as error:
            _leave(str(error), 1)
        except click.Abort as error:
            if not isinstance(error.__cause__, KeyboardInterrupt):
                raise
            sys.exit(130)
        except BrokenPipeError:
            # whoever read our output has gone; keep Python from complaining when it closes stdout
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        sys.exit(code)


def _leave(text: str, code: int) -> NoReturn:
    click.echo("runbot: " + mask(one_line(text)), err=True)
    sys.exit(code)


def _version() -> str:
    try:
        return version("runbot")
    except PackageNotFoundError:
        return "(not installed)"


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"runbot {_version()}")
        ctx.exit()


@click.group(cls=Runbot, context_settings={"max_content_width": 110, "help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Version.")
def cli() -> None:
    """Run a trading strategy on a perpetual-futures venue."""


@click.command(cls=StrategyCommand)
@click.pass_context
def run(ctx: click.Context, /, **flags: object) -> None:
    """Trade with a strategy on a venue until it is stopped."""
    config = chosen_config(flags, choice_of(ctx))
    # imported here: help and mistakes must not wait for the bot
    from console.run import run as run_bot  # noqa: PLC0415

    ctx.exit(run_bot(config))


def main() -> NoReturn:
    """Start from the installed script or from `python runbot.py`."""
    cli.main()


if __name__ == "__main__":
    main()
