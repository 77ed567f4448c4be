"""The words of a session's report: its heading, key figures, tables and options, as escaped HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from console import formats
from console.figure_line import FigureLine
from console.report_series import account_curve, drawdown
from helpers.enums import Liquidity, OrderStatus
from helpers.journal_schema import RUNNING, DecisionRecord, EquityPoint, EventRecord, SessionRecord
from helpers.models import Fill, Order
from helpers.money import exact
from helpers.status import PnL

MOST_ROWS: Final = 200
_REFUSALS: Final = frozenset({"refused", "risk", "rejected"})
_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_STYLE: Final = """
body { margin: 0 auto; max-width: 1320px; padding: 24px; background: #fff; color: #1f2933;
  font: 15px/1.45 system-ui, sans-serif; }
h1 { margin: 0; font-size: 26px; overflow-wrap: anywhere; }
h2 { margin: 32px 0 8px; font-size: 18px; }
p { margin: 4px 0; color: #52606d; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; }
dl div { padding: 10px 14px; border: 1px solid #e4e7eb; border-radius: 8px; }
dt { color: #52606d; font-size: 13px; }
dt::first-letter { text-transform: uppercase; }
dd { margin: 2px 0 0; font-size: 19px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dd small { display: block; color: #7b8794; font-size: 13px; }
.green { color: #0b7a75; } .red { color: #c92a2a; }
.table { max-height: 480px; overflow: auto; border: 1px solid #e4e7eb; border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { position: sticky; top: 0; background: #f5f7fa; text-align: left; font-weight: 600; }
th, td { padding: 6px 12px; border-bottom: 1px solid #e4e7eb; vertical-align: top; overflow-wrap: anywhere; }
details { margin-top: 32px; } summary { font-size: 18px; font-weight: 600; cursor: pointer; }
td:first-child, td:nth-child(2) { width: 1%; padding-right: 28px; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
"""


@dataclass(frozen=True, slots=True)
class Session:
    """All of a journal that the page shows."""

    record: SessionRecord
    is_running: bool
    points: Sequence[EquityPoint]
    fills: Mapping[str, Sequence[Fill]]
    orders: Sequence[Order]
    purposes: Mapping[str, str]
    """What each order was for, by client order id."""
    decisions: Sequence[DecisionRecord]
    """The latest."""
    events: Sequence[EventRecord]
    figures: Sequence[FigureLine] = ()
    """Key figures worked out elsewhere; without any the page works out its own."""

    @property
    def quote(self) -> str:
        """The word for the currency of its amounts."""
        return self.record.quote or "quote"

    @property
    def all_fills(self) -> list[Fill]:
        """The fills of all venues."""
        return [fill for fills in self.fills.values() for fill in fills]


def page_of(session: Session, charts: str) -> str:
    """Put the page together around its charts, which are HTML already."""
    title = _text(f"Session {session.record.session}")
    body = [_heading(session), _key_figures(session), charts, *_tables(session), _options(session.record.config)]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(body) + "\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return html.escape(formats.clean(text))


def _heading(session: Session) -> str:
    record = session.record
    what = f"{record.strategy} on {record.exchange}, {record.ticker}, seed {record.seed}"
    after = f", continues {record.continues}" if record.continues else ""
    return f"<h1>{_text(record.session)}</h1>\n<p>{_text(what + after)}</p>\n<p>{_text(_when(session))}</p>"


def _when(session: Session) -> str:
    record = session.record
    last = max([record.started_ns, *(point.time_ns for point in session.points[-1:])])
    end = last if record.ended_ns is None else record.ended_ns
    span = f"{formats.timestamp(record.started_ns)} to {formats.timestamp(end)} UTC"
    return f"{span} ({formats.duration(end - record.started_ns)}), {_standing(session)}"


def _standing(session: Session) -> str:
    record = session.record
    if record.status == RUNNING:
        return "still running" if session.is_running else "interrupted: the process ended without closing the session"
    because = (record.summary or {}).get("stopped_because")
    return f"{record.status}: {because}" if because else record.status


# -- key figures ---------------------------------------------------------------------------------


def _key_figures(session: Session) -> str:
    told = [_card(_text(each.label), each.value, each.note, _text(each.style)) for each in session.figures]
    return "<dl>" + "".join(told or [*_amounts(session), *_counts(session)]) + "</dl>"


def _card(label: str, value: str, note: str = "", style: str = "") -> str:
    return f'<div><dt>{label}</dt><dd class="{style}">{_text(value)} <small>{_text(note)}</small></dd></div>'


def _amounts(session: Session) -> Iterable[str]:
    pnl, quote = _pnl(session), session.quote
    if pnl is None:
        yield _card("Net PnL", formats.UNKNOWN)
        return
    parts = {"Net PnL": pnl.net, "Realised": pnl.realised, "Unrealised": pnl.unrealised}
    parts |= {"Fees": -pnl.fees, "Funding": pnl.funding} if _has_funding(session) else {"Fees": -pnl.fees}
    fallen = _max_drawdown(session)
    decimals = formats.money_decimals((*parts.values(), fallen))
    for label, value in parts.items():
        yield _card(label, formats.signed(value, decimals), quote, formats.pnl_style(value))
    yield _card("Max drawdown", formats.money(fallen, decimals), quote)


def _counts(session: Session) -> Iterable[str]:
    fills = session.all_fills
    makers = sum(fill.liquidity is Liquidity.MAKER for fill in fills)
    share = f"{100 * makers // len(fills)}% maker" if fills else ""
    with exact():
        volume = sum((fill.price * fill.quantity for fill in fills), Decimal(0))
    yield _card("Fills", formats.count(len(fills)), share)
    yield _card("Traded", formats.money(volume, 2), session.quote)
    yield _card("Orders", formats.count(len(session.orders)))
    trips = (session.record.summary or {}).get("round_trips")
    if isinstance(trips, int):
        yield _card("Round trips", formats.count(trips))
    for exchange, point in _latest(session.points).items():
        note = session.record.ticker + (f" on {exchange}" if len(session.fills) > 1 else "")
        yield _card("Last position", formats.quantity(point.position), note)


def _latest(points: Iterable[EquityPoint]) -> dict[str, EquityPoint]:
    return {point.exchange: point for point in points}


def _pnl(session: Session) -> PnL | None:
    """Take the summary's figures; while there is none, those of each venue's latest moment."""
    names = {"realised": "realised_pnl", "unrealised": "unrealised_pnl", "fees": "fees", "funding": "funding"}
    told = {name: _amount(session.record, key) for name, key in names.items()}
    told["funding"] = told["funding"] if _has_funding(session) else Decimal(0)
    found = {name: value for name, value in told.items() if value is not None}
    if len(found) == len(names):
        return PnL(**found)
    latest = [point.pnl for point in _latest(session.points).values()]
    with exact():
        sums = {name: sum((getattr(pnl, name) for pnl in latest), Decimal(0)) for name in names}
    return PnL(**sums) if latest else None


def _has_funding(session: Session) -> bool:
    """Whether funding may have been paid; the summary of a run on spot says null."""
    return (session.record.summary or {}).get("funding", "") is not None


def _max_drawdown(session: Session) -> Decimal:
    told = _amount(session.record, "max_drawdown")
    if told is not None:
        return told
    fallen = drawdown(account_curve(session.points)[1]).values
    return Decimal(str(-min(fallen, default=0.0)))


def _amount(record: SessionRecord, key: str) -> Decimal | None:
    try:
        return Decimal((record.summary or {})[key])
    except (KeyError, TypeError, InvalidOperation):
        return None


# -- tables --------------------------------------------------------------------------------------


def _tables(session: Session) -> Iterable[str]:
    decisions = [
        (_time(d.time_ns), d.action, d.message, ", ".join(d.order_intents)) for d in reversed(session.decisions)
    ]
    yield _table("Latest decisions", ("Time (UTC)", "Action", "Reason", "Orders"), decisions)
    yield _table("Refused and rejected", ("Time (UTC)", "What", "Why"), _refusals(session))
    others = [(_time(e.time_ns), e.kind, e.text) for e in reversed(session.events) if e.kind not in _REFUSALS]
    yield _table("What else happened", ("Time (UTC)", "What", "Text"), others)


def _time(time_ns: int) -> str:
    return formats.timestamp(time_ns, millis=True)


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"<h2>{title}</h2>\n{_rows(columns, rows)}"


def _rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>None.</p>"
    shown = rows[:MOST_ROWS]
    more = f"<p>The latest {formats.count(len(shown))} of {formats.count(len(rows))}.</p>" * (len(rows) > len(shown))
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in shown)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    return f'{more}<div class="table">{table}</div>'


def _refusals(session: Session) -> list[tuple[str, str, str]]:
    """List what our own risk rules and the venues refused, newest first, each once."""
    events = [event for event in session.events if event.kind in _REFUSALS]
    said = {(event.time_ns, event.text) for event in events}
    found = [(event.time_ns, event.kind, event.text) for event in events]
    found += [
        (order.updated_ns, "rejected", f"{_order_text(order)}: {order.reason}")
        for order in session.orders
        if order.status is OrderStatus.REJECTED and not _is_told(order, said)
    ]
    return [(_time(time_ns), kind, text) for time_ns, kind, text in sorted(found, reverse=True)]


def _is_told(order: Order, said: Iterable[tuple[int, str]]) -> bool:
    return any(time_ns == order.updated_ns and order.intent in text for time_ns, text in said)


def _order_text(order: Order) -> str:
    price = "market" if order.price is None else formats.quantity(order.price)
    return f"{order.side.value} {formats.quantity(order.quantity)} at {price} ({order.intent})"


def _options(config: Mapping[str, str]) -> str:
    rows = list(config.items())
    return f"<details><summary>Options</summary>{_rows(('Option', 'Value'), rows)}</details>"
