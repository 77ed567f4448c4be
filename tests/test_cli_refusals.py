"""Bad input: one line on stderr, exit code 2, nothing done, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_runner import CommandLine

import runbot

ROOT = Path(runbot.__file__).resolve().parent
KEY = "0x" + "5ec2e7" * 11


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line whose bot only notes what it was given."""
    line = CommandLine(tmp_path, monkeypatch)
    line.catch_hand_over()
    return line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--strategy grdi", "unknown strategy 'grdi': did you mean grid? known: avellaneda_stoikov, chaser, "),
        ("--exchange papr", "unknown exchange 'papr': did you mean paper? known: extended, lighter, paper, paradex"),
        ("--exchange paper,paper", "--exchange: 'paper,paper' calls two venues 'paper'"),
        ("--tickr BTC", "unknown option '--tickr': did you mean --ticker?"),
        ("--lookback-period 5", "unknown option '--lookback-period'"),
        ("--strategy chaser --lookback 5", "unknown option '--lookback': did you mean --lookback-period?"),
        ("--zzz", "unknown option '--zzz': --help lists what there is"),
        ("-x", "unknown option '-x': --help lists what there is"),
        ("--ticker", "option '--ticker' requires an argument"),
        ("--strategy", "option '--strategy' requires an argument"),
        ("--json=yes", "option '--json' does not take a value"),
        ("--ticker BTC ETH", "got unexpected extra argument (ETH)"),
        ("strategys", "unknown command 'strategys': did you mean strategies? known: run, backtest, config,"),
        ("--quantity -1", "--quantity '-1': must be a number above 0"),
        ("--quantity 0", "--quantity '0': must be a number above 0"),
        ("--quantity 1e400", "--quantity '1e400': must be a number above 0 and at most 1000000000000000"),
        ("--quantity nan", "--quantity 'nan': must be a number above 0"),
        ("--quantity inf", "--quantity 'inf': must be a number above 0"),
        ("--quantity ten", "--quantity 'ten': must be a number above 0"),
        ("--seed -1", "--seed '-1': must be a whole number at least 0"),
        ("--max-leverage 0", "--max-leverage '0': must be a number above 0 (x), or off"),
        ("--max-order-notional 1e400", "--max-order-notional '1e400': is no figure of any market"),
        ("--strategy chaser --lookback-period 1", "--lookback-period '1': must be a whole number at least 2 and"),
        ("--strategy chaser --threshold -0.1", "--threshold '-0.1': must be a number above 0 (%)"),
        ("--strategy chaser --cooldown soon", "--cooldown: 'soon' is no duration: write 90s, 10m, 24h, 7d or 1h30m"),
        ("--duration 5x", "--duration: '5x' is no duration: write 90s, 10m, 24h, 7d or 1h30m"),
        ("--duration -5m", "--duration: '-5m' is no duration"),
        ("--duration 0s", "--duration '0s': must be a duration"),
        ("--speed 0", "--speed: '0' is no speed: write a number above 0, or max"),
        ("--speed -1", "--speed: '-1' is no speed"),
        ("--speed fast", "--speed: 'fast' is no speed"),
        ("--on-stop explode", "--on-stop 'explode': must be one of cancel, keep, close"),
        ("--log-level loud", "--log-level 'loud': must be one of debug, info, warning, error"),
        ("--config missing.yaml", "--config 'missing.yaml': there is no such file"),
        ("--env-file missing.env", "--env-file 'missing.env': there is no such file"),
        (f"--quantity {KEY}", "--quantity '***': must be a number"),
        ("config --seed x", "--seed 'x': must be a whole number"),
        ("config --zzz", "unknown option '--zzz'"),
        ("sessions --zzz", "unknown option '--zzz'"),
        ("report", "missing argument 'SESSION'"),
        ("tape", "missing command (known: import, info, synth)"),
        ("tape impotr", "no such command 'impotr'"),
        ("tape synth", "missing option '-o' / '--output'"),
        ("--help --strategy grdi", "unknown strategy 'grdi': did you mean grid?"),
    ],
)
def test_bad_lines_are_refused(cli: CommandLine, line: str, expected: str) -> None:
    """Every mistake is one line on stderr with exit code 2; the bot never hears of it."""
    assert cli.refusal(*line.split()).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed: -1", "seed '-1' (from c.yaml, line 1): must be a whole number at least 0"),
        ("sed: 1", "unknown option 'sed' (from c.yaml, line 1): did you mean seed?"),
        ("lookback_period: 5", "unknown option 'lookback_period' (from c.yaml, line 1)"),
        ("seed: [1", "c.yaml line 1 is no YAML"),
        ("- seed", "c.yaml holds no options"),
        ("strategy: grdi", "unknown strategy 'grdi'"),
        ("threshold: .nan\nstrategy: chaser", "threshold '.nan' (from c.yaml, line 1): must be a number above 0 (%)"),
    ],
)
def test_bad_config_files_are_refused(cli: CommandLine, text: str, expected: str) -> None:
    """A corrupt file, an unknown key or a wrong value is one line, with the file and the line in it."""
    (cli.folder / "c.yaml").write_text(text)
    assert cli.refusal("--config", "c.yaml").startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUNBOT_SPEED=fast", "RUNBOT_SPEED (from .env): 'fast' is no speed"),
        ("RUNBOT_SPED=1", "unknown option 'RUNBOT_SPED' (from .env): did you mean RUNBOT_SPEED?"),
        ("RUNBOT_SPEED 1", ".env line 1 cannot be read: write NAME=value"),
    ],
)
def test_bad_env_files_are_refused(cli: CommandLine, text: str, expected: str) -> None:
    """A wrong .env file is one line, and its own lines are never shown."""
    (cli.folder / ".env").write_text(f"{text}\nLIGHTER_KEY={KEY}\n")
    line = cli.refusal()
    assert line.startswith(expected)
    assert KEY not in line


def test_bad_variables_are_refused(cli: CommandLine) -> None:
    """A wrong or unknown variable of the process is named as such."""
    assert cli.refusal(RUNBOT_DURATION="5x").startswith("RUNBOT_DURATION (from the environment): '5x' is no duration")
    assert cli.refusal(RUNBOT_TIKCER="BTC").startswith("unknown option 'RUNBOT_TIKCER' (from the environment)")


def test_odd_characters_stay_on_one_line(cli: CommandLine) -> None:
    """Line breaks and terminal escapes in an argument cannot forge output."""
    for args in (("--ticker", "A\nB"), ("--strategy", "a\x1b[2Jb"), ("a\nb",), ("--a\nb",), ("--ticker", "A", "b\nc")):
        assert "\x1b" not in cli.refusal(*args)
