"""The table that ends a backtest, and the same figures as JSON."""

from __future__ import annotations

import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from backtest_samples import UNSAID, figures, result
from sample_status import picture, summary, words

from console.backtest_result import peak_rss_mb
from console.backtest_table import money_lines, other_lines, render_backtest
from helpers.status import RunSummary
from simulation.backtest.figures import Figures


def test_the_table_shows_every_figure() -> None:
    """Each figure stands beside its name, with unit and sign."""
    flat = words(picture(render_backtest(result())))
    for figure in (
        "backtest grid on paper BTC, seed 7",
        "period 2026-01-01 00:00:00 to 2026-01-01 06:00:00 UTC (6h 00m)",
        "stopped the duration of 10m is over",
        "gross PnL +12.9456 USDC",
        "fees -1.0243 USDC",
        "funding -0.0124 USDC",
        "net PnL +11.9089 USDC",
        "return +0.12 %",
        "equity 10,011.91 USDC",
        "max drawdown 3.2000 USDC",
        "max drawdown % 0.0320 % of peak",
        "longest fall 1h 02m",
        "Sharpe 1.23 per year",
        "Sortino -2.35 per year",
        "exposure 13.1 % of equity",
        "time in market 100.0 %",
        "turnover 26,001.90 USDC",
        "orders 567",
        "fills 189",
        "maker share 87.5 % of volume",
        "round trips 92",
        "winning closes 50.0 %",
        "events 57,105 in 0.500 s, 114,210 a second, 52 MB at most",
        f"trace hash {'0123456789abcdef' * 4}",
        "results runs/one",
    ):
        assert figure in flat


def test_spot_has_no_line_of_funding() -> None:
    """Where nothing is ever funded, nothing is said of it."""
    labels = [line.label for line in money_lines(result(summary=summary(funding=None)))]
    assert labels == [line.label for line in money_lines(result()) if line.label != "funding"]


def test_the_table_fits_eighty_columns() -> None:
    """Also with a large turnover nothing is cut, and the hash stays on one line."""
    text = picture(render_backtest(result(figures=figures(turnover=Decimal("987654321.5")))), width=80)
    assert "987,654,322" in text
    assert "of volume" in text
    assert "0123456789abcdef" * 4 in text
    assert "…" not in text


def test_what_cannot_be_said_is_a_dash() -> None:
    """An unknown figure is a dash and never 0; a memory nobody told is left out; no time is no division."""
    bare = result(figures=figures(**UNSAID), peak_rss_mb=None, wall_s=0.0, folder="")
    flat = words(picture(render_backtest(bare)))
    names = ("return", "equity", "max drawdown", "max drawdown %", "longest fall", "Sharpe", "Sortino", "exposure")
    for name in (*names, "time in market", "maker share", "winning closes"):
        assert f"{name} -" in flat
    assert "events 57,105 in 0.000 s" in flat
    assert "a second" not in flat
    assert "at most" not in flat
    assert "results not saved" in flat


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0.00 %"), (12.345, "+12.3 %"), (-0.5, "-0.50 %"), (0.00123, "+0.0012 %")]
)
def test_percentages_keep_what_tells_them_from_zero(value: float, text: str) -> None:
    """Small percentages have more digits, and zero no sign."""
    lines = {line.label: line.value for line in money_lines(result(figures=figures(return_pct=value)))}
    assert lines["return"] == text


def test_labels_are_unique() -> None:
    """No two figures share a name, and none is without."""
    labels = [line.label for line in [*money_lines(result()), *other_lines(result())]]
    assert len(set(labels)) == len(labels)
    assert all(labels)


def test_the_line_is_a_runs_line_and_more() -> None:
    """First the fields of a run's line in their order, then the figures, then what it took."""
    values = json.loads(result().line())
    own = ["events", "wall_s", "peak_rss_mb", "folder"]
    assert list(values) == [*RunSummary.__struct_fields__, "quote", *Figures.__struct_fields__, *own]
    assert (values["events"], values["wall_s"], values["peak_rss_mb"]) == (57_105, 0.5, 52.4)


def test_money_is_text_and_the_unsaid_is_null() -> None:
    """Amounts are exact strings, ratios numbers, unknown figures null."""
    values = json.loads(result().line())
    money = {name for name, value in msgspec.structs.asdict(figures()).items() if isinstance(value, Decimal)}
    money |= {name for name, value in msgspec.structs.asdict(summary()).items() if isinstance(value, Decimal)}
    assert all(re.fullmatch(r"-?\d+(\.\d+)?", values[name]) for name in money)
    assert values["sharpe"] == 1.234
    bare = json.loads(result(figures=figures(**UNSAID), peak_rss_mb=None).line())
    assert {name for name, value in bare.items() if value is None} == {*UNSAID, "peak_rss_mb"}


def test_the_process_has_some_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system tells tens of megabytes, as it does itself; where it tells nothing, nothing is said."""
    peak = peak_rss_mb()
    told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()) if sys.platform == "linux" else None
    assert peak is not None
    assert 10 < peak < 10_000
    assert told is None or peak == pytest.approx(int(told[1]) * 1024 / 1e6, rel=0.05)
    monkeypatch.setitem(sys.modules, "resource", None)
    assert peak_rss_mb() is None
