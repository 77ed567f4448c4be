"""Our account as Lighter streams it: orders, executions, positions, money, funding and the fate of transactions.

Each market's news goes to whoever listens to that market. A snapshot tells history too: what
happened before the stream was first opened is not news, and is read by who wants it. Frames that
cannot be read count as a gap, after which everything is worth a look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from exchanges.lighter import mapping
from exchanges.lighter.account_wire import (
    AccountAsset,
    AccountOrder,
    AccountPosition,
    AccountTx,
    EventInfo,
    PositionFunding,
    UserStats,
)
from exchanges.lighter.dialect import Handler, LighterDialect
from exchanges.lighter.markets import LighterMarkets, ticker_of
from exchanges.lighter.order_notes import OrderNotes, SentOrder
from exchanges.lighter.reading import lists_of, read_as
from exchanges.lighter.stream_wire import StreamFrame
from exchanges.lighter.wire import Trade
from exchanges.stream import Channel
from helpers.clock import NS_PER_S, Clock
from helpers.enums import OrderStatus
from helpers.errors import BadPayload
from helpers.listener import EventListener

_SKEW_NS: Final = 60 * NS_PER_S
"""By how much the venue's clock may be behind ours."""
_FAILED: Final = 0


class AccountStream:
    """Reads the account's channels."""

    def __init__(
        self, account_index: int, markets: LighterMarkets, notes: OrderNotes, clock: Clock, dialect: LighterDialect
    ) -> None:
        """Tell nobody yet."""
        self._account_index = account_index
        self._markets = markets
        self._notes = notes
        self._dialect = dialect
        self._listeners: dict[int, EventListener] = {}
        self._opened_ns = clock.now_ns()
        """What happened before is history."""
        self._paid: set[tuple[int, int]] = set()
        """Market and number of the settlements that were told."""
        self._last_past_trade: int | None = None
        self._stats: UserStats | None = None
        self._assets: list[AccountAsset] = []
        self._lost: set[str] = set()
        self._was_interrupted = False

    def listen(self, market_index: int, listener: EventListener) -> None:
        """Tell this listener of everything on one market, and of money."""
        self._listeners[market_index] = listener

    def leave(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def channels(self, token: Callable[[], str]) -> list[Channel]:
        """Describe the subscriptions that everything depends on."""
        families: tuple[tuple[str, Handler], ...] = (
            ("account_all_orders", self._take_orders),
            ("account_all_trades", self._take_trades),
            ("account_all_positions", self._take_positions),
            ("user_stats", self._take_stats),
            ("account_all_assets", self._take_assets),
            ("account_all", self._take_funding),
        )
        return [self._channel(family, handler, token) for family, handler in families]

    def fate_channel(self, token: Callable[[], str]) -> Channel:
        """Describe the one that tells of refusals sooner; without it they are found out by asking."""
        return self._channel("account_tx", self._take_fates, token, is_needed=False)

    # -- frames ---------------------------------------------------------------------------------

    def _take_orders(self, frame: StreamFrame) -> bool:
        for order in lists_of(frame.orders, AccountOrder):
            info = mapping.order_info(order)
            self._notes.saw(info)
            listener = self._listeners.get(order.market_index)
            if listener is not None:
                listener.on_order(info)
        return True

    def _take_trades(self, frame: StreamFrame) -> bool:
        trades = [*lists_of(frame.trades, Trade), *lists_of(frame.liquidation_trades, Trade)]
        for trade in self._news(trades) if frame.is_snapshot else trades:
            listener = self._listeners.get(trade.market_id)
            if listener is not None:
                for fill in mapping.fills(trade, self._account_index, self._ticker(trade.market_id)):
                    listener.on_fill(fill)
        return True

    def _news(self, trades: list[Trade]) -> list[Trade]:
        """Give what a snapshot tells that happened since the first one, oldest first."""
        if self._last_past_trade is None:
            self._last_past_trade = max((trade.trade_id for trade in trades), default=0)
            return []
        last, since_ns = self._last_past_trade, self._opened_ns - _SKEW_NS
        fresh = [
            t for t in trades if t.trade_id > last and mapping.time_ns(t.transaction_time, t.timestamp) >= since_ns
        ]
        return sorted(fresh, key=lambda trade: trade.trade_id)

    def _take_positions(self, frame: StreamFrame) -> bool:
        for told in lists_of(frame.positions, AccountPosition):
            listener = self._listeners.get(told.market_id)
            if listener is not None:
                listener.on_position(mapping.position(told, self._ticker(told.market_id)))
        return True

    def _take_stats(self, frame: StreamFrame) -> bool:
        self._stats = read_as(frame.stats, UserStats)
        self._tell_balance()
        return True

    def _take_assets(self, frame: StreamFrame) -> bool:
        known = {asset.asset_id: asset for asset in self._assets}
        known.update({asset.asset_id: asset for asset in lists_of(frame.assets, AccountAsset)})
        self._assets = list(known.values())
        self._tell_balance()
        return True

    def _tell_balance(self) -> None:
        if self._stats is not None:
            balance = mapping.stats_balance(self._stats, self._assets)
            for listener in self._listeners.values():
                listener.on_balance(balance)

    def _take_funding(self, frame: StreamFrame) -> bool:
        self.tell_funding(lists_of(frame.funding_histories, PositionFunding))
        return True

    def tell_funding(self, rows: Iterable[PositionFunding]) -> None:
        """Tell settlements that happened since the beginning, each once, wherever they were heard of."""
        for told in sorted(rows, key=lambda row: row.timestamp):
            listener = self._listeners.get(told.market_id)
            payment = mapping.funding_payment(told, self._ticker(told.market_id))
            number = (told.market_id, told.funding_id)
            if listener is not None and payment.time_ns >= self._opened_ns and number not in self._paid:
                self._paid.add(number)
                listener.on_funding(payment)

    def _take_fates(self, frame: StreamFrame) -> bool:
        for tx in lists_of(frame.txs, AccountTx):
            if tx.status == _FAILED:
                self._notes.changes.fail(tx.hash, _why(tx.event_info))
                self._reject(self._notes.order_of(tx.hash), _why(tx.event_info))
        return True

    def _reject(self, sent: SentOrder | None, reason: str) -> None:
        if sent is None or self._notes.is_over(sent.info.client_order_id or ""):
            return
        info = msgspec.structs.replace(sent.info, status=OrderStatus.REJECTED, reason=reason)
        self._notes.saw(info)
        listener = self._listeners.get(sent.market_index)
        if listener is not None:
            listener.on_order(info)

    # -- inside ---------------------------------------------------------------------------------

    def _channel(self, family: str, handler: Handler, token: Callable[[], str], *, is_needed: bool = True) -> Channel:
        def take(frame: StreamFrame) -> bool:
            try:
                return handler(frame)
            except BadPayload as error:
                self._dialect.stream.reset(frame.channel, f"it cannot be read: {error}")
                raise

        return self._dialect.channel(
            family,
            self._account_index,
            take,
            token=token,
            on_reset=lambda: self._lose(family, is_needed=is_needed),
            on_proven=lambda: self._prove(family),
        )

    def _lose(self, family: str, *, is_needed: bool) -> None:
        self._was_interrupted = True
        if is_needed:  # the others may never come back
            self._lost.add(family)

    def _prove(self, family: str) -> None:
        self._lost.discard(family)
        if self._was_interrupted and not self._lost:
            self._was_interrupted = False
            for listener in _each_once(self._listeners.values()):
                listener.on_gap()

    def _ticker(self, market_index: int) -> str:
        return ticker_of(self._markets.at(market_index), market_index)


def _each_once(listeners: Iterable[EventListener]) -> list[EventListener]:
    return list({id(listener): listener for listener in listeners}.values())


def _why(event_info: str) -> str:
    """Give the sequencer's word for a refusal."""
    try:
        return msgspec.json.decode(event_info, type=EventInfo).ae or "failed"
    except msgspec.DecodeError:
        return "failed"


__all__ = ["AccountStream"]
