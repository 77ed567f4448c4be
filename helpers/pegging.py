"""Where a pegged order should stand: one pure rule, for the bot, the risk review and the simulation.

In whole ticks the rule is exact with integers alone. Count the reference in half ticks (2 x bid, 2 x ask
or bid + ask) and let `away` be the offset in half ticks, rounded up: ceil(2 x offset / tick_size), which
loses nothing. Then

    buy:  min(floor((reference - away) / 2), floor(limit / tick_size))
    sell: max(ceil((reference + away) / 2), ceil(limit / tick_size))

So reference and offset are rounded together and once, away from the market.
"""

from __future__ import annotations

from decimal import Decimal

from helpers.decisions import OrderParams
from helpers.enums import OrderType, Side, TimeInForce
from helpers.models import MarketData
from helpers.money import passive_price
from helpers.peg import Peg, PegReference

_MAY_REST = frozenset({TimeInForce.GTC, TimeInForce.GTT})


def peg_price(
    peg: Peg, side: Side, best_bid: Decimal | None, best_ask: Decimal | None, tick_size: Decimal
) -> Decimal | None:
    """Give the price a pegged order should stand at; None where the book says nothing.

    That is where the side it follows is missing, where the book is locked or crossed, and where
    the price would not be above zero. Nothing keeps the price from reaching the other side: such
    an order is post-only, and the venue refuses what would take.

    Args:
        peg: what to follow.
        side: of the order.
        best_bid: None while there is none.
        best_ask: None while there is none.
        tick_size: the price is a multiple of it, rounded away from the market.
    """
    reference = _reference(peg.reference, side, best_bid, best_ask)
    if reference is None:
        return None
    wanted = reference - peg.offset if side is Side.BUY else reference + peg.offset
    price = passive_price(_bounded(wanted, side, peg.limit), side, tick_size)
    return price if price > 0 else None


def worst_price(peg: Peg | None, side: Side, price: Decimal | None) -> Decimal | None:
    """Give the highest price an order is known to be able to stand at: its own, or a pegged buy's limit."""
    if peg is None or peg.limit is None or price is None or side is Side.SELL:
        return price
    return max(price, peg.limit)


def peg_trouble(params: OrderParams, peg: Peg, data: MarketData) -> str | None:
    """Say why an order cannot follow the book as it asks to; None if it can."""
    trouble = _form_trouble(params)
    if trouble is not None:
        return trouble
    if not (peg.offset.is_finite() and (peg.limit is None or peg.limit.is_finite())):
        return "offset and limit of a peg must be finite numbers"
    if peg_price(peg, params.side, data.best_bid, data.best_ask, data.market.tick_size) is None:
        return "its peg gives no price above zero"
    return None


def _form_trouble(params: OrderParams) -> str | None:
    if params.order_type is OrderType.MARKET:
        return "a market order has no price that could follow the book"
    if params.time_in_force not in _MAY_REST:
        return f"an order with time in force {params.time_in_force.value} does not rest: it cannot follow the book"
    if not params.post_only:
        return "an order that follows the book must be post-only"
    return None if params.price is None else "an order that follows the book takes no price beside its peg"


def _reference(
    reference: PegReference, side: Side, best_bid: Decimal | None, best_ask: Decimal | None
) -> Decimal | None:
    if best_bid is not None and best_ask is not None:
        if best_bid >= best_ask:
            return None
        if reference is PegReference.MID:
            return (best_bid + best_ask) / 2
    elif reference is PegReference.MID:
        return None
    follows_bid = (side is Side.BUY) is (reference is PegReference.BEST)
    return best_bid if follows_bid else best_ask


def _bounded(price: Decimal, side: Side, limit: Decimal | None) -> Decimal:
    if limit is None:
        return price
    return min(price, limit) if side is Side.BUY else max(price, limit)
