"""The comparison takes medians over fresh processes and goes on when somebody fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import peers_bench
from benchmarks.peers_bench import CONTESTANTS, Contestant, main
from benchmarks.race import FillRule

PYTHON = Path(sys.executable)
FIELDS = {"folder": "", "race": "top", "rows": "1000", "moving": "0.023"}
# Prints another time at each call: the number of calls so far.
COUNTING = """
import json, pathlib
calls = pathlib.Path("{folder}")
calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
count = len(calls.read_text())
names = ("wall_s", "cpu_s", "startup_s", "startup_cpu_s", "peak_rss_mb")
print("a word before")
print(json.dumps(dict.fromkeys(names, 10 * count) | dict(events=7)))
"""


def test_figures_are_medians_of_fresh_processes(tmp_path: Path) -> None:
    """Three runs of 10, 20 and 30 seconds are 20; other lines of output do not count."""
    counting = Contestant(name="c", what="counts", arguments=("-c", COUNTING))
    fields = FIELDS | {"folder": str(tmp_path / "calls")}
    report = peers_bench._measure(PYTHON, counting, fields, 3)
    assert report is not None
    assert (report["wall_s"], report["cpu_s"], report["events"]) == (20, 20, 7)


def test_a_failure_is_a_line_and_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Who fails is named with the last line of the error; there is no figure."""
    failing = Contestant(name="f", what="the one that fails", arguments=("-c", "raise SystemExit('no such market')"))
    assert peers_bench._measure(PYTHON, failing, FIELDS, 3) is None
    assert capsys.readouterr().out == "the one that fails: failed on top (no such market)\n"


def test_fills_are_compared_under_the_contestants_own_rule() -> None:
    """The same fingerprint is marked, another one is named, and fills of a coarser step are not compared."""
    queue = Contestant(name="q", what="", arguments=())
    coarse = Contestant(name="s", what="", arguments=(), rule=None)
    assert peers_bench._mark(queue, {"fingerprint": "a"}, {"fingerprint": "a"}, FIELDS) == "="
    assert peers_bench._mark(queue, {"fingerprint": "a"}, {"fingerprint": "b"}, FIELDS) == "differs"
    assert not peers_bench._mark(coarse, {"fingerprint": "a"}, {"fingerprint": "b"}, FIELDS)


def test_another_rule_is_run_for_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contestant that fills by quotes is compared with the plain loop that does so too."""
    monkeypatch.setenv("PYTHONPATH", str(Path(peers_bench.__file__).parent.parent))
    monkeypatch.chdir(tmp_path)
    plain = peers_bench._plain(FIELDS, FillRule.QUOTES, 1)
    assert plain is not None
    quotes = Contestant(name="q", what="", arguments=(), rule=FillRule.QUOTES)
    assert peers_bench._mark(quotes, plain, {"fingerprint": "other"}, FIELDS) == "="


def test_an_unknown_contestant_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name ends with exit code 2 and the names that are known, before anything is installed."""
    monkeypatch.setattr(sys, "argv", ["peers_bench", "plian"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "unknown: plian" in told
    assert all(contestant.name in told for contestant in CONTESTANTS)
