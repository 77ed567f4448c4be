"""All figures of a run together."""

from __future__ import annotations

import msgspec
import pytest
from account_scenes import DAY, HOUR, MINUTE, START_NS, D, fill, point

from helpers.enums import Side
from helpers.status import PnL
from simulation.backtest.figures import Figures, figures_of
from simulation.backtest.ratios import returns, sharpe, sortino


def test_a_small_run() -> None:
    """Every figure of three minutes with one round trip, worked out by hand."""
    points = [
        point(60, "999", earned="-1", position="2"),
        point(120, "1010", earned="10"),
        point(180, "1008", earned="8"),
    ]
    fills = {"paper": [fill(30, Side.BUY, "100", "2"), fill(120, Side.SELL, "105", "2")]}
    pnl = PnL(realised=D(10), unrealised=D(1), fees=D(2), funding=D(-1))
    found = figures_of(points, fills, pnl, START_NS, START_NS + 3 * MINUTE)
    rates = returns([D(1000), D(999), D(1010), D(1008)])
    assert rates is not None
    assert found == Figures(
        start_ns=START_NS,
        end_ns=START_NS + 3 * MINUTE,
        opening_equity=D(1000),
        closing_equity=D(1008),
        gross_pnl=D(11),
        net_pnl=D(8),
        return_pct=pytest.approx(0.8),
        turnover=D(410),
        maker_share=1.0,
        winning_share=1.0,
        equity_drawdown=D(2),
        equity_drawdown_pct=pytest.approx(100 * 2 / 1010),
        equity_drawdown_s=120.0,
        sharpe=sharpe(rates, MINUTE),
        sortino=sortino(rates, MINUTE),
        ratio_step_s=60,
        exposure=pytest.approx(200 / 999 / 3),
        time_in_market=pytest.approx(0.5),
    )


def test_a_run_that_did_nothing_has_no_ratios() -> None:
    """Without fills money is 0, but what would divide by nothing is unsaid."""
    found = figures_of([point(60, "100"), point(120, "100"), point(180, "100")], {}, PnL(), START_NS, START_NS + HOUR)
    said = {name: value for name, value in msgspec.structs.asdict(found).items() if value is None}
    assert set(said) == {"maker_share", "winning_share", "sharpe", "sortino"}
    assert (found.net_pnl, found.turnover, found.equity_drawdown) == (0, 0, 0)
    assert (found.return_pct, found.exposure, found.time_in_market) == (0.0, 0.0, 0.0)


def test_unknown_equity_leaves_money_only() -> None:
    """Where no equity is told, what depends on it is unsaid and what does not is there."""
    found = figures_of([point(60, None)], {"paper": [fill(1, Side.BUY)]}, PnL(fees=D(1)), START_NS, START_NS + HOUR)
    unsaid = {name for name, value in msgspec.structs.asdict(found).items() if value is None}
    assert unsaid == {
        "opening_equity", "closing_equity", "return_pct", "winning_share", "equity_drawdown", "equity_drawdown_pct",
        "equity_drawdown_s", "sharpe", "sortino", "exposure",
    }  # fmt: skip
    assert (found.net_pnl, found.turnover) == (-1, 100)


def test_an_account_without_money_has_no_return() -> None:
    """A return on nothing cannot be said."""
    assert figures_of([point(60, "-5")], {}, PnL(), START_NS, START_NS + HOUR).return_pct is None


def test_long_runs_are_sampled_by_the_hour() -> None:
    """Beyond seven days the ratios rest on hourly equity."""
    points = [point(3600 * hour, "1000", earned=str(hour % 3)) for hour in range(200)]
    found = figures_of(points, {}, PnL(), START_NS, START_NS + 8 * DAY)
    assert found.ratio_step_s == 3600
    assert found.sharpe is not None
