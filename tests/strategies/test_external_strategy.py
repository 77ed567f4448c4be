"""The tutorial of docs/add_a_strategy.md, installed as somebody else's package and traded with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = (ROOT / "docs" / "add_a_strategy.md").read_text()


def block(name: str) -> str:
    """Take the code block out of the tutorial that follows the name of its file."""
    found = re.search(rf"`{name}`:\n\n```python\n(.*?)```\n", TUTORIAL, re.DOTALL)
    assert found is not None, f"the tutorial has no {name}"
    return found.group(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as pip would fill it: the module, and the metadata with the entry point."""
    site = tmp_path_factory.mktemp("site")
    (site / "momentum.py").write_text(block("momentum.py"))
    metadata = site / "momentum-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: momentum\nVersion: 1.0\n")
    entry_point = re.search(r"```toml\n(.*?)```", TUTORIAL, re.DOTALL)
    assert entry_point is not None
    lines = entry_point.group(1).replace('[project.entry-points."runbot.strategies"]', "[runbot.strategies]")
    (metadata / "entry_points.txt").write_text(lines.replace('"momentum:Momentum"', "momentum:Momentum"))
    return site


def python(site: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run python in a folder, with the package installed and no options from the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOT_")}
    environment["PYTHONPATH"] = str(site)
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def runbot(site: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run runbot from its checkout."""
    return python(site, cwd, str(ROOT / "runbot.py"), "--strategy", "momentum", *args)


def test_it_trades_with_its_own_option(site: Path, tmp_path: Path) -> None:
    """The package's strategy runs with its own flag, trades, and what it decided carries its words."""
    done = runbot(site, tmp_path, "--lookback-period", "50", "--speed", "max", "--duration", "30m", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["strategy"], summary["stopped_because"]) == ("momentum", "the duration is over")
    assert summary["fills"] > 0
    assert "momentum over 50 bars: the first decision falls after 500 s" in done.stderr
    assert re.search(r"place_order +buy at [0-9.]+: the average is", done.stderr)
    assert (tmp_path / summary["journal"]).is_file()


def test_help_shows_its_option(site: Path, tmp_path: Path) -> None:
    """--help lists the strategy's own options with unit and default."""
    done = runbot(site, tmp_path, "--help")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "--lookback-period NUMBER Bars that make the average. [bars; default: 20]" in text
    assert "--take-profit" not in text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("fifty", "runbot: --lookback-period 'fifty': must be a whole number at least 2 and at most 1000 (bars)\n"),
        ("1", "runbot: --lookback-period '1': must be a whole number at least 2 and at most 1000 (bars)\n"),
    ],
)
def test_a_wrong_value_is_one_line(site: Path, tmp_path: Path, value: str, problem: str) -> None:
    """A value outside what the strategy declared is one line, exit code 2, and nothing is left behind."""
    done = runbot(site, tmp_path, "--lookback-period", value, "--speed", "max", "--duration", "1m")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", problem)
    assert list(tmp_path.iterdir()) == []


def test_the_tests_of_the_tutorial_pass(site: Path, tmp_path: Path) -> None:
    """The test file of the tutorial runs as it stands there."""
    (tmp_path / "test_momentum.py").write_text(block("test_momentum.py"))
    paths = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import pytest; sys.exit(pytest.main(['-q', '-p', 'no:xdist']))"
    )
    done = python(site, tmp_path, "-c", paths)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
