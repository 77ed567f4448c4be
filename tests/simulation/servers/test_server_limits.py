"""Counting calls as venues do: never more than the limit in any window."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.servers.limits import RollingWindow


@settings(max_examples=100, deadline=None)
@given(calls=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 4)), max_size=80))
def test_no_window_holds_more_than_the_limit(calls: list[tuple[int, int]]) -> None:
    """In every stretch of the window's length at most the limit was let through, and a refusal was right."""
    window, now, taken = RollingWindow(10, 1_000), 0, []
    for gap, weight in calls:
        now += gap
        recent = sum(each for at, each in taken if at > now - 1_000)
        allowed = window.take(now, weight)
        assert allowed is (recent + weight <= 10)
        if allowed:
            taken.append((now, weight))
