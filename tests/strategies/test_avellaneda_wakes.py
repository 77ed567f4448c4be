"""Sleeping changes nothing: a maker that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, walk_tape, with_market

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy

NEAR: dict[str, Any] = {"kappa": 10, "window": 10}
"""The tape's price is 10,000 and moves by some 0.5 USD a look: 0.4 USD from the mid is near enough to trade."""
OPTIONS: dict[str, dict[str, Any]] = {
    "near": NEAR,
    "ten ticks": {**NEAR, "requote_ticks": 10},
    "every tick": {**NEAR, "requote_ticks": 0},
    "slow looks": {**NEAR, "refresh_interval": 3},
    "quick looks": {**NEAR, "refresh_interval": "0.3", "sample_interval": "0.5"},
    "off beat": {**NEAR, "refresh_interval": "1.3", "sample_interval": "0.7", "ewma_alpha": "0.5"},
    "small position": {**NEAR, "max_position_base": "0.004", "recover_ratio": "0.5", "gamma": "0.0001"},
    "at the touch": {**NEAR, "join_touch": True, "min_spread_bps": None},
    "leaning": {**NEAR, "gamma": "0.5", "gamma_max": 2, "beta": 3, "tau": 10},
    # 0.001 is below the least notional while the price is below 10,000: such orders are not asked for
    "small orders": {**NEAR, "quantity": "0.001"},
}

EVERY = sleepless(AvellanedaStoikovStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond."""
    fills = steps = all_steps = 0
    for seed in (1, 2):
        tapes = [walk_tape(seed, 600) for _ in range(2)]
        own = run(AvellanedaStoikovStrategy, tmp_path / f"own-{seed}", tapes[0], profile, 200, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", tapes[1], profile, 200, **OPTIONS[name])
        compare(own, every)
        fills, steps, all_steps = fills + own.fills, steps + own.steps, all_steps + every.steps
    assert fills > 6
    assert steps < all_steps


def test_where_a_tick_is_larger_than_the_spread(tmp_path: Path) -> None:
    """Ticks of 50 USD, of which the mid moves by half of one: the same decisions, and no move at each flip."""
    coarse, market = replace(paper_market("BTC"), tick_size=Decimal(50)), with_market(tick_size=Decimal(50))
    tapes = [SyntheticTape(coarse, 11, START_NS) for _ in range(2)]
    own = run(AvellanedaStoikovStrategy, tmp_path / "own", tapes[0], TEN_MS, 1200, market=market)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 1200, market=market)
    compare(own, every)
    assert own.fills > 3
    assert len([line for line in own.lines if line.kind == "place_order"]) < 400


def test_on_a_synthetic_market_too(tmp_path: Path) -> None:
    """The same on twenty minutes of the market that the demonstration trades, near enough to the mid to fill."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(AvellanedaStoikovStrategy, tmp_path / "own", tapes[0], TEN_MS, 1200, kappa="0.1")
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 1200, kappa="0.1")
    compare(own, every)
    assert own.fills > 3
    assert own.steps < every.steps
