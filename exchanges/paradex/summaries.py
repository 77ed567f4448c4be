"""What the streams tell each second of every market: its mark and its funding rate, believed while they are fresh."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from exchanges.paradex.mapping import number
from exchanges.paradex.rest import parse
from exchanges.paradex.wire import Summary
from helpers.clock import NS_PER_S, Clock

_FRESH_NS: Final = 15 * NS_PER_S


class Summaries:
    """The newest summary of each market."""

    def __init__(self, clock: Clock) -> None:
        """Know nothing yet."""
        self._clock = clock
        self._told: dict[str, tuple[int, Summary]] = {}

    @staticmethod
    def channel(symbol: str) -> str:
        """Name the channel of a market's summary."""
        return f"markets_summary.{symbol}"

    def take(self, raw: msgspec.Raw) -> bool:
        """Keep what a message tells."""
        summary = parse(raw, Summary)
        self._told[summary.symbol] = (self._clock.now_ns(), summary)
        return True

    def mark_price(self, symbol: str) -> Decimal | None:
        """Give the mark; None where nothing fresh is known."""
        summary = self._fresh(symbol)
        return None if summary is None else number(summary.mark_price)

    def funding_rate(self, symbol: str) -> Decimal | None:
        """Give the funding rate per period; None where nothing fresh is known."""
        summary = self._fresh(symbol)
        return None if summary is None else number(summary.funding_rate)

    def _fresh(self, symbol: str) -> Summary | None:
        told_ns, summary = self._told.get(symbol, (0, None))
        return summary if summary is not None and self._clock.now_ns() - told_ns <= _FRESH_NS else None


__all__ = ["Summaries"]
