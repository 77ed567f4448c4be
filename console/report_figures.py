"""The charts of a session's report: price with fills, account, drawdown, position, on one time axis."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Final

import plotly.io

from console import formats
from console.report_series import Charted, Series, account_curve, drawdown, series_of, thin
from helpers.enums import Side
from helpers.models import Fill

_INK, _FAINT, _GRID = "#1f2933", "#7b8794", "#e4e7eb"
_BUY, _SELL, _FALL = "#0b7a75", "#d9480f", "#c92a2a"
_VENUE_COLOURS: Final = ("#3b6fb6", "#8a5aa8", "#a8742a", "#4f8f4f")
_MARKS: Final = {Side.BUY: ("triangle-up", _BUY, "bought"), Side.SELL: ("triangle-down", _SELL, "sold")}
_PANELS: Final = {"price": (0.56, 1.0), "account": (0.36, 0.52), "drawdown": (0.19, 0.32), "position": (0.0, 0.15)}
_HEIGHT: Final = 1_000
_LONGEST_TEXT: Final = 100
_CONFIG: Final = {
    "displaylogo": False,
    "responsive": True,
    "showSendToCloud": False,  # a button that uploads the charts
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}


def charts(data: Charted) -> str:
    """Draw the charts as a piece of HTML with everything they need in it."""
    if not data.points:
        return "<p>There is nothing to draw: no moment of the account was written down.</p>"
    figure = {"data": list(_traces(data)), "layout": _layout(data)}
    return str(
        plotly.io.to_html(
            figure,
            config=_CONFIG,
            include_plotlyjs=True,
            full_html=False,
            div_id="charts",
            default_height=f"{_HEIGHT}px",
            validate=False,
        )
    )


def _traces(data: Charted) -> Iterable[dict[str, Any]]:
    exchanges = sorted({point.exchange for point in data.points} | set(data.fills))
    colours = {name: _VENUE_COLOURS[number % len(_VENUE_COLOURS)] for number, name in enumerate(exchanges)}
    for name in exchanges:
        label = f" on {html.escape(name)}" if len(exchanges) > 1 else ""
        mine = [point for point in data.points if point.exchange == name]
        mids = [(point.time_ns, float(point.mid)) for point in mine if point.mid is not None]
        yield _line(f"mid price{label}", series_of(mids), "y", colours[name])
        for side in Side:
            yield _fill_marks(f"{_MARKS[side][2]}{label}", side, data.fills.get(name, ()), data)
        position = series_of([(point.time_ns, float(point.position)) for point in mine])
        yield _line(f"position{label}", position, "y4", colours[name], shape="hv", fill=len(exchanges) == 1)
    name, curve = account_curve(data.points)
    yield _line(name.lower().replace("pnl", "PnL"), curve, "y2", _INK)
    yield _line("drawdown", drawdown(curve), "y3", _FALL, fill=True)


def _line(
    name: str, series: Series, axis: str, colour: str, *, shape: str = "linear", fill: bool = False
) -> dict[str, Any]:
    chosen = thin(series.values)
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [_time(series.times[at]) for at in chosen],
        "y": [series.values[at] for at in chosen],
        "yaxis": axis,
        "line": {"color": colour, "width": 1.5, "shape": shape},
        "hovertemplate": f"{name} %{{y}}<extra></extra>",
        "showlegend": axis == "y",
    }
    return line | ({"fill": "tozeroy", "fillcolor": f"{colour}22"} if fill else {})


def _fill_marks(name: str, side: Side, fills: Sequence[Fill], data: Charted) -> dict[str, Any]:
    symbol, colour, _ = _MARKS[side]
    mine = [fill for fill in fills if fill.side is side]
    shown = [mine[at] for at in thin([float(fill.price) for fill in mine])]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [_time(fill.time_ns) for fill in shown],
        "y": [float(fill.price) for fill in shown],
        "yaxis": "y",
        "marker": {"symbol": symbol, "color": colour, "size": 9, "line": {"color": "white", "width": 0.75}},
        "text": [_fill_text(fill, data) for fill in shown],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _fill_text(fill: Fill, data: Charted) -> str:
    verb = _MARKS[fill.side][2]
    money = f"fee {formats.quantity(fill.fee)} {data.quote}, {fill.liquidity.value}"
    purpose = textwrap.shorten(data.purposes.get(fill.client_order_id or "", "not our order"), _LONGEST_TEXT)
    text = f"{verb} {formats.quantity(fill.quantity)} {fill.ticker} at {formats.quantity(fill.price)}"
    return "<br>".join(html.escape(formats.clean(part)) for part in (text, money, purpose))


def _time(time_ns: int) -> str:
    return formats.timestamp(time_ns, millis=True)


def _layout(data: Charted) -> dict[str, Any]:
    quote, ticker = html.escape(data.quote), html.escape(data.ticker)
    account, _ = account_curve(data.points)
    titles = {
        "price": f"Price ({quote} per {ticker})",
        "account": f"{account} ({quote})",
        "drawdown": f"Drawdown ({quote})",
        "position": f"Position ({ticker})",
    }
    axes = {f"yaxis{'' if n == 1 else n}": _y_axis(panel) for n, panel in enumerate(_PANELS.values(), start=1)}
    return {
        **axes,
        "annotations": [_panel_title(title, _PANELS[panel][1]) for panel, title in titles.items()],
        "xaxis": {
            "type": "date",
            "anchor": "y4",
            "title": {"text": "Time (UTC)"},
            "gridcolor": _GRID,
            "linecolor": _FAINT,
            "hoverformat": "%Y-%m-%d %H:%M:%S.%L",
            "showspikes": True,
            "spikemode": "across",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": _FAINT,
        },
        "height": _HEIGHT,
        "margin": {"l": 76, "r": 24, "t": 72, "b": 56},
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": _INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverlabel": {"bgcolor": "white", "bordercolor": _FAINT},
        "legend": {"orientation": "h", "x": 0, "y": 1.03, "yanchor": "bottom"},
        "dragmode": "zoom",
    }


def _panel_title(text: str, top: float) -> dict[str, Any]:
    place = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": top, "yanchor": "bottom"}
    return {"text": f"<b>{text}</b>", "showarrow": False, **place}


def _y_axis(domain: tuple[float, float]) -> dict[str, Any]:
    return {
        "domain": domain,
        "anchor": "x",
        "gridcolor": _GRID,
        "linecolor": _FAINT,
        "zerolinecolor": _FAINT,
        "separatethousands": True,
        "exponentformat": "none",
        "nticks": 8 if domain[1] == 1 else 5,
    }
