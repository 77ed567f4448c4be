"""The file of prepared columns: what goes in comes out, summarised as the kernel does it."""

from __future__ import annotations

import io
import random
import sys
from array import array
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.columns_file import (
    TYPES,
    Header,
    Source,
    columns_bytes,
    columns_path,
    mapped_parts,
    read_header,
    replacing,
    source_of,
    write_part,
)
from simulation.kernel import BLOCK
from simulation.kernel_orders import Touch
from simulation.tape import Instrument, TapeChunk

INSTRUMENT = Instrument(
    ticker="BTC",
    quote="USD",
    source="test",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    depth_lots=(100, 10),
)
SOURCE = Source(size=5, mtime_ns=6, tail="7")


def random_chunk(rows: int, seed: int = 1) -> TapeChunk:
    """Make rows over the whole range of values, most of them quotes near 1000."""
    rng = random.Random(seed)
    chunk = TapeChunk()
    for index in range(rows):
        if rng.random() < 0.1:
            values = [rng.randrange(2**31) if kind == "i" else rng.randrange(2**63) for kind in "iqiqiq"]
        else:
            values = [rng.randint(995, 1000), rng.randint(0, 9), rng.randint(1001, 1006), rng.randint(0, 9), 0, 0]
        bid, bid_lots, ask, ask_lots, price, lots = values
        chunk.append(index, rng.choice([0, 0, 0, 1, 2, 3]), bid, bid_lots, ask, ask_lots, price, lots)
    return chunk


def header_of(rows: int, part_rows: int, instrument: Instrument = INSTRUMENT) -> Header:
    """Make the header of a file of so many rows."""
    return Header(part_rows=part_rows, source=SOURCE, instrument=instrument, rows=rows, start_ns=0, end_ns=rows - 1)


def written(path: Path, header: Header, chunks: list[TapeChunk]) -> Path:
    """Write a whole file."""
    with replacing(path) as file:
        file.write(header.encoded())
        for chunk in chunks:
            write_part(file, chunk)
    return path


def parts_of(path: Path) -> list[TapeChunk]:
    """Map all of a file."""
    with path.open("rb") as file:
        return list(mapped_parts(file, read_header(file)))


def columns_of(chunk: TapeChunk) -> dict[str, list[int]]:
    """Give a chunk column by column."""
    return {name: list(getattr(chunk, name)) for name in TYPES}


def touches(seed: int) -> Touch:
    """Want rows around 1000, now and then with a queue."""
    rng = random.Random(seed)
    touch = Touch()
    touch.buy, touch.sell = rng.randint(990, 999), rng.randint(1002, 1010)
    touch.buy_ahead, touch.sell_ahead = rng.choice([0, 1000]), rng.choice([0, 1000])
    touch.low = rng.choice([-1, 994, 995])
    return touch


def found(chunk: TapeChunk, touch: Touch) -> list[int]:
    """Search a chunk from its start and give every row that was found, and the queues that are left."""
    rows, row = [], 0
    while row < len(chunk):
        row = chunk.rows().first_touch(row, len(chunk), touch) + 1
        rows += [row, touch.buy_ahead, touch.sell_ahead]
    return rows


sizes = st.sampled_from([1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 769, 1023, 1024, 1025, 1300])


@settings(max_examples=60, deadline=None)
@given(rows=sizes, seed=st.integers(0, 2**32))
def test_a_part_survives_the_file(tmp_path_factory: pytest.TempPathFactory, rows: int, seed: int) -> None:
    """Columns come back as they were, and every search finds the same rows in them."""
    chunk = random_chunk(rows, seed)
    path = written(tmp_path_factory.mktemp("columns") / "t.columns", header_of(rows, 2048), [chunk])
    (part,) = parts_of(path)
    assert columns_of(part) == columns_of(chunk)
    assert found(part, touches(seed)) == found(chunk, touches(seed))


@settings(max_examples=60, deadline=None)
@given(rows=sizes, part_rows=st.sampled_from([256, 512, 768]))
def test_the_figures_are_those_of_the_kernel(
    tmp_path_factory: pytest.TempPathFactory, rows: int, part_rows: int
) -> None:
    """Each part ends with the summaries of its blocks; what is not said by the layout is zero."""
    header = header_of(rows, part_rows)
    parts = [random_chunk(count, count) for count in header.parts()]
    path = written(tmp_path_factory.mktemp("columns") / "t.columns", header, parts)
    data = path.read_bytes()
    assert len(data) == header.file_bytes()
    at = len(header.encoded())
    for part in parts:
        figures = part.figures().tobytes()
        assert len(figures) == (len(part) + BLOCK - 1) // BLOCK * 24
        part_end = at + columns_bytes(len(part), part_rows)
        assert data[at:part_end].rstrip(b"\0").endswith(figures.rstrip(b"\0"))
        assert part_end % 65_536 == 0
        at = part_end
    assert at == len(data)


def test_a_part_is_summarised_without_looking_at_its_rows(tmp_path: Path) -> None:
    """The figures are taken from the file: a search believes them and not the rows."""
    chunk = random_chunk(256)
    path = written(tmp_path / "t.columns", header_of(256, 256), [chunk])
    data = bytearray(path.read_bytes())
    figures = chunk.figures()
    at = bytes(data).rindex(figures.tobytes())
    data[at : at + len(figures) * 4] = array("i", [900, 900, 1100, 1100, 900, 1100]).tobytes()
    path.write_bytes(data)
    (part,) = parts_of(path)
    touch = Touch()
    touch.buy, touch.sell = 899, 1101
    assert part.rows().first_touch(0, 256, touch) == 256
    assert chunk.rows().first_touch(0, 256, touch) < 256


def test_the_file_tells_people_what_it_is(tmp_path: Path) -> None:
    """Who looks into it reads a line of text and a line of JSON."""
    path = written(tmp_path / "t.columns", header_of(1, 256), [random_chunk(1)])
    title, header, rest = path.read_bytes().split(b"\n", 2)
    assert b"may be deleted" in title
    assert msgspec.json.decode(header)["instrument"]["ticker"] == "BTC"
    assert rest[: 65_536 - len(title) - len(header) - 2].count(0) == 65_536 - len(title) - len(header) - 2


def test_an_instrument_of_any_length_fits(tmp_path: Path) -> None:
    """The header takes as much room as it needs."""
    deep = msgspec.structs.replace(INSTRUMENT, depth_lots=tuple(range(10**6, 10**6 + 20_000)))
    chunk = random_chunk(300)
    path = written(tmp_path / "t.columns", header_of(300, 512, deep), [chunk])
    assert columns_of(parts_of(path)[0]) == columns_of(chunk)


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"version": 2}, False),
        ({"byte_order": "big" if sys.byteorder == "little" else "little"}, False),
        ({"block": 128}, False),
        ({"figures": 7}, False),
        ({"part_rows": 300}, False),
        ({"rows": 0}, False),
        ({"source": Source(size=5, mtime_ns=6, tail="8")}, False),
    ],
    ids=str,
)
def test_what_was_made_otherwise_does_not_fit(change: dict[str, object], fits: bool) -> None:
    """Another version, machine, kernel or tape makes a file useless."""
    assert msgspec.structs.replace(header_of(300, 512), **change).fits(SOURCE) is fits


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: b"",
        lambda data: b"x" + data[1:],
        lambda data: data.replace(b'"rows"', b'"rowz"'),
        lambda data: data.replace(b'"rows":300', b'"rows":-30'),
        lambda data: data.replace(b'"part_rows":512', b'"part_rows":-12'),
    ],
    ids=["short", "long", "empty", "other", "no rows", "negative", "parts"],
)
def test_a_file_that_is_not_whole_is_none(tmp_path: Path, damage: object) -> None:
    """The header says how long the file is."""
    path = written(tmp_path / "t.columns", header_of(300, 512), [random_chunk(300)])
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="prepared columns"):
        parts_of(path)


def test_a_part_is_unmapped_when_its_chunk_goes(tmp_path: Path) -> None:
    """Nothing needs closing, and a chunk outlives the file and the one before it."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("this system does not tell its maps")
    parts = [random_chunk(256), random_chunk(256, 2)]
    path = written(tmp_path / "t.columns", header_of(512, 256), parts)
    first, second = parts_of(path)
    path.unlink()
    assert maps.read_text().count(str(path)) == 2
    rows = first.rows()
    del first
    assert maps.read_text().count(str(path)) == 2, "rows that are searched stay"
    del rows
    assert maps.read_text().count(str(path)) == 1
    assert columns_of(second) == columns_of(parts[1])
    del second
    assert maps.read_text().count(str(path)) == 0


def test_a_state_of_a_file_is_told_by_its_end(tmp_path: Path) -> None:
    """Size, time and end: any change of one is another state."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"a" * 100_000 + b"b")
    before = source_of(path)
    assert before.size == 100_001
    assert source_of(path) == before
    path.write_bytes(b"a" * 100_000 + b"c")
    assert source_of(path).tail != before.tail
    assert columns_path(path) == tmp_path / "t.parquet.columns"


def test_writing_into_memory_takes_what_was_foretold() -> None:
    """A part has its foretold size for every number of rows."""
    for rows in (1, 255, 256, 257, 3000):
        file = io.BytesIO()
        write_part(file, random_chunk(rows))
        assert len(file.getvalue()) == columns_bytes(rows, 4096)
