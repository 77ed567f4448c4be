"""How fast a backtest goes: the strategies of benchmarks/race.py and the grid on the whole bot.

Every measurement is a process of its own, so figures are those of somebody's first backtest of the
day over a tape that is there. The race's fills are compared with those of the plain loop.

    python -m benchmarks.backtest_bench [--rows 50000000] [--runs 1] [CASE ...]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.backtest_cases import CASES
from benchmarks.event_tape import event_folder
from benchmarks.fresh_process import Report, keep_to_one_core, median_report
from benchmarks.race import Race
from helpers.clock import NS_PER_S

_ROWS: Final = (1_000_000, 5_000_000)
_RUNS: Final = 3
_SLOW: Final = {"top", "pegs"}
_WHAT: Final = {
    "grid": "GRID of the race",
    "top": "TOP of the race",
    "default-grid": "the grid strategy",
    "default-grid-20ms": "the grid, 20 ms each way, fees",
    "pegs": "TOP as pegged orders",
    "distant-pegs": "pegged orders 50 ticks behind the touch",
    "nothing-fills": "one order that never fills",
}


def run() -> list[tuple[str, str]]:
    """Measure all cases over a million rows, and over five what does not take minutes."""
    cases = [(case, rows) for rows in _ROWS for case in CASES if case not in _SLOW or rows == _ROWS[0]]
    return [row for case, rows in cases for row in _case(case, rows, _RUNS)]


def _case(case: str, rows: int, runs: int) -> Iterator[tuple[str, str]]:
    event_folder(rows)
    report = median_report([sys.executable, "-m", "benchmarks.backtest_cases", case, str(rows)], runs)
    cpu_s, steps = report["cpu_s"], report["steps"]
    yield f"{_WHAT[case]}, {rows:,} rows", f"{rows / report['wall_s'] / 1e6:.3g} M events/s"
    yield "  by CPU time", f"{rows / cpu_s / 1e6:.3g} M events/s"
    yield "  a row", f"{cpu_s * NS_PER_S / rows:,.1f} ns CPU"
    yield f"  a step, of {steps:,}", f"{cpu_s * 1e6 / steps:.1f} us CPU"
    yield "  until the first event", f"{report['startup_cpu_s']:.2f} s CPU"
    yield "  peak memory", f"{report['peak_rss_mb']:.0f} MB"
    yield f"  fills {_compared(case, rows, report)}", f"{report['fills']:,}"


def _compared(case: str, rows: int, report: Report) -> str:
    """Say how the fills compare with those of the plain loop, where that runs the same strategy."""
    digest = report["fingerprint"]
    if case not in set(Race):
        return str(digest)
    plain = median_report([sys.executable, "-m", "benchmarks.reference", "plain", case, str(rows)], 1)
    return f"{digest}, {'as' if plain['fingerprint'] == digest else 'NOT as'} the plain loop"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure some cases over a tape of any length."""
    parser = argparse.ArgumentParser(description="Measure the speed of backtests.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"what to run: {', '.join(CASES)}")
    parser.add_argument("--rows", type=int, default=_ROWS[0])
    parser.add_argument("--runs", type=int, default=_RUNS)
    options = parser.parse_args(arguments)
    unknown = set(options.cases) - set(CASES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(CASES)}")
    keep_to_one_core()
    for case in options.cases or CASES:
        for what, figure in _case(case, options.rows, options.runs):
            print(f"{what:<58} {figure:>18}", flush=True)


if __name__ == "__main__":
    main()
