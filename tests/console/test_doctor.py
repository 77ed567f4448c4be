"""`runbot doctor`: each step's line, what it means for the exit code, and nothing secret on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_runner import CommandLine
from sample_venue import Look, SampleVenue, fails, says

from exchanges.checkup import CheckupStep
from exchanges.factory import exchanges
from helpers.errors import AuthError, ConnectivityError, UserError, VenueRejected


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line on which every venue is the sample venue."""
    monkeypatch.setattr(exchanges, "load", lambda _: SampleVenue)
    monkeypatch.setattr(SampleVenue, "steps", [])
    monkeypatch.setattr(SampleVenue, "asked", [])
    monkeypatch.setattr(SampleVenue, "disconnected", [])
    return CommandLine(tmp_path, monkeypatch)


def look_at(*steps: tuple[str, Look, bool]) -> None:
    """Let the venue's checkup have these steps."""
    SampleVenue.steps = [CheckupStep(name, look, needed) for name, look, needed in steps]


def test_all_well_is_one_line_a_step_and_exit_0(cli: CommandLine) -> None:
    """Every step shows its state, name and line, in order; the client is closed afterwards."""
    look_at(("keys", says("3 of 3"), True), ("clock", says("12 ms ahead"), False))
    result = cli("doctor", "--exchange", "sample", "--ticker", "eth")
    assert result.exit_code == 0
    assert [line.split(maxsplit=2) for line in result.stdout.splitlines()] == [
        ["ok", "keys", "3 of 3"],
        ["ok", "clock", "12 ms ahead"],
    ]
    assert (SampleVenue.asked, SampleVenue.disconnected) == (["ETH"], [True])


@pytest.mark.parametrize(
    "error", [UserError("A_KEY is not set", "add it"), AuthError("no such key"), VenueRejected("7", "no")]
)
def test_what_a_person_can_mend_is_exit_2(cli: CommandLine, error: Exception) -> None:
    """A wrong key or a refusal shows what is wrong, and the steps that do not depend on it are still taken."""
    look_at(("keys", fails(error), False), ("clock", says("right"), False))
    result = cli("doctor", "--exchange", "sample")
    assert result.exit_code == 2
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["wrong", "ok"]
    assert str(error) in result.stdout


def test_a_venue_that_does_not_answer_is_exit_1(cli: CommandLine) -> None:
    """Trouble of the network is no mistake of the person."""
    look_at(("reach", fails(ConnectivityError("no response in 10 s")), True), ("account", says("fine"), False))
    result = cli("doctor", "--exchange", "sample")
    assert result.exit_code == 1
    assert [line.split(maxsplit=1) for line in result.stdout.splitlines()] == [
        ["failed", "reach            sample cannot be reached (no response in 10 s): look at the network"],
        ["skipped", "account          needs reach"],
    ]


def test_json_is_one_object_a_step(cli: CommandLine) -> None:
    """With --json a program can read every finding."""
    look_at(("keys", says("there"), True))
    result = cli("doctor", "--exchange", "sample", "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"step": "keys", "state": "ok", "text": "there"}
    ]


def test_a_secret_in_an_error_is_masked(cli: CommandLine) -> None:
    """Even if a step's error text holds something like a key, the screen does not."""
    key = "a3" * 40
    look_at(("keys", fails(ConnectivityError(f"bad key {key} at venue")), True))
    result = cli("doctor", "--exchange", "sample")
    assert key not in result.output


def test_a_ticker_that_is_none_is_refused(cli: CommandLine) -> None:
    """A malformed ticker is one line and exit code 2, before anything is looked at."""
    assert cli.refusal("doctor", "--exchange", "sample", "--ticker", "B TC").startswith("--ticker 'B TC'")
    assert SampleVenue.asked == []


def test_a_venue_in_the_process_has_nothing_to_look_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paper needs no keys and no network, and says so."""
    cli = CommandLine(tmp_path, monkeypatch)
    assert "needs no keys and no network" in cli.refusal("doctor", "--exchange", "paper")
