"""What can be set about the simulated Paradex, and the state of its trading system by the hour."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from helpers.clock import NS_PER_S
from simulation.profile import Latency

_MS: Final = 1_000_000
_DAY_NS: Final = 86_400 * NS_PER_S
_MINUTE_NS: Final = 60 * NS_PER_S
_WEEKDAYS: Final = 5
_EPOCH_WEEKDAY: Final = 3
"""1 January 1970 was a Thursday; Monday is 0."""


class SystemStatus(Enum):
    """What the venue does for now."""

    OK = "ok"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"


class StateWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which the venue is not as usual, ns."""

    start_ns: int
    end_ns: int
    status: SystemStatus


class ParadexTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The simulator's options. The defaults are what the venue is said to do, or what is usual."""

    is_onboarded: bool = True
    """Whether the seeded account is known before it onboards."""
    token_life_s: int = 300
    stream_life_s: float | None = None
    """After how long the venue ends a stream; None is never."""
    entry: Latency = Latency(base_ns=8 * _MS, jitter_ns=4 * _MS)
    """From the API to the matching engine, risk checks included."""
    response: Latency = Latency(base_ns=8 * _MS, jitter_ns=4 * _MS)
    """From the venue to us."""
    speed_bump_ns: int = 300 * _MS
    """Delay of orders and cancels of tokens for people (`token_usage=interactive`)."""
    recv_window_ms: int = 300_000
    """How old a signature may be where the order does not say."""
    windows: tuple[StateWindow, ...] = ()
    has_weekday_maintenance: bool = False
    """Whether to be under maintenance on weekdays at 04:30 UTC for 15 minutes, the last four of them
    cancel-only and post-only, as the venue is."""
    finds_closed_orders: bool = False
    """Whether looking up one order by id also finds one that is over. The venue's documents say it does not."""
    takes_delta_parameters: bool = True
    """Whether order_book.{market}.deltas also takes @15@50ms, as documented. In October 2026 the production
    venue answered "no parameters expected for deltas topic."."""

    def status_at(self, now_ns: int) -> SystemStatus:
        """Give the state of the trading system."""
        for window in self.windows:
            if window.start_ns <= now_ns < window.end_ns:
                return window.status
        return _weekday_status(now_ns) if self.has_weekday_maintenance else SystemStatus.OK


def _weekday_status(now_ns: int) -> SystemStatus:
    day, time_ns = divmod(now_ns, _DAY_NS)
    if (day + _EPOCH_WEEKDAY) % 7 >= _WEEKDAYS:
        return SystemStatus.OK
    minute = time_ns // _MINUTE_NS - (4 * 60 + 30)
    for first, end, status in _MAINTENANCE:
        if first <= minute < end:
            return status
    return SystemStatus.OK


_MAINTENANCE: Final = (
    (0, 11, SystemStatus.MAINTENANCE),
    (11, 13, SystemStatus.CANCEL_ONLY),
    (13, 15, SystemStatus.POST_ONLY),
)
"""Minutes from the beginning of a maintenance."""

__all__ = ["ParadexTerms", "StateWindow", "SystemStatus"]
