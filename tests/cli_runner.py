"""A command line in an empty folder: what it prints, how it ends, what it leaves behind."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import runbot
from helpers.config import TradingConfig
from helpers.durations import DurationNs
from helpers.models import MarketData
from helpers.params import Params, param
from strategies.base_strategy import BaseStrategy, StrategyResult
from strategies.factory import strategies


class ChaserParams(Params):
    """What the strategy of the tests takes."""

    lookback_period: int = param(20, help="Bars to look back.", unit="bars", ge=2, le=500)
    threshold: Decimal = param("0.5", help="Move that counts.", unit="%", gt=0)
    cooldown: DurationNs = param("5m", help="Pause after a trade.")
    both_ways: bool = param(True, help="Sell short too.")


class Chaser(BaseStrategy[ChaserParams]):
    """Buys what rises.

    This paragraph is for those who read on.
    """

    params_model = ChaserParams

    @classmethod
    def get_strategy_name(cls) -> str:
        return "chaser"

    async def should_execute(self, market_data: MarketData) -> bool:
        raise NotImplementedError

    async def execute_strategy(self, market_data: MarketData) -> StrategyResult:
        raise NotImplementedError


def _module(name: str, **members: object) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    return module


class CommandLine:
    """Calls runbot as a shell would, with `chaser` installed by some package."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.handed_over: list[TradingConfig] = []
        self.bot: Callable[[], int] = lambda: 0
        point = EntryPoint("chaser", "chaser_of_tests:Chaser", "runbot.strategies")
        monkeypatch.setattr(strategies, "_entry_points", lambda: [point])
        monkeypatch.setitem(sys.modules, "chaser_of_tests", _module("chaser_of_tests", Chaser=Chaser))
        for name in [name for name in os.environ if name.startswith("RUNBOT_")]:
            monkeypatch.delenv(name)
        monkeypatch.chdir(folder)
        self._monkeypatch = monkeypatch

    def catch_hand_over(self) -> None:
        """Put a recorder in the place of the bot."""

        def run(config: TradingConfig) -> int:
            self.handed_over.append(config)
            return self.bot()

        self._monkeypatch.setitem(sys.modules, "console.run", _module("console.run", run=run))

    def __call__(self, *args: str, **environment: str) -> Result:
        """Run a command line."""
        return CliRunner().invoke(runbot.cli, args, env=environment)

    def refusal(self, *args: str, **environment: str) -> str:
        """Run a command line that must be refused: exit code 2, one line, nothing done, nothing left behind."""
        before = sorted(self.folder.rglob("*"))
        result = self(*args, **environment)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("runbot: ")
        assert result.stderr.count("\n") == 1
        assert result.stderr.endswith("\n")
        assert "Traceback" not in result.stderr
        assert isinstance(result.exception, SystemExit)
        assert not self.handed_over
        assert sorted(self.folder.rglob("*")) == before
        return result.stderr.removeprefix("runbot: ").rstrip("\n")
