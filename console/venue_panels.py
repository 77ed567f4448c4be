"""One venue in the live view: its prices and our position there, as two panels or as one strip."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from console import formats
from console.lines import holding_word
from console.panels import BLOCK_LINES, EDGES, Screen, grid_of, mid, panel, row
from helpers.enums import MarketKind, PositionSide
from helpers.models import Bbo, Position
from helpers.status import VenueStatus

STRIP_LINES = 4
_LEAST_SPARK = 4
_SPARK_ROWS = 2
_LIQUIDATION = "liq. price"
_STALE_NS = 5_000_000_000


# -- prices --------------------------------------------------------------------------------


def market_panel(venue: VenueStatus, now_ns: int, screen: Screen, width: int) -> Panel:
    """Show both sides, mid, spread and the way the mid came, in a panel of this width."""
    mids, tick = screen.mids.get(venue.exchange, ()), venue.market.tick_size
    grid = Table.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(style="dim", width=len("spread"))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True, ratio=1)
    for name, (price, quantity) in _sides(venue.bbo).items():
        size = "" if quantity is None else formats.quantity(quantity)
        grid.add_row(name, formats.price(price, tick), Text(size, style="dim"))
    grid.add_row("mid", Text(formats.price(mid(venue), tick), style="bold"), arrow(mids, screen))
    gap, relative = spread_parts(venue)
    spread = row(("spread ", "dim"), f"{gap} ", relative)
    line = sparkline(mids, width - EDGES, _SPARK_ROWS, screen)
    return panel(Group(grid, spread, *line), _title(venue), BLOCK_LINES, _age(venue.bbo, now_ns))


def _title(venue: VenueStatus) -> str:
    return formats.clean(f"{venue.exchange} {venue.market.ticker}")


def _sides(bbo: Bbo | None) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    if bbo is None:
        return {"bid": (None, None), "ask": (None, None)}
    return {"bid": (bbo.bid, bbo.bid_quantity), "ask": (bbo.ask, bbo.ask_quantity)}


def spread_parts(venue: VenueStatus) -> tuple[str, Text]:
    """Give the spread in ticks and in basis points, or say why there is none."""
    bbo, middle = venue.bbo, mid(venue)
    if bbo is None or bbo.bid is None or bbo.ask is None:
        return formats.NONE, Text("no book yet" if bbo is None else "one-sided", style="yellow")
    spread = bbo.ask - bbo.bid
    width = formats.ticks(spread, venue.market.tick_size)
    if middle is None:
        return width, Text("crossed" if spread < 0 else "locked", style="red")
    return width, Text(formats.bps(spread, middle))


def _age(bbo: Bbo | None, now_ns: int) -> Text | None:
    if bbo is None or now_ns - bbo.received_ns < _STALE_NS:
        return None
    return Text(f"book {formats.duration(now_ns - bbo.received_ns)} old", style="yellow")


def arrow(mids: Sequence[Decimal], screen: Screen) -> Text:
    """Point where the mid went last."""
    before = next((value for value in reversed(mids) if value != mids[-1]), None)
    if before is None:
        return Text("")
    up = mids[-1] > before
    return Text(screen.glyphs.up if up else screen.glyphs.down, style=formats.UP if up else formats.DOWN)


def sparkline(mids: Sequence[Decimal], width: int, rows: int, screen: Screen) -> list[Text]:
    """Draw the mids, thinned to the width; a column is green where the mid rose and red where it fell."""
    if width < _LEAST_SPARK:
        return [Text("")] * rows
    values = [mids[(column + 1) * len(mids) // width - 1] for column in range(width)] if len(mids) > width else mids
    styles = _move_styles(values)
    drawn = formats.spark_rows(values, rows, screen.glyphs.spark)
    return [row(*zip(signs, styles, strict=True)) for signs in drawn]


def _move_styles(values: Sequence[Decimal]) -> list[str]:
    style, styles = "dim", []
    for number, value in enumerate(values):
        before = values[number - 1] if number else value
        style = style if value == before else formats.UP if value > before else formats.DOWN
        styles.append(style)
    return styles


# -- position ------------------------------------------------------------------------------


def position_panel(venue: VenueStatus) -> Panel:
    """Show what we hold, at what price, what it is worth and where it would be liquidated."""
    grid = grid_of()
    grid.add_row(*_holding(venue))
    for name, text in _figures(venue).items():
        grid.add_row(name, text)
    return panel(grid, "position", BLOCK_LINES, _equity(venue))


def _holding(venue: VenueStatus) -> tuple[Text, Text]:
    position = venue.position
    if position is None:
        return Text("position"), Text(formats.UNKNOWN, style="yellow")
    if position.side is PositionSide.FLAT:
        return Text("flat"), Text(formats.NONE)
    style = "bold " + (formats.UP if position.side is PositionSide.LONG else formats.DOWN)
    text = f"{formats.quantity(abs(position.quantity))} {formats.clean(venue.market.ticker)}"
    return Text(holding_word(venue, position), style=f"not dim {style}"), Text(text, style=style)


def _figures(venue: VenueStatus) -> dict[str, Text]:
    figures = _all_figures(venue)
    if venue.market.kind is MarketKind.SPOT:
        del figures[_LIQUIDATION]  # there is none
    return figures


def _all_figures(venue: VenueStatus) -> dict[str, Text]:
    position, tick = venue.position, venue.market.tick_size
    if position is None or position.side is PositionSide.FLAT:
        return {name: Text(formats.NONE) for name in ("entry", "mark", _LIQUIDATION, "uPnL", "notional")}
    unrealised = position.unrealised_pnl
    return {
        "entry": _price(position.entry_price, tick),
        "mark": _price(position.mark_price, tick),
        _LIQUIDATION: Text(formats.price(position.liquidation_price, tick)),
        "uPnL": Text(formats.signed(unrealised), style=formats.pnl_style(unrealised)),
        "notional": Text(formats.money(_notional(venue, position), 2)),
    }


def _price(value: Decimal | None, tick_size: Decimal) -> Text:
    return Text(formats.UNKNOWN, style="dim") if value is None else Text(formats.price(value, tick_size))


def _notional(venue: VenueStatus, position: Position) -> Decimal | None:
    at = position.mark_price if position.mark_price is not None else mid(venue)
    return None if at is None else abs(position.quantity) * at


def _equity(venue: VenueStatus) -> Text:
    if venue.equity is None:
        return Text("equity unknown", style="yellow")
    return Text(f"equity {formats.money(venue.equity, 2)}")


# -- both in a strip -----------------------------------------------------------------------


def venue_strip(venue: VenueStatus, now_ns: int, screen: Screen) -> Panel:
    """Show prices in one line and the position in another, where several venues share the screen."""
    age = _age(venue.bbo, now_ns)
    foot = Text("  ").join([age, _equity(venue)] if age else [_equity(venue)])
    return panel(Group(prices_line(venue, screen), position_line(venue)), _title(venue), STRIP_LINES, foot)


def prices_line(venue: VenueStatus, screen: Screen) -> Text:
    """Write both sides, mid and spread in one line, the way of the mid at its end."""
    mids, tick = screen.mids.get(venue.exchange, ()), venue.market.tick_size
    parts: list[Text | tuple[str, str] | str] = []
    for name, (price, _quantity) in _sides(venue.bbo).items():
        parts += [(f"{name} ", "dim"), f"{formats.price(price, tick)}  "]
    gap, relative = spread_parts(venue)
    parts += [("mid ", "dim"), (formats.price(mid(venue), tick), "bold"), " ", arrow(mids, screen)]
    text = row(*parts, ("  spread ", "dim"), f"{gap} ", relative, "  ")
    return row(text, *sparkline(mids, max(0, screen.width - EDGES - len(text)), 1, screen))


def position_line(venue: VenueStatus) -> Text:
    """Write the position in one line."""
    holding = row(Text(" ").join(_holding(venue)))
    if venue.position is None or venue.position.side is PositionSide.FLAT:
        return holding
    figures = _figures(venue)
    parts: list[Text | tuple[str, str] | str] = [holding]
    for name in ("entry", "mark", "uPnL", _LIQUIDATION, "notional"):
        if name in figures:
            parts += [(f"  {name.removesuffix(' price')} ", "dim"), figures[name]]
    return row(*parts)
