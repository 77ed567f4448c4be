"""The journal: what a session wanted, sent, had and decided, written down before it counts.

One SQLite file per session, written by one bot, readable by anyone meanwhile. An order's intent
is committed before `intent` returns, so before it can be sent. Everything else is batched: written
when the bot has sent what it had to send (`catch_up`), committed with the next intent, with `flush`,
or every 256 rows.

The file is in WAL mode with synchronous=NORMAL. What was committed survives `kill -9` and every
crash of the process, because it lies in the operating system's cache. A power cut or a crash of
the system may lose the last commits (those since the last checkpoint) but never damages the file.
What is lost, committed or batched, is asked of the venue again at the next start.

No secret belongs in it: free text, which may be a venue's own words, is masked on the way in.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from helpers.errors import JournalError, UserError
from helpers.journal_rows import (
    fill_values,
    funding_values,
    json_text,
    money_text,
    order_values,
    session_values,
)
from helpers.journal_schema import (
    APPLICATION_ID,
    EQUITY_COLUMNS,
    FILL_COLUMNS,
    FUNDING_COLUMNS,
    JOURNAL_NAME,
    LOCK_NAME,
    ORDER_COLUMNS,
    RUNNING,
    SCHEMA_VERSION,
    SESSION_COLUMNS,
    TABLES,
    SessionInfo,
)
from helpers.logs import mask
from helpers.models import Fill, FundingPayment, Order
from helpers.money import plain
from helpers.status import PnL

__all__ = ["Journal", "SessionInfo"]

_BATCH_ROWS: Final = 256
_UNWRITABLE: Final = (sqlite3.Error, UnicodeError, OverflowError)


def _insert(table: str, columns: str) -> str:
    marks = ", ".join("?" * len(columns.split(",")))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - constants of this file only


def _take_over(columns: str) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in columns.split(", "))


_SESSION: Final = _insert("session", f"{SESSION_COLUMNS}, status")
_END: Final = "UPDATE session SET status = ?, ended_ns = ?, summary = ?"
_INTENT: Final = _insert("orders", f"exchange, why, {ORDER_COLUMNS}")
_ORDER: Final = f"{_INTENT} ON CONFLICT (client_order_id) DO UPDATE SET {_take_over(ORDER_COLUMNS)}"
_FILL: Final = _insert("fills", f"exchange, {FILL_COLUMNS}") + " ON CONFLICT DO NOTHING"
_FUNDING: Final = _insert("funding", f"exchange, {FUNDING_COLUMNS}") + " ON CONFLICT DO NOTHING"
_DECISION: Final = _insert("decisions", "time_ns, action, message, order_intents")
_EVENT: Final = _insert("events", "time_ns, kind, text")
_EQUITY: Final = _insert("equity", EQUITY_COLUMNS)
_STATE: Final = _insert("strategy_state", "id, time_ns, state") + (
    " ON CONFLICT (id) DO UPDATE SET time_ns = excluded.time_ns, state = excluded.state"
)


class Journal:
    """The one writer of a session's journal."""

    def __init__(
        self,
        path: Path,
        session: SessionInfo,
        connection: sqlite3.Connection,
        lock: sqlite3.Connection,
        made: Sequence[Path],
    ) -> None:
        """Take over an open file and the folders made for it; use `Journal.create`."""
        self.path = path
        self._made = made
        self.session = session
        self._connection = connection
        self._lock = lock
        self._put_off: list[tuple[str, tuple[object, ...]]] = []
        """Rows that wait until nothing more urgent is to be done."""
        self._batched = 0
        self._is_open = True
        self._has_intents = False

    @classmethod
    def create(cls, runs_dir: Path, session: SessionInfo) -> Journal:
        """Make the session's folder and its journal, and hold it against every other writer.

        Raises:
            UserError: the folder exists or cannot be written; nothing is left behind.
        """
        folder = runs_dir / session.session
        made = _make_folder(folder, session.session)
        try:
            lock = _lock(folder)
            return cls(folder / JOURNAL_NAME, session, _new_file(folder / JOURNAL_NAME, session), lock, made)
        except (*_UNWRITABLE, OSError) as error:
            _remove(folder, made)
            raise UserError(f"cannot make a journal in {folder} ({error})", "free some space there") from error

    # -- committed at once ------------------------------------------------------------------

    def intent(self, order: Order, exchange: str, reason: str) -> None:
        """Write down an order that is about to be sent; committed when this returns.

        Raises:
            JournalError: it could not be written, so it must not be sent.
        """
        self._has_intents = True
        self._write(_INTENT, (exchange, mask(reason), *order_values(order)))
        self._commit()

    # -- batched ----------------------------------------------------------------------------

    def order_update(self, order: Order, exchange: str | None = None) -> None:
        """Write down where an order stands now.

        Args:
            order: the whole order; it replaces what was known of it.
            exchange: its venue, for an order whose intent is in another session's journal.
        """
        self._later(_ORDER, (exchange or self.session.exchange, "", *order_values(order)))

    def fill(self, fill: Fill, exchange: str) -> bool:
        """Write down an execution; False if this trade is written already."""
        return self._batch(_FILL, (exchange, *fill_values(fill))) == 1

    def funding(self, payment: FundingPayment, exchange: str) -> bool:
        """Write down a funding payment; False if it is written already."""
        return self._batch(_FUNDING, (exchange, *funding_values(payment))) == 1

    def decision(self, time_ns: int, action: str, message: str, order_intents: Sequence[str]) -> None:
        """Write down what the strategy decided, why, and the orders it concerns."""
        self._later(_DECISION, (time_ns, action, mask(message), json_text(list(order_intents))))

    def event(self, time_ns: int, kind: str, text: str) -> None:
        """Write down something else that happened: a refusal, an outage, a recovery."""
        self._later(_EVENT, (time_ns, kind, mask(text)))

    def equity(
        self, time_ns: int, exchange: str, equity: Decimal | None, position: Decimal, mid: Decimal | None, pnl: PnL
    ) -> None:
        """Write down the account on one venue: money in quote, position signed in base units."""
        money = (pnl.realised, pnl.unrealised, pnl.fees, pnl.funding)
        values = (money_text(equity), plain(position), money_text(mid), *map(plain, money))
        self._later(_EQUITY, (time_ns, exchange, *values))

    def strategy_state(self, time_ns: int, state: Mapping[str, Any]) -> None:
        """Replace what the strategy wants to find again after a restart."""
        self._later(_STATE, (1, time_ns, json_text(state)))

    # -- the file ---------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Write what was put off; it is committed with the next intent or `flush`."""
        rows, self._put_off = self._put_off, []
        for statement, values in rows:
            self._batch(statement, values)

    def flush(self) -> None:
        """Write what was put off and commit."""
        self.catch_up()
        self._commit()

    def _commit(self) -> None:
        try:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
        except _UNWRITABLE as error:
            raise self._failed(error) from error
        self._batched = 0

    def close(self, time_ns: int, status: str, summary: Mapping[str, Any] | None = None) -> None:
        """End the session with a word for how it ended, and leave one plain file. May be called twice."""
        if not self._is_open:
            return
        try:
            self._write(_END, (status, time_ns, None if summary is None else json_text(summary)))
            self.flush()
            # Out of WAL mode the file can be copied alone and read where nothing can be written.
            with suppress(sqlite3.OperationalError):  # someone is reading: the next reader copes with WAL
                self._connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as a killed process would: what is only batched is lost."""
        self._is_open = False
        self._connection.close()
        self._lock.close()

    def discard(self) -> None:
        """Remove a session whose start failed, and the folders made for it; one that has intents stays."""
        self.abandon()
        if not self._has_intents:
            _remove(self.path.parent, self._made)

    def _later(self, statement: str, values: tuple[object, ...]) -> None:
        self._put_off.append((statement, values))
        if len(self._put_off) >= _BATCH_ROWS:
            self.catch_up()

    def _batch(self, statement: str, values: tuple[object, ...]) -> int:
        rows = self._write(statement, values)
        self._batched += rows
        if self._batched >= _BATCH_ROWS:
            self._commit()
        return rows

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            return self._connection.execute(statement, values).rowcount
        except _UNWRITABLE as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> JournalError:
        problem = f"cannot write the journal {self.path} ({error})"
        if isinstance(error, sqlite3.IntegrityError):  # this row only; what is batched stands
            return JournalError(problem)
        self._batched = 0
        with suppress(sqlite3.Error):  # a full disk may have rolled back by itself
            self._connection.execute("ROLLBACK")
        return JournalError(f"{problem}: make room on its disk, then start again")


def _make_folder(folder: Path, name: str) -> list[Path]:
    if name in {"", ".."} or Path(name).name != name:
        raise UserError(f"{name!r} is no name for a session", "use letters, digits and dashes")
    missing = [parent for parent in folder.parents if not parent.exists()]
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise UserError(f"the session {folder} exists already", "choose another name or remove it") from error
    except OSError as error:
        raise UserError(f"cannot make {folder} ({error.strerror})", "choose a folder you may write to") from error
    return missing


def _remove(folder: Path, made: Sequence[Path]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for parent in made:
        with suppress(OSError):  # someone else uses it by now
            parent.rmdir()


def _lock(folder: Path) -> sqlite3.Connection:
    # A lock of the operating system, on every system SQLite runs on; it ends with the process.
    lock = sqlite3.connect(folder / LOCK_NAME, timeout=0, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    return lock


def _new_file(path: Path, session: SessionInfo) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(
            f"BEGIN; PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; {TABLES}"
        )
        connection.execute(_SESSION, (*session_values(session), RUNNING))
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection
