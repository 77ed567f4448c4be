"""Whole runs, from the command line to the last line of JSON."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import runbot
from exchanges.factory import exchanges
from exchanges.paper import PaperClient
from helpers.journal_reader import JournalReader
from helpers.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
FIELDS = [
    "session", "strategy", "exchange", "ticker", "seed", "steps", "decisions", "orders", "fills", "round_trips",
    "realised_pnl", "unrealised_pnl", "fees", "funding", "max_drawdown", "trace_hash", "journal", "stopped_because",
]  # fmt: skip


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run every test in a folder of its own, without options from the environment."""
    for name in [name for name in os.environ if name.startswith("RUNBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args: str) -> dict[str, Any]:
    """Run to the end as fast as it goes and give the last line's JSON."""
    result = CliRunner().invoke(runbot.cli, ["--speed", "max", "--json", *args])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") == 1
    summary: dict[str, Any] = json.loads(result.stdout)
    return summary


def refused(*args: str) -> str:
    """Run what must be refused: exit code 2, one line, nothing left behind."""
    before = sorted(Path.cwd().rglob("*"))
    result = CliRunner().invoke(runbot.cli, ["--speed", "max", "--duration", "1m", *args])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert sorted(Path.cwd().rglob("*")) == before
    return result.stderr


def started(*args: str, **options: Any) -> subprocess.Popen[str]:
    """Start a run as a process of its own."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(ROOT / "runbot.py"), *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


# -- what a run reports ---------------------------------------------------------------------------


def test_a_run_reports_every_figure() -> None:
    """The JSON line has exactly the promised fields, in order, and money as exact text."""
    summary = run("--duration", "1h", "--seed", "7")
    assert list(summary) == FIELDS
    assert (summary["strategy"], summary["exchange"], summary["ticker"], summary["seed"]) == ("grid", "paper", "BTC", 7)
    assert summary["fills"] > 50
    assert summary["round_trips"] > 20
    assert summary["stopped_because"] == "the duration is over"


def test_the_journal_gives_the_summary_again() -> None:
    """PnL recomputed from fills and funding equals the summary, and every equity point is deposit plus PnL, exactly."""
    summary = run("--duration", "3h", "--seed", "8")
    with JournalReader(Path(summary["journal"])) as journal:
        ledger, fills, funding = Ledger(), journal.fills(), journal.funding()
        last = journal.equity()[-1]
        assert {(point.equity or 0) - point.pnl.net for point in journal.equity()} == {Decimal(10_000)}
        assert journal.session().status == "finished"
        assert dict(journal.summary() or {})["trace_hash"] == summary["trace_hash"]
    for fill in fills:
        ledger.apply_fill(fill.side, fill.price, fill.quantity, fill.fee)
    for payment in funding:
        ledger.apply_funding(payment.amount)
    assert last.mid is not None
    assert funding
    assert len(fills) == summary["fills"]
    assert ledger.realised == Decimal(summary["realised_pnl"])
    assert ledger.unrealised(last.mid) == Decimal(summary["unrealised_pnl"])
    assert ledger.fees == Decimal(summary["fees"])
    assert ledger.funding == Decimal(summary["funding"])


def test_runs_repeat() -> None:
    """The same seed gives the same trace, another seed another one."""
    first, again, other = (run("--duration", "1h", "--seed", seed)["trace_hash"] for seed in ("7", "7", "8"))
    assert first == again != other


def test_looking_changes_nothing() -> None:
    """The pace, and thus how often the bot is looked at, does not change what it does."""
    fast = run("--duration", "5m", "--seed", "7")
    paced = CliRunner().invoke(runbot.cli, ["--speed", "3000", "--json", "--duration", "5m", "--seed", "7"])
    assert json.loads(paced.stdout)["trace_hash"] == fast["trace_hash"]


def test_every_synthetic_market_trades() -> None:
    """The default order of each market is accepted and fills; only the post-only race is ever refused."""
    for ticker in ("BTC", "ETH", "SOL", "XRP", "DOGE"):
        summary = run("--ticker", ticker, "--duration", "2h", "--take-profit", "0.05")
        assert summary["fills"] > 0
        with JournalReader(Path(summary["journal"])) as journal:
            refusals = [event.text for event in journal.events() if event.kind in {"refused", "rejected"}]
        assert all("POST_ONLY" in text for text in refusals)
        assert len(refusals) < summary["orders"] / 20


def test_plain_lines_and_a_summary_table() -> None:
    """Without a terminal the run writes lines and ends with the summary."""
    result = CliRunner().invoke(runbot.cli, ["--speed", "max", "--duration", "2m", "--seed", "7"])
    assert result.exit_code == 0
    assert "take profit 0.02 %: buy 0.001 BTC at" in result.stdout
    assert "bought 0.001 BTC at" in result.stdout
    assert "trace hash" in result.stdout


def test_on_stop_close_ends_flat() -> None:
    """With --on-stop close nothing is left at the venue."""
    summary = run("--duration", "1h", "--on-stop", "close")
    with JournalReader(Path(summary["journal"])) as journal:
        assert journal.live_orders() == []
        assert journal.equity()[-1].position == 0
    assert Decimal(summary["unrealised_pnl"]) == 0


def test_on_stop_keep_leaves_the_closes() -> None:
    """With --on-stop keep the resting closes stay as they are."""
    summary = run("--duration", "1h", "--on-stop", "keep")
    with JournalReader(Path(summary["journal"])) as journal:
        assert any(order.intent.startswith("close-") for order in journal.live_orders())


# -- recorded markets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tapes",
    [
        ["aster_20250924/bbo_BTCUSDT.csv.gz", "aster_20250924/trades_BTCUSDT.csv.gz"],
        ["binance_raw_20240808/usdm_btcusdt.txt.gz"],
    ],
    ids=["aster", "binance"],
)
def test_recordings_are_traded_to_their_end(shared_data: Path, tapes: list[str]) -> None:
    """A grid trades on the recorded ticks of Aster and Binance and stops where the recording ends."""
    flags = [part for tape in tapes for part in ("--tape", str(shared_data / "ticks" / tape))]
    summary = run(*flags, "--wait-time", "10")
    assert summary["ticker"] == "BTC"
    assert summary["fills"] > 20
    assert summary["round_trips"] > 5
    assert summary["stopped_because"] == "the recording is over"


def test_a_made_tape_is_the_market_of_its_seed() -> None:
    """A synthetic tape written to Parquet trades exactly like the market it was written from."""
    made = CliRunner().invoke(runbot.cli, ["tape", "synth", "--seed", "7", "--duration", "2h", "-o", "btc.parquet"])
    assert made.exit_code == 0, made.stderr
    from_tape = run("--tape", "btc.parquet", "--seed", "7", "--duration", "1h")
    direct = run("--seed", "7", "--duration", "1h")
    assert from_tape["fills"] == direct["fills"]
    assert from_tape["realised_pnl"] == direct["realised_pnl"]


# -- real time --------------------------------------------------------------------------------------


class RealTimePaper(PaperClient):
    """The simulated venue as a live one: driven by the wall clock."""

    is_simulated = False


def test_a_live_venue_runs_on_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A venue that is not simulated gets real time: the bot connects, sends and leaves within the duration."""
    monkeypatch.setattr(exchanges, "load", lambda name: RealTimePaper)
    result = CliRunner().invoke(runbot.cli, ["--json", "--duration", "0.4s"])
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert summary["orders"] >= 1
    with JournalReader(Path(summary["journal"])) as journal:
        assert journal.live_orders() == []
        assert journal.session().started_ns > 1_790_000_000 * 10**9


@pytest.mark.parametrize(
    ("args", "words"), [(["--speed", "10"], "real time"), (["--tape", "x.csv"], "for --exchange paper")]
)
def test_a_live_venue_has_no_pace_and_no_tape(monkeypatch: pytest.MonkeyPatch, args: list[str], words: str) -> None:
    """--speed and --tape are refused on a venue that is not simulated."""
    monkeypatch.setattr(exchanges, "load", lambda name: RealTimePaper)
    result = CliRunner().invoke(runbot.cli, args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert list(Path.cwd().iterdir()) == []


# -- stopping ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_stops_in_good_order(tmp_path: Path, number: int, name: str) -> None:
    """Ctrl-C and SIGTERM cancel the orders, write the summary and end with exit code 0."""
    bot = started("--speed", "20", "--json", "--seed", "7")
    assert bot.stderr is not None
    next(line for line in bot.stderr if "  fill  " in line)
    bot.send_signal(number)
    out, _ = bot.communicate(timeout=20)
    assert bot.returncode == 0
    summary = json.loads(out.splitlines()[-1])
    assert summary["stopped_because"] == name
    with JournalReader(tmp_path / summary["journal"]) as journal:
        assert journal.live_orders() == []


def test_the_kill_switch_file_stops_the_bot(tmp_path: Path) -> None:
    """The bot stops when the kill switch file is there."""
    (tmp_path / "STOP").touch()
    assert "kill switch" in run("--kill-switch", "STOP", "--duration", "1h")["stopped_because"]


# -- bad input ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--quantity", "0.0015"], "trades in steps of 0.001: use 0.002"),
        (["--ticker", "DOGE", "--quantity", "10"], "the least order of DOGE on paper is"),
        (["--ticker", "BTCC"], "did you mean BTC?"),
        (["--stop-price", "50000"], "would stop at once"),
        (["--stop-loss-price", "90000"], "would stop at once"),
        (["--tape", "none.csv"], "none.csv"),
        (["--exchange", "paper,paper"], "paper"),
    ],
)
def test_what_does_not_fit_the_market_is_one_line(args: list[str], words: str) -> None:
    """Bad input is refused in one line that names the value and the mend, and leaves nothing behind."""
    assert words in refused(*args)


def test_a_tape_of_another_market_is_refused() -> None:
    """A ticker the tape does not hold is named beside the one it holds."""
    CliRunner().invoke(runbot.cli, ["tape", "synth", "--ticker", "ETH", "--duration", "1h", "-o", "eth.parquet"])
    line = refused("--tape", "eth.parquet", "--ticker", "BTC")
    assert "BTC" in line
    assert "ETH" in line


def test_a_corrupt_tape_is_refused(tmp_path: Path) -> None:
    """A file that is no tape is refused by name."""
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no more")
    assert "bad.parquet" in refused("--tape", "bad.parquet")


def test_a_file_in_the_place_of_the_runs_folder_is_refused(tmp_path: Path) -> None:
    """A runs folder that cannot be made is refused, and the file that is in its way stays."""
    (tmp_path / "taken").write_text("mine")
    assert "taken" in refused("--runs-dir", "taken")
    assert (tmp_path / "taken").read_text() == "mine"


def limited_to(size: int) -> Callable[[], None]:
    """Give what makes a process fail when a file of its grows beyond so many bytes, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_full_disk_at_the_start_is_refused(tmp_path: Path) -> None:
    """A journal that cannot be made is refused in one line, and nothing is left behind."""
    bot = started("--speed", "max", "--json", "--duration", "1h", preexec_fn=limited_to(2_000))
    out, err = bot.communicate(timeout=60)
    assert (bot.returncode, out) == (2, "")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_stops_the_bot_in_good_order() -> None:
    """When the journal cannot be written any more the bot cancels its orders, says so in one line and ends."""
    bot = started("--speed", "max", "--json", "--duration", "24h", preexec_fn=limited_to(300_000))
    out, err = bot.communicate(timeout=60)
    lines = err.splitlines()
    assert (bot.returncode, out) == (2, "")
    assert "Traceback" not in err
    assert lines[-1].startswith("runbot: ")
    assert "journal" in lines[-1]
    assert any("stays on paper" in line for line in lines)
    assert not any("may still be open" in line for line in lines)
