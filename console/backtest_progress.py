"""How far a backtest has come: simulated time against its end. It looks at the clock and changes nothing."""

from __future__ import annotations

from typing import Final

from console import formats
from console.progress import Bar
from helpers.clock import NS_PER_S, Clock

_LOOKS: Final = 1_000
"""How often a run is looked at in all."""


async def follow(bar: Bar, clock: Clock, end_ns: int) -> None:
    """Tell a bar how far the clock has come from now to the end, until cancelled.

    Args:
        bar: the bar.
        clock: the run's own.
        end_ns: when the run ends at the latest.
    """
    start_ns = clock.now_ns()
    span_ns = max(NS_PER_S, end_ns - start_ns)
    while True:
        now_ns = clock.now_ns()
        bar.tell(f"backtest {formats.timestamp(now_ns)}", (now_ns - start_ns) / span_ns)
        await clock.sleep(span_ns / _LOOKS / NS_PER_S)
