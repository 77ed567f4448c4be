"""Pegged orders at the simulated venue: from what was asked for to what the engine carries."""

from __future__ import annotations

from array import array
from decimal import ROUND_CEILING
from typing import Final

from helpers.decisions import OrderParams, PegReference
from helpers.enums import OrderType, Side, TimeInForce
from simulation.kernel_orders import BEST, MID, OPPOSITE, Peg
from simulation.profile import Latency, VenueProfile
from simulation.resting import NO_SELL
from simulation.venue_market import VenueMarket

_REFERENCES: Final = {PegReference.BEST: BEST, PegReference.OPPOSITE: OPPOSITE, PegReference.MID: MID}


def form_trouble(params: OrderParams) -> str:
    """Say why an order cannot be pegged as it is asked for; empty if it can."""
    rests = params.order_type is OrderType.LIMIT and params.time_in_force in {TimeInForce.GTC, TimeInForce.GTT}
    if not rests:
        return "a pegged order is a limit order that rests"
    return "" if params.post_only else "a pegged order must be post-only"


def make_peg(params: OrderParams, venue_market: VenueMarket, profile: VenueProfile) -> Peg | None:
    """Give what the engine carries for a pegged order, standing where the book has it now.

    None where the order is not pegged, or the book gives no price.
    """
    wanted, row = params.peg, venue_market.engine.cursor.current()
    if wanted is None or row is None:
        return None
    scale, is_buy = venue_market.scale, params.side is Side.BUY
    limit = NO_SELL if is_buy else 0
    if wanted.limit is not None:
        limit = scale.ticks_below(wanted.limit) if is_buy else scale.ticks_above(wanted.limit)
    peg = Peg(
        is_buy=is_buy,
        reference=_REFERENCES[wanted.reference],
        offset=int((2 * wanted.offset / scale.tick_size).to_integral_value(ROUND_CEILING)),
        limit=limit,
        entry_ns=_typical_ns(profile.order_entry),
        response_ns=_typical_ns(profile.response),
        depth=array("q", venue_market.engine.instrument.depth_lots),
    )
    peg.price = peg.target(row.bid, row.ask)
    peg.bid, peg.ask = row.bid, row.ask
    return peg if peg.price > 0 else None


def _typical_ns(latency: Latency) -> int:
    """Give the middle of a delay: the moves of a pegged order take no chance."""
    return latency.base_ns + latency.jitter_ns // 2
