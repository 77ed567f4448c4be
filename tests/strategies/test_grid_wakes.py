"""Sleeping changes nothing: a grid that is woken by everything does exactly what one does that names its wakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from wake_runs import compare, run, sleepless
from worlds import NO_DELAY, START_NS, TEN_MS, make_world, scripted, walk_tape

from simulation.paper_markets import paper_market
from simulation.profile import VenueProfile
from simulation.synthetic import SyntheticTape
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import Wake
from strategies.grid.strategy import GridStrategy

OPTIONS: dict[str, dict[str, Any]] = {
    "pauses": {"wait_time": 8},
    "no pauses": {"wait_time": 0, "max_orders": 6},
    "selling": {"wait_time": 5, "direction": "sell"},
    "step": {"wait_time": 4, "grid_step": "0.01", "take_profit": "0.01"},
    "chance": {"wait_time": 5, "random_timing": True, "dynamic_profit": True},
    "pause price": {"wait_time": 3, "pause_price": "10003"},
    "all prices": {
        "wait_time": 4, "direction": "sell", "grid_step": "0.005", "pause_price": "9995", "stop_price": "9985",
    },
    "stop": {"wait_time": 3, "stop_price": "10010"},
    "stop loss": {"wait_time": 3, "stop_loss_price": "9985"},
    "boost": {"wait_time": 4, "boost": True},
    "loss of a lot": {"wait_time": 4, "stop_loss_percentage": "0.3", "leverage": 5},
    "age of a lot": {"wait_time": 4, "position_timeout": 1, "take_profit": "0.2"},
    "only said": {"wait_time": 4, "position_timeout": 1, "recovery_mode": "none"},
    "margin": {"wait_time": 2, "max_margin": "60.02"},
    "margin, selling": {"wait_time": 2, "max_margin": "40.01", "direction": "sell"},
    "far inside": {"wait_time": 2, "post_only_offset": 3},
    # 0.001 is below the least notional while the price is below 10,000: entries and closes are refused, then go out
    "refusals": {"wait_time": 2, "quantity": "0.001"},
}  # fmt: skip


EVERY = sleepless(GridStrategy)


@pytest.mark.parametrize("profile", [NO_DELAY, TEN_MS], ids=["no delay", "ten ms"])
@pytest.mark.parametrize("name", OPTIONS)
def test_waking_more_often_changes_nothing(name: str, profile: VenueProfile, tmp_path: Path) -> None:
    """Decisions, orders and fills are the same to the nanosecond, in a small part of the steps."""
    steps = fills = all_steps = 0
    for seed in range(1, 4):
        own = run(GridStrategy, tmp_path / f"own-{seed}", walk_tape(seed, 1_200), profile, 400, **OPTIONS[name])
        every = run(EVERY, tmp_path / f"every-{seed}", walk_tape(seed, 1_200), profile, 400, **OPTIONS[name])
        compare(own, every)
        steps, all_steps, fills = steps + own.steps, all_steps + every.steps, fills + own.fills
    assert fills > 6
    assert steps < all_steps / 2


@pytest.mark.parametrize("direction", ["buy", "sell"])
def test_on_a_synthetic_market_too(direction: str, tmp_path: Path) -> None:
    """The same on an hour of the market that the demonstration trades, with default options."""
    tapes = [SyntheticTape(paper_market("BTC"), 11, START_NS) for _ in range(2)]
    own = run(GridStrategy, tmp_path / "own", tapes[0], TEN_MS, 3600, direction=direction)
    every = run(EVERY, tmp_path / "every", tapes[1], TEN_MS, 3600, direction=direction)
    compare(own, every)
    assert own.fills > 20
    assert own.steps < every.steps / 5


def test_a_near_time_is_exact(tmp_path: Path) -> None:
    """A time that a strategy names is when it is asked, however near it is."""

    async def main(clock: VirtualClock) -> None:
        world = await make_world(clock, tmp_path, walk_tape(1, 100), scripted(lambda *_: None), duration_s=1)
        world.strategy.wake = Wake(book=False, at=START_NS + 1_000)
        await world.bot.run()
        assert [data.now_ns for data in world.strategy.seen][:2] == [START_NS, START_NS + 1_000]

    run_virtual(main, start_ns=START_NS)
