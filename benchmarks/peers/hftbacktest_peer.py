"""hftbacktest at the race of benchmarks/race.py, with strategies compiled by numba.

Risk-averse queue model, no fees, no delays. `feed` steps to every feed event, `100ms` through time.

    python -m benchmarks.peers.hftbacktest_peer FOLDER top feed
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from helpers.clock import monotonic_ns

_BEGIN = monotonic_ns()

import hftbacktest as hb  # noqa: E402 - importing is part of the start-up that is measured
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.peers.columns import read_columns  # noqa: E402
from benchmarks.peers.hftbacktest_events import STEP, TICK, make_events  # noqa: E402
from benchmarks.peers.hftbacktest_strategies import NO_LIMIT, run_grid, run_top  # noqa: E402
from benchmarks.race import Race, run_and_report  # noqa: E402


def _backtest(events: NDArray[Any], low: int, high: int) -> Any:
    asset = (
        hb.BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(0, 0)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(TICK)
        .lot_size(STEP)
        .roi_lb(low * TICK)
        .roi_ub(high * TICK)
    )
    hbt = hb.ROIVectorMarketDepthBacktest([asset])
    # The levels that stand before the first row are no event of the tape.
    hbt.wait_next_feed(False, NO_LIMIT)
    return hbt


def main() -> None:
    """Measure one run in this process; compiling and loading are start-up."""
    folder, race, stepping = Path(sys.argv[1]), Race(sys.argv[2]), sys.argv[3]
    step_ns = 100_000_000 if stepping == "100ms" else 0
    run = run_grid if race is Race.GRID else run_top
    columns, depth = read_columns(folder)
    events, low, high = make_events(columns, depth)
    rows = len(columns["kind"])
    fills = np.empty((rows, 3), np.int64)
    # A first short run compiles.
    run(_backtest(events[: high - low + 1_000], low, high), fills, step_ns)
    hbt = _backtest(events, low, high)
    run_and_report(
        lambda: run(hbt, fills, step_ns),
        lambda count: [(time_ns, side, ticks) for time_ns, side, ticks in fills[:count].tolist()],
        events=rows,
        begin_ns=_BEGIN,
    )


if __name__ == "__main__":
    main()
