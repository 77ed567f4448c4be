"""Finding classes by name: the table, entry points of others, and errors a person can act on."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest

from exchanges.factory import exchanges
from helpers import registry
from helpers.errors import UserError
from helpers.registry import Registry, nearest
from strategies.factory import strategies

TABLE = {"int": "builtins:int", "boolean": "builtins:bool"}


def numbers(table: dict[str, str] | None = None) -> Registry[int]:
    """Give a registry of kinds of int."""
    return Registry("number", TABLE if table is None else table, "runbot.numbers", int)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let it look as if packages with these entry points were installed."""

    def pretend(**points: str) -> None:
        group = "runbot.numbers"
        found = [EntryPoint(name, value, group) for name, value in points.items()]
        monkeypatch.setattr(registry, "entry_points", lambda group: found if group == "runbot.numbers" else [])

    return pretend


def test_a_name_gives_its_class() -> None:
    """The class behind a name of the table is imported."""
    assert numbers().load("boolean") is bool
    assert numbers().names() == ("boolean", "int")


def test_an_entry_point_gives_its_class(install: Callable[..., None]) -> None:
    """A name that another package registers is listed and loaded like our own."""
    install(http="http:HTTPStatus")
    assert numbers().names() == ("boolean", "http", "int")
    assert numbers().load("http").__name__ == "HTTPStatus"


def test_an_unknown_name_lists_the_known_ones_and_the_nearest() -> None:
    """A slip of the finger is answered with what was probably meant, and with all there is."""
    with pytest.raises(UserError) as caught:
        numbers().load("bolean")
    assert str(caught.value) == "unknown number 'bolean': did you mean boolean? known: boolean, int"
    with pytest.raises(UserError) as caught:
        numbers().load("zzz")
    assert str(caught.value) == "unknown number 'zzz': known: boolean, int"


def test_a_name_that_stands_twice_refuses(install: Callable[..., None]) -> None:
    """Two packages that claim one name are told apart by the person, not by chance."""
    install(int="somewhere:Else")
    with pytest.raises(UserError, match=r"number 'int' is registered twice \(builtins:int and somewhere:Else\)"):
        numbers().load("boolean")


def test_the_same_entry_twice_is_one(install: Callable[..., None]) -> None:
    """A name registered again for the very same class is no conflict."""
    install(int="builtins:int")
    assert numbers().load("int") is int


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("no_such_module:Thing", "No module named 'no_such_module'"),
        ("builtins:Thing", "has no attribute 'Thing'"),
        ("builtins", "has no attribute ''"),
    ],
)
def test_a_class_that_cannot_be_imported(target: str, problem: str) -> None:
    """A missing package or a wrong name in it is one clear line with a mend."""
    with pytest.raises(UserError) as caught:
        numbers({"bad": target}).load("bad")
    assert str(caught.value).startswith(f"number 'bad' cannot be imported from {target} (")
    assert problem in str(caught.value)
    assert str(caught.value).endswith("install the package it needs")


@pytest.mark.parametrize("target", ["builtins:str", "math:pi"])
def test_a_class_of_another_kind_is_refused(target: str) -> None:
    """What is found must be of the kind that was asked for."""
    with pytest.raises(UserError, match=f"{target} is no int: fix the entry point of number 'bad'"):
        numbers({"bad": target}).load("bad")


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("lighte", ["lighter", "paradex"], "did you mean lighter? "),
        ("BTCC", ["BTC", "ETH"], "did you mean BTC? "),
        ("btc", ["BTC", "ETH"], "did you mean BTC? "),
        ("Grid", ["grid"], "did you mean grid? "),
        ("xyz", ["BTC", "ETH"], ""),
        ("BTC", [], ""),
    ],
)
def test_the_nearest_name_in_whatever_case(name: str, known: list[str], said: str) -> None:
    """The nearest name is found whether names are written small or large, or nothing is said."""
    assert nearest(name, known) == said


def test_our_own_names_load() -> None:
    """Every strategy and every venue of the project can be imported under its name."""
    for each in (exchanges, strategies):
        assert each.names()
        for name in each.names():
            assert isinstance(each.load(name), type)  # type: ignore[attr-defined]  # two kinds of registry
