"""Quotes at even distances for weeks on end: a market for strategies that decide by the hour.

The best bid is a random walk of whole ticks, pulled back to where it began; the spread is one tick.
"""

from __future__ import annotations

import random
from array import array
from decimal import Decimal
from typing import Final

from simulation.tape import Instrument, MemoryTape, RowKind, TapeChunk

START_NS: Final = 1_767_225_600_000_000_000
"""A whole hour UTC."""
_START_TICKS: Final = 620_000
_LOTS: Final = 5_000
_STEPS: Final = tuple(range(-60, 61))
"""Moves of the best bid, in ticks; each as likely as the others."""
_PULL: Final = 200
"""So many ticks from the start, a move is one tick rather back than on."""
INSTRUMENT: Final = Instrument(
    ticker="BTC",
    quote="USD",
    source="synthetic",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    depth_lots=(_LOTS, _LOTS),
)


def quote_tape(*, every_ns: int, duration_ns: int, seed: int) -> MemoryTape:
    """Make a tape with one quote every so many ns, the first at START_NS, the last just before its end."""
    walk = _walk(duration_ns // every_ns, random.Random(seed))
    return MemoryTape(INSTRUMENT, [_chunk(every_ns, walk)])


def _walk(count: int, rng: random.Random) -> array[int]:
    bids, bid = array("i"), _START_TICKS
    for step in rng.choices(_STEPS, k=count):
        bids.append(bid)
        bid += step + (_START_TICKS - bid) // _PULL
    return bids


def _chunk(every_ns: int, bids: array[int]) -> TapeChunk:
    chunk, count = TapeChunk(), len(bids)
    chunk.time_ns.extend(range(START_NS, START_NS + count * every_ns, every_ns))
    chunk.kind.extend([int(RowKind.QUOTE)] * count)
    chunk.bid.extend(bids)
    chunk.ask.extend([bid + 1 for bid in bids])
    for sizes in (chunk.bid_lots, chunk.ask_lots):
        sizes.extend([_LOTS] * count)
    for nothing in (chunk.price, chunk.lots):
        nothing.extend([0] * count)
    return chunk
