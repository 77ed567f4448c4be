"""Anything may happen to the maker, here with a volatility that it knows, so that it really quotes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storm import EVENTS, Event, Storm

from strategies.avellaneda_stoikov.strategy import AvellanedaStoikovStrategy

# Samples so far apart that the storm's pauses miss none, and two of them are enough.
SLOW: dict[str, Any] = {"sample_interval": 150, "window": 300}
OPTIONS: list[dict[str, Any]] = [
    SLOW,
    {**SLOW, "kappa": 10, "max_position_base": "0.008", "recover_ratio": "0.5"},
    {**SLOW, "kappa": 1, "join_touch": True, "requote_ticks": 0, "gamma": "0.5"},
]
EVENT_LISTS = st.lists(st.builds(Event, st.sampled_from(sorted(EVENTS)), st.integers(0, 10**6)), max_size=40)
WARM_UP = [Event("wait", 1_199), Event("quote", 300)] * 5


def weather(options: dict[str, Any], events: list[Event]) -> Storm:
    """Let it all happen, and check after each."""
    storm = Storm(AvellanedaStoikovStrategy, options)
    storm.settle()
    for event in WARM_UP + events:
        storm.happen(event)
        for prefix in ("bid", "ask"):
            assert len([intent for intent in storm.desk.orders if intent.startswith(prefix)]) <= 2
    return storm


@pytest.mark.parametrize("options", OPTIONS, ids=["defaults", "small position", "touch"])
@given(events=EVENT_LISTS)
@settings(max_examples=60, deadline=None)
def test_whatever_happens(options: dict[str, Any], events: list[Event]) -> None:
    """Nothing breaks, nothing is asked that a venue must refuse, no own orders cross, and it comes to rest."""
    storm = weather(options, events)
    assert not storm.stopped
    assert any(line.startswith("buy") for line in storm.log)  # it did quote
