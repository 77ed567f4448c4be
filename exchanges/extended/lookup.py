"""Asking Extended about our orders, and what it means when it does not know one.

An order is asked for by our id. The venue drops closed orders that never filled from its archive:
after seven days, and for accounts with very many orders at once. So "there is none" is not yet "there
never was". Where this process heard that the venue took the order, a second look follows, by the venue's
own number and at the executions: an order that is in neither, twice with a while between, has ended with
what filled of it. Only an order of which nobody ever heard from the venue, and which is also not among
the newest closed ones, is said never to have been there. What an earlier run of the program sent and heard
of may be among those after a restart; it ended unfilled then, which for whoever asks is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from exchanges.extended.listings import Listing
from exchanges.extended.mapping import NS_PER_MS
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.order_memory import Known, OrderMemory
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.extended.wire import text_id
from exchanges.extended.wire_account import WireOrder
from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus
from helpers.errors import ConnectivityError
from helpers.models import OrderInfo

_LOOKS: Final = 4
_BETWEEN_LOOKS_S: Final = 0.5
LISTED_WITHIN_NS: Final = 10 * NS_PER_S
"""An order that was taken, or executed, longer ago than this is in the venue's lists."""
_DOUBTED_NS: Final = 1 * NS_PER_S
"""How far two looks must be apart that both miss an order."""
_LIVE: Final = frozenset({"NEW", "UNTRIGGERED", "TRIGGERED", "PARTIALLY_FILLED"})
_SKEW_MS: Final = 60_000


class OrderLookup:
    """Reads of one account's orders."""

    def __init__(self, network: ExtendedNetwork, feed: ExtendedPublicFeed, memory: OrderMemory) -> None:
        """Read through a network; what is read is remembered."""
        self._network = network
        self._feed = feed
        self._memory = memory

    async def active(self, ticker: str) -> tuple[OrderInfo, ...]:
        """Read our open orders on one market."""
        listing = await self._feed.listing(ticker)
        found = await self._network.rest.open_orders(listing.name)
        return tuple(self._told(wire) for wire in found)

    async def info(self, ticker: str, client_order_id: str) -> OrderInfo | None:
        """Read one order by our id; None only if the venue never had it, as far as it can say.

        Raises:
            ConnectivityError: the venue took it just now and does not list it yet.
        """
        listing, known = await self._feed.listing(ticker), self._memory.get(client_order_id)
        for look in range(_LOOKS):
            found = await self._network.rest.orders_by_external_id(client_order_id)
            if found:
                return self._told(_newest(found))
            if known is None or not self._is_fresh(known) or known.last is not None:
                break
            if look + 1 < _LOOKS:
                await self._network.clock.sleep(_BETWEEN_LOOKS_S)
        if known is None:
            return await self._closed_lately(listing, client_order_id)
        return await self._second_look(listing, client_order_id, known)

    # -- inside -----------------------------------------------------------------------------------

    def _told(self, wire: WireOrder) -> OrderInfo:
        return self._memory.told(wire, self._network.clock.now_ns())

    def _is_fresh(self, known: Known) -> bool:
        return self._network.clock.now_ns() - known.taken_ns < LISTED_WITHIN_NS

    def _is_missed_again(self, known: Known) -> bool:
        """Whether an order was missing a while ago already: one look may have met a server that lags behind."""
        now_ns = self._network.clock.now_ns()
        if known.missed_ns is None:
            known.missed_ns = now_ns
        return now_ns - known.missed_ns >= _DOUBTED_NS

    async def _second_look(self, listing: Listing, client_order_id: str, known: Known) -> OrderInfo:
        """Find out about an order that the venue took and does not list by our id."""
        if known.last is not None and known.last.status.is_terminal:
            return known.last
        wire = await self._network.rest.order(known.order_id)
        if wire is not None:
            return self._told(wire)
        if self._is_fresh(known):
            raise ConnectivityError(f"Extended took order {client_order_id} and does not list it yet")
        if not self._is_missed_again(known):
            raise ConnectivityError(f"Extended does not list order {client_order_id} any more: once is no proof")
        return await self._ended(listing, client_order_id, known)

    async def _ended(self, listing: Listing, client_order_id: str, known: Known) -> OrderInfo:
        """Give the end of an order that has left the archive: what it filled is in the list of executions."""
        trades = await self._network.rest.trades(listing.name, known.taken_ns // NS_PER_MS - _SKEW_MS)
        own = [trade for trade in trades if text_id(trade.order_id) == known.order_id]
        base = _described(client_order_id, known)
        if base is None:
            raise ConnectivityError(f"Extended had order {client_order_id} and does not say what became of it")
        # What filled before this process began to listen is in the venue's last word on it.
        filled = max(sum((trade.qty for trade in own), Decimal(0)), base.filled_size)
        status = OrderStatus.FILLED if filled >= base.size else OrderStatus.CANCELLED
        return msgspec.structs.replace(base, status=status, filled_size=filled, reason="no longer in the archive")

    async def _closed_lately(self, listing: Listing, client_order_id: str) -> OrderInfo | None:
        """Look for an order nobody here heard of among the newest closed ones."""
        async for page in self._network.rest.closed_orders(listing.name):
            return next((self._told(wire) for wire in page if wire.external_id == client_order_id), None)
        return None


def _newest(found: Sequence[WireOrder]) -> WireOrder:
    """Choose among orders of one id: one that lives, else the newest."""
    return max(found, key=lambda wire: (wire.status in _LIVE, wire.created_time, str(wire.id)))


def _described(client_order_id: str, known: Known) -> OrderInfo | None:
    """Describe an order as it was last known, or as we asked for it."""
    if known.last is not None or known.params is None:
        return known.last
    params = known.params
    return OrderInfo(
        order_id=known.order_id,
        client_order_id=client_order_id,
        side=params.side,
        size=params.quantity,
        price=params.price,
        status=OrderStatus.UNKNOWN,
        reduce_only=params.reduce_only,
        post_only=params.post_only,
        time_ns=known.taken_ns,
    )


__all__ = ["LISTED_WITHIN_NS", "OrderLookup"]
