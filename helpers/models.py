"""The nouns that every layer shares: markets, books, orders, fills, positions, balances, funding.

All records are frozen. Money is Decimal in quote currency, quantity is Decimal in base units,
time is int nanoseconds since the Unix epoch. What has a few values only is in helpers/enums.py.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from helpers.enums import Liquidity, MarketKind, OrderStatus, OrderType, PositionSide, Side, TimeInForce
from helpers.peg import Peg


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One market of one venue, from the venue's metadata."""

    exchange: str
    ticker: str
    """The base asset as people type it: BTC."""
    contract_id: str
    """The venue's own name of the market."""
    quote: str
    tick_size: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    """Least price x quantity of an order, in quote."""
    maker_fee: Decimal
    """Fraction of notional; negative is a rebate."""
    taker_fee: Decimal
    max_leverage: Decimal
    maintenance_margin: Decimal
    """Fraction of notional below which the venue liquidates."""
    max_open_orders: int
    funding_interval_ns: int
    kind: MarketKind = MarketKind.PERP


class Bbo(msgspec.Struct, frozen=True, gc=False):
    """Best bid and offer of one market. A missing side is None, never zero."""

    bid: Decimal | None
    bid_quantity: Decimal | None
    ask: Decimal | None
    ask_quantity: Decimal | None
    venue_time_ns: int
    received_ns: int

    @property
    def is_two_sided(self) -> bool:
        """Whether both sides are there and the book is neither locked nor crossed."""
        return self.bid is not None and self.ask is not None and self.bid < self.ask


class BookLevel(msgspec.Struct, frozen=True, gc=False):
    """One price level of a book."""

    price: Decimal
    quantity: Decimal


class OrderBook(msgspec.Struct, frozen=True):
    """Price levels, best first on both sides."""

    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    venue_time_ns: int


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """One public trade."""

    trade_id: str
    price: Decimal
    quantity: Decimal
    taker_side: Side | None
    """Who crossed the spread; None where the venue does not say."""
    time_ns: int
    """The venue's time."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One of our orders: what we wanted and what we know became of it."""

    intent: str
    """The strategy's own name for what it wants; at most one live order carries it."""
    client_order_id: str
    side: Side
    quantity: Decimal
    price: Decimal | None
    """None for a market order."""
    order_type: OrderType = OrderType.LIMIT
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    peg: Peg | None = None
    """What its price follows; `price` is where it stands now. None is a fixed price."""
    status: OrderStatus = OrderStatus.INTENT
    filled_quantity: Decimal = Decimal(0)
    average_price: Decimal | None = None
    """Quantity-weighted price of the fills; None before the first."""
    order_id: str | None = None
    """The venue's id; None until it told us."""
    pending_cancel: bool = False
    created_ns: int = 0
    updated_ns: int = 0
    reason: str = ""
    """Why it was rejected, cancelled or expired, in the venue's words."""

    @property
    def remaining_quantity(self) -> Decimal:
        """What has not filled."""
        return self.quantity - self.filled_quantity

    @property
    def is_live(self) -> bool:
        """Whether it rests, or may rest, at the venue."""
        return not self.status.is_terminal


class OrderInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's account of one order."""

    order_id: str
    client_order_id: str | None
    side: Side
    size: Decimal
    """Ordered quantity, in base units."""
    price: Decimal | None
    status: OrderStatus
    filled_size: Decimal = Decimal(0)
    reduce_only: bool = False
    post_only: bool = False
    time_ns: int = 0
    reason: str = ""


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one of our orders."""

    trade_id: str
    """Unique per venue: the key by which repeated reports are recognised."""
    order_id: str
    client_order_id: str | None
    ticker: str
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    """In quote; negative is a rebate."""
    liquidity: Liquidity
    time_ns: int
    """The venue's time of the trade."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A position in one market."""

    ticker: str
    quantity: Decimal
    """Signed: positive is long, negative is short."""
    entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    liquidation_price: Decimal | None = None

    @property
    def side(self) -> PositionSide:
        """LONG, SHORT or FLAT."""
        if not self.quantity:
            return PositionSide.FLAT
        return PositionSide.LONG if self.quantity > 0 else PositionSide.SHORT

    @property
    def unrealised_pnl(self) -> Decimal | None:
        """Profit at the mark price, in quote; None where a price is unknown."""
        if self.mark_price is None or self.entry_price is None:
            return None
        return (self.mark_price - self.entry_price) * self.quantity


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Money of the account, in the collateral currency. None is "the venue did not say"."""

    currency: str
    wallet: Decimal
    """Cash: deposits + realised PnL - fees + funding."""
    equity: Decimal | None = None
    """Wallet + unrealised PnL."""
    available: Decimal | None = None
    """What may still back new orders; where assets are paid in full, the cash that no order binds."""
    margin_used: Decimal | None = None


class FundingRate(msgspec.Struct, frozen=True, kw_only=True):
    """The rate of the next settlement. Positive: longs pay shorts."""

    ticker: str
    rate: Decimal
    """Fraction of notional per interval."""
    interval_ns: int
    next_funding_ns: int

    @property
    def hourly_rate(self) -> Decimal:
        """The rate per hour, the one unit in which venues are compared."""
        return self.rate * 3_600_000_000_000 / self.interval_ns


class FundingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One settlement on our position."""

    payment_id: str
    ticker: str
    amount: Decimal
    """In quote; positive is received, negative is paid."""
    rate: Decimal | None = None
    """Fraction of notional per interval; None where the venue does not say."""
    position: Decimal | None = None
    """Signed quantity the payment was made on; None where the venue does not say."""
    time_ns: int


class MarketData(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy sees when it decides: one frozen moment of one market.

    TradingBot calls a strategy only with a fresh, two-sided, uncrossed book, so both
    prices are always there. `position` and `balance` are None while they are unknown.
    """

    exchange: str
    ticker: str
    now_ns: int
    best_bid: Decimal
    best_ask: Decimal
    bid_quantity: Decimal
    ask_quantity: Decimal
    book_time_ns: int
    market: Market
    orders: tuple[Order, ...] = ()
    """Our live orders, oldest first."""
    position: Position | None = None
    balance: Balance | None = None
    funding: FundingRate | None = None

    @property
    def mid_price(self) -> Decimal:
        """Midway between best bid and best ask."""
        return (self.best_bid + self.best_ask) / 2

    def order(self, intent: str) -> Order | None:
        """The live order that carries this intent."""
        return next((order for order in self.orders if order.intent == intent), None)
