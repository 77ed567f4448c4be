"""Sessions: their names, their list, and which one a person means."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from helpers.errors import UserError
from helpers.journal import Journal, SessionInfo
from helpers.sessions import find_session, list_sessions, new_session_name, newest_of

START_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
INFO = SessionInfo(
    session="", strategy="grid", exchange="paper", account_id="a-1", ticker="BTC", seed=1, started_ns=START_NS
)
Make = Callable[..., Journal]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make finished sessions, each later than the one before."""
    made: list[Journal] = []

    def make(name: str, *, closed: bool = True, **changes: object) -> Journal:
        journal = Journal.create(tmp_path, msgspec.structs.replace(INFO, session=name, **changes))
        made.append(journal)
        os.utime(tmp_path / name / "writer.lock", ns=(len(made), len(made)))
        if closed:
            journal.close(START_NS + 1, "finished")
        return journal

    return make


def test_a_name_says_when_and_what(tmp_path: Path) -> None:
    """Names begin with the start in UTC; characters that no folder likes become dashes."""
    assert new_session_name(START_NS, "grid", "paper", "BTC", tmp_path) == "20260101-000000-grid-paper-BTC"
    name = new_session_name(START_NS, "pairs", "paper:a,paper:b", "../BTC/USD", tmp_path)
    assert name == "20260101-000000-pairs-paper-a-paper-b-..-BTC-USD"


def test_a_taken_name_gets_a_number(tmp_path: Path, make: Make) -> None:
    """The second and third session of one second are -2 and -3."""
    names = []
    for _ in range(3):
        names.append(new_session_name(START_NS, "grid", "paper", "BTC", tmp_path))
        make(names[-1])
    stem = "20260101-000000-grid-paper-BTC"
    assert names == [stem, f"{stem}-2", f"{stem}-3"]


def test_a_folder_without_sessions(tmp_path: Path) -> None:
    """A missing or empty folder has none; a file in its place is an error."""
    assert list_sessions(tmp_path / "runs") == []
    assert newest_of(tmp_path / "runs", "grid", "paper", "a-1", "BTC") is None
    (tmp_path / "notes.txt").touch()
    assert list_sessions(tmp_path) == []
    with pytest.raises(UserError, match="there are no sessions"):
        find_session(tmp_path, "last")
    with pytest.raises(UserError, match=r"cannot list .*Not a directory"):
        list_sessions(tmp_path / "notes.txt")


def test_the_newest_made_comes_first(tmp_path: Path, make: Make) -> None:
    """The order is that of making, whatever time a simulated session lived in."""
    make("b", started_ns=START_NS * 2)
    make("c", started_ns=5)
    make("a", started_ns=9)
    assert [row.name for row in list_sessions(tmp_path)] == ["a", "c", "b"]
    assert find_session(tmp_path, "last") == tmp_path / "a"


def test_sessions_made_together_are_ordered_by_number(tmp_path: Path, make: Make) -> None:
    """Where the file times are equal, -10 is newer than -2, and that newer than none."""
    for name in ("x-10", "x", "x-2"):
        make(name)
        os.utime(tmp_path / name / "writer.lock", ns=(1, 1))
    assert [row.name for row in list_sessions(tmp_path)] == ["x-10", "x-2", "x"]


def test_a_copied_session_needs_no_lock_file(tmp_path: Path, make: Make) -> None:
    """Without its lock file a session is dated by its journal."""
    journal = make("old")
    make("new")
    (journal.path.parent / "writer.lock").unlink()
    os.utime(journal.path, ns=(1, 1))
    assert [row.name for row in list_sessions(tmp_path)] == ["new", "old"]


def test_a_row_tells_how_the_session_stands(tmp_path: Path, make: Make) -> None:
    """Finished, running, interrupted and unreadable sessions are told apart."""
    make("finished")
    running = make("running", closed=False)
    make("interrupted", closed=False).abandon()
    make("broken").path.write_bytes(b"no database at all" * 99)
    rows = {row.name: row for row in list_sessions(tmp_path)}
    assert {name: row.status for name, row in rows.items()} == {
        "broken": "unreadable",
        "finished": "finished",
        "interrupted": "interrupted",
        "running": "running",
    }
    assert rows["broken"].record is None
    assert "not a database" in rows["broken"].problem
    record = rows["finished"].record
    assert record is not None
    assert (record.strategy, record.ended_ns, rows["finished"].path) == ("grid", START_NS + 1, tmp_path / "finished")
    running.abandon()


def test_a_session_is_found_by_name_or_beginning(tmp_path: Path, make: Make) -> None:
    """An exact name wins over longer ones; a beginning must fit one session only."""
    for name in ("run-btc", "run-btc-2", "run-eth"):
        make(name)
    assert find_session(tmp_path, "run-btc").name == "run-btc"
    assert find_session(tmp_path, "run-e").name == "run-eth"
    assert find_session(tmp_path, f"{tmp_path}/run-eth/").name == "run-eth"
    with pytest.raises(UserError, match=r"3 sessions begin with 'run': .*run-eth, run-btc-2, run-btc$"):
        find_session(tmp_path, "run")


def test_an_unknown_session_names_the_nearest(tmp_path: Path, make: Make) -> None:
    """A mistyped name gets the nearest match and the newest sessions."""
    for number in range(7):
        make(f"session-{number}")
    with pytest.raises(UserError, match=r"no session 'sesion-3': did you mean session-3\? newest: session-6, .*\.\.\."):
        find_session(tmp_path, "sesion-3")
    with pytest.raises(UserError, match="no session ''"):
        find_session(tmp_path, "")


def test_the_newest_of_the_same_identity(tmp_path: Path, make: Make) -> None:
    """Recovery looks at strategy, venue, account and market; unreadable sessions are passed over."""
    make("one")
    make("two", closed=False).abandon()
    make("other-strategy", strategy="maker")
    make("other-venue", exchange="lighter")
    make("other-account", account_id="a-2")
    make("other-ticker", ticker="ETH")
    make("broken").path.write_bytes(b"")
    assert newest_of(tmp_path, "grid", "paper", "a-1", "BTC") == tmp_path / "two"
    assert newest_of(tmp_path, "grid", "paper", "a-3", "BTC") is None


def test_writing_does_not_change_a_sessions_age(tmp_path: Path, make: Make) -> None:
    """The file that dates a session is never written, however long the session runs."""
    journal = make("long", closed=False)
    make("later")
    journal.event(1, "health", "still here")
    journal.close(2, "finished")
    assert [row.name for row in list_sessions(tmp_path)] == ["later", "long"]
