"""The command line as a person meets it."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from cli_runner import ChaserParams, CommandLine
from click.shell_completion import ShellComplete

import runbot
from console.choice import Surroundings
from helpers.errors import RunbotError, UserError
from helpers.run_options import RunOptions

ROOT = Path(runbot.__file__).resolve().parent
KEY = "0x" + "5ec2e7" * 11


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line whose bot only notes what it was given."""
    line = CommandLine(tmp_path, monkeypatch)
    line.catch_hand_over()
    return line


# -- a run ------------------------------------------------------------------------------------------


def test_no_command_means_run(cli: CommandLine) -> None:
    """`runbot` alone, with flags, and `runbot run` hand the same configuration to the bot."""
    for args in ((), ("--strategy", "grid", "--exchange", "paper", "--ticker", "BTC"), ("run",)):
        assert cli(*args).exit_code == 0
    first, second, third = cli.handed_over
    assert first.run == second.run == third.run == RunOptions()
    assert first.params == second.params == third.params


def test_flags_reach_the_bot_typed(cli: CommandLine) -> None:
    """Run, risk and strategy flags arrive as values, and their sources as flags."""
    line = "--strategy chaser --lookback-period 50 --no-both-ways --quantity=0.25 --speed max --max-leverage off"
    result = cli(*line.split(), "--tape", "a.csv", "--tape", "b.csv", "--json")
    assert result.exit_code == 0
    (config,) = cli.handed_over
    assert config.params == ChaserParams(lookback_period=50, both_ways=False)
    assert (config.run.quantity, config.run.speed, config.risk.max_leverage) == (Decimal("0.25"), None, None)
    assert (config.run.tape, config.run.json_output) == ((Path("a.csv"), Path("b.csv")), True)
    assert str(config.sources["lookback_period"]) == "flag"
    assert str(config.sources["threshold"]) == "default"


def test_the_process_environment_is_read(cli: CommandLine) -> None:
    """RUNBOT_* variables count, and keys reach the configuration."""
    (cli.folder / ".env").write_text("RUNBOT_THRESHOLD=0.1\n")
    assert cli("--seed", "7", RUNBOT_STRATEGY="chaser", LIGHTER_KEY=KEY).exit_code == 0
    (config,) = cli.handed_over
    assert config.params == ChaserParams(threshold=Decimal("0.1"))
    assert config.environment["LIGHTER_KEY"] == KEY


@pytest.mark.parametrize("place", ["flag", "equals", "environment", ".env", "file"])
def test_options_follow_the_strategy_wherever_it_is_named(cli: CommandLine, place: str) -> None:
    """A strategy's flags are known whether a flag, a variable, .env or the file chose the strategy."""
    (cli.folder / "c.yaml").write_text("strategy: chaser\n")
    (cli.folder / "a.env").write_text("RUNBOT_STRATEGY=chaser\n")
    named = {
        "flag": ("--strategy", "chaser"),
        "equals": ("--strategy=chaser",),
        ".env": ("--env-file", "a.env"),
        "file": ("--config", "c.yaml"),
    }
    environment = {"RUNBOT_STRATEGY": "chaser"} if place == "environment" else {}
    result = cli("--lookback-period", "9", *named.get(place, ()), **environment)
    assert (result.exit_code, result.stderr) == (0, "")
    assert cli.handed_over[0].params == ChaserParams(lookback_period=9)


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_exit_code_is_the_bots(cli: CommandLine, code: int) -> None:
    """What the bot returns is what the shell gets."""
    cli.bot = lambda: code
    assert cli().exit_code == code


def test_errors_of_a_run_are_one_line(cli: CommandLine) -> None:
    """Bad input ends with 2, any other error of ours with 1; secrets beside telling words are masked."""

    def fail(error: Exception) -> int:
        raise error

    cli.bot = lambda: fail(UserError("quantity 0.5\nis off the step", f"key={KEY}"))
    result = cli()
    assert (result.exit_code, result.stderr) == (2, "runbot: quantity 0.5 is off the step: key=***\n")
    cli.bot = lambda: fail(RunbotError("the journal is full"))
    result = cli()
    assert (result.exit_code, result.stderr) == (1, "runbot: the journal is full\n")


def test_an_interrupt_ends_with_130(cli: CommandLine) -> None:
    """Ctrl-C that nobody caught is no error text."""

    def interrupted() -> int:
        raise KeyboardInterrupt

    cli.bot = interrupted
    result = cli()
    assert result.exit_code == 130
    assert not result.output.strip()


@pytest.mark.parametrize("bug", [ZeroDivisionError("bug"), EOFError("bug")])
def test_a_bug_is_not_hidden(cli: CommandLine, bug: Exception) -> None:
    """An exception that nobody expected keeps its traceback and ends with 1."""

    def broken() -> int:
        raise bug

    cli.bot = broken
    result = cli()
    assert result.exit_code == 1
    assert not isinstance(result.exception, SystemExit)
    assert bug in {result.exception, getattr(result.exception, "__cause__", None)}


# -- help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_shows_commands_and_options(cli: CommandLine, flag: str) -> None:
    """`runbot --help` names every command and every option of a run with the default strategy."""
    result = cli(flag)
    assert (result.exit_code, result.stderr) == (0, "")
    for word in ("Commands:", "strategies", "tape", "Run:", "--quantity", "Risk:", "--max-leverage", "Strategy: grid"):
        assert word in result.stdout
    assert not cli.handed_over


def test_help_follows_the_strategy(cli: CommandLine) -> None:
    """Units, defaults and texts of any registered strategy appear without any other change."""
    for line in ("--strategy chaser --help", "--help --strategy chaser", "run --strategy chaser -h"):
        text = " ".join(cli(*line.split()).stdout.split())
        assert "Strategy: chaser" in text
        assert "--lookback-period NUMBER Bars to look back. [bars; default: 20]" in text
        assert "--cooldown DURATION Pause after a trade. [default: 5m]" in text
        assert "--both-ways / --no-both-ways Sell short too. [default: yes]" in text
        assert "RUNBOT_NAME" in text


def test_help_survives_broken_files(cli: CommandLine) -> None:
    """Asking for help works although the .env file is what needs mending."""
    (cli.folder / ".env").write_text("RUNBOT_STRATEGY\n")
    assert "Strategy: grid" in cli("run", "--help").stdout
    assert "Strategy: grid" in cli("--help").stdout


def test_version(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """--version says which, and does not fail in a checkout that was never installed."""
    assert cli("--version").stdout.startswith("runbot ")

    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(runbot, "version", missing)
    assert cli("--version").stdout == "runbot (not installed)\n"


# -- the process ----------------------------------------------------------------------------------


def python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, as a shell would."""
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_script_is_the_same_program(tmp_path: Path) -> None:
    """`python runbot.py` ends with the same line and code as the installed command."""
    command = [sys.executable, str(ROOT / "runbot.py"), "--quantity", "-1"]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("runbot: --quantity '-1': must be a number")
    assert not list(tmp_path.iterdir())


def test_help_and_mistakes_load_nothing_heavy(tmp_path: Path) -> None:
    """No network, drawing or data package is imported before a run begins: help answers at once."""
    code = (
        "import sys, runbot\n"
        "try: runbot.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'aiohttp', 'websockets', 'tenacity', 'pyarrow', 'plotly', 'numpy', 'sqlite3'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = python(code, tmp_path)
    assert "Usage: runbot" in done.stdout
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("args", [["--help"], []])
def test_a_closed_pipe_is_quiet(tmp_path: Path, args: list[str]) -> None:
    """`runbot ... | head` leaves no complaint behind when the reader has gone, whoever prints."""
    code = (
        "import os, sys, types, runbot\n"
        "sys.modules['console.run'] = types.ModuleType('console.run')\n"
        "sys.modules['console.run'].run = lambda config: print('{}') or 0\n"
        "reading, writing = os.pipe()\n"
        "os.close(reading)\n"
        "os.dup2(writing, 1)\n"
        f"runbot.cli.main({args})\n"
    )
    done = python(code, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_entry_point_takes_the_process_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed command calls main(), which reads sys.argv and ends the process."""
    monkeypatch.setattr(sys, "argv", ["runbot", "--version"])
    with pytest.raises(SystemExit) as caught:
        runbot.main()
    assert caught.value.code == 0


@pytest.mark.parametrize(
    ("before", "typed", "offered"),
    [
        ([], "s", {"strategies", "sessions"}),
        (["tape"], "", {"import", "info", "synth"}),
        (["run"], "--tick", {"--ticker"}),
        (["run", "--strategy", "chaser"], "--look", {"--lookback-period"}),
        (["nosuch"], "s", {"strategies", "sessions"}),
    ],
)
def test_shells_can_complete(cli: CommandLine, before: list[str], typed: str, offered: set[str]) -> None:
    """Completion offers commands, and the options of the chosen strategy."""
    complete = ShellComplete(runbot.cli, {"obj": Surroundings({}, cli.folder)}, "runbot", "_RUNBOT_COMPLETE")
    assert {item.value for item in complete.get_completions(before, typed)} == offered
