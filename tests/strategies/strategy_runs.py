"""Whole runs whose results are pinned; `python tests/strategies/strategy_runs.py [NAME ...]` renews them.

A pin that moves means that the bot trades differently. Renew it only with the reason in the same change.
The golden runs are pinned in golden.json, the examples in docs/strategies/NAME.md: a text block whose first
line is `$ runbot ...` and whose last line is `...`, with as many lines of the run between as are to be seen.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PINS = Path(__file__).with_name("golden.json")
BLOCK = re.compile(r"```text\n(\$ runbot .*?)\n```", re.DOTALL)

GOLDEN_RUNS = {
    "grid, buying": "--strategy grid --direction buy --duration 6h",
    "grid, selling": "--strategy grid --direction sell --duration 6h",
    "geometric_grid, neutral": "--strategy geometric_grid --duration 6h",
    "geometric_grid, long": "--strategy geometric_grid --mode long --duration 6h",
    "top_of_book_maker": "--strategy top_of_book_maker --duration 1h",
    "top_of_book_maker, spot": "--strategy top_of_book_maker --ticker BTC-SPOT --duration 1h",
    "avellaneda_stoikov": "--strategy avellaneda_stoikov --duration 3h",
    "perp_market_maker": "--strategy perp_market_maker --duration 2h",
    "trend_ladder, long": "--strategy trend_ladder --direction long --duration 6h",
    "trend_ladder, auto": "--strategy trend_ladder --direction auto --duration 6h",
    "scalping": "--strategy scalping --duration 2h",
    "momentum": "--strategy momentum --duration 6h",
}
"""What is pinned, by name: options beside the seed. Every registered strategy has one."""


def guide(strategy: str) -> Path:
    """Give the page of a strategy."""
    return ROOT / "docs" / "strategies" / f"{strategy}.md"


def pinned() -> dict[str, dict[str, Any]]:
    """Read the pins."""
    pins: dict[str, dict[str, Any]] = json.loads(PINS.read_text())
    return pins


def runbot(folder: Path, *args: str) -> str:
    """Run to the end in a folder, without options from the environment, and give what it wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOT_")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "runbot.py"), *args],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def golden(folder: Path, options: str) -> dict[str, Any]:
    """Trade for some simulated hours and give what is pinned."""
    summary = json.loads(runbot(folder, *shlex.split(options), "--seed", "7", "--speed", "max", "--json"))
    realised, unrealised, fees, funding = (
        Decimal(summary[name] or 0) for name in ("realised_pnl", "unrealised_pnl", "fees", "funding")
    )
    return {
        "fills": summary["fills"],
        "round_trips": summary["round_trips"],
        "net": str(round(realised + unrealised - fees + funding, 6)),
        "trace_hash": summary["trace_hash"],
    }


def example(folder: Path, shown: str) -> str:
    """Run the command of an example and give the block anew, as long as it was."""
    command, *lines = shown.splitlines()
    out = runbot(folder, *shlex.split(command.removeprefix("$ runbot ")))
    return "\n".join([command, *out.splitlines()[: len(lines) - 1], "..."])


def _renew_guide(path: Path, folder: Path) -> None:
    text = path.read_text()
    path.write_text(BLOCK.sub(lambda found: f"```text\n{example(folder, found.group(1))}\n```", text))


def _pin(name: str, run: dict[str, Any]) -> None:
    """Write one pin, beside what stands in the file at that moment."""
    pins = {**(pinned() if PINS.exists() else {}), name: run}
    ordered = {name: pins[name] for name in GOLDEN_RUNS if name in pins}
    PINS.write_text(json.dumps(ordered, indent=2) + "\n")


def _main(chosen: list[str]) -> None:
    for name, options in GOLDEN_RUNS.items():
        strategy = name.split(",")[0]
        if chosen and strategy not in chosen:
            continue
        with tempfile.TemporaryDirectory() as folder:
            _pin(name, golden(Path(folder), options))
            if guide(strategy).exists():
                _renew_guide(guide(strategy), Path(folder))
        sys.stdout.write(f"renewed {name}\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
