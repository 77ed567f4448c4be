"""When a tape ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from worlds import START_NS, TapeWriter, walk_tape

from helpers.errors import UserError
from simulation.paper_world import recorded_end_ns, recorded_tape
from simulation.parquet_tape import write_parquet
from simulation.tape import CHUNK_ROWS, MemoryTape
from simulation.tape_end import goes_on, last_row_ns

S = 1_000_000_000


def written(path: Path, tape: MemoryTape) -> Path:
    """Write a tape down."""
    write_parquet(tape, path)
    return path


def test_the_last_row_is_found_in_the_last_row_group(tmp_path: Path) -> None:
    """A file of one row group or of several ends with its last row."""
    short = written(tmp_path / "short.parquet", TapeWriter().quote(9, 1000, 1001).tape())
    long = written(tmp_path / "long.parquet", walk_tape(1, CHUNK_ROWS + 7, step_s=1))
    assert last_row_ns(short) == START_NS + 9 * S
    assert last_row_ns(long) == START_NS + (CHUNK_ROWS + 6) * S


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    """A page that does not match its checksum is named, not believed."""
    path = written(tmp_path / "bad.parquet", TapeWriter().quote(9, 1000, 1001).tape())
    data = bytearray(path.read_bytes())
    data[40] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"bad.parquet"):
        last_row_ns(path)


def test_a_tape_of_one_instant_does_not_go_on() -> None:
    """Any number of rows at one time is no market; one later row is."""
    assert not goes_on(TapeWriter().quote(0, 1001, 1002).tape())
    assert goes_on(TapeWriter().quote(0, 1001, 1002).quote(0.001, 1, 2).tape())


def test_the_end_of_a_recording_is_told_where_it_is_cheap(tmp_path: Path, shared_data: Path) -> None:
    """Of a tape file the end is known, of raw recordings it is not."""
    path = written(tmp_path / "tape.parquet", TapeWriter().quote(9, 1000, 1001).tape())
    assert recorded_end_ns([path]) == START_NS + 9 * S
    raw = shared_data / "ticks" / "binance_raw_20240808" / "usdm_btcusdt.txt.gz"
    assert recorded_end_ns([raw]) is None


def test_a_recording_without_time_is_refused(tmp_path: Path) -> None:
    """A tape that ends in the instant it begins is named."""
    path = written(tmp_path / "instant.parquet", TapeWriter().tape())
    with pytest.raises(UserError, match=r"instant.parquet: the recording ends in the instant it begins: give a longer"):
        recorded_tape([path])


def test_a_recording_is_read_once_until_it_changes(tmp_path: Path) -> None:
    """The same files are opened once; files that changed are opened anew, and few stay open."""
    path = written(tmp_path / "tape.parquet", TapeWriter().quote(9, 1000, 1001).tape())
    first = recorded_tape([path])
    assert recorded_tape((path,)) is first
    written(path, TapeWriter().quote(9, 1000, 1001).quote(12, 1000, 1002).tape())
    assert recorded_end_ns([path]) == START_NS + 12 * S
    others = [written(tmp_path / f"{number}.parquet", TapeWriter().quote(1, 1000, 1002).tape()) for number in range(4)]
    second = recorded_tape([path])
    for other in others:
        recorded_tape([other])
    assert recorded_tape([path]) is not second
