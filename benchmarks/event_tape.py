"""A synthetic tape of any length for measuring speed, alike to a busy perpetual market.

It is made to resemble six recorded minutes of a large BTC perpetual: 254 rows/s, of which 2.3 % move
the best price. What a million rows of it measure (seed 7, `moving` 0.023):

* 90 % rows are quotes, 10 % trades; 250 rows/s on average, exponential gaps, no two rows at one time.
* 2.3 % of the rows move the best bid or offer: 60 % of them by one tick, 24 % by 2 to 5, 16 % by 6 to 40.
* The spread is one tick for 85 % of the rows, never above 5.
* It starts at 62,000.0 with a tick of 0.1 and a step of 0.001. Within some 20 minutes it is pulled
  back to a line that rises by 0.1 % an hour, and stays within 0.2 % or so of it: what a grid buys
  it can sell, so that it trades all through a tape of any length.
* Every other quote changes the displayed quantity of one side: 0.05 to 20 BTC, log-uniform.
* Trades are at the best price and no larger than what is displayed there: 0.05 to 2 BTC.

All quantities are multiples of 50 lots, so that orders of one lot never compete for the last lots
of a trade, which engines treat differently. Behind the best price as much is assumed as is ever
displayed, so that a queue there is never shorter than one at the best price.

The columns are kept as raw files below `build/`: a second run reads them in milliseconds.
"""

from __future__ import annotations

import json
import math
import random
import shutil
from array import array
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from simulation.tape import CHUNK_ROWS, Instrument, MemoryTape, RowKind, TapeChunk

CACHE: Final = Path("build/event_tapes")
COLUMNS: Final = ("time_ns", "kind", "bid", "bid_lots", "ask", "ask_lots", "price", "lots")
TRADES: Final = 0.10
MOVING: Final = 0.023
_VERSION: Final = 3
_START_NS: Final = 1_767_225_600_000_000_000
_START_TICKS: Final = 620_000
_RISE_NS: Final = 6_000_000_000
"""The line that the price is pulled to rises by a tick in this time."""
# So many ticks above the line, every move would go down.
_PULL_TICKS: Final = 28_000
_MEAN_GAP_NS: Final = 4_000_000
_WORDS: Final = 1 << 16
_LOTS_STEP: Final = 50
_MOST_LOTS: Final = 20_000
_MOST_TRADED: Final = 2_000
_QUOTE, _BUY, _SELL = int(RowKind.QUOTE), int(RowKind.BUY), int(RowKind.SELL)
INSTRUMENT: Final = Instrument(
    ticker="BTC",
    quote="USD",
    source="synthetic",
    tick_size=Decimal("0.1"),
    quantity_step=Decimal("0.001"),
    depth_lots=(_MOST_LOTS, _MOST_LOTS),
)


def event_tape(rows: int, *, seed: int = 7, moving: float = MOVING, cache: Path = CACHE) -> MemoryTape:
    """Give the tape of so many rows, made or read back."""
    return MemoryTape(INSTRUMENT, _read(event_folder(rows, seed=seed, moving=moving, cache=cache)))


def event_folder(rows: int, *, seed: int = 7, moving: float = MOVING, cache: Path = CACHE) -> Path:
    """Give the folder with the tape's columns as raw files and what they mean in `tape.json`; make it if missing."""
    folder = cache / f"v{_VERSION}-{rows}-{seed}-{round(moving * 10_000)}"
    if not folder.exists():
        # Renamed when complete: an interrupted run leaves no half tape behind.
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        _write(part, rows, make_chunks(rows, seed, moving))
        part.rename(folder)
    return folder


def make_chunks(rows: int, seed: int, moving: float) -> Iterator[TapeChunk]:
    """Make the rows; `moving` is the share that moves the best price."""
    market = _Market(random.Random(seed), moving)
    for start in range(0, rows, CHUNK_ROWS):
        yield market.chunk(min(CHUNK_ROWS, rows - start))


class _Market:
    """The best bid and offer, and tables that turn random words into what happens next."""

    def __init__(self, rng: random.Random, moving: float) -> None:
        self._rng = rng
        self._now = _START_NS
        self._line = _START_TICKS
        self._touch = (_START_TICKS, 2_000, _START_TICKS + 1, 2_000)
        self._trade_below = round(TRADES * _WORDS)
        self._move_below = round((TRADES + moving) * _WORDS)
        self._gaps = [round(-math.log((word + 0.5) / _WORDS) * _MEAN_GAP_NS) + 1 for word in range(_WORDS)]
        self._displayed = _log_uniform(_MOST_LOTS)
        self._traded = _log_uniform(_MOST_TRADED)
        self._steps = _weighted({1: 60, 2: 12, 3: 6, 4: 4, 5: 2, 6: 3, 8: 3, 12: 3, 16: 3, 20: 2, 30: 1, 40: 1})
        self._spreads = _weighted({1: 85, 2: 7, 3: 4, 4: 2, 5: 2})

    def chunk(self, rows: int) -> TapeChunk:
        """Make the next rows."""
        chunk = TapeChunk()
        self._line = _START_TICKS + (self._now - _START_NS) // _RISE_NS
        now, gaps = self._now, self._gaps
        chunk.time_ns.extend([now := now + gaps[word] for word in self._draw(rows)])
        self._now = now
        displayed, traded, trade_below, move_below = self._displayed, self._traded, self._trade_below, self._move_below
        bid, bid_lots, ask, ask_lots = self._touch
        made = []
        for word, detail in zip(self._draw(rows), self._draw(rows), strict=True):
            price = lots = kind = 0
            if word >= move_below:
                if detail & 1:
                    bid_lots = displayed[detail]
                else:
                    ask_lots = displayed[detail]
            elif word >= trade_below:
                bid, ask = self._move(bid)
                bid_lots, ask_lots = displayed[detail], displayed[detail ^ word]
            elif detail & 1:
                kind, price, lots = _BUY, ask, min(traded[detail], ask_lots)
            else:
                kind, price, lots = _SELL, bid, min(traded[detail], bid_lots)
            made.append((kind, bid, bid_lots, ask, ask_lots, price, lots))
        self._touch = bid, bid_lots, ask, ask_lots
        for name, column in zip(COLUMNS[1:], zip(*made, strict=True), strict=True):
            getattr(chunk, name).extend(column)
        return chunk

    def _draw(self, count: int) -> array[int]:
        return array("H", self._rng.randbytes(2 * count))

    def _move(self, bid: int) -> tuple[int, int]:
        """Move the best bid by at least a tick, a little rather towards the line, and draw a spread."""
        drawn = self._rng.getrandbits(48)
        step = self._steps[drawn % 100]
        middle = _WORDS // 2 + (bid - self._line) * _WORDS // (2 * _PULL_TICKS)
        bid += step if drawn >> 32 >= middle else -step
        return bid, bid + self._spreads[drawn // 100 % 100]


def _log_uniform(most: int) -> list[int]:
    """Spread lots from one step to `most` over all random words."""
    steps = most // _LOTS_STEP
    return [_LOTS_STEP * int(steps ** (word / _WORDS) + 0.5) for word in range(_WORDS)]


def _weighted(percents: dict[int, int]) -> list[int]:
    return [value for value, percent in percents.items() for _ in range(percent)]


def _write(folder: Path, rows: int, chunks: Iterator[TapeChunk]) -> None:
    folder.mkdir(parents=True)
    files = {name: (folder / name).open("wb") for name in COLUMNS}
    for chunk in chunks:
        for name, file in files.items():
            getattr(chunk, name).tofile(file)
    for file in files.values():
        file.close()
    types = {name: getattr(TapeChunk(), name).typecode for name in COLUMNS}
    about = {"rows": rows, "columns": types, "depth_lots": INSTRUMENT.depth_lots[-1]}
    (folder / "tape.json").write_text(json.dumps(about), encoding="utf-8")


def _read(folder: Path) -> Iterator[TapeChunk]:
    left = json.loads((folder / "tape.json").read_text(encoding="utf-8"))["rows"]
    files = {name: (folder / name).open("rb") for name in COLUMNS}
    while left:
        chunk = TapeChunk()
        count = min(left, CHUNK_ROWS)
        for name, file in files.items():
            getattr(chunk, name).fromfile(file, count)
        left -= count
        yield chunk
    for file in files.values():
        file.close()
