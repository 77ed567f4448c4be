"""Each strategy's page says what the code does: its table and its example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from strategy_runs import BLOCK, ROOT, example, guide

from helpers.option_table import Option, option_table
from strategies.factory import strategies

NAMES = strategies.names()


def row(option: Option) -> str:
    """Write the row of the guide's table that an option has to have."""
    value = option.requirement.removeprefix("must be ").removesuffix(", or off").removesuffix(f" ({option.info.unit})")
    return f"| `{option.flag}` | {option.default_text} | {option.info.unit} | {value} | {option.info.help} |"


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_the_declaration(name: str) -> None:
    """Every parameter stands in the guide, in order, with its default, unit, limits and meaning, and no other does."""
    rows = re.findall(r"^\| `--.*\|$", guide(name).read_text(), re.MULTILINE)
    assert rows == [row(option) for option in option_table({"Strategy": strategies.load(name).params_model}).values()]


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_real(name: str, tmp_path: Path) -> None:
    """The command of the guide gives the output that stands below it."""
    (shown,) = BLOCK.findall(guide(name).read_text())
    assert shown.splitlines()[-1] == "..."
    assert len(shown.splitlines()) > 5
    assert shown == example(tmp_path, shown)


@pytest.mark.parametrize("name", NAMES)
def test_the_index_leads_there(name: str) -> None:
    """The list of pages names each strategy's page."""
    assert f"(strategies/{name}.md)" in (ROOT / "docs" / "index.md").read_text()


def test_the_words_are_explained() -> None:
    """The vocabulary has one line a word, sorted within each part, no word twice."""
    text = (ROOT / "docs" / "vocabulary.md").read_text()
    parts = [re.findall(r"^\| \*\*(.+?)\*\* \| .+ \|$", part, re.MULTILINE) for part in text.split("\n## ")[1:]]
    words = [word for part in parts for word in part]
    assert len(words) == len({word.lower() for word in words})
    assert len(words) > 60
    for part in parts:
        assert part == sorted(part, key=str.lower)
