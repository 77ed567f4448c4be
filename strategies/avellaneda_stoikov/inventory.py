"""How much may be held, and what is done about too much of it. Pure functions; quantities in base units."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum

from helpers.enums import Side
from helpers.models import MarketData, Order


class Mode(Enum):
    """Which sides are quoted."""

    BOTH = "both"
    LONG_REDUCE = "long_reduce"
    """Too long: only a reduce-only ask."""
    SHORT_REDUCE = "short_reduce"
    """Too short: only a reduce-only bid."""

    @property
    def exit_side(self) -> Side | None:
        """The one side that is quoted, reduce-only; None where both are."""
        return {Mode.LONG_REDUCE: Side.SELL, Mode.SHORT_REDUCE: Side.BUY}.get(self)


def next_mode(mode: Mode, held: Decimal, most: Decimal, least_order: Decimal, recover_ratio: Decimal) -> Mode:
    """Say which sides to quote now.

    Reducing begins where no order of `least_order` fits any more below `most`, which after partial fills may
    be a little before it, and ends at `recover_ratio` of `most`, or on the other side of zero. What is less
    than an order cannot be reduced: an ordinary quote takes it along.
    """
    way_out = Mode.LONG_REDUCE if held > 0 else Mode.SHORT_REDUCE
    size = held.copy_abs()
    is_full = size > most - least_order
    is_recovering = mode is way_out and size > most * recover_ratio
    return way_out if size >= least_order and (is_full or is_recovering) else Mode.BOTH


def room(held: Decimal, most: Decimal, side: Side, live: Iterable[Order], *, reduce_only: bool) -> Decimal:
    """Say how much one more order of `side` may fill, if all `live` ones of that side filled before it.

    An order whose cancel is on its way may still fill, so it counts. Negative where too much is out already.
    """
    out = sum((order.remaining_quantity for order in live), Decimal(0))
    return (-held * side.sign if reduce_only else most - held * side.sign) - out


def is_affordable(data: MarketData, side: Side, quantity: Decimal, price: Decimal) -> bool:
    """Whether money could back an order that adds to the position, at the most leverage the market knows.

    What the venue does not say is left to the venue to judge.
    """
    held = Decimal(0) if data.position is None else data.position.quantity
    available = None if data.balance is None else data.balance.available
    if available is None or held * side.sign < 0:
        return True
    return quantity * price <= available * data.market.max_leverage
