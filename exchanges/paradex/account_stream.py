"""The account's stream: news of orders, executions, positions, money and funding, told to who trades the market.

The venue sends no picture of where things stand when a channel is subscribed. What happened
before is read by whoever starts or is told of a gap; what comes here is news. News of an order
or a position is numbered; older than what was told is dropped. An account is often quiet, so its
silence says nothing; but an execution that was read and never told here says that the venue
has stopped talking to us, and the connection is opened anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from exchanges.paradex import account_mapping as mapping
from exchanges.paradex.account_wire import AccountState, FillInfo, FundingPaymentInfo, OrderState, PositionInfo
from exchanges.paradex.link import Link
from exchanges.paradex.login import Login
from exchanges.paradex.memory import OrderMemory
from exchanges.paradex.rest import parse
from exchanges.paradex.rpc import GapError, RpcStream
from exchanges.paradex.summaries import Summaries
from helpers.clock import NS_PER_S
from helpers.errors import VenueError
from helpers.listener import EventListener
from helpers.models import Fill

_KEPT: Final = 10_000
_ON_ITS_WAY_NS: Final = 10 * NS_PER_S
"""How long the news of an execution may take; two clocks that differ are forgiven as much."""


class AccountStream:
    """One connection, logged in, for all markets that are traded."""

    def __init__(
        self,
        link: Link,
        login: Login,
        summaries: Summaries,
        memory: OrderMemory,
        hear_order: Callable[[OrderState], None],
    ) -> None:
        """Open nothing.

        Args:
            link: the way to the venue.
            login: gives tokens.
            summaries: gives marks, and is fed with the summaries that keep this connection lively.
            memory: tells whose side a fill's side is.
            hear_order: told of every order's news before the listeners are.
        """
        self._stream = RpcStream(link, f"{link.context.label} account", login)
        self._clock = link.context.clock
        self._summaries = summaries
        self._memory = memory
        self._hear_order = hear_order
        self._listeners: dict[str, tuple[str, EventListener]] = {}
        """Ticker and listener, by the venue's name of the market."""
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._told_fills: OrderedDict[str, None] = OrderedDict()
        self._proven_ns: dict[str, int] = {}
        """Since when each channel works."""
        self._lost: set[str] = set()
        """Channels that were interrupted and are not proven again."""

    async def subscribe(self, symbol: str, ticker: str, listener: EventListener) -> None:
        """Tell a listener of one market, and of the account.

        Raises:
            ConnectivityError: the venue cannot be reached, or a channel does not work.
            AuthError: it refuses us.
        """
        await self._stream.open()
        self._listeners[symbol] = (ticker, listener)
        # The summary tells the mark, and each second that this connection is alive.
        await self._stream.add(self._summaries.channel(symbol), self._summaries.take)
        await self._add("account", self._take_account)
        await self._add("positions", self._take_position)
        await self._add(f"orders.{symbol}", self._take_order)
        await self._add(_fills_of(symbol), self._take_fill)
        await self._add(f"funding_payments.{symbol}", self._take_funding)

    def compare(self, symbol: str, fills: Iterable[Fill]) -> None:
        """Open the connection anew if it did not tell one of the executions that were read."""
        proven_ns = self._proven_ns.get(_fills_of(symbol))
        if proven_ns is None:
            return
        first_ns, last_ns = proven_ns + _ON_ITS_WAY_NS, self._clock.now_ns() - _ON_ITS_WAY_NS
        for fill in fills:
            if first_ns <= fill.time_ns <= last_ns and fill.trade_id not in self._told_fills:
                self._stream.reconnect(f"it did not tell execution {fill.trade_id}")
                return

    async def close(self) -> None:
        """End it; nothing is told any more."""
        self._listeners.clear()
        await self._stream.close()

    # -- gaps -------------------------------------------------------------------------------

    async def _add(self, channel: str, take: Callable[[msgspec.Raw], bool]) -> None:
        try:
            await self._stream.add(
                channel,
                take,
                proven_by_ack=True,
                on_reset=lambda: self._gone(channel),
                on_proven=lambda: self._back(channel),
            )
        except VenueError:
            self._lost.discard(channel)
            raise

    def _gone(self, channel: str) -> None:
        self._lost.add(channel)
        self._proven_ns.pop(channel, None)
        self._numbers.clear()  # a venue that was started anew may count anew

    def _back(self, channel: str) -> None:
        """Tell of the gap once every channel that was interrupted works again."""
        self._proven_ns[channel] = self._clock.now_ns()
        if channel not in self._lost:
            return
        self._lost.discard(channel)
        if not self._lost:
            for _, listener in tuple(self._listeners.values()):
                listener.on_gap()

    # -- news -------------------------------------------------------------------------------

    def _take_order(self, raw: msgspec.Raw) -> bool:
        state = parse(raw, OrderState)
        if self._is_news(f"order {state.id}", state.seq_no):
            self._hear_order(state)
            heard = self._listeners.get(state.market)
            if heard is not None:
                heard[1].on_order(mapping.order_info(state))
        return True

    def _take_fill(self, raw: msgspec.Raw) -> bool:
        told = parse(raw, FillInfo)
        heard = self._listeners.get(told.market)
        if heard is not None:
            side = self._memory.side_of_fill(told)
            if side is None:  # read it instead: who reads looks at its order
                raise GapError(f"fill {told.id} does not tell its side, and its order is not known")
            fill = mapping.fill(told, heard[0], side)
            self._told_fills[fill.trade_id] = None
            if len(self._told_fills) > _KEPT:
                self._told_fills.popitem(last=False)
            heard[1].on_fill(fill)
        return True

    def _take_position(self, raw: msgspec.Raw) -> bool:
        told = parse(raw, PositionInfo)
        heard = self._listeners.get(told.market)
        if heard is not None and self._is_news(f"position {told.market}", told.seq_no):
            heard[1].on_position(mapping.position(told, heard[0], self._summaries.mark_price(told.market)))
        return True

    def _take_account(self, raw: msgspec.Raw) -> bool:
        told = parse(raw, AccountState)
        if self._is_news("account", told.seq_no):
            balance = mapping.balance(told)
            for _, listener in tuple(self._listeners.values()):
                listener.on_balance(balance)
        return True

    def _take_funding(self, raw: msgspec.Raw) -> bool:
        told = parse(raw, FundingPaymentInfo)
        heard = self._listeners.get(told.market)
        if heard is not None:
            heard[1].on_funding(mapping.funding_payment(told, heard[0]))
        return True

    def _is_news(self, what: str, number: int) -> bool:
        """Whether this was not told before, nor anything newer; what is not numbered always is."""
        if number and number <= self._numbers.get(what, 0):
            return False
        if number:
            self._numbers[what] = number
            self._numbers.move_to_end(what)
            if len(self._numbers) > _KEPT:
                self._numbers.popitem(last=False)
        return True


def _fills_of(symbol: str) -> str:
    return f"fills.{symbol}"


__all__ = ["AccountStream"]
