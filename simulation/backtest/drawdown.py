"""How far and how long an account lay below its earlier peak."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from helpers.money import exact
from simulation.backtest.equity_curve import Step


class Drawdown(NamedTuple):
    """The worst of three measures; each may belong to another stretch of the run."""

    amount: Decimal
    """Deepest fall, in quote, >= 0."""
    percent: float | None
    """Deepest fall relative to the peak it fell from; None where the account opened at or below zero."""
    longest_ns: int
    """Longest time from a peak to its recovery, or to the end where there was none."""


def max_drawdown(curve: Sequence[Step]) -> Drawdown:
    """Measure the deepest fall of a curve below its running maximum, and the longest stay below it.

    Amount: max over t of peak(t) - value(t), with peak(t) the maximum of the values up to t (Magdon-Ismail and
    Atiya, "Maximum Drawdown", Risk Magazine 17(10), 2004). Percent: the same with (peak - value) / peak.
    Duration: the longest time without a value at or above the peak, counted from the last moment at the peak.
    A curve that never falls, or of one value, has 0 of all three.
    """
    peak, left_ns = curve[0].value, curve[0].time_ns
    amount, share, longest = Decimal(0), 0.0, 0
    is_under = False
    with exact():
        for time_ns, value in curve:
            was_under, is_under = is_under, value < peak
            if was_under or is_under:
                longest = max(longest, time_ns - left_ns)
            if not is_under:
                peak, left_ns = value, time_ns
            elif curve[0].value > 0:
                share = max(share, float(peak - value) / float(peak))
            amount = max(amount, peak - value)
    return Drawdown(amount, 100 * share if curve[0].value > 0 else None, longest)
