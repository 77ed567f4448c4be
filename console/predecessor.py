"""What an earlier session of the same bot left behind: the one place a start looks back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.config import TradingConfig
from helpers.errors import UserError
from helpers.journal_reader import JournalReader, is_running
from helpers.models import Fill, Order
from helpers.sessions import newest_of


@dataclass(frozen=True, slots=True)
class Left:
    """Orders and counted fills by venue label, and the strategy's state; all empty if there was no such session."""

    session: str | None = None
    orders: Mapping[str, Sequence[Order]] = field(default_factory=dict)
    fills: Mapping[str, Sequence[Fill]] = field(default_factory=dict)
    state: Mapping[str, Any] | None = None
    last_client_order_id: str | None = None


def left_behind(config: TradingConfig, account_id: str, ticker: str) -> Left:
    """Find the newest earlier session of this strategy on these accounts and this market.

    A session that died before it began to trade has taken nothing over: the one before it counts.

    Raises:
        UserError: such a session is still running, or its journal cannot be read.
    """
    run = config.run
    folder = newest_of(run.runs_dir, run.strategy, run.exchange, account_id, ticker)
    while folder is not None:
        if is_running(folder):
            raise UserError(
                f"session {folder.name} runs the same strategy on this account and market",
                "stop it first: two bots would fight over one set of orders",
            )
        with JournalReader(folder) as journal:
            if _began(journal):
                return _read(journal, folder.name, [venue.label for venue in run.venues])
            before = journal.session().continues
        folder = _existing(run.runs_dir, before)
    return Left()


def _began(journal: JournalReader) -> bool:
    """Whether the session came to its start; the state it took over is committed together with that."""
    return any(event.kind == "start" for event in journal.events())


def _read(journal: JournalReader, session: str, labels: Sequence[str]) -> Left:
    return Left(
        session=session,
        orders={label: journal.live_orders(label) for label in labels},
        fills={label: journal.fills(label) for label in labels},
        state=journal.strategy_state(),
        last_client_order_id=journal.last_client_order_id(),
    )


def _existing(runs_dir: Path, session: str | None) -> Path | None:
    folder = None if session is None else runs_dir / session
    return folder if folder is not None and folder.is_dir() else None
