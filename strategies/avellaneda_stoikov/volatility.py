"""The variance of the mid, sampled at fixed times.

`ewma_alpha` says how fast a sample is forgotten, `window` how much has to be seen before any of it is used:
no quote before a window's worth of samples, and after a gap as long as the window it all begins anew. A
shorter gap costs the one change that spans it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from helpers.clock import NS_PER_S
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.signals import EwmaVariance, Sampler


class Volatility(msgspec.Struct):
    """Takes the mid at fixed times."""

    sampler: Sampler
    average: EwmaVariance
    window_ns: int

    @classmethod
    def of(cls, params: AvellanedaStoikovParams) -> Volatility:
        """Begin with no prices."""
        return cls(
            sampler=Sampler(int(params.sample_interval * NS_PER_S)),
            average=EwmaVariance(params.ewma_alpha),
            window_ns=int(params.window * NS_PER_S),
        )

    @property
    def variance(self) -> Decimal | None:
        """USD^2 a second; None while too little was seen."""
        return self.average.value if self.seen_ns >= self.window_ns else None

    @property
    def seen_ns(self) -> int:
        """Time that the samples cover."""
        return self.average.count * self.sampler.interval_ns

    def look(self, mid: Decimal, now_ns: int) -> None:
        """Take the mid if a sample is due."""
        if not self.sampler.is_due(now_ns):
            return
        gap_ns = now_ns - self.average.last_ns
        if not self.sampler.took(now_ns):
            if gap_ns >= self.window_ns:
                self.average = EwmaVariance(self.average.alpha)
            self.average.restart()
        self.average.add(mid, now_ns)

    def take_over(self, before: Volatility) -> None:
        """Go on with what an earlier session measured, which may have sampled otherwise."""
        self.average = msgspec.structs.replace(before.average, alpha=self.average.alpha)
        if before.sampler.interval_ns == self.sampler.interval_ns:
            self.sampler.due_ns = before.sampler.due_ns
        else:
            self.average.count = before.seen_ns // self.sampler.interval_ns
