"""The guide of the grid says what the code does: its table and its example."""

from __future__ import annotations

import re
from pathlib import Path

from grid_runs import GUIDE, ROOT, example

from helpers.option_table import Option, option_table
from strategies.grid_params import GridParams


def row(option: Option) -> str:
    """Write the row of the guide's table that an option has to have."""
    value = option.requirement.removeprefix("must be ").removesuffix(", or off").removesuffix(f" ({option.info.unit})")
    return f"| `{option.flag}` | {option.default_text} | {option.info.unit} | {value} | {option.info.help} |"


def test_the_table_is_the_declaration() -> None:
    """Every parameter stands in the guide, in order, with its default, unit, limits and meaning, and no other does."""
    rows = re.findall(r"^\| `--.*\|$", GUIDE.read_text(), re.MULTILINE)
    assert rows == [row(option) for option in option_table({"Strategy": GridParams}).values()]


def test_the_example_is_real(tmp_path: Path) -> None:
    """The command of the guide gives the output that stands below it."""
    shown = re.search(r"```text\n(.*?)\n```", GUIDE.read_text(), re.DOTALL)
    assert shown is not None
    assert shown.group(1) == example(tmp_path)


def test_the_words_are_explained() -> None:
    """The vocabulary has one line a word, sorted within each part, no word twice."""
    text = (ROOT / "docs" / "vocabulary.md").read_text()
    parts = [re.findall(r"^\| \*\*(.+?)\*\* \| .+ \|$", part, re.MULTILINE) for part in text.split("\n## ")[1:]]
    words = [word for part in parts for word in part]
    assert len(words) == len({word.lower() for word in words})
    assert len(words) > 60
    for part in parts:
        assert part == sorted(part, key=str.lower)
