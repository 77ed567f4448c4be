"""Pegged orders in the kernel: they stand where the slow model has them, compiled and as plain Python."""

from __future__ import annotations

from array import array
from copy import deepcopy
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_pegs import DEPTH, SlowPeg, slow_pegs
from test_kernel import MODULES, searchable
from touches import RowTuple
from venue_scenes import START_NS

from helpers.enums import Side
from helpers.peg import Peg, PegReference
from helpers.pegging import peg_price
from simulation import kernel_orders


@st.composite
def lively(draw: st.DrawFn) -> list[RowTuple]:
    """Rows that move by a tick or two, with trades at the touch, several a nanosecond."""
    now, bid, rows = START_NS, 100, []
    ask = bid + 1
    bid_lots, ask_lots = 5, 5
    for _ in range(draw(st.integers(1, 40))):
        now += draw(st.sampled_from([0, 1, 1, 2, 6]))
        kind = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
        if kind == 0:
            bid = draw(st.integers(98, 102)) * draw(st.sampled_from([1] * 12 + [0]))
            ask = (max(bid, 97) + draw(st.sampled_from([1, 1, 1, 2, 3, 0, -1]))) * draw(st.sampled_from([1] * 12 + [0]))
            bid_lots, ask_lots = draw(st.integers(1, 12)), draw(st.integers(1, 12))
            rows.append((now, 0, bid, bid_lots, ask, ask_lots, 0, 0))
        else:
            rows.append((now, kind, bid, bid_lots, ask, ask_lots, draw(st.integers(97, 104)), draw(st.integers(1, 9))))
    return rows


def walk(rows: list[RowTuple], pegs: list[SlowPeg], start: int) -> int:
    """Give the first row that fills one of them, each standing where it does by then."""
    for index in range(start, len(rows)):
        before = rows[index - 1][2:6] if index else None
        for peg in pegs:
            if before is not None:
                peg.pass_to(rows[index][0], before)
        if any(peg.is_filled_by(rows[index]) for peg in pegs):
            return index
        for peg in pegs:
            peg.see(rows[index])
    return len(rows)


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=250, deadline=None)
@given(lively(), st.lists(slow_pegs, min_size=1, max_size=3), st.data())
def test_pegged_orders_follow_the_rules(
    module: SimpleNamespace, rows: list[RowTuple], pegs: list[SlowPeg], data: st.DataObject
) -> None:
    """Same row found, same prices, same queues, the same amends under way."""
    start = data.draw(st.integers(0, len(rows) - 1))
    depth, touch = array("q", DEPTH), module.Touch()
    touch.pegs = [peg.real(module, depth) for peg in pegs]
    found = searchable(module, rows).first_touch(start, len(rows), touch)
    assert found == walk(rows, pegs, start)
    if found and found < len(rows):
        # The search may stop at the first one that fills; the engine brings the others to the same moment.
        bid, bid_lots, ask, ask_lots = rows[found - 1][2:6]
        touch.settle(rows[found][0], bid, bid_lots, ask, ask_lots)
    assert [(peg.price, peg.ahead) for peg in touch.pegs] == [(peg.price, peg.ahead) for peg in pegs]
    assert [peg.due_ns for peg in touch.pegs if peg.state] == [peg.under_way[0][0] for peg in pegs if peg.under_way]


@pytest.mark.parametrize("module", MODULES)
@settings(max_examples=150, deadline=None)
@given(lively(), st.lists(slow_pegs, min_size=1, max_size=2), st.data())
def test_a_search_in_two_parts_is_one_search(
    module: SimpleNamespace, rows: list[RowTuple], pegs: list[SlowPeg], data: st.DataObject
) -> None:
    """Stopping anywhere and going on, on a copy too, gives what one search gives."""
    depth, whole, parts = array("q", DEPTH), module.Touch(), module.Touch()
    whole.pegs = [peg.real(module, depth) for peg in deepcopy(pegs)]
    parts.pegs = [peg.real(module, depth) for peg in pegs]
    searched = searchable(module, rows)
    found = searched.first_touch(0, len(rows), whole)
    middle = data.draw(st.integers(0, found))
    assert searched.first_touch(0, middle, parts) == middle
    copied = module.Touch()
    copied.take_over(parts)
    assert searched.first_touch(middle, len(rows), copied) == found
    assert [(peg.price, peg.ahead, peg.state) for peg in copied.pegs] == [
        (peg.price, peg.ahead, peg.state) for peg in whole.pegs
    ]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PegReference),
    st.sampled_from(Side),
    st.integers(-6, 30),
    st.none() | st.integers(900, 1100),
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_ticks_and_decimals_agree(
    reference: PegReference, side: Side, offset: int, limit: int | None, bid: int, ask: int
) -> None:
    """The engine's whole numbers and the bot's Decimals name the same price, offsets between ticks included."""
    tick = Decimal("0.5")
    peg = Peg(
        reference=reference, offset=offset * Decimal("0.1"), limit=None if limit is None else limit * Decimal("0.02")
    )
    wanted = peg_price(peg, side, bid * tick or None, ask * tick or None, tick)
    is_buy = side is Side.BUY
    half_ticks = -((-2 * offset) // 5)
    ticks = (1 << 62) if is_buy else 0
    if limit is not None:
        ticks = limit // 25 if is_buy else -(-limit // 25)
    number = list(PegReference).index(reference)
    assert (kernel_orders.BEST, kernel_orders.OPPOSITE, kernel_orders.MID) == (0, 1, 2)
    engine = kernel_orders.Peg(is_buy, number, half_ticks, ticks, 0, 0, array("q", DEPTH))
    assert engine.target(bid, ask) * tick == (wanted or 0)
