"""Finding a class by name: a literal table first, then the entry points of installed packages.

Classes are imported only when asked for, so an unused venue costs nothing. A name that stands
twice refuses to start; an unknown name lists the known ones and the nearest match.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from helpers.errors import UserError

T = TypeVar("T")


def nearest(name: str, known: Iterable[str]) -> str:
    """Say 'did you mean X?' where one known name is close, in whatever case, else nothing."""
    spelt = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(spelt), n=1, cutoff=0.5)
    return f"did you mean {spelt[close[0]]}? " if close else ""


class Registry(Generic[T]):
    """Names of one kind of class and where each is found."""

    def __init__(self, kind: str, table: Mapping[str, str], group: str, base: type[T]) -> None:
        """Build on a literal table of name -> "module:Class".

        Args:
            kind: what the names stand for, for error texts ("strategy").
            table: the names this project ships.
            group: the entry-point group for everyone else's.
            base: what each class must derive from.
        """
        self._kind = kind
        self._table = dict(table)
        self._group = group
        self._base = base

    def names(self) -> tuple[str, ...]:
        """List all known names, sorted."""
        return tuple(sorted(self._targets()))

    def load(self, name: str) -> type[T]:
        """Import the class behind a name.

        Raises:
            UserError: the name is unknown or registered twice, or its class cannot be imported.
        """
        targets = self._targets()
        if name not in targets:
            known = ", ".join(sorted(targets))
            raise UserError(f"unknown {self._kind} {name!r}", f"{nearest(name, targets)}known: {known}")
        return self._import(name, targets[name])

    def _targets(self) -> dict[str, str]:
        targets = dict(self._table)
        for point in self._entry_points():
            if point.name in targets and targets[point.name] != point.value:
                raise UserError(
                    f"{self._kind} {point.name!r} is registered twice ({targets[point.name]} and {point.value})",
                    "uninstall one of the packages or rename its entry point",
                )
            targets[point.name] = point.value
        return targets

    def _entry_points(self) -> Iterable[EntryPoint]:
        return entry_points(group=self._group)

    def _import(self, name: str, target: str) -> type[T]:
        module_name, _, class_name = target.partition(":")
        try:
            found = getattr(importlib.import_module(module_name), class_name)
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"{self._kind} {name!r} cannot be imported from {target} ({error})",
                "install the package it needs",
            ) from error
        if not (isinstance(found, type) and issubclass(found, self._base)):
            raise UserError(f"{target} is no {self._base.__name__}", f"fix the entry point of {self._kind} {name!r}")
        return found
