"""Configurations and options as they are shown, and the table behind them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from config_samples import GridLike, Needy, config

from helpers.config import read_flags
from helpers.config_view import shown_options
from helpers.errors import UserError
from helpers.option_table import Option, option_table
from helpers.params import Params
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions


def test_every_option_is_shown_with_unit_and_source(tmp_path: Path) -> None:
    """The list covers all options in the order of the help, as people would type the values."""
    flags = {"duration": "90m", "quantity": "1e-3", "random": True, "tape": ("a", "b"), "speed": "max"}
    built = config(tmp_path, flags, RUNBOT_TAKE_PROFIT="0.50")
    shown = {option.name: option for option in shown_options(built)}
    assert list(shown) == list(built.table)
    assert shown["duration"].line == "1h30m (flag)"
    assert shown["quantity"].line == "0.001 base units (flag)"
    assert shown["take_profit"].line == "0.5 % (environment)"
    assert shown["stop_loss"].line == "off (default)"
    assert (shown["random"].value, shown["tape"].value, shown["speed"].value) == ("yes", "a,b", "max")
    assert shown["pause"].value == "7m30s"
    assert {option.section for option in shown.values()} == {"Run", "Risk", "Simulated venue", "Strategy: grid"}


def table(model: type[Params]) -> dict[str, Option]:
    """List the options of one model."""
    return option_table({"Test": model})


def test_defaults_are_written_as_people_type_them() -> None:
    """A default that is declared as text or in ns reads the same in help."""
    texts = {name: option.default_text for name, option in table(GridLike).items()}
    assert texts["take_profit"] == "0.02"
    assert (texts["pause"], texts["mode"], texts["random"]) == ("450s", "slow", "no")
    assert (texts["stop_loss"], texts["weights"]) == ("off", "none")
    assert not table(Needy)["spacing"].default_text


def test_placeholders_name_the_kind_of_value() -> None:
    """Help shows what to write after a flag."""
    placeholders = {name: option.metavar for name, option in table(GridLike).items()}
    assert placeholders["take_profit"] == placeholders["levels"] == placeholders["weights"] == "NUMBER"
    assert (placeholders["pause"], placeholders["mode"]) == ("DURATION", "[fast|slow]")
    assert table(RunOptions)["runs_dir"].metavar == "PATH"
    assert table(RunOptions)["ticker"].metavar == "TEXT"


def test_flags_alone_build_any_model() -> None:
    """Small commands check their own options with the same texts."""
    assert read_flags("Test", Needy, {"spacing": "2.5"}) == Needy(spacing=Decimal("2.5"))
    with pytest.raises(UserError, match=r"^--spacing '0': must be a number above 0"):
        read_flags("Test", Needy, {"spacing": "0"})


def test_core_options_do_not_collide() -> None:
    """Run options and risk limits share one namespace."""
    assert len(option_table({"Run": RunOptions, "Risk": RiskLimits})) == len(RunOptions.model_fields) + len(
        RiskLimits.model_fields
    )
