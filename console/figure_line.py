"""One figure as people read it: in a table of the terminal or on a page."""

from __future__ import annotations

from typing import NamedTuple


class FigureLine(NamedTuple):
    """A figure beside its name."""

    label: str
    value: str
    note: str = ""
    """Its unit, or what it refers to."""
    style: str = ""
    """A word for its colour: green, red or none; bold where it stands out."""
