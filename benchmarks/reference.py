"""The speed to beat: two plain Python backtests without any framework.

`plain` is what a careful person writes: one loop over integer columns, and a call of the strategy
for every row and where a pause ends. `naive` is what most people write first: every row becomes an
event with Decimals, and a coroutine of the strategy is awaited for it. Both do the same work and end
with the same fills.

    python -m benchmarks.reference plain top 1000000 [--rule touch] [--moving 0.1]
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from benchmarks.event_tape import MOVING, event_tape
from benchmarks.race import PROFIT_PARTS, FillRow, FillRule, Race, profit_ticks, run_and_report
from benchmarks.reference_orders import RestingOrders
from benchmarks.reference_strategies import Grid, Strategy, Top
from helpers.clock import monotonic_ns
from simulation.tape import RowKind, Tape, TapeChunk

_QUOTE, _BUY, _SELL = int(RowKind.QUOTE), int(RowKind.BUY), int(RowKind.SELL)
_FAR: Final = 1 << 62
_PROFIT: Final = 1 + 1 / Decimal(PROFIT_PARTS)
_Row = tuple[int, int, int, int, int, int, int, int]


@dataclass(slots=True)
class Event:
    """One row of the tape, as an event of the naive engine."""

    time_ns: int
    kind: RowKind
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    price: Decimal
    quantity: Decimal


def run_plain(tape: Tape, race: Race, rule: FillRule) -> list[FillRow]:
    """Run a strategy in a loop over integers; give its fills."""
    orders: RestingOrders[int] = RestingOrders(rule, -1, _FAR, tape.instrument.depth_lots[-1])
    strategy: Strategy[int] = Top(orders) if race is Race.TOP else Grid(orders, 1, profit_ticks)
    on_event = strategy.on_event
    fills: list[FillRow] = []
    last: _Row = (0, 0, 0, 0, 0, 0, 0, 0)
    for chunk in tape.chunks():
        for row in _rows(chunk):
            now_ns, kind, bid, bid_lots, ask, ask_lots, price, lots = row
            while now_ns > strategy.due_ns:
                on_event(strategy.due_ns, *last[2:6])
            last = row
            if kind == _QUOTE:
                if orders.matters(bid, ask):
                    orders.on_quote(bid, bid_lots, ask, ask_lots)
            elif kind == _BUY:
                if price >= orders.best_sell:
                    orders.on_trade(True, price, lots)
            elif price <= orders.best_buy:
                orders.on_trade(False, price, lots)
            if orders.filled:
                fills += [(now_ns, 1 if order.is_buy else -1, order.price) for order in orders.filled]
            on_event(now_ns, bid, bid_lots, ask, ask_lots)
    return fills


def run_naive(tape: Tape, race: Race, rule: FillRule) -> list[FillRow]:
    """Run a strategy on events with Decimals; give its fills."""
    return asyncio.run(_run_naive(tape, race, rule))


async def _run_naive(tape: Tape, race: Race, rule: FillRule) -> list[FillRow]:
    tick, step = tape.instrument.tick_size, tape.instrument.quantity_step
    depth = tape.instrument.depth_lots[-1] * step
    orders: RestingOrders[Decimal] = RestingOrders(rule, Decimal(-1), Decimal(_FAR), depth)
    strategy: Strategy[Decimal] = Top(orders) if race is Race.TOP else Grid(orders, tick, _profit_price(tick))
    fills: list[tuple[int, int, Decimal]] = []
    last: Event | None = None
    for chunk in tape.chunks():
        for row in _rows(chunk):
            event = _event(row, tick, step)
            while last is not None and event.time_ns > strategy.due_ns:
                await _call(strategy, strategy.due_ns, last)
            last = event
            _match(orders, event)
            if orders.filled:
                fills += [(event.time_ns, 1 if order.is_buy else -1, order.price) for order in orders.filled]
            await _call(strategy, event.time_ns, event)
    return [(time_ns, side, int(price / tick)) for time_ns, side, price in fills]


def _rows(chunk: TapeChunk) -> zip[_Row]:
    return zip(
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


def _event(row: _Row, tick: Decimal, step: Decimal) -> Event:
    time_ns, kind, bid, bid_lots, ask, ask_lots, price, lots = row
    return Event(
        time_ns, RowKind(kind), bid * tick, bid_lots * step, ask * tick, ask_lots * step, price * tick, lots * step
    )


def _match(orders: RestingOrders[Decimal], event: Event) -> None:
    if event.kind is RowKind.QUOTE:
        if orders.matters(event.bid, event.ask):
            orders.on_quote(event.bid, event.bid_quantity, event.ask, event.ask_quantity)
    elif event.kind is RowKind.BUY:
        if event.price >= orders.best_sell:
            orders.on_trade(True, event.price, event.quantity)
    elif event.price <= orders.best_buy:
        orders.on_trade(False, event.price, event.quantity)


async def _call(strategy: Strategy[Decimal], now_ns: int, event: Event) -> None:
    strategy.on_event(now_ns, event.bid, event.bid_quantity, event.ask, event.ask_quantity)


def _profit_price(tick: Decimal) -> Callable[[Decimal], Decimal]:
    return lambda price: (price * _PROFIT / tick).to_integral_value(ROUND_CEILING) * tick


ENGINES: Final = {"plain": run_plain, "naive": run_naive}


def main() -> None:
    """Measure one run in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("race", type=Race)
    parser.add_argument("rows", type=int)
    parser.add_argument("--rule", type=FillRule, default=FillRule.QUEUE)
    parser.add_argument("--moving", type=float, default=MOVING)
    options = parser.parse_args()
    begin_ns = monotonic_ns()
    tape = event_tape(options.rows, moving=options.moving)
    engine = ENGINES[options.engine]
    run_and_report(
        lambda: engine(tape, options.race, options.rule), lambda fills: fills, events=options.rows, begin_ns=begin_ns
    )


if __name__ == "__main__":
    main()
