"""What a person can say about a run, whatever the strategy: which, where, how long, how fast."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, field_validator

from helpers.decisions import OnStop
from helpers.durations import DurationNs
from helpers.params import Params, param

MAX_SEED: Final = 2**63 - 1
MAX_QUANTITY: Final = Decimal(10**15)

PAPER_SUFFIX: Final = "-paper"
"""What the names and labels of real venues end with in the records of a run whose fills are simulated."""

_NAME: Final = rf"[a-z0-9][a-z0-9_-]{{0,31}}(?:{PAPER_SUFFIX})?"
_VENUE: Final = re.compile(rf"({_NAME})(?::({_NAME}))?")
_TICKER: Final = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,31}")


class LogLevel(Enum):
    """How much the program tells beside its screen."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue of a run: which client, and what it is called in this run."""

    name: str
    label: str


def parse_venues(text: str) -> tuple[Venue, ...]:
    """Read "paper" or "paper:a,paper:b": names, each with an optional label.

    Raises:
        ValueError: a name is malformed, or two venues have the same label.
    """
    venues = tuple(_venue(part.strip(), text) for part in text.split(","))
    labels = [venue.label for venue in venues]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise ValueError(f"{text!r} calls two venues {twice!r}: give labels, as in paper:a,paper:b")
    return venues


def named_as_paper(exchange: str) -> str:
    """Write a list of venues as the records of a run with simulated fills name it.

    "lighter,extended:b" becomes "lighter-paper,extended-paper:b-paper".

    Raises:
        ValueError: as `parse_venues`.
    """
    renamed = [(venue.name + PAPER_SUFFIX, venue.label + PAPER_SUFFIX) for venue in parse_venues(exchange)]
    return ",".join(name if name == label else f"{name}:{label}" for name, label in renamed)


def parse_speed(text: str) -> float | None:
    """Read how many times faster than life simulated time passes; None is "max".

    Raises:
        ValueError: the text is neither a number above 0 nor "max".
    """
    if text.strip().lower() == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError(f"{text!r} is no speed: write a number above 0, or max")
    return speed


def parse_ticker(text: str) -> str:
    """Read a base asset, in capitals.

    Raises:
        ValueError: the text cannot be the name of one.
    """
    ticker = text.strip().upper()
    if not _TICKER.fullmatch(ticker):
        raise ValueError(f"{text!r} is no ticker: write the base asset, as in BTC")
    return ticker


def _venue(part: str, text: str) -> Venue:
    match = _VENUE.fullmatch(part)
    if match is None:
        raise ValueError(f"{text!r} is no list of venues: write paper, or paper:a,paper:b")
    return Venue(name=match[1], label=match[2] or match[1])


def _read_speed(value: Any) -> Any:
    return value if value is None else parse_speed(str(value))


def _write_speed(value: Any) -> Any:
    return "max" if value is None else repr(float(value)).removesuffix(".0")


Ticker = Annotated[str, AfterValidator(parse_ticker)]
"""A base asset as venues list it."""

Speed = Annotated[float | None, BeforeValidator(_read_speed), PlainSerializer(_write_speed, when_used="json")]
"""A multiple of real time; None is as fast as the machine can."""


class RunOptions(Params):
    """The options that belong to the run itself."""

    strategy: str = param("grid", help="What decides; `runbot strategies` lists them.")
    exchange: str = param("paper", help="Where to trade: name[:label], several with commas: paper:a,paper:b.")
    ticker: Ticker = param("BTC", help="Base asset of the market.")
    paper: bool = param(
        False, help="Trade on the venue's live public data with simulated fills: no keys, nothing is sent."
    )
    quantity: Decimal | None = param(
        None, help="Size of one order; off is the least the market takes.", unit="base units", gt=0, le=MAX_QUANTITY
    )
    duration: DurationNs | None = param(
        None, help="Stop after this long: 90s, 10m, 24h, 7d, 1h30m; off is until stopped.", gt=0
    )
    seed: int = param(7, help="What all chance in the run grows from.", ge=0, le=MAX_SEED)
    speed: Speed = param(1.0, help="Pace of simulated time: 10 is ten times faster than life, max is at once.")
    tape: tuple[Path, ...] = param((), help="Recorded market to trade on instead of an invented one; repeatable.")
    busy_poll: bool = param(
        False, help="Never sleep while waiting for the market: answers sooner, and burns one whole core; live only."
    )
    on_stop: OnStop = param(
        OnStop.CANCEL, help="When the bot stops: cancel its orders, keep everything, or close the position too."
    )
    log_level: LogLevel = param(LogLevel.WARNING, help="How much to tell beside the screen.")
    runs_dir: Path = param(Path("runs"), help="Folder that holds one folder a run.")
    env_file: Path = param(Path(".env"), help="File of NAME=value lines: keys and RUNBOT_* options.")
    config: Path | None = param(None, help="YAML file of option: value lines.")
    json_output: bool = param(False, help="Print one line of JSON at the end and nothing else.")

    @property
    def venues(self) -> tuple[Venue, ...]:
        """The parsed `exchange`."""
        return parse_venues(self.exchange)

    @field_validator("exchange")
    @classmethod
    def _check_venues(cls, value: str) -> str:
        parse_venues(value)
        return value
