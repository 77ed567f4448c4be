"""The event tape as hftbacktest's events.

hftbacktest knows a book of levels and not a best price alone. So a changed quantity becomes one
event, and a changed price one for each level that appears or goes: levels behind the best price
hold what the tape says to assume there. It is 1.2 events a row. All events of a row have its time,
so that the strategy is called once for it.
"""

from __future__ import annotations

from typing import Any

import hftbacktest as hb
import numpy as np
from numba import njit
from numpy.typing import NDArray

from benchmarks.peers.columns import Columns

TICK, STEP = 0.1, 0.001
Column = NDArray[np.int64]
# Levels beyond the prices of the tape, for orders that rest there.
_ROOM_TICKS = 1_000
_BOTH = hb.EXCH_EVENT | hb.LOCAL_EVENT
_BID = _BOTH | hb.DEPTH_EVENT | hb.BUY_EVENT
_ASK = _BOTH | hb.DEPTH_EVENT | hb.SELL_EVENT
_BOUGHT = _BOTH | hb.TRADE_EVENT | hb.BUY_EVENT
_SOLD = _BOTH | hb.TRADE_EVENT | hb.SELL_EVENT


@njit
def _convert(  # noqa: C901 - numba wants one loop over arrays
    kind: Column,
    bid: Column,
    bid_lots: Column,
    ask: Column,
    ask_lots: Column,
    price: Column,
    lots: Column,
    low: int,
    high: int,
    depth: int,
    out: Column,
) -> int:
    """Write (flags, row, ticks, lots) of every event; give how many there are. Row -1 is before the tape."""
    count = 0
    for ticks in range(bid[0] - 1, low, -1):
        out[count, :] = (_BID, -1, ticks, depth)
        count += 1
    for ticks in range(ask[0] + 1, high):
        out[count, :] = (_ASK, -1, ticks, depth)
        count += 1
    was_bid, was_bid_lots, was_ask, was_ask_lots = bid[0] - 1, depth, ask[0] + 1, depth
    for row in range(len(kind)):
        if kind[row] != 0:
            out[count, :] = (_BOUGHT if kind[row] == 1 else _SOLD, row, price[row], lots[row])
            count += 1
            continue
        # What opens the spread comes first, so that the book never crosses.
        for ticks in range(was_bid, bid[row], -1):
            out[count, :] = (_BID, row, ticks, 0)
            count += 1
        for ticks in range(was_ask, ask[row]):
            out[count, :] = (_ASK, row, ticks, 0)
            count += 1
        # A quote that repeats the one before is an event as well.
        if (
            bid[row] != was_bid
            or bid_lots[row] != was_bid_lots
            or (ask[row] == was_ask and ask_lots[row] == was_ask_lots)
        ):
            for ticks in range(was_bid, bid[row]):
                out[count, :] = (_BID, row, ticks, depth)
                count += 1
            out[count, :] = (_BID, row, bid[row], bid_lots[row])
            count += 1
        if ask[row] != was_ask or ask_lots[row] != was_ask_lots:
            for ticks in range(was_ask, ask[row], -1):
                out[count, :] = (_ASK, row, ticks, depth)
                count += 1
            out[count, :] = (_ASK, row, ask[row], ask_lots[row])
            count += 1
        was_bid, was_bid_lots, was_ask, was_ask_lots = bid[row], bid_lots[row], ask[row], ask_lots[row]
    return count


def make_events(columns: Columns, depth: int) -> tuple[NDArray[Any], int, int]:
    """Give hftbacktest's events, and the range of ticks that they use."""
    bid, ask = columns["bid"], columns["ask"]
    low, high = int(bid.min()) - _ROOM_TICKS, int(ask.max()) + _ROOM_TICKS
    moved = int(np.abs(np.diff(bid)).sum() + np.abs(np.diff(ask)).sum())
    raw = np.empty((high - low + 2 * len(bid) + moved, 4), np.int64)
    names = ("kind", "bid", "bid_lots", "ask", "ask_lots", "price", "lots")
    raw = raw[: _convert(*(columns[name] for name in names), low, high, depth, raw)]
    events = np.zeros(len(raw), hb.types.event_dtype)
    row = raw[:, 1]
    events["ev"] = raw[:, 0]
    events["exch_ts"] = events["local_ts"] = np.where(row < 0, columns["time_ns"][0] - 1, columns["time_ns"][row])
    events["px"] = raw[:, 2] * TICK
    events["qty"] = raw[:, 3] * STEP
    return events, low, high
