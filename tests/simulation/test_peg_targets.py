"""The engine's pegged prices in ticks are those of the rule everybody else uses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import INSTRUMENT, MARKET, NO_DELAY, TapeWriter, make_venue

from helpers.decisions import OrderParams, Peg, PegReference
from helpers.enums import Side
from helpers.pegging import peg_price
from simulation.pegging import make_peg

D = Decimal
TICK_SIZES = st.sampled_from([D("0.1"), D("0.05"), D(1), D("0.25")])
MONEY = st.decimals(min_value=-60, max_value=60, places=3)


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """Give a peg, a side and a two-sided book in ticks."""
    bid = draw(st.integers(min_value=1, max_value=300))
    return {
        "reference": draw(st.sampled_from(list(PegReference))),
        "offset": draw(MONEY),
        "limit": draw(st.none() | st.decimals(min_value=D("0.001"), max_value=300, places=3)),
        "side": draw(st.sampled_from(list(Side))),
        "bid": bid,
        "ask": bid + draw(st.integers(min_value=1, max_value=9)),
        "tick_size": draw(TICK_SIZES),
    }


@settings(max_examples=300, deadline=None)
@given(scenes())
def test_ticks_and_prices_agree(scene: dict[str, Any]) -> None:
    """On any two-sided book the engine and the rule in prices give the same, or both give none."""
    tick, side = scene["tick_size"], scene["side"]
    peg = Peg(reference=scene["reference"], offset=scene["offset"], limit=scene["limit"])
    tape = TapeWriter(scene["bid"], scene["ask"]).tape(msgspec.structs.replace(INSTRUMENT, tick_size=tick))
    venue = make_venue(tape, market=msgspec.structs.replace(MARKET, tick_size=tick))
    venue.advance_to(tape.start_ns)
    params = OrderParams(intent="x", side=side, quantity=D(1), peg=peg, post_only=True)
    made = make_peg(params, venue.core.market("BTC"), NO_DELAY)
    wanted = peg_price(peg, side, scene["bid"] * tick, scene["ask"] * tick, tick)
    assert (None if made is None else made.price * tick) == wanted
