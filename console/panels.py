"""The pieces of the live view: pure functions from the bot's status to things rich can draw.

Every piece has a height known beforehand, so that console/view.py can fill the terminal exactly.
What a venue did not say is shown as "unknown", what does not exist as "-", neither ever as 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from console import formats
from console.lines import pnl_parts, quote_of
from helpers.status import BotStatus, VenueStatus

BLOCK_LINES = 8
PNL_STRIP_LINES = 3
EDGES = 4
"""Columns that the frame of a panel takes."""
_STATE_STYLES = {"starting": "cyan", "running": "green", "paused": "yellow", "stopping": "magenta", "stopped": "red"}
_HINTS = {"stopping": "stopping in order", "stopped": ""}


@dataclass(frozen=True, slots=True)
class Screen:
    """What a frame depends on besides the status."""

    width: int
    height: int
    real_ns: int = 0
    """Real time since the view first saw the bot."""
    mids: Mapping[str, Sequence[Decimal]] = field(default_factory=dict)
    """Recent mids by venue label, oldest first."""
    order_lines: int = 0
    """Lines to keep for orders even if there are fewer, so that the frame does not jump."""
    glyphs: formats.Glyphs = formats.UNICODE


def row(*parts: str | tuple[str, str] | Text) -> Text:
    """Assemble one line that is cut where it does not fit."""
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def panel(body: RenderableType, title: str, height: int, subtitle: Text | None = None) -> Panel:
    """Frame a body with a title above and a remark below, exactly `height` lines."""
    if subtitle is not None:
        subtitle.stylize("not dim")  # unlike the frame it is written into
    return Panel(
        body,
        box=box.ROUNDED,
        title=Text(title, style="bold"),
        title_align="left",
        subtitle=subtitle,
        subtitle_align="right",
        border_style="dim",
        height=height,
    )


def mid(venue: VenueStatus) -> Decimal | None:
    """Give the price midway between bid and ask; None unless both are there and in order."""
    bbo = venue.bbo
    if bbo is None or bbo.bid is None or bbo.ask is None or not bbo.is_two_sided:
        return None
    return (bbo.bid + bbo.ask) / 2


def grid_of() -> Table:
    """Make a grid of labels on the left and figures on the right."""
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True, ratio=1)
    return grid


# -- header and footer --------------------------------------------------------------------


def header(status: BotStatus, screen: Screen) -> Group:
    """Say in two lines what runs where, since when and whether it is well; a third line says what is wrong."""
    where = " + ".join(venue.exchange for venue in status.venues)
    name = f"  {formats.clean(status.ticker)} on {formats.clean(where)}  "
    first = row((formats.clean(status.strategy), "bold"), name, (formats.clean(status.session), "dim"))
    lines: list[RenderableType] = [
        _between(first, _state(status, screen)),
        _between(_times(status, screen), row((hint(status), "dim italic"))),
    ]
    if status.health != "ok":
        lines.append(row((formats.clean(status.health), "bold red")))
    return Group(*lines)


def _between(left: Text, right: Text) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    return grid


def header_lines(status: BotStatus) -> int:
    """Count the lines of the header."""
    return 2 if status.health == "ok" else 3


def _state(status: BotStatus, screen: Screen) -> Text:
    style = _STATE_STYLES.get(status.state, "")
    health = ("health ok", "green") if status.health == "ok" else ("not well", "bold red")
    return row((f"{screen.glyphs.dot} {status.state}", style), (screen.glyphs.between, "dim"), health)


def _times(status: BotStatus, screen: Screen) -> Text:
    parts = [f"{formats.timestamp(status.now_ns)} UTC", f"up {formats.duration(status.now_ns - status.started_ns)}"]
    pace = pace_text(status.now_ns - status.started_ns, screen.real_ns)
    return row((screen.glyphs.between.join([*parts, pace] if pace else parts), "dim"))


def pace_text(session_ns: int, real_ns: int) -> str:
    """Say how much faster than life a session runs; nothing where its time is real time."""
    if real_ns <= 0 or abs(session_ns - real_ns) <= max(2_000_000_000, real_ns // 20):
        return ""
    return f"{formats.duration(real_ns)} real, {session_ns / real_ns:,.1f}x"


def footer(status: BotStatus) -> Text:
    """Count what happened."""
    counts = {
        "steps": status.steps,
        "decisions": status.decisions,
        "orders": status.orders_sent,
        "fills": status.fills,
        "round trips": status.round_trips,
    }
    parts = [part for name, number in counts.items() for part in ((f"{name} ", "dim"), f"{formats.count(number)}   ")]
    return row(*parts)


def hint(status: BotStatus) -> str:
    """Say what Ctrl-C does, while it does something."""
    return _HINTS.get(status.state, "Ctrl-C stops in order")


# -- profit and loss -----------------------------------------------------------------------


def pnl_panel(status: BotStatus) -> Panel:
    """Show how the net figure comes about, one part a line, and the deepest fall."""
    grid = grid_of()
    decimals = _pnl_decimals(status)
    for name, value in pnl_parts(status).items():
        bold = "bold " if name == "net" else ""
        grid.add_row(Text(name, style=bold), _signed(value, decimals, bold))
    grid.add_row("drawdown", formats.money(status.max_drawdown, decimals))
    return panel(grid, f"PnL {quote_of(status)}".rstrip(), BLOCK_LINES)


def pnl_strip(status: BotStatus, screen: Screen) -> Panel:
    """Show the parts in one line, framed, and the net figure below them."""
    net, parts = pnl_lines(status)
    drawdown = f"max drawdown {formats.money(status.max_drawdown, _pnl_decimals(status))}"
    return panel(parts, "PnL", PNL_STRIP_LINES, Text.assemble(net, screen.glyphs.between, drawdown))


def pnl_lines(status: BotStatus) -> tuple[Text, Text]:
    """Write the net figure in one line and its parts in another."""
    decimals, parts = _pnl_decimals(status), pnl_parts(status)
    texts = {name: row((f"{name} ", "dim"), _signed(value, decimals)) for name, value in parts.items()}
    net = row(texts.pop("net"), (f" {quote_of(status)}", "dim"))
    return net, row(Text("  ").join(texts.values()))


def _signed(value: Decimal | None, decimals: int, bold: str = "") -> Text:
    return Text(formats.signed(value, decimals), style=f"{bold}{formats.pnl_style(value)}".strip())


def _pnl_decimals(status: BotStatus) -> int:
    figures = (*pnl_parts(status).values(), status.max_drawdown)
    return formats.money_decimals(value for value in figures if value is not None)
