"""`runbot inspect`: events as JSON lines, and an honest count of what could not be read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from cli_runner import CommandLine
from sample_venue import SampleVenue

from exchanges.factory import exchanges


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line on which every venue is the sample venue."""
    monkeypatch.setattr(exchanges, "load", lambda _: SampleVenue)
    return CommandLine(tmp_path, monkeypatch)


def test_each_frame_is_a_line_and_what_is_unreadable_is_counted(cli: CommandLine) -> None:
    """Readable frames give events with their line number; the others their place and reason on stderr."""
    lines = ['{"kind":"bbo","market":"BTC","bid":"1"}', "garbage", "", '{"no":"kind"}', '{"kind":"trade"}']
    (cli.folder / "f.jsonl").write_text("\n".join(lines))
    result = cli("inspect", "--exchange", "sample", "f.jsonl")
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"place": 1, "kind": "bbo", "market": "BTC", "bid": "1"},
        {"place": 5, "kind": "trade"},
    ]
    assert result.stderr.splitlines() == [
        "f.jsonl:2: it is no JSON object",
        "f.jsonl:4: it has no kind",
        "2 frames read (1 bbo, 1 trade), 2 unreadable",
    ]


def test_nothing_readable_is_exit_1(cli: CommandLine) -> None:
    """A file of which nothing can be read is no success."""
    (cli.folder / "f.jsonl").write_text("x\ny\n")
    assert cli("inspect", "--exchange", "sample", "f.jsonl").exit_code == 1


@pytest.mark.parametrize(
    "content",
    [
        b'{"kind":"bbo"}\n{"kind":"bbo"}\n',
        b'[{"kind":"bbo"},\n {"kind":"bbo"}]',
        gzip.compress(b'{"kind":"bbo"}\n{"kind":"bbo"}\n', mtime=0),
        b'{"dir":"recv","raw":"{\\"kind\\":\\"bbo\\"}"}\n{"kind":"bbo"}\n{"dir":"sent","raw":"{}"}\n',
    ],
    ids=["lines", "list", "gzip", "envelope"],
)
def test_recordings_of_every_form_are_read(cli: CommandLine, content: bytes) -> None:
    """Lines, a JSON list, gzip and a recorder's envelope give the same events; what the client sent is passed over."""
    (cli.folder / "f").write_bytes(content)
    result = cli("inspect", "--exchange", "sample", "f")
    assert [json.loads(line)["kind"] for line in result.stdout.splitlines()] == ["bbo", "bbo"]


def test_one_json_text_over_many_lines_is_one_frame(cli: CommandLine) -> None:
    """A response body that was saved in a readable form is read whole."""
    (cli.folder / "f.json").write_text('{\n "kind": "market",\n "market": "BTC"\n}\n')
    assert json.loads(cli("inspect", "--exchange", "sample", "f.json").stdout) == {
        "place": 1,
        "kind": "market",
        "market": "BTC",
    }


def test_a_damaged_text_over_many_lines_counts_once(cli: CommandLine) -> None:
    """A file that is one JSON text with something wrong in it is one unreadable frame, not one a line."""
    (cli.folder / "f.json").write_text('{\n "kind": "market", // a comment\n "market": "BTC"\n}\n')
    result = cli("inspect", "--exchange", "sample", "f.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == "0 frames read (no events), 1 unreadable"


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), (b"", "is empty"), (gzip.compress(b"x" * 99, mtime=0)[:20], "compression is damaged")],
)
def test_a_file_that_cannot_be_read_is_refused(cli: CommandLine, content: bytes | None, words: str) -> None:
    """A missing, empty or damaged file is one line with its name."""
    if content is not None:
        (cli.folder / "f").write_bytes(content)
    refusal = cli.refusal("inspect", "--exchange", "sample", "f")
    assert refusal.startswith("f")
    assert words in refusal
