"""Pauses between orders: longer the more of them rest, and doubled after each refusal."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from helpers.clock import NS_PER_S

_SHORTEST_COOL_S: Final = Decimal(1)
_FIRST_RETRY_NS: Final = NS_PER_S // 2
_LONGEST_RETRY_NS: Final = 30 * NS_PER_S
_DOUBLINGS: Final = 6


def cooling_ns(closes: int, max_orders: int, wait_s: Decimal, timing_factor: Decimal = Decimal(1)) -> int:
    """Give the pause after an entry, in ns: the fuller the ladder, the longer.

    Twice the wait from two thirds of `max_orders` resting closes, the whole wait from one
    third, half of it from one sixth, else a quarter; never below one second when it is varied.
    """
    if 3 * closes >= 2 * max_orders:
        seconds = 2 * wait_s
    elif 3 * closes >= max_orders:
        seconds = wait_s
    elif 6 * closes >= max_orders:
        seconds = wait_s / 2
    else:
        seconds = wait_s / 4
    if timing_factor != 1:
        seconds = max(_SHORTEST_COOL_S, seconds * timing_factor)
    return int(seconds * NS_PER_S)


def back_off_ns(refusals: int) -> int:
    """Give the pause after so many refusals in a row before this one: half a second, doubled up to half a minute."""
    return min(_LONGEST_RETRY_NS, _FIRST_RETRY_NS << min(refusals, _DOUBLINGS))


class BackOff(msgspec.Struct):
    """When something that was refused may be tried again."""

    refusals: int = 0
    """In a row."""
    due_ns: int = 0
    """Not before this."""

    def refused(self, now_ns: int) -> None:
        """Wait longer than the last time."""
        self.due_ns = now_ns + back_off_ns(self.refusals)
        self.refusals += 1

    def accepted(self) -> None:
        """Forget the refusals."""
        self.refusals = self.due_ns = 0
