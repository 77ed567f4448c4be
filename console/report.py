"""A session as one HTML page that needs nothing else: figures, charts, decisions and refusals.

The page loads nothing from anywhere, and its own policy forbids it. Every word that came from a
venue, a strategy or a person is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import structs

from console.backtest_result import fills_by_venue
from console.figure_line import FigureLine
from console.report_page import MOST_ROWS, Session, page_of
from console.report_series import Charted
from helpers.errors import UserError
from helpers.journal_reader import JournalReader, is_running
from helpers.journal_schema import DecisionRecord, EquityPoint, EventRecord, SessionRecord
from helpers.memory_journal import KeptDecision, MemoryJournal
from helpers.models import Order

REPORT_NAME: Final = "report.html"


def write_report(session_dir: Path, output: Path | None) -> Path:
    """Write the page of a session, and give its path.

    Args:
        session_dir: the session's folder.
        output: where to write; None is report.html in that folder.

    Raises:
        UserError: the journal cannot be read, the page cannot be written, or plotly is missing.
    """
    charts = _chart_maker()
    session = _read(session_dir)
    path = output or session_dir / REPORT_NAME
    _write(path, page_of(session, charts(_charted(session))))
    return path


def write_backtest_page(journal: MemoryJournal, figures: Sequence[FigureLine], path: Path) -> None:
    """Write the page of a session that was kept in memory.

    Raises:
        UserError: the page cannot be written, or plotly is missing.
    """
    session = session_of(journal, figures)
    _write(path, page_of(session, _chart_maker()(_charted(session))))


def session_of(journal: MemoryJournal, figures: Sequence[FigureLine]) -> Session:
    """Turn what was kept in memory into what the page shows."""
    return Session(
        record=SessionRecord(
            **structs.asdict(journal.session),
            status=journal.status,
            ended_ns=journal.ended_ns,
            summary=journal.summary,
        ),
        is_running=False,
        points=[EquityPoint(**point._asdict()) for point in journal.points],
        fills=fills_by_venue(journal),
        orders=[kept.order for kept in journal.orders.values()],
        purposes={name: _purpose(kept.order, kept.reason) for name, kept in journal.orders.items()},
        decisions=[_decision(kept) for kept in journal.decisions[-MOST_ROWS:]],
        events=[EventRecord(time_ns=e.time_ns, kind=e.kind, text=e.text) for e in journal.events],
        figures=figures,
    )


def _chart_maker() -> Callable[[Charted], str]:
    try:
        from console.report_figures import charts  # noqa: PLC0415 - plotly is an extra, and slow to load
    except ImportError as error:
        raise UserError(f"a report needs plotly ({error})", "make install EXTRAS=report") from error
    return charts


def _read(session_dir: Path) -> Session:
    with JournalReader(session_dir) as reader:
        orders, reasons = reader.orders(), reader.order_reasons()
        return Session(
            record=reader.session(),
            is_running=is_running(session_dir),
            points=reader.equity(),
            fills={name: reader.fills(name) for name in reader.exchanges()},
            orders=orders,
            purposes={o.client_order_id: _purpose(o, reasons[o.client_order_id]) for o in orders},
            decisions=reader.decisions(MOST_ROWS),
            events=reader.events(),
        )


def _decision(kept: KeptDecision) -> DecisionRecord:
    return DecisionRecord(**{**kept._asdict(), "order_intents": tuple(kept.order_intents)})


def _purpose(order: Order, reason: str) -> str:
    return ": ".join(filter(None, (order.intent, reason)))


def _charted(session: Session) -> Charted:
    return Charted(
        ticker=session.record.ticker,
        quote=session.quote,
        points=session.points,
        fills=session.fills,
        purposes=session.purposes,
    )


def _write(path: Path, page: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise UserError(f"cannot write {path} ({error.strerror})", "name another file with --output") from error
