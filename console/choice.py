"""What must be known before the command line can be parsed: the files, the strategy, its options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from exchanges.factory import exchanges
from helpers.config import TradingConfig, assemble, run_table, strategy_name
from helpers.config_sources import (
    Layer,
    Settings,
    Source,
    SourceKind,
    Written,
    first_written,
    flag_layer,
    read_settings,
)
from helpers.errors import UserError
from helpers.option_table import Option
from helpers.params import Params
from helpers.run_options import RunOptions
from strategies.factory import strategies

_EARLY: Final = ("strategy", "env_file", "config")
_NO_SETTINGS: Final = Settings(layers=(), environment={})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the process was started with."""

    environment: Mapping[str, str] = field(repr=False)
    cwd: Path


@dataclass(frozen=True, slots=True)
class Choice:
    """The files that were read and the options of the strategy they and the flags name."""

    settings: Settings
    table: Mapping[str, Option]


def choose(args: Sequence[str], here: Surroundings) -> Choice:
    """Find the strategy by looking at the unparsed line and the files.

    Asked for help, broken files do not matter.

    Raises:
        UserError: a file cannot be read or the strategy is unknown.
    """
    flags = _early_flags(args)
    try:
        settings = read_settings(flag_layer(flags), here.environment, here.cwd)
        return Choice(settings, _table(strategy_name(flags, settings)))
    except UserError:
        if not {"-h", "--help"} & {*args} or "strategy" in flags:
            raise
    return Choice(_NO_SETTINGS, _table(RunOptions().strategy))


def chosen_config(flags: Mapping[str, object], choice: Choice) -> TradingConfig:
    """Build the configuration from the parsed flags and what was read before them.

    Raises:
        UserError: a value is wrong, or a venue is unknown.
    """
    settings = choice.settings
    preferred = _preferred(strategy_name(flags, settings))
    config = assemble(flags, replace(settings, layers=(*settings.layers, preferred)), _params_model)
    for venue in config.run.venues:
        if venue.name not in exchanges.names():
            exchanges.load(venue.name)  # raises, with the known names and the nearest
    return config


def runs_folder(flag: str | None, here: Surroundings) -> Path:
    """Find the folder of runs, for commands that need nothing else of a configuration."""
    layer = flag_layer({"runs_dir": flag})
    written = first_written("runs_dir", (layer, *read_settings(layer, here.environment, here.cwd).layers))
    return RunOptions().runs_dir if written is None else Path(str(written.value))


def _early_flags(args: Sequence[str]) -> dict[str, str]:
    flags: dict[str, str] = {}
    for arg, following in zip(args, (*args[1:], None), strict=False):
        flag, equals, value = arg.partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        given = value if equals else following
        if flag.startswith("--") and name in _EARLY and given is not None:
            flags[name] = given
    return flags


def _table(strategy: str) -> dict[str, Option]:
    table = run_table(strategy, _params_model(strategy))
    return table | {name: replace(table[name], default=each.value) for name, each in _preferred(strategy).items()}


def _preferred(strategy: str) -> Layer:
    """Give what the strategy prefers to the defaults of a run: stronger than they, weaker than all a person writes."""
    on_stop = strategies.load(strategy).default_on_stop()
    if on_stop is RunOptions().on_stop:
        return {}
    return {"on_stop": Written("--on-stop", on_stop.value, Source(SourceKind.STRATEGY))}


def _params_model(strategy: str) -> type[Params]:
    return strategies.load(strategy).params_model
