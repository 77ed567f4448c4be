"""Signals: figures drawn from a series of prices. Each is a small state that takes one value after the other.

Everything is Decimal, so the same prices give the same signals on every machine, and a state that was
saved as text goes on to the last digit. Prices come from a Sampler, at times that do not depend on how
often the strategy is asked: waking more often must change no signal.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from helpers.clock import NS_PER_S


class Sampler(msgspec.Struct):
    """Chooses the moments at which a price is taken: the first look at or after each due time.

    `due_ns` belongs into Wake.at. A look that comes a whole interval late starts a new series, and so does
    one from before the last sample: the clock was set back, and waiting for the old time could take hours.
    """

    interval_ns: int
    due_ns: int = 0

    def is_due(self, now_ns: int) -> bool:
        """Whether a sample has to be taken now."""
        return now_ns >= self.due_ns or now_ns < self.due_ns - self.interval_ns

    def took(self, now_ns: int) -> bool:
        """Note a sample; False if samples were missed since the last one, or there was none."""
        is_regular = 0 < self.due_ns <= now_ns < self.due_ns + self.interval_ns
        self.due_ns = now_ns + self.interval_ns
        return is_regular


class Ema(msgspec.Struct):
    """Exponential moving average: value += alpha x (x - value), alpha = 2 / (period + 1)."""

    period: int
    value: Decimal | None = None
    """None before the first price."""
    count: int = 0
    """Prices taken."""

    @property
    def is_warm(self) -> bool:
        """Whether it has seen a whole period."""
        return self.count >= self.period

    def add(self, price: Decimal) -> Decimal:
        """Take a price and give the new average."""
        self.count += 1
        if self.value is None:
            self.value = price
        else:
            self.value += 2 * (price - self.value) / (self.period + 1)
        return self.value


class Atr(msgspec.Struct):
    """Average true range by Wilder's smoothing, in price units.

    True range = max(high, last close) - min(low, last close). The first `period` ranges are averaged
    plainly, each later one weighs 1 / period. (J. W. Wilder, New Concepts in Technical Trading Systems, 1978.)
    """

    period: int
    value: Decimal | None = None
    """None before the first bar."""
    count: int = 0
    """Bars taken."""
    last_close: Decimal | None = None

    @property
    def is_warm(self) -> bool:
        """Whether it has seen a whole period."""
        return self.count >= self.period

    def add(self, high: Decimal, low: Decimal, close: Decimal) -> Decimal:
        """Take a bar and give the new average."""
        last = close if self.last_close is None else self.last_close
        true_range = max(high, last) - min(low, last)
        self.last_close = close
        self.count += 1
        weight = min(self.count, self.period)
        self.value = true_range if self.value is None else self.value + (true_range - self.value) / weight
        return self.value


class EwmaVariance(msgspec.Struct):
    """Variance per second of a price, exponentially weighted: the average of (change)^2 / dt.

    In price units squared per second, so its root is a volatility in USD per square root of a second.
    """

    alpha: Decimal
    """Weight of the newest observation, above 0 and at most 1."""
    value: Decimal | None = None
    """None before the second price."""
    count: int = 0
    """Observations taken: prices less one."""
    last_price: Decimal | None = None
    last_ns: int = 0

    def add(self, price: Decimal, now_ns: int) -> Decimal | None:
        """Take a price; give the variance, None while there is none."""
        last, seconds = self.last_price, Decimal(now_ns - self.last_ns) / NS_PER_S
        self.last_price, self.last_ns = price, now_ns
        if last is None or seconds <= 0:
            return self.value
        squared = (price - last) ** 2 / seconds
        self.count += 1
        self.value = squared if self.value is None else self.value + self.alpha * (squared - self.value)
        return self.value

    def restart(self) -> None:
        """Forget the last price but not the variance: prices are missing between then and the next one."""
        self.last_price = None


def clamp(value: Decimal, low: Decimal, high: Decimal) -> Decimal:
    """Give the value, or the bound it lies beyond."""
    return max(low, min(high, value))
