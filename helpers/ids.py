"""Client order ids: made by us before sending, unique across restarts, small enough for every venue.

An id is a decimal number below 2^48 (the narrowest range among the venues): 28 bits of start
time in seconds since 2025-01-01 and 20 bits of sequence. Two bots that start within the same
second on one account must not share a key; one bot that restarts within it is kept apart by
`resume_after`.
"""

from __future__ import annotations

from helpers.errors import RunbotError

_EPOCH_S = 1_735_689_600  # 2025-01-01T00:00:00Z
_SEQUENCE_BITS = 20
_TIME_BITS = 28
MAX_CLIENT_ORDER_ID = (1 << (_SEQUENCE_BITS + _TIME_BITS)) - 1


class ClientOrderIds:
    """Counts upwards from the start time."""

    def __init__(self, start_ns: int) -> None:
        """Base the ids on the time the bot starts, ns."""
        seconds = start_ns // 1_000_000_000 - _EPOCH_S
        self._last = (seconds % (1 << _TIME_BITS)) << _SEQUENCE_BITS

    def resume_after(self, used: str) -> None:
        """Never give an id at or below one that an earlier run used."""
        if used.isdecimal():
            self._last = max(self._last, int(used))

    def next(self) -> str:
        """Give the next id.

        Raises:
            RunbotError: the range is used up (one million ids in one second, or the year 2033).
        """
        self._last += 1
        if self._last > MAX_CLIENT_ORDER_ID:
            raise RunbotError("client order ids are used up: restart the bot")
        return str(self._last)
