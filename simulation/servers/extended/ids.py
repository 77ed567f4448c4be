"""How Extended numbers and dates things: snowflake ids (milliseconds and a counter in one number) and Unix ms."""

from __future__ import annotations

from typing import Final

_MS: Final = 1_000_000
_EPOCH_MS: Final = 1_288_834_974_657
"""What ids seen on the live venue count from."""
_COUNTER_BITS: Final = 22
_COUNTER_MASK: Final = (1 << _COUNTER_BITS) - 1


def to_ms(time_ns: int) -> int:
    """Give a time in Unix milliseconds."""
    return time_ns // _MS


def snowflake(time_ns: int, number: int) -> int:
    """Give an id that grows with time; beyond 2^53, as the venue's are.

    Args:
        time_ns: when the thing came to be.
        number: tells apart what came to be in one millisecond.
    """
    return ((to_ms(time_ns) - _EPOCH_MS) << _COUNTER_BITS) | (number & _COUNTER_MASK)


__all__ = ["snowflake", "to_ms"]
