"""Prepared columns: the same rows as the tape file's, made once, and never in the way."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from full_disk import files_of_at_most
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import TapeWriter, walk_tape

import runbot
from helpers.errors import UserError
from simulation import prepared_tape
from simulation.columns_file import PART_ROWS, TYPES, columns_path, replacing
from simulation.parquet_tape import ParquetTape, write_parquet
from simulation.prepared_tape import WORTH_ROWS, PreparedTape, find_prepared, preparation, prepare
from simulation.tape import CHUNK_ROWS, Tape
from simulation.tape_files import describe_tape, open_tape, untold

ROWS = 1_000


@pytest.fixture
def every_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every tape be worth preparing."""
    monkeypatch.setattr("simulation.tape_files.WORTH_ROWS", 1)
    monkeypatch.setattr("simulation.prepared_tape.WORTH_ROWS", 1)


@pytest.fixture
def path(tmp_path: Path, every_tape: None) -> Path:
    """A tape file of a thousand rows."""
    write_parquet(walk_tape(1, ROWS), tmp_path / "t.parquet")
    return tmp_path / "t.parquet"


def rows_of(tape: Tape) -> list[tuple[int, ...]]:
    """Give a tape row by row."""
    return [row for c in tape.chunks() for row in zip(*(getattr(c, name) for name in TYPES), strict=True)]


def made(path: Path, **more: Any) -> PreparedTape:
    """Prepare a tape file, which must work."""
    tape = prepare(path, ParquetTape(path), untold, **more)
    assert tape is not None
    return tape


def files(path: Path) -> list[str]:
    """List what lies beside a tape, and the tape."""
    return sorted(file.name for file in path.parent.iterdir())


# -- the same tape ----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    rows=st.sampled_from([1, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2000]),
    part_rows=st.sampled_from([256, 512, 1024]),
    seed=st.integers(0, 1000),
)
def test_prepared_rows_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: int, part_rows: int, seed: int
) -> None:
    """Rows, instrument, ends and number are the same, in parts of the size asked for."""
    path = tmp_path_factory.mktemp("tapes") / "t.parquet"
    write_parquet(walk_tape(seed, rows), path)
    plain, tape = ParquetTape(path), made(path, part_rows=part_rows)
    assert rows_of(tape) == rows_of(plain)
    assert (tape.instrument, tape.most_rows, tape.start_ns) == (plain.instrument, rows, plain.start_ns)
    assert tape.end_ns == plain.end_ns == rows_of(plain)[-1][0]
    assert [len(chunk) for chunk in tape.chunks()][:-1] == [part_rows] * ((rows - 1) // part_rows)


def test_parts_are_made_of_many_chunks(tmp_path: Path) -> None:
    """The real sizes: a part is several chunks of the tape file, and the seams hold."""
    assert PART_ROWS > 2 * CHUNK_ROWS
    path = tmp_path / "t.parquet"
    write_parquet(walk_tape(3, PART_ROWS + 700), path)
    tape = open_tape([path], None)
    assert isinstance(tape, PreparedTape)
    assert [len(chunk) for chunk in tape.chunks()] == [PART_ROWS, 700]
    assert rows_of(tape) == rows_of(ParquetTape(path))


def test_it_is_described_and_copied_like_the_file(path: Path) -> None:
    """What reads a tape reads views too: `tape info` says the same, and a copy is the same file."""
    tape = made(path, part_rows=256)
    assert describe_tape(tape) == describe_tape(ParquetTape(path))
    write_parquet(tape, path.with_name("copy.parquet"))
    assert path.with_name("copy.parquet").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("command", [("backtest",), ("run", "--speed", "max")], ids=["backtest", "run"])
def test_a_bot_trades_the_same(path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    """The trace of a session is the same without prepared columns, while they are made and with them."""
    monkeypatch.chdir(path.parent)
    write_parquet(walk_tape(5, 6_000), path)
    line = [*command, "--json", "--tape", "t.parquet", "--take-profit", "0.01", "--wait-time", "5"]

    def traded() -> dict[str, Any]:
        monkeypatch.setattr("simulation.paper_world._opened", {})
        result = CliRunner().invoke(runbot.cli, line)
        assert result.exit_code == 0, result.stderr
        values: dict[str, Any] = json.loads(result.stdout)
        return values

    with monkeypatch.context() as patch:
        patch.setattr("simulation.tape_files.WORTH_ROWS", 10**9)
        plain = traded()
        assert not columns_path(path).exists()
    first, second = traded(), traded()
    assert columns_path(path).exists()
    assert plain["fills"] > 10
    assert plain["trace_hash"] == first["trace_hash"] == second["trace_hash"]
    assert plain["realised_pnl"] == second["realised_pnl"]


def test_equal_tapes_give_equal_columns(path: Path) -> None:
    """Nothing but the tape goes into the file."""
    made(path)
    before = columns_path(path).read_bytes()
    columns_path(path).unlink()
    made(path)
    assert columns_path(path).read_bytes() == before


# -- when it is made, and when not ------------------------------------------------------------------


def test_it_is_made_once(path: Path) -> None:
    """The first opening makes it, the next uses it and writes nothing."""
    told: list[tuple[str, float]] = []
    assert isinstance(open_tape([path], "BTC", tell=lambda what, share: told.append((what, share))), PreparedTape)
    assert told == [("preparing", 1.0)]
    assert files(path) == ["t.parquet", "t.parquet.columns"]
    state = columns_path(path).stat()
    assert isinstance(open_tape([path], None), PreparedTape)
    assert columns_path(path).stat().st_mtime_ns == state.st_mtime_ns
    assert columns_path(path).stat().st_ino == state.st_ino


def test_a_prepared_tape_needs_no_pyarrow(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once prepared, a tape opens without the package that read it."""
    rows = rows_of(open_tape([path], None))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert rows_of(open_tape([path], None)) == rows


def test_short_tapes_and_mere_lookers_prepare_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not worth it or not wanted, the tape file is read."""
    assert isinstance(open_tape([path], None, is_prepared=False), ParquetTape)
    monkeypatch.setattr("simulation.tape_files.WORTH_ROWS", ROWS + 1)
    assert isinstance(open_tape([path], None), ParquetTape)
    assert files(path) == ["t.parquet"]


def test_a_wrong_ticker_is_told_before_anything_is_made(path: Path) -> None:
    """Refused as ever, with prepared columns and without."""
    with pytest.raises(UserError, match="the tape holds BTC, not ETH"):
        open_tape([path], "ETH")
    assert files(path) == ["t.parquet"]
    made(path)
    with pytest.raises(UserError, match="the tape holds BTC, not ETH"):
        open_tape([path], "ETH")
    with pytest.raises(UserError, match="is a finished tape: its grid is fixed"):
        open_tape([path], None, tick_size=walk_tape(1, 1).instrument.tick_size)


# -- what does not fit is made again ----------------------------------------------------------------


def changed(path: Path, old: bytes, new: bytes) -> None:
    """Replace bytes of the prepared columns."""
    columns = columns_path(path)
    data = columns.read_bytes()
    assert data.count(old) == 1
    columns.write_bytes(data.replace(old, new))


def cut(path: Path) -> None:
    """Lose the end."""
    os.truncate(columns_path(path), columns_path(path).stat().st_size - 1)


def emptied(path: Path) -> None:
    """Lose everything."""
    columns_path(path).write_bytes(b"")


def other_version(path: Path) -> None:
    """Made by another version of the program."""
    changed(path, b'"version":1', b'"version":9')


def other_byte_order(path: Path) -> None:
    """Made on another kind of machine."""
    changed(path, sys.byteorder.encode(), {"little": b"biggie", "big": b"lit"}[sys.byteorder])


def other_kernel(path: Path) -> None:
    """Made for blocks of another size."""
    changed(path, b'"block":256', b'"block":512')


def newer_tape(path: Path) -> None:
    """The tape was written again: the same size at another time."""
    os.utime(path, ns=(1, 1))


def other_tape(path: Path) -> None:
    """Another tape took its place, with the old one's time."""
    times = path.stat()
    write_parquet(walk_tape(2, ROWS), path)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def unrelated(path: Path) -> None:
    """Somebody's own file of that name."""
    columns_path(path).write_text("time,bid,ask\n")


@pytest.mark.parametrize(
    "spoil",
    [cut, emptied, other_version, other_byte_order, other_kernel, newer_tape, other_tape, unrelated],
)
def test_what_does_not_fit_is_made_again(path: Path, spoil: Callable[[Path], None]) -> None:
    """Stale, cut off or foreign columns are never believed; those that replace them are."""
    made(path)
    spoil(path)
    assert find_prepared(path) is None
    assert rows_of(open_tape([path], None)) == rows_of(ParquetTape(path))
    assert find_prepared(path) is not None
    assert files(path) == ["t.parquet", "t.parquet.columns"]


def test_what_a_killed_process_left_is_used_up(path: Path) -> None:
    """A part that nobody is writing any more does not stand in the way and does not stay."""
    part = path.with_name("t.parquet.columns.part")
    part.write_bytes(b"x" * 1_000_000)
    assert rows_of(made(path)) == rows_of(ParquetTape(path))
    assert not part.exists()


# -- where it cannot be -----------------------------------------------------------------------------


def falls_back(path: Path, before: list[str]) -> None:
    """Open a tape file that cannot be prepared: it is read as it is, and nothing is left behind."""
    tape = open_tape([path], None)
    assert isinstance(tape, ParquetTape)
    assert len(rows_of(tape)) == ROWS
    assert files(path) == before


def test_a_full_disk_does_no_harm(path: Path) -> None:
    """The write fails half way, and the tape is read from its own file."""
    with files_of_at_most(70_000):
        falls_back(path, ["t.parquet"])


def test_the_last_room_is_not_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of what is free at most is used."""
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    made(path)
    size = columns_path(path).stat().st_size
    columns_path(path).unlink()
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 0, size - 1))
    assert preparation(path, ROWS) == "none: too little room on the disk"
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 0, 2 * size - 1))
    falls_back(path, ["t.parquet"])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 0, 2 * size))
    assert isinstance(open_tape([path], None), PreparedTape)


def test_a_folder_that_takes_no_files_does_no_harm(path: Path) -> None:
    """A tape that is reached through a folder of the system, where nobody can write."""
    if not Path("/proc/self/fd").exists():
        pytest.skip("this system has no such folder")
    with path.open("rb") as file:
        place = Path(f"/proc/self/fd/{file.fileno()}")
        assert isinstance(open_tape([place], None), ParquetTape)
        assert preparation(place, ROWS) == "none: nothing can be written to /proc/self/fd"


def test_a_folder_of_that_name_does_no_harm(path: Path) -> None:
    """What stands there is not removed."""
    columns_path(path).mkdir()
    falls_back(path, ["t.parquet", "t.parquet.columns"])


def test_a_system_without_locks_does_no_harm(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without them two processes could write one file, so none is written."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    falls_back(path, ["t.parquet"])


def test_a_damaged_tape_is_told_and_leaves_nothing(path: Path) -> None:
    """What is wrong with the tape file is said when it is prepared."""
    write_parquet(walk_tape(1, 2 * CHUNK_ROWS), path)
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"cannot be read as Parquet"):
        open_tape([path], None)
    assert files(path) == ["t.parquet"]


def test_an_interrupt_leaves_nothing(path: Path) -> None:
    """Ctrl-C while it is made."""

    def interrupt(what: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_tape([path], None, tell=interrupt)
    assert files(path) == ["t.parquet"]


def test_a_tape_that_changes_meanwhile_is_not_prepared(path: Path) -> None:
    """Columns of a tape that is no more are thrown away."""
    tape = ParquetTape(path)
    assert prepare(path, tape, lambda what, share: os.utime(path, ns=(1, 1))) is None
    assert files(path) == ["t.parquet"]


# -- several at once --------------------------------------------------------------------------------


def test_only_one_writes_at_a_time(path: Path) -> None:
    """Who comes second reads the tape file, and leaves the first alone."""
    with replacing(columns_path(path)) as file:
        file.write(b"half")
        file.flush()
        falls_back(path, ["t.parquet", "t.parquet.columns.part"])
        assert path.with_name("t.parquet.columns.part").read_bytes() == b"half"
    assert columns_path(path).read_bytes() == b"half"


@pytest.mark.parametrize("begun", [False, True], ids=["finished", "and a third began"])
def test_who_waits_for_a_finished_file_does_not_write_into_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    """Between opening the part and locking it, the other one has finished: his file is used as it is."""
    import fcntl  # noqa: PLC0415 - only where there are locks

    made(path)
    whole = columns_path(path).read_bytes()
    part = path.with_name("t.parquet.columns.part")
    columns_path(path).rename(part)

    def others_work(*_: object) -> None:
        part.rename(columns_path(path))
        if begun:
            part.write_bytes(b"begun")

    monkeypatch.setattr(fcntl, "flock", others_work)
    assert isinstance(prepare(path, ParquetTape(path), untold), PreparedTape)
    assert columns_path(path).read_bytes() == whole
    assert files(path) == ["t.parquet", "t.parquet.columns", *["t.parquet.columns.part"][:begun]]


def test_many_at_once_agree(path: Path) -> None:
    """Whoever makes it, all read the same rows and one file remains."""
    expected = rows_of(ParquetTape(path))
    with ThreadPoolExecutor(8) as pool:
        tapes = list(pool.map(lambda _: rows_of(open_tape([path], None)), range(24)))
    assert all(rows == expected for rows in tapes)
    assert files(path) == ["t.parquet", "t.parquet.columns"]


def gone(path: Path) -> None:
    """Somebody needed the room."""
    columns_path(path).unlink()


def made_anew(path: Path) -> None:
    """Somebody prepared the tape in a later state of its file."""
    newer_tape(path)
    made(path)


@pytest.mark.parametrize("spoil", [gone, cut, made_anew])
def test_columns_may_go_while_the_tape_is_open(path: Path, spoil: Callable[[Path], None]) -> None:
    """A tape that was opened as prepared gives its rows all the same; who is reading goes on reading."""
    tape = made(path, part_rows=256)
    expected = rows_of(ParquetTape(path))
    reader: Iterator[Any] = tape.chunks()
    first = next(reader)
    columns_path(path).unlink()
    assert len(first) + sum(len(chunk) for chunk in reader) == ROWS
    made(path, part_rows=256)
    spoil(path)
    assert rows_of(tape) == expected


# -- what is told -----------------------------------------------------------------------------------


def test_the_state_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How large it is where it is there, when it comes where it is not, and nothing where it never comes."""
    assert preparation(path, ROWS) == "none yet: the next run or backtest makes them"
    monkeypatch.setattr(prepared_tape, "WORTH_ROWS", WORTH_ROWS)
    assert preparation(path, WORTH_ROWS - 1) is None
    made(path)
    size = columns_path(path).stat().st_size
    assert preparation(path, ROWS) == f"{size / 1e6:.1f} MB in t.parquet.columns"


def test_tape_info_tells_and_makes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table has a line for it; looking does not prepare, and neither does importing."""
    monkeypatch.chdir(path.parent)

    def shown() -> str:
        return " ".join(CliRunner().invoke(runbot.cli, ["tape", "info", "t.parquet"]).stdout.split())

    assert "prepared columns none yet: the next run or backtest makes them" in shown()
    CliRunner().invoke(runbot.cli, ["tape", "import", "t.parquet", "-o", "u.parquet"])
    assert files(path) == ["t.parquet", "u.parquet"]
    made(path)
    assert "prepared columns 0.1 MB in t.parquet.columns" in shown()


def test_recordings_have_no_prepared_columns(tmp_path: Path, every_tape: None) -> None:
    """A raw recording is read anew each time, and its folder stays as it is."""
    recording = tmp_path / "bbo_BTCUSDT.csv"
    recording.write_text("unix_timestamp,bid,ask,mid\n1.0,1.1,1.2,0\n2.0,1.1,1.3,0\n")
    assert open_tape([recording], None).most_rows == 2
    assert files(recording) == ["bbo_BTCUSDT.csv"]


def test_a_tape_of_one_row_can_be_prepared(tmp_path: Path) -> None:
    """The smallest tape there is."""
    path = tmp_path / "t.parquet"
    write_parquet(TapeWriter().tape(), path)
    tape = made(path)
    assert (tape.most_rows, tape.start_ns) == (1, tape.end_ns)
