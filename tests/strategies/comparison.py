"""The tables of docs/strategies/comparison.md: `python tests/strategies/comparison.py` makes them anew.

Every strategy with its default options on the same markets. The recordings are those of ../shared/data;
a table whose recording is absent stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from strategy_runs import ROOT, guide, runbot

sys.path.insert(0, str(ROOT / "tests"))

from recordings import tape_flags

from strategies.factory import strategies

PAGE = ROOT / "docs" / "strategies" / "comparison.md"
SHARED_DATA = ROOT.parent / "shared" / "data"
MARKETS = {
    "standx": tape_flags(SHARED_DATA, "standx BTC"),
    "aster": tape_flags(SHARED_DATA, "aster BTC"),
    "synthetic": ["--seed=7", "--duration=24h"],
}
"""Options by the name that marks the table in the page."""
HEAD = (
    "| strategy | fills | round trips | maker | gross | fees | funding | net | drawdown | in market |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def figures(folder: Path, strategy: str, options: list[str]) -> dict[str, Any]:
    """Backtest and give the figures."""
    args = ["backtest", "--strategy", strategy, "--on-stop", "close", "--no-save", "--json", *options]
    found: dict[str, Any] = json.loads(runbot(folder, *args))
    return found


def row(strategy: str, found: dict[str, Any]) -> str:
    """Write one strategy's line."""
    gross, fees, funding, net, drawdown = (
        f"{Decimal(found[name]):.2f}" for name in ("gross_pnl", "fees", "funding", "net_pnl", "equity_drawdown")
    )
    maker, held = found["maker_share"], found["time_in_market"]
    shares = [f"{value:.0%}" if value is not None else "-" for value in (maker, held)]
    return (
        f"| [{strategy}]({guide(strategy).name}) | {found['fills']} | {found['round_trips']} | {shares[0]} "
        f"| {gross} | {fees} | {funding} | {net} | {drawdown} | {shares[1]} |"
    )


def table(folder: Path, options: list[str]) -> str:
    """Write the table of one market."""
    rows = [row(name, figures(folder, name, options)) for name in strategies.names()]
    return "\n".join([HEAD, *rows])


def main() -> None:
    """Renew the page."""
    for name, options in MARKETS.items():
        if name != "synthetic" and not SHARED_DATA.is_dir():
            continue
        with tempfile.TemporaryDirectory() as folder:
            made = table(Path(folder), options)
        between = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        PAGE.write_text(between.sub(lambda found, text=made: found[1] + text + found[2], PAGE.read_text()))
        sys.stdout.write(f"{name}\n{made}\n")


if __name__ == "__main__":
    main()
