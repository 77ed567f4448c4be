"""Sleeping changes nothing: a ladder that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, walk_tape

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from strategies.trend_ladder.strategy import TrendLadderStrategy

FAST: dict[str, Any] = {"wait_time": 8, "min_wait": 2, "max_wait": 16, "take_profit_usd": "1.5"}
AUTO: dict[str, Any] = {**FAST, "direction": "auto", "ema_period": 3, "atr_period": 2, "warm_up": 1}
# A part of a large entry is closed when the rest is given up: then the market has passed the target.
REQUOTES: dict[str, Any] = {
    **FAST, "take_profit_usd": "0.05", "quantity": "0.2", "partial_tp": False, "requote_ticks": 1, "requote_confirm": 1,
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "long": FAST,
    "short": {**FAST, "direction": "short"},
    "no pauses": {**FAST, "min_wait": 0, "wait_time": 0, "max_wait": 0, "max_orders": 6},
    "auto": {**AUTO, "slope_threshold": "0.1"},
    "auto without threshold": {**AUTO, "slope_threshold": 0, "take_profit_usd": "0.3"},
    "whole entries": {**FAST, "partial_tp": False, "quantity": "0.009"},
    "parts of entries": {**FAST, "quantity": "0.009", "flush_ticks": 4},
    "requotes": REQUOTES,
    "requotes, place first": {**REQUOTES, "requote_mode": "place_first"},
    "strict": {**FAST, "imbalance_multiplier": 1, "max_corrections": 0, "quantity": "0.004"},
    # 0.001 is below the least notional while the price is below 10,000: entries wait for the price
    "too small": {**FAST, "quantity": "0.001"},
}
EVERY = sleepless(TrendLadderStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in a small part of the steps."""
    steps = fills = all_steps = requotes = 0
    for seed in range(1, 3):
        own = run(TrendLadderStrategy, tmp_path / f"own-{seed}", walk_tape(seed, 900), profile, 280, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", walk_tape(seed, 900), profile, 280, **OPTIONS[name])
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
        requotes += sum("belongs at" in line.text for line in own.lines)
    assert fills > 6
    assert 3 * steps < 2 * all_steps
    assert requotes > 1 or "requotes" not in name


@pytest.mark.parametrize("direction", ["long", "auto"])
def test_on_a_synthetic_market_too(direction: str, tmp_path: Path) -> None:
    """The same on the market that the demonstration trades, with a shorter look at the trend."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    options = {"direction": direction, "slope_threshold": "0.1", "ema_period": 10, "warm_up": 10}
    own = run(TrendLadderStrategy, tmp_path / "own", tapes[0], TEN_MS, 2_400, **options)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 2_400, **options)
    compare(own, every)
    assert own.fills > 10
    assert own.steps < every.steps / 3
