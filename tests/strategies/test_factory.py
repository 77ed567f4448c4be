"""The table of strategies: every name leads to a class that is declared as it should be."""

from __future__ import annotations

import inspect
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Any, get_args

import pytest

from helpers.errors import UserError
from helpers.option_table import option_table
from helpers.params import Params, describe
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions
from strategies.base_strategy import BaseStrategy
from strategies.factory import strategies

NAMES = strategies.names()
WITHOUT_UNIT = (bool, Enum)


def test_the_grid_is_there() -> None:
    """The default strategy of a run is in the table."""
    assert RunOptions().strategy in NAMES
    assert "grid" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_carries_its_name(name: str) -> None:
    """The name in the table is the one the class gives, and nothing is left abstract."""
    strategy = strategies.load(name)
    assert issubclass(strategy, BaseStrategy)
    assert strategy.get_strategy_name() == name
    assert not inspect.isabstract(strategy)


@pytest.mark.parametrize("name", NAMES)
def test_a_strategy_says_when_it_loses(name: str) -> None:
    """The module's docstring names the idea and when it loses money."""
    text = inspect.getmodule(strategies.load(name)).__doc__ or ""  # type: ignore[union-attr]  # it was imported
    assert "loses" in text


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_declared_in_full(name: str) -> None:
    """Each has a sentence of help; numbers have a unit; what has no default is listed as required."""
    strategy = strategies.load(name)
    model = strategy.params_model
    assert strategy.get_required_parameters() == [
        key for key, field in model.model_fields.items() if field.is_required()
    ]
    for info in describe(model):
        assert info.help.endswith("."), info.name
        assert info.unit or is_unitless(info.annotation), info.name
        assert info.flag == "--" + info.name.replace("_", "-")


@pytest.mark.parametrize("name", NAMES)
def test_parameters_fit_beside_the_core_s(name: str) -> None:
    """No parameter takes a name that a run or its limits use, and the defaults are valid together."""
    model = strategies.load(name).params_model
    table = option_table({"Run": RunOptions, "Risk": RiskLimits, "Strategy": model})
    assert len(table) == sum(len(part.model_fields) for part in (RunOptions, RiskLimits, model))
    if not strategies.load(name).get_required_parameters():
        assert isinstance(model(), Params)


def test_an_unknown_name_lists_the_known() -> None:
    """A slip of the finger gets the nearest name."""
    with pytest.raises(UserError, match=r"unknown strategy 'gird': did you mean grid\? known: .*grid"):
        strategies.load("gird")


def is_unitless(annotation: Any) -> bool:
    """Whether a parameter's values are yes or no, or words."""
    kinds = [kind for kind in (get_args(annotation) or (annotation,)) if kind is not NoneType]
    return all(issubclass(kind, (*WITHOUT_UNIT, str)) and kind is not Decimal for kind in kinds)
