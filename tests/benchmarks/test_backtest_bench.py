"""The backtest benchmark measures in fresh processes what it says it measures."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import backtest_bench, backtest_cases
from benchmarks.backtest_cases import CASES, FarOrder
from benchmarks.event_tape import INSTRUMENT, MOVING, event_tape, make_chunks
from benchmarks.fresh_process import median_report
from benchmarks.race import FillRule, Race, fingerprint
from benchmarks.reference import run_plain
from benchmarks.whole_bot import FREE, Stand, WholeBot
from helpers.enums import OrderStatus
from helpers.errors import RunbotError
from simulation.profile import Latency, VenueProfile
from simulation.tape import MemoryTape

ROWS = 20_000


def test_a_case_reports_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with the rows, the steps and the fingerprint of the plain loop's fills."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["backtest_cases", "top", "2000"])
    backtest_cases.main()
    report = json.loads(capsys.readouterr().out)
    plain = run_plain(event_tape(2_000), Race.TOP, FillRule.QUEUE)
    assert report["events"] == 2_000
    assert report["fills"] == len(plain)
    assert report["fingerprint"] == fingerprint(plain)
    assert report["steps"] > report["fills"]
    assert report["stopped_because"] == "the recording is over"


def test_an_unknown_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name ends with exit code 2 and the names that are known."""
    with pytest.raises(SystemExit) as ended:
        backtest_bench.main(["tpo"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "unknown: tpo" in told
    assert all(case in told for case in CASES)


def test_every_case_has_a_name_in_the_table() -> None:
    """No case is measured without words for it."""
    assert set(backtest_bench._WHAT) == set(CASES)


def test_the_far_order_rests_and_never_fills() -> None:
    """What measures the search has one resting order to the end, and steps only for it and once a minute."""
    tape = MemoryTape(INSTRUMENT, make_chunks(ROWS, 7, MOVING))
    bot = WholeBot(FarOrder, {"paper": Stand(tape=tape)}, quantity=INSTRUMENT.quantity_step)
    bot.run()
    (kept,) = bot.journal.orders.values()
    assert kept.order.status is OrderStatus.OPEN
    assert not bot.fills
    assert bot.bot.steps <= 6


def test_fees_and_delays_are_those_of_the_stand() -> None:
    """The default grid pays the stand's fee on every fill, and with delays ends with other fills."""
    tape = MemoryTape(INSTRUMENT, make_chunks(ROWS * 5, 7, MOVING))
    free, usual = CASES["default-grid"](tape), CASES["default-grid-20ms"](tape)
    free.run()
    usual.run()
    assert free.fills
    assert all(fill.fee == 0 for fill in free.fills)
    assert [fill.fee for fill in usual.fills] == [
        fill.price * fill.quantity * VenueProfile().maker_fee for fill in usual.fills
    ]
    assert [fill.time_ns for fill in free.fills] != [fill.time_ns for fill in usual.fills]


def test_a_delay_is_waited_for() -> None:
    """With a second each way the first order is confirmed two seconds after it was sent."""
    tape = MemoryTape(INSTRUMENT, make_chunks(ROWS, 7, MOVING))
    second = Latency(base_ns=1_000_000_000)
    profile = VenueProfile(deposit=FREE.deposit, order_entry=second, response=second)
    bot = WholeBot(FarOrder, {"paper": Stand(tape=tape, profile=profile)}, quantity=Decimal("0.001"))
    bot.run()
    (kept,) = bot.journal.orders.values()
    assert kept.order.updated_ns - kept.order.created_ns == 2_000_000_000


def test_a_failing_process_is_an_error_with_its_last_word() -> None:
    """Nobody takes a median over runs that failed."""
    with pytest.raises(RunbotError, match="no such market"):
        median_report([sys.executable, "-c", "raise SystemExit('no such market')"], 3)
