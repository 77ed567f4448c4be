"""What a backtest reports: one record for the table, the JSON line, result.json and the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from console.assembly import Venue
from console.records import MemoryRecords
from console.summary import json_value
from console.trading import Traded, shown_path
from exchanges.paper import PaperClient
from helpers.clock import NS_PER_S
from helpers.memory_journal import MemoryJournal
from helpers.models import Fill
from helpers.status import PnL, RunSummary
from simulation.backtest.figures import Figures, figures_of


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A backtest that came to its end."""

    summary: RunSummary
    quote: str
    """Currency of the amounts."""
    figures: Figures
    events: int
    """Rows of the tapes that were passed, on all venues."""
    wall_s: float
    """Real time of the run alone, without imports, loading and reports."""
    peak_rss_mb: float | None
    """Most memory the process ever held, in 10^6 bytes; None where the system does not say."""
    folder: str
    """Where the results are; empty if nothing was saved."""

    def values(self) -> dict[str, Any]:
        """List everything as JSON can hold it: money as exact text, unknown as null."""
        named = {
            **msgspec.structs.asdict(self.summary),
            "quote": self.quote,
            **msgspec.structs.asdict(self.figures),
            "events": self.events,
            "wall_s": round(self.wall_s, 6),
            "peak_rss_mb": self.peak_rss_mb,
            "folder": self.folder,
        }
        return {name: json_value(value) for name, value in named.items()}

    def line(self) -> str:
        """Write it as one line of JSON."""
        return json.dumps(self.values())


def result_of(done: Traded, records: MemoryRecords) -> BacktestResult:
    """Judge a run by the records it left."""
    assert records.journal is not None  # noqa: S101 - the run wrote to it
    return BacktestResult(
        summary=done.summary,
        quote=done.quote,
        figures=_figures(done.summary, records.journal),
        events=rows_passed(done.venues),
        wall_s=done.took_ns / NS_PER_S,
        peak_rss_mb=peak_rss_mb(),
        folder=shown_path(None if records.folder is None else records.folder.path),
    )


def _figures(summary: RunSummary, journal: MemoryJournal) -> Figures:
    pnl = PnL(
        realised=summary.realised_pnl,
        unrealised=summary.unrealised_pnl,
        fees=summary.fees,
        funding=summary.funding or Decimal(0),
    )
    started_ns = journal.session.started_ns
    end_ns = started_ns if journal.ended_ns is None else journal.ended_ns
    return figures_of(journal.points, fills_by_venue(journal), pnl, started_ns, end_ns)


def fills_by_venue(journal: MemoryJournal) -> dict[str, list[Fill]]:
    """Give each venue's fills, in the order they came."""
    found: dict[str, list[Fill]] = {point.exchange: [] for point in journal.points}
    for (exchange, _), fill in journal.fills.items():
        found.setdefault(exchange, []).append(fill)
    return found


def rows_passed(venues: Sequence[Venue]) -> int:
    """Count the rows of the tapes that the simulated venues went through."""
    clients = {id(venue.client): venue.client for venue in venues}
    return sum(
        market.engine.cursor.rows_passed
        for client in clients.values()
        if isinstance(client, PaperClient)
        for market in client.venue.core.markets.values()
    )


def peak_rss_mb() -> float | None:
    """Ask the system for the most memory this process ever held, in 10^6 bytes."""
    try:
        import resource  # noqa: PLC0415 - not made for Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1)  # Linux counts in 1024 bytes
