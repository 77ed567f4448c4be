"""Whole runs through the bot: books that cannot be trusted, and what the account looks like after a day of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from avellaneda_scenes import D
from worlds import START_NS, TEN_MS, TapeWriter, World, make_world, walk_tape

from exchanges.venue_session import VenueSession
from helpers.enums import Side
from helpers.journal_reader import JournalReader
from simulation.tape import MemoryTape
from simulation.virtual_loop import VirtualClock, run_virtual
from strategies.avellaneda_stoikov.params import AvellanedaStoikovParams
from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy
from strategies.base_strategy import StrategyConfig

BAD_BOOKS: dict[str, tuple[int, int, int, int]] = {
    "no bid": (0, 100_003, 0, 100),
    "no ask": (100_000, 0, 100, 0),
    "empty": (0, 0, 0, 0),
    "crossed": (100_010, 100_003, 100, 100),
    "locked": (100_003, 100_003, 100, 100),
}


def maker(**options: Any) -> Callable[[list[VenueSession]], AvellanedaStoikovStrategy]:
    """Give a builder of one that quotes near the mid of a market at 10,000."""
    params = AvellanedaStoikovParams(**{"kappa": 10, "window": 5, **options})

    def build(sessions: list[VenueSession]) -> AvellanedaStoikovStrategy:
        return AvellanedaStoikovStrategy(StrategyConfig("BTC", D("0.002"), params, random.Random(5)), *sessions)

    return build


def swinging(bad: tuple[int, int, int, int]) -> MemoryTape:
    """Give a minute of a market that swings, with a book that cannot be traded on between second 20 and 40."""
    tape = TapeWriter(100_000, 100_003)
    for second in range(1, 60):
        shift = 3 * (second % 2)
        if 20 <= second < 40:
            tape.quote(second, *bad[:2], bad[2] + (bad[2] > 0) * second, bad[3] + (bad[3] > 0) * second)
        else:
            tape.quote(second, 100_000 + shift, 100_003 + shift, 100 + second, 100)
    return tape.tape()


def run(folder: Path, tape: MemoryTape, seconds: float, **options: Any) -> World:
    """Run to the end."""
    worlds: list[World] = []

    async def main(clock: VirtualClock) -> None:
        world = await make_world(clock, folder, tape, maker(**options), profile=TEN_MS, duration_s=seconds)
        await world.bot.run()
        worlds.append(world)

    run_virtual(main, start_ns=START_NS)
    return worlds[0]


def second_of(time_ns: int) -> float:
    """Give the second of the tape."""
    return (time_ns - START_NS) / 1e9


@pytest.mark.parametrize("name", BAD_BOOKS)
def test_quotes_are_withdrawn_from_a_bad_book_and_come_back(name: str, tmp_path: Path) -> None:
    """Two seconds after the book went bad nothing rests and nothing is sent; then both sides are quoted again."""
    world = run(tmp_path, swinging(BAD_BOOKS[name]), 59)
    (withdrawn,) = [line for line in world.lines.lines if line.kind == "health" and "cancelled" in line.text]
    assert second_of(withdrawn.time_ns) == pytest.approx(22, abs=0.2)
    sent = [second_of(line.time_ns) for line in world.lines.lines if line.kind == "place_order"]
    assert any(second < 20 for second in sent)
    assert not [second for second in sent if 20.5 < second < 40]
    with JournalReader(tmp_path / "test") as journal:
        after = [order for order in journal.orders() if second_of(order.created_ns) > 40]
    assert {order.side for order in after} == {Side.BUY, Side.SELL}
    assert not [line.text for line in world.lines.lines if line.kind in {"refused", "rejected"}]


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_run_stays_within_its_bounds(seed: int, tmp_path: Path) -> None:
    """Five minutes of a wild market: position bounded, two live orders a side, few rejections, no refusals."""
    most = D("0.008")
    world = run(tmp_path, walk_tape(seed, 1_200), 300, max_position_base=most, requote_ticks=1)
    with JournalReader(tmp_path / "test") as journal:
        held, positions = D(0), []
        for fill in journal.fills():
            held += fill.quantity * fill.side.sign
            positions.append(held)
        orders = journal.orders()
    assert len(positions) > 20
    assert max(abs(position) for position in positions) <= most
    assert {order.intent for order in orders} <= {"bid-a", "bid-b", "ask-a", "ask-b"}
    assert all(order.post_only for order in orders)
    assert not world.lines.texts("refused")
    rejected = world.lines.texts("rejected")
    assert len(rejected) < len(orders) / 20
    assert all("POST_ONLY" in text for text in rejected)  # the book moved while the order was on its way
