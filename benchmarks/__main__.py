"""Run the benchmarks: `python -m benchmarks` for all, `python -m benchmarks NAME...` for some."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from helpers.errors import UserError
from helpers.registry import nearest

# Each module has `run()`, which gives rows of (what was measured, figure with its unit).
_TABLE: Final = {
    "backtest": "benchmarks.backtest_bench",
    "funding": "benchmarks.funding_bench",
    "journal": "benchmarks.journal_bench",
    "live": "benchmarks.live_bench",
    "simulation": "benchmarks.simulation_bench",
    "venues": "benchmarks.venue_bench",
}


def main(names: Sequence[str]) -> int:
    """Run the named benchmarks, or all of them, and print a table of each."""
    try:
        chosen = _choose(names)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"Python {platform.python_version()} on {platform.machine()} {platform.system()}")
    for name in chosen:
        _print_table(name, importlib.import_module(_TABLE[name]).run())
    return 0


def _choose(names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in _TABLE:
            raise UserError(f"unknown benchmark {name!r}", f"{nearest(name, _TABLE)}known: {', '.join(_TABLE)}")
    return tuple(names or _TABLE)


def _print_table(name: str, rows: Iterable[tuple[str, str]]) -> None:
    print(f"\n{name}")
    for what, figure in rows:
        print(f"  {what:<58} {figure:>18}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
