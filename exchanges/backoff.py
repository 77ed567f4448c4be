"""How long to wait before trying again: twice as long each time, and never the same for everybody."""

from __future__ import annotations

import random


class Backoff:
    """Waits that double from the first to the longest, each drawn from its upper half."""

    def __init__(self, rng: random.Random, first_s: float, longest_s: float) -> None:
        """Start with the first.

        Args:
            rng: draws the jitter.
            first_s: seconds of the first wait, at most.
            longest_s: seconds of the longest.
        """
        self._rng = rng
        self._first_s = first_s
        self._longest_s = longest_s
        self._usual_s = first_s

    def next_s(self) -> float:
        """Draw the next wait, and make the one after it twice as long."""
        usual_s = min(self._usual_s, self._longest_s)
        self._usual_s = usual_s * 2
        return self._drawn(usual_s)

    def longest_s(self) -> float:
        """Draw the longest wait; the next ones are no shorter."""
        self._usual_s = self._longest_s
        return self.next_s()

    def after(self, troubles: int) -> float:
        """Draw the wait after so many troubles in a row, whatever came before; none after none."""
        if troubles <= 0:
            return 0.0
        return self._drawn(min(self._first_s * 2.0 ** min(troubles - 1, 64), self._longest_s))

    def start_over(self) -> None:
        """Begin with the first wait again."""
        self._usual_s = self._first_s

    def _drawn(self, usual_s: float) -> float:
        return usual_s * (1 + self._rng.random()) / 2


__all__ = ["Backoff"]
