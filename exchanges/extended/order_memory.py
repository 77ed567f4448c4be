"""What this process heard of its orders: which number the venue gave each, when, and how it stood last.

REST names executions by the venue's number only, and closed orders may be gone from its archive.
What the venue once said is remembered here, the newest few thousand orders of it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from exchanges.extended.account_mapping import order_of
from exchanges.extended.wire import text_id
from exchanges.extended.wire_account import WireOrder
from helpers.decisions import OrderParams
from helpers.models import OrderInfo

_KEPT: Final = 10_000
_KEPT_LINKS: Final = 100_000


@dataclass(slots=True)
class Known:
    """One order that the venue took."""

    order_id: str
    taken_ns: int
    """When we first heard that the venue has it."""
    params: OrderParams | None = None
    """As we asked for it; None if only the stream told."""
    last: OrderInfo | None = None
    """As the venue described it last."""
    missed_ns: int | None = None
    """When the venue was first found not to list it any more."""


class OrderMemory:
    """Orders by our id and by the venue's."""

    def __init__(self) -> None:
        """Know none."""
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._external: OrderedDict[str, str | None] = OrderedDict()

    def placed(self, external_id: str, order_id: str, params: OrderParams, now_ns: int) -> None:
        """Take note that the venue took an order of ours."""
        known = self._of(external_id, order_id, now_ns)
        known.params = params

    def told(self, wire: WireOrder, now_ns: int) -> OrderInfo:
        """Take note of what the venue says of an order, and give it in our words."""
        info, order_id = order_of(wire), text_id(wire.id)
        self.link(order_id, wire.external_id)
        if info.client_order_id is not None:
            known = self._of(info.client_order_id, order_id, now_ns)
            known.missed_ns = None
            if known.last is None or not known.last.status.is_terminal or info.status.is_terminal:
                known.last = info
        return info

    def link(self, order_id: str, external_id: str | None) -> None:
        """Take note which id the placer gave an order."""
        self._external[order_id] = external_id
        while len(self._external) > _KEPT_LINKS:
            self._external.popitem(last=False)

    def get(self, client_order_id: str) -> Known | None:
        """Give what is known of an order of ours."""
        return self._known.get(client_order_id)

    def has_link(self, order_id: str) -> bool:
        """Whether it is known which id the placer gave an order."""
        return order_id in self._external

    def external_id(self, order_id: str) -> str | None:
        """Give the id that the placer gave an order; None where it gave none or is not known."""
        return self._external.get(order_id)

    def _of(self, external_id: str, order_id: str, now_ns: int) -> Known:
        self.link(order_id, external_id)
        known = self._known.get(external_id)
        if known is None:
            known = self._known[external_id] = Known(order_id, now_ns)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return known


__all__ = ["Known", "OrderMemory"]
