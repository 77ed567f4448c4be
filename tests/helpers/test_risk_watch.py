"""The account watch: exactly these thresholds, in exactly this order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.models import Position
from helpers.risk_limits import RiskLimits
from helpers.risk_watch import (
    ALL_WELL,
    DAY_NS,
    EQUITY_UNKNOWN,
    START_UNKNOWN,
    AccountWatch,
    KillSwitch,
    RiskAction,
    RiskVerdict,
    worst_positions,
)

D = Decimal
SECOND_NS = 1_000_000_000
DAY = 20_000
NOON_NS = DAY * DAY_NS + DAY_NS // 2
START = D(10_000)
ONLY_A3 = RiskLimits(max_drawdown=None, stall_timeout=None)


def position(pnl: str | None, *, ticker: str = "BTC", quantity: str = "1", mark: str = "100") -> Position:
    """A position at this mark price with this unrealised profit."""
    size = D(quantity)
    entry = None if pnl is None else D(mark) - D(pnl) / size
    return Position(ticker=ticker, quantity=size, entry_price=entry, mark_price=D(mark))


LOSER = position("-10")


def started(limits: RiskLimits = ONLY_A3) -> AccountWatch:
    """A watch that began at noon with 10,000 USD."""
    watch = AccountWatch(limits)
    watch.begin(NOON_NS)
    watch.set_start(START, NOON_NS)
    return watch


def look(
    watch: AccountWatch,
    equity: str | None,
    positions: tuple[Position, ...] = (LOSER,),
    *,
    after_s: int = 0,
    book_s: int | None = None,
    kill_switch: bool = False,
) -> RiskVerdict:
    """Look at the account some seconds after noon, with a book from `book_s` (the same moment by default)."""
    now_ns = NOON_NS + after_s * SECOND_NS
    book_ns = now_ns if book_s is None else NOON_NS + book_s * SECOND_NS
    value = None if equity is None else D(equity)
    return watch.look(value, positions, now_ns, book_ns, kill_switch=kill_switch)


NONE, CLOSE, EMERGENCY = RiskAction.NONE, RiskAction.CLOSE_WORST_POSITIONS, RiskAction.EMERGENCY_STOP


@pytest.mark.parametrize(
    ("failures", "after_s", "equity", "action"),
    [
        (14, 599, "9001", NONE),
        (14, 599, "9000", NONE),
        (14, 599, "8501", NONE),
        (14, 599, "8500", EMERGENCY),
        (14, 600, "9001", NONE),
        (14, 600, "9000", NONE),
        (14, 600, "8501", NONE),
        (14, 600, "8500", EMERGENCY),
        (15, 599, "9001", NONE),
        (15, 599, "9000", NONE),
        (15, 599, "8501", NONE),
        (15, 599, "8500", EMERGENCY),
        (15, 600, "9001", NONE),
        (15, 600, "9000", CLOSE),
        (15, 600, "8501", CLOSE),
        (15, 600, "8500", EMERGENCY),
        (0, 0, "8500.01", NONE),
        (0, 0, "8500", EMERGENCY),
        (0, 0, "-1", EMERGENCY),
    ],
)
def test_thresholds(failures: int, after_s: int, equity: str, action: RiskAction) -> None:
    """Only 15 failures, 600 s and -10 % together close the worst positions; -15 % alone is the emergency."""
    watch = started()
    for n in range(failures):
        watch.record_failure(NOON_NS + n)
    assert look(watch, equity, after_s=after_s).action is action


def test_a_success_resets_count_and_clock() -> None:
    """After a success fifteen new failures and 600 new seconds are needed."""
    watch = started()
    for _ in range(15):
        watch.record_failure(NOON_NS)
    watch.record_success()
    assert look(watch, "9000", after_s=600).action is NONE
    for _ in range(15):
        watch.record_failure(NOON_NS + 600 * SECOND_NS)
    assert look(watch, "9000", after_s=1199).action is NONE
    assert look(watch, "9000", after_s=1200).action is CLOSE


def test_closing_does_not_repeat_and_does_not_latch() -> None:
    """Once the worst positions are to be closed, a new row of failures must build up first."""
    watch = started()
    for _ in range(15):
        watch.record_failure(NOON_NS)
    verdict = look(watch, "8900", after_s=601)
    assert verdict.action is CLOSE
    assert verdict.positions_to_close == (LOSER,)
    assert verdict.reason == (
        "15 orders failed in a row over 601 s and equity 8,900.00 USD is 11.00 % below the start's 10,000.00 USD"
    )
    assert watch.latched is None
    assert look(watch, "8900", after_s=602) is ALL_WELL


def test_without_losing_positions_there_is_nothing_to_close() -> None:
    """Failures and loss without a losing position wait until there is one."""
    watch = started()
    for _ in range(15):
        watch.record_failure(NOON_NS)
    assert look(watch, "8900", (position("5"),), after_s=600) is ALL_WELL
    assert look(watch, "8900", (position("5"), LOSER), after_s=601).positions_to_close == (LOSER,)


@pytest.mark.parametrize(("losing", "closed"), [(1, 1), (4, 1), (5, 1), (9, 1), (10, 2), (14, 2), (15, 3)])
def test_the_worst_fifth_and_one_at_least(losing: int, closed: int) -> None:
    """max(1, floor(n / 5)) of the n losing positions are picked, worst first."""
    held = tuple(position(str(-n), ticker=str(n)) for n in range(1, losing + 1))
    assert [p.ticker for p in worst_positions((*held, position("500")))] == [
        str(n) for n in range(losing, losing - closed, -1)
    ]


def test_worst_is_measured_by_value_held() -> None:
    """A small position that lost much of its value is worse than a large one that lost more money."""
    large, small = position("-50", quantity="100"), position("-5", quantity="-1")
    assert worst_positions((large, small)) == (small,)
    dear, cheap = position("-50", mark="10000"), position("-5", mark="100")
    assert worst_positions((dear, cheap)) == (cheap,)


def test_positions_that_cannot_be_ranked_are_left_out() -> None:
    """Without entry or mark price, or without quantity, there is no loss to rank by."""
    no_mark = Position(ticker="BTC", quantity=D(1), entry_price=D(100))
    assert worst_positions((position(None), no_mark, Position(ticker="BTC", quantity=D(0)), position("0"))) == ()
    assert worst_positions((Position(ticker="BTC", quantity=D(1), entry_price=D(1), mark_price=D(0)),)) == ()


def test_emergency_closes_everything_and_latches() -> None:
    """All open positions are listed, the very objects; recovery or silence does not take it back."""
    watch = started()
    winner, flat = position("5"), Position(ticker="BTC", quantity=D(0))
    verdict = look(watch, "8500", (LOSER, flat, winner))
    assert verdict.action is EMERGENCY
    assert [id(p) for p in verdict.positions_to_close] == [id(LOSER), id(winner)]
    assert verdict.reason == "equity 8,500.00 USD is 15.00 % below the start's 10,000.00 USD, emergency_loss is 15 %"
    assert look(watch, "20000", (winner,)).positions_to_close == (winner,)
    assert look(watch, None, ()).action is EMERGENCY
    assert watch.latched is not None


def test_an_orderly_stop_can_become_an_emergency() -> None:
    """While the bot stops for another reason, -15 % still closes everything."""
    watch = started()
    assert look(watch, "10000", kill_switch=True).action is RiskAction.STOP
    assert look(watch, None).action is RiskAction.STOP
    assert look(watch, "8501").action is RiskAction.STOP
    assert look(watch, "8500").action is EMERGENCY


def test_daily_loss() -> None:
    """The loss since midnight UTC stops the bot exactly at the limit, and stays."""
    watch = started(RiskLimits(max_daily_loss=D(500), max_drawdown=None, stall_timeout=None))
    assert look(watch, "9500.01") is ALL_WELL
    verdict = look(watch, "9500")
    assert verdict.action is RiskAction.STOP
    assert verdict.reason == "500.00 USD lost since the start of the UTC day, max_daily_loss is 500 USD"
    assert look(watch, "10000") is verdict


def test_a_day_starts_where_the_last_one_ended() -> None:
    """At midnight the count starts anew from the last equity before it, and losses over midnight count."""
    watch = started(RiskLimits(max_daily_loss=D(500), max_drawdown=None, stall_timeout=None))
    half_a_day = 43_200
    assert look(watch, "9600", after_s=half_a_day - 1) is ALL_WELL
    assert look(watch, "9101", after_s=half_a_day) is ALL_WELL
    assert look(watch, "9100", after_s=half_a_day + 5).action is RiskAction.STOP


def test_drawdown_from_the_peak() -> None:
    """A fall of max_drawdown below the highest equity stops the bot, exactly at it."""
    watch = started(RiskLimits(stall_timeout=None))
    assert look(watch, "20000") is ALL_WELL
    assert look(watch, "16000.01") is ALL_WELL
    verdict = look(watch, "16000")
    assert verdict.action is RiskAction.STOP
    assert verdict.reason == ("equity 16,000.00 USD is 20.00 % below its peak of 20,000.00 USD, max_drawdown is 20 %")


def test_emergency_comes_before_everything() -> None:
    """Where every limit is passed at once, the emergency is what counts."""
    watch = started(RiskLimits(max_daily_loss=D(1), max_drawdown=D(1)))
    for _ in range(15):
        watch.record_failure(NOON_NS)
    assert look(watch, "8500", after_s=900, book_s=0, kill_switch=True).action is EMERGENCY


def test_order_of_the_rest() -> None:
    """Worst positions, daily loss, drawdown, kill switch, stall: the first that holds is told."""
    everything = RiskLimits(max_daily_loss=D(1000), max_drawdown=D(10))
    watch = started(everything)
    for _ in range(15):
        watch.record_failure(NOON_NS)
    assert look(watch, "9000", after_s=900, book_s=0, kill_switch=True).action is CLOSE
    assert "max_daily_loss" in look(watch, "9000", after_s=900, book_s=0, kill_switch=True).reason
    watch = started(RiskLimits(max_drawdown=D(10)))
    assert "max_drawdown" in look(watch, "9000", after_s=900, book_s=0, kill_switch=True).reason
    watch = started(ONLY_A3)
    assert look(watch, "9000", after_s=900, book_s=0, kill_switch=True).reason == "the kill switch runs/STOP is there"


def test_kill_switch_works_without_equity() -> None:
    """A person can stop the bot whatever is unknown."""
    watch = AccountWatch(ONLY_A3)
    assert look(watch, None, kill_switch=True).action is RiskAction.STOP
    assert watch.latched is not None


def test_kill_switch_is_a_file(tmp_path: Path) -> None:
    """The switch is off until the file is there; a folder or no path is no switch."""
    path = tmp_path / "STOP"
    assert not KillSwitch(None).is_present()
    assert not KillSwitch(path).is_present()
    assert not KillSwitch(tmp_path).is_present()
    path.touch()
    assert KillSwitch(path).is_present()


def test_the_disk_is_asked_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that comes or goes is noticed 0.2 s of real time later at most; between looks the disk is left alone."""
    now, path = [0], tmp_path / "STOP"
    monkeypatch.setattr("helpers.risk_watch.monotonic_ns", lambda: now[0])
    switch = KillSwitch(path)
    assert not switch.is_present()
    path.touch()
    now[0] = 199_999_999
    assert not switch.is_present()
    now[0] = 200_000_000
    assert switch.is_present()


def test_stall_pauses_until_a_book_comes() -> None:
    """Without a fresh book for stall_timeout the bot pauses, exactly at it, and goes on with the next book."""
    watch = started(RiskLimits(stall_timeout=D(60)))
    assert look(watch, "10000", after_s=59, book_s=0) is ALL_WELL
    verdict = look(watch, "10000", after_s=60, book_s=0)
    assert verdict.action is RiskAction.PAUSE
    assert verdict.reason == "no fresh order book for 60 s, stall_timeout is 60 s"
    assert look(watch, "10000", after_s=61, book_s=61) is ALL_WELL
    assert watch.latched is None


def test_stall_counts_from_the_beginning_while_there_was_no_book() -> None:
    """Before the first book, the time since the beginning counts; before that, since the first look."""
    limits = RiskLimits(stall_timeout=D(60))
    begun, unbegun = started(limits), AccountWatch(limits)
    minute = NOON_NS + 60 * SECOND_NS
    assert begun.look(START, (), minute - 1, None, kill_switch=False) is ALL_WELL
    assert begun.look(START, (), minute, None, kill_switch=False).action is RiskAction.PAUSE
    assert unbegun.look(START, (), minute, None, kill_switch=False) is START_UNKNOWN
    assert unbegun.look(START, (), 2 * minute, None, kill_switch=False).action is RiskAction.PAUSE


def test_a_gap_in_the_book_is_no_silence_since_the_beginning() -> None:
    """When the book is worthless for a moment, the time since the last good one counts, however long the run is."""
    watch = started(RiskLimits(stall_timeout=D(60)))
    assert look(watch, "10000", after_s=3_600, book_s=3_599) is ALL_WELL
    lost = NOON_NS + 3_601 * SECOND_NS
    assert watch.look(START, (), lost, None, kill_switch=False) is ALL_WELL
    assert watch.look(START, (), lost + 58 * SECOND_NS, None, kill_switch=False).action is RiskAction.PAUSE


def test_unknown_equity_is_said_and_is_no_loss() -> None:
    """Unknown equity or start is reported; it is neither a loss nor a gain."""
    watch = AccountWatch(RiskLimits())
    watch.begin(NOON_NS)
    assert look(watch, None) is EQUITY_UNKNOWN
    assert look(watch, "10000") is START_UNKNOWN
    watch.set_start(D(10_000), NOON_NS)
    assert look(watch, "10000") is ALL_WELL
    assert look(watch, None) is EQUITY_UNKNOWN
    assert (watch.peak_equity, watch.drawdown) == (D(10_000), D(0))


@pytest.mark.parametrize("equity", ["0", "-5"])
def test_nothing_is_measured_against_nothing(equity: str) -> None:
    """An account that starts with nothing has no loss in percent: the start stays unknown."""
    watch = AccountWatch(RiskLimits())
    watch.set_start(D(equity), NOON_NS)
    assert watch.start is None
    assert look(watch, equity) is START_UNKNOWN


def test_before_anything_is_known() -> None:
    """Peak is unknown and drawdown zero until an equity is seen."""
    watch = AccountWatch(RiskLimits())
    assert (watch.peak_equity, watch.drawdown) == (None, D(0))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.decimals(min_value=9_001, max_value=11_000, places=2), min_size=1, max_size=30))
def test_drawdown_is_the_deepest_fall(equities: list[Decimal]) -> None:
    """Peak and drawdown equal what comparing every pair of moments gives."""
    watch = started()
    for equity in equities:
        look(watch, str(equity))
    seen = [START, *equities]
    assert watch.peak_equity == max(seen)
    assert watch.drawdown == max(max(seen[: n + 1]) - value for n, value in enumerate(seen))


@settings(max_examples=100, deadline=None)
@given(
    start=st.decimals(min_value=1, max_value=10**7, places=2),
    share=st.decimals(min_value=0, max_value=2, places=6),
    failures=st.integers(min_value=13, max_value=17),
    seconds=st.integers(min_value=597, max_value=603),
)
def test_thresholds_hold_for_every_start(start: Decimal, share: Decimal, failures: int, seconds: int) -> None:
    """For any start value the verdict follows from the loss (now - start) / start as written."""
    equity = start * share
    watch = AccountWatch(ONLY_A3)
    watch.set_start(start, NOON_NS)
    for _ in range(failures):
        watch.record_failure(NOON_NS)
    verdict = look(watch, str(equity), after_s=seconds)
    change = equity - start
    if change * 100 <= -15 * start:
        assert verdict.action is EMERGENCY
    elif failures >= 15 and seconds >= 600 and change * 100 <= -10 * start:
        assert verdict.action is CLOSE
    else:
        assert verdict is ALL_WELL
