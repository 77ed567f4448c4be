"""The two lists of the live view: our open orders, and what was decided or happened last."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from console import formats
from console.panels import EDGES, mid, panel, row
from helpers.enums import OrderStatus, Side
from helpers.models import Order
from helpers.status import BotStatus, DecisionLine, VenueStatus

_KIND_WIDTH = 11
_REASON_STARTS = len("00:00:00  ") + _KIND_WIDTH + 2
_ROOM_TO_WRAP = 4
_KIND_STYLES = {
    "fill": "bold green",
    "refused": "red",
    "rejected": "red",
    "risk": "yellow",
    "health": "yellow",
    "recovered": "cyan",
    "start": "cyan",
    "stop": "magenta",
    "place_order": "blue",
    "close_position": "blue",
    "rebalance": "blue",
}
_ORDER_STATES = {
    OrderStatus.INTENT: "not sent",
    OrderStatus.SUBMITTED: "sent",
    OrderStatus.UNKNOWN: "unknown",
    OrderStatus.PARTIALLY_FILLED: "partly",
}


# -- orders --------------------------------------------------------------------------------


def orders_panel(status: BotStatus, lines: int) -> Panel:
    """List the orders nearest to the mid, highest price first, on exactly `lines` lines below the headings."""
    orders = [(venue, order) for venue in status.venues for order in venue.orders]
    shown = nearest(orders, lines if len(orders) <= lines else lines - 1)
    several = len(status.venues) > 1
    table = _orders_table(several=several)
    for venue, order in shown:
        table.add_row(*([formats.clean(venue.exchange)] if several else []), *_order_cells(venue, order, status.now_ns))
    if not orders:
        table.add_row(Text("none", style="dim"))
    if len(shown) < len(orders):
        table.add_row(Text(f"and {len(orders) - len(shown)} more", style="dim"))
    return panel(table, f"open orders {len(orders)}", lines + 3)


def nearest(orders: Sequence[tuple[VenueStatus, Order]], number: int) -> list[tuple[VenueStatus, Order]]:
    """Choose the orders nearest to their mid and put the highest price first."""
    chosen = sorted(orders, key=lambda pair: _distance(*pair))[:number]
    places = {id(venue): place for place, (venue, _order) in enumerate(orders)}
    return sorted(chosen, key=lambda pair: (places[id(pair[0])], -(pair[1].price or Decimal(0))))


def _distance(venue: VenueStatus, order: Order) -> Decimal:
    middle = mid(venue)
    return Decimal(0) if middle is None or order.price is None else abs(order.price - middle) / middle


def _orders_table(*, several: bool) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for name in (["venue"] if several else []) + ["side"]:
        table.add_column(name, no_wrap=True)
    for name in ("price", "quantity", "filled", "from mid", "age"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(" intent", ratio=1, no_wrap=True, overflow="ellipsis")
    return table


def _order_cells(venue: VenueStatus, order: Order, now_ns: int) -> list[Text]:
    style = formats.UP if order.side is Side.BUY else formats.DOWN
    middle = mid(venue)
    away = formats.NONE if middle is None or order.price is None else formats.percent(order.price - middle, middle)
    state = "cancelling" if order.pending_cancel else _ORDER_STATES.get(order.status, "")
    return [
        Text(order.side.value, style=style),
        Text("market" if order.price is None else formats.price(order.price, venue.market.tick_size), style=style),
        Text(formats.quantity(order.quantity)),
        Text(formats.quantity(order.filled_quantity)),
        Text(away),
        Text(formats.duration(now_ns - order.created_ns) if order.created_ns else formats.NONE, style="dim"),
        row(f" {formats.clean(order.intent)}", (f" {state}" if state else "", "yellow")),
    ]


# -- decisions -----------------------------------------------------------------------------


def decisions_panel(status: BotStatus, lines: int, width: int) -> Panel:
    """Show the last decisions and events with their reasons, newest last, on exactly `lines` lines."""
    texts = [decision_line(line, times) for line, times in collapsed(status.recent)[-lines:]]
    if texts and lines >= _ROOM_TO_WRAP:
        texts[-1:] = _wrapped(texts[-1], width - EDGES)
    shown = texts[-lines:] or [Text("none yet", style="dim")]
    return panel(Group(*shown), "decisions", lines + 2)


def decision_line(line: DecisionLine, times: int = 1) -> Text:
    """Write one decision or event with its time and reason, and how often it came in a row."""
    kind = (f"{formats.clean(line.kind):<{_KIND_WIDTH}}  ", _KIND_STYLES.get(line.kind, "dim"))
    again = f"  (x{formats.count(times)})" if times > 1 else ""
    return row((f"{formats.clock_time(line.time_ns)}  ", "dim"), kind, formats.clean(line.text), (again, "dim"))


def _wrapped(text: Text, width: int) -> list[Text]:
    """Break a decision over two lines at a word where it is too long for one."""
    breaks = text.plain.rfind(" ", _REASON_STARTS, width + 1)
    if len(text) <= width or breaks < 0:
        return [text]
    first, rest = text.divide([breaks])
    return [row(first), row(" " * (_REASON_STARTS - 1), rest)]


def collapsed(lines: Sequence[DecisionLine]) -> list[tuple[DecisionLine, int]]:
    """Join lines that say the same one after the other: the last of them, and how many they were."""
    joined: list[tuple[DecisionLine, int]] = []
    for line in lines:
        same = bool(joined) and (joined[-1][0].kind, joined[-1][0].text) == (line.kind, line.text)
        times = joined.pop()[1] + 1 if same else 1
        joined.append((line, times))
    return joined
