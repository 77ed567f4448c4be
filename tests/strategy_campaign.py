"""Each strategy for a long time, by hand: `python tests/strategy_campaign.py [--hours 24] [--seeds 3] [NAME ...]`.

Every strategy trades on the synthetic market with several seeds and on every recording of ../shared/data that is
long enough. One line a run: what it did, what it needed, and what was wrong. The suite keeps an hour of each
(test_every_strategy_everywhere.py) and two recordings (test_every_strategy_on_recordings.py).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "strategies")]

from recordings import RECORDINGS, tape_flags  # noqa: E402 - found by the lines above
from run_judge import judge, most_at_once, session_folder  # noqa: E402 - as above
from venue_runs import run_anywhere  # noqa: E402 - as above

from helpers.clock import monotonic_ns  # noqa: E402 - as above
from helpers.enums import OrderStatus  # noqa: E402 - as above
from helpers.journal_reader import JournalReader  # noqa: E402 - as above
from strategies.factory import strategies  # noqa: E402 - as above

SHARED_DATA = ROOT.parent / "shared" / "data"


def report(strategy: str, case: str, options: list[str]) -> tuple[str, bool]:
    """Run one case and describe it in a line; say whether anything is wrong."""
    began_ns = monotonic_ns()
    with tempfile.TemporaryDirectory() as name:
        runs = Path(name) / "run"
        try:
            run = run_anywhere("paper", runs, *options, strategy=strategy)
            wrong = judge(runs, run.account)
        except Exception as error:  # noqa: BLE001 - the next case is worth trying
            return f"{strategy:<20} {case:<24} FAILED: {error!r}", True
        with JournalReader(session_folder(runs)) as journal:
            orders, state = journal.orders(), json.dumps(dict(journal.strategy_state() or {}))
    summary = run.done.summary
    net = summary.realised_pnl + summary.unrealised_pnl - summary.fees + (summary.funding or 0)
    raced = sum(order.status is OrderStatus.REJECTED for order in orders)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    line = (
        f"{strategy:<20} {case:<24} {len(orders):>7} orders {summary.fills:>6} fills {raced:>5} raced "
        f"{most_at_once(orders):>4} at once {len(state):>6} state {net:>10.2f} USD {memory:>5} MB "
        f"{(monotonic_ns() - began_ns) / 1e9:>6.1f} s  {summary.stopped_because}"
    )
    return "\n".join([line, *(f"    WRONG: {text}" for text in sorted(set(wrong))[:8])]), bool(wrong)


def cases(hours: Decimal, seeds: int) -> list[tuple[str, list[str]]]:
    """List the markets to trade on: name and options."""
    made = [(f"{hours} h, seed {seed}", [f"--duration={hours}h", f"--seed={seed}"]) for seed in range(1, seeds + 1)]
    return made + [
        (name, ["--duration=24h", *tape_flags(SHARED_DATA, name)]) for name in RECORDINGS if SHARED_DATA.is_dir()
    ]


def main() -> int:
    """Run what was asked for; give 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=Decimal, default=Decimal(24))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--option", action="append", default=[], help="an option of the strategy, --name=value")
    parser.add_argument("strategies", nargs="*", default=strategies.names())
    chosen = parser.parse_args()
    wrong = 0
    # A process a case: what it needed of memory is then its own.
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name in chosen.strategies:
            for case, options in cases(chosen.hours, chosen.seeds):
                line, is_wrong = pool.apply(report, (name, case, [*options, *chosen.option]))
                wrong += is_wrong
                print(line, flush=True)  # noqa: T201 - a tool's output
    return min(1, wrong)


if __name__ == "__main__":
    sys.exit(main())
