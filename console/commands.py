"""Commands that tell: the configuration, the strategies, the venues, the runs that were made."""

from __future__ import annotations

import inspect
import json
import random
from decimal import Decimal, InvalidOperation
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import click

from console import formats
from console.choice import chosen_config, runs_folder
from console.listing import show_table
from console.options import StrategyCommand, choice_of, surroundings
from exchanges.base import BaseExchangeClient, ExchangeContext
from exchanges.factory import exchanges
from helpers.clock import WallClock
from helpers.config_view import shown_options
from helpers.errors import RunbotError, UserError
from helpers.ids import ClientOrderIds
from helpers.money import plain
from helpers.option_table import Option, option_table
from helpers.run_options import RunOptions
from helpers.sessions import SessionRow, find_session, list_sessions
from strategies.base_strategy import BaseStrategy
from strategies.factory import strategies

_EARNED: Final = ("realised_pnl", "unrealised_pnl", "fees", "funding")


@click.command(cls=StrategyCommand)
@click.pass_context
def config(ctx: click.Context, /, **flags: object) -> None:
    """Show every option: its value, its unit and where the value came from."""
    settings = chosen_config(flags, choice_of(ctx))
    shown = list(shown_options(settings))
    if settings.run.json_output:
        click.echo(json.dumps({o.name: {"value": o.value, "unit": o.unit, "source": o.source} for o in shown}))
        return
    for section, options in groupby(shown, key=lambda option: option.section):
        show_table(section, ("option", "value", "unit", "from"), [(o.name, o.value, o.unit, o.source) for o in options])


@click.command()
@click.argument("name", required=False)
@click.option("--verbose", is_flag=True, help="Show the parameters of each.")
def list_strategies(name: str | None, *, verbose: bool) -> None:
    """List the strategies; with a NAME, or --verbose, their parameters too."""
    if name is None and not verbose:
        show_table("", ("strategy", "what it does"), [(each, _summary(each)) for each in strategies.names()])
        return
    for each in strategies.names() if name is None else (name,):
        _show_strategy(each, strategies.load(each))


@click.command()
@click.pass_context
def list_exchanges(ctx: click.Context) -> None:
    """List the venues and what they can do."""
    environment = surroundings(ctx).environment
    default = RunOptions().venues[0].name
    rows = [(f"{n} (default)" if n == default else n, _abilities(n, environment)) for n in exchanges.names()]
    show_table("", ("exchange", "can"), rows)


@click.command()
@click.option("--runs-dir", metavar="PATH", help="Folder of the runs, if not the one of the options.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON a run.")
@click.pass_context
def sessions(ctx: click.Context, runs_dir: str | None, *, as_json: bool) -> None:
    """List the runs that were made, newest first."""
    folder = runs_folder(runs_dir, surroundings(ctx))
    rows = list_sessions(folder)
    if as_json:
        for row in rows:
            click.echo(json.dumps(_session_values(row)))
    elif rows:
        columns = ("session", "strategy", "exchange", "ticker", "started", "status", "net PnL")
        show_table("", columns, [_session_cells(row) for row in rows])
    else:
        click.echo(f"there are no sessions in {folder}")


@click.command()
@click.argument("session")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Where to write the page.")
@click.option("--runs-dir", metavar="PATH", help="Folder of the runs, if not the one of the options.")
@click.pass_context
def report(ctx: click.Context, session: str, output: Path | None, runs_dir: str | None) -> None:
    """Write the report of a SESSION as one HTML page: its name, the beginning of it, or "last"."""
    # imported here: the other commands must not wait for what draws charts
    from console.report import write_report  # noqa: PLC0415

    folder = find_session(runs_folder(runs_dir, surroundings(ctx)), session)
    click.echo(write_report(folder, output))


def _summary(name: str) -> str:
    try:
        return _first_sentence(strategies.load(name))
    except UserError as error:
        return str(error)


def _first_sentence(found: type[Any]) -> str:
    text = inspect.cleandoc(found.__doc__ or "")
    return " ".join(text.partition("\n\n")[0].split())


def _show_strategy(name: str, strategy: type[BaseStrategy[Any]]) -> None:
    table = option_table({name: strategy.params_model})
    show_table(
        f"{name}: {_first_sentence(strategy)}",
        ("parameter", "default", "unit", "what it is"),
        [_parameter_cells(option) for option in table.values()],
    )


def _parameter_cells(option: Option) -> tuple[str, str, str, str]:
    return option.flag, option.default_text or "required", option.info.unit, option.info.help


def _abilities(name: str, environment: Any) -> str:
    try:
        client: type[BaseExchangeClient] = exchanges.load(name)
        context = ExchangeContext(name, WallClock(), random.Random(0), ClientOrderIds(0), environment=environment)  # noqa: S311 - unused
        abilities = client(context).capabilities
    except RunbotError as error:
        return str(error)
    return ", ".join(sorted(ability.value for ability in abilities)).replace("_", " ") or "nothing beyond the basics"


def _session_values(row: SessionRow) -> dict[str, str | None]:
    record, net = row.record, _net_pnl(row)
    return {
        "session": row.name,
        "strategy": record.strategy if record else None,
        "exchange": record.exchange if record else None,
        "ticker": record.ticker if record else None,
        "started": formats.timestamp(record.started_ns) if record else None,
        "status": row.status,
        "net_pnl": None if net is None else plain(net),
    }


def _session_cells(row: SessionRow) -> list[str]:
    shown = {**_session_values(row), "net_pnl": formats.signed(_net_pnl(row))}
    return [formats.UNKNOWN if value is None else formats.clean(value) for value in shown.values()]


def _net_pnl(row: SessionRow) -> Decimal | None:
    if row.record is None or row.record.summary is None:
        return None
    try:
        summary = {**row.record.summary, "funding": row.record.summary["funding"] or 0}  # null on spot
        realised, unrealised, fees, funding = (Decimal(summary[name]) for name in _EARNED)
    except (KeyError, TypeError, InvalidOperation):
        return None
    return realised + unrealised - fees + funding
