"""What a format of recordings is, and where it puts what it reads.

A recording is read twice: once by a survey that learns tick size, quantity step and depth,
once by the builder that makes the tape. Neither keeps it, so it may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, Protocol

from helpers.enums import Side
from simulation.tape_builder import Level

REMEMBERED: Final = 100_000
"""Ids of trades that are remembered, to tell repeats: some 20 MB at most, and hours of any market."""
Watch = Callable[[float], None]
"""Told now and then which share has been read."""


def unwatched(share: float) -> None:
    """Tell nobody."""
    del share


class MarketSink(Protocol):
    """Takes what a recording holds, in its order; simulation/tape_builder.py states the arguments."""

    def quote(
        self,
        time_ns: int,
        bid: Decimal | None,
        bid_quantity: Decimal | None,
        ask: Decimal | None,
        ask_quantity: Decimal | None,
    ) -> None:
        """Take a best bid and offer."""
        ...

    def book(self, time_ns: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Take several levels a side, best first."""
        ...

    def trade(self, time_ns: int, price: Decimal, quantity: Decimal, side: Side | None) -> None:
        """Take a public trade; `side` is the aggressor's."""
        ...


class Format(Protocol):
    """One kind of file somebody records."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def source(self) -> str:
        """The venue; files of different venues make no common tape."""
        ...

    @property
    def quote(self) -> str:
        """The quote currency where the symbol does not tell it."""
        ...

    @property
    def has_quotes(self) -> bool:
        """Whether such a file holds quotes, not only trades."""
        ...

    def sniff(self, first_bytes: bytes, path: Path) -> bool:
        """Whether a file that begins so (decompressed) is of this format."""
        ...

    def symbol(self, path: Path) -> str | None:
        """Give the venue's name of the market, from the file or its name; None if neither tells."""
        ...

    def read(self, path: Path, sink: MarketSink, watch: Watch) -> None:
        """Give everything in the file to the sink.

        Raises:
            UserError: the file cannot be read; names the line.
        """
        ...


class Repeats:
    """Tells what a recorder wrote down again, as after a reconnection."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        """Know nothing yet; at least the last `remembered` ids are known later on."""
        self._remembered = remembered
        self._recent: set[str] = set()
        self._older: set[str] = set()

    def is_new(self, name: str) -> bool:
        """Take an id and tell whether it comes for the first time."""
        if name in self._recent or name in self._older:
            return False
        self._recent.add(name)
        if len(self._recent) >= self._remembered:
            self._older, self._recent = self._recent, set()
        return True
