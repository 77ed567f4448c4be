"""Sleeping changes nothing: scalping that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, S, TapeWriter, walk_tape, with_market

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import MemoryTape, RowKind
from strategies.examples.scalping import ScalpingStrategy

OPTIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "eager": {"imbalance": "51", "cooldown": "0", "entry_patience": "2"},
    "near stop": {"stop_loss": "0.005", "take_profit": "0.05", "cooldown": "1"},
    "near profit": {"take_profit": "0.001", "cooldown": "1"},
    "short hold": {"max_hold": "3", "take_profit": "0.05", "stop_loss": "1", "cooldown": "0.5"},
    "patient": {"entry_patience": "30", "imbalance": "60"},
    "large": {"quantity": "0.08", "imbalance": "60"},
    # below the least notional while the price is below 10,000: it may enter at times only
    "too small": {"quantity": "0.001", "imbalance": "60"},
}
EVERY = sleepless(ScalpingStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in fewer steps."""
    steps = fills = all_steps = 0
    for seed in (1, 2):
        own = run(ScalpingStrategy, tmp_path / f"own-{seed}", walk_tape(seed, 1_200), profile, 290, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", walk_tape(seed, 1_200), profile, 290, **OPTIONS[name])
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
    assert fills > 6
    assert steps < all_steps


def test_on_a_synthetic_market_too(tmp_path: Path) -> None:
    """The same on an hour of the market that the demonstration trades, with default options."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(ScalpingStrategy, tmp_path / "own", tapes[0], TEN_MS, 3600)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 3600)
    compare(own, every)
    assert own.fills > 50
    assert own.steps < every.steps * 2 / 3


BAD = range(20, 30)


def troubled_tape(seed: int) -> MemoryTape:
    """Give a market with trades at the touch that is empty, one-sided or crossed for ten seconds of each minute."""
    rng, writer, bid = random.Random(seed), TapeWriter(620_000, 620_001), 620_000
    for second in range(1, 400):
        bid += rng.choice([-90, -20, 0, 20, 90])
        low, high = bid, bid + 1
        if second % 60 in BAD:
            low, high = [(bid, 0), (0, 0), (0, bid), (bid, bid), (bid + 9, bid)][second % 5]
        writer.quote(second, low, high, rng.randint(1, 9) if low else 0, rng.randint(1, 9) if high else 0)
        if low and high > low:
            writer.trade(second + 0.5, *rng.choice([(RowKind.BUY, high), (RowKind.SELL, low)]), 20)
    return writer.tape()


@pytest.mark.parametrize("seed", [2, 4, 5])
def test_through_a_troubled_book(seed: int, tmp_path: Path) -> None:
    """Without a tradable book it places nothing; entries are withdrawn; sleeping still changes nothing."""
    options: dict[str, Any] = {"imbalance": "60", "cooldown": "1", "entry_patience": "8"}
    own = run(ScalpingStrategy, tmp_path / "own", troubled_tape(seed), TEN_MS, 390, **options)
    every = run(EVERY, tmp_path / "every", troubled_tape(seed), TEN_MS, 390, **options)
    compare(own, every)
    assert own.fills > 8
    assert [line for line in own.lines if line.kind == "health" and "cancelled entry" in line.text]
    orders = [line for line in own.lines if line.kind == "place_order"]
    assert not [line for line in orders if (line.time_ns - START_NS) // S % 60 in BAD]


def test_a_refusal_is_heard_whenever_it_wakes(tmp_path: Path) -> None:
    """Where every entry is refused, it asks again at the same times however often it is woken, and ever more rarely."""
    market = with_market(max_open_orders=0)
    own = run(ScalpingStrategy, tmp_path / "own", walk_tape(1, 1_200), TEN_MS, 290, market=market)
    every = run(EVERY, tmp_path / "every", walk_tape(1, 1_200), TEN_MS, 290, market=market)
    compare(own, every)
    refused = [line.time_ns for line in own.lines if line.kind == "refused"]
    assert 5 < len(refused) < 20
