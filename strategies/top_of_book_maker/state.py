"""What the maker remembers: whether it is paused, what it still has to offer, and what it was refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from strategies.base_strategy import MarketData, Order, OrderStatus
from strategies.heard import Heard
from strategies.pauses import BackOff

RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
"""The venue has it: it may be changed or cancelled."""


class Sent(msgspec.Struct):
    """The latest order of one side, and when the next one may go out if the venue did not take it."""

    intent: str = ""
    back_off: BackOff = msgspec.field(default_factory=BackOff)

    def look(self, data: MarketData) -> None:
        """Forget the refusals once the venue has taken an order."""
        order = data.order(self.intent)
        if order is not None and order.status in RESTING:
            self.back_off.accepted()

    def ended(self, order: Order) -> None:
        """Back off after a refusal."""
        if order.status is OrderStatus.REJECTED:
            self.back_off.refused(order.updated_ns)
        else:
            self.back_off.accepted()


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
    buy: Sent = msgspec.field(default_factory=Sent)
    sell: Sent = msgspec.field(default_factory=Sent)
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
