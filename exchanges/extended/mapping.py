"""From Extended's words on markets to ours. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from exchanges.extended.wire import (
    WireMarket,
    WirePublicTrade,
    WireRestBook,
    WireRestLevel,
    WireStats,
    finite,
    text_id,
)
from helpers.clock import NS_PER_S
from helpers.enums import Side
from helpers.errors import BadPayload
from helpers.models import BookLevel, FundingRate, Market, OrderBook, Trade

NS_PER_MS: Final = 1_000_000
FUNDING_INTERVAL_NS: Final = 3600 * NS_PER_S
"""Funding is paid every hour, at the full hour."""
NEW_ACCOUNT_MAKER_FEE: Final = Decimal(0)
NEW_ACCOUNT_TAKER_FEE: Final = Decimal("0.00025")
_DOLLARS: Final = "USD"
_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}


def ticker_of(wire: WireMarket) -> str:
    """Give the ticker of a market: BTC of BTC-USD; the whole name where it is not settled in dollars.

    So two markets on one asset can never have one ticker.
    """
    return wire.name.removesuffix(f"-{_DOLLARS}") if wire.collateral_asset_name == _DOLLARS else wire.name


def market_of(wire: WireMarket, exchange: str, maker_fee: Decimal, taker_fee: Decimal) -> Market:
    """Describe a market.

    The venue has no minimum notional. As maintenance margin stands the first risk factor, which the
    settlement layer liquidates by; where it is missing, the initial margin, which is never less.

    Raises:
        BadPayload: a step makes no sense.
    """
    terms = wire.trading_config
    for name, value in (
        ("minPriceChange", terms.min_price_change),
        ("minOrderSizeChange", terms.min_order_size_change),
        ("maxLeverage", terms.max_leverage),
    ):
        if finite(value, name) <= 0:
            raise BadPayload(f"{name} of {wire.name} is {value}")
    tiers = sorted(terms.risk_factor_config, key=lambda tier: tier.upper_bound)
    return Market(
        exchange=exchange,
        ticker=ticker_of(wire),
        contract_id=wire.name,
        quote=wire.collateral_asset_name,
        tick_size=terms.min_price_change,
        quantity_step=terms.min_order_size_change,
        min_quantity=finite(terms.min_order_size, "minOrderSize"),
        min_notional=Decimal(0),
        maker_fee=maker_fee,
        taker_fee=taker_fee,
        max_leverage=terms.max_leverage,
        maintenance_margin=tiers[0].risk_factor if tiers else 1 / terms.max_leverage,
        max_open_orders=int(finite(terms.max_num_orders, "maxNumOrders")),
        funding_interval_ns=FUNDING_INTERVAL_NS,
    )


def funding_of(stats: WireStats, ticker: str, now_ns: int) -> FundingRate:
    """Give the rate of the next settlement: a fraction per hour, positive when longs pay.

    Raises:
        BadPayload: the venue does not say it.
    """
    if stats.funding_rate is None:
        raise BadPayload(f"Extended does not say the funding rate of {ticker}")
    due_ns = (stats.next_funding_rate or 0) * NS_PER_MS
    if due_ns <= now_ns:  # the settlement is being made; the rate is that of the one after it
        due_ns = (now_ns // FUNDING_INTERVAL_NS + 1) * FUNDING_INTERVAL_NS
    rate = finite(stats.funding_rate, "fundingRate")
    return FundingRate(ticker=ticker, rate=rate, interval_ns=FUNDING_INTERVAL_NS, next_funding_ns=due_ns)


def book_of(wire: WireRestBook, depth: int, time_ns: int) -> OrderBook:
    """Give the best levels of a book as REST tells it; it carries no time of its own."""
    bids = sorted(wire.bid, key=lambda level: level.price, reverse=True)
    asks = sorted(wire.ask, key=lambda level: level.price)
    return OrderBook(bids=_levels(bids, depth), asks=_levels(asks, depth), venue_time_ns=time_ns)


def trade_of(wire: WirePublicTrade) -> Trade:
    """Give a public trade; its side is the taker's."""
    return Trade(
        trade_id=text_id(wire.i),
        price=finite(wire.p, "price"),
        quantity=finite(wire.q, "quantity"),
        taker_side=_SIDES.get(wire.side),
        time_ns=wire.time_ms * NS_PER_MS,
    )


def side_of(text: str) -> Side:
    """Read the side of an order.

    Raises:
        BadPayload: it is none.
    """
    try:
        return _SIDES[text]
    except KeyError:
        raise BadPayload(f"{text!r} is no side of an order") from None


def _levels(levels: list[WireRestLevel], depth: int) -> tuple[BookLevel, ...]:
    kept = [level for level in levels if finite(level.qty, "qty") > 0]
    return tuple(BookLevel(finite(level.price, "price"), level.qty) for level in kept[:depth])


__all__ = [
    "FUNDING_INTERVAL_NS",
    "NEW_ACCOUNT_MAKER_FEE",
    "NEW_ACCOUNT_TAKER_FEE",
    "NS_PER_MS",
    "book_of",
    "funding_of",
    "market_of",
    "side_of",
    "ticker_of",
    "trade_of",
]
