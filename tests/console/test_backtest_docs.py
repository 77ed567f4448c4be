"""docs/backtest.md tells the truth about files, figures and options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from backtest_samples import result

from console.backtest import DEFAULT_DURATION_NS
from console.backtest_table import money_lines, other_lines
from helpers.option_table import option_table
from helpers.paper_options import PaperOptions
from simulation.backtest.result_files import FILES, FORMAT, VERSION

ROOT = Path(__file__).resolve().parents[2]
DOC = (ROOT / "docs" / "backtest.md").read_text("utf-8")


def rows(section: str) -> list[list[str]]:
    """Give the rows of the last table of a section, cell by cell, without its head."""
    part = re.split(r"^#+ ", DOC.split(f"# {section}\n")[1], flags=re.MULTILINE)[0]
    lines = [line for line in re.split(r"\n\n", part.strip()) if line.startswith("|")][-1].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize("name", FILES)
def test_every_column_is_explained(name: str) -> None:
    """Names, types and order of the columns are those of the files."""
    written = [f"`{column}` {kind.replace('?', ', null')}" for column, kind in FILES[name].items()]
    assert [" ".join(row[:2]) for row in rows(name)] == written


def test_the_marks_are_as_written() -> None:
    """Format and version stand in the document."""
    assert f"`format` (`{FORMAT}`), `version` (`{VERSION}`)" in DOC


def test_every_figure_is_explained() -> None:
    """Each line of the table has its row, beside the field of the JSON line it shows."""
    told = {row[0]: row[1].strip("`") for row in rows("Figures")}
    shown = {line.label for line in [*money_lines(result()), *other_lines(result())]}
    assert shown - told.keys() == {"orders", "fills"}
    assert set(told) <= shown
    assert set(told.values()) <= set(result().values())


def test_the_venues_terms_are_those_of_the_code() -> None:
    """Options and defaults are the declared ones."""
    options = option_table({"": PaperOptions}).values()
    assert [row[:2] for row in rows("Options")] == [[f"`{o.flag}`", o.default_text] for o in options]


def test_the_default_duration_is_as_written() -> None:
    """The day that an invented market is traded for stands in the document."""
    assert DEFAULT_DURATION_NS == 24 * 3600 * 10**9
    assert "traded for 24 hours" in " ".join(DOC.split())


def test_what_it_names_exists() -> None:
    """Pages, pictures and folders that the document names are there."""
    links = re.findall(r"\]\(([\w/.]+)", DOC)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []
    assert (ROOT / "simulation" / "backtest").is_dir()
