"""Strategies' parameters and short ways to build a configuration, for the tests of it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from pydantic import model_validator

from helpers.config import TradingConfig, build_config
from helpers.durations import DurationNs
from helpers.errors import UserError
from helpers.params import Params, param

KEY = "0x" + "5ec2e7" * 11


class Mode(Enum):
    """A choice."""

    FAST = "fast"
    SLOW = "slow"


class GridLike(Params):
    """The parameters of a strategy, one of each kind."""

    take_profit: Decimal = param("0.02", help="Profit.", unit="%", gt=0, le=100)
    levels: int = param(10, help="Levels.", ge=1, lt=1000)
    stop_loss: Decimal | None = param(None, help="Loss.", unit="%", gt=0)
    pause: DurationNs = param("450s", help="Pause.", ge=1)
    mode: Mode = param(Mode.SLOW, help="Mode.")
    random: bool = param(False, help="Random.")
    ratio: float = param(0.5, help="Ratio.")
    weights: tuple[Decimal, ...] = param((), help="Weights.")
    api_key: str = param("", help="A key.")

    @model_validator(mode="after")
    def _not_both(self) -> GridLike:
        if self.stop_loss is not None and self.random:
            raise ValueError("stop_loss and random do not go together")
        return self


class Needy(Params):
    """A strategy that needs to be told something."""

    spacing: Decimal = param(help="Distance of levels.", unit="ticks", gt=0)


class OtherExchange(Params):
    """A strategy that takes a name of the core's."""

    ticker: str = param("ETH", help="Mine.")


class Shouting(Params):
    """A strategy whose parameter would hide --help."""

    help: str = param("", help="Mine.")


MODELS: dict[str, type[Params]] = {"grid": GridLike, "needy": Needy, "clash": OtherExchange, "shout": Shouting}


def load(name: str) -> type[Params]:
    """Find a model as the registry of strategies would."""
    if name not in MODELS:
        raise UserError(f"unknown strategy {name!r}", "known: grid")
    return MODELS[name]


def config(cwd: Path, flags: Mapping[str, object] | None = None, **environment: str) -> TradingConfig:
    """Build a configuration in a folder."""
    return build_config(flags or {}, environment, cwd, load)


def problem(cwd: Path, flags: Mapping[str, object] | None = None, **environment: str) -> str:
    """Give the one line that a person reads."""
    with pytest.raises(UserError) as caught:
        config(cwd, flags, **environment)
    text = str(caught.value)
    assert "\n" not in text
    assert "pydantic" not in text
    return text


def params(built: TradingConfig) -> GridLike:
    """Give the strategy's own values."""
    assert isinstance(built.params, GridLike)
    return built.params
