"""Account watch: what the account's equity, the market's silence and a person's kill switch ask of the bot.

Looked at before every step, in this order: emergency loss, repeated order failures together with
a loss, daily loss, drawdown, kill switch, stalled market. Thresholds are turned into equity
levels when they change, so a quiet look is a handful of comparisons. Verdicts that stop the bot
latch: nothing takes them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final

import msgspec

from helpers.clock import NS_PER_S, monotonic_ns
from helpers.models import Position
from helpers.risk_limits import RiskLimits, figure, nanoseconds, usd

DAY_NS: Final = 86_400 * NS_PER_S
_NEVER: Final = Decimal("-Infinity")
_LOOK_EVERY_NS: Final = 200_000_000
_FIFTH: Final = 5
"""Of the losing positions, the worst one in five is closed, and one at least."""


class RiskAction(Enum):
    """What the risk manager asks the bot to do."""

    NONE = "none"
    PAUSE = "pause"
    """Send nothing that increases risk until the next look."""
    CLOSE_WORST_POSITIONS = "close_worst_positions"
    """Close the listed positions reduce-only at market, then go on."""
    STOP = "stop"
    """Stop in good order; orders and position are treated as the person chose for a stop."""
    EMERGENCY_STOP = "emergency_stop"
    """Cancel everything, close the listed positions reduce-only at market, stop."""


class RiskVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at the account led to."""

    action: RiskAction
    reason: str = ""
    positions_to_close: tuple[Position, ...] = ()
    """The very objects that were shown, so that positions of two venues are never mixed up."""


ALL_WELL: Final = RiskVerdict(action=RiskAction.NONE)
EQUITY_UNKNOWN: Final = RiskVerdict(
    action=RiskAction.NONE, reason="equity is unknown: the loss limits cannot be checked"
)
START_UNKNOWN: Final = RiskVerdict(
    action=RiskAction.NONE, reason="the equity at the start is unknown or nothing: losses since then cannot be checked"
)


class KillSwitch:
    """A file by which a person stops the bot: there, or not."""

    def __init__(self, path: Path | None) -> None:
        """Look for this file; None is never there."""
        self._path = path
        self._present = False
        self._next_look_ns = 0

    def is_present(self) -> bool:
        """Whether the file is there; the disk is asked a few times a second of real time at most."""
        if self._path is None:
            return False
        now = monotonic_ns()
        if now >= self._next_look_ns:
            self._next_look_ns = now + _LOOK_EVERY_NS
            self._present = self._path.is_file()
        return self._present


def worst_positions(positions: Sequence[Position]) -> tuple[Position, ...]:
    """Pick the worst fifth, and one at least, of the losing positions by unrealised PnL per value held.

    A position without mark or entry price cannot be ranked and is left out.
    """
    ranked = []
    for place, position in enumerate(positions):
        pnl, mark = position.unrealised_pnl, position.mark_price
        if pnl is not None and pnl < 0 and mark:
            ranked.append((pnl / abs(position.quantity * mark), place))
    ranked.sort()
    return tuple(positions[place] for _, place in ranked[: max(1, len(ranked) // _FIFTH)])


class AccountWatch:
    """What has become of the account since the start."""

    def __init__(self, limits: RiskLimits) -> None:
        """Take the limits; nothing is known yet."""
        self._limits = limits
        self._margin_stall_ns = nanoseconds(limits.margin_stall)
        self._stall_ns = None if limits.stall_timeout is None else nanoseconds(limits.stall_timeout)
        self.start: Decimal | None = None
        """Equity that losses are measured against; None while unknown or not positive."""
        self.latched: RiskVerdict | None = None
        """The verdict that stops the bot, once there is one."""
        self._heard_ns: int | None = None
        """Time of the last book; before the first one, of the beginning."""
        self._failures = 0
        self._first_failure_ns = 0
        self._peak = self._low = _NEVER
        self._deepest = Decimal(0)
        self._last: Decimal | None = None
        self._day_start = _NEVER
        self._next_day_ns = 0
        self._emergency_level = self._worst_level = self._daily_level = self._drawdown_level = self._alarm = _NEVER

    @property
    def peak_equity(self) -> Decimal | None:
        """The highest equity seen; None before the first."""
        return self._peak if self._peak.is_finite() else None

    @property
    def drawdown(self) -> Decimal:
        """The deepest fall of equity below its earlier peak, in quote, >= 0."""
        return max(self._deepest, self._peak - self._low) if self._peak.is_finite() else self._deepest

    def begin(self, now_ns: int) -> None:
        """Wait for the first book from now on."""
        self._heard_ns = now_ns

    def set_start(self, equity: Decimal, now_ns: int) -> None:
        """Measure losses against this equity; nothing can be measured against zero or less."""
        if equity > 0:
            self.start = equity
            self._emergency_level = equity * (100 - self._limits.emergency_loss) / 100
            self._worst_level = equity * (100 - self._limits.account_loss) / 100
        self._track(equity, now_ns)
        self._set_alarm()

    def record_failure(self, now_ns: int) -> None:
        """Count an order that failed; the first of a row starts the clock."""
        if not self._failures:
            self._first_failure_ns = now_ns
        self._failures += 1

    def record_success(self) -> None:
        """Forget count and clock: the row is broken."""
        self._failures = 0

    def look(
        self,
        equity: Decimal | None,
        positions: Sequence[Position],
        now_ns: int,
        book_time_ns: int | None,
        *,
        kill_switch: bool,
    ) -> RiskVerdict:
        """Say what the account asks for now; see RiskManager.watch."""
        if equity is not None:
            self._track(equity, now_ns)
        if self.latched is not None:
            return self._still_stopping(self.latched, equity, positions)
        if equity is not None and equity <= self._alarm:
            verdict = self._judge_loss(equity, positions, now_ns)
            if verdict is not None:
                return verdict
        if kill_switch:
            return self._latch(RiskAction.STOP, f"the kill switch {self._limits.kill_switch} is there")
        if self._stall_ns is not None:
            if book_time_ns is None:  # before the first book, or after a gap: the last one counts
                book_time_ns = self._heard(now_ns)
            else:
                self._heard_ns = book_time_ns
            silent_ns = now_ns - book_time_ns
            if silent_ns >= self._stall_ns:
                return _pause(silent_ns, self._stall_ns)
        if equity is None:
            return EQUITY_UNKNOWN
        return ALL_WELL if self.start is not None else START_UNKNOWN

    def _heard(self, now_ns: int) -> int:
        self._heard_ns = now_ns if self._heard_ns is None else self._heard_ns
        return self._heard_ns

    def _track(self, equity: Decimal, now_ns: int) -> None:
        if now_ns >= self._next_day_ns:
            self._start_day(equity, now_ns)
        if equity > self._peak:
            self._deepest = self.drawdown
            self._peak = self._low = equity
            self._set_alarm()
        elif equity < self._low:
            self._low = equity
        self._last = equity

    def _start_day(self, equity: Decimal, now_ns: int) -> None:
        # A day starts where the one before it ended, so that a loss over midnight belongs to one of them.
        self._day_start = equity if self._last is None else self._last
        self._next_day_ns = (now_ns // DAY_NS + 1) * DAY_NS
        self._set_alarm()

    def _set_alarm(self) -> None:
        limits = self._limits
        if limits.max_daily_loss is not None:
            self._daily_level = self._day_start - limits.max_daily_loss
        if limits.max_drawdown is not None and self._peak > 0:
            self._drawdown_level = self._peak * (100 - limits.max_drawdown) / 100
        self._alarm = max(self._emergency_level, self._worst_level, self._daily_level, self._drawdown_level)

    def _judge_loss(self, equity: Decimal, positions: Sequence[Position], now_ns: int) -> RiskVerdict | None:
        if equity <= self._emergency_level:
            return self._emergency(equity, positions)
        if equity <= self._worst_level and self._keeps_failing(now_ns):
            worst = worst_positions(positions)
            if worst:
                return self._close_worst(equity, worst, now_ns)
        if equity <= self._daily_level:
            return self._latch(RiskAction.STOP, self._daily_reason(equity))
        if equity <= self._drawdown_level:
            return self._latch(RiskAction.STOP, self._drawdown_reason(equity))
        return None

    def _keeps_failing(self, now_ns: int) -> bool:
        enough = self._failures >= self._limits.margin_failures
        return enough and now_ns - self._first_failure_ns >= self._margin_stall_ns

    def _still_stopping(self, latched: RiskVerdict, equity: Decimal | None, held: Sequence[Position]) -> RiskVerdict:
        if latched.action is RiskAction.EMERGENCY_STOP:
            return msgspec.structs.replace(latched, positions_to_close=_open(held))
        # An orderly stop may take a while; the account may need more than that meanwhile.
        if equity is not None and equity <= self._emergency_level:
            return self._emergency(equity, held)
        return latched

    def _emergency(self, equity: Decimal, positions: Sequence[Position]) -> RiskVerdict:
        reason = f"{self._loss(equity)}, emergency_loss is {figure(self._limits.emergency_loss)} %"
        return self._latch(RiskAction.EMERGENCY_STOP, reason, _open(positions))

    def _close_worst(self, equity: Decimal, worst: tuple[Position, ...], now_ns: int) -> RiskVerdict:
        failing = f"{self._failures} orders failed in a row over {(now_ns - self._first_failure_ns) // NS_PER_S} s"
        reason = f"{failing} and {self._loss(equity)}"
        self.record_success()  # a new row of failures must build up before more is closed
        return RiskVerdict(action=RiskAction.CLOSE_WORST_POSITIONS, reason=reason, positions_to_close=worst)

    def _latch(self, action: RiskAction, reason: str, positions: tuple[Position, ...] = ()) -> RiskVerdict:
        self.latched = RiskVerdict(action=action, reason=reason, positions_to_close=positions)
        return self.latched

    def _loss(self, equity: Decimal) -> str:
        start = self.start or equity
        return f"equity {usd(equity)} is {(start - equity) / start * 100:.2f} % below the start's {usd(start)}"

    def _daily_reason(self, equity: Decimal) -> str:
        lost = usd(self._day_start - equity)
        return f"{lost} lost since the start of the UTC day, max_daily_loss is {self._limits.max_daily_loss:,f} USD"

    def _drawdown_reason(self, equity: Decimal) -> str:
        fall = f"{(self._peak - equity) / self._peak * 100:.2f} % below its peak of {usd(self._peak)}"
        return f"equity {usd(equity)} is {fall}, max_drawdown is {self._limits.max_drawdown:f} %"


def _open(positions: Sequence[Position]) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.quantity)


def _pause(silent_ns: int, limit_ns: int) -> RiskVerdict:
    reason = f"no fresh order book for {silent_ns // NS_PER_S} s, stall_timeout is {limit_ns / NS_PER_S:g} s"
    return RiskVerdict(action=RiskAction.PAUSE, reason=reason)
