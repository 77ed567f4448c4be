"""What all parts of the protocol share of one account: its orders, trades, transactions, and who hears of them.

The simulated venue acts without delay towards this; the protocol's own delays are in the
intake (before) and in the streams (after). So what REST shows is always the truth of the moment.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any, Final, Protocol

from helpers.decisions import Wake
from helpers.enums import OrderStatus
from helpers.models import Balance, Fill, FundingPayment, OrderInfo, Position
from simulation.servers.lighter.identity import Identity
from simulation.servers.lighter.markets import BY_TICKER, FRACTION, MARKETS, LighterMarket
from simulation.servers.lighter.options import TERMS, LighterOptions
from simulation.servers.lighter.trade_file import OwnTrade, TradeFile
from simulation.servers.lighter.tx_file import TxFile, TxRecord
from simulation.servers.lighter.wire_orders import CANCELED, FILLED, OrderFile, OrderType, WireOrder
from simulation.venue import SimulatedVenue

_ASLEEP: Final = Wake(book=False)
"""Nothing here waits for the book: it is read when somebody asks."""
_FIRST_NONCE: Final = 9_182_390_000
"""Of the order book, which numbers every change; not to be confused with those of keys."""
_ENDINGS: Final = {
    "it met our own order": "canceled-self-trade",
    "nothing is left to reduce": "canceled-reduce-only",
    "liquidation": "canceled-liquidation",
}


class AccountListener(Protocol):
    """Who passes the account's news on."""

    def on_order(self, order: WireOrder) -> None:
        """Hear that an order changed."""
        ...

    def on_trade(self, trade: OwnTrade) -> None:
        """Hear of a trade."""
        ...

    def on_position(self, market: LighterMarket) -> None:
        """Hear that a position, and with it the money, changed."""
        ...

    def on_tx(self, record: TxRecord) -> None:
        """Hear what became of a transaction."""
        ...


class Trading:
    """The account and everything filed on it."""

    def __init__(self, options: LighterOptions, venue: SimulatedVenue, identity: Identity) -> None:
        """Open the account and listen to the venue."""
        self.options = options
        self.terms = TERMS[options.tier]
        self.venue = venue
        self.identity = identity
        self.account_id = str(identity.account_index)
        self.account = venue.open_account(self.account_id)
        start_ms = options.start_ns // 1_000_000
        self.orders = OrderFile(start_ms)
        self.trades = TradeFile(identity.account_index, start_ms)
        self.txs = TxFile()
        self.payments: list[FundingPayment] = []
        self.margins = {market.market_id: market.default_margin for market in MARKETS}
        """Initial margin fractions chosen, 1e-4."""
        self.margin_modes = dict.fromkeys(self.margins, 0)
        self._events = 0
        self.listeners: list[AccountListener] = []
        self.rng = random.Random(f"lighter delays:{options.seed}")  # noqa: S311 - seeded on purpose
        for market in MARKETS:
            venue.deliveries.subscribe(self.account_id, market.ticker, _MarketNews(self, market))
            venue.deliveries.arm(self.account_id, market.ticker, _ASLEEP)

    @property
    def now_ns(self) -> int:
        """The venue's time."""
        return self.venue.core.now_ns

    @staticmethod
    def market(ticker: str) -> LighterMarket:
        """Find a market by its ticker."""
        return BY_TICKER[ticker]

    def mark(self, market: LighterMarket) -> Decimal:
        """Give a market's mark price on its grid; zero before any price."""
        mark = self.venue.core.market(market.ticker).mark_price() or Decimal(0)
        return mark.quantize(market.tick_size)

    def position(self, market: LighterMarket) -> Decimal:
        """Give the signed position."""
        ledger = self.account.ledgers.get(market.ticker)
        return ledger.position if ledger is not None else Decimal(0)

    def margin_fraction(self, market: LighterMarket) -> Decimal:
        """Give the initial margin fraction chosen for a market."""
        return Decimal(self.margins[market.market_id]) / FRACTION

    # -- news of the desk -----------------------------------------------------------------

    def changed(self, order: WireOrder) -> None:
        """Tell of an order."""
        order.updated_ns = self.now_ns
        self._events += 1
        order.nonce = _FIRST_NONCE + self._events
        for listener in self.listeners:
            listener.on_order(order)

    def end(self, order: WireOrder, status: str) -> None:
        """End an order, once, and tell."""
        if order.is_alive:
            self.orders.end(order, status, self.now_ns)
            self.changed(order)

    def moved(self, market: LighterMarket) -> None:
        """Tell of a position."""
        for listener in self.listeners:
            listener.on_position(market)

    def filed(self, record: TxRecord) -> None:
        """Tell of a transaction."""
        for listener in self.listeners:
            listener.on_tx(record)

    def executed(self, market: LighterMarket, fill: Fill) -> None:
        """File an execution and tell."""
        order = self.orders.find(int(fill.client_order_id)) if fill.client_order_id else None
        if order is not None:
            order.filled_lots += int(fill.quantity / market.step)
            order.filled_quote += fill.price * fill.quantity
        trade = self.trades.add(market, fill, order, self.margins[market.market_id])
        for listener in self.listeners:
            listener.on_trade(trade)

    def settled(self, info: OrderInfo) -> None:
        """Take over where the desk says an order stands."""
        order = self.orders.find(int(info.client_order_id)) if info.client_order_id else None
        if order is None:
            return
        if info.status is OrderStatus.PARTIALLY_FILLED:
            self.changed(order)
        else:
            self.end(order, _ending(order, info))


def _ending(order: WireOrder, info: OrderInfo) -> str:
    if info.status is OrderStatus.FILLED:
        return FILLED
    if info.status is OrderStatus.EXPIRED:
        return "canceled-expired"
    if info.reason == "not filled at once":
        is_market = order.order_type is OrderType.MARKET
        return "canceled-too-much-slippage" if is_market else "canceled-not-enough-liquidity"
    if info.reason == "it met our own order" and info.post_only:
        return "canceled-post-only"
    return _ENDINGS.get(info.reason, CANCELED)


class _MarketNews:
    """The venue's news of one market: the account's EventListener there."""

    def __init__(self, trading: Trading, market: LighterMarket) -> None:
        self._trading = trading
        self._market = market

    def on_book(self) -> None:
        """Nothing waits for the book."""

    def on_order(self, info: OrderInfo) -> None:
        """Pass an order on."""
        self._trading.settled(info)

    def on_fill(self, fill: Fill) -> None:
        """Pass an execution on."""
        self._trading.executed(self._market, fill)

    def on_position(self, position: Position) -> None:
        """Pass a position on."""
        del position
        self._trading.moved(self._market)

    def on_balance(self, balance: Balance) -> None:
        """Money changes with positions and is told with them."""

    def on_funding(self, payment: FundingPayment) -> None:
        """File a funding payment."""
        self._trading.payments.append(payment)

    def on_gap(self) -> None:
        """There is none inside a process."""

    def on_end(self, reason: str) -> None:
        """Synthetic markets do not end."""


Json = dict[str, Any]

__all__ = ["AccountListener", "Json", "Trading"]
