"""Golden runs: six simulated hours of BTC with default options, pinned to the last digit.

They change when anything changes that decides: grid, bot, risk, venue, synthetic market. That may be right, but
it has to be explained in the change that renews the pins (python tests/strategies/grid_runs.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from grid_runs import golden

PINNED = {
    "buy": {},
    "sell": {},
}


@pytest.mark.parametrize("direction", PINNED)
def test_six_hours_end_as_they_did(direction: str, tmp_path: Path) -> None:
    """Fills, round trips, profit and the hash of everything that happened are those of the pinned run."""
    assert golden(tmp_path, direction) == PINNED[direction]
