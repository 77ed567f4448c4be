"""The venue's file on each order: what was asked for, what became of it, and how it is told on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from helpers.enums import OrderStatus
from helpers.models import Fill, OrderInfo
from helpers.money import plain
from simulation.account import SimAccount
from simulation.servers.extended.ids import to_ms
from simulation.servers.extended.order_form import OrderForm

_KEPT_NS: Final = 7 * 24 * 3_600_000_000_000
"""How long a closed order without a fill can still be read."""
_ZERO: Final = Decimal(0)
_WORDS: Final[Mapping[OrderStatus, str]] = {
    OrderStatus.OPEN: "NEW",
    OrderStatus.PARTIALLY_FILLED: "PARTIALLY_FILLED",
    OrderStatus.FILLED: "FILLED",
    OrderStatus.CANCELLED: "CANCELLED",
    OrderStatus.REJECTED: "REJECTED",
    OrderStatus.EXPIRED: "EXPIRED",
}
_REASONS: Final[Mapping[str, str]] = {
    "not filled at once": "NO_LIQUIDITY",
    "it met our own order": "SELF_TRADE_PROTECTION",
    "nothing is left to reduce": "REDUCE_ONLY_FAILED",
    "liquidation": "ACCOUNT_LIQUIDATION",
}
"""The engine's reasons in the venue's words."""


class OrderFile:
    """One order."""

    def __init__(self, order_id: int, form: OrderForm, ticker: str, now_ns: int, replaces: OrderFile | None) -> None:
        """Open the file when the gateway takes the order."""
        self.order_id = order_id
        self.form = form
        self.ticker = ticker
        self.replaces = replaces
        self.is_replaced = False
        self.status = OrderStatus.OPEN
        self.reason = ""
        self.created_ns = now_ns
        self.updated_ns = now_ns
        self.filled = _ZERO
        self._sums: dict[Decimal, tuple[Decimal, Decimal]] = {_ZERO: (_ZERO, _ZERO)}
        """Value and fee of the fills, by how much was filled with them."""

    @property
    def key(self) -> str:
        """The order's id inside the simulated venue."""
        return str(self.order_id)

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return not self.status.is_terminal

    def is_kept(self, now_ns: int) -> bool:
        """Whether it can still be read."""
        return self.is_open or bool(self.filled) or now_ns - self.updated_ns < _KEPT_NS

    def add(self, fill: Fill) -> None:
        """Count an execution."""
        value, fee = self._sums[self.filled]
        self.filled += fill.quantity
        self._sums[self.filled] = (value + fill.price * fill.quantity, fee + fill.fee)

    def take_over(self, info: OrderInfo) -> None:
        """Note what the engine says of it."""
        self.updated_ns = max(self.updated_ns, info.time_ns)
        self.end(info.status, _REASONS.get(info.reason, ""))

    def end(self, status: OrderStatus, reason: str) -> None:
        """Note where it stands. A refused replacement is cancelled, as is what it should have replaced."""
        if status is OrderStatus.REJECTED and self.replaces is not None:
            status = OrderStatus.CANCELLED
        if self.is_replaced and status is OrderStatus.CANCELLED:
            reason = "ORDER_REPLACED"
        self.status, self.reason = status, reason

    def as_json(self, account_id: int, info: OrderInfo | None = None) -> dict[str, Any]:
        """Tell the order as it is now, or as it was when the engine gave this account of it."""
        form = self.form
        status, filled = (self.status, self.filled) if info is None else (info.status, info.filled_size)
        told = {
            "id": self.order_id,
            "accountId": account_id,
            "externalId": form.id,
            "market": form.market,
            "type": form.type.value,
            "side": form.side.value,
            "status": _WORDS[self.status if status.is_terminal else status],
            **({"statusReason": self.reason} if status.is_terminal and self.reason else {}),
            "price": plain(form.limit),
            **self._executed(filled),
            "qty": plain(form.qty),
            "filledQty": plain(filled),
            "reduceOnly": form.reduce_only,
            "postOnly": form.post_only,
            "timeInForce": form.time_in_force.value,
            "createdTime": to_ms(self.created_ns),
            "updatedTime": to_ms(self.updated_ns if info is None else info.time_ns),
            "expiryTime": form.expiry_epoch_millis,
        }
        return {**told, "cancelledQty": plain(form.qty - filled)} if told["status"] in _CUT else told

    def _executed(self, filled: Decimal) -> dict[str, str]:
        value, fee = self._sums.get(filled, (_ZERO, _ZERO))
        average = {"averagePrice": plain(value / filled)} if filled else {}
        return {**average, "payedFee": plain(fee)}


_CUT: Final = {"CANCELLED", "EXPIRED", "REJECTED"}


class OrderFiles:
    """All orders of the account."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_id: dict[int, OrderFile] = {}
        self._by_external: dict[str, OrderFile] = {}
        self._open: dict[int, OrderFile] = {}
        self._fills_seen = 0

    def add(self, file: OrderFile) -> None:
        """File a new order."""
        self._by_id[file.order_id] = self._open[file.order_id] = file
        self._by_external[file.form.id] = file

    def refresh(self, account: SimAccount) -> None:
        """Take over what the engine has done since the last call."""
        fills = account.fills
        for fill in fills[self._fills_seen :]:
            if fill.client_order_id is not None:
                self._by_id[int(fill.client_order_id)].add(fill)
        self._fills_seen = len(fills)
        for file in self.open():
            info = account.known.get(file.key)
            if info is not None:
                file.take_over(info)

    def open(self) -> list[OrderFile]:
        """List what may still trade, oldest first."""
        for order_id in [order_id for order_id, file in self._open.items() if not file.is_open]:
            del self._open[order_id]
        return list(self._open.values())

    def closed(self, now_ns: int) -> Iterable[OrderFile]:
        """List what is over and still kept, newest first."""
        return (file for file in reversed(self._by_id.values()) if not file.is_open and file.is_kept(now_ns))

    def find(self, order_id: int) -> OrderFile | None:
        """Look an order up by the venue's id."""
        return self._by_id.get(order_id)

    def find_external(self, external_id: str) -> OrderFile | None:
        """Look an order up by the client's id; an id is used once, for ever."""
        return self._by_external.get(external_id)


__all__ = ["OrderFile", "OrderFiles"]
