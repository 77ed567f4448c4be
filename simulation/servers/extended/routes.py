"""Which function answers which URL, and the reading of query parameters and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from simulation.servers.extended.answers import Code, Page, Refused
from simulation.servers.extended.order_rules import find_market
from simulation.servers.front import ServerRequest

_MOST_ROWS = 10_000
_MOST_DIGITS = 30
_USUAL_ROWS = 100
"""What a page holds when nobody says; the live figure is not documented."""


class Call(NamedTuple):
    """One request, with what the placeholders of its route stand for."""

    request: ServerRequest
    words: tuple[str, ...] = ()

    def text(self, name: str) -> str | None:
        """Give a query parameter."""
        return self.request.parameter(name)

    def whole(self, name: str, default: int | None = None) -> int:
        """Give a query parameter that is a number, not below zero.

        Raises:
            Refused: it is missing without a default, or no such number.
        """
        text = self.request.parameter(name)
        if text is None and default is not None:
            return default
        return whole_number(text, name)

    def markets(self) -> set[str] | None:
        """Give the markets asked for, by the venue's names; None is all.

        Raises:
            Refused: one of them does not exist.
        """
        names = {value for key, value in self.request.query if key == "market"}
        return {find_market(name).name for name in names} or None

    def select(self, rows: Iterable[Mapping[str, Any]], *fields: str) -> Iterable[Mapping[str, Any]]:
        """Keep the rows of the markets asked for, and with the asked words in some fields."""
        markets = self.markets()
        wanted = {field: word.upper() for field in fields if (word := self.text(field)) is not None}
        return (
            row
            for row in rows
            if (markets is None or row["market"] in markets)
            and all(row[field] == word for field, word in wanted.items())
        )

    def page(self, rows: Iterable[Mapping[str, Any]]) -> Page:
        """Cut a page out of rows that come newest first: what follows the cursor, up to the limit."""
        cursor, limit = self.text("cursor"), min(self.whole("limit", _USUAL_ROWS), _MOST_ROWS)
        last = None if cursor is None else self.whole("cursor")
        return Page(list(islice((row for row in rows if last is None or row["id"] < last), limit)))


def whole_number(text: str | None, name: str) -> int:
    """Read a number that is not below zero.

    Raises:
        Refused: it is none.
    """
    if text is None or not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise Refused(Code.BAD_REQUEST, f"{name} must be a number")
    return int(text)


Handler = Callable[[Call], Any]


class Route(NamedTuple):
    """A method and a path below /api/v1, "*" for any one word."""

    method: str
    path: tuple[str, ...]
    handler: Handler
    is_private: bool

    def match(self, method: str, parts: Sequence[str]) -> tuple[str, ...] | None:
        """Give what the placeholders stand for; None if it is another route."""
        if method != self.method or len(parts) != len(self.path):
            return None
        pairs = list(zip(self.path, parts, strict=True))
        fits = all(word in {"*", part} for word, part in pairs)
        return tuple(part for word, part in pairs if word == "*") if fits else None


def table(is_private: bool, handlers: Mapping[str, Handler]) -> list[Route]:
    """Make routes of lines like "GET user/orders/*"."""
    routes = []
    for line, handler in handlers.items():
        method, _, path = line.partition(" ")
        routes.append(Route(method, tuple(path.split("/")), handler, is_private))
    return routes


def find_route(routes: Iterable[Route], method: str, parts: Sequence[str]) -> tuple[Route, tuple[str, ...]]:
    """Find the route of a request; what is spelled out goes before a placeholder.

    Raises:
        Refused: there is none.
    """
    found = [(route, words) for route in routes if (words := route.match(method, parts)) is not None]
    if not found:
        raise Refused(Code.NOT_FOUND)
    return min(found, key=lambda pair: len(pair[1]))


__all__ = ["Call", "Handler", "Route", "find_route", "table", "whole_number"]
