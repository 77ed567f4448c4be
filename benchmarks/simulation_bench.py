"""How fast the simulated market is made and searched, and how long a simulated day of trading takes."""

from __future__ import annotations

import contextlib
import io
import statistics
import tempfile
from pathlib import Path
from typing import Final

from console.run import run as run_bot
from helpers.clock import NS_PER_S, monotonic_ns
from helpers.config import build_config
from simulation.kernel import is_compiled
from simulation.kernel_orders import Touch
from simulation.paper_markets import paper_market
from simulation.synthetic import SyntheticTape
from simulation.tape import TapeChunk
from strategies.factory import strategies

_DAY_NS: Final = 86_400 * NS_PER_S
_RUNS: Final = 5
_SEARCHES: Final = 20
_SEED: Final = 7


def run() -> list[tuple[str, str]]:
    """Measure on the synthetic BTC market."""
    return [*_tape(), _day()]


def _tape() -> list[tuple[str, str]]:
    begin = monotonic_ns()
    day = _first_day()
    made_ns = monotonic_ns() - begin
    rows = sum(len(chunk) for chunk in day)
    prepared_ns, searched_ns = _time_search(day)
    return [
        (f"a day of BTC made ({rows:,} rows)", f"{rows * NS_PER_S // made_ns:,} rows/s"),
        ("rows summarised, once", f"{rows * NS_PER_S // prepared_ns:,} rows/s"),
        (f"quiet rows searched ({_kernel()})", f"{rows * NS_PER_S // searched_ns:,} rows/s"),
    ]


def _time_search(day: list[TapeChunk]) -> tuple[int, int]:
    begin = monotonic_ns()
    searchable = [chunk.rows() for chunk in day]
    prepared_ns = monotonic_ns() - begin
    touch = Touch()
    touch.buy, touch.sell = 1, 1 << 40  # orders far from the market: nothing matters
    begin = monotonic_ns()
    for _ in range(_SEARCHES):
        for rows, chunk in zip(searchable, day, strict=True):
            rows.first_touch(0, len(chunk), touch)
    return prepared_ns, (monotonic_ns() - begin) // _SEARCHES


def _kernel() -> str:
    return "compiled" if is_compiled() else "plain Python"


def _first_day() -> list[TapeChunk]:
    tape = SyntheticTape(paper_market("BTC"), _SEED, 0)
    chunks = []
    for chunk in tape.chunks():
        chunks.append(chunk)
        if chunk.time_ns[-1] >= _DAY_NS:
            break
    return chunks


def _day() -> tuple[str, str]:
    times = [_time_day() for _ in range(_RUNS)]
    return (
        f"grid, 24 h of BTC, journal and all: median of {_RUNS}",
        f"{statistics.median(times) / NS_PER_S:.2f} s",
    )


def _time_day() -> int:
    with tempfile.TemporaryDirectory() as folder:
        flags = {"speed": "max", "duration": "24h", "seed": _SEED, "json_output": True, "runs_dir": Path(folder)}
        config = build_config(flags, {}, Path(folder), lambda name: strategies.load(name).params_model)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            begin = monotonic_ns()
            run_bot(config)
            return monotonic_ns() - begin
