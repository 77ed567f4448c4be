"""Reading a journal, of a session that ended, still runs or was killed. Nothing is ever changed.

What is read is what was committed. A file that is missing, damaged, of another program or of a
newer version of this one is said to be so in one line.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import InvalidOperation
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec

from helpers.enums import OrderStatus
from helpers.errors import UserError
from helpers.ids import MAX_CLIENT_ORDER_ID
from helpers.journal_rows import (
    Row,
    decision_of,
    equity_of,
    event_of,
    fill_of,
    json_mapping,
    order_of,
    payment_of,
    session_of,
)
from helpers.journal_schema import (
    APPLICATION_ID,
    EQUITY_COLUMNS,
    FILL_COLUMNS,
    FUNDING_COLUMNS,
    JOURNAL_NAME,
    LOCK_NAME,
    ORDER_COLUMNS,
    SCHEMA_VERSION,
    SESSION_COLUMNS,
    DecisionRecord,
    EquityPoint,
    EventRecord,
    SessionRecord,
)
from helpers.models import Fill, FundingPayment, Order

T = TypeVar("T")

_TERMINAL: Final = ", ".join(f"'{status.value}'" for status in OrderStatus if status.is_terminal)
_ID_DIGITS: Final = len(str(MAX_CLIENT_ORDER_ID))
"""Longer ids are not ours: a venue or another program made them."""
_UNREADABLE: Final = (sqlite3.Error, msgspec.DecodeError, InvalidOperation, ValueError, TypeError)


class JournalReader:
    """A session's journal, read-only. Also a context manager."""

    def __init__(self, path: Path) -> None:
        """Open a journal file, or the journal of a session's folder.

        Raises:
            UserError: there is none, or it cannot be read.
        """
        self.path = path / JOURNAL_NAME if path.is_dir() else path
        if not self.path.is_file():
            raise UserError(f"there is no journal {self.path}", "list the sessions to see which there are")
        self._connection = _open(self.path)
        try:
            self._check()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._connection.close()

    # -- the session ------------------------------------------------------------------------

    def session(self) -> SessionRecord:
        """Give what the session is and how it ended, if it did."""
        rows = self._select(f"{SESSION_COLUMNS}, status, ended_ns, summary", "session", session_of)
        if not rows:
            raise UserError(f"{self.path} is damaged (it has no session)", "restore it from a copy")
        return rows[0]

    def summary(self) -> Mapping[str, Any] | None:
        """Give the summary the session was closed with; None while it runs or if it was killed."""
        return self.session().summary

    def strategy_state(self) -> Mapping[str, Any] | None:
        """Give the latest state the strategy saved; None if it saved none."""
        rows = self._select("state", "strategy_state", lambda row: json_mapping(row[0]))
        return rows[0] if rows else None

    def exchanges(self) -> list[str]:
        """List the venues that anything was written of, by their labels."""
        tables = ("orders", "fills", "funding", "equity")
        return sorted(
            {name for table in tables for name in self._select("DISTINCT exchange", table, lambda row: str(row[0]))}
        )

    # -- orders -----------------------------------------------------------------------------

    def orders(self, exchange: str | None = None) -> list[Order]:
        """List the orders as they were first written down, of all venues or of one."""
        return self._select(ORDER_COLUMNS, "orders", order_of, exchange)

    def live_orders(self, exchange: str | None = None) -> list[Order]:
        """List the orders that may still rest at a venue: intents, unanswered, unknown and open ones."""
        return self._select(ORDER_COLUMNS, "orders", order_of, exchange, only=f"status NOT IN ({_TERMINAL})")

    def order_reasons(self) -> dict[str, str]:
        """Map client order ids to the reasons the orders were wanted for."""
        return dict(self._select("client_order_id, why", "orders", lambda row: (row[0], row[1])))

    def last_client_order_id(self) -> str | None:
        """Give the greatest of our client order ids; None if there is none."""
        ids = self._select("client_order_id", "orders", lambda row: str(row[0]))
        numbers = [int(text) for text in ids if text.isdecimal() and len(text) <= _ID_DIGITS]
        return str(max(numbers)) if numbers else None

    # -- what happened ----------------------------------------------------------------------

    def fills(self, exchange: str | None = None) -> list[Fill]:
        """List the executions as they were first written down, of all venues or of one."""
        return self._select(FILL_COLUMNS, "fills", fill_of, exchange)

    def funding(self, exchange: str | None = None) -> list[FundingPayment]:
        """List the funding payments as they were first written down, of all venues or of one."""
        return self._select(FUNDING_COLUMNS, "funding", payment_of, exchange)

    def decisions(self, limit: int | None = None) -> list[DecisionRecord]:
        """List the decisions, the newest last: all, or the latest `limit`."""
        columns = "time_ns, action, message, order_intents"
        return self._select(columns, "decisions", decision_of, limit=limit)

    def events(self) -> list[EventRecord]:
        """List what else happened, the newest last."""
        return self._select("time_ns, kind, text", "events", event_of)

    def equity(self) -> list[EquityPoint]:
        """List the account's moments, the newest last."""
        return self._select(EQUITY_COLUMNS, "equity", equity_of)

    # -- how --------------------------------------------------------------------------------

    def _check(self) -> None:
        application, version = self._number("application_id"), self._number("user_version")
        if application != APPLICATION_ID:
            raise UserError(f"{self.path} is no journal of this program", "name a session's folder")
        if version > SCHEMA_VERSION:
            raise UserError(f"{self.path} was written by a newer version ({version})", "read it with that version")

    def _number(self, pragma: str) -> int:
        return self._read(f"PRAGMA {pragma}", (), lambda row: int(row[0]))[0]

    def _select(
        self,
        columns: str,
        table: str,
        convert: Callable[[Row], T],
        exchange: str | None = None,
        limit: int | None = None,
        only: str = "1",
    ) -> list[T]:
        venue, values = ("1", ()) if exchange is None else ("exchange = ?", (exchange,))
        count = -1 if limit is None else limit
        source = f"FROM {table} WHERE {venue} AND {only} ORDER BY rowid DESC LIMIT {count}"
        return self._read(f"SELECT {columns} {source}", values, convert)[::-1]

    def _read(self, query: str, values: tuple[str, ...], convert: Callable[[Row], T]) -> list[T]:
        try:
            return [convert(row) for row in self._connection.execute(query, values)]
        except _UNREADABLE as error:
            problem = f"{self.path} cannot be read ({error})"
            raise UserError(problem, "if it is damaged, restore it from a copy") from error


def is_running(folder: Path) -> bool:
    """Whether a living process on this machine holds the session's journal."""
    lock = folder / LOCK_NAME
    if not lock.is_file():
        return False
    try:
        with closing(_open(lock, wait_s=0)) as probe:
            probe.execute("PRAGMA schema_version").fetchall()
    except sqlite3.DatabaseError as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def _open(path: Path, wait_s: float = 5.0) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=wait_s, isolation_level=None)
