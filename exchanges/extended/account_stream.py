"""The account's stream: orders, executions, positions and money, passed on to who trades each market.

A new connection begins with the whole state: money, positions, open orders. What closed while it was
down is not in it, so whoever listens is told of the gap and compares. An entry that cannot be read
hides no other entry; it too is a gap.

A quiet account and a stream that says nothing any more look alike. What tells them apart is the list of
executions: one that happened on this connection and was not told on it ends the connection.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import msgspec

from exchanges.extended.account_mapping import balance_of, fill_of, position_of
from exchanges.extended.listings import Listings
from exchanges.extended.network import ExtendedNetwork
from exchanges.extended.order_memory import OrderMemory
from exchanges.extended.topic import Topic
from exchanges.extended.wire import NOTHING, text_id
from exchanges.extended.wire_account import AccountFrame, WireBalance, WireOrder, WirePosition, WireTrade
from helpers.clock import NS_PER_S
from helpers.errors import BadPayload
from helpers.listener import EventListener
from helpers.models import Fill

T = TypeVar("T")
_LOG = logging.getLogger("runbot.extended")
_ORDER: Final = msgspec.json.Decoder(WireOrder)
_TRADE: Final = msgspec.json.Decoder(WireTrade)
_POSITION: Final = msgspec.json.Decoder(WirePosition)
_BALANCE: Final = msgspec.json.Decoder(WireBalance)
_GRACE_NS: Final = 10 * NS_PER_S
"""How long the news of an execution may be on its way."""
_COMPARED_NS: Final = 600 * NS_PER_S
_KEPT_TRADES: Final = 10_000


class AccountStream:
    """News of one account."""

    def __init__(self, network: ExtendedNetwork, listings: Listings, memory: OrderMemory) -> None:
        """Open nothing.

        Args:
            network: opens the connection.
            listings: which ticker a market is.
            memory: takes note of what the venue says of orders.
        """
        self._clock = network.clock
        self._listings = listings
        self._memory = memory
        self._listeners: dict[str, EventListener] = {}
        self._was_up = False
        self._up_ns: int | None = None
        """When the connection, as it is now, began to work; None while there is none that does."""
        self._trades: OrderedDict[str, None] = OrderedDict()
        """Executions that were told, newest last."""
        self.topic = Topic(
            network,
            "/v1/account",
            AccountFrame,
            self._hear,
            is_private=True,
            on_reset=self._on_reset,
            on_proven=self._on_proven,
        )

    async def listen(self, ticker: str, listener: EventListener) -> None:
        """Tell this listener what concerns one market; opens the stream the first time.

        Raises:
            ConnectivityError: it cannot be opened.
        """
        self._listeners[ticker] = listener
        await self.topic.open()

    async def close(self) -> None:
        """End it; nobody is told anything any more."""
        self._listeners.clear()
        self._was_up = False
        await self.topic.close()

    def each(self) -> tuple[EventListener, ...]:
        """Give every listener once, whatever number of markets it follows."""
        return tuple({id(listener): listener for listener in self._listeners.values()}.values())

    def of_market(self, name: str) -> tuple[str, EventListener] | None:
        """Give ticker and listener of a market by the venue's name."""
        ticker = self._listings.ticker_of(name)
        listener = None if ticker is None else self._listeners.get(ticker)
        return None if ticker is None or listener is None else (ticker, listener)

    def tell_gap(self) -> None:
        """Tell that something may have happened that was not told."""
        for listener in self.each():
            listener.on_gap()

    def compare(self, fills: Sequence[Fill]) -> None:
        """Open another connection if this one kept silent of an execution that the venue lists."""
        now_ns = self._clock.now_ns()
        after_ns = now_ns if self._up_ns is None else max(self._up_ns + _GRACE_NS, now_ns - _COMPARED_NS)
        for fill in fills:
            if after_ns < fill.time_ns < now_ns - _GRACE_NS and fill.trade_id not in self._trades:
                self.topic.gap(f"execution {fill.trade_id} was not told")
                return

    # -- frames -----------------------------------------------------------------------------------

    def _on_proven(self) -> None:
        if self._was_up:
            self.tell_gap()
        self._was_up, self._up_ns = True, self._clock.now_ns()

    def _on_reset(self) -> None:
        self._up_ns = None

    def _hear(self, frame: AccountFrame) -> None:
        data = frame.data
        if data is None:
            raise BadPayload("a frame without data")
        lost = self._pass(data.orders or (), _ORDER, self._order)
        lost += self._pass(data.trades or (), _TRADE, self._trade)
        lost += self._pass(data.positions or (), _POSITION, self._position)
        if bytes(data.balance) != bytes(NOTHING):
            lost += self._pass((data.balance,), _BALANCE, self._balance)
        if lost:
            self.tell_gap()

    def _pass(self, entries: Iterable[msgspec.Raw], kind: msgspec.json.Decoder[T], take: Callable[[T], bool]) -> int:
        """Take entry by entry; give how many could not be used."""
        lost = 0
        for entry in entries:
            try:
                lost += not take(kind.decode(entry))
            except (msgspec.DecodeError, ValueError, BadPayload) as error:
                _LOG.warning("extended: an entry of the account's stream cannot be read: %s", error)
                lost += 1
        return lost

    def _order(self, wire: WireOrder) -> bool:
        info, found = self._memory.told(wire, self._clock.now_ns()), self.of_market(wire.market)
        if found is not None:
            found[1].on_order(info)
        return True

    def _trade(self, wire: WireTrade) -> bool:
        self._trades[text_id(wire.id)] = None
        if len(self._trades) > _KEPT_TRADES:
            self._trades.popitem(last=False)
        found, order_id = self.of_market(wire.market), text_id(wire.order_id)
        external_id = wire.external_order_id or self._memory.external_id(order_id)
        if found is None:
            return True
        if external_id is None and not self._memory.has_link(order_id):
            return False  # whose it is has to be asked: who reads the executions does
        found[1].on_fill(fill_of(wire, found[0], external_id))
        return True

    def _position(self, wire: WirePosition) -> bool:
        found = self.of_market(wire.market)
        if found is not None:
            found[1].on_position(position_of(wire, found[0]))
        return True

    def _balance(self, wire: WireBalance) -> bool:
        balance = balance_of(wire)
        for listener in self.each():
            listener.on_balance(balance)
        return True


__all__ = ["AccountStream"]
