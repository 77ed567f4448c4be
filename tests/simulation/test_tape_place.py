"""Where a tape can be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.errors import UserError
from simulation.tape_place import demand_place


def a_folder(folder: Path) -> tuple[Path, str]:
    """The output is a folder."""
    return folder, "it is a folder"


def in_no_folder(folder: Path) -> tuple[Path, str]:
    """The folder is missing."""
    return folder / "none" / "t.parquet", f"there is no folder {folder / 'none'}"


def where_nothing_can_be(folder: Path) -> tuple[Path, str]:
    """A folder of the system that takes no files, from nobody."""
    del folder
    return Path("/proc/t.parquet"), "No such file or directory"


def a_source(folder: Path) -> tuple[Path, str]:
    """The recording itself, by another name of it."""
    (folder / "link.csv").symlink_to(folder / "source.csv")
    return folder / "link.csv", "it is one of the recordings"


@pytest.mark.parametrize("make", [a_folder, in_no_folder, where_nothing_can_be, a_source])
def test_a_place_that_cannot_be_is_told(tmp_path: Path, make: Callable[[Path], tuple[Path, str]]) -> None:
    """Before any work, in one line."""
    source = tmp_path / "source.csv"
    source.write_text("x")
    output, reason = make(tmp_path)
    with pytest.raises(UserError) as caught:
        demand_place(output, [tmp_path / "missing.csv", source])
    assert str(caught.value) == f"{output} cannot be written ({reason}): choose another place"
    assert source.read_text() == "x"


def test_an_older_tape_may_be_replaced(tmp_path: Path) -> None:
    """A new name and the name of another file are fine, and looking changes nothing."""
    old = tmp_path / "old.parquet"
    old.write_text("old")
    demand_place(tmp_path / "new.parquet", [old])
    demand_place(old, [tmp_path / "source.csv"])
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]
