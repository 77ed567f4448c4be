"""The orders of one side: at most two live, the new one out before the old one goes.

Two names a side, "bid-a" and "bid-b", are all there are, so there can never be more. A new order takes the
free name; once the venue has confirmed it, the old one is cancelled. The state of all this is in the orders
themselves: nothing is noted, so a crash between the two steps leaves nothing to repair.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from helpers.enums import OrderStatus, Side
from helpers.models import MarketData, Order
from helpers.money import floor_to, minimum_quantity, plain
from strategies.avellaneda_stoikov.inventory import is_affordable, room
from strategies.avellaneda_stoikov.state import Cancels
from strategies.base_strategy import OrderParams
from strategies.plan import Plan

_NAMES: Final = {Side.BUY: ("bid-a", "bid-b"), Side.SELL: ("ask-a", "ask-b")}
_CONFIRMED: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})
_ZERO: Final = Decimal(0)


class Wanted(NamedTuple):
    """A quote as it should rest."""

    price: Decimal
    quantity: Decimal
    reduce_only: bool


class Limits(NamedTuple):
    """What holds for every quote of a step."""

    held: Decimal
    most: Decimal
    """Largest position."""
    near: Decimal
    """Leave an order that stands too near to the market by this, USD."""
    far: Decimal
    """Leave an order that stands too far from the market by this, USD."""


class Idle(NamedTuple):
    """Why nothing of a side rests."""

    key: str
    """The reason without its figures: it is said again only when this changes."""
    text: str
    """Empty if the reason was given with a cancel."""


class QuoteSide:
    """One side at one moment."""

    __slots__ = ("_cancels", "_data", "_plan", "idle", "live", "side", "standing")

    def __init__(self, side: Side, data: MarketData, plan: Plan, cancels: Cancels) -> None:
        """Find the orders of this side; write into `plan` what is to be done."""
        self.side: Final = side
        self.live: Final = [order for order in data.orders if order.intent in _NAMES[side]]
        self.standing = [order for order in self.live if not order.pending_cancel]
        """Nobody has cancelled them."""
        self.idle: Idle | None = None
        self._data = data
        self._plan = plan
        self._cancels = cancels

    def retire(self) -> None:
        """Cancel the old order if the venue confirmed the new one."""
        if len(self.standing) > 1 and all(order.status in _CONFIRMED for order in self.standing):
            *old, new = self.standing
            for order in old:
                self._cancel(order, f"{plain(new.price or _ZERO)} rests instead")

    def withdraw(self, why: Idle) -> None:
        """Cancel what rests. An order that the venue has not answered yet is left until it does."""
        self.idle = why._replace(text="") if self.live else why
        for order in [order for order in self.standing if order.status in _CONFIRMED]:
            self._cancel(order, why.text)

    def renew(self, wanted: Wanted, limits: Limits, *, may_place: bool) -> None:
        """See that the wanted quote rests: leave the order that does, or place its successor.

        Args:
            wanted: the quote.
            limits: the largest position and the tolerances.
            may_place: False while the side backs off after a refusal; then a quote that is out of place goes.
        """
        if any(order.status not in _CONFIRMED for order in self.standing) or len(self.standing) > 1:
            self._give_up_on(wanted, limits)
            return  # the venue has to speak first
        current = self.standing[0] if self.standing else None
        if current is not None:
            others = [order for order in self.live if order is not current]
            space = room(limits.held, limits.most, self.side, others, reduce_only=current.reduce_only)
            if current.remaining_quantity > space:
                self._cancel(
                    current, f"the position of {plain(limits.held)} leaves room for {plain(max(space, _ZERO))}"
                )
                return
            if _is_in_place(current, wanted, limits):
                return
            if not may_place:
                self._cancel(current, "it is out of place, and its successor was refused")
                return
        if may_place:
            self._place(wanted, limits, current)

    def _give_up_on(self, wanted: Wanted, limits: Limits) -> None:
        """Cancel a quote that is out of place while nobody knows whether its successor rests: that may take long."""
        if any(order.status is OrderStatus.UNKNOWN for order in self.standing):
            for order in self.standing:
                if order.status in _CONFIRMED and not _is_in_place(order, wanted, limits):
                    self._cancel(order, "it is out of place, and the fate of its successor is unknown")

    def _place(self, wanted: Wanted, limits: Limits, current: Order | None) -> None:
        """Place an order beside the current one, or make room for it first."""
        live = [order.intent for order in self.live]
        name = next((name for name in _NAMES[self.side] if name not in live), None)
        if name is None or self._meets_own(wanted.price):
            return  # a cancel is on its way, or the other side has to move first
        space = room(limits.held, limits.most, self.side, self.live, reduce_only=wanted.reduce_only)
        quantity = floor_to(min(wanted.quantity, space), self._data.market.quantity_step)
        missing = self._missing(wanted, limits, quantity)
        if missing is None:
            order = OrderParams(
                side=self.side,
                quantity=quantity,
                price=wanted.price,
                intent=name,
                post_only=True,
                reduce_only=wanted.reduce_only,
            )
            self._plan.place(order, f"{self.side.value} {plain(quantity)} {self._data.ticker} at {plain(wanted.price)}")
        elif current is not None:
            self._cancel(current, f"beside it there is no {missing.key} for its successor at {plain(wanted.price)}")
        elif not self.live:
            self.idle = missing

    def _missing(self, wanted: Wanted, limits: Limits, quantity: Decimal) -> Idle | None:
        """Say what an order of this quantity lacks; None if it may go out."""
        market, price = self._data.market, wanted.price
        # A whole position may be closed whatever it is worth.
        is_all = wanted.reduce_only and quantity == abs(limits.held)
        least = market.min_quantity if is_all else minimum_quantity(market, price)
        if quantity < least:
            words = f"with {plain(limits.held)} of at most {plain(limits.most)} held"
            return Idle("room", f"{words} no order of at least {plain(least)} {self._data.ticker} fits")
        if not is_affordable(self._data, self.side, quantity, price):
            words = f"no money for {plain(quantity)} {self._data.ticker} at {plain(price)}"
            return Idle("money", f"{words}, even at the market's largest leverage of {plain(market.max_leverage)} x")
        return None

    def _meets_own(self, price: Decimal) -> bool:
        """Whether an order at this price would trade with one of our own, left behind by a jump of the market."""
        others = [order for order in self._data.orders if order.side is self.side.opposite and order.price is not None]
        return any((price - (order.price or _ZERO)) * self.side.sign >= 0 for order in others)

    def _cancel(self, order: Order, why: str) -> None:
        self.standing = [other for other in self.standing if other is not order]
        if self._cancels.may_ask(order, self._data.now_ns):
            self._plan.cancel(order.intent, f"cancel {self.side.value} at {plain(order.price or _ZERO)}: {why}")


def _is_in_place(order: Order, wanted: Wanted, limits: Limits) -> bool:
    if order.price is None or order.reduce_only is not wanted.reduce_only:
        return False
    return -limits.far <= (order.price - wanted.price) * order.side.sign <= limits.near
