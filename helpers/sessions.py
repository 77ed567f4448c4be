"""The sessions of a folder: their names, which are there, and which one a person means.

What makes a session the newest is when it was really made, not what its own clock showed: a
simulated run may live in any year. The empty file beside its journal is made with the session
and never written, so that file's time says when.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from helpers.clock import NS_PER_S
from helpers.errors import UserError
from helpers.journal_reader import JournalReader, is_running
from helpers.journal_schema import JOURNAL_NAME, LOCK_NAME, RUNNING, SessionRecord
from helpers.registry import nearest

LAST: Final = "last"
INTERRUPTED: Final = "interrupted"
UNREADABLE: Final = "unreadable"


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One session of a list."""

    name: str
    path: Path
    """Its folder."""
    status: str
    """ "running", "interrupted" (killed), "unreadable", or the word it was closed with."""
    record: SessionRecord | None = None
    """None where the journal cannot be read."""
    problem: str = ""
    """Why it cannot be read."""


def new_session_name(start_ns: int, strategy: str, exchange: str, ticker: str, runs_dir: Path) -> str:
    """Make a name that no session in `runs_dir` has, like 20260101-000000-grid-paper-BTC."""
    when = datetime.fromtimestamp(start_ns // NS_PER_S, tz=UTC).strftime("%Y%m%d-%H%M%S")
    stem = "-".join([when, *(re.sub(r"[^A-Za-z0-9._]+", "-", part) for part in (strategy, exchange, ticker))])
    name, number = stem, 1
    while (runs_dir / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def list_sessions(runs_dir: Path) -> list[SessionRow]:
    """List the sessions, newest first; one that cannot be read is listed with its problem.

    Raises:
        UserError: the folder cannot be read.
    """
    return [_row(folder) for folder in _folders(runs_dir)]


def find_session(runs_dir: Path, name: str) -> Path:
    """Find a session's folder by its name, the beginning of its name, or "last".

    Raises:
        UserError: there is none, or there are several.
    """
    folders = _folders(runs_dir)
    if not folders:
        raise UserError(f"there are no sessions in {runs_dir}", "run a strategy first, or name another folder")
    if name == LAST:
        return folders[0]
    wanted = Path(name).name  # a person may complete the folder's path
    for folder in folders:
        if folder.name == wanted:
            return folder
    return _only([folder for folder in folders if wanted and folder.name.startswith(wanted)], name, folders)


def newest_of(runs_dir: Path, strategy: str, exchange: str, account_id: str, ticker: str) -> Path | None:
    """Find the newest session of the same strategy on the same account and market; None if there is none."""
    identity = (strategy, exchange, account_id, ticker)
    for folder in _folders(runs_dir):
        record = _row(folder).record
        if record and (record.strategy, record.exchange, record.account_id, record.ticker) == identity:
            return folder
    return None


def _only(found: Sequence[Path], name: str, folders: Sequence[Path]) -> Path:
    if len(found) == 1:
        return found[0]
    names = [folder.name for folder in found or folders]
    some = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")  # noqa: PLR2004 - as many as fit a line
    if found:
        raise UserError(f"{len(found)} sessions begin with {name!r}", f"write more of it: {some}")
    raise UserError(f"there is no session {name!r}", f"{nearest(name, names)}newest: {some}")


def _folders(runs_dir: Path) -> list[Path]:
    try:
        folders = [entry for entry in runs_dir.iterdir() if (entry / JOURNAL_NAME).is_file()]
        return sorted(folders, key=_age, reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"cannot list the sessions in {runs_dir} ({error.strerror})", "name another folder") from error


def _age(folder: Path) -> tuple[int, list[tuple[int, str]]]:
    lock = folder / LOCK_NAME
    made = lock if lock.exists() else folder / JOURNAL_NAME
    # Made at the same time: by name, the numbers in it as numbers, so that -10 comes after -2.
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", folder.name)]
    return made.stat().st_mtime_ns, parts


def _row(folder: Path) -> SessionRow:
    try:
        with JournalReader(folder) as reader:
            record = reader.session()
    except UserError as error:
        return SessionRow(name=folder.name, path=folder, status=UNREADABLE, problem=str(error))
    ended = record.status != RUNNING or is_running(folder)
    return SessionRow(name=folder.name, path=folder, status=record.status if ended else INTERRUPTED, record=record)
