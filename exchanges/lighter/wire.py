"""Lighter's markets, prices and trades in Lighter's words. What it adds is ignored; a missing essential is an error."""

from __future__ import annotations

import msgspec


class MarketConfig(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A market's special terms."""

    force_reduce_only: bool = False


class MarketDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One perpetual market."""

    symbol: str
    market_id: int
    status: str
    price_decimals: int
    size_decimals: int
    min_base_amount: str
    min_quote_amount: str
    maintenance_margin_fraction: int
    min_initial_margin_fraction: int
    default_initial_margin_fraction: int = 0
    """1e-4, as the least one; what an account has that never chose. 0 where the venue does not say."""
    taker_fee: str
    maker_fee: str
    market_type: str = "perp"
    order_quote_limit: str = ""
    market_config: MarketConfig | None = None


class MarketsReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET orderBookDetails."""

    order_book_details: list[MarketDetails] | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A price level of a book."""

    price: str
    size: str


class Book(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A book, or what changed of it."""

    asks: list[Level] | None = None
    bids: list[Level] | None = None
    nonce: int = 0
    begin_nonce: int = 0
    last_updated_at: int = 0
    """Microseconds."""


class RestingOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Somebody's order in the book."""

    price: str
    remaining_base_amount: str


class BookReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET orderBookOrders: order by order, best first."""

    asks: list[RestingOrder] | None = None
    bids: list[RestingOrder] | None = None


class MarketStats(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Prices and funding of a market; rates are percent."""

    market_id: int
    symbol: str = ""
    mark_price: str = ""
    index_price: str = ""
    mid_price: str = ""
    current_funding_rate: str = ""
    """Estimate for the next payment, percent per hour."""
    funding_rate: str = ""
    funding_timestamp: int = 0


class VenueFundingRate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rate of GET funding-rates: a fraction per eight hours."""

    market_id: int
    exchange: str
    rate: float
    """A number on the wire; its shortest text is what was sent."""


class FundingRatesReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET funding-rates."""

    funding_rates: list[VenueFundingRate] | None = None


class StatusReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET /."""

    timestamp: int
    """Seconds."""
    network_id: int = 0


class Trade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trade, public or ours."""

    trade_id: int
    market_id: int
    size: str
    price: str
    ask_id: int
    bid_id: int
    ask_account_id: int
    bid_account_id: int
    is_maker_ask: bool
    timestamp: int
    type: str = "trade"
    ask_client_id: int = 0
    bid_client_id: int = 0
    transaction_time: int = 0
    taker_fee: int = 0
    """Millionths of the notional."""
    maker_fee: int = 0


class TradesReply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """GET trades and recentTrades; an empty list is left out, an answer's code is not."""

    code: int
    trades: list[Trade] | None = None
    next_cursor: str | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What every body carries."""

    code: int | None = None
    message: str | None = None


# -- rows that only recordings are read for ------------------------------------------------------


class MarketName(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One market of GET orderBooks."""

    market_id: int
    symbol: str = ""


class Quote(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One side of the best prices; empty texts where there is none."""

    price: str = ""
    size: str = ""


class BestPrices(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the ticker channel tells."""

    a: Quote = Quote()
    b: Quote = Quote()
    last_updated_at: int = 0


class Candle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One candle; v is base, V is quote."""

    t: int
    o: float
    h: float
    l: float  # noqa: E741 - the venue's name
    c: float
    v: float = 0.0


class PastFunding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One hour of GET fundings: percent, and beside it who paid."""

    timestamp: int
    rate: str
    direction: str
