"""The race through the whole bot: strategy, risk manager, client and venue end with the plain loop's fills."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from benchmarks.backtest_cases import fill_rows, race_bot
from benchmarks.event_tape import INSTRUMENT, MOVING, make_chunks
from benchmarks.race import MAX_SELLS, PAUSE_NS, FillRow, FillRule, Race, fingerprint
from benchmarks.reference import run_plain
from simulation.tape import MemoryTape, RowKind, Tape, TapeChunk

ROWS = 20_000


def slowed(chunks: Iterable[TapeChunk], times: int) -> MemoryTape:
    """Make a tape that takes so many times as long: with more pauses, and more of them between two rows."""
    tape = MemoryTape(INSTRUMENT, chunks)
    start_ns = tape.start_ns
    for chunk in tape.chunks():
        for row, time_ns in enumerate(chunk.time_ns):
            chunk.time_ns[row] = start_ns + (time_ns - start_ns) * times
    return tape


def bot_fills(race: Race, tape: Tape) -> list[FillRow]:
    """Run the whole bot."""
    bot = race_bot(race, tape)
    bot.run()
    assert bot.bot.stopped_because == "the recording is over"
    return fill_rows(bot)


@pytest.mark.parametrize("moving", [MOVING, 0.1])
@pytest.mark.parametrize("race", list(Race))
def test_the_whole_bot_ends_with_the_fills_of_the_plain_loop(race: Race, moving: float) -> None:
    """On the benchmark's own tape, and on one that moves four times as often, every fill is the same."""
    tape = MemoryTape(INSTRUMENT, make_chunks(ROWS, 7, moving))
    expected = run_plain(tape, race, FillRule.QUEUE)
    assert expected
    assert fingerprint(bot_fills(race, tape)) == fingerprint(expected)


@pytest.mark.parametrize("moving", [MOVING, 0.1])
def test_the_grid_keeps_to_the_rules_over_many_pauses(moving: float) -> None:
    """Over an hour and a half of sparse rows, most pauses end between two rows; every fill is the plain loop's."""
    tape = slowed(make_chunks(ROWS, 7, moving), 75)
    expected = run_plain(tape, Race.GRID, FillRule.QUEUE)
    assert len(expected) >= MAX_SELLS
    assert sorted(bot_fills(Race.GRID, tape)) == sorted(expected)


def test_a_full_grid_waits_for_room() -> None:
    """In a falling market the bot buys as often as sells may rest; when one fills at last, it buys again."""
    chunk = TapeChunk()
    for step in range(40):
        bid = 500_000 - 10 * step
        chunk.append(1 + step * PAUSE_NS, RowKind.QUOTE, bid, 100, bid + 1, 100)
    chunk.append(1 + 41 * PAUSE_NS + 5, RowKind.QUOTE, 500_010, 100, 500_011, 100)
    chunk.append(1 + 41 * PAUSE_NS + 6, RowKind.QUOTE, 499_900, 100, 499_901, 100)
    tape = MemoryTape(INSTRUMENT, [chunk])
    expected = run_plain(tape, Race.GRID, FillRule.QUEUE)
    sides = [side for _, side, _ in expected]
    assert sides[:MAX_SELLS] == [1] * MAX_SELLS
    assert sides[MAX_SELLS] == -1
    assert sides[-1] == 1
    assert sorted(bot_fills(Race.GRID, tape)) == sorted(expected)
