"""GRID and TOP of benchmarks/race.py as numba functions on hftbacktest.

Both step to every feed event, or through time if `step_ns` is not 0, write their fills as rows of
(time, side, ticks) and give how many there are. Orders are looked at only when something filled.
"""

from __future__ import annotations

from typing import Any

import hftbacktest as hb
import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.peers.hftbacktest_events import STEP, TICK
from benchmarks.race import MAX_SELLS, PAUSE_NS, PROFIT_PARTS

# Longer than any tape: wait for the next event without a limit, in ns.
NO_LIMIT = 10**18
_TIME_IS_UP, _FEED = 0, 2
Fills = NDArray[np.int64]


@njit
def _step(hbt: Any, step_ns: int, limit_ns: int) -> bool:
    """Go to the next event, but not beyond `limit_ns` from now, or on by `step_ns`; False at the end."""
    if step_ns:
        return hbt.elapse(step_ns) == 0
    return hbt.wait_next_feed(False, limit_ns) in (_TIME_IS_UP, _FEED)


@njit
def _record(hbt: Any, order_id: int, fills: Fills, count: int) -> int:
    """Write the fill of an order, if it filled; give the count of fills."""
    order = hbt.orders(0).get(order_id)
    if order is not None and order.status == hb.FILLED:
        fills[count, 0] = hbt.current_timestamp
        fills[count, 1] = order.side
        fills[count, 2] = order.price_tick
        return count + 1
    return count


@njit
def _lowest_ask(hbt: Any, sells: NDArray[np.int64]) -> int:
    """Give the best ask in ticks, the market's or our own."""
    ticks = hbt.depth(0).best_ask_tick
    for order_id in sells:
        ticks = min(ticks, hbt.orders(0).get(order_id).price_tick)
    return ticks


@njit
def run_grid(hbt: Any, fills: Fills, step_ns: int) -> int:
    """Keep one buy just below the ask, and a sell for every fill."""
    count = 0
    trades = 0
    entry = 0
    next_id = 1
    next_ns = 0
    sells = np.zeros(MAX_SELLS, np.int64)
    resting = 0
    limit_ns = NO_LIMIT
    while _step(hbt, step_ns, limit_ns):
        depth = hbt.depth(0)
        done = hbt.state_values(0).num_trades
        if done != trades:
            trades = done
            kept = 0
            for index in range(resting):
                now = _record(hbt, sells[index], fills, count)
                if now == count:
                    sells[kept] = sells[index]
                    kept += 1
                count = now
            resting = kept
            if entry:
                now = _record(hbt, entry, fills, count)
                if now != count:
                    count = now
                    entry = 0
                    bought = fills[count - 1, 2]
                    ticks = max(bought + (bought + PROFIT_PARTS - 1) // PROFIT_PARTS, depth.best_bid_tick + 1)
                    hbt.submit_sell_order(0, next_id, ticks * TICK, STEP, hb.GTX, hb.LIMIT, False)
                    sells[resting] = next_id
                    resting += 1
                    next_id += 1
            hbt.clear_inactive_orders(0)
        if hbt.current_timestamp >= next_ns and resting < MAX_SELLS:
            next_ns = hbt.current_timestamp + PAUSE_NS
            ticks = _lowest_ask(hbt, sells[:resting]) - 1
            if entry and hbt.orders(0).get(entry).price_tick != ticks:
                hbt.cancel(0, entry, False)
                entry = 0
            if not entry:
                hbt.submit_buy_order(0, next_id, ticks * TICK, STEP, hb.GTX, hb.LIMIT, False)
                entry = next_id
                next_id += 1
        # The pause ends at its time; a full grid waits for a fill.
        limit_ns = next_ns - hbt.current_timestamp if resting < MAX_SELLS else NO_LIMIT
    return count


@njit
def run_top(hbt: Any, fills: Fills, step_ns: int) -> int:
    """Keep one lot at the best price of each side."""
    count = 0
    trades = 0
    buy = 0
    sell = 0
    buy_tick = 0
    sell_tick = 0
    next_id = 1
    while _step(hbt, step_ns, NO_LIMIT):
        depth = hbt.depth(0)
        bid = depth.best_bid_tick
        ask = depth.best_ask_tick
        done = hbt.state_values(0).num_trades
        if done != trades:
            trades = done
            now = _record(hbt, buy, fills, count)
            if now != count:
                buy = 0
            count = now
            now = _record(hbt, sell, fills, count)
            if now != count:
                sell = 0
            count = now
            hbt.clear_inactive_orders(0)
        if not buy or buy_tick != bid:
            if buy:
                hbt.cancel(0, buy, False)
            hbt.submit_buy_order(0, next_id, bid * TICK, STEP, hb.GTX, hb.LIMIT, False)
            buy = next_id
            buy_tick = bid
            next_id += 1
        if not sell or sell_tick != ask:
            if sell:
                hbt.cancel(0, sell, False)
            hbt.submit_sell_order(0, next_id, ask * TICK, STEP, hb.GTX, hb.LIMIT, False)
            sell = next_id
            sell_tick = ask
            next_id += 1
    return count
