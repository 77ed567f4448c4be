"""A price that follows the book, as a strategy words it. The rule is in helpers/pegging.py."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

import msgspec


class PegReference(Enum):
    """What a pegged price follows."""

    BEST = "best"
    """The best price of its own side: the best bid for a buy, the best ask for a sell."""
    OPPOSITE = "opposite"
    """The best price of the other side."""
    MID = "mid"


class Peg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A price that follows the book."""

    reference: PegReference = PegReference.BEST
    offset: Decimal = Decimal(0)
    """How far behind the reference, in quote: below it for a buy, above for a sell. Negative is towards the market."""
    limit: Decimal | None = None
    """Never above this for a buy, never below it for a sell."""
