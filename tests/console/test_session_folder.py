"""The folder of results: its own, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.session_folder import SessionFolder
from helpers.errors import UserError


def test_a_folder_is_made_with_those_above_it_and_goes_with_them(tmp_path: Path) -> None:
    """What was made goes again, files and all; what was there before stays."""
    folder = SessionFolder.make(tmp_path / "a" / "runs", "one")
    assert folder.path == tmp_path / "a" / "runs" / "one"
    (folder.path / "result.json").write_text("{}")
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_others_in_the_folder_of_runs_are_left_alone(tmp_path: Path) -> None:
    """A folder of runs that holds another session by now stays."""
    first = SessionFolder.make(tmp_path / "runs", "one")
    second = SessionFolder.make(tmp_path / "runs", "two")
    first.remove()
    assert second.path.is_dir()
    assert not first.path.exists()


def test_two_sessions_of_one_name_get_a_folder_each(tmp_path: Path) -> None:
    """Who comes second gets a number."""
    names = [SessionFolder.make(tmp_path, "one").path.name for _ in range(3)]
    assert names == ["one", "one-2", "one-3"]


def test_a_file_in_the_way_is_named_and_stays(tmp_path: Path) -> None:
    """Where no folder can be made the person is told, and nothing is left behind."""
    (tmp_path / "taken").write_text("mine")
    for runs_dir in (tmp_path / "taken", tmp_path / "taken" / "runs"):
        with pytest.raises(UserError, match="--runs-dir"):
            SessionFolder.make(runs_dir, "one")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_name_no_folder_can_have_leaves_nothing(tmp_path: Path) -> None:
    """If the folder itself cannot be made, those above it go again."""
    with pytest.raises(UserError, match="cannot make"):
        SessionFolder.make(tmp_path / "a" / "runs", "x" * 300)
    assert list(tmp_path.iterdir()) == []
