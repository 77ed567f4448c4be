"""Ends orders whose time is over: a look once a minute finds those of the next minute, to the millisecond."""

from __future__ import annotations

from functools import partial
from typing import Final

from helpers.clock import NS_PER_S
from helpers.enums import OrderStatus
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.wire_orders import WireOrder
from simulation.servers.market_feed import Ticker

_MINUTE_NS: Final = 60 * NS_PER_S
_NS_PER_MS: Final = 1_000_000


class Expiries:
    """Watches over the resting orders while there are any."""

    def __init__(self, trading: Trading) -> None:
        """Watch nothing yet."""
        self._trading = trading
        self._look = Ticker(trading.venue, _MINUTE_NS, self._minute)

    def watch(self) -> None:
        """Begin to look: an order rests. None lives shorter than a minute."""
        self._look.start()

    def _minute(self) -> None:
        live = self._trading.orders.live.values()
        if not live:
            self._look.stop()
        horizon_ms = (self._trading.now_ns + _MINUTE_NS) // _NS_PER_MS
        for order in live:
            if 0 < order.expiry_ms <= horizon_ms:
                due = max(self._trading.now_ns, order.expiry_ms * _NS_PER_MS)
                self._trading.venue.core.agenda.at(due, partial(self._expire, order, order.expiry_ms))

    def _expire(self, order: WireOrder, expiry_ms: int) -> None:
        desk_order = self._trading.account.live.get(order.desk_id)
        if desk_order is not None and order.expiry_ms == expiry_ms:
            self._trading.venue.desk.take_out(
                self._trading.account, desk_order, OrderStatus.EXPIRED, "its time was over"
            )


__all__ = ["Expiries"]
