"""Answers that are kept: a recording repeats its prices, so most are looked up, not computed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

KEPT: Final = 65_536
"""Answers that are kept; then it starts anew, which costs less than judging which are still needed."""

Question = TypeVar("Question", bound=Hashable)
Answer = TypeVar("Answer")


class Remembered(dict[Question, Answer]):
    """A function as a dict: `ticks[price]` computes once and then remembers."""

    def __init__(self, compute: Callable[[Question], Answer], kept: int = KEPT) -> None:
        """Remember nothing yet."""
        super().__init__()
        self._compute = compute
        self._kept = kept

    def __missing__(self, question: Question) -> Answer:
        """Compute an answer; an error is not remembered."""
        answer = self._compute(question)
        if len(self) >= self._kept:
            self.clear()
        self[question] = answer
        return answer
