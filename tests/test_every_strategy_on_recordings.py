"""Every strategy on recorded markets: real spreads, real gaps, real bursts."""

from __future__ import annotations

from pathlib import Path

import pytest
from recordings import tape_flags
from run_judge import judge
from venue_runs import run_anywhere

from strategies.factory import strategies

IN_THE_SUITE = ("hyperliquid BTC", "lighter BTC", "edgex BTC")
"""The short ones, with the longest gaps; tests/strategy_campaign.py takes all."""


@pytest.mark.parametrize("recording", IN_THE_SUITE)
@pytest.mark.parametrize("strategy", strategies.names())
def test_a_recording_to_its_end(strategy: str, recording: str, shared_data: Path, tmp_path: Path) -> None:
    """Nothing is refused for a knowable reason, the books of both sides agree, and nothing is left."""
    options = [*tape_flags(shared_data, recording), "--duration=24h"]
    run = run_anywhere("paper", tmp_path / "run", *options, strategy=strategy)
    assert judge(tmp_path / "run", run.account) == []
    assert run.done.summary.stopped_because == "the recording is over"
