"""A backtest's result whose figures are easy to find in a picture."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sample_status import START_NS, summary

from console.backtest_result import BacktestResult
from simulation.backtest.figures import Figures

D = Decimal
HOUR_NS = 3_600_000_000_000


def figures(**changes: Any) -> Figures:
    """Six hours that earned something."""
    fields: dict[str, Any] = {
        "start_ns": START_NS,
        "end_ns": START_NS + 6 * HOUR_NS,
        "opening_equity": D(10_000),
        "closing_equity": D("10011.9089"),
        "gross_pnl": D("12.9456"),
        "net_pnl": D("11.9089"),
        "return_pct": 0.119089,
        "turnover": D("26001.9039"),
        "maker_share": 0.875,
        "winning_share": 0.5,
        "equity_drawdown": D("3.2"),
        "equity_drawdown_pct": 0.032,
        "equity_drawdown_s": 3_725.5,
        "sharpe": 1.234,
        "sortino": -2.345,
        "ratio_step_s": 60,
        "exposure": 0.1305,
        "time_in_market": 1.0,
    }
    return Figures(**(fields | changes))


UNSAID = dict.fromkeys(
    (
        "opening_equity", "closing_equity", "return_pct", "maker_share", "winning_share", "equity_drawdown",
        "equity_drawdown_pct", "equity_drawdown_s", "sharpe", "sortino", "exposure", "time_in_market",
    )
)  # fmt: skip
"""Everything that may be unsaid."""


def result(**changes: Any) -> BacktestResult:
    """A result with these figures."""
    fields: dict[str, Any] = {
        "summary": summary(journal=""),
        "quote": "USDC",
        "figures": figures(),
        "events": 57_105,
        "wall_s": 0.5,
        "peak_rss_mb": 52.4,
        "folder": "runs/one",
    }
    return BacktestResult(**(fields | changes))
