"""How the pieces share the terminal: panels where they fit, a few plain lines where they do not."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from console import formats
from console.panels import (
    BLOCK_LINES,
    PNL_STRIP_LINES,
    Screen,
    footer,
    header,
    header_lines,
    hint,
    pnl_lines,
    pnl_panel,
    pnl_strip,
    row,
)
from console.tables import decision_line, decisions_panel, orders_panel
from console.venue_panels import STRIP_LINES, market_panel, position_line, position_panel, prices_line, venue_strip
from helpers.status import BotStatus

MOST_ORDER_LINES = 11
"""Ten orders and the line that counts the rest."""
_NARROWEST = 72
_BORDERS = 5  # two of the orders, their headings, two of the decisions
_LEAST_ROOM = 4


def frame(status: BotStatus, screen: Screen) -> RenderableType:
    """Fill the screen: panels, or the most important lines where it is too small for them."""
    room = screen.height - header_lines(status) - _top_lines(status) - _BORDERS - 1
    if screen.width < _NARROWEST or room < _LEAST_ROOM or not status.venues:
        return Group(*compact(status, screen))
    orders = order_lines(status, screen, room)
    return Group(
        header(status, screen),
        *_top(status, screen),
        orders_panel(status, orders),
        decisions_panel(status, room - orders, screen.width),
        footer(status),
    )


def order_lines(status: BotStatus, screen: Screen, room: int) -> int:
    """Share the lines: what the orders need, but no more than three fifths."""
    orders = sum(len(venue.orders) for venue in status.venues)
    wanted = min(max(orders, screen.order_lines, 1), MOST_ORDER_LINES)
    return min(wanted, room - (room * 2 + 2) // 5)


def _top_lines(status: BotStatus) -> int:
    several = len(status.venues) > 1
    return len(status.venues) * STRIP_LINES + PNL_STRIP_LINES if several else BLOCK_LINES


def _top(status: BotStatus, screen: Screen) -> list[RenderableType]:
    if len(status.venues) > 1:
        return [*(venue_strip(venue, status.now_ns, screen) for venue in status.venues), pnl_strip(status, screen)]
    venue, width = status.venues[0], screen.width // 3
    beside = Table.grid(expand=True)
    for part in (screen.width - 2 * width, width, width):
        beside.add_column(width=part)
    market = market_panel(venue, status.now_ns, screen, screen.width - 2 * width)
    beside.add_row(market, position_panel(venue), pnl_panel(status))
    return [beside]


def compact(status: BotStatus, screen: Screen) -> list[Text]:
    """Say as much as the height allows, the most important first and the newest decisions last."""
    lines = [row((f"{formats.clean(status.strategy)} {formats.clean(status.ticker)}", "bold"), f" {status.state}")]
    if status.health != "ok":
        lines.append(row((formats.clean(status.health), "bold red")))
    for venue in status.venues:
        lines += [position_line(venue), prices_line(venue, screen)]
    lines += [*pnl_lines(status), footer(status)]
    free = max(0, screen.height - len(lines) - 1)
    lines += [decision_line(line) for line in status.recent[-free:] if free]
    return [*lines, row((hint(status), "italic dim"))][: screen.height]
