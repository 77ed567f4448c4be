"""The kernel: compiled and as plain Python it finds the same rows, which are those the rules name."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from array import array
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from touches import RowTuple, Wanted, wanted
from venue_scenes import START_NS, Rows

from simulation import kernel, kernel_orders
from simulation.tape import RowKind, TapeChunk

_SOURCES = Path(__file__).parents[2] / "simulation"


def source_module(name: str) -> ModuleType:
    """Load a module of simulation/ as plain Python, whatever was compiled of it."""
    loader = importlib.machinery.SourceFileLoader(f"simulation.{name}", str(_SOURCES / f"{name}.py"))
    spec = importlib.util.spec_from_loader(f"{name}_as_python", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(loader.get_data(loader.path), loader.path, "exec"), module.__dict__)  # noqa: S102 - our own file
    return module


def together(search: ModuleType, orders: ModuleType) -> SimpleNamespace:
    """Give the parts of one kernel under one name."""
    names = {"Rows": search.Rows, "summarise": search.summarise, "BLOCK": search.BLOCK, "FIGURES": search.FIGURES}
    return SimpleNamespace(**names, Touch=orders.Touch, Peg=orders.Peg, is_compiled=search.is_compiled)


PYTHON = together(source_module("kernel"), source_module("kernel_orders"))
MODULES = [
    pytest.param(PYTHON, id="python"),
    pytest.param(
        together(kernel, kernel_orders),
        id="compiled",
        marks=pytest.mark.skipif(not kernel.is_compiled(), reason="no C compiler was there: the kernel runs as Python"),
    ),
]


@st.composite
def chunks(draw: st.DrawFn) -> list[RowTuple]:
    """Rows over several blocks, most of them far from the prices of the orders."""
    near = st.integers(97, 103)
    far = draw(st.sampled_from([0, 50, -50]))
    rows, bbo = [], (100 + far, 5, 101 + far, 5)
    for index in range(draw(st.sampled_from([1, 5, 255, 256, 257, 700]))):
        if draw(st.integers(0, 60)) == 0 or index == 0:
            bid = draw(near) + draw(st.sampled_from([0, far]))
            bbo = (bid, draw(st.integers(1, 20)), bid + draw(st.integers(0, 2)), draw(st.integers(1, 20)))
            if draw(st.integers(0, 9)) == 0:
                bbo = (0, 0, *bbo[2:]) if draw(st.booleans()) else (*bbo[:2], 0, 0)
        kind = draw(st.sampled_from([0, 0, 0, 1, 2, 3])) if draw(st.integers(0, 20)) == 0 else 0
        price, lots = (draw(near) + far, draw(st.integers(1, 20))) if kind else (0, 0)
        rows.append((START_NS + index, kind, *bbo, price, lots))
    return rows


def searchable(module: SimpleNamespace, rows: list[RowTuple]) -> kernel.Rows:
    """Give rows as a kernel searches them."""
    chunk = TapeChunk()
    for row in rows:
        chunk.append(*row)
    blocks = array("i", bytes(4 * module.FIGURES * (len(rows) // module.BLOCK + 1)))
    module.summarise(chunk.kind, chunk.bid, chunk.ask, chunk.price, blocks)
    made: kernel.Rows = module.Rows(
        chunk.time_ns, chunk.kind, chunk.bid, chunk.bid_lots, chunk.ask, chunk.ask_lots, chunk.price, chunk.lots, blocks
    )
    return made


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=120, deadline=None)
@given(chunks(), wanted, st.data())
def test_the_search_follows_the_rules(
    module: SimpleNamespace, rows: list[RowTuple], want: Wanted, data: st.DataObject
) -> None:
    """From any row to any row: the first one that needs attention is found, and the queues before it are counted."""
    start = data.draw(st.integers(0, len(rows)))
    stop = data.draw(st.integers(start, len(rows)))
    touch = want.put(module.Touch())
    found = searchable(module, rows).first_touch(start, stop, touch)
    queue, expected = want, start
    while expected < stop and not queue.needs(rows[expected]):
        queue = queue.after(rows[expected])
        expected += 1
    assert found == expected
    assert (touch.buy_ahead, touch.sell_ahead) == (queue.buy_ahead, queue.sell_ahead)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("want", "found"),
    [
        (Wanted(), 5),
        (Wanted(quotes=True), 0),
        (Wanted(buy=1000), 2),  # somebody sold at 1000
        (Wanted(buy=1000, buy_ahead=50), 1),  # fewer bids at 1000 than were ahead of us
        (Wanted(buy=1000, buy_ahead=10), 2),
        (Wanted(buy=1000, buy_ahead=50, buy_counted=True), 4),  # 20, then 15 ahead: the ask comes to us
        (Wanted(buy=1000, buy_ahead=4, buy_counted=True), 2),
        (Wanted(sell=1001), 3),  # somebody bought at 1001
        (Wanted(sell=1001, sell_ahead=50), 3),
        (Wanted(sell=1001, sell_ahead=5, sell_counted=True), 5),
        (Wanted(sell=1003), 5),
        (Wanted(low=999), 4),
        (Wanted(high=1001), 0),
        (Wanted(buy=999, buy_ahead=60), 4),
    ],
)
def test_what_makes_a_row_matter(module: SimpleNamespace, want: Wanted, found: int) -> None:
    """Each condition finds its row: trades at our price, quotes through it, shorter queues, armed prices."""
    tape = Rows().quote(1, 1000, 1001, bid_lots=20).sold(2, 1000, 5).bought(3, 1001, 5).quote(4, 999, 1000)
    chunk = tape.chunk
    rows = list(
        zip(
            chunk.time_ns,
            chunk.kind,
            chunk.bid,
            chunk.bid_lots,
            chunk.ask,
            chunk.ask_lots,
            chunk.price,
            chunk.lots,
            strict=True,
        )
    )
    assert searchable(module, rows).first_touch(0, 5, want.put(module.Touch())) == found


@pytest.mark.parametrize("module", MODULES)
def test_a_summary_holds_the_extremes_of_its_block(module: SimpleNamespace) -> None:
    """Bids and asks of quotes, hits of trades that did not buy, lifts of trades that did not sell."""
    chunk = TapeChunk()
    for kind, bid, ask, price in [(0, 10, 12, 0), (0, 9, 14, 0), (1, 9, 14, 14), (2, 9, 14, 9), (3, 9, 14, 11)]:
        chunk.append(1, kind, bid, 1, ask, 1, price, 1 if price else 0)
    blocks = array("i", bytes(4 * module.FIGURES))
    module.summarise(chunk.kind, chunk.bid, chunk.ask, chunk.price, blocks)
    assert list(blocks) == [9, 10, 12, 14, 9, 14]


def test_a_chunk_without_trades_has_none_in_its_summary() -> None:
    """No price is reached by trades that did not happen."""
    chunk = TapeChunk()
    chunk.append(1, RowKind.QUOTE, 10, 1, 12, 1)
    blocks = array("i", bytes(4 * kernel.FIGURES))
    kernel.summarise(chunk.kind, chunk.bid, chunk.ask, chunk.price, blocks)
    assert blocks[4] == 2**31 - 1
    assert blocks[5] == -1


def test_what_is_called_python_is_python() -> None:
    """What these tests compare the compiled kernel with is interpreted."""
    assert isinstance(PYTHON.Touch.__init__, FunctionType)
    assert isinstance(PYTHON.Rows.first_touch, FunctionType)
    assert not kernel.is_compiled() or not isinstance(kernel.Rows.first_touch, FunctionType)
