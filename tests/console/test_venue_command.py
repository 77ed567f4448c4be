"""`runbot venue`: what it prints, what it writes, and that it serves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cli_runner import CommandLine

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line in an empty folder."""
    return CommandLine(tmp_path, monkeypatch)


@pytest.mark.parametrize("name", ["extended", "lighter", "paradex"])
def test_it_prints_the_lines_a_bot_needs(cli: CommandLine, name: str) -> None:
    """The .env lines stand on the screen and in a file that only its owner can read; one seed, one set of keys."""
    first = cli("venue", name, "--port", "0", "--duration", "1ms", "--seed", "3", "--write-env", "sim.env")
    assert first.exit_code == 0, first.output
    lines = [line for line in first.stdout.splitlines() if not line.startswith("#")]
    assert lines
    assert all(line.startswith(f"{name.upper()}_") and "=" in line for line in lines)
    file = cli.folder / "sim.env"
    assert file.read_text().splitlines() == lines
    assert file.stat().st_mode & 0o777 == 0o600

    def keys(text: str) -> list[str]:
        return [line for line in text.splitlines() if "127.0.0.1" not in line]

    again = cli("venue", name, "--port", "0", "--duration", "1ms", "--seed", "3")
    other = cli("venue", name, "--port", "0", "--duration", "1ms", "--seed", "4")
    assert keys(again.stdout) == keys(first.stdout)[: len(keys(again.stdout))]
    assert keys(other.stdout) != keys(again.stdout)


def test_an_open_file_is_closed_to_others_before_keys_are_in_it(cli: CommandLine) -> None:
    """A file that others could read is made private when it is written anew."""
    file = cli.folder / "sim.env"
    file.write_text("old")
    file.chmod(0o644)
    assert cli("venue", "lighter", "--port", "0", "--duration", "1ms", "--write-env", "sim.env").exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert "old" not in file.read_text()


def test_a_taken_port_is_refused(cli: CommandLine) -> None:
    """A port in use is one line with the mend."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "choose another --port" in cli.refusal("venue", "lighter", "--port", str(port))


def test_an_unknown_venue_names_the_nearest(cli: CommandLine) -> None:
    """A misspelt name is refused with the right one."""
    assert "did you mean lighter?" in cli.refusal("venue", "lihgter")


def test_ctrl_c_ends_it_in_good_order() -> None:
    """A started simulator listens, and leaves with exit code 0 and no traceback on an interrupt."""
    command = [sys.executable, str(ROOT / "runbot.py"), "venue", "extended", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        assert "simulator on 127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
