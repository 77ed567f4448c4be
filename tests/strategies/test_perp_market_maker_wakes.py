"""Sleeping changes nothing: a perp market maker that is woken by everything does what one does that names its wakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, walk_tape

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from strategies.perp_market_maker.strategy import PerpMarketMakerStrategy

NEAR: dict[str, Any] = {"base_spread_pct": "0.02", "refresh_interval": 4}
OPTIONS: dict[str, dict[str, Any]] = {
    "cancel first": NEAR,
    "exact": {**NEAR, "requote_ticks": 0},
    "amend": {**NEAR, "cancel_before_place": False},
    "many levels": {"base_spread_pct": "0.02", "refresh_interval": 5, "max_orders": 6},
    "skew": {**NEAR, "inventory_skew": "0.0003"},
    "skew, amend": {**NEAR, "inventory_skew": "0.0003", "cancel_before_place": False, "requote_ticks": 3},
    "small threshold": {**NEAR, "position_threshold": "0"},
    "target": {**NEAR, "target_position": "0.004", "position_threshold": "0.002", "cancel_before_place": False},
    "one level": {**NEAR, "max_orders": 1, "cancel_before_place": False},
    "at the touch": {"base_spread_pct": "0.0001", "refresh_interval": 3},
    "taking": {"base_spread_pct": "0.0001", "refresh_interval": 3, "post_only": False},
    # below the least notional while the price is below 10,000: sizes change, closes may be dust
    "minimum": {**NEAR, "quantity": "0.001", "cancel_before_place": False, "position_threshold": "0.001"},
}


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond."""
    fills, kind = 0, PerpMarketMakerStrategy
    for seed in (1, 2):
        own = run(kind, tmp_path / f"own-{seed}", walk_tape(seed, 400), profile, 120, **OPTIONS[name])
        every = run(sleepless(kind), tmp_path / f"every-{seed}", walk_tape(seed, 400), profile, 120, **OPTIONS[name])
        compare(own, every)
        assert own.steps < every.steps
        fills += own.fills
    assert fills > 6


def test_on_a_synthetic_market_too(tmp_path: Path) -> None:
    """The same on a quarter of an hour of the market that the demonstration trades, in a small part of the steps."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    options: dict[str, Any] = {"base_spread_pct": "0.05", "cancel_before_place": False}
    own = run(PerpMarketMakerStrategy, tmp_path / "own", tapes[0], TEN_MS, 900, **options)
    every = run(sleepless(PerpMarketMakerStrategy), tmp_path / "every", tapes[1], TEN_MS, 900, **options)
    compare(own, every)
    assert own.fills > 10
    assert own.steps < every.steps / 2
