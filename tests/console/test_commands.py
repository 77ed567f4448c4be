"""Commands that tell."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from cli_runner import CommandLine

from exchanges.factory import exchanges
from helpers.errors import AuthError
from helpers.journal import Journal, SessionInfo
from helpers.option_table import option_table
from helpers.paper_options import PaperOptions
from helpers.params import Params
from helpers.risk_limits import RiskLimits
from helpers.run_options import RunOptions
from strategies.factory import strategies

START_NS = 1_767_225_600_000_000_000  # 2026-01-01T00:00:00Z
SUMMARY = {"realised_pnl": "12.50", "unrealised_pnl": "-2.25", "fees": "0.75", "funding": "0.10"}


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A command line in an empty folder."""
    return CommandLine(tmp_path, monkeypatch)


def session(folder: Path, name: str, ticker: str = "BTC") -> Journal:
    """Begin a session."""
    return Journal.create(
        folder,
        SessionInfo(
            session=name,
            strategy="grid",
            exchange="paper",
            account_id="paper-1",
            ticker=ticker,
            seed=1,
            started_ns=START_NS,
        ),
    )


def words(text: str) -> str:
    """Put a table's words one space apart."""
    return " ".join(text.split())


# -- config -----------------------------------------------------------------------------------------


def test_config_shows_values_units_and_sources(cli: CommandLine) -> None:
    """Each option stands on one line with its unit and the place that decided it."""
    (cli.folder / "c.yaml").write_text("max_leverage: 3\n")
    (cli.folder / ".env").write_text("RUNBOT_THRESHOLD=0.10\nSOME_KEY=abcdef\n")
    result = cli("config", "--strategy", "chaser", "--config", "c.yaml", "--quantity", "1e-2", RUNBOT_SEED="4")
    lines = [words(line) for line in result.stdout.splitlines()]
    for line in (
        "quantity 0.01 base units flag",
        "seed 4 environment",
        "threshold 0.1 % .env",
        "max_leverage 3 x c.yaml",
        "ticker BTC default",
        "Strategy: chaser",
    ):
        assert line in lines
    assert "abcdef" not in result.output


def test_config_as_json_holds_every_option(cli: CommandLine) -> None:
    """--json prints one object on one line, with all options of run, risk and strategy."""
    result = cli("config", "--strategy", "chaser", "--json", "--cooldown", "90s")
    assert result.stdout.count("\n") == 1
    shown = json.loads(result.stdout)
    models: dict[str, type[Params]] = {
        "Run": RunOptions,
        "Risk": RiskLimits,
        "Simulated venue": PaperOptions,
        "S": strategies.load("chaser").params_model,
    }
    assert list(shown) == list(option_table(models))
    assert shown["cooldown"] == {"value": "1m30s", "unit": "", "source": "flag"}
    assert shown["lookback_period"] == {"value": "20", "unit": "bars", "source": "default"}


# -- strategies ---------------------------------------------------------------------------------------


def test_strategies_are_listed_with_their_idea(cli: CommandLine) -> None:
    """One line a strategy: its name and the first sentence of its class."""
    result = cli("strategies")
    assert "chaser Buys what rises." in words(result.stdout)
    assert "grid" in result.stdout
    assert "for those who read on" not in result.stdout
    assert "--lookback-period" not in result.stdout


def test_one_strategy_shows_its_parameters(cli: CommandLine) -> None:
    """A name, or --verbose, adds the parameters with defaults and units."""
    one = words(cli("strategies", "chaser").stdout)
    assert "chaser: Buys what rises." in one
    assert "--lookback-period 20 bars Bars to look back." in one
    assert "--take-profit" not in one
    everything = words(cli("strategies", "--verbose").stdout)
    assert "--lookback-period" in everything
    assert "grid:" in everything


def test_an_unknown_strategy_is_refused(cli: CommandLine) -> None:
    """The known names and the nearest are told."""
    assert cli.refusal("strategies", "chasr").startswith("unknown strategy 'chasr': did you mean chaser?")


def test_a_broken_strategy_does_not_hide_the_others(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that cannot be imported is listed with the reason."""
    monkeypatch.setitem(strategies._table, "broken", "no_such_module:Broken")
    result = cli("strategies")
    assert result.exit_code == 0
    assert "No module named 'no_such_module'" in words(result.stdout)
    assert "Buys what rises." in result.stdout


def test_tables_fit_a_terminal(cli: CommandLine) -> None:
    """On a terminal tables keep to its width; elsewhere they are wide, so that a row stays a line."""
    narrow = cli("strategies", "chaser", TTY_COMPATIBLE="1", COLUMNS="60", NO_COLOR="1", TERM="dumb").stdout
    assert max(map(len, click.unstyle(narrow).splitlines())) <= 60
    (row,) = [line for line in cli("strategies").stdout.splitlines() if line.split()[:1] == ["grid"]]
    assert len(row.split()) > 10


# -- exchanges ----------------------------------------------------------------------------------------


def test_exchanges_are_listed_with_what_they_can(cli: CommandLine) -> None:
    """The default is marked, and abilities come from the client itself."""
    line = next(words(line) for line in cli("exchanges").stdout.splitlines() if "paper" in line)
    assert line.startswith("paper (default) ")
    for ability in ("amend", "post only", "reduce only"):
        assert ability in line


def test_an_exchange_that_wants_keys_is_listed_all_the_same(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that refuses to be built says why in its line."""

    class Locked:
        def __init__(self, context: object) -> None:
            raise AuthError("set LOCKED_API_KEY first")

    monkeypatch.setattr(exchanges, "load", lambda name: Locked)
    result = cli("exchanges")
    assert result.exit_code == 0
    assert "set LOCKED_API_KEY first" in result.stdout


def test_an_exchange_without_extras_is_described(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ability is not an empty cell."""

    class Plain:
        capabilities: frozenset[object] = frozenset()

        def __init__(self, context: object) -> None:
            """Take anything."""

    monkeypatch.setattr(exchanges, "load", lambda name: Plain)
    assert "nothing beyond the basics" in cli("exchanges").stdout


# -- sessions -----------------------------------------------------------------------------------------


def test_no_sessions_is_said_so(cli: CommandLine) -> None:
    """An empty or missing folder is no error."""
    assert cli("sessions").stdout == "there are no sessions in runs\n"
    assert not cli("sessions", "--json").stdout


def test_sessions_show_status_and_result(cli: CommandLine) -> None:
    """Finished, killed and unreadable runs each have their line; an unknown result is not zero."""
    runs = cli.folder / "runs"
    session(runs, "one").close(START_NS + 1, "finished", SUMMARY)
    session(runs, "two", ticker="ETH").abandon()
    (runs / "three").mkdir()
    (runs / "three" / "journal.sqlite").write_text("scribble")
    lines = {words(line).split()[0]: words(line) for line in cli("sessions").stdout.splitlines() if line.strip()}
    assert lines["one"] == "one grid paper BTC 2026-01-01 00:00:00 finished +9.6000"
    assert lines["two"] == "two grid paper ETH 2026-01-01 00:00:00 interrupted unknown"
    assert lines["three"].endswith("unreadable unknown")


def test_sessions_as_json_are_one_line_each(cli: CommandLine) -> None:
    """Programs get the same columns, from the folder they name."""
    session(cli.folder / "other", "one").close(START_NS + 1, "finished", SUMMARY)
    (line,) = cli("sessions", "--json", "--runs-dir", "other").stdout.splitlines()
    assert json.loads(line) == {
        "session": "one",
        "strategy": "grid",
        "exchange": "paper",
        "ticker": "BTC",
        "started": "2026-01-01 00:00:00",
        "status": "finished",
        "net_pnl": "9.6",
    }


def test_a_session_on_spot_has_a_result(cli: CommandLine) -> None:
    """There the summary says of funding that there is none: the others add up."""
    session(cli.folder / "runs", "one").close(START_NS + 1, "finished", {**SUMMARY, "funding": None})
    assert json.loads(cli("sessions", "--json").stdout)["net_pnl"] == "9.5"


@pytest.mark.parametrize("summary", [None, {}, {**SUMMARY, "fees": None}, {**SUMMARY, "fees": "much"}])
def test_an_incomplete_summary_has_no_result(cli: CommandLine, summary: dict[str, str | None] | None) -> None:
    """A figure that is missing or unreadable makes the result unknown, never wrong."""
    session(cli.folder / "runs", "one").close(START_NS + 1, "finished", summary)
    assert words(cli("sessions").stdout).endswith("finished unknown")
    assert json.loads(cli("sessions", "--json").stdout)["net_pnl"] is None


# -- report -------------------------------------------------------------------------------------------


def test_report_writes_one_page(cli: CommandLine) -> None:
    """The page lands in the session's folder, or where it was asked for, and its path is printed."""
    session(cli.folder / "runs", "one").close(START_NS + 1, "finished", SUMMARY)
    result = cli("report", "last")
    page = Path(result.stdout.strip())
    assert page.parent == Path("runs/one")
    assert "<html" in page.read_text()
    assert cli("report", "one", "-o", "mine.html").stdout == "mine.html\n"
    assert "<html" in Path("mine.html").read_text()


def test_an_unknown_session_is_refused(cli: CommandLine) -> None:
    """The nearest name is told."""
    assert cli.refusal("report", "one").startswith("there are no sessions in runs")
    session(cli.folder / "runs", "one").close(START_NS + 1, "finished", SUMMARY)
    assert cli.refusal("report", "onne").startswith("there is no session 'onne'")
