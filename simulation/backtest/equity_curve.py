"""The account over time: the venues' equity added up, as steps that hold until the next one.

The curve begins at the run's start with the opening equity, which is the first equity each venue
tells less the profit made until then, and ends at the run's end. In between it is the opening
equity plus our own net PnL, exact to the last digit: later figures of a venue are of a moment
before, by its response delay, and would mix two prices. Nothing is paid in or out of a backtest.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from helpers.money import exact
from helpers.status import PnL

_MINUTE_NS: Final = 60_000_000_000
_HOUR_NS: Final = 60 * _MINUTE_NS
_SHORT_RUN_NS: Final = 7 * 24 * _HOUR_NS


class AccountPoint(Protocol):
    """One account at one moment, as a journal keeps it."""

    @property
    def time_ns(self) -> int:
        """When."""
        ...

    @property
    def exchange(self) -> str:
        """Where."""
        ...

    @property
    def equity(self) -> Decimal | None:
        """Cash + unrealised PnL; None is unknown."""
        ...

    @property
    def position(self) -> Decimal:
        """Signed, in base units."""
        ...

    @property
    def mid(self) -> Decimal | None:
        """The price at which the position counts; None is unknown."""
        ...

    @property
    def pnl(self) -> PnL:
        """Profit since the run began."""
        ...


class Step(NamedTuple):
    """A value from a time on."""

    time_ns: int
    value: Decimal


def equity_curve(points: Sequence[AccountPoint], start_ns: int, end_ns: int) -> list[Step] | None:
    """Add the venues' equity up over time; None if one of them never tells its own.

    Args:
        points: oldest first.
        start_ns: when the run began.
        end_ns: when it ended.
    """
    opening = _opening(points)
    if not opening or opening.keys() != {point.exchange for point in points}:
        return None
    with exact():
        opened = sum(opening.values(), Decimal(0))
        earned: dict[str, Decimal] = {}
        curve = [Step(start_ns, opened)]
        for point in points:
            earned[point.exchange] = point.pnl.net
            _add(curve, Step(point.time_ns, sum(earned.values(), opened)))
    if end_ns > curve[-1].time_ns:
        curve.append(Step(end_ns, curve[-1].value))
    return curve


def _opening(points: Sequence[AccountPoint]) -> dict[str, Decimal]:
    opening: dict[str, Decimal] = {}
    with exact():
        for point in points:
            if point.equity is not None and point.exchange not in opening:
                opening[point.exchange] = point.equity - point.pnl.net
    return opening


def _add(curve: list[Step], step: Step) -> None:
    """Add a step; one of the same time takes the place of the one before it, but the opening stays."""
    if step.time_ns == curve[-1].time_ns and len(curve) > 1:
        curve[-1] = step
    else:
        curve.append(step)


def grid_step_ns(span_ns: int) -> int:
    """Choose how far apart a curve is sampled: a minute for runs of up to seven days, an hour for longer ones."""
    return _MINUTE_NS if span_ns <= _SHORT_RUN_NS else _HOUR_NS


def sampled(curve: Sequence[Step], step_ns: int) -> list[Decimal]:
    """Read a curve at its start and every `step_ns` from there; what is left at the end is no full step."""
    times = [step.time_ns for step in curve]
    grid = range(times[0], times[-1] + 1, step_ns)
    # The opening is read at the start itself, even if something happened in that very instant.
    return [curve[0].value, *(curve[bisect_right(times, at) - 1].value for at in grid[1:])]
