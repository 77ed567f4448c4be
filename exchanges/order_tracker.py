"""All our orders on one venue, moved by whatever the venue tells us, in whatever order it comes.

Fills are recognised by the venue's trade id, so a repeated report counts once. When the venue
calls an order over but has told fewer fills than it counts, the end is held back until the
missing fills are known: a cancelled order still owns its fills.

Every move gives the order as it stands afterwards; the very same object where nothing changed.
"""

from __future__ import annotations

from collections import OrderedDict
from decimal import Decimal

from exchanges.orders import OrderEvent, apply, apply_amend, apply_fill, with_pending_cancel
from helpers.enums import OrderStatus
from helpers.errors import OrderStateError
from helpers.models import Fill, Order, OrderInfo

_KEPT_ORDERS = 2_000
"""Orders that are over and still remembered, for late fills."""
_KEPT_TRADES = 50_000
"""Trade ids remembered, for repeated reports."""

_EVENT_OF = {
    OrderStatus.OPEN: OrderEvent.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED: OrderEvent.ACCEPTED,
    OrderStatus.CANCELLED: OrderEvent.CANCELLED,
    OrderStatus.REJECTED: OrderEvent.REJECTED,
    OrderStatus.EXPIRED: OrderEvent.EXPIRED,
}


class OrderTracker:
    """Holds every order by client order id and by intent."""

    def __init__(self) -> None:
        """Start with no orders."""
        self._live: dict[str, Order] = {}
        self._over: OrderedDict[str, Order] = OrderedDict()
        self._intents: dict[str, str] = {}
        self._trades: OrderedDict[str, None] = OrderedDict()
        self._counted: dict[str, Decimal] = {}
        """Filled quantity the venue names, of orders whose fills we do not all know."""
        self._held_ends: dict[str, OrderInfo] = {}
        self._snapshot: tuple[Order, ...] | None = ()

    # -- reading --------------------------------------------------------------------------

    def live(self) -> tuple[Order, ...]:
        """List live orders, oldest first."""
        if self._snapshot is None:
            self._snapshot = tuple(self._live.values())
        return self._snapshot

    def get(self, client_order_id: str | None) -> Order | None:
        """Find an order, live or remembered."""
        if client_order_id is None:
            return None
        return self._live.get(client_order_id) or self._over.get(client_order_id)

    def known(self, client_order_id: str) -> Order:
        """Find an order that must be there.

        Raises:
            OrderStateError: it is not.
        """
        order = self.get(client_order_id)
        if order is None:
            raise OrderStateError(f"there is no order {client_order_id}")
        return order

    def by_intent(self, intent: str) -> Order | None:
        """Find the live order that carries an intent."""
        client_order_id = self._intents.get(intent)
        return None if client_order_id is None else self._live[client_order_id]

    def missing_fills(self) -> tuple[Order, ...]:
        """List the orders of which the venue counts more filled than it has told us."""
        return tuple(order for order in map(self.get, self._counted) if order is not None)

    def has_trade(self, trade_id: str) -> bool:
        """Whether a trade was counted already."""
        return trade_id in self._trades

    # -- moving ---------------------------------------------------------------------------

    def register(self, order: Order) -> None:
        """Take a new order in.

        Raises:
            OrderStateError: its id was used before, or its intent already has a live order.
        """
        if self.get(order.client_order_id) is not None:
            raise OrderStateError(f"client order id {order.client_order_id} was used before")
        if order.is_live and order.intent in self._intents:
            raise OrderStateError(f"intent {order.intent!r} already has a live order")
        self._store(order)

    def on_event(
        self, client_order_id: str, event: OrderEvent, now_ns: int, *, order_id: str | None = None, reason: str = ""
    ) -> Order:
        """Move an order and give it as it stands now."""
        return self._store(apply(self.known(client_order_id), event, now_ns, order_id=order_id, reason=reason))

    def on_fill(self, fill: Fill, now_ns: int) -> Order | None:
        """Count a fill and give its order; None for a repeated report or for an order that is not ours."""
        order = self.get(fill.client_order_id)
        if order is None or fill.trade_id in self._trades:
            return None
        moved = self._store(apply_fill(order, fill.price, fill.quantity, now_ns))
        self.remember_trade(fill.trade_id)
        if moved.filled_quantity < self._counted.get(moved.client_order_id, 0):
            return moved
        self._counted.pop(moved.client_order_id, None)
        held = self._held_ends.pop(moved.client_order_id, None)
        return moved if held is None else self._end(moved, held, now_ns)

    def on_info(self, info: OrderInfo, now_ns: int) -> Order | None:
        """Follow the venue's account of an order; None if it is not ours."""
        order = self.get(info.client_order_id)
        if order is None:
            return None
        key, counted = order.client_order_id, _filled(info)
        if info.status.is_terminal:
            return self._on_end(order, info, counted, now_ns)
        if counted > order.filled_quantity:
            self._counted[key] = max(counted, self._counted.get(key, counted))
        event = _EVENT_OF.get(info.status)
        return order if event is None else self._store(apply(order, event, now_ns, order_id=info.order_id))

    def on_amended(self, client_order_id: str, price: Decimal | None, quantity: Decimal, now_ns: int) -> Order:
        """Take over the price and total quantity the venue confirmed."""
        return self._store(apply_amend(self.known(client_order_id), price, quantity, now_ns))

    def set_pending_cancel(self, client_order_id: str, pending: bool, now_ns: int) -> Order:
        """Note that a cancel is on its way, or that it was refused."""
        return self._store(with_pending_cancel(self.known(client_order_id), pending, now_ns))

    def remember_trade(self, trade_id: str) -> None:
        """Never count this trade again."""
        self._trades[trade_id] = None
        if len(self._trades) > _KEPT_TRADES:
            self._trades.popitem(last=False)

    def _on_end(self, order: Order, info: OrderInfo, counted: Decimal, now_ns: int) -> Order:
        key = order.client_order_id
        if counted > order.filled_quantity:
            self._counted[key], self._held_ends[key] = counted, info
            return order
        self._counted.pop(key, None)
        self._held_ends.pop(key, None)
        return self._end(order, info, now_ns)

    def _end(self, order: Order, info: OrderInfo, now_ns: int) -> Order:
        """End an order all of whose fills are known."""
        event = _EVENT_OF.get(info.status)
        if event is not None:
            return self._store(apply(order, event, now_ns, order_id=info.order_id, reason=info.reason))
        if not order.is_live or not order.filled_quantity:
            return order
        # FILLED, and still the fills are fewer than we think was ordered: it was made smaller.
        return self._store(apply_amend(order, order.price, order.filled_quantity, now_ns))

    def _store(self, order: Order) -> Order:
        key = order.client_order_id
        if order is self.get(key):
            return order
        self._snapshot = None
        if order.is_live:
            self._live[key] = order
            self._intents[order.intent] = key
            return order
        if self._live.pop(key, None) is not None and self._intents.get(order.intent) == key:
            del self._intents[order.intent]
        self._over[key] = order
        while len(self._over) > _KEPT_ORDERS:
            forgotten, _ = self._over.popitem(last=False)
            self._counted.pop(forgotten, None)
            self._held_ends.pop(forgotten, None)
        return order


def _filled(info: OrderInfo) -> Decimal:
    """Give what the venue counts as filled; of a filled order that is all of it, whatever it says beside."""
    return max(info.size, info.filled_size) if info.status is OrderStatus.FILLED else info.filled_size
