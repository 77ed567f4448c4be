"""What a format of recordings is, and where it puts what it reads.

A recording is read twice: once by a survey that learns tick size, quantity step and depth,
once by the builder that makes the tape. So memory holds the finished columns and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from helpers.models import Side
from simulation.tape_builder import Level


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

    def read(self, path: Path, sink: MarketSink) -> None:
        """Give everything in the file to the sink.

        Raises:
            UserError: the file cannot be read; names the line.
        """
        ...
