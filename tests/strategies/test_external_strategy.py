"""The tutorial of docs/add_a_strategy.md: what it builds is the example that is here, and works as somebody else's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "strategies" / "examples" / "momentum.py"
TUTORIAL = (ROOT / "docs" / "add_a_strategy.md").read_text()


def section(title: str) -> str:
    """Give what stands below a heading."""
    return TUTORIAL.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def built() -> str:
    """Join the blocks of the tutorial as it says: two blank lines before a class, one before a method."""
    text = ""
    for block in re.findall(r"```python\n(.*?)```\n", section("The file"), re.DOTALL):
        gap = "\n\n" if block.startswith("class ") else "\n"
        text += gap + block if text else block
    return text


def package(folder: Path, name: str) -> Path:
    """Fill a folder as pip would: the module, under its own name, and the entry point."""
    module = built().replace('return "momentum"', f'return "{name}"')
    (folder / "my_momentum.py").write_text(module)
    metadata = folder / "my_momentum-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my_momentum\nVersion: 1.0\n")
    entry_point = re.search(r'^my_momentum = "(my_momentum:\w+)"$', section("Naming it"), re.MULTILINE)
    assert entry_point is not None
    (metadata / "entry_points.txt").write_text(f"[runbot.strategies]\n{name} = {entry_point.group(1)}\n")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's package, installed."""
    return package(tmp_path_factory.mktemp("site"), "my_momentum")


def python(site: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run python in a folder, with the package installed and no options from the environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOT_")}
    environment["PYTHONPATH"] = str(site)
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *args], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def runbot(site: Path, cwd: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run runbot from its checkout."""
    return python(site, cwd, str(ROOT / "runbot.py"), "--strategy", "my_momentum", *args)


def test_the_tutorial_builds_the_example() -> None:
    """The blocks of the tutorial, joined, are strategies/examples/momentum.py, byte for byte."""
    assert built() == EXAMPLE.read_text()


def test_the_package_holds_the_module_and_not_its_test() -> None:
    """The pyproject.toml of the tutorial names what is installed: left alone, setuptools refuses two modules."""
    block = re.search(r"```toml\n(.*?)```\n", section("Naming it"), re.DOTALL)
    assert block is not None
    told = tomllib.loads(block.group(1))
    assert told["tool"]["setuptools"] == {"py-modules": ["my_momentum"]}
    assert told["project"]["entry-points"]["runbot.strategies"] == {"my_momentum": "my_momentum:MomentumStrategy"}
    assert told["build-system"]["build-backend"] == "setuptools.build_meta"


def test_it_trades_with_its_own_option(site: Path, tmp_path: Path) -> None:
    """The package's strategy runs with its own flag, trades, and what it decided carries its words."""
    done = runbot(site, tmp_path, "--lookback-period", "40", "--speed", "max", "--duration", "1h", "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["strategy"], summary["stopped_because"]) == ("my_momentum", "the duration is over")
    assert summary["fills"] > 0
    assert "momentum over 40 bars: the first decision falls within 390 s" in done.stderr
    assert re.search(r"place_order +buy 0.001 BTC at market to open: the last bar was [0-9.]+ % above", done.stderr)
    assert (tmp_path / summary["journal"]).is_file()


def test_help_shows_its_option(site: Path, tmp_path: Path) -> None:
    """--help lists the strategy's own options with unit and default."""
    done = runbot(site, tmp_path, "--help")
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "--lookback-period NUMBER Period of the exponential average. [bars; default: 50]" in text
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


def test_a_name_that_stands_twice_refuses_to_start(tmp_path: Path) -> None:
    """A package that takes the name of a strategy that is here stops every run, in one line that names both."""
    (tmp_path / "site").mkdir()
    (tmp_path / "run").mkdir()
    done = runbot(package(tmp_path / "site", "momentum"), tmp_path / "run", "--speed", "max", "--duration", "1m")
    both = "(strategies.examples.momentum:MomentumStrategy and my_momentum:MomentumStrategy)"
    assert done.returncode == 2
    assert done.stderr == (
        f"runbot: strategy 'momentum' is registered twice {both}: "
        "uninstall one of the packages or rename its entry point\n"
    )


def test_the_tests_of_the_tutorial_pass(site: Path, tmp_path: Path) -> None:
    """The test file of the tutorial runs as it stands there."""
    found = re.search(r"`test_my_momentum.py`:\n\n```python\n(.*?)```\n", TUTORIAL, re.DOTALL)
    assert found is not None
    (tmp_path / "test_my_momentum.py").write_text(found.group(1))
    paths = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import pytest; sys.exit(pytest.main(['-q', '-p', 'no:xdist']))"
    )
    done = python(site, tmp_path, "-c", paths)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_the_shared_modules_are_there() -> None:
    """Every module that the tutorial recommends exists, and so does every file it names."""
    named = set(re.findall(r"`((?:strategies|helpers|tests)/[\w/]+\.py)`", TUTORIAL))
    assert len(named) > 10
    assert not [path for path in named if not (ROOT / path).is_file()]
