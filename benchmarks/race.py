"""What every contestant of the speed comparison does: two strategies, one report. No third-party packages.

GRID: one post-only buy of one lot at a time, one tick below the best ask, be that the market's or our
own. Every 35 s, if fewer than 25 sells rest, the buy is placed, or moved if it rests elsewhere; the
pause ends at its own time, with the best prices as they are then, not with the row that follows. A
full grid goes on when a sell fills. A filled buy is sold by a post-only order 0.05 % higher, rounded
up to the tick.
TOP: one post-only lot at the best bid and one at the best ask, always: after each event a side
that is missing, or not at the best price, is quoted anew.

An order fills, at its own price, by one of three rules, for engines differ:
QUEUE: when the opposite best price reaches it, when a trade prints beyond it, or when trades at its
price have used up what stood before it (docs/simulation.md).
TOUCH: the same, as if nobody stood before it.
QUOTES: only when the opposite best price reaches it.

No fees, no delays. A row of the tape fills first, also at the time when a pause ends; then the
strategy acts, and what it sends is in force from the next row on. Whoever sends the same orders under
the same fill rule reports the same fingerprint.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from helpers.clock import monotonic_ns

PAUSE_NS: Final = 35_000_000_000
MAX_SELLS: Final = 25
# A profit of 0.05 % is 1 part in 2,000.
PROFIT_PARTS: Final = 2_000

FillRow = tuple[int, int, int]
"""Time in ns, +1 for a buy or -1 for a sell, price in ticks; always one lot."""

T = TypeVar("T")


class Race(StrEnum):
    """The two strategies."""

    GRID = "grid"
    TOP = "top"


class FillRule(StrEnum):
    """When a resting order fills."""

    QUEUE = "queue"
    TOUCH = "touch"
    QUOTES = "quotes"


def profit_ticks(price: int) -> int:
    """Give the price of the sell for a buy at `price`, both in ticks."""
    return price - (-price // PROFIT_PARTS)


def fingerprint(fills: Iterable[FillRow]) -> str:
    """Digest fills so that two runs can be compared; the order of fills at one time does not count."""
    flat = array("q", [value for fill in sorted(fills) for value in fill])
    return hashlib.sha256(flat.tobytes()).hexdigest()[:12]


def no_more(result: object) -> Mapping[str, Any]:
    """Have no more to tell of a run."""
    del result
    return {}


def run_and_report(
    run: Callable[[], T],
    take_fills: Callable[[T], list[FillRow]],
    *,
    events: int,
    begin_ns: int,
    tell_more: Callable[[T], Mapping[str, Any]] = no_more,
) -> None:
    """Measure one run and print it as one JSON line: times in s, peak memory in MB, position in lots.

    Args:
        run: the run, and nothing else.
        take_fills: makes its fills of what `run` gave.
        events: rows of the tape.
        begin_ns: when the process began to import; all before the run is start-up.
        tell_more: gives further figures of what `run` gave.
    """
    begin, cpu_begin = monotonic_ns(), cpu_s()
    result = run()
    took_cpu_s, wall_ns = cpu_s() - cpu_begin, monotonic_ns() - begin
    # Taken first: the digest below needs memory of its own. Linux gives kilobytes, macOS bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    fills = take_fills(result)
    line = {
        "events": events,
        "wall_s": wall_ns / 1e9,
        "cpu_s": took_cpu_s,
        "startup_s": (begin - begin_ns) / 1e9,
        "startup_cpu_s": cpu_begin,
        "peak_rss_mb": peak,
        "fills": len(fills),
        "position": sum(side for _, side, _ in fills),
        "last_fill": fills[-1] if fills else None,
        "fingerprint": fingerprint(fills),
    }
    print(json.dumps(line | dict(tell_more(result))))


def cpu_s() -> float:
    """Give the processor time of this process so far, in s."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
