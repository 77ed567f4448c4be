"""What holds for every registered strategy, whatever happens to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storm import EVENTS, Event, Storm

from strategies.factory import strategies

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "grid": [{}, {"wait_time": 0, "direction": "sell", "position_guard": False, "boost": True}],
    "geometric_grid": [{}, {"mode": "short", "recenter_on_move": True}],
    "top_of_book_maker": [{}, {"maker_fee_rate": "0", "max_exposure": 5_000}],
    "avellaneda_stoikov": [{"sample_interval": 150, "window": 300}, {}],
    "perp_market_maker": [{}, {"cancel_before_place": False, "inventory_skew": "0.001"}],
    "trend_ladder": [{}, {"direction": "short"}, {"requote_mode": "place_first", "requote_confirm": 1}],
    "scalping": [{}],
    "momentum": [{"lookback_period": 2, "bar_length": 100, "threshold": 0}],
}
"""Sets of options by strategy; at least the defaults."""

CASES = [
    pytest.param(name, options, id=f"{name}-{n}")
    for name in strategies.names()
    for n, options in enumerate(OPTIONS.get(name, [{}]))
]
EVENT_LISTS = st.lists(st.builds(Event, st.sampled_from(sorted(EVENTS)), st.integers(0, 10**6)), max_size=50)


@pytest.mark.parametrize(("name", "options"), CASES)
@given(events=EVENT_LISTS, slow=st.booleans())
@settings(max_examples=40, deadline=None)
def test_whatever_happens(name: str, options: dict[str, Any], events: list[Event], *, slow: bool) -> None:
    """Nothing breaks, nothing is asked that a venue must refuse, no own orders cross, and it always comes to rest."""
    storm = Storm(strategies.load(name), options, slow=slow)
    storm.settle()
    for event in events:
        if storm.stopped:
            break
        storm.happen(event)


@pytest.mark.parametrize(("name", "options"), CASES)
@given(events=EVENT_LISTS)
@settings(max_examples=8, deadline=None)
def test_the_same_events_give_the_same_decisions(name: str, options: dict[str, Any], events: list[Event]) -> None:
    """Two of a kind that live through the same decide the same, in the same words."""
    logs = []
    for _ in range(2):
        storm = Storm(strategies.load(name), options)
        for event in events:
            if not storm.stopped:
                storm.happen(event)
        logs.append((storm.log, storm.stopped))
    assert logs[0] == logs[1]
