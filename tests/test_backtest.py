"""Whole backtests, from the command line to the files: the bot of a run, its figures, what it refuses."""

from __future__ import annotations

import asyncio
import html
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet
from worlds import TapeWriter, walk_tape

import runbot
from console.backtest import DEFAULT_DURATION_NS
from exchanges.factory import exchanges
from exchanges.paper import PaperClient
from helpers.enums import Side
from helpers.ledger import Ledger
from simulation.backtest.figures import Figures
from simulation.parquet_tape import write_parquet
from trading_bot import TradingBot

ROOT = Path(__file__).resolve().parents[1]
QUICK = ("--take-profit", "0.01", "--wait-time", "5")
"""A grid that trades often."""


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in a folder of its own, without options from the environment."""
    for name in [name for name in os.environ if name.startswith("RUNBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*args: str) -> Result:
    """Call runbot as a shell would."""
    return CliRunner().invoke(runbot.cli, args)


def backtest(*args: str) -> dict[str, Any]:
    """Backtest to the end and give the JSON line."""
    result = call("backtest", "--json", *args)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def run(*args: str) -> dict[str, Any]:
    """Run the same bot with `runbot run --speed max` and give its JSON line."""
    result = call("run", "--speed", "max", "--json", *args)
    assert result.exit_code == 0, result.stderr
    values: dict[str, Any] = json.loads(result.stdout)
    return values


def refused(*args: str) -> str:
    """Ask for what must be refused: exit code 2, one line, nothing left behind."""
    before = sorted(Path.cwd().rglob("*"))
    result = call("backtest", *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("runbot: ")
    assert result.stderr.count("\n") == 1
    assert sorted(Path.cwd().rglob("*")) == before
    return result.stderr


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Make packages look as if they were not installed."""
    find = importlib.util.find_spec

    def spec(name: str) -> object:
        return None if name in packages else find(name)

    monkeypatch.setattr(importlib.util, "find_spec", spec)


# -- the same bot -----------------------------------------------------------------------------------


SHARED = [
    "strategy", "exchange", "ticker", "seed", "steps", "decisions", "orders", "fills", "round_trips", "realised_pnl",
    "unrealised_pnl", "fees", "funding", "max_drawdown", "trace_hash", "stopped_because",
]  # fmt: skip


@pytest.mark.parametrize(
    "args",
    [
        ("--seed", "7", "--duration", "2h"),
        ("--seed", "8", "--ticker", "ETH", "--duration", "90m", "--on-stop", "close", "--deposit", "3000"),
        ("--exchange", "paper:a,paper:b", "--seed", "7", "--duration", "20m", *QUICK),
        ("--duration", "30m", "--maker-fee", "-0.01", "--order-latency", "2s", "--latency-jitter", "1s", *QUICK),
    ],
    ids=["btc", "eth", "two venues", "terms"],
)
def test_a_backtest_is_the_run_on_an_invented_market(args: tuple[str, ...]) -> None:
    """Decisions, orders, fills, money and trace are those of `run --speed max` with the same options."""
    one, other = backtest(*args, "--no-save"), run(*args)
    assert one["fills"] > 0
    assert {name: one[name] for name in SHARED} == {name: other[name] for name in SHARED}


def test_a_backtest_is_the_run_on_a_written_tape() -> None:
    """On a tape file, to its end, the trace is that of the run."""
    write_parquet(walk_tape(5, 6_000), Path("walk.parquet"))
    one, other = backtest("--tape", "walk.parquet", *QUICK), run("--tape", "walk.parquet", *QUICK)
    assert one["fills"] > 10
    assert one["stopped_because"] == "the recording is over"
    assert {name: one[name] for name in SHARED} == {name: other[name] for name in SHARED}
    assert one["events"] == 6_000


def test_a_backtest_is_the_run_on_a_recording(shared_data: Path) -> None:
    """On raw recorded ticks the trace is that of the run."""
    tape = str(shared_data / "ticks" / "binance_raw_20240808" / "usdm_btcusdt.txt.gz")
    one, other = backtest("--tape", tape, "--wait-time", "10"), run("--tape", tape, "--wait-time", "10")
    assert one["fills"] > 20
    assert {name: one[name] for name in SHARED} == {name: other[name] for name in SHARED}


def test_backtests_repeat() -> None:
    """The same seed gives the same result in every figure but those of the machine; another seed another one."""
    first, again = (backtest("--seed", "7", "--duration", "1h") for _ in range(2))
    own = {"session", "folder", "wall_s", "peak_rss_mb"}
    assert {k: v for k, v in first.items() if k not in own} == {k: v for k, v in again.items() if k not in own}
    assert backtest("--seed", "9", "--duration", "1h", "--no-save")["trace_hash"] != first["trace_hash"]


def test_looking_changes_nothing() -> None:
    """On a terminal, with a bar to draw, the trace is the same."""
    code = (
        "import sys, console.progress, runbot\n"
        "console.progress.PATIENCE_NS = 0\n"
        "runbot.cli.main(['backtest', '--seed', '7', '--duration', '1h', '--no-save'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"}
    theirs, ours = os.openpty()
    shown = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=ours, env=environment
    )
    os.close(ours)
    drawn = _all_of(theirs)
    table = shown.communicate()[0].decode()
    assert shown.returncode == 0
    assert "backtest 2026-01-01 00:" in drawn
    assert backtest("--seed", "7", "--duration", "1h", "--no-save")["trace_hash"] in table


def _all_of(terminal: int) -> str:
    drawn = b""
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            os.close(terminal)
            return drawn.decode()
        drawn += piece


# -- what it reports --------------------------------------------------------------------------------


def test_the_figures_fit_the_money() -> None:
    """Gross, fees and funding give net, and net is what the account gained, to the last digit."""
    values = backtest("--seed", "7", "--duration", "3h")
    money = {name: Decimal(values[name]) for name in ("gross_pnl", "net_pnl", "fees", "funding", "realised_pnl")}
    assert money["gross_pnl"] == money["realised_pnl"] + Decimal(values["unrealised_pnl"])
    assert money["net_pnl"] == money["gross_pnl"] - money["fees"] + money["funding"]
    assert Decimal(values["opening_equity"]) == 10_000
    assert Decimal(values["closing_equity"]) == 10_000 + money["net_pnl"]
    assert 0 < Decimal(values["equity_drawdown"]) < 100
    assert values["events"] > 10_000
    assert values["wall_s"] > 0
    assert values["peak_rss_mb"] > 10


def test_the_deposit_is_where_the_account_starts() -> None:
    """--deposit is the opening equity."""
    assert backtest("--deposit", "1234.5", "--duration", "10m", "--no-save")["opening_equity"] == "1234.5"


def test_fees_are_what_was_asked_for() -> None:
    """With --maker-fee 0.1 every maker fill costs a thousandth of its notional."""
    values = backtest("--maker-fee", "0.1", "--duration", "1h", *QUICK)
    assert values["maker_share"] == 1
    assert Decimal(values["fees"]) == Decimal(values["turnover"]) / 1000


def test_files_and_line_agree() -> None:
    """result.json is the line; orders, fills and equity on disk give its figures again."""
    values = backtest("--seed", "7", "--duration", "3h")
    folder = Path(values["folder"])
    assert folder == Path("runs") / values["session"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "equity.parquet",
        "fills.parquet",
        "orders.parquet",
        "result.json",
    ]
    assert json.loads((folder / "result.json").read_text()) == values
    orders, fills, equity = (
        parquet.read_table(folder / f"{name}.parquet").to_pylist() for name in ("orders", "fills", "equity")
    )
    assert (len(orders), len(fills)) == (values["orders"], values["fills"])
    ledger = Ledger()
    for fill in fills:
        ledger.apply_fill(Side(fill["side"]), Decimal(fill["price"]), Decimal(fill["quantity"]), Decimal(fill["fee"]))
    assert ledger.realised == Decimal(values["realised_pnl"])
    assert sum(Decimal(fill["price"]) * Decimal(fill["quantity"]) for fill in fills) == Decimal(values["turnover"])
    assert (equity[-1]["realised"], equity[-1]["fees"]) == (values["realised_pnl"], values["fees"])
    assert equity[-1]["funding"] == values["funding"]


def test_the_table_is_for_people() -> None:
    """Without --json the table ends the backtest, and no line of the run is shown."""
    result = call("backtest", "--seed", "7", "--duration", "30m")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Sharpe" in result.stdout
    assert "trace hash" in result.stdout
    assert "bought" not in result.stdout


def test_without_an_end_an_invented_market_is_traded_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """A synthetic backtest without --duration takes the default of 24 hours, which the help names."""
    assert DEFAULT_DURATION_NS == 24 * 3600 * 10**9
    assert "24 hours" in call("backtest", "--help").stdout
    monkeypatch.setattr("console.backtest.DEFAULT_DURATION_NS", 600 * 10**9)
    values = backtest("--no-save")
    assert values["end_ns"] - values["start_ns"] == pytest.approx(600e9, rel=0.01)


def test_a_duration_ends_a_tape_early() -> None:
    """With both a tape and a duration the earlier end counts."""
    write_parquet(walk_tape(5, 6_000), Path("walk.parquet"))
    values = backtest("--tape", "walk.parquet", "--duration", "5m", "--no-save")
    assert values["stopped_because"] == "the duration is over"
    assert values["events"] < 2_000


def test_the_pace_of_runs_does_not_matter() -> None:
    """A speed that stands in the environment or a file is for runs; a backtest goes as fast as it can."""
    Path("c.yaml").write_text("speed: 2\n")
    values = backtest("--config", "c.yaml", "--duration", "20m", "--no-save")
    assert values["wall_s"] < 60
    assert backtest("--speed", "max", "--duration", "20m", "--no-save")["trace_hash"] == values["trace_hash"]


# -- the page ---------------------------------------------------------------------------------------


def test_the_page_shows_the_figures_and_the_charts() -> None:
    """--report writes one page with the table's figures, the charts and the decisions."""
    values = backtest("--seed", "7", "--duration", "1h", "--report")
    page = (Path(values["folder"]) / "report.html").read_text("utf-8")
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", bare)).split())
    assert f"{values['session']} grid on paper, BTC, seed 7" in text
    assert "finished: the duration is over" in text
    assert f"Sharpe {values['sharpe']:,.2f} per year" in text
    assert f"fills {values['fills']}" in text
    assert "Latest decisions" in text
    assert "take profit 0.02 %" in text
    assert "None." not in text.split("Latest decisions")[1].split("Refused")[0]
    for name in ("mid price", "bought", "sold", "equity", "drawdown", "position"):
        assert f'"name":"{name}"' in page


# -- files or none ----------------------------------------------------------------------------------


def test_nothing_is_written_without_save() -> None:
    """With --no-save not even the folder of runs is made."""
    assert backtest("--duration", "5m", "--no-save")["folder"] == ""
    assert list(Path.cwd().iterdir()) == []


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say nothing of compilers, whatever this machine has."""
    monkeypatch.setattr("console.backtest.is_compiled", lambda: True)


def test_a_machine_without_a_compiler_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says that the search runs as plain Python, and how to mend it; --json stays one line."""
    monkeypatch.setattr("console.backtest.is_compiled", lambda: False)
    said = call("backtest", "--duration", "1m").stderr
    assert said.count("\n") == 1
    assert "runs uncompiled" in said
    assert "make install" in said
    assert call("backtest", "--duration", "1m", "--json").stderr == ""


def test_a_core_install_still_backtests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow the table and result.json are there, and one line says what Parquet needs."""
    without(monkeypatch, "pyarrow", "plotly")
    result = call("backtest", "--duration", "5m")
    assert result.exit_code == 0
    assert result.stderr == "no Parquet files without pyarrow: make install EXTRAS=research\n"
    (folder,) = Path("runs").iterdir()
    assert [path.name for path in folder.iterdir()] == ["result.json"]


def test_a_page_without_plotly_is_refused_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """--report without what draws it is one line at once."""
    without(monkeypatch, "plotly")
    assert refused("--report").endswith("--report needs plotly, which is not installed: make install EXTRAS=research\n")


def test_results_are_shown_even_if_they_cannot_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the end costs the files, not the figures; what was half written goes."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    result = call("backtest", "--json", "--duration", "5m")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["folder"] == ""
    assert "No space left on device" in result.stderr
    assert list(Path.cwd().iterdir()) == []


def test_a_bot_that_breaks_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks during the run is raised as it is in a run, and the folder goes."""

    async def broken(bot: TradingBot) -> int:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(TradingBot, "_step", broken)
    result = call("backtest", "--duration", "5m")
    assert isinstance(result.exception, ZeroDivisionError)
    assert list(Path.cwd().iterdir()) == []


def test_two_backtests_of_one_second_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another process takes the name first, the session gets another one."""
    monkeypatch.setattr("console.assembly.new_session_name", lambda *_: "same")
    names = [backtest("--duration", "5m")["session"] for _ in range(2)]
    assert names == ["same", "same-2"]
    assert sorted(path.name for path in Path("runs").iterdir()) == names


# -- stopping ---------------------------------------------------------------------------------------


def test_ctrl_c_ends_in_good_order_with_results(tmp_path: Path) -> None:
    """One Ctrl-C stops the bot and the figures so far are shown and saved."""
    command = [sys.executable, str(ROOT / "runbot.py"), "backtest", "--json", "--duration", "365d"]
    bot = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own
    _wait_for(lambda: any((tmp_path / "runs").glob("*")))
    asyncio.run(asyncio.sleep(0.5))  # noqa: TID251 - a real process needs real time
    bot.send_signal(signal.SIGINT)
    out, err = bot.communicate(timeout=30)
    assert bot.returncode == 0, err
    values = json.loads(out)
    assert values["stopped_because"] == "Ctrl-C"
    assert (tmp_path / values["folder"] / "result.json").is_file()


def _wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if condition():
            return
        asyncio.run(asyncio.sleep(0.05))  # noqa: TID251 - a real process needs real time
    raise TimeoutError


# -- bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--tape", "none.parquet"], "none.parquet"),
        (["--speed", "10"], "--speed is for runbot run"),
        (["--report", "--no-save"], "--no-save forbids files"),
        (["--duration", "0s"], "--duration '0s'"),
        (["--deposit", "-5"], "--deposit '-5': must be a number above 0"),
        (["--maker-fee", "lots"], "--maker-fee 'lots': must be a number"),
        (["--order-latency", "2h"], "--order-latency '2h'"),
        (["--quantity", "0.0015"], "trades in steps of 0.001: use 0.002"),
        (["--ticker", "BTCC"], "did you mean BTC?"),
        (["--exchange", "papr"], "did you mean paper?"),
        (["--stop-price", "50000"], "would stop at once"),
        (["--tikcer", "BTC"], "did you mean --ticker?"),
    ],
)
def test_what_cannot_be_backtested_is_one_line(args: list[str], words: str) -> None:
    """Bad input is refused in one line that names the value and the mend, and leaves nothing behind."""
    assert words in refused(*args)


def test_a_tape_of_one_instant_is_refused() -> None:
    """A recording in which no time passes is too short for any backtest."""
    write_parquet(TapeWriter().tape(), Path("instant.parquet"))
    assert "instant.parquet: the recording ends in the instant it begins" in refused("--tape", "instant.parquet")


def test_a_file_in_the_place_of_the_runs_folder_is_refused() -> None:
    """A runs folder that cannot be made is told before the run."""
    Path("taken").write_text("mine")
    assert "taken" in refused("--runs-dir", "taken")


class RealTimePaper(PaperClient):
    """The simulated venue as a live one."""

    is_simulated = False


def test_a_live_venue_cannot_be_backtested(monkeypatch: pytest.MonkeyPatch) -> None:
    """A backtest sends nothing to a real venue: it says what to use instead."""
    monkeypatch.setattr(exchanges, "load", lambda name: RealTimePaper)
    assert "a backtest cannot trade on paper: backtest on --exchange paper, or use runbot run" in refused()


@pytest.mark.parametrize("place", ["flag", "environment"])
def test_a_live_venue_has_terms_of_its_own(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """In a run the simulated venue's options are refused on a venue that is not simulated, wherever they stand."""
    monkeypatch.setattr(exchanges, "load", lambda name: RealTimePaper)
    if place == "environment":
        monkeypatch.setenv("RUNBOT_MAKER_FEE", "0.01")
    result = call("run", *(["--deposit", "5"] if place == "flag" else []))
    assert (result.exit_code, result.stdout) == (2, "")
    named = "--deposit" if place == "flag" else "--maker-fee (from environment)"
    assert result.stderr == f"runbot: {named} cannot be used on paper: it is for simulated fills: add --paper\n"
    assert list(Path.cwd().iterdir()) == []


def test_every_figure_is_in_the_line() -> None:
    """The line has every field of the figures."""
    assert set(Figures.__struct_fields__) <= set(backtest("--duration", "1m", "--no-save"))
