"""Changes of orders on their way: made when the order is told with its new terms, refused at the sequencer's word.

The API's answer says neither. Until one of the two is told the order stands as it stood, and what
fills, fills on the old terms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Final

from exchanges.lighter.faults import NOT_ACTIVE
from helpers.errors import ConnectivityError, VenueRejected
from helpers.models import OrderInfo

_TOLD_WITHIN_S: Final = 3.0
"""Ten times the longest speed bump."""


class AwaitedChange:
    """One change, and what is told of its order meanwhile."""

    def __init__(self, client_order_id: str) -> None:
        """Wait for news of one order."""
        self.client_order_id = client_order_id
        self.tx_hash = ""
        """Of the transaction that carries it: signed anew, it has another."""
        self.news: asyncio.Queue[OrderInfo | VenueRejected] = asyncio.Queue()

    async def made(self, price: Decimal, quantity: Decimal) -> OrderInfo:
        """Wait until the order is told with these terms.

        Raises:
            VenueRejected: it was not changed, or ended on other terms.
            ConnectivityError: the venue tells nothing.
        """
        try:
            async with asyncio.timeout(_TOLD_WITHIN_S):
                while True:
                    told = await self.news.get()
                    if isinstance(told, VenueRejected):
                        raise told
                    if (told.price, told.size) == (price, quantity):
                        return told
                    if told.status.is_terminal:
                        raise VenueRejected(NOT_ACTIVE, f"order {told.client_order_id} ended before it was changed")
        except TimeoutError:
            raise ConnectivityError("the venue took the change and does not tell that it was made") from None


class AwaitedChanges:
    """All changes on their way: a handful."""

    def __init__(self) -> None:
        """Wait for nothing."""
        self._awaited: list[AwaitedChange] = []

    @contextmanager
    def awaiting(self, client_order_id: str) -> Iterator[AwaitedChange]:
        """Listen for news of an order while the block runs."""
        change = AwaitedChange(client_order_id)
        self._awaited.append(change)
        try:
            yield change
        finally:
            self._awaited.remove(change)

    def hear(self, info: OrderInfo) -> None:
        """Pass on the venue's account of an order."""
        for change in self._awaited:
            if change.client_order_id == info.client_order_id:
                change.news.put_nowait(info)

    def fail(self, tx_hash: str, reason: str) -> None:
        """Pass on that the sequencer refused a transaction."""
        for change in self._awaited:
            if change.tx_hash == tx_hash:
                change.news.put_nowait(VenueRejected("sequencer", f"Lighter: {reason}"))


__all__ = ["AwaitedChange", "AwaitedChanges"]
