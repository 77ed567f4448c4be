"""A configuration as it may be shown: every value with its unit and its source, secrets hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.config import TradingConfig
from helpers.option_table import text_of, value_texts
from helpers.secret_names import HIDDEN, is_secret_name


@dataclass(frozen=True, slots=True)
class ShownOption:
    """One option as people read it."""

    section: str
    name: str
    value: str
    unit: str
    source: str
    """ "flag", "environment", "default" or the name of the file."""

    @property
    def line(self) -> str:
        """Value, unit and source in one text."""
        return f"{self.value}{self.unit and ' ' + self.unit} ({self.source})"


def shown_options(config: TradingConfig) -> Iterator[ShownOption]:
    """List every option of a configuration, in the order of the help."""
    parts = (config.run, config.risk, config.paper, config.params)
    values = {name: value for part in parts for name, value in value_texts(part).items()}
    for name, option in config.table.items():
        text = HIDDEN if is_secret_name(name) else text_of(values[option.info.name])
        unit = "" if values[option.info.name] is None else option.info.unit
        yield ShownOption(option.section, name, text, unit, str(config.sources[name]))
