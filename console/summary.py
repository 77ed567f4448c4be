"""What a finished run reports: a table for people, one line of JSON for programs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from console import formats
from helpers.money import plain
from helpers.status import RunSummary

_LABEL_WIDTH = 13


def summary_json(summary: RunSummary) -> str:
    """Write the summary as one line: one JSON object with the record's fields in their order.

    Amounts are strings in plain notation ("0.00000012", never "1.2E-7"): most readers turn JSON
    numbers into binary floats, which changes the last digits of money, and a string keeps them all.
    Counts and the seed are numbers. Fees are what was paid, so a rebate is negative.
    """
    return json.dumps({name: json_value(value) for name, value in msgspec.structs.asdict(summary).items()})


def json_value(value: Any) -> Any:
    """Turn a value into one that JSON holds without loss: an amount becomes plain text."""
    return plain(value or Decimal(0)) if isinstance(value, Decimal) else value


def net_pnl(summary: RunSummary) -> Decimal:
    """Give what the run earned: realised + unrealised - fees + funding."""
    return summary.realised_pnl + summary.unrealised_pnl - summary.fees + (summary.funding or 0)


def render_summary(summary: RunSummary, market_quote: str) -> Panel:
    """Draw the table that ends a run.

    Args:
        summary: the run.
        market_quote: the currency of its amounts; they are shown as they bear on the net figure,
            so fees paid carry a minus.
    """
    figures = Table.grid(padding=(0, 4))
    figures.add_row(_counts(summary), _amounts(summary, market_quote))
    title = Text.assemble(" ", ("run summary", "bold"), " ")
    return Panel(Group(_what(summary), "", figures, "", _where(summary)), title=title, box=box.ROUNDED, expand=False)


def _grid(*, right: bool = False) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", min_width=_LABEL_WIDTH)
    grid.add_column(justify="right" if right else "left", overflow="fold")
    return grid


def _what(summary: RunSummary) -> Table:
    grid = _grid()
    grid.add_row("run", Text(formats.clean(f"{summary.strategy} on {summary.exchange} {summary.ticker}"), style="bold"))
    grid.add_row("session", Text(formats.clean(summary.session)))
    grid.add_row("stopped", Text(formats.clean(summary.stopped_because)))
    return grid


def _counts(summary: RunSummary) -> Table:
    grid = _grid(right=True)
    for name in ("steps", "decisions", "orders", "fills", "round_trips"):
        grid.add_row(name.replace("_", " "), formats.count(getattr(summary, name)))
    return grid


def _amounts(summary: RunSummary, quote: str) -> Table:
    parts = {
        "realised": summary.realised_pnl,
        "unrealised": summary.unrealised_pnl,
        "fees": -summary.fees,
        **({} if summary.funding is None else {"funding": summary.funding}),
        "net": net_pnl(summary),
    }
    decimals = formats.money_decimals((*parts.values(), summary.max_drawdown))
    grid = _grid(right=True)
    for name, value in parts.items():
        bold = "bold " if name == "net" else ""
        text = Text(formats.signed(value, decimals), style=f"{bold}{formats.pnl_style(value)}".strip())
        grid.add_row(Text(name, style=bold), text, Text(quote, style="dim"))
    grid.add_row("max drawdown", Text(formats.money(summary.max_drawdown, decimals)), Text(quote, style="dim"))
    return grid


def _where(summary: RunSummary) -> Table:
    grid = _grid()
    grid.add_row("seed", str(summary.seed))
    grid.add_row("trace hash", Text(summary.trace_hash))
    grid.add_row("journal", Text(summary.journal))
    return grid
