"""A geometric grid through the bot: killed at any moment it goes on where it was, and it sits bad books out."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from lives_of_strategies import first_life, second_life
from worlds import NO_DELAY, START_NS, TapeWriter, make_world, walk_tape

from exchanges.venue_session import VenueSession
from helpers.decisions import OnStop
from helpers.journal_reader import JournalReader
from simulation.tape import RowKind
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.base_strategy import StrategyConfig
from strategies.geometric_grid.params import GeometricGridParams
from strategies.geometric_grid.strategy import GeometricGridStrategy

D = Decimal


def grid(sessions: list[VenueSession]) -> GeometricGridStrategy:
    """Give a grid that trades often."""
    params = GeometricGridParams(range_pct=D("0.15"))
    return GeometricGridStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)


@pytest.mark.parametrize("notes", [True, False], ids=["notes", "no notes"])
@pytest.mark.parametrize("seed", range(6))
def test_a_killed_grid_goes_on(seed: int, notes: bool, tmp_path: Path) -> None:
    """After a kill at any moment the books are the position; with its notes nothing has to be put right for it."""
    moment = random.Random(seed).uniform(1, 150)

    async def main(clock: VirtualClock) -> None:
        world = await first_life(clock, tmp_path, walk_tape(seed, 1_000), grid, moment)
        life = await second_life(clock, tmp_path, world.venue, grid, 60, notes=notes)
        await life.run()
        data = life.session.market_data()
        assert data is not None
        assert data.position is not None
        state = life.strategy.state
        held = sum((lot.quantity for lot in state.lots.values()), state.dust) + (state.outside or 0)
        assert held == data.position.quantity
        covered = sum(order.remaining_quantity for order in data.orders if order.intent.startswith("exit-"))
        assert covered == abs(held - (state.outside or 0))

    run_virtual(main, start_ns=START_NS)
    with JournalReader(tmp_path / "second") as journal:
        said = [decision.message for decision in journal.decisions()]
    assert not notes or not [text for text in said if "without an order of this grid" in text]


def test_bad_books_are_sat_out(tmp_path: Path) -> None:
    """One-sided, crossed and silent books decide nothing; a fill among them has its exit when the book is back."""
    tape = TapeWriter(620_000, 620_001)
    tape.quote(5, 620_000, 0, 100, 0).trade(6, RowKind.SELL, 618_000, 10_000)
    tape.quote(8, 0, 619_000, 0, 100).quote(9, 619_500, 619_000).quote(10, 0, 0, 0, 0)
    for second in range(40, 60):
        tape.quote(second, 619_000 + second % 2, 619_010)

    async def main(clock: VirtualClock) -> None:
        world = await make_world(
            clock, tmp_path, tape.tape(), grid, profile=NO_DELAY, on_stop=OnStop.KEEP, duration_s=58
        )
        await world.bot.run()
        assert world.bot.stopped_because == "the duration is over"
        state = world.strategy.state
        data = world.session.market_data()
        assert data is not None
        assert data.position is not None
        assert data.position.quantity > 0
        assert sum(lot.quantity for lot in state.lots.values()) == data.position.quantity
        exits = [order for order in data.orders if order.intent.startswith("exit-")]
        assert sum(order.remaining_quantity for order in exits) == data.position.quantity
        assert not world.lines.texts("rejected")
        assert not world.lines.texts("refused")

    run_virtual(main, start_ns=START_NS)
