"""The typed configuration of a run: one value for each option, and where each came from.

A flag beats the environment, which beats the .env file, which beats the --config file, which
beats what the strategy prefers, which beats the default; each value on its own. What cannot be
meant is one line of UserError.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

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
from helpers.option_table import OFF_WORDS, Option, option_table, out_of_reach
from helpers.paper_options import PaperOptions
from helpers.params import Params
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions
from helpers.secret_names import HIDDEN, is_secret_name, looks_secret, quoted

__all__ = [
    "PAPER_SECTION",
    "Source",
    "SourceKind",
    "TradingConfig",
    "assemble",
    "build_config",
    "run_table",
    "strategy_name",
]

PAPER_SECTION: Final = "Simulated venue"
M = TypeVar("M", bound=Params)


@dataclass(frozen=True, slots=True)
class TradingConfig:
    """Everything a run is built from."""

    run: RunOptions
    risk: RiskLimits
    paper: PaperOptions
    """The simulated venue's."""
    params: Params
    """The strategy's own."""
    environment: Mapping[str, str] = field(repr=False)
    """Variables of the process and the .env file: where venue keys come from. Never printed."""
    sources: Mapping[str, Source]
    """By option name, for every option."""
    table: Mapping[str, Option] = field(repr=False)
    """By option name: spellings, units, defaults."""


def build_config(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    cwd: Path,
    load_strategy_params: Callable[[str], type[Params]],
) -> TradingConfig:
    """Bring all sources together into one checked configuration.

    Args:
        flags: options given on the command line, by name: text, or from a program any value.
        environment: the process's variables.
        cwd: where relative paths of files to read start.
        load_strategy_params: gives the parameters model of a strategy's name.

    Raises:
        UserError: a value, a name or a file is wrong.
    """
    return assemble(flags, read_settings(flag_layer(flags), environment, cwd), load_strategy_params)


def assemble(
    flags: Mapping[str, object], settings: Settings, load_strategy_params: Callable[[str], type[Params]]
) -> TradingConfig:
    """Build the configuration from files that are already read."""
    layers = (flag_layer(flags), *settings.layers)
    strategy = strategy_name(flags, settings)
    params_model = load_strategy_params(strategy)
    table = run_table(strategy, params_model)
    for layer in layers:
        _refuse_unknown(layer, table)
    reader = _Reader(table, layers)
    run, risk, paper = reader.read(RunOptions), reader.read(RiskLimits), reader.read(PaperOptions)
    params = reader.read(params_model)
    if run is None or risk is None or paper is None or params is None:
        raise UserError(reader.complaint())
    environment, sources = MappingProxyType(dict(settings.environment)), MappingProxyType(reader.sources)
    return TradingConfig(run, risk, paper, params, environment, sources, table)


def strategy_name(flags: Mapping[str, object], settings: Settings) -> str:
    """Find the strategy by the same precedence as everything else, before its options are known."""
    written = first_written("strategy", (flag_layer(flags), *settings.layers))
    if written is None:
        return str(RunOptions.model_fields["strategy"].default)
    if not isinstance(written.value, str) or not written.value.strip():
        raise UserError(f"{written.spelling}{written.place} names no strategy", "write one name, as in grid")
    return written.value


def run_table(strategy: str, params_model: type[Params]) -> dict[str, Option]:
    """List every option of a run with this strategy."""
    core: dict[str, type[Params]] = {"Run": RunOptions, "Risk": RiskLimits, PAPER_SECTION: PaperOptions}
    return option_table({**core, f"Strategy: {strategy}": params_model})


def read_flags(section: str, model: type[M], flags: Mapping[str, object]) -> M:
    """Build any set of parameters from flags alone, with the same error texts."""
    reader = _Reader(option_table({section: model}), (flag_layer(flags),))
    built = reader.read(model)
    if built is None:
        raise UserError(reader.complaint())
    return built


@dataclass(frozen=True, slots=True)
class _Bad:
    """A value that cannot be used, and why."""

    why: str


class _Reader:
    """Takes each model's values from the strongest source and collects what is wrong with them."""

    def __init__(self, table: Mapping[str, Option], layers: tuple[Layer, ...]) -> None:
        self._options = {option.info.name: option for option in table.values()}
        self._written = {name: first_written(name, layers) for name in table}
        self._complaints: list[str] = []
        default = Source(SourceKind.DEFAULT)
        self.sources = {name: default if found is None else found.source for name, found in self._written.items()}

    def read(self, model: type[M]) -> M | None:
        """Build a model, or None if something is wrong with its values."""
        values = {}
        before = len(self._complaints)
        for name in model.model_fields:
            written = self._written[self._options[name].name]
            if written is not None:
                values[name] = _meant(self._options[name], written)
        self._complaints += [self._blame(name, bad.why) for name, bad in values.items() if isinstance(bad, _Bad)]
        return self._validated(model, values) if len(self._complaints) == before else None

    def complaint(self) -> str:
        """Give the first thing that is wrong, and how many more there are."""
        more = len(self._complaints) - 1
        return self._complaints[0] + (f" (and {more} more)" if more else "")

    def _validated(self, model: type[M], values: Mapping[str, Any]) -> M | None:
        try:
            built = model.model_validate(values)
        except ValidationError as error:
            self._complaints += [self._explain(detail) for detail in error.errors(include_url=False)]
            return None
        wild = [name for name in model.model_fields if out_of_reach(getattr(built, name))]
        far = "is no figure of any market: it "
        self._complaints += [self._blame(name, far + self._options[name].requirement) for name in wild]
        return None if wild else built

    def _explain(self, detail: ErrorDetails) -> str:
        cause = detail.get("ctx", {}).get("error")
        option = self._options.get(str(detail["loc"][0])) if detail["loc"] else None
        if option is None:
            return str(cause or detail["msg"])
        if detail["type"] == "missing":
            return f"{option.section} needs {option.flag}: {option.info.help} It {option.requirement}"
        return self._blame(option.info.name, str(cause or option.requirement))

    def _blame(self, field_name: str, why: str) -> str:
        option = self._options[field_name]
        written = self._written[option.name]
        if written is None:
            return f"{option.flag}: its default {why}"
        if is_secret_name(option.name) or looks_secret(written.value):
            return f"{written.spelling} '{HIDDEN}'{written.place}: {option.requirement}"
        shown = quoted(written.value)
        return f"{written.spelling}{'' if shown in why else ' ' + shown}{written.place}: {why}"


def _meant(option: Option, written: Written) -> Any:
    value = written.value
    if option.repeats and isinstance(value, str):
        value = tuple(value.split(",")) if written.source.kind is not SourceKind.FILE else (value,)
    if isinstance(value, tuple):
        return value if option.repeats else _Bad("must be one value, not a list")
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if not word:
        return _Bad(f"must not be empty: it {option.requirement}")
    if option.can_be_off and word in OFF_WORDS:
        return None
    kind = option.value_type
    return word if isinstance(kind, type) and issubclass(kind, Enum) else value


def _refuse_unknown(layer: Layer, table: Mapping[str, Option]) -> None:
    for name, written in layer.items():
        if name not in table:
            close = difflib.get_close_matches(name, table, n=1, cutoff=0.5)
            mend = f"did you mean {_spelt_alike(written, table[close[0]])}?" if close else "runbot --help lists them"
            raise UserError(f"unknown option {written.spelling!r}{written.place}", mend)


def _spelt_alike(written: Written, option: Option) -> str:
    kind = written.source.kind
    if kind is SourceKind.FLAG:
        return option.flag
    return option.name if kind is SourceKind.FILE else option.variable
