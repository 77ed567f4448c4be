"""The synthetic event tape has the properties that its docstring states, whatever its length and seed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.event_tape import COLUMNS, INSTRUMENT, MOVING, event_folder, event_tape, make_chunks
from simulation.tape import CHUNK_ROWS, RowKind, TapeChunk

ROWS = 140_000
SHORT = 70_000
NS_PER_S = 1_000_000_000


@pytest.fixture(scope="module")
def chunks() -> list[TapeChunk]:
    """Three chunks of the usual tape."""
    return list(make_chunks(ROWS, 7, MOVING))


def column(chunks: list[TapeChunk], name: str) -> list[int]:
    """Join a column over all chunks."""
    return [value for chunk in chunks for value in getattr(chunk, name)]


def touches(chunks: list[TapeChunk]) -> list[tuple[int, int]]:
    """Give the best bid and ask of each row."""
    return list(zip(column(chunks, "bid"), column(chunks, "ask"), strict=True))


def test_it_has_the_rows_that_were_asked_for(chunks: list[TapeChunk]) -> None:
    """All columns of all chunks add up, and only the last chunk is short."""
    assert [len(chunk) for chunk in chunks] == [CHUNK_ROWS, CHUNK_ROWS, ROWS - 2 * CHUNK_ROWS]
    assert {len(column(chunks, name)) for name in COLUMNS} == {ROWS}


def test_no_two_rows_have_the_same_time(chunks: list[TapeChunk]) -> None:
    """Times only grow, also from chunk to chunk."""
    assert all(now > before for before, now in pairwise(column(chunks, "time_ns")))


def test_there_are_250_rows_a_second(chunks: list[TapeChunk]) -> None:
    """The average rate is that of a busy market."""
    times = column(chunks, "time_ns")
    assert ROWS * NS_PER_S / (times[-1] - times[0]) == pytest.approx(250, rel=0.02)


def test_a_tenth_of_the_rows_are_trades_of_both_sides(chunks: list[TapeChunk]) -> None:
    """Nine rows of ten are quotes; buyers and sellers take equally often."""
    kinds = Counter(column(chunks, "kind"))
    assert kinds[RowKind.QUOTE] / ROWS == pytest.approx(0.9, abs=0.005)
    assert kinds[RowKind.BUY] / kinds[RowKind.SELL] == pytest.approx(1, rel=0.05)
    assert kinds[RowKind.TRADE] == 0


@pytest.mark.parametrize("moving", [MOVING, 0.10])
def test_the_share_of_moving_rows_is_what_was_asked_for(moving: float) -> None:
    """The best price moves on that share of the rows."""
    moves = sum(now != before for before, now in pairwise(touches(list(make_chunks(SHORT, 3, moving)))))
    assert moves / SHORT == pytest.approx(moving, rel=0.1)


def test_most_moves_are_one_tick_and_most_spreads_too(chunks: list[TapeChunk]) -> None:
    """60 % of the moves of the bid are one tick, none is above 40; 85 % of the spreads are one tick, none above 5."""
    bids = column(chunks, "bid")
    steps = Counter(abs(now - before) for before, now in pairwise(bids) if now != before)
    assert steps[1] / steps.total() == pytest.approx(0.60, abs=0.03)
    assert max(steps) == 40
    spreads = Counter(ask - bid for bid, ask in touches(chunks))
    assert spreads[1] / ROWS == pytest.approx(0.85, abs=0.03)
    assert set(spreads) == {1, 2, 3, 4, 5}


def test_it_starts_at_62000(chunks: list[TapeChunk]) -> None:
    """The first price is 62,000.0 in ticks of 0.1."""
    assert abs(column(chunks, "bid")[0] - 62_000 / INSTRUMENT.tick_size) <= 40


def test_trades_are_at_the_touch_and_within_what_is_displayed(chunks: list[TapeChunk]) -> None:
    """A buyer takes from the ask, a seller from the bid, and the quote stays as it is until the next row."""
    before = None
    for chunk in chunks:
        for kind, bid, bid_lots, ask, ask_lots, price, lots in zip(
            chunk.kind, chunk.bid, chunk.bid_lots, chunk.ask, chunk.ask_lots, chunk.price, chunk.lots, strict=True
        ):
            quote = (bid, bid_lots, ask, ask_lots)
            if kind == RowKind.QUOTE:
                assert (price, lots) == (0, 0)
            else:
                assert quote == before or before is None
                best, displayed = (ask, ask_lots) if kind == RowKind.BUY else (bid, bid_lots)
                assert price == best
                assert 0 < lots <= displayed
            before = quote


def test_quantities_are_multiples_of_fifty_lots(chunks: list[TapeChunk]) -> None:
    """Orders of one lot never compete for the last lots of a trade; nothing displayed exceeds the assumed depth."""
    for name in ("bid_lots", "ask_lots", "lots"):
        assert not any(lots % 50 for lots in column(chunks, name))
    displayed = column(chunks, "bid_lots") + column(chunks, "ask_lots")
    assert min(displayed) > 0
    assert max(displayed) <= INSTRUMENT.depth_lots[-1]


def test_the_seed_is_all_there_is() -> None:
    """The same seed gives the same rows, another seed others, and a longer tape begins with the same chunks."""
    rows = {seed: [column(list(make_chunks(1_000, seed, MOVING)), name) for name in COLUMNS] for seed in (1, 2)}
    again = [column(list(make_chunks(1_000, 1, MOVING)), name) for name in COLUMNS]
    assert rows[1] == again
    assert rows[1] != rows[2]
    longer = next(make_chunks(CHUNK_ROWS + 1, 1, MOVING))
    assert longer.bid == next(make_chunks(CHUNK_ROWS, 1, MOVING)).bid


def test_what_is_read_back_is_what_was_made(tmp_path: Path) -> None:
    """The files hold the same columns in the same chunks, at the first call and at the next."""
    made = [[getattr(chunk, name) for name in COLUMNS] for chunk in make_chunks(SHORT, 7, MOVING)]
    for _ in range(2):
        tape = event_tape(SHORT, cache=tmp_path)
        assert [[getattr(chunk, name) for name in COLUMNS] for chunk in tape.chunks()] == made
    assert tape.instrument == INSTRUMENT


def test_a_second_call_makes_nothing(tmp_path: Path) -> None:
    """A tape that is there is not made again; every seed and share has its own."""
    folder = event_folder(100, cache=tmp_path)
    (folder / "mark").touch()
    assert (event_folder(100, cache=tmp_path) / "mark").exists()
    others = {event_folder(100, seed=8, cache=tmp_path), event_folder(100, moving=0.1, cache=tmp_path)}
    assert len(others | {folder}) == 3


def test_an_interrupted_run_leaves_no_half_tape(tmp_path: Path) -> None:
    """What a run left unfinished is made anew."""
    folder = event_folder(100, cache=tmp_path)
    folder.rename(folder.with_name(folder.name + ".part"))
    (folder.with_name(folder.name + ".part") / "bid").unlink()
    assert [len(chunk) for chunk in event_tape(100, cache=tmp_path).chunks()] == [100]
