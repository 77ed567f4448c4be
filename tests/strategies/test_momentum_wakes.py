"""Sleeping changes nothing: momentum that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, S, TapeWriter, walk_tape, with_market

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.tape import MemoryTape
from strategies.examples.momentum import MomentumStrategy

OPTIONS: dict[str, dict[str, Any]] = {
    "quick": {"lookback_period": 3, "bar_length": "1", "threshold": "0"},
    "slow": {"lookback_period": 4, "bar_length": "7.3", "threshold": "0.001"},
    "long only": {"lookback_period": 5, "bar_length": "1", "threshold": "0.005", "short": False},
    "threshold": {"lookback_period": 8, "bar_length": "1", "threshold": "0.01"},
    "odd bars": {"lookback_period": 2, "bar_length": "1.37", "threshold": "0"},
    "large": {"lookback_period": 3, "bar_length": "2", "threshold": "0", "quantity": "0.2"},
    # below the least notional while the price is below 10,000: it may open at times only
    "too small": {"lookback_period": 3, "bar_length": "1", "threshold": "0", "quantity": "0.001"},
}
EVERY = sleepless(MomentumStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in a small part of the steps."""
    steps = fills = all_steps = 0
    for seed in (1, 2):
        own = run(MomentumStrategy, tmp_path / f"own-{seed}", walk_tape(seed, 1_200), profile, 290, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", walk_tape(seed, 1_200), profile, 290, **OPTIONS[name])
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
    assert fills > 6
    assert steps < all_steps / 1.5


def test_on_a_synthetic_market_too(tmp_path: Path) -> None:
    """The same on two hours of the market that the demonstration trades, with default options."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(MomentumStrategy, tmp_path / "own", tapes[0], TEN_MS, 7200)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 7200)
    compare(own, every)
    assert own.fills > 8
    assert own.steps < every.steps / 10


def troubled_tape(seed: int) -> MemoryTape:
    """Give a market that rises and falls, and that is empty, one-sided or crossed for some seconds of each minute."""
    writer = TapeWriter(620_000, 620_001)
    for second in range(1, 400):
        bid = 620_000 + 40 * abs(second % 120 - 60) + (7 * seed * second) % 11
        bad = {20: (bid, 0), 21: (0, 0), 22: (0, bid), 45: (bid, bid), 46: (bid + 9, bid)}
        low, high = bad.get(second % 60, (bid, bid + 1))
        writer.quote(second, low, high, 100 if low else 0, 100 if high else 0)
    return writer.tape()


@pytest.mark.parametrize("seed", range(3))
def test_through_a_troubled_book(seed: int, tmp_path: Path) -> None:
    """Without a tradable book it does nothing, breaks nothing, and sleeping still changes nothing."""
    options: dict[str, Any] = {"lookback_period": 5, "bar_length": "2", "threshold": "0.01"}
    own = run(MomentumStrategy, tmp_path / "own", troubled_tape(seed), TEN_MS, 390, **options)
    every = run(EVERY, tmp_path / "every", troubled_tape(seed), TEN_MS, 390, **options)
    compare(own, every)
    assert own.fills > 4
    bad = {20, 21, 22, 45, 46}
    orders = [line for line in own.lines if line.kind == "place_order"]
    assert orders
    assert not [line for line in orders if (line.time_ns - START_NS) // S % 60 in bad]
    assert not [line for line in own.lines if line.kind in {"refused", "rejected"}]


def test_a_refusal_is_heard_whenever_it_wakes(tmp_path: Path) -> None:
    """Where every order is refused, it asks again at the same times however often it is woken, and ever more rarely."""
    market = with_market(max_open_orders=0)
    options: dict[str, Any] = {"lookback_period": 3, "bar_length": "1", "threshold": "0"}
    own = run(MomentumStrategy, tmp_path / "own", walk_tape(1, 1_200), TEN_MS, 290, market=market, **options)
    every = run(EVERY, tmp_path / "every", walk_tape(1, 1_200), TEN_MS, 290, market=market, **options)
    compare(own, every)
    refused = [line.time_ns for line in own.lines if line.kind == "refused"]
    assert 5 < len(refused) < 20
