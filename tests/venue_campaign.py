"""Many bad networks, by hand: `python tests/venue_campaign.py lighter 0 50` runs seeds 0 to 49 on one venue.

Each seed has its own length and rate of faults. A seed that fails is printed with what was wrong;
`tests/test_venue_runs.py` keeps three seeds a venue in the suite.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from venue_runs import GRID, Run, run_on  # noqa: E402 - found by the lines above


def trouble(run: Run) -> str:
    """Say what is wrong after a run; empty if nothing is."""
    account = run.account
    if account.held():
        return f"a position is left: {account.held()}"
    if account.live:
        return f"{len(account.live)} orders are left"
    if run.done.summary.fills != len(account.fills):
        return f"the bot counts {run.done.summary.fills} fills, the venue {len(account.fills)}"
    return ""


def main(name: str, first: int, after: int) -> int:
    """Run the seeds; give how many failed."""
    failed, faults, fills = 0, 0, 0
    for seed in range(first, after):
        rng = random.Random(f"campaign:{name}:{seed}")
        rate, minutes = rng.uniform(0.05, 0.3), rng.choice([30, 60, 120, 180])
        with tempfile.TemporaryDirectory() as folder:
            try:
                run = run_on(
                    name, Path(folder) / "run", *GRID, f"--seed={seed}", f"--duration={minutes}m", fault_rate=rate
                )
                wrong = trouble(run)
                faults, fills = faults + len(run.struck), fills + run.done.summary.fills
            except Exception as error:  # noqa: BLE001 - the next seed is worth trying
                wrong = repr(error)
        if wrong:
            failed += 1
            print(f"{name} seed {seed} ({minutes}m, {rate:.0%} of requests): {wrong}", flush=True)  # noqa: T201 - a tool's output
    print(f"{name}: {after - first} seeds, {failed} failed, {faults} faults, {fills} fills")  # noqa: T201 - as above
    return failed


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
