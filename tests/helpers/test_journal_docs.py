"""docs/journal.md tells the truth about the file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.journal import Journal, SessionInfo
from helpers.journal_schema import APPLICATION_ID, SCHEMA_VERSION

DOC = (Path(__file__).resolve().parents[2] / "docs" / "journal.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", DOC, flags=re.DOTALL | re.MULTILINE))
QUERIES = re.findall(r"```sql\n(.*?)```", DOC, flags=re.DOTALL)
INFO = SessionInfo(session="s", strategy="g", exchange="p", account_id="a", ticker="T", seed=1, started_ns=0)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A journal's file, opened as anyone may open it."""
    journal = Journal.create(tmp_path, INFO)
    journal.close(1, "finished")
    connection = sqlite3.connect(journal.path)
    yield connection
    connection.close()


def test_every_table_and_column_is_explained(tables: sqlite3.Connection) -> None:
    """The tables of the document are those of the file, column for column."""
    names = {name for (name,) in tables.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(SECTIONS) == names
    for name in names:
        columns = {row[1] for row in tables.execute(f"PRAGMA table_info({name})")} - {"id"}
        rows = re.findall(r"^\| (`.*?) \|", SECTIONS[name], flags=re.MULTILINE)
        assert {column for row in rows for column in re.findall(r"`(\w+)`", row)} == columns, name


def test_the_marks_of_the_file_are_as_written(tables: sqlite3.Connection) -> None:
    """Application id and version stand in the document."""
    assert f"0x{APPLICATION_ID:X}" in DOC
    assert f"is the version of this schema, {SCHEMA_VERSION}." in DOC


@pytest.mark.parametrize("query", QUERIES)
def test_the_example_queries_run(tables: sqlite3.Connection, query: str) -> None:
    """Each query of the document is one that SQLite takes."""
    assert tables.execute(query).description


def test_there_are_examples() -> None:
    """The document has queries to try."""
    assert len(QUERIES) > 5
