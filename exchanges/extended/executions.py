"""Reading our executions from Extended, and finding out which order each is of, which REST tells in its own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from exchanges.extended.account_mapping import fill_of
from exchanges.extended.listings import Listing
from exchanges.extended.lookup import LISTED_WITHIN_NS
from exchanges.extended.mapping import NS_PER_MS
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.order_memory import OrderMemory
from exchanges.extended.public import ExtendedPublicFeed
from exchanges.extended.wire import text_id
from exchanges.extended.wire_account import WireTrade
from helpers.errors import ConnectivityError
from helpers.models import Fill

_TRADE: Final = "TRADE"
_FEW: Final = 10
"""Orders that are asked for one by one."""


class Executions:
    """The executions of one account."""

    def __init__(self, network: ExtendedNetwork, feed: ExtendedPublicFeed, memory: OrderMemory) -> None:
        """Read through a network; whose orders they are of is remembered."""
        self._network = network
        self._feed = feed
        self._memory = memory
        self._unlisted: dict[str, int] = {}
        """When an execution was first seen of an order that the venue does not list."""

    async def fills(self, ticker: str, since_ns: int) -> tuple[Fill, ...]:
        """Read our executions on one market at or after a time, oldest first, each once."""
        listing = await self._feed.listing(ticker)
        trades = await self._network.rest.trades(listing.name, max(0, since_ns // NS_PER_MS))
        await self._learn_links(listing, trades)
        fills = []
        for trade in trades:
            external_id = trade.external_order_id or await self._external_id(trade)
            fills.append(fill_of(trade, listing.market.ticker, external_id))
        return tuple(sorted(fills, key=lambda fill: (fill.time_ns, len(fill.trade_id), fill.trade_id)))

    # -- inside -----------------------------------------------------------------------------------

    async def _learn_links(self, listing: Listing, trades: Sequence[WireTrade]) -> None:
        """Find out whose executions these are by the page, where asking order by order would take minutes."""
        unknown = {order_id for trade in trades if not self._memory.has_link(order_id := text_id(trade.order_id))}
        if len(unknown) <= _FEW:
            return
        oldest_ms = min(trade.created_time for trade in trades)
        async for page in self._network.rest.closed_orders(listing.name):
            for wire in page:
                self._memory.link(text_id(wire.id), wire.external_id)
                unknown.discard(text_id(wire.id))
            if not unknown or all(wire.updated_time < oldest_ms for wire in page):
                return

    async def _external_id(self, trade: WireTrade) -> str | None:
        """Find out which id the placer gave the order of an execution, which REST does not tell with it.

        Raises:
            ConnectivityError: the order is not listed yet. Nobody's it is only if that lasts: an execution that was
                once booked as nobody's would be missing from our order for ever.
        """
        order_id = text_id(trade.order_id)
        if not self._memory.has_link(order_id):
            wire = await self._network.rest.order(order_id)
            if wire is not None:
                self._memory.told(wire, self._network.clock.now_ns())
            elif self._may_be_listed_yet(order_id, trade):
                raise ConnectivityError(f"Extended lists an execution of order {order_id} and not yet the order")
            else:
                self._memory.link(order_id, None)
            self._unlisted.pop(order_id, None)
        return self._memory.external_id(order_id)

    def _may_be_listed_yet(self, order_id: str, trade: WireTrade) -> bool:
        """Whether an execution is new by the venue's clock, and new to us: the two clocks may differ.

        A liquidation is nobody's order: it must be known at once.
        """
        if trade.trade_type != _TRADE:
            return False
        now_ns = self._network.clock.now_ns()
        seen_ns = self._unlisted.setdefault(order_id, now_ns)
        return now_ns - min(seen_ns, trade.created_time * NS_PER_MS) < LISTED_WITHIN_NS


__all__ = ["Executions"]
