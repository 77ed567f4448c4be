"""Every strategy on every venue: N x M, through nothing but BaseStrategy and BaseExchangeClient."""

from __future__ import annotations

from pathlib import Path

import pytest
from run_judge import judge
from venue_runs import run_anywhere

from exchanges.factory import exchanges
from strategies.factory import strategies

OPTIONS: dict[str, tuple[str, ...]] = {
    "grid": ("--wait-time=20",),
    "momentum": ("--bar-length=5",),
    "perp_market_maker": ("--base-spread-pct=0.05",),
}
"""What makes a strategy trade often, where its defaults do not."""
CALM = 0.4
"""A market with less than half the usual events: an hour of 32 bots has to fit into the suite."""


@pytest.mark.parametrize("venue", exchanges.names())
@pytest.mark.parametrize("strategy", strategies.names())
def test_an_hour(strategy: str, venue: str, tmp_path: Path) -> None:
    """It trades, nothing is refused for a reason it could have known, both sides' books agree, and it ends flat."""
    options = (*OPTIONS.get(strategy, ()), "--duration=1h")
    run = run_anywhere(venue, tmp_path / "run", *options, strategy=strategy, activity=CALM)
    assert judge(tmp_path / "run", run.account) == []
    assert run.account.fills, run.lines.texts()
    assert (run.account.held(), run.account.live) == ([], {})
