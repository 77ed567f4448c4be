"""Where a session is kept: what a start finds of earlier ones, and what it writes to."""

from __future__ import annotations

from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from console.predecessor import Left, left_behind
from console.session_folder import SessionFolder
from helpers.config import TradingConfig
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.journal_writer import JournalWriter
from helpers.memory_journal import MemoryJournal


class Records(Protocol):
    """The sessions of a bot, as its start sees them."""

    def left_behind(self, config: TradingConfig, account_id: str, ticker: str) -> Left:
        """Find what an earlier session of the same bot left."""
        ...

    def open(self, config: TradingConfig, info: SessionInfo) -> JournalWriter:
        """Begin to write a session.

        Raises:
            UserError: it cannot be written; nothing is left behind.
        """
        ...


class JournalFiles:
    """Sessions that survive the process: one journal file each, taken over by the next start."""

    def left_behind(self, config: TradingConfig, account_id: str, ticker: str) -> Left:
        """Look for the newest earlier session."""
        return left_behind(config, account_id, ticker)

    def open(self, config: TradingConfig, info: SessionInfo) -> JournalWriter:
        """Make the session's folder and its journal."""
        return Journal.create(config.run.runs_dir, info)


JOURNAL_FILES: Final = JournalFiles()


class MemoryRecords:
    """One session in memory, which nobody resumes; its account ends with the process."""

    def __init__(self, *, has_folder: bool) -> None:
        """Begin with nothing.

        Args:
            has_folder: make a folder for results at the start, so that what cannot be written is told at once.
        """
        self.journal: MemoryJournal | None = None
        self.folder: SessionFolder | None = None
        self._has_folder = has_folder

    def left_behind(self, config: TradingConfig, account_id: str, ticker: str) -> Left:
        """Find nothing."""
        del config, account_id, ticker
        return Left()

    def open(self, config: TradingConfig, info: SessionInfo) -> JournalWriter:
        """Begin to keep a session, and make its folder if there is to be one."""
        if self._has_folder:
            self.folder = SessionFolder.make(config.run.runs_dir, info.session)
            info = msgspec.structs.replace(info, session=self.folder.path.name)
        self.journal = MemoryJournal(info)
        return self.journal

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave nothing of a session that came to nothing."""
        if kind is not None and self.folder is not None:
            self.folder.remove()
