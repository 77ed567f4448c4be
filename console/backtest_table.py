"""A backtest's figures as people read them: a table in the terminal, the same rows on the page."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from console import formats
from console.backtest_result import BacktestResult
from console.figure_line import FigureLine as Line
from helpers.clock import NS_PER_S
from simulation.backtest.figures import Figures

_LARGE = 100_000
_NARROW = 10
"""A label beside which a whole trace hash fits into 80 columns."""


def render_backtest(result: BacktestResult) -> Panel:
    """Draw the table that ends a backtest."""
    figures = Table.grid(padding=(0, 2))
    figures.add_row(_grid(money_lines(result)), _grid(other_lines(result)))
    title = Text.assemble(" ", ("backtest", "bold"), " ")
    body = Group(_where(_what_lines(result)), "", figures, "", _where(_foot_lines(result)))
    return Panel(body, title=title, box=box.ROUNDED, expand=False)


def money_lines(result: BacktestResult) -> list[Line]:
    """List what it earned and lost."""
    summary, figures, quote = result.summary, result.figures, result.quote
    parts = {
        "gross PnL": figures.gross_pnl,
        "fees": -summary.fees,
        **({} if summary.funding is None else {"funding": summary.funding}),
        "net PnL": figures.net_pnl,
    }
    amounts = (*parts.values(), figures.equity_drawdown or Decimal(0))
    decimals = formats.money_decimals(amounts)
    lines = [
        Line(name, formats.signed(value, decimals), quote, formats.pnl_style(value)) for name, value in parts.items()
    ]
    closing = figures.closing_equity
    return [
        *lines,
        Line("return", _percent(figures.return_pct, sign=True), "", formats.pnl_style(figures.net_pnl)),
        Line("equity", formats.NONE if closing is None else formats.money(closing, 2), quote),
        *_drawdown_lines(figures, quote, decimals),
    ]


def _drawdown_lines(figures: Figures, quote: str, decimals: int) -> Iterable[Line]:
    fall, under_s = figures.equity_drawdown, figures.equity_drawdown_s
    yield Line("max drawdown", formats.NONE if fall is None else formats.money(fall, decimals), quote)
    yield Line("max drawdown %", _percent(figures.equity_drawdown_pct), "of peak")
    yield Line("longest fall", formats.NONE if under_s is None else formats.duration(int(under_s * NS_PER_S)))


def other_lines(result: BacktestResult) -> list[Line]:
    """List how it traded and what it risked."""
    summary, figures = result.summary, result.figures
    return [
        Line("Sharpe", _ratio(figures.sharpe), "per year"),
        Line("Sortino", _ratio(figures.sortino), "per year"),
        Line("exposure", _share(figures.exposure), "of equity"),
        Line("time in market", _share(figures.time_in_market)),
        Line("turnover", formats.money(figures.turnover, 2 if figures.turnover < _LARGE else 0), result.quote),
        Line("orders", formats.count(summary.orders)),
        Line("fills", formats.count(summary.fills)),
        Line("maker share", _share(figures.maker_share), "of volume"),
        Line("round trips", formats.count(summary.round_trips)),
        Line("winning closes", _share(figures.winning_share)),
    ]


def _what_lines(result: BacktestResult) -> list[Line]:
    summary, figures = result.summary, result.figures
    span = formats.duration(figures.end_ns - figures.start_ns)
    period = f"{formats.timestamp(figures.start_ns)} to {formats.timestamp(figures.end_ns)} UTC ({span})"
    return [
        Line("backtest", f"{summary.strategy} on {summary.exchange} {summary.ticker}, seed {summary.seed}", "", "bold"),
        Line("period", period),
        Line("stopped", summary.stopped_because),
    ]


def _foot_lines(result: BacktestResult) -> list[Line]:
    pace = f", {formats.count(int(result.events / result.wall_s))} a second" if result.wall_s > 0 else ""
    memory = "" if result.peak_rss_mb is None else f", {result.peak_rss_mb:,.0f} MB at most"
    return [
        Line("events", f"{formats.count(result.events)} in {result.wall_s:,.3f} s{pace}{memory}"),
        Line("trace hash", result.summary.trace_hash),
        Line("results", result.folder or "not saved"),
    ]


def _ratio(value: float | None) -> str:
    return formats.NONE if value is None else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return formats.NONE if value is None else _percent(100 * value)


def _percent(value: float | None, *, sign: bool = False) -> str:
    """Write a percentage with the digits that tell it from zero, at most four."""
    if value is None:
        return formats.NONE
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 or not value else 4  # noqa: PLR2004 - three digits read well
    return f"{value:{'+' if sign and value else ''},.{digits}f} %"


def _grid(lines: Iterable[Line]) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(style="dim", no_wrap=True)
    for line in lines:
        bold = "bold " if line.label == "net PnL" else ""
        grid.add_row(Text(line.label, style=bold), Text(line.value, style=f"{bold}{line.style}".strip()), line.note)
    return grid


def _where(lines: Iterable[Line]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", min_width=_NARROW)
    grid.add_column(overflow="fold")
    for line in lines:
        grid.add_row(line.label, Text(formats.clean(line.value), style=line.style))
    return grid
