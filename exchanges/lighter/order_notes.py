"""What is known of our orders on Lighter without asking: which ids were used, and which orders are over.

A cancel of an order that is over is refused by the sequencer after the venue's positive answer, if
at all; a used id is free again there as soon as its order is over. Our rules are stricter: an id
is used once, and a cancel that can do nothing is refused at once. What is not known is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

import msgspec

from exchanges.lighter.awaited_changes import AwaitedChanges
from helpers.models import OrderInfo

T = TypeVar("T")

_KEPT: Final = 5_000


class SentOrder(msgspec.Struct, frozen=True):
    """An order as it was sent."""

    market_index: int
    info: OrderInfo


class OrderNotes:
    """Remembers the newest account of each order of ours, and who sent what."""

    def __init__(self) -> None:
        """Know nothing."""
        self._infos: OrderedDict[str, OrderInfo] = OrderedDict()
        self._sent: OrderedDict[str, None] = OrderedDict()
        self._by_hash: OrderedDict[str, SentOrder] = OrderedDict()
        self._hashes: OrderedDict[str, str] = OrderedDict()
        """The transaction that carries each order; signed anew, an order has another one."""
        self.changes = AwaitedChanges()

    def sending(self, client_order_id: str) -> None:
        """Take note of an id before it leaves."""
        _keep(self._sent, client_order_id, None)

    def unsent(self, client_order_id: str) -> None:
        """Take note that the venue refused it: it was never there."""
        self._sent.pop(client_order_id, None)

    def carried_by(self, tx_hash: str, order: SentOrder) -> None:
        """Take note of the transaction that carries an order: the one it was signed in before counts no more."""
        key = order.info.client_order_id or ""
        self._by_hash.pop(self._hashes.get(key, ""), None)
        _keep(self._hashes, key, tx_hash)
        _keep(self._by_hash, tx_hash, order)

    def order_of(self, tx_hash: str) -> SentOrder | None:
        """Find the order that a transaction carried."""
        return self._by_hash.get(tx_hash)

    def saw(self, info: OrderInfo) -> None:
        """Take note of the venue's account of an order; one that is over stays over."""
        key = info.client_order_id
        if key is not None and not self.is_over(key):
            _keep(self._infos, key, info)
            self.changes.hear(info)

    def get(self, client_order_id: str) -> OrderInfo | None:
        """Give the newest account of an order."""
        return self._infos.get(client_order_id)

    def is_over(self, client_order_id: str) -> bool:
        """Whether the venue told the order's end."""
        info = self._infos.get(client_order_id)
        return info is not None and info.status.is_terminal

    def is_known(self, client_order_id: str) -> bool:
        """Whether we sent it or saw it."""
        return client_order_id in self._sent or client_order_id in self._infos


def _keep(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _KEPT:
        kept.popitem(last=False)


__all__ = ["OrderNotes", "SentOrder"]
