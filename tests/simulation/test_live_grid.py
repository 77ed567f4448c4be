"""A real venue's numbers on a tape's grid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.enums import Side
from helpers.models import Bbo, BookLevel, OrderBook, Trade
from simulation.live_grid import LiveGrid
from simulation.live_tape import NO_QUOTE, Quote
from simulation.tape import RowKind

D = Decimal
GRID = LiveGrid(D("0.5"), D("0.01"))


def bbo(bid: str | None, bid_quantity: str | None, ask: str | None, ask_quantity: str | None) -> Bbo:
    """Give best bid and offer from texts."""
    texts = (bid, bid_quantity, ask, ask_quantity)
    return Bbo(*(None if text is None else D(text) for text in texts), 0, 0)


def trade(side: Side | None, price: str, quantity: str = "1") -> Trade:
    """Give a public trade."""
    return Trade(trade_id="1", price=D(price), quantity=D(quantity), taker_side=side, time_ns=0)


def book(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> OrderBook:
    """Give a book from texts."""
    return OrderBook(
        tuple(BookLevel(D(price), D(quantity)) for price, quantity in bids),
        tuple(BookLevel(D(price), D(quantity)) for price, quantity in asks),
        0,
    )


@pytest.mark.parametrize(
    ("shown", "quote"),
    [
        (bbo("100", "0.25", "100.5", "3"), Quote(200, 25, 201, 300)),
        (bbo("100.4", "0.259", "100.6", "0.001"), Quote(200, 25, 202, 1)),
        (bbo(None, None, "100.5", "3"), Quote(0, 0, 201, 300)),
        (bbo("100", None, None, None), Quote(200, 1, 0, 0)),
        (bbo(None, None, None, None), NO_QUOTE),
        (bbo("0.1", "1", "100.5", "3"), None),
        (bbo("100", "1", "2000000000", "3"), None),
    ],
)
def test_quotes_move_away_from_each_other(shown: Bbo, quote: Quote | None) -> None:
    """Bids go down to the grid, asks up, a shown quantity never vanishes; what no tape can hold is no quote."""
    assert GRID.quote(shown) == quote


@pytest.mark.parametrize(
    ("told", "row"),
    [
        (trade(Side.BUY, "100.5", "0.25"), (RowKind.BUY, 201, 25)),
        (trade(Side.BUY, "100.7"), (RowKind.BUY, 201, 100)),
        (trade(Side.SELL, "100.7"), (RowKind.SELL, 202, 100)),
        (trade(None, "100.5", "0.019"), (RowKind.TRADE, 201, 1)),
        (trade(None, "100.7"), None),
        (trade(Side.SELL, "100.5", "0.009"), None),
        (trade(Side.BUY, "0.2"), None),
        (trade(Side.SELL, "2000000000"), None),
    ],
)
def test_trades_move_away_from_what_they_could_fill(told: Trade, row: tuple[RowKind, int, int] | None) -> None:
    """A sale fills bids at its price and above, so it goes up; a purchase down; less than a lot is nothing."""
    assert GRID.trade(told) == row


def test_depth_is_what_the_book_shows() -> None:
    """Behind the best prices 12 lots of bids over 3 ticks and 8 of asks over 2 are 4 a tick."""
    shown = book([("100", "0.1"), ("99", "0.05"), ("98.5", "0.07")], [("100.5", "0.2"), ("101.5", "0.08")])
    assert GRID.depth(shown) == (15, 4, 4)


@pytest.mark.parametrize("shown", [book([], []), book([("100", "0.1")], []), book([("100", "0.1")], [("101", "0.1")])])
def test_a_book_of_one_level_assumes_nothing_behind_it(shown: OrderBook) -> None:
    """What is not shown is not there."""
    assert len(GRID.depth(shown)) == 1


levels = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 500)), max_size=8)


@given(levels, levels)
def test_no_depth_is_invented(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    """All lots assumed behind the best price of one side are at most those that both sides show there."""
    sides = []
    for raw, sign in ((bids, -1), (asks, 1)):
        offset, side = 0, []
        for step, lots in raw:
            offset += step
            side.append(BookLevel(D(5000) + sign * offset * D("0.5"), lots * D("0.01")))
        sides.append(tuple(side))
    depth = GRID.depth(OrderBook(sides[0], sides[1], 0))
    shown = sum(lots for raw in (bids, asks) for _, lots in raw[1:])
    assert sum(depth[1:]) <= shown
    assert min(depth) >= 0
