"""What the maker remembers: whether it is paused, what it still has to offer, and what it was refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from helpers.clock import NS_PER_S
from strategies.base_strategy import MarketData, Order, OrderStatus
from strategies.heard import Heard
from strategies.pauses import BackOff

RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
"""The venue has it: it may be changed or cancelled."""


_APART_NS: Final = 30 * NS_PER_S
"""A refusal so long after the pause before it has nothing to do with that one."""


def look_back(order: Order, back_off: BackOff) -> None:
    """Back off after a refused order of one side, longer after several in a row.

    Only an end without a refusal ends the row, or time. An order that the venue shows as open does not: several
    venues show a post-only order before they refuse it, and a book that stands still would have it asked for
    again every half second.
    """
    if order.status is not OrderStatus.REJECTED or order.updated_ns > back_off.due_ns + _APART_NS:
        back_off.accepted()
    if order.status is OrderStatus.REJECTED:
        back_off.refused(order.updated_ns)


class Amending(msgspec.Struct):
    """The latest amend: while it is on its way it is not asked for again; one that was refused is, after a pause."""

    intent: str = ""
    price: Decimal | None = None
    """The order's price when it was asked for."""
    updated_ns: int = 0
    """When the order had last moved then."""
    back_off: BackOff = msgspec.field(default_factory=BackOff)

    def is_pending(self, order: Order, now_ns: int) -> bool:
        """Whether it may still be on its way."""
        return self._is_unmoved(order) and now_ns < self.back_off.due_ns

    def asked(self, order: Order, now_ns: int) -> None:
        """Note that it is asked for; one that was asked for and did nothing waits longer each time."""
        if not self._is_unmoved(order):
            self.back_off.accepted()
        self.intent, self.price, self.updated_ns = order.intent, order.price, order.updated_ns
        self.back_off.refused(now_ns)

    def _is_unmoved(self, order: Order) -> bool:
        return (order.intent, order.price, order.updated_ns) == (self.intent, self.price, self.updated_ns)


class MakerState(msgspec.Struct):
    """Everything the maker knows that the market does not tell."""

    paused: bool = False
    """A limit was reached; buying resumes when both pass and the next order fits."""
    resumed: bool = False
    """It resumed and bought nothing since."""
    resuming: BackOff = msgspec.field(default_factory=BackOff)
    """Where resuming only leads to the next pause it is tried less and less often."""
    next_number: int = 1
    """Number of the next order."""
    bought: Decimal = Decimal(0)
    """Bought and not yet offered: goes out once no buy rests."""
    returned: Decimal = Decimal(0)
    """Offered by a sell that ended unfilled: goes out as soon as it may."""
    buying: BackOff = msgspec.field(default_factory=BackOff)
    """When the next buy may go out."""
    selling: BackOff = msgspec.field(default_factory=BackOff)
    """When the next sell may."""
    amending: Amending = msgspec.field(default_factory=Amending)
    heard: Heard = msgspec.field(default_factory=Heard)
    """Which ends of sells were told: they can be told twice."""

    def name(self, side: str, data: MarketData) -> str:
        """Give an intent that no live order carries."""
        live = {order.intent for order in data.orders}
        while (intent := f"{side}-{self.next_number}") in live:
            self.next_number += 1
        self.next_number += 1
        return intent

    def fit(self, free: Decimal) -> None:
        """Never owe more than there is: it was sold by hand, or while nobody listened."""
        self.bought = min(self.bought, free)
        self.returned = min(self.returned, free)
