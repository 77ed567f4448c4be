"""The book between one of our fills and its own next word: still the one from before the market moved through us.

A venue tells a fill at once, its book often 50 to 100 ms later, in batches. Bid and ask of that moment are those
the market has just left: a buy priced by them is refused as post-only, or rests where nobody trades any more.
"""

from __future__ import annotations

from typing import Final

from helpers.clock import NS_PER_S
from strategies.base_strategy import Fill, MarketData

_LONGEST_NS: Final = NS_PER_S
"""A venue whose clock runs ahead of ours, or whose book stays as it is, must not stop the trading."""


class BookLag:
    """Whether the newest book arrived before our latest fill happened. Nothing of it needs to survive a restart."""

    def __init__(self) -> None:
        """Begin with no fill."""
        self._filled_ns = 0
        self._until_ns: int | None = 0

    def filled(self, fill: Fill) -> None:
        """Note a fill; the wait for a newer book begins with the next look."""
        self._filled_ns, self._until_ns = max(self._filled_ns, fill.time_ns), None

    def ends_ns(self, data: MarketData) -> int | None:
        """Give when to go on at the latest while the book is older than the fill; None once it is not, ns."""
        if self._until_ns is None:
            self._until_ns = data.now_ns + _LONGEST_NS
        return self._until_ns if data.book_time_ns < self._filled_ns and data.now_ns < self._until_ns else None
