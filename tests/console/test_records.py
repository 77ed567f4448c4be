"""Where sessions are kept, as a start sees it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from console.predecessor import Left
from console.records import JOURNAL_FILES, MemoryRecords
from helpers.config import TradingConfig, build_config
from helpers.journal import Journal
from helpers.journal_schema import SessionInfo
from helpers.memory_journal import MemoryJournal
from strategies.factory import strategies

INFO = SessionInfo(session="one", strategy="grid", exchange="paper", account_id="a", ticker="BTC", seed=7, started_ns=1)


def config(folder: Path) -> TradingConfig:
    """Build a configuration whose runs go into this folder."""
    flags = {"runs_dir": str(folder / "runs")}
    return build_config(flags, {}, folder, lambda name: strategies.load(name).params_model)


def test_files_survive_and_are_found_again(tmp_path: Path) -> None:
    """A journal file is written in the session's folder, and the next start of the same bot finds it."""
    journal = JOURNAL_FILES.open(config(tmp_path), INFO)
    assert isinstance(journal, Journal)
    assert journal.path == tmp_path / "runs" / "one" / "journal.sqlite"
    journal.event(1, "start", "")
    journal.close(2, "finished")
    assert JOURNAL_FILES.left_behind(config(tmp_path), "a", "BTC").session == "one"
    assert JOURNAL_FILES.left_behind(config(tmp_path), "another", "BTC") == Left()


def test_memory_begins_with_nothing(tmp_path: Path) -> None:
    """What is in memory looks nowhere; its folder is there only if there is to be one, and goes if it fails."""
    for has_folder in (False, True):
        with suppress(ZeroDivisionError), MemoryRecords(has_folder=has_folder) as records:
            journal = records.open(config(tmp_path), INFO)
            assert isinstance(journal, MemoryJournal)
            assert journal is records.journal
            assert records.left_behind(config(tmp_path), "a", "BTC") == Left()
            assert (tmp_path / "runs" / "one").is_dir() is has_folder
            raise ZeroDivisionError
        assert list(tmp_path.iterdir()) == []


def test_a_session_is_called_like_its_folder(tmp_path: Path) -> None:
    """Where the name is taken both get another one."""
    records = [MemoryRecords(has_folder=True) for _ in range(2)]
    assert [each.open(config(tmp_path), INFO).session.session for each in records] == ["one", "one-2"]
