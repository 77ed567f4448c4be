"""Whatever happens to a maker: it offers no more than is held, by a bounded number of orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from storm import EVENTS, Event, Storm

from helpers.enums import OrderStatus, Side
from strategies.top_of_book_maker.strategy import TopOfBookMakerStrategy

D = Decimal
OPTIONS: list[dict[str, Any]] = [
    {"maker_fee_rate": "0"},
    {"max_exposure": None, "min_usd_balance": None, "maker_fee_rate": "0", "max_sells": 2},
    {"clamp_to_bid": True, "maker_fee_rate": "0.000001"},
    {"spread_guard": "market", "clamp_to_bid": True},
]
events = st.lists(st.builds(Event, st.sampled_from(sorted(EVENTS)), st.integers(0, 10**6)), max_size=40)


@given(options=st.sampled_from(OPTIONS), spot=st.booleans(), happens=events)
@settings(max_examples=120, deadline=None)
def test_whatever_happens_it_offers_no_more_than_is_held(
    options: dict[str, Any], spot: bool, happens: list[Event]
) -> None:
    """At most one buy, sells bounded in number and by the position, and it comes to rest after every event."""
    storm = Storm(TopOfBookMakerStrategy, options, spot=spot)
    storm.settle()
    for event in happens:
        if storm.stopped:
            return
        storm.happen(event)
        live = [order for order in storm.desk.orders.values() if not order.pending_cancel]
        sells = [order for order in live if order.side is Side.SELL and order.status is not OrderStatus.UNKNOWN]
        known_buys = [order for order in live if order.side is Side.BUY and order.status is not OrderStatus.UNKNOWN]
        assert len(known_buys) <= 1
        assert len(sells) <= 20
        if storm.desk.position is not None:
            assert sum(order.remaining_quantity for order in sells) <= max(D(0), storm.desk.position)
            state = storm.desk.strategy.state  # type: ignore[attr-defined]  # a maker's
            assert max(state.bought, state.returned) <= max(D(0), storm.desk.position)
