"""The venue's file on one order, and how it shows it: NEW, UNTRIGGERED, OPEN or CLOSED with a reason.

The names of most cancel reasons are not published. NOT_ENOUGH_MARGIN, USER_CANCELED and
POST_ONLY_WOULD_CROSS have been seen; the others here are guesses in the venue's style, and a
client must take any text.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from helpers.enums import OrderStatus
from helpers.models import Fill, OrderInfo
from helpers.money import plain
from simulation.order_records import DeskReply
from simulation.servers.paradex.order_form import OrderForm

USER_CANCELLED: Final = "USER_CANCELED"
_BY_CODE: Final = {
    "INSUFFICIENT_MARGIN": "NOT_ENOUGH_MARGIN",
    "POST_ONLY": "POST_ONLY_WOULD_CROSS",
    "REDUCE_ONLY": "REDUCE_ONLY_WOULD_INCREASE",
    "TOO_MANY_ORDERS": "MAX_OPEN_ORDERS_EXCEEDED",
}
_BY_TEXT: Final = {
    "cancelled by the owner": USER_CANCELLED,
    "not filled at once": "NO_LIQUIDITY",
    "it met our own order": "SELF_TRADE",
    "nothing is left to reduce": "REDUCE_ONLY_WOULD_INCREASE",
    "the book was too thin": "NO_LIQUIDITY",
    "liquidation": "LIQUIDATION",
}
_OVER: Final = "ORDER_REJECTED"


class WireStatus(Enum):
    """An order's status on the wire."""

    NEW = "NEW"
    UNTRIGGERED = "UNTRIGGERED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(slots=True)
class OrderFile:
    """One order of one account."""

    order_id: str
    account: str
    form: OrderForm
    received_ms: int
    public_key: int
    """The key that signed it."""
    is_interactive: bool
    size: Decimal
    price: Decimal
    status: WireStatus = WireStatus.NEW
    updated_ms: int = 0
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    """Sum of price x size of its fills."""
    cancel_reason: str = ""
    cancel_hint: str = ""
    """Why we take it out, if it was not its owner's wish."""
    request: dict[str, str] | None = None
    """What became of the last request to change it."""

    @property
    def is_live(self) -> bool:
        """Whether something can still become of it."""
        return self.status is not WireStatus.CLOSED

    def add_fill(self, fill: Fill) -> None:
        """Note an execution."""
        self.filled += fill.quantity
        self.paid += fill.price * fill.quantity

    def follow(self, info: OrderInfo, now_ms: int) -> None:
        """Take over how the matching engine says it stands."""
        self.size = info.size
        if self.form.is_limit and info.price is not None:
            self.price = info.price
        if info.status in {OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}:
            self._move(WireStatus.OPEN, now_ms)
        elif info.status is OrderStatus.FILLED:
            self._move(WireStatus.CLOSED, now_ms)
        else:
            self.close(self.cancel_hint or _BY_TEXT.get(info.reason, _OVER), now_ms)

    def refuse(self, reply: DeskReply, now_ms: int) -> None:
        """Close it because the risk check or the matching engine does not take it."""
        self.close(_BY_CODE.get(reply.code, _OVER), now_ms)

    def close(self, reason: str, now_ms: int) -> None:
        """End it for a reason."""
        self.cancel_reason = reason
        self._move(WireStatus.CLOSED, now_ms)

    def view(self, seq_no: int, now_ms: int) -> dict[str, Any]:
        """Show it as the venue does."""
        form = self.form
        view: dict[str, Any] = {
            "id": self.order_id,
            "account": self.account,
            "market": form.market.symbol,
            "side": form.side.name,
            "type": form.kind,
            "size": plain(self.size),
            "remaining_size": plain(self.size - self.filled),
            "price": plain(self.price),
            "status": self.status.value,
            "created_at": self.received_ms,
            "last_updated_at": self.updated_ms or self.received_ms,
            "timestamp": form.timestamp_ms,
            "cancel_reason": self.cancel_reason,
            "client_id": form.client_id,
            "seq_no": seq_no,
            "instruction": form.instruction,
            "avg_fill_price": average_text(self.paid, self.filled),
            "stp": form.stp,
            "received_at": self.received_ms,
            "published_at": now_ms,
            "flags": list(form.flags),
            "trigger_price": plain(form.trigger_price),
        }
        if self.request is not None:
            view["request_info"] = dict(self.request)
        return view

    def _move(self, status: WireStatus, now_ms: int) -> None:
        self.status = status
        self.updated_ms = now_ms


def average_text(paid: Decimal, filled: Decimal) -> str:
    """Write an average price; empty for nothing."""
    return shown(paid / filled) if filled else ""


def shown(value: Decimal) -> str:
    """Write a figure with the venue's eight decimals at most."""
    return plain(round(value, 8) + 0)  # + 0: no negative zero


__all__ = ["USER_CANCELLED", "OrderFile", "WireStatus", "average_text", "shown"]
