"""Single rows of Lighter's messages as events: our names and units, figures as plain decimal texts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from exchanges.frames import FrameEvent
from exchanges.lighter import mapping
from exchanges.lighter.account_wire import AccountOrder, AccountPosition, PositionFunding
from exchanges.lighter.reading import read_as
from exchanges.lighter.wire import BestPrices, Book, Candle, MarketDetails, MarketName, MarketStats, PastFunding, Trade
from helpers.money import plain


def figure(text: str) -> str:
    """Write a number plainly."""
    return plain(mapping.number(text))


def record_event(kind: str, market: str, record: Any) -> FrameEvent:
    """Turn one of our records into an event: its own names, numbers as plain texts."""
    told = msgspec.to_builtins(record, builtin_types=(Decimal,))
    data = {name: plain(value) if isinstance(value, Decimal) else value for name, value in told.items()}
    return FrameEvent(kind=kind, market=market, data=data)


def book_data(book: Book, timestamp: int) -> dict[str, Any]:
    """Give the levels of a book, or those that changed."""
    sides = {
        side: [[figure(level.price), figure(level.size)] for level in levels or ()]
        for side, levels in (("bids", book.bids), ("asks", book.asks))
    }
    time_ns = mapping.time_ns(book.last_updated_at, timestamp)
    return {**sides, "nonce": book.nonce, "begin_nonce": book.begin_nonce, "time_ns": time_ns}


def bbo_data(part: msgspec.Raw) -> dict[str, Any]:
    """Give best bid and ask; an empty side is None."""
    told = read_as(part, BestPrices)
    data: dict[str, Any] = {"time_ns": mapping.time_ns(told.last_updated_at)}
    for name, side in (("ask", told.a), ("bid", told.b)):
        data[name] = figure(side.price) if side.price else None
        data[f"{name}_quantity"] = figure(side.size) if side.size else None
    return data


def trade_event(trade: Trade) -> FrameEvent:
    """Give a public trade."""
    return record_event("trade", str(trade.market_id), mapping.public_trade(trade))


def fill_event(trade: Trade, account: str) -> FrameEvent:
    """Give our side of a trade; a recording of another account's shows as a trade."""
    market = str(trade.market_id)
    for fill in mapping.fills(trade, int(account) if account.isdecimal() else -1, market):
        return record_event("fill", market, fill)
    return trade_event(trade)


def order_event(order: AccountOrder) -> FrameEvent:
    """Give an order of the account."""
    return record_event("order", str(order.market_index), mapping.order_info(order))


def position_event(row: AccountPosition) -> FrameEvent:
    """Give a position."""
    market = str(row.market_id)
    return record_event("position", market, mapping.position(row, row.symbol or market))


def funding_paid_event(row: PositionFunding) -> FrameEvent:
    """Give a settlement on a position."""
    market = str(row.market_id)
    return record_event("funding", market, mapping.funding_payment(row, market))


def stats_event(stats: MarketStats) -> FrameEvent:
    """Give prices and the coming funding rate."""
    data: dict[str, Any] = {"mark_price": stats.mark_price, "index_price": stats.index_price}
    if stats.current_funding_rate:
        data["rate"] = plain(mapping.hourly_rate(stats))
    return FrameEvent(kind="funding", market=str(stats.market_id), data=data)


def candle_event(row: Candle, market: str = "") -> FrameEvent:
    """Give a candle; its figures are numbers on the wire."""
    figures = {"open": row.o, "high": row.h, "low": row.l, "close": row.c, "volume": row.v}
    data = {name: plain(Decimal(repr(value))) for name, value in figures.items()}
    return FrameEvent(kind="candle", market=market, data={"time_ns": mapping.time_ns(row.t), **data})


def market_name_event(row: MarketName) -> FrameEvent:
    """Give a market that is only named."""
    return FrameEvent(kind="market", market=str(row.market_id), data={"symbol": row.symbol})


def market_event(details: MarketDetails) -> FrameEvent:
    """Give a market's terms in the venue's words."""
    data = msgspec.to_builtins(details)
    return FrameEvent(kind="market", market=str(details.market_id), data=data)


def past_funding_event(row: PastFunding) -> FrameEvent:
    """Give a past rate with its sign: the venue writes percent per hour and, beside it, who pays."""
    rate = mapping.number(row.rate) / 100
    signed = rate if row.direction == "long" else -rate
    return FrameEvent(kind="funding", data={"rate": plain(signed), "time_ns": mapping.time_ns(row.timestamp)})
