"""The columns of a tape and the tape that fits in memory."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal

import pytest

from simulation.kernel_orders import Touch
from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk

INSTRUMENT = Instrument(
    ticker="BTC",
    quote="USD",
    source="test",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    depth_lots=(100, 10),
)


def chunk_at(*times: int) -> TapeChunk:
    """Make a chunk of quotes at these times."""
    chunk = TapeChunk()
    for time_ns in times:
        chunk.append(time_ns, RowKind.QUOTE, 100, 5, 101, 6)
    return chunk


def test_a_row_is_spread_over_the_columns() -> None:
    """Appending puts each value into its own column; a quote has no price and no lots."""
    chunk = TapeChunk()
    chunk.append(1, RowKind.QUOTE, 100, 5, 101, 6)
    chunk.append(2, RowKind.SELL, 100, 5, 101, 6, price=100, lots=3)
    assert len(chunk) == 2
    assert list(chunk.time_ns) == [1, 2]
    assert list(chunk.kind) == [0, 2]
    assert (chunk.bid[1], chunk.bid_lots[1], chunk.ask[1], chunk.ask_lots[1]) == (100, 5, 101, 6)
    assert list(chunk.price) == [0, 100]
    assert list(chunk.lots) == [0, 3]


def test_a_price_beyond_32_bits_is_refused() -> None:
    """Ticks are 32-bit: what does not fit raises instead of wrapping round."""
    with pytest.raises(OverflowError):
        TapeChunk().append(1, RowKind.QUOTE, 2**31, 1, 2, 1)


def test_a_view_reads_like_the_chunk_it_looks_at() -> None:
    """Columns that lie elsewhere are indexed, sliced and searched, and no row can be added to them."""
    chunk = chunk_at(*range(300))
    view = TapeChunk.view(
        {name: memoryview(getattr(chunk, name)) for name in TapeChunk.__slots__[1:]}, memoryview(chunk.figures())
    )
    assert len(view) == 300
    assert (view.time_ns[7], list(view.ask[298:]), bisect_right(view.time_ns, 9)) == (7, [101, 101], 10)
    for buy, row in ((100, 300), (101, 0)):
        touch = Touch()
        touch.buy = buy
        assert view.rows().first_touch(0, 300, touch) == row
    with pytest.raises(AttributeError):
        view.append(300, RowKind.QUOTE, 100, 5, 101, 6)


def test_memory_tape_starts_anew_each_time() -> None:
    """Two readers of one tape see the same rows; empty chunks do not count."""
    tape = MemoryTape(INSTRUMENT, [TapeChunk(), chunk_at(7, 8), TapeChunk(), chunk_at(9)])
    assert tape.start_ns == 7
    assert tape.instrument is INSTRUMENT
    assert [list(chunk.time_ns) for chunk in tape.chunks()] == [[7, 8], [9]]
    assert [list(chunk.time_ns) for chunk in tape.chunks()] == [[7, 8], [9]]


def test_a_tape_without_rows_is_refused() -> None:
    """There is no empty tape."""
    with pytest.raises(ValueError, match="at least one row"):
        MemoryTape(INSTRUMENT, [TapeChunk()])
