"""A configuration as it may be shown: every value with its unit and its source, secrets hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from helpers.option_table import text_of, value_texts

if TYPE_CHECKING:
    from helpers.config import TradingConfig

HIDDEN: Final = "***"
_MOST_SHOWN: Final = 60
_SECRET_NAME: Final = re.compile(r"secret|passw|passphrase|private|mnemonic|token|credential|(^|_)(api_?)?key(_|$)")
_SECRET_VALUE: Final = re.compile(r"[0-9A-Za-z+/=_-]{32,}|([a-z]+\s+){11,}[a-z]+")  # a long code, or twelve words


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


def is_secret_name(name: str) -> bool:
    """Whether an option or variable of this name holds something nobody may print."""
    return _SECRET_NAME.search(name.lower()) is not None


def looks_secret(value: object) -> bool:
    """Whether a value could be a key or a recovery phrase that someone put in the wrong place."""
    parts = value if isinstance(value, tuple) else (value,)
    return any(_SECRET_VALUE.fullmatch(str(part).strip()) for part in parts)


def quoted(value: Any) -> str:
    """Quote what a person wrote, on one line and not too long."""
    text = ",".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
    return repr(text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 3] + "...")
