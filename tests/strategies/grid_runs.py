"""Whole runs of the grid whose results are pinned; `python tests/strategies/grid_runs.py` renews the pins.

A pin that moves means that the bot trades differently. Renew it only with the reason in the same change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "strategies" / "test_grid_golden.py"
GUIDE = ROOT / "docs" / "strategies" / "grid.md"
EXAMPLE = ("--take-profit", "0.02", "--max-orders", "10", "--wait-time", "20", "--seed", "7", "--speed", "max")
EXAMPLE_LINES = 16


def runbot(folder: Path, *args: str) -> str:
    """Run to the end in a folder, without options from the environment, and give what it wrote."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOT_")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "runbot.py"), *args],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout


def golden(folder: Path, direction: str) -> dict[str, Any]:
    """Trade six simulated hours of BTC and give what is pinned."""
    out = runbot(folder, "--direction", direction, "--duration", "6h", "--seed", "7", "--speed", "max", "--json")
    summary = json.loads(out)
    realised, unrealised, fees, funding = (
        Decimal(summary[name]) for name in ("realised_pnl", "unrealised_pnl", "fees", "funding")
    )
    return {
        "fills": summary["fills"],
        "round_trips": summary["round_trips"],
        "net": str(round(realised + unrealised - fees + funding, 6)),
        "trace_hash": summary["trace_hash"],
    }


def example(folder: Path) -> str:
    """Run the example of the guide and give its text block: the command and its first lines."""
    out = runbot(folder, *EXAMPLE, "--duration", "10m")
    lines = out.splitlines()[:EXAMPLE_LINES]
    return "\n".join([f"$ runbot {' '.join(EXAMPLE)} --duration 10m", *lines, "..."])


def pin(direction: str, run: dict[str, Any]) -> str:
    """Write a run as it stands in test_grid_golden.py."""
    figures = "".join(f'        "{name}": {json.dumps(value)},\n' for name, value in run.items())
    return f'    "{direction}": {{\n{figures}    }},\n'


def _renew(path: Path, begin: str, end: str, text: str) -> None:
    """Replace what stands between two marks of a file."""
    before, _, rest = path.read_text().partition(begin)
    path.write_text(before + begin + text + end + rest.partition(end)[2])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        runs = {way: golden(Path(name), way) for way in ("buy", "sell")}
        _renew(GOLDEN, "PINNED = {\n", "}\n\n\n", "".join(pin(way, run) for way, run in runs.items()))
        _renew(GUIDE, "```text\n", "\n```\n", example(Path(name)))
    sys.stdout.write(f"renewed {GOLDEN.name} and the example of {GUIDE.name}\n")
