"""Spot: what a resting order binds where assets are paid in full, and the funding there is not.

A buy binds its price x remaining quantity with the dearer of the two fees, so that whatever it
fills at, the cash is there. A pegged buy binds that at its limit, the worst price it can reach.
A sell binds what is left of it of the asset.
"""

from __future__ import annotations

from decimal import Decimal

from helpers.models import Market
from helpers.money import EXACT
from simulation.resting import SimOrder

_ZERO = Decimal(0)
_ONE = Decimal(1)


def bound_cash(order: SimOrder, market: Market) -> Decimal:
    """Give the cash that a buy with a price binds, in quote, exactly."""
    worst = order.limit if order.peg is None else order.peg.limit
    quantity = EXACT.multiply(Decimal(order.remaining), market.quantity_step)
    notional = EXACT.multiply(EXACT.multiply(Decimal(worst), market.tick_size), quantity)
    return with_fee(notional, market)


def with_fee(notional: Decimal, market: Market) -> Decimal:
    """Add the dearer fee to what a buy pays, in quote, exactly; a rebate is not counted on."""
    fee = max(market.maker_fee, market.taker_fee, _ZERO)
    return EXACT.multiply(notional, EXACT.add(_ONE, fee))


class NoFunding:
    """The funding terms of a spot market: a rate of zero, never settled."""

    def __init__(self, interval_ns: int) -> None:
        """Name an interval all the same: rates are shown per hour."""
        self.interval_ns = interval_ns

    def next_ns(self, now_ns: int) -> int:
        """Give the end of the interval that `now_ns` lies in."""
        return (now_ns // self.interval_ns + 1) * self.interval_ns

    def rate(self, settlement_ns: int) -> Decimal:
        """Give zero."""
        del settlement_ns
        return _ZERO
