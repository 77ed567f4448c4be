"""Where one subscription stands: to be sent, sent and not proven, or proven and alive; and when to look at it again."""

from __future__ import annotations

import math
from collections.abc import Callable

from exchanges.steady_time import SteadyTime
from exchanges.stream_terms import Channel, StreamTerms
from helpers.clock import NS_PER_S, Bell
from helpers.errors import ConnectivityError

_MOST_DOUBLINGS = 6


class Subscription:
    """One channel on the connection as it is now. Times in steady ns."""

    __slots__ = ("_due_ns", "bells", "channel", "heard_ns", "is_acked", "is_proven", "is_sent", "proofs", "proven_ns",
                 "refusal", "troubles")  # fmt: skip

    def __init__(self, channel: Channel, now_ns: int) -> None:
        """Start to be sent at once."""
        self.channel = channel
        self.is_sent = False
        self.is_acked = False
        self.is_proven = False
        self.proofs = 0
        """How often it was proven so far; from the first on it is kept."""
        self.refusal = ""
        """What the venue last said against it."""
        self.troubles = 0
        """Gaps, refusals and silences in a row, with no quiet time between."""
        self.heard_ns = now_ns
        self.proven_ns = now_ns
        self.bells: list[Bell] = []
        """Who waits for it to be proven."""
        self._due_ns = now_ns

    def due_ns(self) -> int | None:
        """Give when something has to be done about it; None while there is nothing to wait for."""
        if self.is_proven:
            return after_ns(self.heard_ns, self.channel.max_silence_s)
        return self._due_ns if self.proofs or not self.is_sent else None  # who waits in `add` looks after a new one

    def send_again(self, due_ns: int) -> None:
        """Take note that it is not subscribed, and when it is to be."""
        self.is_sent = self.is_acked = self.is_proven = False
        self._due_ns = due_ns

    def sent(self, now_ns: int, patience_s: float) -> None:
        """Take note that the message left, and how long data may take."""
        self.is_sent = True
        self.is_acked = self.is_proven = False
        self._due_ns = after_ns(now_ns, patience_s) or now_ns

    def proven(self, now_ns: int) -> None:
        """Take note that it works."""
        self.is_proven = True
        self.proofs += 1
        self.refusal = ""
        self.heard_ns = self.proven_ns = now_ns
        self.tell()

    def trouble(self, now_ns: int, quiet_s: float) -> None:
        """Count a trouble; the first after a quiet time is the first."""
        if self.is_proven and now_ns - self.proven_ns >= quiet_s * NS_PER_S:
            self.troubles = 0
        self.troubles += 1

    def patience_s(self, terms: StreamTerms, *, is_alone: bool) -> float:
        """Give how long data may take: longer each time, for the sake of the channels beside it that work."""
        if is_alone:
            return terms.data_within_s
        return terms.data_within_s * 2.0 ** min(max(self.troubles - 1, 0), _MOST_DOUBLINGS)

    async def proof(self, time: SteadyTime, due_ns: int | None, why_not: Callable[[], str]) -> None:
        """Wait until it is proven, once more if it was before.

        Args:
            time: to wait on.
            due_ns: when to ask at the latest whether to go on.
            why_not: gives a reason not to wait any longer; empty to go on.

        Raises:
            ConnectivityError: there was a reason.
        """
        bell, proofs = Bell(), self.proofs
        self.bells.append(bell)
        try:
            while self.proofs == proofs:
                reason = why_not()
                if reason:
                    raise ConnectivityError(reason)
                bell.silence()
                await time.wait(bell, due_ns)
        finally:
            self.bells.remove(bell)

    def tell(self) -> None:
        """Wake who waits for it."""
        for bell in self.bells:
            bell.ring()


def after_ns(start_ns: int, seconds: float | None) -> int | None:
    """Give the time so many seconds later; None if that is never."""
    return None if seconds is None or seconds == math.inf else start_ns + round(seconds * NS_PER_S)


def earliest_ns(*times: int | None) -> int | None:
    """Give the first of the times that will come; None if none will."""
    return min((time_ns for time_ns in times if time_ns is not None), default=None)


__all__ = ["Subscription", "after_ns", "earliest_ns"]
