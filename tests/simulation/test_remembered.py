"""Answers that are kept."""

from __future__ import annotations

import pytest

from simulation.remembered import Remembered


def test_an_answer_is_computed_once() -> None:
    """The second time it is looked up."""
    asked: list[str] = []
    lengths: Remembered[str, int] = Remembered(lambda text: asked.append(text) or len(text))
    assert [lengths["abc"], lengths["abc"], lengths["x"]] == [3, 3, 1]
    assert asked == ["abc", "x"]


def test_no_more_answers_are_kept_than_wanted() -> None:
    """However many questions there are, and every answer is right."""
    squares: Remembered[int, int] = Remembered(lambda number: number * number, kept=3)
    for number in (1, 2, 3, 4, 1, 2, 3, 4):
        assert squares[number] == number * number
        assert len(squares) <= 3


def test_an_error_is_not_remembered() -> None:
    """It is raised each time."""
    inverse: Remembered[int, float] = Remembered(lambda number: 1 / number)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            inverse[0]
    assert not inverse
