"""The trend: how fast the average price moves, in ranges of an ordinary minute.

Mids sampled every five seconds make one-minute bars: high, low and close of twelve samples. The samples
are taken at fixed times, so that neither the venue nor how often the strategy is asked changes a bar.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from helpers.clock import NS_PER_S
from strategies.base_strategy import Side
from strategies.signals import Atr, Ema, Sampler

_SAMPLE_NS: Final = 5 * NS_PER_S
_BAR_NS: Final = 60 * NS_PER_S
_LONGEST_HOLE: Final = 5
"""Bars that may be missing; after more the averages begin anew."""


class Trend(msgspec.Struct):
    """Averages over bars, and the bar that is being made."""

    sampler: Sampler = msgspec.field(default_factory=lambda: Sampler(interval_ns=_SAMPLE_NS))
    ema: Ema | None = None
    """None before the first sample."""
    atr: Atr | None = None
    slope: Decimal | None = None
    """Change of the average over the last bar, divided by the average range; None before the second bar."""
    minute: int = 0
    """Number of the bar that is being made: minutes since the epoch."""
    high: Decimal = Decimal(0)
    low: Decimal = Decimal(0)
    close: Decimal = Decimal(0)

    def take(self, price: Decimal, now_ns: int, ema_period: int, atr_period: int) -> bool:
        """Take a sample if one is due; True if that completed a bar."""
        if not self.sampler.is_due(now_ns):
            return False
        self.sampler.took(now_ns)
        minute, before = now_ns // _BAR_NS, self.minute
        if minute == before and self.ema is not None:
            self.high, self.low, self.close = max(self.high, price), min(self.low, price), price
            return False
        if self.ema is None or self.atr is None or minute > before + 1 + _LONGEST_HOLE:
            self.ema, self.atr, self.slope = Ema(ema_period), Atr(atr_period), None
            completes = False
        else:
            self._complete(self.ema, self.atr)
            completes = True
        self.minute, self.high, self.low, self.close = minute, price, price, price
        return completes

    def side(self, threshold: Decimal, warm_up: int) -> Side | None:
        """Give the direction of the trend; None while there is none, or too few bars to say."""
        if self.slope is None or self.bars < warm_up:
            return None
        if self.slope >= threshold and self.slope > 0:
            return Side.BUY
        return Side.SELL if self.slope <= -threshold and self.slope < 0 else None

    @property
    def bars(self) -> int:
        """Bars in the averages."""
        return 0 if self.ema is None else self.ema.count

    def fits(self, ema_period: int, atr_period: int) -> bool:
        """Whether the averages have these periods."""
        return self.ema is None or self.atr is None or (self.ema.period, self.atr.period) == (ema_period, atr_period)

    def _complete(self, ema: Ema, atr: Atr) -> None:
        before, spread = ema.value, atr.add(self.high, self.low, self.close)
        after = ema.add(self.close)
        if before is not None:
            self.slope = (after - before) / spread if spread else Decimal(0)
