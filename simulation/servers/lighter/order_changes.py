"""Cancels, changes, cancel-all with its dead-man switch, leverage."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Final

from simulation.order_records import DeskReply
from simulation.servers.lighter.errors import Refused, invalid_tx
from simulation.servers.lighter.margin import bears
from simulation.servers.lighter.markets import FRACTION, market_of
from simulation.servers.lighter.order_entry import check_size
from simulation.servers.lighter.self_trades import ignore
from simulation.servers.lighter.trading import Trading
from simulation.servers.lighter.transactions import Attribute, SignedTx
from simulation.servers.lighter.wire_orders import FIRST_ORDER_INDEX, OPEN, WireOrder

IMMEDIATE: Final = 0
SCHEDULED: Final = 1
ABORT: Final = 2
_ALL_MARKETS: Final = 255
_NS_PER_MS: Final = 1_000_000
_MARGIN_MODES: Final = 2


class OrderChanges:
    """Checks and carries out what is done to resting orders."""

    def __init__(self, trading: Trading) -> None:
        """Work on the account."""
        self._trading = trading
        self.cancel_all_ms = 0
        """When everything is cancelled; 0 is never."""

    # -- the API ----------------------------------------------------------------------------

    def check_cancel(self, tx: SignedTx) -> None:
        """Look at a cancel before it is accepted.

        Raises:
            Refused: there is no such live order.
        """
        self._named(tx)

    def check_modify(self, tx: SignedTx) -> None:
        """Look at a change before it is accepted.

        Raises:
            Refused: there is no such live order, or it may not be what it would become.
        """
        order = self._named(tx)
        if order is None:
            return
        check_size(order.market, tx["Price"], tx["BaseAmount"], is_reducing=order.reduce_only)
        if tx["BaseAmount"] <= order.filled_lots:
            raise Refused(21701, "invalid order base amount: that much is filled")
        more = tx["BaseAmount"] - order.lots
        price = order.market.price(tx["Price"])
        needs_margin = more > 0 and not order.reduce_only
        if needs_margin and not bears(self._trading, order.market, more, price, is_ask=order.is_ask):
            raise Refused(21739, "not enough margin to create the order")

    def check_cancel_all(self, tx: SignedTx) -> None:
        """Look at a cancel-all before it is accepted.

        Raises:
            Refused: its time does not fit its kind, or there is no such market.
        """
        kind, time_ms = tx["TimeInForce"], tx["Time"]
        if kind not in {IMMEDIATE, SCHEDULED, ABORT}:
            raise invalid_tx("CancelAllTimeInForce is invalid")
        if kind == SCHEDULED and time_ms * _NS_PER_MS <= self._trading.now_ns:
            raise invalid_tx("CancelAllTime is not in range")
        if kind != SCHEDULED and time_ms:
            raise invalid_tx("CancelAllTime should be nil")
        market_id = tx.attributes.get(Attribute.CANCEL_ALL_MARKET, _ALL_MARKETS)
        if market_id != _ALL_MARKETS:
            market_of(market_id)

    def check_leverage(self, tx: SignedTx) -> None:
        """Look at a leverage before it is accepted.

        Raises:
            Refused: higher than the market allows.
        """
        market = market_of(tx["MarketIndex"])
        if not market.min_margin <= tx["InitialMarginFraction"] <= FRACTION or tx["MarginMode"] >= _MARGIN_MODES:
            raise invalid_tx("InitialMarginFraction")

    def _named(self, tx: SignedTx) -> WireOrder | None:
        """Find the order a transaction names; None while that is still on its way to the sequencer."""
        market_of(tx["MarketIndex"])
        if tx["Index"] in self._trading.orders.coming:
            return None
        order = self._trading.orders.find(tx["Index"])
        if order is None or not order.is_alive or order.market.market_id != tx["MarketIndex"]:
            if tx["Index"] >= FIRST_ORDER_INDEX and order is None:
                raise Refused(21700, "invalid order index")
            raise Refused(21600, "given order is not an active limit order")
        return order

    # -- the sequencer: an error text, or nothing ----------------------------------------------

    def cancel(self, tx: SignedTx) -> str:
        """Cancel one order."""
        order = self._resting(tx)
        if order is None:
            return "given order is not an active limit order"
        self._cancel(order)
        return ""

    def modify(self, tx: SignedTx) -> str:
        """Change one order; it keeps its indexes and, unless it only shrinks, loses its place."""
        order = self._resting(tx)
        if order is None:
            return "given order is not an active limit order"
        market, trading = order.market, self._trading
        reply = partial(self._modified, order, tx["Price"], tx["BaseAmount"])
        price, quantity = market.price(tx["Price"]), market.size(tx["BaseAmount"])
        trading.venue.desk.amend(trading.account_id, market.ticker, order.desk_id, price, quantity, reply)
        return ""

    def _modified(self, order: WireOrder, ticks: int, lots: int, reply: DeskReply) -> None:
        if reply.accepted:
            order.ticks, order.lots = ticks, lots
            order.version += 1
            if order.is_alive:
                self._trading.changed(order)
        elif reply.code == "POST_ONLY" and order.is_alive:
            # Changing is cancelling and placing anew, and what is placed anew may not take.
            self._take_out(order, "canceled-post-only")

    def cancel_all(self, tx: SignedTx) -> str:
        """Cancel everything now, at a time, or never."""
        kind = tx["TimeInForce"]
        if kind == IMMEDIATE:
            market_id = tx.attributes.get(Attribute.CANCEL_ALL_MARKET, _ALL_MARKETS)
            self._cancel_market(None if market_id == _ALL_MARKETS else market_id)
            return ""
        self.cancel_all_ms = tx["Time"] if kind == SCHEDULED else 0
        if self.cancel_all_ms:
            due = partial(self._alarm, self.cancel_all_ms)
            self._trading.venue.core.agenda.at(self.cancel_all_ms * _NS_PER_MS, due)
        return ""

    def leverage(self, tx: SignedTx) -> str:
        """Choose a market's initial margin fraction."""
        market = market_of(tx["MarketIndex"])
        self._trading.margins[market.market_id] = tx["InitialMarginFraction"]
        self._trading.margin_modes[market.market_id] = tx["MarginMode"]
        self._trading.moved(market)
        return ""

    def _alarm(self, time_ms: int) -> None:
        if self.cancel_all_ms == time_ms:
            self.cancel_all_ms = 0
            self._cancel_market(None)

    def _cancel_market(self, market_id: int | None) -> None:
        for order in self._trading.orders.live_on(market_id):
            if order.status == OPEN:
                self._cancel(order)

    def _resting(self, tx: SignedTx) -> WireOrder | None:
        order = self._trading.orders.find(tx["Index"])
        return order if order is not None and order.status == OPEN else None

    def _cancel(self, order: WireOrder) -> None:
        trading = self._trading
        trading.venue.desk.cancel(trading.account_id, order.market.ticker, order.desk_id, ignore)

    def _take_out(self, order: WireOrder, status: str) -> None:
        self._trading.end(order, status)
        self._cancel(order)


def leverage_of(fraction: int) -> Decimal:
    """Give the leverage of an initial margin fraction."""
    return Decimal(FRACTION) / fraction


__all__ = ["ABORT", "IMMEDIATE", "SCHEDULED", "OrderChanges", "leverage_of"]
