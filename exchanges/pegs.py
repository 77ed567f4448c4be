"""Following the book with pegged orders, on venues whose orders cannot follow by themselves.

When the best prices have moved, each pegged order that rests and is not at its price is amended, at the
end of the moment and on the newest book, however many quotes came in it. One amend is under way for an
order at a time; once it is confirmed the book is looked at again, so no move is lost. After one that was
refused the order stays where it is until the best prices move again. While the book gives no price, and
once the bot stops, it stays too; a reduce-only one follows to the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from exchanges.base import BaseExchangeClient
from exchanges.executor import OrderExecutor
from exchanges.order_tracker import OrderTracker
from helpers.decisions import AmendParams, Wake
from helpers.enums import Capability, OrderStatus, Side
from helpers.models import Bbo, Market, Order
from helpers.pegging import peg_price

_SECOND: Final = 1
_RESTING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED})


class Asked(NamedTuple):
    """The latest amend of an order."""

    price: Decimal
    refused_before: int = 0
    """How many before it were refused, one after the other."""


class PegFollower:
    """Keeps one venue's pegged orders at their prices. Does nothing where the venue does."""

    def __init__(
        self,
        client: BaseExchangeClient,
        market: Market,
        tracker: OrderTracker,
        executor: OrderExecutor,
        rearm: Callable[[], None],
    ) -> None:
        """Follow nothing yet.

        Args:
            client: tells the best prices.
            market: what is traded.
            tracker: holds the orders.
            executor: amends them, or replaces them where the venue cannot amend.
            rearm: tells the client anew what is looked at: from here on, and with prices among it.
        """
        self.following: dict[str, Asked | None] = {}
        """Live pegged orders by client order id, each with its latest amend; None once it stood right."""
        self._client = client
        self._market = market
        self._tracker = tracker
        self._executor = executor
        self._rearm = rearm
        self._seen: tuple[Decimal | None, Decimal | None] = (None, None)
        """The best prices of the latest look."""
        self._is_due = False

    # -- what to follow -------------------------------------------------------------------

    def take_over(self) -> None:
        """Go on with the pegged orders of an earlier session."""
        for order in self._tracker.live():
            if order.peg is not None:
                self.on_order(order)

    def on_order(self, order: Order) -> None:
        """Hear that a pegged order moved: came to rest, took another price, filled, ended."""
        if not order.is_live:
            self.following.pop(order.client_order_id, None)
        elif Capability.PEG not in self._client.capabilities:
            self.following.setdefault(order.client_order_id, None)
            self.look_soon()

    def armed(self, wake: Wake) -> Wake:
        """Add the best prices to what is looked at."""
        return wake if wake.book or wake.prices else msgspec.structs.replace(wake, prices=True)

    # -- following ------------------------------------------------------------------------

    def look_soon(self) -> None:
        """Look at the book when everything that comes at this moment has come."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._is_due = False
        try:
            self._follow_all()
        except Exception as error:  # noqa: BLE001 - nobody awaits this: it must stop the bot, not vanish
            self._executor.fail(error)

    def _follow_all(self) -> None:
        if self._executor.is_over or not self.following:
            return
        bbo = self._client.top_of_book(self._market.ticker)
        if bbo is not None:
            has_moved = self._seen != (bbo.bid, bbo.ask)
            self._seen = (bbo.bid, bbo.ask)
            if not self._client.is_simulated:  # there the book is the tape's, without our orders
                bbo = without_us(bbo, self._tracker.live())
            for key in list(self.following):
                order = self._tracker.known(key)
                if order.status in _RESTING and self._executor.may_follow(order):
                    self._follow(order, bbo, has_moved=has_moved)
        self._rearm()

    def _follow(self, order: Order, bbo: Bbo, *, has_moved: bool) -> None:
        assert order.peg is not None  # noqa: S101 - only such orders are followed
        key = order.client_order_id
        price = peg_price(order.peg, order.side, bbo.bid, bbo.ask, self._market.tick_size)
        if price is None or price == order.price:
            self.following[key] = None
            return
        asked = self.following[key]
        refused = 0 if asked is None or asked.price == order.price else asked.refused_before + 1
        if refused and not has_moved:
            return
        self.following[key] = Asked(price, refused)
        wanted = AmendParams(intent=order.intent, price=price, quantity=order.quantity)
        # One refusal says that the market was faster. The second in a row is told, and that is enough.
        self._executor.amend(wanted, quietly=refused != _SECOND)


def without_us(bbo: Bbo, orders: Iterable[Order]) -> Bbo:
    """Give the best bid and offer without a side that shows nobody but us: an order must not follow itself.

    What stands behind us is not in a best bid and offer, so that side is unknown then.

    Args:
        bbo: of a venue whose book shows our orders too.
        orders: our live ones.
    """
    ours = {Side.BUY: Decimal(0), Side.SELL: Decimal(0)}
    for order in orders:
        if order.price == (bbo.bid if order.side is Side.BUY else bbo.ask):
            ours[order.side] += order.remaining_quantity
    if ours[Side.BUY] and (bbo.bid_quantity is None or bbo.bid_quantity <= ours[Side.BUY]):
        bbo = msgspec.structs.replace(bbo, bid=None, bid_quantity=None)
    if ours[Side.SELL] and (bbo.ask_quantity is None or bbo.ask_quantity <= ours[Side.SELL]):
        bbo = msgspec.structs.replace(bbo, ask=None, ask_quantity=None)
    return bbo
