"""The venue's file on every order: indexes, states, and who may reuse a client order index."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum
from typing import Final

from simulation.servers.lighter.markets import LighterMarket

FIRST_ORDER_INDEX: Final = 1 << 48
"""Order indexes begin here and client order indexes end below, so that one field can hold either."""


class OrderType(IntEnum):
    """Order types."""

    LIMIT = 0
    MARKET = 1
    STOP_LOSS = 2
    STOP_LOSS_LIMIT = 3
    TAKE_PROFIT = 4
    TAKE_PROFIT_LIMIT = 5
    TWAP = 6


class OrderTif(IntEnum):
    """Times in force."""

    IOC = 0
    GTT = 1
    POST_ONLY = 2


IN_PROGRESS: Final = "in-progress"
OPEN: Final = "open"
FILLED: Final = "filled"
CANCELED: Final = "canceled"
_ALIVE: Final = frozenset({IN_PROGRESS, OPEN})


class WireOrder:
    """One order in the venue's terms; sizes in lots, prices in ticks."""

    def __init__(self, index: int, market: LighterMarket, numbers: dict[str, int], now_ns: int) -> None:
        """Take the numbers of the transaction that creates it."""
        self.index = index
        self.market = market
        self.client_index = numbers["ClientOrderIndex"]
        self.is_ask = bool(numbers["IsAsk"])
        self.order_type = OrderType(numbers["Type"])
        self.tif = OrderTif(numbers["TimeInForce"])
        self.reduce_only = bool(numbers["ReduceOnly"])
        self.lots = numbers["BaseAmount"]
        self.ticks = numbers["Price"]
        self.trigger_ticks = numbers["TriggerPrice"]
        self.expiry_ms = numbers["OrderExpiry"]
        self.nonce = 0
        """Counts changes of the whole book."""
        self.status = IN_PROGRESS
        self.filled_lots = 0
        self.filled_quote = Decimal(0)
        self.version = 0
        self.created_ns = now_ns
        self.updated_ns = now_ns

    @property
    def desk_id(self) -> str:
        """The name it has at the simulated venue's desk, where names are never used again."""
        return str(self.index)

    @property
    def is_alive(self) -> bool:
        """Whether it may still fill."""
        return self.status in _ALIVE

    @property
    def remaining_lots(self) -> int:
        """What has not filled."""
        return self.lots - self.filled_lots

    @property
    def price(self) -> Decimal:
        """Limit or worst price."""
        return self.market.price(self.ticks)


class OrderFile:
    """All orders of the account."""

    def __init__(self, start_ms: int) -> None:
        """Start empty; numbers grow from the start, so that a venue opened anew repeats none."""
        self.by_index: dict[int, WireOrder] = {}
        self.live: dict[int, WireOrder] = {}
        self.ended: list[WireOrder] = []
        """In the order in which they ended."""
        self.coming: set[int] = set()
        """Client order indexes of orders between the API and the sequencer."""
        self._by_client: dict[int, WireOrder] = {}
        """The newest of each client order index, any market."""
        self._last = start_ms

    def next_index(self, market: LighterMarket, *, is_ask: bool) -> int:
        """Number an order: asks count up within the market's range, bids down from its end."""
        self._last += 1
        first = (market.market_id + 1) * FIRST_ORDER_INDEX
        return first + self._last if is_ask else first + FIRST_ORDER_INDEX - self._last

    def add(self, order: WireOrder) -> None:
        """File a new order."""
        self.by_index[order.index] = self.live[order.index] = order
        if order.client_index:
            self._by_client[order.client_index] = order

    def end(self, order: WireOrder, status: str, now_ns: int) -> None:
        """Close an order's file."""
        order.status, order.updated_ns = status, now_ns
        self.live.pop(order.index, None)
        self.ended.append(order)

    def forget(self, order: WireOrder) -> None:
        """Drop an order without a trace."""
        self.live.pop(order.index, None)
        self.by_index.pop(order.index, None)
        if self._by_client.get(order.client_index) is order:
            del self._by_client[order.client_index]

    def find(self, index: int) -> WireOrder | None:
        """Find an order by order index or client order index; by client index the newest."""
        return self.by_index.get(index) if index >= FIRST_ORDER_INDEX else self._by_client.get(index)

    def client_index_lives(self, client_index: int) -> bool:
        """Whether a live order has this client order index."""
        order = self._by_client.get(client_index) if client_index else None
        return client_index in self.coming or (order is not None and order.is_alive)

    def live_on(self, market_id: int | None) -> list[WireOrder]:
        """List the live orders of one market, or of all, oldest first."""
        return [order for order in self.live.values() if market_id in {None, order.market.market_id}]

    def of_clients(self, client_indexes: Iterable[int]) -> list[WireOrder]:
        """List the newest orders of these client order indexes."""
        return [order for index in client_indexes if (order := self._by_client.get(index)) is not None]


__all__ = [
    "CANCELED",
    "FILLED",
    "FIRST_ORDER_INDEX",
    "IN_PROGRESS",
    "OPEN",
    "OrderFile",
    "OrderTif",
    "OrderType",
    "WireOrder",
]
