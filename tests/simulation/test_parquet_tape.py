"""The tape file: what goes in comes out, and what is wrong is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from full_disk import files_of_at_most
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.errors import UserError
from simulation.paper_markets import paper_market
from simulation.parquet_tape import COLUMNS, ParquetTape, _fill, is_tape_file, write_parquet
from simulation.synthetic import SyntheticTape
from simulation.tape import CHUNK_ROWS, Instrument, MemoryTape, Tape, TapeChunk

INSTRUMENT = Instrument(
    ticker="BTC",
    quote="USD",
    source="test",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    depth_lots=(100, 10),
)
GOOD_ROW: dict[str, int | None] = {
    "time_ns": 5,
    "kind": 0,
    "bid": 10,
    "bid_lots": 1,
    "ask": 11,
    "ask_lots": 2,
    "price": 0,
    "lots": 0,
}
GOOD_METADATA = {"format": "runbot-tape", "version": "1", "instrument": msgspec.json.encode(INSTRUMENT).decode()}


def columns_of(tape: Tape) -> dict[str, list[int]]:
    """Give a tape column by column."""
    columns: dict[str, list[int]] = {name: [] for name in COLUMNS}
    for chunk in tape.chunks():
        for name, column in columns.items():
            column.extend(getattr(chunk, name))
    return columns


def memory_tape(*times: int) -> MemoryTape:
    """Make a tape of quotes at these times."""
    chunk = TapeChunk()
    for time_ns in times:
        chunk.append(time_ns, 0, 10, 1, 11, 2)
    return MemoryTape(INSTRUMENT, [chunk])


def written(
    path: Path,
    rows: list[dict[str, int | None]],
    *,
    metadata: dict[str, str] | None = None,
    types: dict[str, str] | None = None,
    **options: Any,
) -> Path:
    """Write a Parquet file by hand, as somebody else would."""
    kinds = COLUMNS | (types or {})
    schema = pa.schema(
        [(name, pa.type_for_alias(kind)) for name, kind in kinds.items() if kind],
        metadata=GOOD_METADATA if metadata is None else metadata,
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, **options)
    return path


row_values = st.tuples(
    st.integers(0, 3),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**31 - 1),
    st.integers(0, 2**63 - 1),
)


@settings(max_examples=50, deadline=None)
@given(times=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=30), data=st.data())
def test_any_tape_survives_the_file(
    tmp_path_factory: pytest.TempPathFactory, times: list[int], data: st.DataObject
) -> None:
    """Every column and the instrument come back as they were, over the whole range of values."""
    chunk = TapeChunk()
    for time_ns in sorted(times):
        chunk.append(time_ns, *data.draw(row_values))
    tape = MemoryTape(INSTRUMENT, [chunk])
    path = tmp_path_factory.mktemp("tapes") / "tape.parquet"
    write_parquet(tape, path)
    read = ParquetTape(path)
    assert columns_of(read) == columns_of(tape)
    assert read.instrument == INSTRUMENT
    assert read.start_ns == min(times)


def test_an_endless_tape_is_cut_at_the_time(tmp_path: Path) -> None:
    """Rows before the time are written and no other; the market is the same from the file."""
    tape = SyntheticTape(paper_market("BTC"), 7, 0)
    until_ns = 9 * 3600 * 10**9
    write_parquet(tape, tmp_path / "btc.parquet", until_ns=until_ns)
    read = ParquetTape(tmp_path / "btc.parquet")
    columns = columns_of(read)
    rows = len(columns["time_ns"])
    assert rows > CHUNK_ROWS
    assert columns["time_ns"][-1] < until_ns
    expected = columns_of(MemoryTape(tape.instrument, islice(tape.chunks(), rows // 4096 + 2)))
    assert expected["time_ns"][rows] >= until_ns
    assert columns == {name: values[:rows] for name, values in expected.items()}
    assert read.instrument == tape.instrument


def test_a_row_at_the_end_time_is_outside(tmp_path: Path) -> None:
    """The end is exclusive."""
    write_parquet(memory_tape(1, 2, 3), tmp_path / "t.parquet", until_ns=3)
    assert columns_of(ParquetTape(tmp_path / "t.parquet"))["time_ns"] == [1, 2]


def test_row_groups_have_the_usual_size(tmp_path: Path) -> None:
    """Whatever the runs of a tape, the file has row groups of CHUNK_ROWS."""
    tape = SyntheticTape(paper_market("BTC"), 7, 0)
    write_parquet(tape, tmp_path / "t.parquet", until_ns=8 * 3600 * 10**9)
    metadata = pq.read_metadata(tmp_path / "t.parquet")
    sizes = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert sizes[:-1] == [CHUNK_ROWS] * (len(sizes) - 1)
    assert len(sizes) > 1


def test_the_file_has_the_documented_schema(tmp_path: Path) -> None:
    """Eight columns of the stated types without nulls, and three entries of metadata."""
    write_parquet(memory_tape(1), tmp_path / "t.parquet")
    schema = pq.read_schema(tmp_path / "t.parquet")
    assert [(field.name, str(field.type), field.nullable) for field in schema] == [
        ("time_ns", "int64", False),
        ("kind", "int8", False),
        ("bid", "int32", False),
        ("bid_lots", "int64", False),
        ("ask", "int32", False),
        ("ask_lots", "int64", False),
        ("price", "int32", False),
        ("lots", "int64", False),
    ]
    assert schema.metadata[b"format"] == b"runbot-tape"
    assert schema.metadata[b"version"] == b"1"
    assert msgspec.json.decode(schema.metadata[b"instrument"]) == {
        "ticker": "BTC",
        "quote": "USD",
        "source": "test",
        "tick_size": "0.1",
        "quantity_step": "0.001",
        "depth_lots": [100, 10],
    }


def test_equal_tapes_give_equal_files(tmp_path: Path) -> None:
    """Nothing but the tape goes into the file."""
    for name in ("a", "b"):
        write_parquet(SyntheticTape(paper_market("ETH"), 3, 0), tmp_path / name, until_ns=10**12)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_chunks_are_read_as_they_are_used(tmp_path: Path) -> None:
    """A row group that is damaged later in the file does not keep the rows before it from being read."""
    path = tmp_path / "t.parquet"
    write_parquet(SyntheticTape(paper_market("BTC"), 7, 0), path, until_ns=8 * 3600 * 10**9)
    content = bytearray(path.read_bytes())
    at = pq.read_metadata(path).row_group(1).column(0).data_page_offset + 200
    content[at] ^= 0xFF
    path.write_bytes(content)
    chunks = ParquetTape(path).chunks()
    assert len(next(chunks)) == CHUNK_ROWS
    with pytest.raises(UserError, match=r"cannot be read as Parquet \(.*(CRC|checksum).*\): get or make it again"):
        next(chunks)


def test_large_foreign_row_groups_are_read_in_parts(tmp_path: Path) -> None:
    """A file of one large row group comes in chunks of the usual size."""
    chunk = TapeChunk()
    for time_ns in range(CHUNK_ROWS + 3):
        chunk.append(time_ns, 0, 10, 1, 11, 2)
    columns = {name: pa.array(getattr(chunk, name), pa.type_for_alias(kind)) for name, kind in COLUMNS.items()}
    pq.write_table(pa.table(columns).replace_schema_metadata(GOOD_METADATA), tmp_path / "t.parquet")
    tape = ParquetTape(tmp_path / "t.parquet")
    assert [len(part) for part in tape.chunks()] == [CHUNK_ROWS, 3]


def test_other_columns_and_their_order_do_not_matter(tmp_path: Path) -> None:
    """Somebody may keep columns of his own in a tape."""
    row = {"note": 1} | dict(reversed(GOOD_ROW.items()))
    table = pa.table(
        {name: pa.array([value], pa.type_for_alias(COLUMNS.get(name, "int64"))) for name, value in row.items()}
    )
    pq.write_table(table.replace_schema_metadata(GOOD_METADATA), tmp_path / "t.parquet")
    assert columns_of(ParquetTape(tmp_path / "t.parquet")) == {name: [value] for name, value in GOOD_ROW.items()}


def test_the_example_of_the_docs_makes_a_tape(tmp_path: Path) -> None:
    """Who follows docs/tapes.md gets a tape that can be read."""
    text = (Path(__file__).parents[2] / "docs" / "tapes.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)  # noqa: S603 - our own words
    tape = ParquetTape(tmp_path / "mine.parquet")
    assert tape.instrument.source == "mine"
    assert columns_of(tape)["ask"] == [620_001]


def test_a_window_into_a_buffer_is_read_right() -> None:
    """An Arrow column may start in the middle of its buffer."""
    chunk = TapeChunk()
    _fill(chunk.bid, pa.array([1, 2, 3, 4, 5], pa.int32()).slice(2, 2))
    assert list(chunk.bid) == [3, 4]


# -- what is wrong is told ------------------------------------------------------------------


def problem_of(path: Path) -> str:
    """Read a file to its end and give the error."""
    with pytest.raises(UserError) as caught:
        columns_of(ParquetTape(path))
    return str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The name is in the line."""
    assert problem_of(tmp_path / "none.parquet") == f"there is no file {tmp_path / 'none.parquet'}: check the name"


def test_a_folder_is_told(tmp_path: Path) -> None:
    """A folder is not a file."""
    assert problem_of(tmp_path) == f"{tmp_path} is a folder: name a file"


def test_a_file_that_is_no_parquet_is_told(tmp_path: Path) -> None:
    """Text under the name of a tape."""
    path = tmp_path / "t.parquet"
    path.write_text("time,bid,ask\n")
    assert problem_of(path).startswith(f"{path} cannot be read as Parquet (")


@pytest.mark.parametrize("keep", [0, 3, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, keep: float) -> None:
    """A download that broke off is damaged wherever it broke."""
    path = tmp_path / "t.parquet"
    write_parquet(memory_tape(*range(1000)), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else int(keep)])
    assert problem_of(path).startswith(f"{path} cannot be read as Parquet (")
    assert problem_of(path).endswith("get or make it again")


def test_parquet_of_something_else_is_told(tmp_path: Path) -> None:
    """Any other table is no tape."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"x": [1]}), path)
    assert problem_of(path) == f"{path} is Parquet, but no tape: make one with: runbot tape import SRC... -o FILE"
    assert not is_tape_file(path)


def test_an_unknown_version_is_told(tmp_path: Path) -> None:
    """A file of a later version is not guessed at."""
    path = written(tmp_path / "t.parquet", [GOOD_ROW], metadata=GOOD_METADATA | {"version": "2"})
    assert problem_of(path) == f"{path} is a tape of version '2', known is '1': make it again"
    assert is_tape_file(path)


@pytest.mark.parametrize(("kind", "found"), [("int64", "int64"), ("", "missing")])
def test_a_wrong_column_is_told(tmp_path: Path, kind: str, found: str) -> None:
    """A column of another type, or none of this name."""
    path = written(tmp_path / "t.parquet", [GOOD_ROW], types={"bid": kind})
    assert problem_of(path) == f"{path}: column bid is {found}, not int32: make it again"


@pytest.mark.parametrize(
    "instrument", ["", "{", "{}", msgspec.json.encode(INSTRUMENT).decode().replace('"0.1"', '"abc"')]
)
def test_a_bad_instrument_is_told(tmp_path: Path, instrument: str) -> None:
    """The instrument must be whole."""
    path = written(tmp_path / "t.parquet", [GOOD_ROW], metadata=GOOD_METADATA | {"instrument": instrument})
    assert problem_of(path).startswith(f"{path} does not tell its instrument (")


@pytest.mark.parametrize(
    "change", [{"tick_size": Decimal(0)}, {"quantity_step": Decimal(-1)}, {"depth_lots": ()}], ids=str
)
def test_an_impossible_instrument_is_told(tmp_path: Path, change: dict[str, Any]) -> None:
    """Steps are above zero and there is a depth."""
    bad = msgspec.json.encode(msgspec.structs.replace(INSTRUMENT, **change)).decode()
    path = written(tmp_path / "t.parquet", [GOOD_ROW], metadata=GOOD_METADATA | {"instrument": bad})
    assert problem_of(path) == f"{path}: tick size, quantity step and depth must be positive: make it again"


def test_an_empty_tape_is_told(tmp_path: Path) -> None:
    """A tape without rows is of no use."""
    path = written(tmp_path / "t.parquet", [])
    assert problem_of(path) == f"{path} is a tape without rows: make it again"


BROKEN_ROWS: list[tuple[dict[str, int | None], str]] = [
    ({"time_ns": 4}, "time goes back: sort the rows by time_ns"),
    ({"kind": 4}, "a row's kind is none of [0, 1, 2, 3]: make it again"),
    ({"kind": -1}, "a row's kind is none of [0, 1, 2, 3]: make it again"),
    ({"ask": -1}, "column ask has a negative value: make it again"),
    ({"lots": None}, "column lots has nulls: make it again"),
]


@pytest.mark.parametrize(("change", "problem"), BROKEN_ROWS)
def test_broken_rows_are_told(tmp_path: Path, change: dict[str, int | None], problem: str) -> None:
    """The engine may rely on every row of a file."""
    path = written(tmp_path / "t.parquet", [GOOD_ROW, GOOD_ROW | change])
    assert problem_of(path) == f"{path}: {problem}"


def test_time_may_not_go_back_between_chunks(tmp_path: Path) -> None:
    """The seam between two chunks is looked at too."""
    rows = [GOOD_ROW] * CHUNK_ROWS + [GOOD_ROW | {"time_ns": 4}]
    assert "time goes back" in problem_of(written(tmp_path / "t.parquet", rows))


def test_a_missing_pyarrow_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, reading and writing say how to get it."""
    path = tmp_path / "t.parquet"
    write_parquet(memory_tape(1), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    expected = "Parquet files need pyarrow, which is not installed: make install EXTRAS=tapes"
    assert problem_of(path) == expected
    with pytest.raises(UserError) as caught:
        write_parquet(memory_tape(1), tmp_path / "new.parquet")
    assert str(caught.value) == expected


def test_importing_needs_no_pyarrow() -> None:
    """Until a Parquet file is touched pyarrow is not loaded, so that the command line starts fast."""
    code = "import sys, simulation.tape_files; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own words


# -- writing that fails ---------------------------------------------------------------------


class Failing:
    """A tape whose reading breaks after the first chunk."""

    instrument = INSTRUMENT
    start_ns = 1

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def chunks(self) -> Iterator[TapeChunk]:
        yield from memory_tape(1, 2).chunks()
        raise self.error


@pytest.mark.parametrize("error", [UserError("broken"), KeyboardInterrupt()], ids=["error", "interrupt"])
def test_a_failed_write_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    """Neither a part nor a change of the file that was there."""
    path = tmp_path / "t.parquet"
    path.write_text("old")
    with pytest.raises(type(error)):
        write_parquet(Failing(error), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_cut_without_rows_is_told(tmp_path: Path) -> None:
    """Nothing is written where nothing lies before the end."""
    with pytest.raises(UserError, match="no row of the tape lies within the duration: give a longer one"):
        write_parquet(memory_tape(5), tmp_path / "t.parquet", until_ns=5)
    assert list(tmp_path.iterdir()) == []


def in_missing_folder(folder: Path) -> Path:
    """A file in a folder that is not there."""
    return folder / "none" / "t.parquet"


def below_a_file(folder: Path) -> Path:
    """A file below a file."""
    (folder / "file").write_text("")
    return folder / "file" / "t.parquet"


def onto_a_folder(folder: Path) -> Path:
    """A file where a folder is."""
    (folder / "t.parquet").mkdir()
    return folder / "t.parquet"


@pytest.mark.parametrize("place", [in_missing_folder, below_a_file, onto_a_folder])
def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """One line with the name, and nothing left behind."""
    path = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught:
        write_parquet(memory_tape(1), path)
    assert str(caught.value).startswith(f"{path} cannot be written (")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """One line with the name and the system's reason; the tape that was there stays, and no part of the new one."""
    path = tmp_path / "t.parquet"
    path.write_text("old")
    invented = SyntheticTape(paper_market("BTC"), 7, 0)
    with files_of_at_most(1000), pytest.raises(UserError) as caught:
        write_parquet(invented, path, until_ns=3600 * 10**9)
    assert str(caught.value) == f"{path} cannot be written (File too large): choose another place"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_tape_knows_its_rows(tmp_path: Path) -> None:
    """Without reading them."""
    write_parquet(memory_tape(1, 2, 3), tmp_path / "t.parquet")
    assert ParquetTape(tmp_path / "t.parquet").most_rows == 3
