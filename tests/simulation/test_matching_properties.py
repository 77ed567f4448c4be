"""No fill is better or larger than the tape allows, whatever the markets do and whatever the customers send."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Any

from hypothesis import given, settings
from random_worlds import DEPTH, TICK, RandomWorld, WorldSpec, world_specs

from helpers.enums import Liquidity, Side
from helpers.models import Fill
from simulation.cursor import Row
from simulation.matching import MatchingEngine
from simulation.resting import SimOrder
from simulation.tape import RowKind

EXAMPLES = settings(max_examples=80, deadline=None)


class Auditor:
    """Looks at every row an engine takes and every order it lets take, and at the fills each one caused."""

    def __init__(self, world: RandomWorld, ticker: str) -> None:
        """Stand beside one market's engine."""
        self._world = world
        self._engine: MatchingEngine = world.venue.core.market(ticker).engine
        self._rows = world.spec.tapes[world.tickers.index(ticker)].flat()
        chunks = [*self._engine.cursor._loaded, *self._copy_of_rest()]
        starts = accumulate((len(chunk) for chunk in chunks), initial=len(self._rows) - sum(map(len, chunks)))
        self._chunks = list(zip(chunks, starts, strict=False))
        self._used: Counter[tuple[bool, int, int]] = Counter()
        """Lots filled against (is ask, first row of the quote, price)."""
        self._row_taken, self._order_takes = self._engine.take_touch, self._engine.take
        self._engine.take_touch = self.take_touch  # type: ignore[method-assign]
        self._engine.take = self.take  # type: ignore[method-assign]

    def _copy_of_rest(self) -> list[Any]:
        rest = list(self._engine.cursor._source)
        self._engine.cursor._source = iter(rest)
        return rest

    # -- what is looked at ------------------------------------------------------------------

    def take_touch(self) -> Row:
        """A row of the tape comes: its fills are ours as makers."""
        limits = {order.client_order_id: order for order in self._engine.buys.orders + self._engine.sells.orders}
        before = self._fill_count()
        row = self._row_taken()
        fills = self._fills_since(before)
        for fill in fills:
            order = limits[fill.client_order_id or ""]
            assert fill.liquidity is Liquidity.MAKER
            assert _ticks(fill) == order.price
            assert _reaches(row, order)
        lots = {side: sum(int(fill.quantity) for fill in fills if fill.side is side) for side in Side}
        if row.kind == RowKind.QUOTE:
            self._use(is_ask=True, price=row.ask, lots=lots[Side.BUY])
            self._use(is_ask=False, price=row.bid, lots=lots[Side.SELL])
        else:
            assert lots[Side.BUY] + lots[Side.SELL] <= row.lots
        return row

    def take(self, order: SimOrder) -> bool:
        """An order comes and takes: its fills are ours as takers."""
        before, row = self._fill_count(), self._engine.cursor.current()
        may_rest = self._order_takes(order)
        for fill in self._fills_since(before):
            assert fill.liquidity is Liquidity.TAKER
            assert row is not None
            best, price = (row.ask if order.is_buy else row.bid), _ticks(fill)
            assert best, "something was taken from an empty side"
            assert best <= price <= order.limit if order.is_buy else order.limit <= price <= best
            self._use(is_ask=order.is_buy, price=price, lots=int(fill.quantity))
        return may_rest

    def _use(self, *, is_ask: bool, price: int, lots: int) -> None:
        """Count liquidity as used up: a level has only so much until the quote changes."""
        if not lots:
            return
        index = self._index()
        column = slice(4, 6) if is_ask else slice(2, 4)
        quote = self._rows[index][column]
        while index and self._rows[index - 1][column] == quote:
            index -= 1
        self._used[is_ask, index, price] += lots
        behind = abs(price - quote[0])
        assert self._used[is_ask, index, price] <= (DEPTH[behind] if behind else quote[1])

    # -- where things stand -----------------------------------------------------------------

    def _index(self) -> int:
        cursor = self._engine.cursor
        return next(start for chunk, start in self._chunks if chunk is cursor._loaded[0]) + cursor._row

    def _fill_count(self) -> dict[str, int]:
        return {account.account_id: len(account.fills) for account in self._world.accounts}

    def _fills_since(self, before: dict[str, int]) -> list[Fill]:
        return [fill for account in self._world.accounts for fill in account.fills[before[account.account_id] :]]


def _ticks(fill: Fill) -> int:
    return int(fill.price / TICK)


def _reaches(row: Row, order: SimOrder) -> bool:
    """Whether a row may fill a resting order at all."""
    if row.kind == RowKind.QUOTE:
        return 0 < row.ask <= order.limit if order.is_buy else row.bid >= order.limit
    if row.kind == (RowKind.BUY if order.is_buy else RowKind.SELL):
        return False
    return row.price <= order.limit if order.is_buy else row.price >= order.limit


@EXAMPLES
@given(world_specs)
def test_no_fill_is_better_or_larger_than_the_tape_allows(spec: WorldSpec) -> None:
    """Makers fill at their own price when the tape reaches it; takers never better than the best opposite quote
    nor beyond their limit; no trade and no displayed level fills more than its lots, over all orders.
    """
    world = RandomWorld(spec)
    auditors = [Auditor(world, ticker) for ticker in world.tickers]
    world.run()
    assert auditors
