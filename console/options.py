"""Command-line options made from declared parameters: whatever strategy is chosen, its options are there.

click only splits the line; types and limits are judged by helpers/config.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, Final

import click

from console.choice import Choice, Surroundings, choose
from helpers.config import read_flags
from helpers.option_table import Option, option_table
from helpers.params import Params

_CHOICE: Final = "runbot.choice"
_EPILOG: Final = (
    "Every option can also stand as RUNBOT_NAME in the environment or the .env file, or as name: value in the "
    "--config file. A flag beats the environment, then .env, then the file, then the default."
)


class OptionsCommand(click.Command):
    """A command whose options come from a table, with one help group a section."""

    def table(self, ctx: click.Context) -> Mapping[str, Option]:
        """Give the options by name."""
        raise NotImplementedError

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Add the options of the table to click's own parameters."""
        return [*super().get_params(ctx), *(click_option(option) for option in self.table(ctx).values())]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one group a section, then click's own."""
        write_sections(ctx, formatter, self.table(ctx))
        with formatter.section("Other"):
            formatter.write_dl(_records(super().get_params(ctx), ctx))


class StrategyCommand(OptionsCommand):
    """A command with the options of a run: the core's and the chosen strategy's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the strategy first, then parse with its options."""
        ctx.meta[_CHOICE] = choose(args, surroundings(ctx))
        return super().parse_args(ctx, args)

    def table(self, ctx: click.Context) -> Mapping[str, Option]:
        """Give the options of a run with the strategy that was found."""
        return choice_of(ctx).table

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where else options can stand."""
        del ctx
        write_epilog(formatter)


class ParamsCommand(OptionsCommand):
    """A command whose options are the fields of one set of parameters, passed to it as `options`."""

    def __init__(self, *args: Any, params_model: type[Params], **kwargs: Any) -> None:
        """Keep the model beside click's own settings."""
        super().__init__(*args, **kwargs)
        self._model = params_model

    def table(self, ctx: click.Context) -> Mapping[str, Option]:
        """Give the options of the model."""
        del ctx
        return option_table({"Options": self._model})

    def invoke(self, ctx: click.Context) -> Any:
        """Replace the flags by the checked set."""
        flags = {name: ctx.params.pop(name) for name in self._model.model_fields}
        ctx.params["options"] = read_flags("Options", self._model, flags)
        return super().invoke(ctx)


def surroundings(ctx: click.Context) -> Surroundings:
    """Give the environment and the folder that runbot.py took from the process."""
    found = ctx.find_object(Surroundings)
    if found is None:
        raise LookupError("the command was called without its surroundings")
    return found


def choice_of(ctx: click.Context) -> Choice:
    """Give what was found out before the line was parsed."""
    choice: Choice = ctx.meta[_CHOICE]
    return choice


def click_option(option: Option) -> click.Option:
    """Make a click option: it takes texts, and is None where it was not given."""
    notes = [option.info.unit, f"default: {option.default_text}" if option.default_text else "required"]
    text = f"{option.info.help}  [{'; '.join(note for note in notes if note)}]"
    if option.is_flag:
        flags = f"{option.flag}/--no-{option.flag.removeprefix('--')}"
        return click.Option([flags, option.info.name], default=None, help=text)
    return click.Option(
        [option.flag, option.info.name], metavar=option.metavar, multiple=option.repeats, default=None, help=text
    )


def write_sections(ctx: click.Context, formatter: click.HelpFormatter, table: Mapping[str, Option]) -> None:
    """Write the help of each option under its section."""
    for section, options in groupby(table.values(), key=lambda option: option.section):
        with formatter.section(section):
            formatter.write_dl(_records(map(click_option, options), ctx))


def write_epilog(formatter: click.HelpFormatter) -> None:
    """Write where else options can stand."""
    formatter.write_paragraph()
    formatter.write_text(_EPILOG)


def usage_problem(error: click.UsageError) -> str:
    """Turn click's complaint into one line that names the nearest match."""
    if isinstance(error, click.NoSuchOption):
        near = f"did you mean {error.possibilities[0]}?" if error.possibilities else "--help lists what there is"
        return f"unknown option {error.option_name!r}: {near}"
    text = " ".join(error.format_message().split()).rstrip(".")
    known = ", ".join(error.cmd.commands) if isinstance(error.cmd, click.Group) else ""
    return text[:1].lower() + text[1:] + (f" (known: {known})" if known else "")


def _records(params: Iterable[click.Parameter], ctx: click.Context) -> list[tuple[str, str]]:
    return [record for param in params if (record := param.get_help_record(ctx))]
