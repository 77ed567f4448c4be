"""Golden runs: some simulated hours of each strategy on the synthetic market, pinned to the last digit.

They change when anything changes that decides: strategy, bot, risk, venue, synthetic market. That may be right, but
it has to be explained in the change that renews the pins (python tests/strategies/strategy_runs.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from strategy_runs import GOLDEN_RUNS, golden, pinned

from strategies.factory import strategies


@pytest.mark.parametrize("name", GOLDEN_RUNS)
def test_the_hours_end_as_they_did(name: str, tmp_path: Path) -> None:
    """Fills, round trips, profit and the hash of everything that happened are those of the pinned run."""
    assert golden(tmp_path, GOLDEN_RUNS[name]) == pinned()[name]


def test_every_strategy_is_pinned_and_trades() -> None:
    """Each registered strategy has a golden run, and each golden run has fills."""
    assert {name.split(",")[0] for name in GOLDEN_RUNS} == set(strategies.names())
    assert list(pinned()) == list(GOLDEN_RUNS)
    assert all(pin["fills"] > 0 for pin in pinned().values())
