"""Sleeping changes nothing: a geometric grid woken by everything does what one does that names its wakes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import MARKET, NO_DELAY, START_NS, TEN_MS, TapeWriter, walk_tape, with_market

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import MemoryTape, RowKind
from strategies.geometric_grid.strategy import GeometricGridStrategy

# The walk begins at 10,000.0 and moves by up to 0.9 at a time, so a step of 0.02 % is passed every few seconds.
OPTIONS: dict[str, dict[str, Any]] = {
    "neutral": {"range_pct": "0.2"},
    "long": {"range_pct": "0.2", "mode": "long", "orders_per_side": 3},
    "short": {"range_pct": "0.2", "mode": "short", "orders_per_side": 8},
    "moving": {"range_pct": "0.05", "levels": 9, "orders_per_side": 3, "recenter_on_move": True},
    "moving, long": {"range_pct": "0.04", "levels": 9, "mode": "long", "recenter_on_move": True},
    # levels so near each other that every quote passes one: it never sleeps long
    "ticks": {"range_pct": "0.01", "levels": 12, "orders_per_side": 3, "recenter_on_move": True},
    "takers": {"range_pct": "0.1", "post_only": False, "requote_ticks": 3},
    "money": {"range_pct": "0.1", "quote_allocation": "300", "orders_per_side": 2},
    "one a side": {"range_pct": "0.1", "orders_per_side": 1},
}
EVERY = sleepless(GeometricGridStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in fewer steps where levels lie apart."""
    steps = fills = all_steps = 0
    for seed in (1, 2):
        tapes = [walk_tape(seed, 300) for _ in range(2)]
        own = run(GeometricGridStrategy, tmp_path / f"own-{seed}", tapes[0], profile, 75, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", tapes[1], profile, 75, **OPTIONS[name])
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
    assert fills > 4
    assert steps < all_steps * 2 / 3 or name == "ticks"


def test_refusals_wake_it_in_time(tmp_path: Path) -> None:
    """Entries that the venue refuses for want of money come again after the same pauses, however often it is woken."""
    dear = with_market(max_leverage=MARKET.max_leverage / 50)
    for profile in (NO_DELAY, TEN_MS):
        options = {"range_pct": "0.2", "quantity": "0.4", "market": dear}
        own = run(GeometricGridStrategy, tmp_path / f"own-{id(profile)}", walk_tape(3, 300), profile, 75, **options)
        every = run(EVERY, tmp_path / f"every-{id(profile)}", walk_tape(3, 300), profile, 75, **options)
        compare(own, every)
        assert any(line.kind in {"rejected", "refused"} for line in own.lines)


def thin_tape(seed: int, rows: int) -> MemoryTape:
    """Give a random walk whose spread now and then is as wide as several levels."""
    rng = random.Random(seed)
    writer, bid = TapeWriter(100_000, 100_001, 50), 100_000
    for row in range(1, rows):
        if rng.random() < 0.3:
            kind = rng.choice([RowKind.BUY, RowKind.SELL])
            writer.trade(row * 0.25, kind, bid + 1 if kind is RowKind.BUY else bid, 20)
        else:
            bid += rng.choice([-9, -3, 0, 3, 9])
            low, wide = rng.choice([(0, 1), (0, 1), (0, 60), (50, 0), (30, 30)])
            writer.quote(row * 0.25, bid - low, bid + max(1, wide), 50, 50)
    return writer.tape()


@pytest.mark.parametrize("name", ["neutral", "moving", "moving, long"])
def test_a_thin_book_wakes_it_in_time(name: str, tmp_path: Path) -> None:
    """The same where the spread jumps over levels and back."""
    for seed in (1, 2):
        tapes = [thin_tape(seed, 300) for _ in range(2)]
        own = run(GeometricGridStrategy, tmp_path / f"own-{seed}", tapes[0], TEN_MS, 75, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", tapes[1], TEN_MS, 75, **OPTIONS[name])
        compare(own, every)
        assert own.fills > 4


def test_on_a_synthetic_market_too(tmp_path: Path) -> None:
    """The same on the market that the demonstration trades, in a small part of the steps."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(GeometricGridStrategy, tmp_path / "own", tapes[0], TEN_MS, 1200, range_pct="0.3")
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 1200, range_pct="0.3")
    compare(own, every)
    assert own.fills > 6
    assert own.steps < every.steps / 5
